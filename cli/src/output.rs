//! Where words go: results to standard output, everything else to standard error.
//!
//! Everything said here may repeat what a script, a contract or an endpoint said, so every way out spells out what a
//! terminal would act on. A value from outside inside a line goes through [`visible`] where the line is made.

mod clean;
mod hidden;
mod out;

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::error::ErrorKind;
pub(crate) use functions_client::amount::link;
use functions_failure::Failure;
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
    out::write(&crate::visible::lines(text));
}

/// Writes a verb's JSON to standard output, with a line break.
pub(crate) fn json(value: &Value) {
    json_text(&value.to_string());
}

/// Writes serialised JSON to standard output, with a line break.
pub(crate) fn json_text(text: &str) {
    SAID_JSON.store(true, Ordering::Relaxed);
    out::write(&crate::visible::json(text));
}

/// The exit code of a run that would end with `code`: another one when a result could not be written.
pub(crate) fn end(code: u8) -> u8 {
    let Some(why) = out::lost() else { return code };
    say(&format!(
        "error: stdout cannot be written ({why}): the result is lost; what was sent or written meanwhile stays so"
    ));
    code.max(1)
}

/// Whether results can go nowhere; says so.
pub(crate) fn is_closed() -> bool {
    if out::was_closed() {
        say("error: stdout is closed, so nothing was done; if no one is to read results, write >/dev/null");
    }
    out::was_closed()
}

/// Writes a line to standard error.
pub(crate) fn say(text: &str) {
    // A closed standard error is no reason to fail.
    let _ = writeln!(std::io::stderr(), "{}", crate::visible::lines(text));
}

/// Says warnings on standard error; a verb's object has them too.
pub(crate) fn warn(warnings: &[String]) {
    for warning in warnings {
        say(&format!("warning: {warning}"));
    }
}

/// Shows something about a file of the user's on standard error.
pub(crate) fn report(report: Report) {
    // A closed standard error is no reason to fail.
    let _ = writeln!(std::io::stderr(), "{:?}", clean::clean(report));
}

/// Says why a verb failed: on standard error, and with `as_json` on standard output unless it has its object already.
pub(crate) fn failure(error: Failure, as_json: bool) {
    if as_json && !SAID_JSON.load(Ordering::Relaxed) {
        json(&failed(&error));
    }
    let _ = writeln!(std::io::stderr(), "Error: {:?}", clean::clean(error.into_report()));
}

/// A failure as an object: the message with its causes, and what to do.
fn failed(error: &Failure) -> Value {
    let message: Vec<_> = error.chain().collect();
    object(&message.join(": "), &error.help())
}

fn object(message: &str, help: &str) -> Value {
    json!({ "error": { "message": message, "help": help } })
}

/// Says what is wrong with the command line, as `failure` does, and gives the exit code.
pub(crate) fn usage(error: &clap::Error, as_json: bool) -> u8 {
    let code = error.exit_code().try_into().unwrap_or(1);
    if !error.use_stderr() {
        // What was asked for.
        match std::io::stdout().is_terminal() {
            true => out::note(error.print()),
            false => out::write(error.render().to_string().trim_end()),
        }
        return code;
    }
    if as_json {
        let (message, help) = told(&words_of(error, false));
        json(&object(&message, &help));
    }
    // A closed standard error is no reason to fail otherwise.
    let _ = write!(std::io::stderr(), "{}", words_of(error, std::io::stderr().is_terminal()));
    code
}

/// The parser's words, but for those that only programmers know and what may be secret.
pub(crate) fn words_of(error: &clap::Error, colour: bool) -> String {
    let styled = error.render();
    let text = if colour { styled.ansi().to_string() } else { styled.to_string() };
    let text = hidden::hide(&text)
        .replace("invalid digit found in string", "it is no whole number from 0 on")
        .replace("number too large to fit in target type", "it is too large")
        .replace("cannot parse integer from empty string", "it is empty");
    let is_missing = matches!(
        error.kind(),
        ErrorKind::MissingRequiredArgument | ErrorKind::InvalidValue | ErrorKind::ValueValidation
    );
    // Of options that exclude each other the usage would name one as needed.
    if error.kind() == ErrorKind::ArgumentConflict
        && let Some((message, usage)) = text.split_once("\n\nUsage: ")
        && let Some((_, rest)) = usage.split_once("\n\n")
    {
        return format!("{message}\n\n{rest}");
    }
    match text.split_once("\n\n") {
        Some((message, rest)) if is_missing && message.contains("--source <FILE>") => {
            format!("{message}\n\n  tip: name the file of the script, or - for standard input\n\n{rest}")
        }
        _ => text,
    }
}

/// The words of the parser: what is wrong, and what to do about it.
fn told(text: &str) -> (String, String) {
    let lines = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (message, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let tips: Vec<_> = rest.lines().filter_map(|line| line.trim().strip_prefix("tip: ")).map(lines).collect();
    let help = if tips.is_empty() { "--help lists what the verb takes".to_owned() } else { tips.join("; ") };
    (lines(message.strip_prefix("error: ").unwrap_or(message)), help)
}

#[cfg(test)]
mod tests {
    use functions_failure::{WrapErr as _, failure};

    use super::*;

    #[test]
    fn failed_has_message_causes_and_help() {
        let error = Err::<(), _>(failure!(help = "name it", "none is named")).wrap_err("which Router?");
        let value = failed(&error.unwrap_err());
        assert_eq!(value["error"]["message"], "which Router?: none is named");
        assert_eq!(value["error"]["help"], "name it");
    }

    #[test]
    fn a_wrong_command_line_is_told_in_two_sentences() {
        let text = "error: unexpected argument '--fnud' found\n\n  tip: a similar argument exists: '--fund'\n\nUsage: x\n";
        let (message, help) = told(text);
        assert_eq!(message, "unexpected argument '--fnud' found");
        assert_eq!(help, "a similar argument exists: '--fund'");
        let text =
            "error: the following required arguments were not provided:\n  --key-file <FILE>\n\nUsage: x\n";
        let (message, help) = told(text);
        assert_eq!(message, "the following required arguments were not provided: --key-file <FILE>");
        assert!(help.contains("--help"));
    }
}
