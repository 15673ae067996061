//! Ids, units, ABI, limits and the request codec shared by contracts and node.
#![no_std]

extern crate alloc;

pub mod limits;
