//! Where words go: results to standard output, everything else to standard error.
//!
//! Everything said here may repeat what a script, a contract or an endpoint said, so every way out spells out what a
//! terminal would act on. A value from outside inside a line goes through [`visible`] where the line is made.

mod clean;

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

pub(crate) use functions_client::amount::link;
use miette::Report;
use serde_json::{Value, json};

pub(crate) use crate::visible::{source, visible};

/// Whether standard output has got its JSON.
static SAID_JSON: AtomicBool = AtomicBool::new(false);

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
        let text = crate::visible::lines(text.as_ref());
        // A closed standard error is no reason to stop the work.
        let _ = if self.colour {
            writeln!(std::io::stderr(), "\x1b[2m{seconds:6.2}s\x1b[0m {text}")
        } else {
            writeln!(std::io::stderr(), "{seconds:6.2}s {text}")
        };
    }
}

/// Writes one result for people to standard output, with a line break.
pub(crate) fn result(text: &str) {
    write_out(&crate::visible::lines(text));
}

/// Writes a verb's JSON to standard output, with a line break.
pub(crate) fn json(value: &Value) {
    json_text(&value.to_string());
}

/// Writes serialised JSON to standard output, with a line break.
pub(crate) fn json_text(text: &str) {
    SAID_JSON.store(true, Ordering::Relaxed);
    write_out(&crate::visible::json(text));
}

fn write_out(text: &str) {
    let mut out = std::io::stdout().lock();
    // A reader that hung up has what it wanted.
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Writes a line to standard error.
pub(crate) fn say(text: &str) {
    // A closed standard error is no reason to fail.
    let _ = writeln!(std::io::stderr(), "{}", crate::visible::lines(text));
}

/// Shows something about a file of the user's on standard error.
pub(crate) fn report(report: Report) {
    // A closed standard error is no reason to fail.
    let _ = writeln!(std::io::stderr(), "{:?}", clean::clean(report));
}

/// Says why a verb failed: on standard error, and with `as_json` on standard output unless it has its object already.
pub(crate) fn failure(error: Report, as_json: bool) {
    let error = with_help(error);
    if as_json && !SAID_JSON.load(Ordering::Relaxed) {
        json(&failed(&error));
    }
    let _ = writeln!(std::io::stderr(), "Error: {:?}", clean::clean(error));
}

/// Adds what to do where a failure has no help and its words say enough.
fn with_help(error: Report) -> Report {
    let known = error.chain().find_map(|cause| crate::remedy::of_program(&cause.to_string()));
    let Some(help) = known.filter(|_| error.help().is_none()) else { return error };
    let mut chain: Vec<_> = error.chain().map(ToString::to_string).collect();
    let inner = chain.pop().unwrap_or_default();
    chain.into_iter().rev().fold(miette::miette!(help = help, "{inner}"), Report::wrap_err)
}

/// A failure as an object: the message with its causes, and what to do, if anything is known.
fn failed(error: &Report) -> Value {
    let message: Vec<_> = error.chain().map(ToString::to_string).collect();
    // What to do is said by the innermost error and kept by those around it.
    let help = error.help().map(|help| help.to_string());
    json!({ "error": { "message": message.join(": "), "help": help } })
}

#[cfg(test)]
mod tests {
    use miette::{WrapErr as _, miette};

    use super::*;

    #[test]
    fn with_help_knows_programs_that_do_not_run() {
        let error =
            Err::<(), _>(miette!("refused with ProgramExpired(366)")).wrap_err("the deployment stopped");
        let helped = with_help(error.unwrap_err());
        assert!(helped.help().unwrap().to_string().contains("--renew"));
        assert_eq!(helped.chain().count(), 2);
        assert_eq!(with_help(miette!(help = "own", "ProgramExpired")).help().unwrap().to_string(), "own");
    }

    #[test]
    fn failed_has_message_causes_and_help() {
        let error = Err::<(), _>(miette!(help = "name it", "none is named")).wrap_err("which Router?");
        let value = failed(&error.unwrap_err());
        assert_eq!(value["error"]["message"], "which Router?: none is named");
        assert_eq!(value["error"]["help"], "name it");
        assert!(failed(&miette!("no"))["error"]["help"].is_null());
    }
}
