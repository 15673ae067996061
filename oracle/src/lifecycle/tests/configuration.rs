//! Other configurations and other routes.

use alloy::primitives::B256;
use oracle_ocr::{Earlier, Input, Observation, Outcome};

use super::{
    super::LEAVE_WITHIN_MS, Action, BLOCK_SECONDS, Bench, COORDINATOR, DON_ID, HEAD, Happening, KNOWN_BLOCK,
    REQUEST_BLOCK, RESPONSE_BLOCK, Requested, State, Stored, THEIRS, id, key, observed, record, responded,
    restored, seen, stored,
};

const CAUGHT_UP: Happening = Happening::CaughtUp { height: HEAD, seconds: BLOCK_SECONDS };

fn taken_along(bench: &Bench) -> Vec<Earlier> {
    let said = |action: &Action| match action {
        Action::Agree(Input::Earlier { said, .. }) => Some((**said).clone()),
        Action::Recall(_, said) => Some((**said).clone()),
        _ => None,
    };
    bench.actions.iter().filter_map(said).collect()
}

/// A block that set a configuration may leave the chain and come again: what was said in between counts.
#[test]
fn s3_a_configuration_that_comes_back_finds_its_records_and_what_was_said_meanwhile() {
    let earlier = Earlier { bound: Some(Outcome::Result(vec![42])), ..Earlier::default() };
    let row = Bench::in_state(State::Seen).row(1).clone();
    let mut bench = Bench::new();
    let again = Stored { earlier: earlier.clone(), ..stored(&row, vec![record(key(1))]) };
    bench.tell(restored(vec![again], HEAD));
    assert_eq!(taken_along(&bench), [earlier]);
}

#[test]
fn s3_what_was_said_under_earlier_configurations_is_taken_along_through_every_door() {
    let earlier = Earlier {
        observation: Some(Observation::result(vec![42], B256::ZERO)),
        bound: Some(Outcome::Result(vec![42])),
        quarantined: false,
    };
    // At a start, with the event, with the event of an orphan, and when a response leaves the chain.
    let with_event = |block| {
        let seen = seen(1, 5, block);
        Happening::Requested(Box::new(Requested {
            seen,
            row: None,
            records: vec![],
            earlier: earlier.clone(),
        }))
    };
    let row = Bench::in_state(State::Reported).row(1).clone();
    let restored = |row: &_| restored(vec![Stored { earlier: earlier.clone(), ..stored(row, vec![]) }], HEAD);
    let included = Bench::in_state(State::Included).row(1).clone();
    let orphaned = Bench::in_state(State::Orphaned).row(1).clone();
    let without = |row: &_| super::restored(vec![stored(row, vec![])], HEAD);
    let read = Happening::Read { key: key(1), records: vec![], earlier: earlier.clone() };
    let doors = [
        vec![restored(&row)],
        vec![with_event(REQUEST_BLOCK)],
        vec![without(&orphaned), with_event(REQUEST_BLOCK + 1)],
        vec![without(&included), CAUGHT_UP, Happening::Rewound { first: RESPONSE_BLOCK }, read],
    ];
    for door in doors {
        let mut bench = Bench::new();
        bench.tell_all(door.clone());
        assert_eq!(bench.tell(CAUGHT_UP), ["take along", "open", "time"], "{door:?}");
        assert_eq!(taken_along(&bench), std::slice::from_ref(&earlier));
        // The protocol has the answer again: no run, and it is told once.
        bench.tell(Happening::Learned { key: key(1), known: observed() });
        assert_eq!(bench.tell(Happening::Turn), [] as [&str; 0], "{door:?}");
        assert_eq!(bench.tell(CAUGHT_UP), ["time"]);
    }
}

#[test]
fn only_a_newer_configuration_stops() {
    let mut bench = Bench::caught_up();
    for (count, asked) in [(1, vec![]), (3, vec![]), (4, vec!["stop"])] {
        assert_eq!(bench.tell(Happening::Configured { count, digest: B256::ZERO }), asked, "{count}");
    }
}

