//! The consumer of docs/consumer.md, word for word.
#![allow(dead_code, reason = "only a chain calls the entrypoint")]

include!(concat!(env!("OUT_DIR"), "/lib.rs"));
