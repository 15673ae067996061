//! A local Stylus chain.

pub mod accounts;
pub mod block;
pub mod chain;
pub mod evm;
pub mod genesis;
pub mod state;
pub mod transaction;
