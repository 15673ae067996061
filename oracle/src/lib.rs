//! The oracle node: watches a chain for requests, runs their scripts in a sandbox, agrees with its peers on the
//! outcome, and delivers a signed report.
//!
//! | module | one idea |
//! | --- | --- |
//! | [`config`] | the operator's file |
//! | [`chain`] | logs and contract reads, with finality and reorganisations |
//! | [`journal`] | what survives a crash |
//!
//! It never reads a private key (crate `oracle-keys` does) and never runs JavaScript in its own process (`oracle-runner`
//! starts the sandbox).

pub mod chain;
pub mod config;
pub mod journal;
