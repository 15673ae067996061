//! The chain as the node sees it: calls to endpoints, a log cursor that knows finality, and contract reads.
//!
//! Nothing here holds a key or decides anything; answers are bounded, decoded and checked against each other.

pub mod agree;
mod anchors;
mod answer;
mod backoff;
mod contracts;
mod cursor;
mod endpoints;
mod events;
mod failure;
mod finality;
mod gather;
mod header;
mod health;
pub mod hints;
mod logs;
mod pace;
mod rate;
mod reread;
mod rpc;
mod transactions;
mod watch;

pub use backoff::Backoff;
pub(crate) use contracts::view;
pub use contracts::{
    config_digest, coordinator_of, find_config, richest_subscriptions, unknown_don, wei_per_link,
};
pub use cursor::{Batch, CursorConfig, LogCursor};
pub use endpoints::{Contact, EndpointView, Reach, Rpc, WantedChain};
#[cfg(test)]
pub(crate) use events::tests::request_log;
pub use events::{ChainEvent, LogRefusal, Position, SeenRequest, decode};
pub use failure::RpcFailure;
pub use functions_rpc::Rejection;
pub use header::{BlockRef, Header};
pub use logs::{LogQuery, Span};
pub use pace::Pace;
pub use transactions::{CallRequest, Receipt};
pub use watch::watch;
