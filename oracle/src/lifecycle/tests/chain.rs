//! Events, reorganisations, finality, time.

use alloy::primitives::B256;
use oracle_ocr::{Earlier, Input, Record};

use super::{
    super::EXPIRY_GRACE_SECONDS, Action, BLOCK_SECONDS, Bench, CAUGHT_UP, Happening, Known, Note, OURS,
    Order, REQUEST_BLOCK, RESPONSE_BLOCK, Rules, State, THEIRS, TIMED_OUT, TIMEOUT_SECONDS, at, id, key,
    key_of, locked, observed, ready, record, requested, responded, restored, rules, seen, stored, submitted,
};

fn recalled(bench: &Bench) -> Vec<Record> {
    let records = |action: &Action| match action {
        Action::Recall(records, _) => records.clone(),
        _ => vec![],
    };
    bench.actions.iter().flat_map(records).collect()
}

#[test]
fn request_is_stored_at_once_and_opened_when_the_chain_has_been_read() {
    let mut bench = Bench::new();
    assert_eq!(bench.request(seen(1, 5, REQUEST_BLOCK)), ["store"]);
    assert_eq!(bench.tell(Happening::Turn), [] as [&str; 0], "nothing runs before");
    assert_eq!(bench.tell(CAUGHT_UP), ["open", "time"]);
    assert_eq!(bench.tell(CAUGHT_UP), ["time"], "once");
    assert_eq!(bench.tell(Happening::Turn), ["store", "run"]);
}

#[test]
fn rows_are_stored_whole_once_and_stand_first() {
    let mut bench = Bench::caught_up();
    bench.request(seen(1, 5, REQUEST_BLOCK));
    let Some(Action::Store(row)) = bench.actions.first() else { panic!("{:?}", bench.actions) };
    assert_eq!((row.event.as_str(), row.timeout_timestamp), ("the event", TIMEOUT_SECONDS));
    bench.tell_all([CAUGHT_UP, Happening::Turn]);
    let Some(Action::Store(row)) = bench.actions.first() else { panic!("{:?}", bench.actions) };
    assert_eq!(row.event, "", "the event stays in the journal only");
}

#[test]
fn request_is_refused_when_too_many_wait() {
    let mut bench = Bench::with(Rules { max_waiting: 1, ..rules() });
    bench.request(seen(1, 5, REQUEST_BLOCK));
    assert_eq!(bench.request(seen(2, 5, REQUEST_BLOCK)), ["store"]);
    assert_eq!(bench.state(2), State::Refused);
    let reason = bench.reason(2);
    assert!(reason.contains("1 requests wait already, 1 of subscription 1;"), "{reason}");
    assert!(!bench.lifecycle.holds(&id(2)));
    // What is settled does not wait.
    bench.tell(responded(THEIRS));
    bench.request(seen(3, 5, REQUEST_BLOCK));
    assert_eq!(bench.state(3), State::Seen);
}

#[test]
fn a_subscription_that_floods_leaves_room_for_others() {
    let mut bench = Bench::with(Rules { max_waiting: 16, ..rules() });
    let mut offer = |id: u8, subscription: u64| {
        let mut seen = seen(id, 5, REQUEST_BLOCK);
        seen.subscription_id = subscription;
        bench.request(seen);
        bench.state(id) == State::Seen
    };
    // Ids from 1 on, each once; how many of 20 offers each flood gets in.
    let mut flood =
        |first: u8, subscription| (first..first + 20).filter(|id| offer(*id, subscription)).count();
    assert_eq!((flood(1, 1), flood(21, 2), flood(41, 3), flood(61, 4)), (8, 4, 2, 1));
    // One place is left, and whoever has none waiting gets it.
    assert_eq!(flood(81, 1), 0);
    assert_eq!(flood(101, 5), 1);
    assert_eq!(flood(121, 6), 0);
}

#[test]
fn event_read_again_changes_its_place_only() {
    let mut bench = Bench::in_state(State::Observed);
    assert_eq!(bench.request(seen(1, 5, REQUEST_BLOCK)), [] as [&str; 0]);
    assert_eq!(bench.request(seen(1, 5, REQUEST_BLOCK + 1)), ["store"]);
    let row = bench.row(1);
    assert_eq!((row.block_number, row.block_hash), (REQUEST_BLOCK + 1, at(REQUEST_BLOCK + 1).block_hash));
    assert_eq!(row.view.state, State::Observed);
}

