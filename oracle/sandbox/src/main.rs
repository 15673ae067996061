//! The process that runs a stranger's JavaScript.

fn main() {}
