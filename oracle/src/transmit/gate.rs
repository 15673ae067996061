//! The gate right before sending: a pure decision from what the node just learned.
//!
//! | seen | decision |
//! | --- | --- |
//! | the own log view shows a response | drop: someone else was first |
//! | a transaction of this node that waits for a block carries it, or one is being made | wait |
//! | fewer confirmations than configured | wait |
//! | code 0, 1 | send |
//! | code 2 | hold until the own log view shows why: one answer may come from an endpoint that lags or lies |
//! | code 3 | hold until the price falls; past the deadline undeliverable |
//! | code 4 | raise the gas limit, up to the ceiling; then hold; past the deadline undeliverable |
//! | code 5, 6 | hold, for the same reason as code 2; past the deadline undeliverable |
//! | the transmitter cannot pay | wait for its owner, as long as the request is open |
//! | the whole transaction would revert | raise the gas limit once or twice, then hold; past the deadline undeliverable |
//! | the chain asks for more than may be offered | hold |

use super::price::Price;

/// Margin before the on-chain timeout at which waiting ends, in seconds.
const DEADLINE_MARGIN_SECONDS: u64 = 10;
/// The reason of a report whose request lies too near the head.
pub(super) const UNCONFIRMED: &str = "the request is not confirmed deeply enough";
/// The reason of a report that goes with others.
pub(super) const CARRIED: &str = "a transaction of several reports carries it";
/// How often a gas limit is raised by half.
pub(super) const MAX_GAS_RAISES: u32 = 3;

/// What a simulation at the newest block answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Simulated {
    /// The router would return this code.
    Code(u8),
    /// The whole transaction would revert, with the reason in words.
    Reverts(String),
    /// The transmitter's account cannot pay for it, with the endpoint's words.
    Unfunded(String),
}

/// Everything the decision depends on.
#[derive(Clone, Debug)]
pub(super) struct GateInput {
    /// The own log view shows a response to the request.
    pub answered: bool,
    /// Another transaction of this node carries it, and may be mined.
    pub carried: bool,
    /// The request's block is as deep as configured.
    pub confirmed: bool,
    /// Timestamp of the newest block, unix seconds.
    pub chain_time: u64,
    /// The commitment's timeout, unix seconds.
    pub timeout_timestamp: u64,
    /// How often the gas limit was raised already.
    pub gas_raises: u32,
    /// What would be offered; `None` when the chain asks for more than may be.
    pub price: Option<Price>,
    /// The simulation's answer.
    pub simulated: Simulated,
}

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Send it, offering this.
    Send(Price),
    /// It is not needed any more.
    Drop,
    /// Ask again at the next block; the reason is for the log.
    Wait(String),
    /// Ask again when the transmitter's account holds more; the reason is for the log.
    Unfunded(String),
    /// Ask again with half as much gas again.
    RaiseGas,
    /// The chain will not take it; the code, or `None` when the transaction reverts.
    Undeliverable(Option<u8>),
}

/// Whether a request in the block at `request_block` is as deep below the head as configured.
#[must_use]
pub const fn is_confirmed(head: u64, request_block: u64, confirmations: u64) -> bool {
    head.saturating_add(1) >= request_block.saturating_add(confirmations)
}

