//! Token buckets and the list of senders, with time passed in.
#![allow(clippy::unwrap_used)]

use std::{collections::BTreeSet, time::Duration};

use alloy_primitives::Address;
use functions_types::Juels;
use oracle_gateway::{Allowed, Policy, Rate, Refusal, Rules, policy::MAX_SENDERS};
use proptest::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

fn sender(number: u64) -> Address {
    Address::left_padding_from(&number.to_be_bytes())
}

fn rules(sender: Rate, all: Rate) -> Rules {
    Rules { sender, all, ..Rules::default() }
}

fn rate(burst: u32, each: Duration) -> Rate {
    Rate { burst, each }
}

#[test]
fn a_bucket_gives_its_burst_and_then_one_each_time() {
    let mut policy = Policy::new(rules(rate(3, SECOND), rate(1_000, Duration::ZERO)));
    let mut ask = |ms: u64| policy.admit(sender(1), Duration::from_millis(ms)).is_ok();
    assert_eq!([0, 0, 0, 0].map(&mut ask), [true, true, true, false]);
    assert_eq!([999, 1_000, 1_000].map(&mut ask), [false, true, false]);
    // It never holds more than its burst; a clock that goes back gives nothing.
    assert_eq!([60_000, 60_000, 60_000, 60_000, 10].map(&mut ask), [true, true, true, false, false]);
}

#[test]
fn one_sender_leaves_tokens_to_others_and_all_together_have_a_bucket() {
    let mut policy = Policy::new(rules(rate(2, SECOND), rate(5, SECOND)));
    let mut ask = |number: u64| policy.admit(sender(number), Duration::ZERO);
    assert_eq!([1, 1].map(&mut ask), [Ok(()); 2]);
    // Refusals take nothing from anybody.
    assert_eq!([1; 9].map(&mut ask), [Err(Refusal::RateLimited); 9]);
    assert_eq!([2, 2, 3].map(&mut ask), [Ok(()); 3]);
    assert_eq!(ask(4), Err(Refusal::RateLimited));
}

#[test]
fn who_is_not_on_the_list_uses_nothing_up() {
    let listed = Rules {
        allowed: Allowed::Only(BTreeSet::from([sender(1)])),
        ..rules(rate(1, SECOND), rate(1, SECOND))
    };
    let mut policy = Policy::new(listed);
    for number in 2..50 {
        assert_eq!(policy.admit(sender(number), Duration::ZERO), Err(Refusal::NotAllowed));
    }
    assert_eq!(policy.admit(sender(1), Duration::ZERO), Ok(()));
    // Other rules forget nothing that was used up.
    policy.set_rules(rules(rate(1, SECOND), rate(9, SECOND)));
    assert_eq!(policy.admit(sender(1), Duration::ZERO), Err(Refusal::RateLimited));
    assert_eq!(policy.admit(sender(2), Duration::ZERO), Ok(()));
}

#[test]
fn senders_remembered_are_bounded_and_those_with_full_buckets_make_room() {
    let unbounded = rate(u32::MAX, Duration::ZERO);
    let mut policy = Policy::new(rules(rate(1, SECOND), unbounded));
    for number in 0..MAX_SENDERS as u64 {
        assert_eq!(policy.admit(sender(number), Duration::ZERO), Ok(()));
    }
    let late = sender(u64::MAX);
    assert_eq!(policy.admit(late, Duration::ZERO), Err(Refusal::RateLimited));
    assert_eq!(policy.admit(late, SECOND), Ok(()));
}

#[test]
fn a_balance_is_enough_from_the_minimum_on() {
    let juels = |amount| Juels::new(amount).unwrap();
    let policy = Policy::new(Rules { min_balance: juels(100), ..Rules::default() });
    assert_eq!(policy.afford(juels(100)), Ok(()));
    assert_eq!(policy.afford(juels(99)), Err(Refusal::Balance(juels(99))));
    assert_eq!(Refusal::Balance(juels(99)).to_string(), "sender has insufficient balance: 99 juels");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_time_span_lets_more_through_than_burst_and_rate(
        burst in 1..20_u32,
        each_ms in 1..500_u64,
        steps in prop::collection::vec(0..300_u64, 1..400),
    ) {
        let mut policy = Policy::new(rules(rate(burst, Duration::from_millis(each_ms)), rate(u32::MAX, Duration::ZERO)));
        let (mut now, mut let_through) = (0, Vec::new());
        for step in steps {
            now += step;
            if policy.admit(sender(1), Duration::from_millis(now)).is_ok() {
                let_through.push(now);
            }
        }
        for (first, from) in let_through.iter().enumerate() {
            for (last, to) in let_through.iter().enumerate().skip(first) {
                let most = u64::from(burst) + (to - from) / each_ms;
                prop_assert!((last - first + 1) as u64 <= most, "{} to {}", from, to);
            }
        }
    }
}
