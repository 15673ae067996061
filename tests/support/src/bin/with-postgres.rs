//! `with-postgres COMMAND…`: runs it with `DATABASE_URL` naming a PostgreSQL server that lives as long as the command.

use std::process::{Command, ExitCode};

use test_support::{DATABASE_URL, Postgres};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    let Some(program) = words.next() else {
        eprintln!("usage: with-postgres COMMAND…");
        return ExitCode::from(2);
    };
    let Some(server) = Postgres::start().await else { return ExitCode::FAILURE };
    let status = Command::new(&program).args(words).env(DATABASE_URL, server.url()).status();
    match status {
        Ok(status) => {
            status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
        }
        Err(error) => {
            eprintln!("{} does not start: {error}", program.display());
            ExitCode::FAILURE
        }
    }
}
