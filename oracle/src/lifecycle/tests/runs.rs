//! Slots, turns, failures.

use super::{
    Action, Bench, CAUGHT_UP, Earlier, Happening, Known, Note, Order, REQUEST_BLOCK, RESPONSE_BLOCK, Rules,
    State, THEIRS, TIMED_OUT, key, key_of, observation, observed, record, responded, rules, seen,
};
use crate::chain::SeenRequest;

fn with_slots(slots: usize) -> Bench {
    let mut bench = Bench::with(Rules { slots, ..rules() });
    bench.tell(CAUGHT_UP);
    bench
}

/// Requests that are opened, in a chain that has been read.
fn open(bench: &mut Bench, requests: impl IntoIterator<Item = SeenRequest>) {
    for seen in requests {
        let key = key_of(&seen);
        bench.request(seen);
        bench.tell_all([CAUGHT_UP, Happening::Learned { key, known: Known::default() }]);
    }
}

/// What is run now.
fn runs(bench: &mut Bench) -> Vec<u8> {
    bench.tell(Happening::Turn);
    let run = |action: &Action| match action {
        Action::Order(Order::Run(key)) => Some(key.request[0]),
        _ => None,
    };
    bench.actions.iter().filter_map(run).collect()
}

fn of(id: u8, subscription: u64) -> SeenRequest {
    SeenRequest { subscription_id: subscription, ..seen(id, 5, REQUEST_BLOCK) }
}

fn finish(bench: &mut Bench, id: u8) -> Vec<&'static str> {
    bench.tell(Happening::Finished { key: key(id), observation: Ok(observation()) })
}

fn fail(bench: &mut Bench, id: u8) -> Vec<&'static str> {
    bench.tell(Happening::Finished { key: key(id), observation: Err("no memory".to_owned()) })
}

#[test]
fn as_many_run_as_there_are_slots() {
    let mut bench = with_slots(2);
    open(&mut bench, (1..=4).map(|byte| seen(byte, 5, REQUEST_BLOCK)));
    assert_eq!(runs(&mut bench), [1, 2]);
    assert_eq!(bench.lifecycle.runs(), (2, 2));
    assert_eq!(runs(&mut bench), [] as [u8; 0]);
    assert_eq!(finish(&mut bench, 2), ["observe"]);
    assert_eq!(runs(&mut bench), [3]);
    assert_eq!(bench.lifecycle.runs(), (2, 1));
}

#[test]
fn the_last_of_three_slots_is_for_a_subscription_that_has_none() {
    let mut bench = with_slots(3);
    open(&mut bench, [of(1, 1), of(2, 1), of(3, 1), of(4, 1)]);
    assert_eq!(runs(&mut bench), [1, 2]);
    open(&mut bench, [of(8, 2), of(9, 2)]);
    assert_eq!(runs(&mut bench), [8]);
    finish(&mut bench, 1);
    assert_eq!(runs(&mut bench), [] as [u8; 0], "both are served");
    open(&mut bench, [of(7, 3)]);
    assert_eq!(runs(&mut bench), [7]);
}

#[test]
fn nothing_runs_without_slots() {
    let mut bench = with_slots(0);
    open(&mut bench, [seen(1, 5, REQUEST_BLOCK)]);
    assert_eq!(runs(&mut bench), [] as [u8; 0]);
}

#[test]
fn subscriptions_take_turns() {
    let mut bench = with_slots(1);
    open(&mut bench, [of(1, 1), of(2, 1), of(3, 1), of(9, 2)]);
    let mut order = Vec::new();
    while let [byte] = runs(&mut bench)[..] {
        order.push(byte);
        finish(&mut bench, byte);
    }
    assert_eq!(order, [1, 9, 2, 3]);
}

#[test]
fn request_is_run_once() {
    let mut bench = with_slots(4);
    open(&mut bench, [seen(1, 5, REQUEST_BLOCK)]);
    assert_eq!(runs(&mut bench), [1]);
    assert_eq!(bench.state(1), State::Executing);
    finish(&mut bench, 1);
    bench.tell(Happening::Learned { key: key(1), known: observed() });
    bench.tell(CAUGHT_UP);
    assert_eq!(runs(&mut bench), [] as [u8; 0]);
}

#[test]
fn failed_run_is_repeated_after_a_rest_and_says_so() {
    let mut bench = with_slots(1);
    open(&mut bench, [seen(1, 5, REQUEST_BLOCK)]);
    let mut rests = Vec::new();
    for failures in 1..=3 {
        assert_eq!(runs(&mut bench), [1]);
        assert_eq!(fail(&mut bench, 1), ["store"]);
        assert!(bench.notes().contains(&&Note::RunFailed));
        let said = format!("could not be run here {failures} times, and is tried again: no memory");
        assert!(bench.reason(1).ends_with(&said), "{}", bench.reason(1));
        assert_eq!(runs(&mut bench), [] as [u8; 0]);
        let at = bench.lifecycle.next_at().expect("it rests");
        rests.push(at - bench.now);
        bench.now = at;
    }
    assert_eq!(rests, [250, 500, 1_000]);
    assert_eq!(bench.state(1), State::Executing);
}

#[test]
fn resting_request_leaves_its_slot_to_others() {
    let mut bench = with_slots(1);
    open(&mut bench, [seen(1, 5, REQUEST_BLOCK), seen(2, 5, REQUEST_BLOCK)]);
    assert_eq!(runs(&mut bench), [1]);
    fail(&mut bench, 1);
    assert_eq!(runs(&mut bench), [2]);
}

