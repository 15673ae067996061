//! The oracle node's program; see [`functions_node`].

fn main() {}
