//! Words for whoever started the program, on standard error.

use std::fmt::Display;
use std::io::Write as _;

/// Says it, with a line break. A closed standard error is no reason to stop, nor to fail.
pub fn say(words: impl Display) {
    let _ = writeln!(std::io::stderr(), "{words}");
}
