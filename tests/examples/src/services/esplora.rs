//! Bitcoin explorers: `a`, `b` and `c` are honest, `liar` is not, others do not exist.

use crate::call::{Call, Reply};

/// Hash of Bitcoin's first block.
pub(crate) const GENESIS: &str = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";

pub(crate) fn answer(call: &Call) -> Reply {
    match call.place.as_str() {
        "a/block-height/0" | "b/block-height/0" => Reply::bytes(GENESIS.as_bytes()),
        "c/block-height/0" => Reply::bytes(format!("{GENESIS}\n").as_bytes()),
        "liar/block-height/0" => Reply::bytes("f".repeat(64).as_bytes()),
        _ => Reply::status(404),
    }
}
