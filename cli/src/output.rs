//! Where words go: results to standard output, everything else to standard error.

use std::io::{IsTerminal, Write};
use std::time::Instant;

pub(crate) use functions_client::amount::link;

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
