//! A sandbox program under foreign control: it takes the place of `functions-sandbox` and breaks the protocol.
//!
//! As fork server it behaves, unless the name it is started by says otherwise ([`zygote`]); the process it starts for a
//! run misbehaves in the way the run's source names ([`child`]). Only tests start it.

mod child;
mod zygote;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args();
    let name = args.next().unwrap_or_default();
    let ended = match args.next().as_deref() {
        Some("zygote") => zygote::serve(&name),
        Some("child") => child::misbehave(),
        _ => Err(std::io::Error::other("usage: rogue-sandbox zygote (started by tests)")),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rogue-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}
