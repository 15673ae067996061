//! What the chain takes back, also while nobody looks.

use oracle_ocr::Earlier;

use super::{
    Action, BLOCK_SECONDS, Bench, CAUGHT_UP, Happening, Known, OURS, Order, REQUEST_BLOCK, RESPONSE_BLOCK,
    State, THEIRS, TIMED_OUT, id, key, locked, ready, record, responded, restored, seen, stored,
};

/// Request 1 as an earlier run left it; `first_block` is the first that is read again.
fn after_a_start(earlier: &Bench, first_block: u64) -> Bench {
    let mut bench = Bench::new();
    bench.rows = earlier.rows.clone();
    let row = bench.row(1).clone();
    let records = if row.view.state.is_settled() { vec![] } else { vec![record(key(1))] };
    bench.tell(restored(vec![stored(&row, records)], first_block));
    bench
}

fn request_blocks(bench: &Bench) -> Vec<u64> {
    let block = |action: &Action| match action {
        Action::Order(Order::Transmit(report)) => Some(report.request_block),
        _ => None,
    };
    bench.actions.iter().filter_map(block).collect()
}

#[test]
fn l2_a_timeout_that_leaves_the_chain_is_as_if_a_response_did() {
    let mut bench = Bench::in_state(State::Reported);
    bench.tell(TIMED_OUT);
    let asked = bench.tell(Happening::Rewound { first: RESPONSE_BLOCK });
    assert_eq!(asked, ["store", "cancel", "transmit"]);
    assert_eq!((bench.state(1), bench.reason(1)), (State::Reported, "the timeout left the chain"));
    bench.tell(responded(THEIRS));
    bench.tell(Happening::Finalised { block: RESPONSE_BLOCK });
    assert_eq!(bench.state(1), State::Final);
}

#[test]
fn l2_a_timeout_whose_block_is_not_final_is_remembered_over_a_start() {
    let mut earlier = Bench::in_state(State::Reported);
    earlier.tell(TIMED_OUT);
    let mut stands = after_a_start(&earlier, REQUEST_BLOCK + 1);
    stands.tell_all([TIMED_OUT, CAUGHT_UP, Happening::Finalised { block: RESPONSE_BLOCK }]);
    assert!(stands.lifecycle.is_empty());
    let mut gone = after_a_start(&earlier, REQUEST_BLOCK + 1);
    assert_eq!(gone.tell(CAUGHT_UP), ["store", "cancel", "read", "time"]);
    assert_eq!(gone.state(1), State::Reported);
}

#[test]
fn l2_a_response_by_another_that_leaves_the_chain_is_delivered_by_this_node() {
    let mut bench = Bench::in_state(State::Reported);
    // The delivery ends as unneeded.
    assert!(bench.tell(responded(THEIRS)).contains(&"answered"));
    let asked = bench.tell(Happening::Rewound { first: RESPONSE_BLOCK });
    assert_eq!(asked, ["store", "cancel", "transmit"]);
}

#[test]
fn l2_what_an_earlier_run_saw_is_final_only_when_the_chain_still_shows_it() {
    let earlier = Bench::in_state(State::Included);
    let first_block = REQUEST_BLOCK + 1;
    let final_block = Happening::Finalised { block: RESPONSE_BLOCK };
    // The response's block left the chain while the node was down.
    let mut gone = after_a_start(&earlier, first_block);
    assert_eq!(gone.tell(final_block.clone()), [] as [&str; 0], "nobody looked yet");
    assert_eq!(gone.tell(CAUGHT_UP), ["store", "cancel", "read", "time"]);
    assert_eq!((gone.state(1), gone.reason(1)), (State::Reported, "the response left the chain"));
    let records = vec![record(key(1))];
    assert_eq!(gone.tell(Happening::Read { key: key(1), records, earlier: Earlier::default() }), ["recall"]);
    gone.tell(Happening::Learned { key: key(1), known: Known { reported: true, ..locked() } });
    assert_eq!(gone.tell(Happening::Reported(Box::new(ready(key(1))))), ["store", "transmit"]);
    assert_eq!(gone.tell(CAUGHT_UP), ["time"], "once");
    // It stands.
    let mut stands = after_a_start(&earlier, first_block);
    stands.tell_all([responded(OURS), final_block.clone()]);
    assert_eq!(stands.state(1), State::Final);
    // It lies in a block that was final before.
    let mut old = after_a_start(&earlier, RESPONSE_BLOCK + 1);
    old.tell(final_block);
    assert_eq!(old.state(1), State::Final);
}

#[test]
fn l2_a_head_below_what_an_earlier_run_read_shows_nothing() {
    let mut bench = after_a_start(&Bench::in_state(State::Included), REQUEST_BLOCK + 1);
    let lags = Happening::CaughtUp { height: RESPONSE_BLOCK - 1, seconds: BLOCK_SECONDS };
    assert_eq!(bench.tell(lags), ["time"]);
    assert_eq!(bench.state(1), State::Included);
    bench.tell(CAUGHT_UP);
    assert_eq!(bench.state(1), State::Reported);
}

#[test]
fn l2_an_event_that_left_the_chain_while_the_node_was_down_is_orphaned() {
    for state in [State::Observed, State::Reported, State::Included] {
        let mut bench = after_a_start(&Bench::in_state(state), REQUEST_BLOCK);
        assert_eq!(bench.tell(CAUGHT_UP), ["store", "cancel", "time"], "{state}");
        assert_eq!((bench.state(1), bench.row(1).view.included_block), (State::Orphaned, None));
        assert_eq!(bench.tell(CAUGHT_UP), ["time"], "once");
        let asked = bench.request_with(seen(1, 5, REQUEST_BLOCK + 3), vec![record(key(1))]);
        assert_eq!(asked.first(), Some(&"store"));
        assert_ne!(bench.state(1), State::Orphaned);
        // One that stands stays as it is.
        let mut bench = after_a_start(&Bench::in_state(State::Observed), REQUEST_BLOCK);
        bench.request(seen(1, 5, REQUEST_BLOCK));
        bench.tell(CAUGHT_UP);
        assert_eq!(bench.state(1), State::Observed);
        assert!(bench.lifecycle.holds(&id(1)));
    }
}

#[test]
fn t4_a_delivery_waits_for_the_confirmations_of_the_block_after_the_reorganisation() {
    let later = REQUEST_BLOCK + 7;
    let mut orphaned = Bench::in_state(State::Reported);
    orphaned.tell(Happening::Rewound { first: REQUEST_BLOCK });
    assert_eq!(orphaned.request(seen(1, 5, later)), ["store", "transmit"]);
    assert_eq!(request_blocks(&orphaned), [later]);
    let mut moved = Bench::in_state(State::Submitted);
    assert_eq!(moved.request(seen(1, 5, later)), ["store", "transmit"]);
    assert_eq!(request_blocks(&moved), [later]);
    // And so does the delivery after a response that left the chain.
    moved.tell_all([Happening::Responded { id: id(1), transmitter: OURS, at: super::at(later + 1) }]);
    moved.tell(Happening::Rewound { first: later + 1 });
    assert_eq!(request_blocks(&moved), [later]);
}
