//! Bounded messages between runner and sandbox.
