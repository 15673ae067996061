//! Prints the consumer's ABI; what `cargo stylus export-abi` and `cargo stylus constructor` run.

fn main() {
    consumer_example::print_from_args();
}
