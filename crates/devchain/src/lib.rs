//! A local Stylus chain.

pub mod evm;