#[test]
fn ended_requests_are_not_opened_again() {
    for state in [State::Final, State::Expired, State::Refused, State::Undeliverable] {
        let rows = Bench::in_state(state).rows;
        let mut after = Bench::caught_up();
        after.rows = rows;
        assert_eq!(after.request(seen(1, 5, REQUEST_BLOCK)), [] as [&str; 0], "{state}");
        assert!(!after.lifecycle.holds(&id(1)), "{state}");
    }
}

#[test]
fn s2_forgotten_orphan_is_opened_with_its_records() {
    let mut bench = Bench::in_state(State::Orphaned);
    bench.tell(Happening::Dated { seconds: TIMEOUT_SECONDS + EXPIRY_GRACE_SECONDS + 1 });
    assert!(!bench.lifecycle.holds(&id(1)));
    assert_eq!(bench.request_with(seen(1, 5, 20), vec![record(key(1))]), ["store", "recall"]);
    assert_eq!(recalled(&bench), [record(key(1))]);
    // The protocol shows what it took up; nothing is opened anew and nothing runs.
    bench.tell(Happening::Learned { key: key(1), known: observed() });
    assert_eq!(bench.state(1), State::Observed);
    assert_eq!(bench.tell(CAUGHT_UP), ["time"]);
    assert_eq!(bench.tell(Happening::Turn), [] as [&str; 0]);
}

#[test]
fn s2_commitment_that_comes_back_is_opened_with_its_records() {
    let (first, other) = (seen(1, 5, REQUEST_BLOCK), seen(1, 6, REQUEST_BLOCK + 1));
    let mut bench = Bench::in_state(State::Locked);
    assert_eq!(bench.request(other), ["store", "cancel", "forget"]);
    assert_eq!(bench.tell(CAUGHT_UP), ["open", "time"]);
    bench.request_with(first.clone(), vec![record(key_of(&first))]);
    assert_eq!(recalled(&bench), [record(key_of(&first))]);
    bench.tell(Happening::Learned { key: key_of(&first), known: locked() });
    assert_eq!(bench.state(1), State::Locked);
    assert_eq!(bench.tell(CAUGHT_UP), ["time"], "not opened without them");
}

#[test]
fn another_commitment_has_nothing_of_the_old_one() {
    let mut bench = Bench::in_state(State::Reported);
    let other = seen(1, 6, REQUEST_BLOCK);
    bench.request(other.clone());
    let row = bench.row(1).clone();
    assert_eq!((row.commitment_hash, row.view.state), (other.commitment_hash, State::Seen));
    assert!(row.view.observation.is_none() && row.view.outcome.is_none() && row.view.report_hash.is_none());
    for late in [
        Happening::Learned { key: key(1), known: locked() },
        Happening::Reported(Box::new(ready(key(1)))),
        Happening::Heard { key: key(1), authors: vec![] },
        Happening::Read { key: key(1), records: vec![record(key(1))], earlier: Earlier::default() },
        Happening::Unrunnable { key: key(1) },
    ] {
        assert_eq!(bench.tell(late), [] as [&str; 0]);
    }
}

#[test]
fn orphan_waits_for_its_event_and_takes_no_more_steps() {
    let mut bench = Bench::in_state(State::Orphaned);
    assert!(bench.reason(1).contains("left the chain"));
    assert_eq!(bench.tell(CAUGHT_UP), ["time"]);
    assert_eq!(bench.tell(Happening::Turn), [] as [&str; 0]);
    assert_eq!(bench.tell(Happening::Finalised { block: 1_000 }), [] as [&str; 0]);
}

#[test]
fn orphan_is_revived_with_what_the_protocol_knows() {
    let knowledge = [
        (Some(Known::default()), State::Executing),
        (Some(observed()), State::Observed),
        (Some(locked()), State::Locked),
        (Some(Known { reported: true, ..locked() }), State::Reported),
        (None, State::Seen),
    ];
    for (known, state) in knowledge {
        let mut bench = Bench::new();
        bench.request(seen(1, 5, REQUEST_BLOCK));
        if let Some(known) = known {
            bench.tell_all([CAUGHT_UP, Happening::Learned { key: key(1), known }]);
        }
        bench.tell(Happening::Rewound { first: REQUEST_BLOCK });
        assert_eq!(bench.state(1), State::Orphaned);
        bench.request(seen(1, 5, REQUEST_BLOCK + 1));
        assert_eq!((bench.state(1), bench.row(1).block_number), (state, REQUEST_BLOCK + 1));
        assert_eq!(bench.reason(1), "");
        assert_eq!(bench.row(1).event, "the event", "another block, another log");
    }
}

