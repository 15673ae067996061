//! From a plan to a whole deployment on a chain: contracts activated and wired, route set, oracle set in force.
//!
//! Every step is noted in a [`Book`] once it is done and skipped when its result stands already, so that a failure
//! costs one step. It reads no configuration file (`functions deploy` does) and starts no process (`crates/network`
//! does).
//!
//! | module | one idea |
//! | --- | --- |
//! | [`plan`] | what shall stand |
//! | [`oracles`], [`members`] | the oracle set; its members, checked before anything is sent |
//! | [`programs`] | the compiled contracts |
//! | [`contract`] | what the contracts are called, and where they stand |
//! | `existing`, `wiring` | that token and feeds are such; that what stands belongs together and to whom |
//! | `found` | what the chain says of the contracts that stand |
//! | `steps` | what is to be done, from what shall stand and what does |
//! | `cost` | what that costs at most |
//! | [`deployment`], `halt` | how it is told, or done; where it stopped |
//! | [`book`] | the addresses of what stands |
//! | [`lock`], `place` | who may write them; where |
//!
//! Failures are [`functions_failure::Failure`]s: they are read by whoever typed the command, and name the next one.

pub mod book;
pub mod contract;
mod cost;
pub mod deployment;
mod existing;
mod found;
mod halt;
pub mod lock;
pub mod members;
pub mod oracles;
mod place;
pub mod plan;
pub mod programs;
mod steps;
mod wiring;

pub use book::{Book, Entries, REPAIR};
pub use contract::Contract;
pub use deployment::{Deployment, arguments};
pub use lock::Lock;
pub use members::{AS_PRINTED, Oracle};
pub use oracles::Don;
pub use plan::{Plan, Source};
pub use programs::{CONTRACTS, Programs};

/// Is told of each step once it is done, in a person's words.
pub type Say<'a> = &'a dyn Fn(&str);
