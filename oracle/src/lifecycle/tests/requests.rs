//! What the protocol and the transmitter say of a request, and what is shown of it.

use functions_types::FailureCode;
use oracle_ocr::{Answer, Observation, OracleIndex};

use super::{
    super::active::Active, Action, Bench, CAUGHT_UP, Happening, Known, Note, Order, REQUEST_BLOCK, State,
    THEIRS, answer, id, key, locked, observation, observed, ready, record, responded, seen, stored,
    submitted, undeliverable,
};

fn learn(bench: &mut Bench, known: Known) -> Vec<&'static str> {
    bench.tell(Happening::Learned { key: key(1), known })
}

fn quarantined() -> Known {
    Known { quarantined: true, ..Known::default() }
}

#[test]
fn advance_only_moves_forward() {
    let mut request = Active::new(seen(1, 5, REQUEST_BLOCK), 5);
    assert!(request.advance(State::Observed));
    assert!(!request.advance(State::Executing) && !request.advance(State::Observed));
    assert!(request.advance(State::Submitted));
    request.orphan();
    assert!(!request.advance(State::Submitted), "only its event brings it back");
    assert_eq!(request.state(), State::Orphaned);
}

#[test]
fn what_only_a_run_needs_is_not_kept_in_memory() {
    let request = Active::new(seen(1, 5, REQUEST_BLOCK), 5);
    assert!(request.seen.data.is_empty() && request.seen.log_json.is_empty());
    assert_eq!(request.row.event, "the event");
    let again = Active::stored(seen(1, 5, REQUEST_BLOCK), request.row.clone(), 0);
    assert!(again.seen.data.is_empty() && again.row.event.is_empty());
    assert_eq!((again.event(), again.key()), (request.event(), request.key()));
}

#[test]
fn own_answer_is_shown_once_with_its_time() {
    let mut bench = Bench::in_state(State::Executing);
    bench.now = 3_000;
    assert_eq!(learn(&mut bench, observed()), ["store"]);
    assert!(bench.notes().contains(&&Note::Observed { id: id(1), kind: "result" }));
    bench.now = 4_000;
    assert_eq!(learn(&mut bench, observed()), [] as [&str; 0]);
    let view = &bench.row(1).view;
    assert_eq!((view.state, view.times_ms.observed), (State::Observed, Some(3_000)));
    let shown = view.observation.clone().expect("shown");
    assert_eq!((shown.kind.as_str(), shown.data.as_ref(), shown.text), ("result", [42].as_slice(), None));
}

#[test]
fn errors_and_failures_are_shown_in_words() {
    let cases = [
        (Answer::UserError(b"no such page".to_vec()), "userError", "no such page"),
        (
            Answer::NodeFailure(FailureCode::Deadline),
            "nodeFailure",
            "no answer before the observation deadline",
        ),
    ];
    for (own, kind, text) in cases {
        let mut bench = Bench::in_state(State::Executing);
        learn(&mut bench, Known { own: Some(own), ..Known::default() });
        let shown = bench.row(1).view.observation.clone().expect("shown");
        assert_eq!((shown.kind.as_str(), shown.text.as_deref()), (kind, Some(text)));
    }
}

#[test]
fn lock_may_come_without_an_own_answer() {
    let mut bench = Bench::in_state(State::Executing);
    assert_eq!(learn(&mut bench, Known { locked: true, ..Known::default() }), ["store"]);
    assert_eq!(bench.state(1), State::Locked);
    learn(&mut bench, locked());
    assert_eq!(bench.state(1), State::Locked);
    assert!(bench.row(1).view.observation.is_some());
}

#[test]
fn quarantined_request_is_not_run_and_says_why() {
    let mut bench = Bench::caught_up();
    bench.request(seen(1, 5, REQUEST_BLOCK));
    bench.tell(CAUGHT_UP);
    assert_eq!(learn(&mut bench, quarantined()), ["store"]);
    assert!(bench.reason(1).contains("leaves it to its peers"));
    assert_eq!(learn(&mut bench, quarantined()), [] as [&str; 0], "said once");
    assert_eq!(bench.tell(Happening::Turn), [] as [&str; 0]);
    bench.now += 60_000;
    assert_eq!(bench.tell(Happening::Explain), [] as [&str; 0], "the same reason");
    assert_eq!(bench.state(1), State::Seen);
}

#[test]
fn reason_goes_when_the_request_goes_on() {
    let mut bench = Bench::in_state(State::Executing);
    bench.tell(Happening::Finished { key: key(1), observation: Err("no memory".to_owned()) });
    assert_ne!(bench.reason(1), "");
    learn(&mut bench, observed());
    assert_eq!(bench.reason(1), "");
}

