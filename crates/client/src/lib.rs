//! Typed client of the contracts: deployment, subscriptions, requests, events.
//!
//! It speaks plain JSON-RPC to any chain that runs Stylus programs, keeps no state of its own and holds keys only
//! inside [`Account`]. It never decides policy: defaults live in [`config`], everything else is an argument.
//!
//! | module | holds |
//! | --- | --- |
//! | [`chain`] | [`Chain`]: typed calls, transactions, logs |
//! | [`account`] | [`Account`]: a key that pays |
//! | [`amount`] | LINK as people write and read it |
//! | [`answer`] | what came of a request |
//! | [`consumer`] | [`Consumer`]: the example contracts that send requests |
//! | [`stylus`] | from a WebAssembly file to an activated, constructed contract |
//! | [`renewal`] | whether programs run, and what keeps them running |
//! | [`contracts`] | [`Contracts`]: subscriptions, routes, oracle configuration |
//! | [`subscriptions`] | [`Subscriptions`]: what their owners do at a Router |
//! | [`requests`] | sending, following and timing out requests |
//! | [`secrets`] | encrypting secrets and storing them with a DON |
//! | [`history`] | [`History`]: what became of requests, from a Router's logs |
//! | [`revert`], [`error`] | revert data by name; why something failed |

pub mod account;
pub mod amount;
pub mod answer;
pub mod chain;
pub mod config;
pub mod consumer;
pub mod contracts;
mod deployer;
pub mod error;
mod events;
pub mod history;
pub mod renewal;
pub mod requests;
pub mod revert;
pub mod secrets;
pub mod stylus;
pub mod subscriptions;
mod transport;
mod turns;

pub use account::Account;
pub use answer::{Fulfilled, NotProcessed};
pub use chain::Chain;
pub use consumer::{Consumer, ConsumerState, Request};
pub use contracts::{Addresses, Contracts, OracleConfig};
pub use error::ClientError;
pub use functions_rpc::{shown, shown_text, warning_of_payee};
pub use functions_types::abi;
pub use history::{Fate, History, Started, Unanswered};
pub use requests::Sent;
pub use revert::Revert;
pub use stylus::Program;
pub use subscriptions::{Subscriptions, is_refused};
pub use transport::Patience;
