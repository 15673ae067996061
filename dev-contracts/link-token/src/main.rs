//! Prints the LINK token's ABI; what `cargo stylus export-abi` and `cargo stylus constructor` run.

use functions_abi::{Contract, export};

fn main() -> std::process::ExitCode {
    export::main(Contract::LinkToken)
}
