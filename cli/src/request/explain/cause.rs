//! Why a request stands where it does, in one sentence, and what to type next. Pure.

use alloy::primitives::Address;
use functions_types::{RequestId, SubscriptionId};

use super::nodes::Unseen;
use crate::request::found::State;

/// What a cause follows from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    pub(super) id: RequestId,
    pub(super) subscription: SubscriptionId,
    pub(super) consumer: Address,
    pub(super) callback_gas_limit: u32,
    /// Options that lead a command to the same contracts, and the one that says who pays.
    pub(super) at: &'a str,
    pub(super) key: &'a str,
    /// The DON it was sent to, as `--don-id` takes it.
    pub(super) don: &'a str,
    pub(super) gas: Gas,
    pub(super) state: State,
    /// The error that the consumer was given; empty without one.
    pub(super) error: &'a str,
    /// Why the Router refused the last report it refused.
    pub(super) refusal: Option<&'a str>,
    /// What the nodes say that the request waits for.
    pub(super) waits_for: Option<&'a str>,
    /// Whether nodes were asked at all.
    pub(super) is_asked: bool,
    /// What there is instead where none of them shows the request.
    pub(super) unseen: Option<&'a Unseen>,
}

/// How much gas a further request may ask for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gas {
    /// The most the subscription's tier allows; none where it has no tier.
    pub(super) most: Option<u32>,
    /// The consumer asks for the same amount always.
    pub(super) is_fixed: bool,
}

/// Why, and what next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    pub(super) words: String,
    pub(super) next: Option<String>,
}

/// The cause of what the facts show.
pub(super) fn of(facts: &Facts<'_>) -> Cause {
    let Facts { id, subscription, at, key, .. } = facts;
    let refused = facts.refusal.map(|why| format!(", and the Router refused a report: {why}"));
    let refused = refused.unwrap_or_default();
    let (words, next) = match facts.state {
        State::Open => match facts.waits_for {
            Some(waits) => {
                (format!("it is open: {waits}{refused}"), format!("functions request status {id}{at}"))
            }
            None => of_silence(facts, &format!("no report has reached the chain yet{refused}")),
        },
        State::Overdue => (
            format!(
                "no report was accepted before its time was over{refused}; nothing is charged unless one still is"
            ),
            format!("functions sub timeout {subscription} {id}{at}{key}"),
        ),
        State::TimedOut => (
            format!(
                "it was not answered in time{refused}; its reservation was released, nothing was charged"
            ),
            again(facts, ""),
        ),
        State::CallbackFailed => of_callback(facts),
        State::Fulfilled if facts.error.is_empty() => {
            return Cause {
                words: "the members agreed on a result, and the consumer took it".to_owned(),
                next: None,
            };
        }
        State::Fulfilled => of_error(facts.error),
    };
    Cause { words, next: Some(next) }
}

/// An open request of which no node says what it waits for.
fn of_silence(facts: &Facts<'_>, open: &str) -> (String, String) {
    let Facts { id, at, .. } = facts;
    let status = format!("functions request status {id}{at}");
    match facts.unseen {
        None if facts.is_asked => (open.to_owned(), status),
        None => (open.to_owned(), format!("functions request explain {id} --node http://HOST:PORT{at}")),
        Some(Unseen { unknown, first: Some(first), silent }) => {
            let silent = match silent {
                0 => String::new(),
                count => format!(", {count} without an answer"),
            };
            let words = format!(
                "{open}, and none of the nodes asked shows the request: {unknown} not having seen it{silent}; each node's \
                 /ready says what it lacks"
            );
            (words, format!("curl {first}/ready"))
        }
        Some(_) => (
            format!(
                "{open}, and none of the nodes asked answers: see that they run, and that --node is admin.listen of theirs"
            ),
            status,
        ),
    }
}

