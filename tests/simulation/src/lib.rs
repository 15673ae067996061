//! Whole nodes and a chain in one thread: seeded, in virtual time, without a socket, a disk or a clock.
//!
//! Every node is the real lifecycle, the real protocol and the real delivery of reports; what stands between them and
//! the world is modelled ([`node`] says what). Around them a chain that takes blocks back, a pool with geth's rules,
//! endpoints that lag and lie, clocks that go wrong, processes that die, disks that are lost, members that change, and
//! adversaries. After every step [`invariants`] looks whether a promise was broken.
//!
//! A [`plan::Plan`] is everything that is decided before a run; one seed makes one plan, and one plan one run.
//! `./scripts/sim` runs many and makes those that fail small.

pub mod adversary;
pub mod chain;
pub mod don;
pub mod invariants;
pub mod many;
pub mod model;
pub mod mutants;
pub mod node;
pub mod plan;
pub mod random;
pub mod script;
pub mod shrink;
pub mod world;