#[test]
fn only_our_route_to_another_coordinator_stops_once_the_past_is_read() {
    let mut bench = Bench::new();
    let route = |don_id, coordinator| Happening::Routed { don_id, coordinator };
    assert_eq!(bench.tell(route(DON_ID, THEIRS)), [] as [&str; 0], "the past");
    assert_eq!(bench.tell(route(DON_ID, COORDINATOR)), [] as [&str; 0], "it came back");
    assert_eq!(bench.tell(CAUGHT_UP), ["time"]);
    assert_eq!(bench.tell(route(B256::ZERO, THEIRS)), [] as [&str; 0], "another DON");
    assert_eq!(bench.tell(route(DON_ID, COORDINATOR)), [] as [&str; 0], "the same coordinator");
    assert_eq!(bench.tell(route(DON_ID, THEIRS)), ["stop"]);
}

#[test]
fn l6_route_that_changed_before_the_chain_was_read_is_followed_when_it_has_been() {
    let mut bench = Bench::new();
    let route = |coordinator| Happening::Routed { don_id: DON_ID, coordinator };
    bench.tell_all([route(COORDINATOR), route(THEIRS)]);
    assert_eq!(bench.tell(CAUGHT_UP), ["time", "stop"]);
}

#[test]
fn l6_requests_of_a_former_coordinator_are_answered_before_it_is_left() {
    let mut bench = Bench::in_state(State::Executing);
    assert_eq!(bench.tell(Happening::Routed { don_id: DON_ID, coordinator: THEIRS }), [] as [&str; 0]);
    // One that lies in blocks read late counts too.
    bench.request(seen(2, 5, REQUEST_BLOCK + 1));
    bench.tell(CAUGHT_UP);
    bench.tell(responded(THEIRS));
    bench.tell(Happening::Finished { key: key(1), observation: Err("late".to_owned()) });
    assert_eq!(bench.tell(Happening::Turn), ["store", "run"], "the second");
    assert_eq!(
        bench.tell(Happening::TimedOut { id: id(2), block: RESPONSE_BLOCK }),
        ["store", "answered", "rest"]
    );
    assert_eq!(bench.tell(Happening::Turn), ["end its run", "stop"]);
}

#[test]
fn l6_requests_that_do_not_end_hold_back_the_next_coordinator_for_a_while_only() {
    let mut bench = Bench::in_state(State::Observed);
    let route = |coordinator| Happening::Routed { don_id: DON_ID, coordinator };
    bench.tell(route(THEIRS));
    let leaves_at = bench.now + LEAVE_WITHIN_MS;
    assert_eq!(bench.lifecycle.next_at(), Some(leaves_at));
    bench.now = leaves_at - 1;
    assert_eq!(bench.tell(Happening::Turn), [] as [&str; 0]);
    // A route that comes back ends the leaving; another begins it anew.
    bench.tell(route(COORDINATOR));
    bench.now += 1;
    assert_eq!((bench.tell(Happening::Turn), bench.lifecycle.next_at()), (vec![], None));
    bench.tell(route(THEIRS));
    bench.now += LEAVE_WITHIN_MS;
    assert_eq!(bench.tell(Happening::Turn), ["stop"]);
}

#[test]
fn l2_an_endpoint_behind_the_configuration_has_not_shown_the_chain() {
    let mut bench = Bench::new();
    bench.request(seen(1, 5, KNOWN_BLOCK - 2));
    let caught_up = |height| Happening::CaughtUp { height, seconds: BLOCK_SECONDS };
    assert_eq!(bench.tell(caught_up(KNOWN_BLOCK - 1)), [] as [&str; 0]);
    assert!(!bench.lifecycle.is_caught_up());
    assert_eq!(bench.tell(caught_up(KNOWN_BLOCK)), ["open", "time"]);
}