#[test]
fn failed_run_of_an_answered_request_is_not_repeated() {
    let mut bench = with_slots(1);
    open(&mut bench, [seen(1, 5, REQUEST_BLOCK)]);
    runs(&mut bench);
    bench.tell(responded(THEIRS));
    assert_eq!(fail(&mut bench, 1), [] as [&str; 0]);
    assert_eq!((bench.reason(1), bench.lifecycle.next_at()), ("", None));
    assert_eq!(bench.lifecycle.runs(), (0, 0));
}

#[test]
fn answered_request_does_not_run() {
    let mut bench = with_slots(1);
    open(&mut bench, [seen(1, 5, REQUEST_BLOCK)]);
    bench.tell(responded(THEIRS));
    assert_eq!(runs(&mut bench), [] as [u8; 0]);
}

#[test]
fn run_of_a_replaced_commitment_says_nothing_about_the_new_one() {
    let mut bench = with_slots(2);
    let (old, new) = (seen(1, 5, REQUEST_BLOCK), seen(1, 6, REQUEST_BLOCK));
    open(&mut bench, [old]);
    assert_eq!(runs(&mut bench), [1]);
    open(&mut bench, [new.clone()]);
    assert_eq!(runs(&mut bench), [1], "the new one runs by itself");
    assert_eq!(finish(&mut bench, 1), [] as [&str; 0]);
    let observation = Ok(observation());
    assert_eq!(bench.tell(Happening::Finished { key: key_of(&new), observation }), ["observe"]);
    assert_eq!(bench.lifecycle.runs(), (0, 0));
}

#[test]
fn failed_run_of_a_replaced_commitment_does_not_hold_the_new_one_up() {
    let mut bench = with_slots(1);
    let (old, new) = (seen(1, 5, REQUEST_BLOCK), seen(1, 6, REQUEST_BLOCK));
    open(&mut bench, [old]);
    assert_eq!(runs(&mut bench), [1]);
    open(&mut bench, [new]);
    assert_eq!(fail(&mut bench, 1), [] as [&str; 0]);
    assert_eq!(runs(&mut bench), [1]);
}

#[test]
fn run_that_outlives_a_response_is_not_begun_twice() {
    let mut bench = with_slots(2);
    open(&mut bench, [seen(1, 5, REQUEST_BLOCK)]);
    assert_eq!(runs(&mut bench), [1]);
    bench.tell_all([responded(THEIRS), Happening::Rewound { first: RESPONSE_BLOCK }]);
    bench.tell_all([
        Happening::Read { key: key(1), records: vec![record(key(1))], earlier: Earlier::default() },
        CAUGHT_UP,
    ]);
    assert_eq!(runs(&mut bench), [] as [u8; 0]);
    // It is repeated when it fails.
    assert_eq!(fail(&mut bench, 1), ["store"]);
    bench.now = bench.lifecycle.next_at().expect("it rests");
    assert_eq!(runs(&mut bench), [1]);
}

#[test]
fn orphan_does_not_run_until_it_is_in_the_chain_again() {
    let mut bench = with_slots(1);
    open(&mut bench, [seen(1, 5, REQUEST_BLOCK)]);
    bench.tell(Happening::Rewound { first: REQUEST_BLOCK });
    assert_eq!(runs(&mut bench), [] as [u8; 0]);
    bench.request(seen(1, 5, REQUEST_BLOCK + 1));
    bench.tell(CAUGHT_UP);
    assert_eq!(runs(&mut bench), [1]);
}

#[test]
fn run_of_an_orphan_counts_when_it_comes_back() {
    let mut bench = with_slots(1);
    open(&mut bench, [seen(1, 5, REQUEST_BLOCK)]);
    runs(&mut bench);
    bench.tell(Happening::Rewound { first: REQUEST_BLOCK });
    assert_eq!(finish(&mut bench, 1), ["observe"]);
    bench.tell(Happening::Learned { key: key(1), known: observed() });
    assert_eq!(bench.state(1), State::Orphaned);
    bench.request(seen(1, 5, REQUEST_BLOCK + 1));
    assert_eq!(bench.state(1), State::Observed);
}

#[test]
fn run_whose_input_is_lost_frees_its_slot_and_says_so() {
    let mut bench = with_slots(1);
    open(&mut bench, [seen(1, 5, REQUEST_BLOCK), seen(2, 5, REQUEST_BLOCK)]);
    assert_eq!(runs(&mut bench), [1]);
    assert_eq!(bench.tell(Happening::Unrunnable { key: key(1) }), ["store"]);
    assert!(bench.reason(1).contains("does not give the request's event back"));
    assert_eq!(runs(&mut bench), [2]);
}

#[test]
fn end_of_a_forgotten_requests_run_is_no_matter() {
    let mut bench = with_slots(1);
    open(&mut bench, [seen(1, 5, REQUEST_BLOCK)]);
    runs(&mut bench);
    bench.tell_all([TIMED_OUT, Happening::Finalised { block: RESPONSE_BLOCK }]);
    assert_eq!(finish(&mut bench, 1), [] as [&str; 0]);
    assert_eq!(bench.lifecycle.runs(), (0, 0));
    assert!(bench.lifecycle.is_empty());
}