#[test]
fn report_of_peers_is_delivered_without_an_own_run() {
    let mut bench = Bench::caught_up();
    bench.request(seen(1, 5, REQUEST_BLOCK));
    bench.tell(CAUGHT_UP);
    assert_eq!(bench.tell(Happening::Reported(Box::new(ready(key(1))))), ["store", "transmit"]);
    learn(&mut bench, Known { reported: true, ..Known::default() });
    assert_eq!(bench.tell(Happening::Turn), [] as [&str; 0]);
    assert_eq!(bench.state(1), State::Reported);
}

#[test]
fn report_is_shown_with_its_signers_and_first_time() {
    let mut bench = Bench::in_state(State::Locked);
    bench.now = 4_000;
    bench.tell(Happening::Reported(Box::new(ready(key(1)))));
    let after_ms = 3_000;
    let reported = Note::Reported { id: id(1), outcome: "result", stage: 1, attempt: 0, after_ms };
    assert!(bench.notes().contains(&&reported));
    bench.now = 5_000;
    assert_eq!(bench.tell(Happening::Reported(Box::new(ready(key(1))))), ["store", "transmit"]);
    assert_eq!(bench.notes(), [] as [&Note; 0]);
    let view = &bench.row(1).view;
    assert_eq!((view.times_ms.reported, view.signers.as_deref()), (Some(4_000), Some([0, 1, 2].as_slice())));
    assert_eq!(view.outcome.as_ref().map(|outcome| outcome.kind.as_str()), Some("result"));
}

#[test]
fn order_to_deliver_names_what_the_way_depends_on() {
    let mut bench = Bench::in_state(State::Locked);
    bench.now = 4_000;
    bench.tell(Happening::Reported(Box::new(ready(key(1)))));
    let report = bench.actions.iter().find_map(|action| match action {
        Action::Order(Order::Transmit(report)) => Some(report),
        _ => None,
    });
    let report = report.expect("it is delivered");
    assert_eq!((report.reported_ms, report.request_block), (4_000, REQUEST_BLOCK));
    assert_eq!(report.commitment, seen(1, 5, REQUEST_BLOCK).commitment);
}

#[test]
fn report_of_a_settled_request_is_kept_for_a_change_of_mind() {
    let mut bench = Bench::in_state(State::Locked);
    bench.tell(responded(THEIRS));
    assert_eq!(bench.tell(Happening::Reported(Box::new(ready(key(1))))), ["store"]);
    assert_eq!(bench.state(1), State::Included);
    let asked = bench.tell(Happening::Rewound { first: super::RESPONSE_BLOCK });
    assert_eq!(asked, ["store", "cancel", "transmit"]);
}

#[test]
fn refused_transaction_takes_a_submission_back_and_names_the_code() {
    let mut bench = Bench::in_state(State::Submitted);
    assert_eq!(bench.tell(Happening::Unpaid { id: id(1), code: Some(4) }), ["store"]);
    assert_eq!((bench.state(1), bench.reason(1)), (State::Reported, "code 4"));
    assert_eq!(bench.tell(submitted()), ["store"], "the next one");
    bench.tell(Happening::Unpaid { id: id(1), code: None });
    assert_eq!(bench.reason(1), "");
    assert_eq!(bench.tell(Happening::Unpaid { id: id(1), code: None }), [] as [&str; 0]);
}

#[test]
fn undeliverable_ends_what_is_open_and_a_response_corrects_it() {
    let mut bench = Bench::in_state(State::Submitted);
    assert_eq!(bench.tell(undeliverable()), ["store", "answered", "rest"]);
    assert_eq!((bench.state(1), bench.reason(1)), (State::Undeliverable, "code 5"));
    bench.tell(responded(THEIRS));
    assert_eq!((bench.state(1), bench.reason(1)), (State::Included, ""));
    assert_eq!(bench.tell(undeliverable()), [] as [&str; 0], "it was delivered");
}

#[test]
fn undeliverable_request_is_delivered_when_its_event_comes_again() {
    let mut bench = Bench::in_state(State::Undeliverable);
    bench.tell(Happening::Rewound { first: REQUEST_BLOCK });
    assert_eq!(bench.request(seen(1, 5, REQUEST_BLOCK + 1)), ["store", "transmit"]);
}

#[test]
fn start_takes_open_requests_up_and_leaves_settled_ones() {
    for state in State::ALL {
        let row = Bench::in_state(state).row(1).clone();
        let mut bench = Bench::new();
        let asked = bench.tell(super::restored(vec![stored(&row, vec![record(key(1))])], REQUEST_BLOCK + 1));
        let expected: &[&str] = if state.is_settled() { &[] } else { &["recall"] };
        assert_eq!(asked, expected, "{state}");
        let open = usize::from(!state.is_settled());
        assert!(bench.notes().contains(&&Note::Resumed { stored: 1, open }));
    }
}

