//! One row an operation: text for people, JSON for programs.

use std::fmt::Write;

/// Gas of one operation; whole transactions, refunds deducted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What is measured.
    pub operation: &'static str,
    /// The reference.
    pub reference: u64,
    /// Ours, as deployed.
    pub ours_uncached: u64,
    /// Ours, with Router and Coordinator in the chain's cache of programs.
    pub ours_cached: u64,
}

impl Row {
    /// Ours for one of the reference, uncached.
    pub fn ratio_uncached(&self) -> f64 {
        self.ours_uncached as f64 / self.reference as f64
    }

    /// Ours for one of the reference, cached.
    pub fn ratio_cached(&self) -> f64 {
        self.ours_cached as f64 / self.reference as f64
    }
}

/// The rows as a table.
pub fn text(rows: &[Row]) -> String {
    let mut out = format!(
        "{:<48} {:>9} {:>9} {:>9} {:>8} {:>8}\n",
        "operation", "reference", "uncached", "cached", "uncached", "cached"
    );
    for row in rows {
        let _ = writeln!(
            out,
            "{:<48} {:>9} {:>9} {:>9} {:>8.3} {:>8.3}",
            row.operation,
            row.reference,
            row.ours_uncached,
            row.ours_cached,
            row.ratio_uncached(),
            row.ratio_cached()
        );
    }
    out
}

/// The rows as a JSON list. Names of operations hold nothing that JSON escapes.
pub fn json(rows: &[Row]) -> String {
    let objects: Vec<_> = rows
        .iter()
        .map(|row| {
            format!(
                "  {{\"operation\": \"{}\", \"reference\": {}, \"oursUncached\": {}, \"oursCached\": {}, \
                 \"ratioUncached\": {:.4}, \"ratioCached\": {:.4}}}",
                row.operation,
                row.reference,
                row.ours_uncached,
                row.ours_cached,
                row.ratio_uncached(),
                row.ratio_cached()
            )
        })
        .collect();
    format!("[\n{}\n]\n", objects.join(",\n"))
}
