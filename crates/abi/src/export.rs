//! What `cargo stylus` runs to learn a contract's ABI: the contract's package as a program on the host.

use std::{
    env,
    io::{self, Write},
    process::ExitCode,
};

use crate::Contract;

/// Answers the arguments `cargo stylus` passes: `abi` (also without arguments) with the Solidity interface,
/// `constructor` with the constructor's signature; further `json` with the ABI as JSON. The answer goes to standard
/// output.
pub fn main(contract: Contract) -> ExitCode {
    let argument = env::args().nth(1);
    let answer = match argument.as_deref() {
        None | Some("abi") => contract.solidity(),
        Some("constructor") => contract.constructor_signature() + "\n",
        Some("json") => contract.json(),
        Some(other) => {
            let _ = writeln!(io::stderr(), "error: unknown argument {other:?}; use abi, constructor or json");
            return ExitCode::FAILURE;
        }
    };
    match io::stdout().write_all(answer.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: cannot write the ABI: {error}");
            ExitCode::FAILURE
        }
    }
}
