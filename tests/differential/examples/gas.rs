//! `gas [--json | --record]`: what each operation costs beside the reference; `--record` writes the snapshot the tests
//! compare with.
#![allow(clippy::print_stdout, reason = "the table is this program's result")]

use std::process::ExitCode;

use differential_tests::gas::{self, snapshot, table};

fn main() -> ExitCode {
    let argument = std::env::args().nth(1);
    let Some(rows) = gas::measure() else {
        eprintln!("error: nothing to compare with; {}", gas::REMEDY);
        return ExitCode::FAILURE;
    };
    match argument.as_deref() {
        None => print!("{}", table::text(&rows)),
        Some("--json") => print!("{}", table::json(&rows)),
        Some("--record") => {
            let section = gas::section(&rows);
            let known = std::fs::read_to_string(gas::SNAPSHOT).unwrap_or_default();
            let sections = match snapshot::parse(&known) {
                Ok(sections) => sections,
                Err(error) => {
                    eprintln!("{error}");
                    Vec::new()
                }
            };
            if let Err(error) = std::fs::write(gas::SNAPSHOT, snapshot::record(sections, section)) {
                eprintln!("error: {} cannot be written: {error}", gas::SNAPSHOT);
                return ExitCode::FAILURE;
            }
            print!("{}", table::text(&rows));
        }
        Some(other) => {
            eprintln!("error: {other} is not known; the arguments are --json and --record");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