#[test]
fn orphan_with_a_report_is_delivered_when_its_event_comes_again() {
    let mut bench = Bench::in_state(State::Submitted);
    assert_eq!(bench.tell(Happening::Rewound { first: REQUEST_BLOCK }), ["store", "cancel"]);
    assert_eq!(bench.request(seen(1, 5, REQUEST_BLOCK + 1)), ["store", "transmit"]);
    assert_eq!(bench.state(1), State::Reported);
}

#[test]
fn s2_orphan_of_an_earlier_run_is_taken_up_from_its_records() {
    let mut bench = Bench::new();
    let row = Bench::in_state(State::Orphaned).row(1).clone();
    bench.rows.insert(id(1), row.clone().into());
    assert_eq!(bench.tell(restored(vec![stored(&row, vec![])], 0)), [] as [&str; 0]);
    assert_eq!(bench.request_with(seen(1, 5, 20), vec![record(key(1))]), ["store", "recall"]);
    bench.tell(Happening::Learned { key: key(1), known: observed() });
    assert_eq!(bench.state(1), State::Observed);
    assert_eq!(bench.tell(CAUGHT_UP), ["time"], "not a second observation");
    assert_eq!(bench.tell(Happening::Turn), [] as [&str; 0]);
}

#[test]
fn response_is_shown_even_before_the_note_of_our_own_sending() {
    let mut bench = Bench::in_state(State::Reported);
    bench.now = 5_000;
    assert_eq!(bench.tell(responded(OURS)), ["store", "progressed", "answered", "rest"]);
    let transmission = bench.row(1).view.transmission.clone().expect("shown");
    assert_eq!((transmission.by_us, transmission.stage), (true, None));
    assert_eq!(bench.tell(submitted()), ["store"]);
    let view = &bench.row(1).view;
    assert_eq!(view.state, State::Included, "a step already passed");
    let transmission = view.transmission.clone().expect("shown");
    assert_eq!((transmission.stage, transmission.transmitter), (Some(1), Some(OURS.to_string())));
    assert_eq!((view.times_ms.included, view.included_block), (Some(5_000), Some(RESPONSE_BLOCK)));
}

#[test]
fn response_of_another_is_shown_as_theirs_and_not_claimed_later() {
    let mut bench = Bench::in_state(State::Submitted);
    bench.tell(responded(THEIRS));
    let Some(Action::Order(Order::Progressed { transmitter, .. })) =
        bench.actions.iter().find(|action| matches!(action, Action::Order(Order::Progressed { .. })))
    else {
        panic!("{:?}", bench.actions)
    };
    assert_eq!(*transmitter, THEIRS);
    let other = B256::repeat_byte(0x99);
    bench.tell(Happening::Submitted { id: id(1), tx_hash: other, stage: 1, stored: None });
    let transmission = bench.row(1).view.transmission.clone().expect("shown");
    assert_eq!((transmission.by_us, transmission.stage, transmission.tx_hash == other), (false, None, false));
}

#[test]
fn response_read_twice_counts_once() {
    let mut bench = Bench::in_state(State::Reported);
    bench.tell(responded(OURS));
    assert!(bench.notes().contains(&&Note::Entered(State::Included)));
    bench.tell(responded(OURS));
    assert_eq!(bench.notes(), [] as [&Note; 0]);
}

#[test]
fn result_code_is_stored_with_the_response() {
    let mut bench = Bench::in_state(State::Reported);
    bench.tell(Happening::Processed { id: id(1), code: 1 });
    bench.tell(responded(OURS));
    assert_eq!(bench.row(1).view.result_code, Some(1));
}

#[test]
fn response_that_leaves_the_chain_is_delivered_again() {
    let mut bench = Bench::in_state(State::Included);
    bench.tell(Happening::Processed { id: id(1), code: 0 });
    let asked = bench.tell(Happening::Rewound { first: RESPONSE_BLOCK });
    assert_eq!(asked, ["store", "cancel", "transmit"]);
    let view = &bench.row(1).view;
    assert_eq!((view.state, view.included_block, view.result_code), (State::Reported, None, None));
    assert_eq!(view.times_ms.included, None);
    assert_eq!(bench.reason(1), "the response left the chain");
    assert_eq!(bench.tell(Happening::Finalised { block: 1_000 }), [] as [&str; 0]);
}

