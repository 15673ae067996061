//! Where words go: results to standard output, everything else to standard error.

use std::io::{IsTerminal, Write};
use std::time::Instant;

/// Narrates long work on standard error, each line with the time since the start.
pub(crate) struct Progress {
    begin: Instant,
    colour: bool,
}

impl Progress {
    /// Starts the clock.
    pub(crate) fn start() -> Self {
        Self { begin: Instant::now(), colour: std::io::stderr().is_terminal() }
    }

    /// Says that a step begins or has ended.
    pub(crate) fn step(&self, text: impl AsRef<str>) {
        let seconds = self.begin.elapsed().as_secs_f64();
        let text = text.as_ref();
        // A closed standard error is no reason to stop the work.
        let _ = if self.colour {
            writeln!(std::io::stderr(), "\x1b[2m{seconds:6.2}s\x1b[0m {text}")
        } else {
            writeln!(std::io::stderr(), "{seconds:6.2}s {text}")
        };
    }
}

/// Writes one result to standard output, with a line break.
pub(crate) fn result(text: &str) {
    let mut out = std::io::stdout().lock();
    // A reader that hung up has what it wanted.
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Writes a line to standard error.
pub(crate) fn say(text: &str) {
    // A closed standard error is no reason to fail.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Shows something about a file of the user's on standard error.
pub(crate) fn report(report: &miette::Report) {
    // A closed standard error is no reason to fail.
    let _ = writeln!(std::io::stderr(), "{report:?}");
}

/// Juels as LINK, for people: at most six decimals, no trailing zeros.
pub(crate) fn link(juels: u128) -> String {
    const ONE: u128 = 1_000_000_000_000_000_000;
    let micros = juels % ONE / 1_000_000_000_000;
    let text = format!("{}.{micros:06}", juels / ONE);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} LINK")
}

#[cfg(test)]
mod tests {
    use super::link;

    #[test]
    fn link_prints_whole_and_small_amounts() {
        assert_eq!(link(0), "0 LINK");
        assert_eq!(link(10_000_000_000_000_000_000), "10 LINK");
        assert_eq!(link(9_640_216_666_666_665), "0.00964 LINK");
    }
}