#[test]
fn start_opens_what_was_seen_but_never_opened() {
    let row = Bench::in_state(State::Seen).row(1).clone();
    let mut bench = Bench::new();
    assert_eq!(bench.tell(super::restored(vec![stored(&row, vec![])], REQUEST_BLOCK + 1)), [] as [&str; 0]);
    assert_eq!(bench.tell(CAUGHT_UP), ["open", "time"]);
}

#[test]
fn start_runs_only_what_has_no_own_answer() {
    for (known, runs) in [(Known::default(), 1), (observed(), 0), (locked(), 0), (quarantined(), 0)] {
        let row = Bench::in_state(State::Executing).row(1).clone();
        let mut bench = Bench::new();
        bench.tell(super::restored(vec![stored(&row, vec![record(key(1))])], REQUEST_BLOCK + 1));
        learn(&mut bench, known.clone());
        assert_eq!(bench.tell(CAUGHT_UP), ["time"], "the protocol has it");
        let asked = bench.tell(Happening::Turn);
        assert_eq!(asked.iter().filter(|word| **word == "run").count(), runs, "{known:?}");
    }
}

#[test]
fn young_requests_need_no_explanation() {
    let mut bench = Bench::in_state(State::Observed);
    bench.now += 4_999;
    assert_eq!(bench.tell(Happening::Explain), [] as [&str; 0]);
    bench.now += 5_000;
    assert_eq!(bench.tell(Happening::Explain), ["ask"]);
    bench.now += 4_999;
    assert_eq!(bench.tell(Happening::Explain), [] as [&str; 0], "every five seconds");
    bench.now += 1;
    assert_eq!(bench.tell(Happening::Explain), ["ask"]);
}

#[test]
fn waiting_for_the_chain_and_for_a_slot_is_said() {
    let mut bench = Bench::new();
    bench.request(seen(1, 5, REQUEST_BLOCK));
    bench.now += 5_000;
    assert_eq!(bench.tell(Happening::Explain), ["store"]);
    assert_eq!(bench.reason(1), "the chain is being read");
    bench.tell(CAUGHT_UP);
    bench.now += 5_000;
    assert_eq!(bench.tell(Happening::Explain), [] as [&str; 0], "the protocol has not opened it");
    let mut bench = Bench::in_state(State::Seen);
    bench.now += 5_000;
    assert_eq!(bench.tell(Happening::Explain), ["store"]);
    assert_eq!(bench.reason(1), "waits for a free slot to run the script");
}

#[test]
fn running_script_is_said_with_its_time_and_limit() {
    let mut bench = Bench::in_state(State::Executing);
    bench.now += 12_000;
    assert_eq!(bench.tell(Happening::Explain), ["store"], "nobody is asked for observations meanwhile");
    assert_eq!(bench.reason(1), "its script runs here for 12 s; its time limit is 30 s");
}

#[test]
fn failed_run_has_said_why_it_waits() {
    let mut bench = Bench::in_state(State::Executing);
    bench.tell(Happening::Finished { key: key(1), observation: Err("no memory".to_owned()) });
    bench.now += 5_000;
    assert_eq!(bench.tell(Happening::Explain), [] as [&str; 0]);
    assert!(bench.reason(1).ends_with("no memory"), "{}", bench.reason(1));
}

#[test]
fn missing_observers_are_named() {
    let mut bench = Bench::in_state(State::Observed);
    let heard = |count| {
        let authors = (0..count).map(OracleIndex::new).collect();
        Happening::Heard { key: key(1), authors }
    };
    assert_eq!(bench.tell(heard(2)), ["store"]);
    assert_eq!(bench.reason(1), "2 observations, 3 needed; none from oracle 2, 3");
    assert_eq!(bench.tell(heard(2)), [] as [&str; 0]);
    bench.tell(heard(4));
    assert_eq!(bench.reason(1), "4 observations, no agreement yet");
    let mut bench = Bench::in_state(State::Reported);
    assert_eq!(bench.tell(heard(2)), [] as [&str; 0], "agreed meanwhile");
}

#[test]
fn what_needs_a_run_is_told_by_what_is_known() {
    assert!(!Known::default().needs_no_run());
    assert!(observed().needs_no_run() && quarantined().needs_no_run());
    assert!(Known { reported: true, ..Known::default() }.needs_no_run());
    assert!(!Known { locked: true, ..Known::default() }.needs_no_run(), "a lock still needs the own answer");
    assert_eq!(observation(), Observation { answer: answer(), ..observation() });
}