#[test]
fn response_that_leaves_the_chain_after_a_start_is_delivered_from_the_records() {
    let mut bench = Bench::new();
    let row = Bench::in_state(State::Included).row(1).clone();
    bench.rows.insert(id(1), row.clone().into());
    bench.tell(restored(vec![stored(&row, vec![])], 0));
    bench.request(seen(1, 5, REQUEST_BLOCK));
    bench.tell_all([responded(THEIRS), CAUGHT_UP]);
    assert_eq!(bench.tell(Happening::Rewound { first: RESPONSE_BLOCK }), ["store", "cancel", "read"]);
    let records = vec![record(key(1))];
    let read = Happening::Read { key: key(1), records: records.clone(), earlier: Earlier::default() };
    assert_eq!(bench.tell(read), ["recall"]);
    assert_eq!(recalled(&bench), records);
    bench.tell(Happening::Learned { key: key(1), known: Known { reported: true, ..locked() } });
    assert_eq!(bench.tell(Happening::Reported(Box::new(ready(key(1))))), ["store", "transmit"]);
    assert_eq!(bench.tell(CAUGHT_UP), ["time"], "it is in the protocol");
}

#[test]
fn response_that_leaves_the_chain_wakes_a_protocol_without_a_report() {
    let mut bench = Bench::in_state(State::Observed);
    bench.tell(responded(THEIRS));
    assert_eq!(bench.tell(Happening::Rewound { first: RESPONSE_BLOCK }), ["store", "cancel", "read"]);
    let records = vec![record(key(1))];
    assert_eq!(bench.tell(Happening::Read { key: key(1), records, earlier: Earlier::default() }), ["recall"]);
    assert_eq!(bench.tell(CAUGHT_UP), ["time"]);
}

#[test]
fn response_that_leaves_the_chain_opens_what_was_never_opened() {
    let mut bench = Bench::new();
    bench.request(seen(1, 5, REQUEST_BLOCK));
    bench.tell(responded(THEIRS));
    assert_eq!(bench.tell(CAUGHT_UP), ["time"], "the answer is there");
    bench.tell(Happening::Rewound { first: RESPONSE_BLOCK });
    assert_eq!(
        bench.tell(Happening::Read { key: key(1), records: vec![], earlier: Earlier::default() }),
        [] as [&str; 0]
    );
    assert_eq!(bench.tell(CAUGHT_UP), ["open", "time"]);
    assert_eq!(bench.tell(Happening::Turn), ["run"]);
}

#[test]
fn records_that_come_after_the_response_is_back_are_not_needed() {
    let mut bench = Bench::in_state(State::Observed);
    bench.tell_all([responded(THEIRS), Happening::Rewound { first: RESPONSE_BLOCK }, responded(THEIRS)]);
    let records = vec![record(key(1))];
    assert_eq!(
        bench.tell(Happening::Read { key: key(1), records, earlier: Earlier::default() }),
        [] as [&str; 0]
    );
}

#[test]
fn request_and_response_that_leave_together_are_not_delivered() {
    let mut bench = Bench::in_state(State::Included);
    assert_eq!(bench.tell(Happening::Rewound { first: REQUEST_BLOCK }), ["store", "cancel"]);
    assert_eq!((bench.state(1), bench.row(1).view.included_block), (State::Orphaned, None));
}

#[test]
fn orphan_whose_protocol_rests_is_taken_up_from_its_records() {
    let mut bench = Bench::in_state(State::Observed);
    bench.tell_all([responded(THEIRS), Happening::Rewound { first: REQUEST_BLOCK }]);
    let asked = bench.request_with(seen(1, 5, 20), vec![record(key(1))]);
    assert_eq!(asked, ["store", "recall"]);
    // The next time it works already.
    bench.tell(Happening::Rewound { first: 20 });
    assert_eq!(bench.request_with(seen(1, 5, 21), vec![record(key(1))]), ["store"]);
}

