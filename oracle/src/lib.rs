//! The oracle node: watches a chain for requests, runs their scripts in a sandbox, agrees with its peers on the
//! outcome, and delivers a signed report.
//!
//! | module | one idea |
//! | --- | --- |
//! | [`admin`] | health, metrics and status over HTTP |
//! | [`check`] | whether a start would succeed, line by line |
//! | [`config`] | the operator's file |
//! | [`chain`] | logs and contract reads, with finality and reorganisations |
//! | [`executor`] | admission and the sandbox: a request becomes an observation |
//! | [`dkg`] | how members make the keys for secrets |
//! | [`don`] | the DON as the chain configured it, and this node in it |
//! | [`engine`] | the one task that hears everything and does what the lifecycle asks |
//! | [`gateway`] | how owners of subscriptions store secrets through this node |
//! | [`journal`] | what survives a crash |
//! | [`lifecycle`] | what becomes of a request: every rule, no I/O |
//! | [`lock`] | one process a journal, one process a keystore |
//! | [`memory`] | what the node may have said and does not remember |
//! | [`verbs`] | keys, earnings and the journal in the operator's hand |
//! | [`programs`] | how long the chain still runs the contracts |
//! | [`secrets`] | whether the chain's keys for secrets are this node's |
//! | [`told`] | words on standard error |
//! | [`transmit`] | a signed report's way to the chain |
//! | [`vault`] | what owners stored with the DON, and their secrets for the requests that name them |
//! | [`vitals`] | whether chain, database and ether are there |
//!
//! It never reads a private key (crate `oracle-keys` does) and never runs JavaScript in its own process
//! (`oracle-runner` starts the sandbox).

pub mod admin;
pub mod app;
pub mod chain;
pub mod check;
pub mod clock;
pub mod config;
pub mod dkg;
pub mod don;
pub mod engine;
pub mod executor;
pub mod gateway;
pub mod journal;
pub mod keys;
pub mod lifecycle;
pub mod lock;
pub mod memory;
pub mod peers;
pub mod programs;
pub mod secrets;
pub mod signer;
pub mod told;
pub mod transmit;
pub mod vault;
pub mod verbs;
pub mod vitals;
