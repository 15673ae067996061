//! The recorded figures: what our contracts cost when they were last looked at.
//!
//! The figures follow from the bytes of the contracts, and those from the compiler; so there is one section a compiler.
//! With a compiler that has none, the first section is taken and more is forgiven.
//!
//! ```text
//! compiler rustc 1.95.0 (59807616e 2026-04-14)
//! size 13924 router
//! gas 163024 147990 sendRequest, 73 bytes
//! ```
//!
//! `size` is bytes of code on the chain; `gas` is ours uncached and cached.

use std::fmt::Write;

use super::Row;

/// Most bytes of code of a contract. The chain's own limit is 24,576.
pub const MAX_SIZE: usize = 22_000;
/// How much dearer an operation may get, in percent: with a recorded compiler, and with another one.
const TOLERANCE: [u64; 2] = [1, 3];
/// How to write the file anew.
pub const RECORD: &str = "./scripts/bench gas --record";

/// Size of a contract's code in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// Which contract.
    pub contract: String,
    /// Its compressed code with its prefix.
    pub bytes: usize,
}

/// What was measured with one compiler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// What built the contracts, as `scripts/build-contracts` notes it.
    pub compiler: String,
    /// Sizes.
    pub sizes: Vec<Size>,
    /// Uncached and cached gas by operation.
    pub gas: Vec<(String, [u64; 2])>,
}

impl Section {
    /// The section of a measurement.
    pub fn new(compiler: &str, sizes: Vec<Size>, rows: &[Row]) -> Self {
        let gas = rows.iter().map(|row| (row.operation.to_owned(), [row.ours_uncached, row.ours_cached]));
        Self { compiler: compiler.to_owned(), sizes, gas: gas.collect() }
    }

    /// What got dearer than `before` allows, a line each.
    pub fn regressions(&self, before: &Self) -> Vec<String> {
        let percent = TOLERANCE[usize::from(self.compiler != before.compiler)];
        let mut lines = Vec::new();
        for (operation, after) in &self.gas {
            let Some((_, known)) = before.gas.iter().find(|(name, _)| name == operation) else {
                lines.push(format!("{operation}: not recorded"));
                continue;
            };
            for (kind, (was, is)) in ["uncached", "cached"].iter().zip(known.iter().zip(after)) {
                if is * 100 > was * (100 + percent) {
                    let more = (*is as f64 / *was as f64 - 1.0) * 100.0;
                    lines.push(format!("{operation}, {kind}: {was} before, {is} now (+{more:.1} %)"));
                }
            }
        }
        let gone = before.gas.iter().filter(|(name, _)| self.gas.iter().all(|(known, _)| known != name));
        lines.extend(gone.map(|(name, _)| format!("{name}: recorded, but not measured")));
        lines
    }

    fn write(&self, out: &mut String) {
        let _ = writeln!(out, "compiler {}", self.compiler);
        for size in &self.sizes {
            let _ = writeln!(out, "size {} {}", size.bytes, size.contract);
        }
        for (operation, [uncached, cached]) in &self.gas {
            let _ = writeln!(out, "gas {uncached} {cached} {operation}");
        }
    }
}

/// Reads a snapshot.
///
/// # Errors
/// The line that cannot be read.
pub fn parse(text: &str) -> Result<Vec<Section>, String> {
    let mut sections: Vec<Section> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let bad = || format!("the gas snapshot has a line that cannot be read: {line}; run {RECORD}");
        let (kind, rest) = line.split_once(' ').ok_or_else(bad)?;
        if kind == "compiler" {
            sections.push(Section { compiler: rest.to_owned(), ..Section::default() });
            continue;
        }
        let section = sections.last_mut().ok_or_else(bad)?;
        let (number, rest) = rest.split_once(' ').ok_or_else(bad)?;
        let number: u64 = number.parse().map_err(|_| bad())?;
        match kind {
            "size" => section.sizes.push(Size { contract: rest.to_owned(), bytes: number as usize }),
            "gas" => {
                let (cached, operation) = rest.split_once(' ').ok_or_else(bad)?;
                let cached = cached.parse().map_err(|_| bad())?;
                section.gas.push((operation.to_owned(), [number, cached]));
            }
            _ => return Err(bad()),
        }
    }
    Ok(sections)
}

/// The section to compare with: that of the compiler, else the first.
pub fn section<'a>(sections: &'a [Section], compiler: &str) -> Option<&'a Section> {
    sections.iter().find(|section| section.compiler == compiler).or(sections.first())
}

/// Writes a snapshot in which `new` replaces the section of its compiler.
pub fn record(mut sections: Vec<Section>, new: Section) -> String {
    match sections.iter_mut().find(|section| section.compiler == new.compiler) {
        Some(section) => *section = new,
        None => sections.push(new),
    }
    let mut out =
        format!("# Gas of whole transactions, uncached and cached, and code sizes. Written by {RECORD}\n");
    for section in sections {
        out.push('\n');
        section.write(&mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section_of(compiler: &str, gas: u64) -> Section {
        let rows = [Row { operation: "a, b", reference: 1, ours_uncached: gas, ours_cached: 500 }];
        Section::new(compiler, vec![Size { contract: "router".into(), bytes: 7 }], &rows)
    }

    #[test]
    fn a_snapshot_keeps_what_other_compilers_gave() {
        let text = record(vec![section_of("one", 1_000)], section_of("two", 2_000));
        let text = record(parse(&text).unwrap(), section_of("one", 3_000));
        assert_eq!(parse(&text).unwrap(), [section_of("one", 3_000), section_of("two", 2_000)]);
        assert!(parse("gas 1 2 x").is_err() && parse("compiler a\ngas x 2 y").is_err());
    }

    #[test]
    fn more_than_one_percent_is_a_regression() {
        let before = section_of("one", 1_000);
        assert!(section_of("one", 1_010).regressions(&before).is_empty());
        assert_eq!(
            section_of("one", 1_011).regressions(&before),
            ["a, b, uncached: 1000 before, 1011 now (+1.1 %)"]
        );
        assert!(section_of("two", 1_030).regressions(&before).is_empty());
        assert_eq!(section_of("two", 1_031).regressions(&before).len(), 1);
        assert_eq!(Section::default().regressions(&before), ["a, b: recorded, but not measured"]);
        assert_eq!(before.regressions(&Section::default()), ["a, b: not recorded"]);
    }
}
