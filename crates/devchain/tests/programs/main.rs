//! Whole transactions with Stylus programs: what they cost, what they may do, and what stays of it.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, reason = "tests")]

mod activation;
mod calls;
mod costs;
mod precompiles;
mod versions;
mod wats;
mod world;
