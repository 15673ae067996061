//! What each operation costs, in gas of the whole transaction, beside the reference.
//!
//! Three figures an operation: the reference; ours as deployed; ours while Router and Coordinator stand in the chain's
//! cache of programs (`ArbWasmCache.cacheProgram`). Everything else is the same on both chains: LINK is one program,
//! cached on both; the feeds and the consumer are small EVM contracts, cheaper than any real ones, so that nothing
//! dilutes the comparison.
//!
//! The figures depend on nothing but the bytes of the contracts: time, keys, prices and addresses are fixed. The chain
//! has the rules of ArbOS 61, by which a program that ran earlier in the block enters at the cached price; every
//! measured transaction has a block of its own, so the uncached figure is the most a user pays.
//!
//! | where | what |
//! | --- | --- |
//! | [`operations`] | the operations and what precedes each |
//! | [`table`] | one row an operation, as text and as JSON |
//! | [`snapshot`] | the recorded figures, and what counts as dearer |

pub mod operations;
pub mod snapshot;
pub mod table;

pub use table::Row;

use alloy::{
    primitives::{Address, address},
    sol_types::SolCall,
};
use devchain::evm::{ARB_DEBUG, ARB_WASM_CACHE, ArbDebug, ArbWasmCache};

use crate::{
    Scene,
    chain::{Side, artefact, artefacts},
    puppet,
    scene::CONSUMER,
};

/// Who decides what is cached.
const CHAIN_OWNER: Address = address!("00000000000000000000000000000000000ca5e0");

/// What `tests/differential` needs and how to get it.
pub const REMEDY: &str = "build ours with ./scripts/build-contracts and the reference with \
                          ./tests/differential/reference/build, or run ./scripts/bench gas, which does both";

/// Gas of one transaction on both chains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gas {
    reference: u64,
    ours: u64,
}

/// All operations; `None`, with a line on stderr, when the reference has not been built.
pub fn measure() -> Option<Vec<Row>> {
    let uncached = run(false)?;
    let cached = run(true)?;
    let rows = uncached.into_iter().zip(cached).map(|((operation, first), (same, second))| {
        assert_eq!((operation, first.reference), (same, second.reference), "the reference is not cached");
        Row { operation, reference: first.reference, ours_uncached: first.ours, ours_cached: second.ours }
    });
    Some(rows.collect())
}

/// Where the recorded figures are.
pub const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/gas.snapshot");

/// These rows, with sizes and compiler, as the snapshot keeps them.
pub fn section(rows: &[Row]) -> snapshot::Section {
    let compiler = std::fs::read_to_string(format!("{}/compiler", artefacts()));
    let compiler = compiler.unwrap_or_else(|_| "unknown".into());
    snapshot::Section::new(compiler.trim(), sizes(), rows)
}

/// Sizes of the contracts' code.
pub fn sizes() -> Vec<snapshot::Size> {
    let size = |name: &str| {
        let wasm = artefact(name);
        snapshot::Size { contract: name.into(), bytes: stylus_program::compress(&wasm).len() }
    };
    ["router", "coordinator"].map(size).into()
}

fn run(cached: bool) -> Option<Vec<(&'static str, Gas)>> {
    let mut scene = Scene::new()?;
    scene.twin.watched.clear();
    let code = puppet::forwards(scene.router);
    scene.twin.both(|side| side.0.set_code(CONSUMER, code.clone()));
    let (link, ours) = (scene.link, [scene.router, scene.coordinator]);
    scene.twin.both(|side| cache(side, link));
    if cached {
        ours.into_iter().for_each(|program| cache(&mut scene.twin.ours, program));
    }
    Some(operations::run(scene))
}

fn cache(side: &mut Side, program: Address) {
    side.send(CHAIN_OWNER, ARB_DEBUG, ArbDebug::becomeChainOwnerCall {}.abi_encode()).ok();
    side.send(CHAIN_OWNER, ARB_WASM_CACHE, ArbWasmCache::cacheProgramCall { addr: program }.abi_encode())
        .ok();
}
