//! Failures as a person is told of them: what happened, and what to do about it.
//!
//! A [`Failure`] cannot be made without a remedy: every constructor takes one, and an error of a library becomes one
//! only where its remedy is known ([`remedy`]) or given on the spot ([`OrHelp`]). So whoever reads `help` in a
//! program's output may rely on it.

mod remedy;

use std::{fmt, io};

use functions_client::ClientError;
use miette::{MietteDiagnostic, Report};

pub use remedy::{NO_DEVICES, of_client, of_io, of_program, of_words};

/// What a verb gives.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Why a verb failed, and what to do about it.
pub struct Failure {
    report: Report,
    is_misuse: bool,
}

/// A [`Failure`] of a remedy and of words made as `format!` makes them.
#[macro_export]
macro_rules! failure {
    (help = $help:expr, $($words:tt)+) => { $crate::Failure::new($help, ::std::format!($($words)+)) };
}

/// A [`failure`](failure!) that lies in how the program was called, and in nothing else.
#[macro_export]
macro_rules! misuse {
    (help = $help:expr, $($words:tt)+) => { $crate::failure!(help = $help, $($words)+).of_misuse() };
}

impl Failure {
    /// What happened, and what to do: neither is empty.
    pub fn new(help: impl fmt::Display, message: impl fmt::Display) -> Self {
        let report = Report::new(MietteDiagnostic::new(message.to_string()).with_help(help.to_string()));
        Self { report, is_misuse: false }
    }

    /// The same failure, seen from further out.
    #[must_use]
    pub fn wrap_err(self, place: impl fmt::Display + fmt::Debug + Send + Sync + 'static) -> Self {
        Self { report: self.report.wrap_err(place), ..self }
    }

    /// The same failure, which lies in the command line.
    #[must_use]
    pub fn of_misuse(self) -> Self {
        Self { is_misuse: true, ..self }
    }

    /// What a program ends with: 2 when its command line is wrong, as where it cannot be parsed, and 1 otherwise.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        if self.is_misuse { 2 } else { 1 }
    }

    /// What to do.
    #[must_use]
    pub fn help(&self) -> String {
        self.report.help().map(|help| help.to_string()).unwrap_or_default()
    }

    /// What happened, the outermost place first.
    pub fn chain(&self) -> impl Iterator<Item = String> {
        self.report.chain().map(ToString::to_string)
    }

    /// For a terminal.
    #[must_use]
    pub fn into_report(self) -> Report {
        self.report
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.report.fmt(f)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.report.fmt(f)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::new(of_client(&error), error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(of_io(&error), error)
    }
}

/// The place of a failure, said around it.
pub trait WrapErr<T> {
    /// Says where it happened.
    ///
    /// # Errors
    /// The failure, with the place.
    fn wrap_err(self, place: impl fmt::Display) -> Result<T>;

    /// As [`Self::wrap_err`], when it happened.
    ///
    /// # Errors
    /// As there.
    fn wrap_err_with<D: fmt::Display>(self, place: impl FnOnce() -> D) -> Result<T>;
}

impl<T, E: Into<Failure>> WrapErr<T> for std::result::Result<T, E> {
    fn wrap_err(self, place: impl fmt::Display) -> Result<T> {
        self.wrap_err_with(|| place)
    }

    fn wrap_err_with<D: fmt::Display>(self, place: impl FnOnce() -> D) -> Result<T> {
        self.map_err(|error| error.into().wrap_err(place().to_string()))
    }
}

/// The remedy of an error that has none of its own.
pub trait OrHelp<T> {
    /// Says what to do about it.
    ///
    /// # Errors
    /// The failure.
    fn or_help(self, help: impl fmt::Display) -> Result<T>;
}

impl<T, E: fmt::Display> OrHelp<T> for std::result::Result<T, E> {
    fn or_help(self, help: impl fmt::Display) -> Result<T> {
        self.map_err(|error| Failure::new(help, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remedy_is_kept_however_many_places_are_said() {
        let failed: Result<()> = Err(failure!(help = "name {it}", "{} is missing", "it"));
        let failed = failed.wrap_err("in a.toml").wrap_err_with(|| "in a folder").unwrap_err();
        assert_eq!(failed.help(), "name {it}");
        let words: Vec<_> = failed.chain().collect();
        assert_eq!(words, ["in a folder", "in a.toml", "it is missing"]);
    }

    #[test]
    fn misuse_stays_misuse_wherever_it_is_seen() {
        let wrong: Result<()> = Err(misuse!(help = "write 1", "{} is no number", "x"));
        assert_eq!(wrong.wrap_err("in --args").unwrap_err().exit_code(), 2);
        assert_eq!(failure!(help = "wait", "too early").exit_code(), 1);
    }

    #[test]
    fn an_error_of_the_system_says_what_to_do() {
        let failed: Result<String> = std::fs::read_to_string("/nonexistent/file").wrap_err("cannot read it");
        assert!(failed.unwrap_err().help().contains("check the path"));
    }
}
