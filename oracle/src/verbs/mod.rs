//! What an operator types besides `run`: keys, the keys for secrets, earnings, the journal.
//!
//! Every verb prints one JSON object on standard output and nothing else there; a member's entry for the oracles file
//! on one line, wherever it comes from. Verbs that use the private keys, or
//! write to the journal, need the node to be stopped: they hold keystore and journal as a running node does.

mod account;
pub mod amount;
pub mod dkg;
pub mod journal;
pub mod keys;
pub mod withdraw;

use std::io::Write as _;

use eyre::{Result, WrapErr};

/// Prints what is put into a file of one object a line: a member's entry for the oracles file.
///
/// # Errors
/// When standard output is closed.
pub fn print_line(value: &serde_json::Value) -> Result<()> {
    writeln!(std::io::stdout(), "{value}").wrap_err("stdout cannot be written")
}

/// Prints a result.
fn print(value: &serde_json::Value) -> Result<()> {
    writeln!(std::io::stdout(), "{value:#}").wrap_err("stdout cannot be written")
}