#[test]
fn only_blocks_that_left_matter() {
    for state in [State::Seen, State::Reported, State::Included] {
        let mut bench = Bench::in_state(state);
        assert_eq!(bench.tell(Happening::Rewound { first: RESPONSE_BLOCK + 1 }), [] as [&str; 0], "{state}");
    }
}

#[test]
fn final_responses_stay_in_the_journal_only() {
    let mut bench = Bench::in_state(State::Included);
    assert_eq!(bench.tell(Happening::Finalised { block: RESPONSE_BLOCK - 1 }), [] as [&str; 0]);
    let asked = bench.tell(Happening::Finalised { block: RESPONSE_BLOCK });
    assert_eq!(asked, ["store", "answered", "rest", "forget"]);
    assert_eq!((bench.state(1), bench.lifecycle.len()), (State::Final, 0));
    assert_eq!(bench.tell(Happening::Rewound { first: REQUEST_BLOCK }), [] as [&str; 0]);
}

#[test]
fn sending_is_shown_of_a_request_that_is_final_already() {
    let mut bench = Bench::in_state(State::Reported);
    bench.tell_all([responded(OURS), Happening::Finalised { block: RESPONSE_BLOCK }]);
    let stored = Some(Box::new(bench.row(1).clone()));
    let tx_hash = B256::repeat_byte(0x77);
    bench.tell(Happening::Submitted { id: id(1), tx_hash, stage: 2, stored });
    let view = &bench.row(1).view;
    assert_eq!((view.state, view.times_ms.submitted), (State::Final, Some(bench.now)));
    assert_eq!(view.transmission.as_ref().and_then(|known| known.stage), Some(2));
}

#[test]
fn requests_expire_a_while_after_their_timeout() {
    let last = TIMEOUT_SECONDS + EXPIRY_GRACE_SECONDS;
    let mut bench = Bench::in_state(State::Locked);
    assert_eq!(bench.tell(Happening::Dated { seconds: last }), [] as [&str; 0]);
    let asked = bench.tell(Happening::Dated { seconds: last + 1 });
    assert_eq!(asked, ["store", "answered", "rest", "forget"]);
    assert_eq!((bench.state(1), bench.reason(1)), (State::Expired, "no response in time"));
    assert!(bench.lifecycle.is_empty());
}

#[test]
fn responses_do_not_expire_and_failures_are_forgotten_late() {
    let last = TIMEOUT_SECONDS + EXPIRY_GRACE_SECONDS;
    for (state, forgotten) in
        [(State::Included, false), (State::Undeliverable, true), (State::Orphaned, true)]
    {
        let mut bench = Bench::in_state(state);
        bench.tell(Happening::Dated { seconds: last });
        assert!(bench.lifecycle.holds(&id(1)), "{state} may come to life again");
        bench.tell(Happening::Dated { seconds: last + 1 });
        assert_eq!(!bench.lifecycle.holds(&id(1)), forgotten, "{state}");
        assert_eq!(bench.state(1), state);
    }
}

#[test]
fn timeout_on_chain_ends_a_request() {
    let mut bench = Bench::in_state(State::Executing);
    assert_eq!(bench.tell(TIMED_OUT), ["store", "answered", "rest"]);
    assert_eq!((bench.state(1), bench.reason(1)), (State::Expired, "timed out on chain"));
    assert_eq!(bench.tell(TIMED_OUT), [] as [&str; 0], "read again");
    assert_eq!(bench.tell(Happening::Finalised { block: RESPONSE_BLOCK - 1 }), [] as [&str; 0]);
    assert_eq!(bench.tell(Happening::Finalised { block: RESPONSE_BLOCK }), ["store", "forget"]);
    assert_eq!((bench.state(1), bench.row(1).view.timed_out_block), (State::Expired, None));
    assert!(bench.lifecycle.is_empty());
}

#[test]
fn protocol_gets_the_event_as_first_seen() {
    let mut bench = Bench::caught_up();
    bench.now = 7_777;
    let seen = seen(1, 5, REQUEST_BLOCK);
    bench.tell(requested(seen.clone(), None, vec![]));
    bench.now = 9_999;
    bench.tell(CAUGHT_UP);
    let event = bench.actions.iter().find_map(|action| match action {
        Action::Agree(Input::Request(event)) => Some(event),
        _ => None,
    });
    let event = event.expect("it is opened");
    assert_eq!((event.key(), event.seen_at, event.event_seconds), (key_of(&seen), 7_777, BLOCK_SECONDS));
}
