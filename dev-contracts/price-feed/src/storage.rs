//! Where everything lies: the fields packed in words. The layout is the table of the crate's documentation.

use functions_contract::{
    Address, B256, packed,
    storage::{load_at, store_at},
};

const SETTINGS: u8 = 0;
const ANSWER: u8 = 1;
const TIME: u8 = 2;

packed! {
    /// Whose the feed is, how its answers are scaled, how many there have been.
    pub struct Settings in SETTINGS {
        /// Who sets the answers.
        owner, set_owner: Address = 0..20;
        /// Decimals of the answers.
        decimals, set_decimals: u8 = 20..21;
        /// Answers so far.
        round, set_round: u64 = 21..29;
    }
}

packed! {
    /// When the answer was set.
    pub struct Time in TIME {
        /// Unix seconds.
        seconds, set_seconds: u64 = 24..32;
    }
}

/// The answer, in two's complement.
pub(crate) fn answer() -> B256 {
    load_at(ANSWER)
}

/// Sets the answer.
pub(crate) fn set_answer(answer: &B256) {
    store_at(ANSWER, answer);
}
