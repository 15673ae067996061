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
    Address, B256,
    abi::{Buf, Tuple},
    construction, dispatch, host, ownership, word,
};
use functions_types::selectors::functions::{any, feed as f};

const SETTINGS: B256 = B256::ZERO;
const ANSWER: B256 = B256::with_last_byte(1);
const TIME: B256 = B256::with_last_byte(2);

dispatch! {
    /// Runs the function that `selector` names; an unknown one ends the call without data.
    pub fn route(args) {
        f::LATEST_ROUND_DATA => latest_round_data(),
        f::DECIMALS => Buf::of(word::get(&host::load(&SETTINGS), 20, 1)),
        f::VERSION => Buf::of(1),
        f::OWNER => Buf::of_address(&owner()),
        f::SET_ANSWER => set_answer(args.head(1)),
        any::STYLUS_CONSTRUCTOR => construct(args.head(3)),
    }
}

/// `constructor(address owner, uint8 decimals, int256 answer)`, once.
fn construct(args: Tuple<'_>) -> Buf {
    let (owner, decimals, answer) = (args.address(0), args.uint(1, 8), args.b256(2));
    construction::once();
    let mut settings = B256::ZERO;
    settings[..20].copy_from_slice(owner.as_slice());
    settings[20] = decimals as u8;
    open_round(settings, &answer)
}

/// `setAnswer(int256)`, by the owner.
fn set_answer(args: Tuple<'_>) -> Buf {
    ownership::only(&owner());
    open_round(host::load(&SETTINGS), &args.b256(0))
}

fn open_round(mut settings: B256, answer: &B256) -> Buf {
    let round = word::get(&settings, 21, 8) + 1;
    word::put(&mut settings, 21, 8, round);
    host::store(&SETTINGS, &settings);
    host::store(&ANSWER, answer);
    let mut time = B256::ZERO;
    word::put(&mut time, 24, 8, u128::from(host::timestamp()));
    host::store(&TIME, &time);
    Buf::empty()
}

/// `latestRoundData() returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)`.
fn latest_round_data() -> Buf {
    let round = word::get(&host::load(&SETTINGS), 21, 8);
    let time = host::load(&TIME);
    let mut out = Buf::new(5 * 32);
    out.num(round);
    out.raw(&*host::load(&ANSWER));
    out.raw(&*time);
    out.raw(&*time);
    out.num(round);
    out
}

fn owner() -> Address {
    Address::from_slice(&host::load(&SETTINGS)[..20])
}
