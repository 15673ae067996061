//! A local Stylus chain: EVM and WASM contracts, Arbitrum's rules, JSON-RPC over HTTP and WebSocket.
//!
//! It keeps everything in memory, needs no container and no parent chain, and starts in milliseconds. It never proves
//! anything (no Merkle state), never talks to another machine, and forgets all when it ends.
//!
//! [`Devchain::start`] runs it behind sockets in this process; the `devchain` binary does only that. [`chain::Chain`]
//! is the same chain without sockets, for tests that want to look inside.
//!
//! | to see | read |
//! | --- | --- |
//! | how a transaction runs | [`evm`] |
//! | blocks, clock, snapshots, estimates | [`chain`] |
//! | which RPC methods exist | [`rpc`] |
//! | sockets, limits, subscriptions | [`server`] |
//! | accounts and contracts that exist from the start | [`accounts`], [`genesis`] |
//!
//! # Deviations from an Arbitrum node
//! * No internal transaction at index 0 of a block: user transactions start there.
//! * `stateRoot` is a running digest of changes, not the root of a Merkle trie; eth_getProof does not exist.
//! * NUMBER advances by the chain's own clock, one every 12 seconds from 1000 at genesis, or stays 0. What BLOCKHASH
//!   returns for its numbers is made up.
//! * The base fee does not react to load.

pub mod accounts;
pub mod block;
pub mod chain;
pub mod evm;
pub mod genesis;
mod poster;
pub mod rpc;
pub mod server;
pub mod state;
pub mod transaction;

pub use accounts::{DEV_ACCOUNTS, DevAccount};
pub use chain::{Chain, ChainConfig};
pub use server::{Config, Devchain, Handle, StartError};
