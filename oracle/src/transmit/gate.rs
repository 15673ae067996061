//! The gate right before sending: a pure decision from what the node just learned.
//!
//! | seen | decision |
//! | --- | --- |
//! | the own log view shows a response | drop: someone else was first |
//! | fewer confirmations than configured | wait |
//! | code 0, 1 | send |
//! | code 2 | drop |
//! | code 3 | hold until the price falls; past the deadline undeliverable |
//! | code 4 | raise the gas limit, up to the ceiling; then undeliverable |
//! | code 5, 6 | undeliverable |
//! | the transmitter cannot pay | wait for its owner, as long as the request is open |
//! | the whole transaction would revert | raise the gas limit once or twice, then hold; past the deadline undeliverable |

/// Margin before the on-chain timeout at which waiting ends, in seconds.
pub const DEADLINE_MARGIN_SECONDS: u64 = 10;
/// The reason of a report whose request lies too near the head.
pub(super) const UNCONFIRMED: &str = "the request is not confirmed deeply enough";
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
pub struct GateInput {
    /// The own log view shows a response to the request.
    pub answered: bool,
    /// The request's block is as deep as configured.
    pub confirmed: bool,
    /// Timestamp of the newest block, unix seconds.
    pub chain_time: u64,
    /// The commitment's timeout, unix seconds.
    pub timeout_timestamp: u64,
    /// How often the gas limit was raised already.
    pub gas_raises: u32,
    /// The simulation's answer.
    pub simulated: Simulated,
}

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Send it.
    Send,
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
#[must_use]
pub fn decide(input: &GateInput) -> Decision {
    if input.answered {
        return Decision::Drop;
    }
    if !input.confirmed {
        return Decision::Wait(UNCONFIRMED.to_owned());
    }
    let late = input.chain_time.saturating_add(DEADLINE_MARGIN_SECONDS) >= input.timeout_timestamp;
    let may_raise = input.gas_raises < MAX_GAS_RAISES;
    match &input.simulated {
        Simulated::Code(0 | 1) => Decision::Send,
        Simulated::Code(2) => Decision::Drop,
        Simulated::Code(3) if !late => {
            Decision::Wait("the cost exceeds the reservation at this gas price".to_owned())
        }
        Simulated::Code(4) if may_raise => Decision::RaiseGas,
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

    fn input(simulated: Simulated) -> GateInput {
        GateInput {
            answered: false,
            confirmed: true,
            chain_time: 1_000,
            timeout_timestamp: 1_300,
            gas_raises: 0,
            simulated,
        }
    }

    #[test]
    fn decide_follows_the_table() {
        let code = |code| decide(&input(Simulated::Code(code)));
        assert_eq!(code(0), Decision::Send);
        assert_eq!(code(1), Decision::Send);
        assert_eq!(code(2), Decision::Drop);
        assert!(matches!(code(3), Decision::Wait(_)));
        assert_eq!(code(4), Decision::RaiseGas);
        assert_eq!(code(5), Decision::Undeliverable(Some(5)));
        assert_eq!(code(6), Decision::Undeliverable(Some(6)));
        assert_eq!(code(77), Decision::Undeliverable(Some(77)));
    }

    #[test]
    fn decide_drops_when_another_was_first_whatever_the_simulation_says() {
        for simulated in [Simulated::Code(0), Simulated::Code(3), Simulated::Reverts("x".into())] {
            assert_eq!(decide(&GateInput { answered: true, ..input(simulated) }), Decision::Drop);
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
        assert_eq!(raised(Simulated::Code(4), MAX_GAS_RAISES), Decision::Undeliverable(Some(4)));
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
        assert_eq!(decision, Decision::Send);
    }
}