/// Decides.
pub(super) fn decide(input: &GateInput) -> Decision {
    if input.answered {
        return Decision::Drop;
    }
    if input.carried {
        return Decision::Wait(CARRIED.to_owned());
    }
    if !input.confirmed {
        return Decision::Wait(UNCONFIRMED.to_owned());
    }
    let late = input.chain_time.saturating_add(DEADLINE_MARGIN_SECONDS) >= input.timeout_timestamp;
    let may_raise = input.gas_raises < MAX_GAS_RAISES;
    match &input.simulated {
        Simulated::Code(0 | 1) => input.price.map_or_else(
            || Decision::Wait("gas costs more than may be offered for it".to_owned()),
            Decision::Send,
        ),
        Simulated::Code(2) => Decision::Wait("the chain says that the request is not open".to_owned()),
        Simulated::Code(3) if !late => {
            Decision::Wait("the cost exceeds the reservation at this gas price".to_owned())
        }
        Simulated::Code(4) if may_raise => Decision::RaiseGas,
        Simulated::Code(code) if !late => Decision::Wait(format!("the router would answer with code {code}")),
        Simulated::Code(code) => Decision::Undeliverable(Some(*code)),
        // The operator's to mend; the request waits as long as it is open.
        Simulated::Unfunded(reason) => Decision::Unfunded(reason.clone()),
        Simulated::Reverts(_) if may_raise => Decision::RaiseGas,
        Simulated::Reverts(reason) if !late => {
            Decision::Wait(format!("the transaction would revert: {reason}"))
        }
        Simulated::Reverts(_) => Decision::Undeliverable(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICE: Price = Price { max_fee_wei: 200, tip_wei: 0 };

    fn input(simulated: Simulated) -> GateInput {
        GateInput {
            answered: false,
            carried: false,
            confirmed: true,
            chain_time: 1_000,
            timeout_timestamp: 1_300,
            gas_raises: 0,
            price: Some(PRICE),
            simulated,
        }
    }

    #[test]
    fn decide_follows_the_table() {
        let code = |code| decide(&input(Simulated::Code(code)));
        assert_eq!(code(0), Decision::Send(PRICE));
        assert_eq!(code(1), Decision::Send(PRICE));
        assert!(matches!(code(3), Decision::Wait(_)));
        assert_eq!(code(4), Decision::RaiseGas);
    }

    #[test]
    fn l5_no_simulated_code_ends_a_delivery_before_its_deadline() {
        for code in [2, 5, 6, 77] {
            assert!(matches!(decide(&input(Simulated::Code(code))), Decision::Wait(_)), "{code}");
        }
        let late = |code| decide(&GateInput { chain_time: 1_290, ..input(Simulated::Code(code)) });
        assert!(matches!(late(2), Decision::Wait(_)), "what ends it is in the logs");
        for code in [5, 6, 77] {
            assert_eq!(late(code), Decision::Undeliverable(Some(code)));
        }
    }

    #[test]
    fn t2_nothing_is_sent_when_the_chain_asks_for_more_than_may_be_offered() {
        let decision = decide(&GateInput { price: None, ..input(Simulated::Code(0)) });
        assert!(matches!(decision, Decision::Wait(_)));
    }

    #[test]
    fn decide_drops_when_another_was_first_whatever_the_simulation_says() {
        for simulated in [Simulated::Code(0), Simulated::Code(3), Simulated::Reverts("x".into())] {
            assert_eq!(decide(&GateInput { answered: true, ..input(simulated) }), Decision::Drop);
        }
    }

    #[test]
    fn decide_waits_for_a_transaction_that_carries_it_whatever_the_simulation_says() {
        for simulated in [Simulated::Code(0), Simulated::Code(3), Simulated::Reverts("x".into())] {
            let input = GateInput { carried: true, chain_time: 9_999, ..input(simulated) };
            assert_eq!(decide(&input), Decision::Wait(CARRIED.to_owned()));
            assert_eq!(decide(&GateInput { answered: true, ..input }), Decision::Drop);
        }
    }

    #[test]
    fn is_confirmed_counts_the_requests_own_block() {
        assert!(is_confirmed(7, 7, 1));
        assert!(!is_confirmed(7, 7, 2) && is_confirmed(8, 7, 2));
        assert!(is_confirmed(7, 7, 0) && !is_confirmed(5, 7, 0), "a head that lags confirms nothing");
        assert!(!is_confirmed(7, u64::MAX, 3));
    }

    #[test]
    fn decide_waits_for_confirmations() {
        let decision = decide(&GateInput { confirmed: false, ..input(Simulated::Code(0)) });
        assert!(matches!(decision, Decision::Wait(_)));
    }

    #[test]
    fn decide_gives_up_on_price_only_near_the_deadline() {
        let at = |chain_time| decide(&GateInput { chain_time, ..input(Simulated::Code(3)) });
        assert!(matches!(at(1_289), Decision::Wait(_)));
        assert_eq!(at(1_290), Decision::Undeliverable(Some(3)));
        assert_eq!(at(u64::MAX), Decision::Undeliverable(Some(3)));
    }

    #[test]
    fn decide_raises_gas_a_bounded_number_of_times() {
        let raised = |simulated, gas_raises| decide(&GateInput { gas_raises, ..input(simulated) });
        assert!(matches!(raised(Simulated::Code(4), MAX_GAS_RAISES), Decision::Wait(_)));
        assert_eq!(raised(Simulated::Reverts("r".into()), 0), Decision::RaiseGas);
        assert!(matches!(raised(Simulated::Reverts("r".into()), MAX_GAS_RAISES), Decision::Wait(_)));
    }

    #[test]
    fn decide_never_gives_up_for_want_of_ether() {
        let at = |chain_time| {
            decide(&GateInput { chain_time, gas_raises: 9, ..input(Simulated::Unfunded("have 0".into())) })
        };
        assert_eq!(at(1_000), Decision::Unfunded("have 0".into()));
        assert_eq!(at(u64::MAX), Decision::Unfunded("have 0".into()));
    }

    #[test]
    fn decide_still_serves_after_the_timeout_when_the_chain_would_accept() {
        let decision = decide(&GateInput { chain_time: 9_999, ..input(Simulated::Code(0)) });
        assert_eq!(decision, Decision::Send(PRICE));
    }
}
