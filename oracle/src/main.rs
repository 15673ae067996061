//! The oracle node.

fn main() {}
