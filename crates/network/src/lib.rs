//! A whole network of processes on this machine: a chain, the contracts on it, nodes with keys and ports of their own.
//!
//! `functions demo` and `functions bench` run one, and so do the tests (`tests/support` adds what only tests want). A
//! network keeps its files in one folder, takes free ports, and everything it started ends with it: by its id, and at
//! the latest with the thread that started it. It tells no story and measures nothing; it says each step to whoever
//! started it.
//!
//! | module | one idea |
//! | --- | --- |
//! | [`network`] | all of it, up and down |
//! | [`devchain`] | the chain's process, and the accounts everybody knows |
//! | [`node`] | one node: configuration, keys, process, operator pages |
//! | `secrets_keys` | the keys for secrets: made by the nodes, set on chain |
//! | [`status`] | what those pages say about a request |
//! | [`usage`] | processor time and counters of a node |
//! | [`process`] | children that cannot outlive us |
//! | [`folder`] | where the files are, and what is shown of them after a failure |
//!
//! Failures are [`functions_failure::Failure`]s: they are read by whoever typed the command, and show the end of the
//! log that says why.

pub mod devchain;
pub mod folder;
pub mod network;
pub mod node;
mod ports;
pub mod process;
mod secrets_keys;
pub mod status;
pub mod usage;

pub use devchain::{ChainOptions, DEV_KEYS, Devchain, dev_account};
pub use folder::Folder;
pub use network::{Network, Solidity, Wanted};
pub use node::Node;
pub use status::{Observation, RequestStatus, Times};
pub use usage::Usage;
