//! Prints the Coordinator's ABI; what `cargo stylus export-abi` and `cargo stylus constructor` run.

use functions_abi::{Contract, export};

fn main() -> std::process::ExitCode {
    export::main(if cfg!(feature = "v1_3_1") { Contract::Coordinator131 } else { Contract::Coordinator })
}
