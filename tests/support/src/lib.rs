//! Networks for tests: a chain, contracts, nodes, endpoints that misbehave on demand, and waits that say what they saw
//! instead.
//!
//! `crates/network` starts and ends the processes, as it does for `functions demo`; here is what only a test wants.
//! Each network has ports and a folder of its own, with its journals in it or on the server that `DATABASE_URL` names.
//! It ends with its handle, also when the test panics: then the ends of all logs are printed and the folder is kept.
//!
//! | to have | take |
//! | --- | --- |
//! | four nodes and what they need, as processes | [`Network`] |
//! | one node without a network | [`lone_node`] |
//! | a chain in this process behind endpoints that lie | [`Endpoints`], [`Proxy`] |
//! | a PostgreSQL server, which dies on demand | [`Postgres`] |
//! | links between members that break | [`Links`] |
//! | the tool `functions`, and what it said | [`functions`], [`Said`] |
//! | patience | [`until`], [`within`] |
//! | the programs, the contracts, the checkout | [`place`] |

mod endpoints;
pub mod links;
mod lone;
pub mod network;
pub mod place;
mod postgres;
pub mod proxy;
mod said;
mod schemas;
mod shown;
mod wait;

pub use endpoints::Endpoints;
pub use links::{Link, Links};
pub use lone::lone_node;
pub use network::{DON, Network, Setup};
pub use postgres::Postgres;
pub use proxy::{ALL, Answer, Proxy};
pub use said::{Said, functions};
pub use schemas::{DATABASE_URL, Schemas};
pub use wait::{PATIENCE, until, within};
