//! The tool a developer or subscription owner types.

fn main() {}
