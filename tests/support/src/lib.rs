//! Networks for tests: a chain, contracts, nodes, endpoints that misbehave on demand, and waits that say what they saw
//! instead.
//!
//! `crates/network` starts and ends the processes, as it does for `functions demo`; here is what only a test wants.
//! Each network has ports and a folder of its own, and ends with its handle, also when the test panics: then the ends
//! of all logs are printed and the folder is kept.
//!
//! | to have | take |
//! | --- | --- |
//! | four nodes and what they need, as processes | [`Network`] |
//! | one node without a network | [`lone_node`] |
//! | a chain in this process behind endpoints that lie | [`Endpoints`], [`Proxy`] |
//! | links between members that break | [`Links`] |
//! | the tool `functions`, and what it said | [`functions`], [`Said`] |
//! | patience | [`until`], [`within`] |
//! | the programs, the contracts, the checkout | [`place`] |

mod endpoints;
pub mod links;
mod lone;
pub mod network;
pub mod place;
pub mod proxy;
mod said;
mod shown;
mod wait;

pub use endpoints::Endpoints;
pub use links::{Link, Links};
pub use lone::lone_node;
pub use network::{DON, Network, Setup};
pub use proxy::{ALL, Answer, Proxy};
pub use said::{Said, functions};
pub use wait::{PATIENCE, until, within};
