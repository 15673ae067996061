//! A price feed for development chains: one answer, set by its owner, read as a Chainlink aggregator is.
//!
//! Every answer opens a round; `startedAt` and `updatedAt` are the time of the block that set it.
//!
//! | slot | bytes, most significant first |
//! | --- | --- |
//! | 0 | owner (20), decimals (1), round (8) |
//! | 1 | answer (32, two's complement) |
//! | 2 | time of the answer (last 8) |
//! | keccak256("stylus_constructor") | 1 once constructed |
//!
//! Upstream: `AggregatorV3Interface`.

use functions_contract::{
    B256,
    abi::{Buf, Tuple},
    construction, dispatch, host, ownership,
};
use functions_types::selectors::functions::{any, feed as f};

mod storage;

use storage::{Settings, Time};

dispatch! {
    /// Runs the function that `selector` names; an unknown one ends the call without data.
    pub fn route(args) {
        f::LATEST_ROUND_DATA => latest_round_data(),
        f::DECIMALS => Buf::of(Settings::load().decimals().into()),
        f::VERSION => Buf::of(1),
        f::OWNER => Buf::of_address(&Settings::load().owner()),
        f::SET_ANSWER => set_answer(args.head(1)),
        any::STYLUS_CONSTRUCTOR => construct(args.head(3)),
    }
}

/// `constructor(address owner, uint8 decimals, int256 answer)`, once.
///
/// # Errors
/// No data (constructed already).
fn construct(args: Tuple<'_>) -> Buf {
    let (owner, decimals, answer) = (args.address(0), args.uint(1, 8), args.b256(2));
    construction::once();
    let mut settings = Settings::blank();
    settings.set_owner(owner);
    settings.set_decimals(decimals as u8);
    open_round(settings, &answer)
}

/// `setAnswer(int256)`, by the owner.
///
/// # Errors
/// `Error("Only callable by owner")`.
fn set_answer(args: Tuple<'_>) -> Buf {
    let settings = Settings::load();
    ownership::only(&settings.owner());
    open_round(settings, &args.b256(0))
}

fn open_round(mut settings: Settings, answer: &B256) -> Buf {
    // A 64-bit counter of answers does not overflow.
    settings.set_round(settings.round().wrapping_add(1));
    settings.store();
    storage::set_answer(answer);
    let mut time = Time::blank();
    time.set_seconds(host::timestamp());
    time.store();
    Buf::empty()
}

/// `latestRoundData() returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80
/// answeredInRound)`.
fn latest_round_data() -> Buf {
    let (round, time) = (Settings::load().round(), Time::load().seconds());
    let mut out = Buf::new(5 * 32);
    out.num(round.into());
    out.raw(storage::answer().as_slice());
    out.num(time.into());
    out.num(time.into());
    out.num(round.into());
    out
}