fn again(facts: &Facts<'_>, more: &str) -> String {
    let Facts { consumer, subscription, don, at, key, .. } = facts;
    format!(
        "functions request send{at}{key} --consumer {consumer} --subscription {subscription} --don-id {don} --source FILE{more}"
    )
}

/// A failed callback may want more gas, as far as there is more.
fn of_callback(facts: &Facts<'_>) -> (String, String) {
    let failed = "the members agreed, but the consumer's callback reverted or ran out of gas";
    let (asked, most) = (facts.callback_gas_limit, facts.gas.most.unwrap_or(u32::MAX));
    let wished = asked.saturating_mul(2).min(most);
    let why = match facts.gas.is_fixed {
        true => format!("it asked for {asked}, as the Solidity example always does"),
        false if wished > asked => {
            return (failed.to_owned(), again(facts, &format!(" --gas-limit {wished}")));
        }
        false => format!("subscription {} may ask for no more than {wished}", facts.subscription),
    };
    let more = if facts.gas.is_fixed { String::new() } else { format!(" --gas-limit {wished}") };
    (format!("{failed}; {why}: let the callback do less, or the script return less"), again(facts, &more))
}

/// What an error on chain says, and what shows more.
fn of_error(error: &str) -> (String, String) {
    const COMPARE: &str = "functions simulate --source FILE --live 4";
    let field = |name: &str| {
        error.split(' ').find_map(|part| part.strip_prefix(name)?.strip_prefix('=')).unwrap_or("?")
    };
    let (ok, err, top, need) = (field("ok"), field("err"), field("top"), field("need"));
    match error.split(' ').next().unwrap_or_default() {
        "DON_DIVERGED" => (
            format!(
                "the members' answers differ: of {ok} results {top} are equal where {need} are needed; let the script answer \
                 the same everywhere, or begin it with // @aggregation median-uint256"
            ),
            COMPARE.to_owned(),
        ),
        "DON_USER_ERRORS_DIFFER" => {
            (format!("the script failed on {err} members, not on all with the same text"), COMPARE.to_owned())
        }
        "DON_SECRETS" => (
            "the members could not read the request's secrets".to_owned(),
            "functions request send --help".to_owned(),
        ),
        _ => (
            "the script ended with this error on a quorum of members".to_owned(),
            "functions simulate --source FILE".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::B256;

    use super::*;

    const FACTS: Facts<'_> = Facts {
        id: RequestId(B256::ZERO),
        subscription: SubscriptionId(7),
        consumer: Address::ZERO,
        callback_gas_limit: 70_000,
        at: "",
        key: "",
        don: "fun-local-1",
        gas: Gas { most: None, is_fixed: false },
        state: State::Fulfilled,
        error: "",
        refusal: None,
        waits_for: None,
        is_asked: false,
        unseen: None,
    };

    #[test]
    fn every_state_has_a_cause_and_all_but_success_a_next_step() {
        let cases = [
            (State::Open, "no report has reached the chain", "functions request explain"),
            (State::Overdue, "before its time was over", "functions sub timeout 7 0x"),
            (State::TimedOut, "nothing was charged", "functions request send --consumer"),
            (State::CallbackFailed, "callback reverted or ran out of gas", "--gas-limit 140000"),
        ];
        for (state, words, next) in cases {
            let cause = of(&Facts { state, ..FACTS });
            assert!(cause.words.contains(words), "{cause:?}");
            assert!(cause.next.as_ref().is_some_and(|text| text.contains(next)), "{cause:?}");
        }
        assert_eq!(of(&FACTS).next, None);
        let waits = of(&Facts { state: State::Open, waits_for: Some("2 observations, 3 needed"), ..FACTS });
        assert!(waits.words.ends_with("2 observations, 3 needed"), "{waits:?}");
        let refused = of(&Facts { state: State::Overdue, refusal: Some("it would cost more"), ..FACTS });
        assert!(refused.words.contains("refused a report: it would cost more"), "{refused:?}");
    }

    #[test]
    fn nodes_that_were_asked_in_vain_are_not_to_be_named_again() {
        let said = |unknown: usize, silent| {
            let first = (unknown > 0).then(|| "http://127.0.0.1:9701".to_owned());
            let unseen = Unseen { unknown, first, silent };
            let cause =
                of(&Facts { state: State::Open, is_asked: true, unseen: Some(&unseen), at: " --x", ..FACTS });
            (cause.words, cause.next.expect("a next step"))
        };
        let (words, next) = said(2, 0);
        assert!(words.contains("2 not having seen it; each node's /ready"), "{words}");
        assert_eq!(next, "curl http://127.0.0.1:9701/ready");
        let (words, _) = said(1, 2);
        assert!(words.contains("1 not having seen it, 2 without an answer"), "{words}");
        let (words, next) = said(0, 2);
        assert!(words.contains("none of the nodes asked answers"), "{words}");
        assert!(next.starts_with("functions request status") && next.ends_with(" --x"), "{next}");
        let known = of(&Facts { state: State::Open, is_asked: true, ..FACTS });
        assert!(
            known.next.is_some_and(|next| next.contains("request status")),
            "one knows it, without a reason"
        );
    }

    #[test]
    fn a_copied_line_leads_to_the_same_contracts() {
        for state in [State::Open, State::Overdue, State::TimedOut, State::CallbackFailed] {
            let facts = Facts { state, at: " --router 0xR", key: " --key-file k", ..FACTS };
            let next = of(&facts).next.expect("a next step");
            assert!(next.contains(" --router 0xR"), "{next}");
            assert_eq!(next.contains(" --key-file k"), state != State::Open, "only what sends pays: {next}");
        }
    }

    #[test]
    fn no_more_gas_is_advised_than_a_request_may_ask_for() {
        let with = |asked, most, is_fixed| {
            let gas = Gas { most, is_fixed };
            let cause = of(&Facts { state: State::CallbackFailed, callback_gas_limit: asked, gas, ..FACTS });
            (cause.words, cause.next.expect("a next step"))
        };
        assert!(with(300_000, Some(500_000), false).1.ends_with(" --gas-limit 500000"));
        assert!(with(300_000, Some(1_000_000), false).1.ends_with(" --gas-limit 600000"));
        for (asked, most) in [(500_000, 500_000), (700_000, 500_000)] {
            let (words, next) = with(asked, Some(most), false);
            assert!(words.contains("no more than 500000: let the callback do less"), "{words}");
            assert!(next.ends_with(" --gas-limit 500000"), "{next}");
        }
        let (words, next) = with(70_000, Some(500_000), true);
        assert!(
            words.contains("asked for 70000, as the Solidity example always does")
                && !next.contains("--gas-limit"),
            "{words} {next}"
        );
        assert!(next.contains(" --don-id fun-local-1 "), "{next}");
    }

    #[test]
    fn errors_of_members_are_told_from_those_of_the_script() {
        let said = |error| of(&Facts { error, ..FACTS });
        let diverged = said("DON_DIVERGED n=4 f=1 obs=4 ok=4 err=0 top=2 need=3 mode ev=0123456789abcdef");
        assert!(diverged.words.contains("of 4 results 2 are equal where 3 are needed"), "{diverged:?}");
        assert!(diverged.words.contains("// @aggregation median-uint256"), "{diverged:?}");
        assert_eq!(diverged.next.as_deref(), Some("functions simulate --source FILE --live 4"));
        let errors = said("DON_USER_ERRORS_DIFFER n=4 f=1 obs=4 ok=1 err=3 top=1 need=3 mode ev=00");
        assert!(errors.words.contains("failed on 3 members"), "{errors:?}");
        assert!(said("DON_SECRETS n=4").words.contains("secrets"));
        assert!(said("no price").words.contains("ended with this error"));
        assert!(said("DON_DIVERGED").words.contains("of ? results"), "whatever a consumer was told");
    }
}
