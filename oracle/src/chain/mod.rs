//! The chain as the node sees it: calls to endpoints, a log cursor that knows finality, and contract reads.
//!
//! Nothing here holds a key or decides anything; answers are bounded, decoded and checked against each other.

mod contracts;
mod cursor;
mod endpoints;
mod events;
mod gather;
mod health;
mod pace;
mod reread;
mod rpc;
mod watch;

pub(crate) use contracts::view;
pub use contracts::{config_digest, coordinator_of, find_config, unknown_don, wei_per_link};
pub use cursor::{Batch, CursorConfig, LogCursor};
pub use endpoints::{Contact, EndpointView, Reach, Rpc, WantedChain};
#[cfg(test)]
pub(crate) use events::tests::request_log;
pub use events::{ChainEvent, LogRefusal, Position, SeenRequest, decode};
pub use functions_rpc::Rejection;
pub use pace::Pace;
pub use rpc::{Backoff, BlockRef, CallRequest, Header, LogQuery, Receipt, RpcFailure, Span};
pub use watch::watch;
