//! The rules of a delivery, one by one.

use alloy::primitives::B256;

use super::*;
use crate::transmit::{gate::Simulated, price::Price};

pub(super) const SECOND: Duration = Duration::from_secs(1);
const REQUEST: B256 = B256::repeat_byte(7);
const TX: B256 = B256::repeat_byte(8);
pub(super) const FINAL_BLOCK: u64 = 40;
pub(super) const MARKET: Market = Market { base_fee_wei: 100, tip_wei: 0 };
const PRICE: Price = Price { max_fee_wei: 1_000, tip_wei: 0 };

fn assignment() -> Assignment {
    Assignment {
        request_id: REQUEST,
        stage: 1,
        delta_stage: 2 * SECOND,
        poll_interval: SECOND / 4,
        timeout_timestamp: 1_300,
    }
}

pub(super) fn moment(at: Instant, answered: bool) -> Moment {
    Moment { at, unix_ms: 1_000_000, answered, final_block: FINAL_BLOCK }
}

/// A transaction handed over `seconds` ago.
pub(super) fn standing(seconds: u64, is_prepared: bool) -> Standing {
    let sent_ms = 1_000_000 - seconds * 1_000;
    Standing { attempt: 4, stage: 1, tx_hash: Some(TX), is_prepared, price: PRICE, sent_ms }
}

pub(super) fn look(simulated: Simulated) -> Look {
    Look {
        chain_time: 1_000,
        market: MARKET,
        ceiling_wei: u128::MAX,
        carried: false,
        waiting: 0,
        confirmed: true,
        gas_limit: 500_000,
        need_wei: U256::from(100_000_000),
        simulated,
    }
}

pub(super) fn together(carried: bool) -> Seen {
    let price = Price { max_fee_wei: 200, tip_wei: 0 };
    Seen::Gathered(Some(Together { gas_limit: 900_000, price, carried }))
}

pub(super) fn mined(deed: Deed) -> Seen {
    mined_in(FINAL_BLOCK + 1, deed)
}

pub(super) fn mined_in(block: u64, deed: Deed) -> Seen {
    Seen::Receipt(Some(Mined { tx_hash: TX, block, deed }))
}

/// A delivery in a phase.
pub(super) fn at(phase: Phase) -> Delivery {
    let (mut delivery, step) = Delivery::begin(assignment());
    assert_eq!(step, then(Next::Load));
    delivery.phase = phase;
    delivery
}

#[test]
fn the_first_node_looks_at_once() {
    let now = Instant::now();
    let (mut delivery, _) = Delivery::begin(Assignment { stage: 0, ..assignment() });
    let step = delivery.on(moment(now, false), Seen::Stored { attempts: 0, failures: 0, open: None });
    assert_eq!(step.then, Next::AskProgress);
    let step = delivery.on(moment(now, false), Seen::Progress(None));
    assert_eq!(step.then, Next::AskAhead);
    let step = delivery.on(moment(now, false), Seen::Ahead { pending: false, window: Duration::ZERO });
    assert_eq!(step.then, Next::Look { gas_raises: 0 });
    let step = delivery.on(moment(now, false), Seen::Looked(look(Simulated::Code(0))));
    assert_eq!(
        step.then,
        Next::Send { attempt: 0, gas_limit: 500_000, price: Price { max_fee_wei: 200, tip_wei: 0 } }
    );
}

#[test]
fn a_later_node_waits_a_stage_and_anew_with_progress() {
    let start = Instant::now();
    let mut delivery = at(Phase::Turning);
    let sleep = |seconds| Next::Sleep { until: start + seconds * SECOND, or_answered: true };
    assert_eq!(delivery.on(moment(start, false), Seen::Progress(None)).then, sleep(2));
    delivery.on(moment(start + 2 * SECOND, false), Seen::Woke);
    let progress = Seen::Progress(Some(start + SECOND));
    assert_eq!(delivery.on(moment(start + 2 * SECOND, false), progress).then, sleep(3));
}

#[test]
fn a_transaction_of_a_node_before_is_waited_for_only_so_long() {
    let start = Instant::now();
    let mut delivery = at(Phase::Turning);
    delivery.on(moment(start, false), Seen::Progress(None));
    let mut now = start + 2 * SECOND;
    let mut looks = 0;
    loop {
        delivery.on(moment(now, false), Seen::Woke);
        match delivery.on(moment(now, false), Seen::Progress(None)).then {
            Next::AskAhead => {}
            Next::Look { .. } => break,
            other => panic!("{other:?}"),
        }
        let Next::Sleep { until, or_answered: true } =
            delivery.on(moment(now, false), Seen::Ahead { pending: true, window: SECOND }).then
        else {
            panic!("a pause")
        };
        now = until;
        looks += 1;
    }
    assert_eq!(
        (now - start, looks),
        (10 * SECOND, 32),
        "a stage and the time after which a transaction is stuck"
    );
}

#[test]
fn trouble_does_not_begin_the_wait_for_the_turn_anew() {
    let start = Instant::now();
    let mut delivery = at(Phase::Turning);
    delivery.on(moment(start, false), Seen::Progress(None));
    delivery.on(moment(start + SECOND, false), Seen::Trouble);
    delivery.on(moment(start + SECOND, false), Seen::Woke);
    delivery.on(moment(start + SECOND, false), Seen::Stored { attempts: 0, failures: 0, open: None });
    let step = delivery.on(moment(start + 2 * SECOND, false), Seen::Progress(None));
    assert_eq!(step.then, Next::AskAhead);
}

#[test]
fn pauses_in_trouble_double_up_to_ten_seconds() {
    let now = Instant::now();
    let mut delivery = at(Phase::Looking);
    let mut pauses = Vec::new();
    for _ in 0..9 {
        let Next::Sleep { until, .. } = delivery.on(moment(now, false), Seen::Trouble).then else {
            panic!("a pause")
        };
        pauses.push((until - now).as_millis());
    }
    assert_eq!(pauses, [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
}

#[test]
fn gas_is_raised_three_times_and_from_the_start_after_a_wait() {
    let now = moment(Instant::now(), false);
    let mut delivery = at(Phase::Looking);
    let reverts = || Seen::Looked(look(Simulated::Reverts("r".into())));
    for gas_raises in 1..=3 {
        assert_eq!(delivery.on(now, reverts()).then, Next::Look { gas_raises });
    }
    let step = delivery.on(now, reverts());
    assert!(matches!(step.then, Next::Sleep { .. }));
    assert_eq!(
        step.first,
        [Effect::Waits { reason: "the transaction would revert: r".into(), theirs: false }]
    );
    assert_eq!(delivery.on(now, Seen::Woke).then, Next::Look { gas_raises: 0 });
}

#[test]
fn a_request_that_is_too_dear_is_held_and_given_up_only_near_its_end() {
    let now = moment(Instant::now(), false);
    let mut delivery = at(Phase::Looking);
    let dear = |chain_time| Seen::Looked(Look { chain_time, ..look(Simulated::Code(3)) });
    assert!(matches!(delivery.on(now, dear(1_289)).then, Next::Sleep { .. }));
    delivery.on(now, Seen::Woke);
    let step = delivery.on(now, dear(1_290));
    let note = TransmitNote::Undeliverable { request_id: REQUEST, reason: "code 3".into() };
    assert_eq!(step, Step { first: vec![Effect::Note(note)], then: Next::End });
}

#[test]
fn pauses_at_the_gate_grow_while_the_reason_stays() {
    let now = moment(Instant::now(), false);
    let mut delivery = at(Phase::Looking);
    let mut pause = |seen: Look| {
        let step = delivery.on(now, Seen::Looked(seen));
        let Next::Sleep { until, .. } = step.then else { panic!("a pause") };
        delivery.on(now, Seen::Woke);
        ((until - now.at).as_millis(), step.first.len())
    };
    let dear = || look(Simulated::Code(3));
    let pauses: Vec<_> = (0..7).map(|_| pause(dear())).collect();
    assert_eq!(
        pauses,
        [(250, 1), (500, 0), (1_000, 0), (2_000, 0), (4_000, 0), (5_000, 0), (5_000, 0)],
        "and the reason is said once"
    );
    let young = || Look { confirmed: false, ..dear() };
    assert_eq!([pause(young()), pause(young()), pause(young())], [(250, 1), (250, 0), (250, 0)]);
    assert_eq!(pause(dear()), (250, 1));
}

#[test]
fn ether_is_waited_for_at_the_accounts_pace_and_said_to_the_operator_once() {
    let now = moment(Instant::now(), false);
    let mut delivery = at(Phase::Looking);
    let poor = || Seen::Looked(look(Simulated::Unfunded("send it some".into())));
    let step = delivery.on(now, poor());
    assert_eq!(step.first, [Effect::Waits { reason: "send it some".into(), theirs: true }]);
    for _ in 0..1_000 {
        let step = delivery.on(now, Seen::Woke);
        assert_eq!(step.then, Next::AskFunds { need_wei: U256::from(100_000_000) });
        let step = delivery.on(now, Seen::Funds { enough: false });
        assert_eq!(step, then(Next::Sleep { until: now.at + LOOK_EVERY, or_answered: true }));
    }
    delivery.on(now, Seen::Woke);
    assert_eq!(delivery.on(now, Seen::Funds { enough: true }).then, Next::Look { gas_raises: 0 });
    assert_eq!(delivery.on(now, poor()).first, [], "said before");
}

#[test]
fn a_stored_transaction_is_resumed_after_a_restart() {
    let now = moment(Instant::now(), false);
    let (mut delivery, _) = Delivery::begin(assignment());
    let open = Some(standing(1, true));
    assert_eq!(
        delivery.on(now, Seen::Stored { attempts: 5, failures: 0, open }).then,
        Next::AskReceipt(Reach::First)
    );
    assert_eq!(delivery.on(now, Seen::Receipt(None)).then, Next::AskNonce);
    assert_eq!(delivery.on(now, Seen::NonceUsed(false)).then, Next::Resend);
    let step = delivery.on(now, Seen::Stands(standing(1, false)));
    let note = TransmitNote::Submitted { request_id: REQUEST, tx_hash: TX, stage: 1 };
    assert_eq!(step, Step { first: vec![Effect::Note(note)], then: Next::AskReceipt(Reach::First) });
}

#[test]
fn attempts_are_numbered_after_what_is_stored() {
    let now = moment(Instant::now(), false);
    let send = |delivery: &mut Delivery| delivery.on(now, Seen::Looked(look(Simulated::Code(0)))).then;
    let mut delivery = at(Phase::Loading);
    delivery.had_turn = true;
    delivery.on(now, Seen::Stored { attempts: 3, failures: 0, open: None });
    assert!(matches!(send(&mut delivery), Next::Send { attempt: 3, .. }));
    delivery.on(now, Seen::Stands(standing(0, false)));
    delivery.on(now, mined(Deed::Reverted));
    delivery.on(now, Seen::Woke);
    assert!(
        matches!(send(&mut delivery), Next::Send { attempt: 5, .. }),
        "the one that reverted was the fourth"
    );
}

#[test]
fn the_code_of_an_unpaid_transaction_is_told_where_there_is_one() {
    let now = moment(Instant::now(), false);
    for (deed, told) in [
        (Deed::Refused(5), Some(5)),
        (Deed::CameSecond, None),
        (Deed::Reverted, None),
        (Deed::Refused(3), Some(3)),
    ] {
        let step = at(Phase::Seeking(standing(1, false), Reach::First)).on(now, mined(deed));
        let note = TransmitNote::Unpaid { request_id: REQUEST, tx_hash: TX, code: told };
        assert_eq!(step.first, [Effect::Note(note)]);
    }
}

#[test]
fn a_receipt_is_looked_for_less_and_less_often_and_at_once_when_answered() {
    let start = Instant::now();
    let mut delivery = at(Phase::Loading);
    delivery
        .on(moment(start, false), Seen::Stored { attempts: 5, failures: 0, open: Some(standing(0, false)) });
    let mut rest = |answered| {
        delivery.on(moment(start, answered), Seen::Receipt(None));
        let step = delivery.on(moment(start, answered), Seen::NonceUsed(false));
        let Next::Sleep { until, or_answered } = step.then else { panic!("a pause") };
        delivery.on(moment(start, answered), Seen::Woke);
        ((until - start).as_millis(), or_answered)
    };
    let pauses: Vec<_> = (0..5).map(|_| rest(false)).collect();
    assert_eq!(pauses, [(250, true), (500, true), (1_000, true), (2_000, true), (2_000, true)]);
    assert_eq!(rest(true), (2_000, false), "an answer that came does not wake it again and again");
}

#[test]
fn a_stuck_transaction_is_offered_more_for_each_time_it_is_stuck() {
    let now = moment(Instant::now(), false);
    let mut delivery = at(Phase::Checking(standing(9, false)));
    let prices = [(1_000, 0), (1_250, 1), (1_562, 2), (1_952, 3)];
    let prices = prices.map(|(max_fee_wei, tip_wei)| Price { max_fee_wei, tip_wei });
    for (before, after) in prices.into_iter().zip(prices.into_iter().skip(1)) {
        let stuck = Standing { price: before, ..standing(9, false) };
        delivery.phase = Phase::Checking(stuck);
        assert_eq!(delivery.on(now, Seen::NonceUsed(false)).then, Next::AskMarket);
        let market = Seen::Market { market: MARKET, ceiling_wei: u128::MAX };
        assert_eq!(delivery.on(now, market).then, Next::Bump { price: after, cancel: false });
        let bumped = Standing { price: after, sent_ms: now.unix_ms, ..stuck };
        assert!(matches!(delivery.on(now, Seen::Stands(bumped)).then, Next::Sleep { .. }));
        delivery.on(now, Seen::Woke);
        delivery.on(now, Seen::Receipt(None));
        let step = delivery.on(now, Seen::NonceUsed(false));
        assert!(matches!(step.then, Next::Sleep { .. }), "it has time again");
    }
}

#[test]
fn stuck_follows_the_stage_but_is_never_hasty() {
    let after = |delta_stage| Assignment { delta_stage, ..assignment() }.stuck_after();
    assert_eq!(after(Duration::ZERO), 8 * SECOND);
    assert_eq!(after(2 * SECOND), 8 * SECOND);
    assert_eq!(after(30 * SECOND), 120 * SECOND);
}

#[test]
fn a_clock_that_was_set_back_makes_nothing_stuck() {
    let mut delivery = at(Phase::Checking(Standing { sent_ms: u64::MAX, ..standing(0, false) }));
    let step = delivery.on(moment(Instant::now(), false), Seen::NonceUsed(false));
    assert!(matches!(step.then, Next::Sleep { .. }));
}

#[test]
fn a_lost_nonce_is_dropped_only_after_everybody_was_asked() {
    let now = moment(Instant::now(), false);
    let mut delivery = at(Phase::Checking(standing(1, false)));
    assert_eq!(delivery.on(now, Seen::NonceUsed(true)).then, Next::AskReceipt(Reach::All));
    let mut found = delivery.clone();
    found.on(now, mined(Deed::Paid));
    assert_eq!(found.on(moment(now.at, true), Seen::Woke).then, Next::End);
    let step = delivery.on(now, Seen::Receipt(None));
    assert_eq!(step.first, [Effect::Drop]);
    assert_eq!(step.then, Next::Look { gas_raises: 0 });
}

#[test]
fn l5_a_receipt_is_believed_when_the_own_logs_show_the_response_or_its_block_is_final() {
    let start = Instant::now();
    for deed in [Deed::Paid, Deed::CameSecond, Deed::Refused(2), Deed::Refused(5), Deed::Refused(6)] {
        let mut delivery = at(Phase::Seeking(standing(1, false), Reach::First));
        let step = delivery.on(moment(start, false), mined(deed));
        assert_eq!(step.first.len(), 1, "{deed:?} is told");
        let mut pauses = Vec::new();
        let mut step = step;
        for _ in 0..6 {
            let Next::Sleep { until, or_answered: true } = step.then else { panic!("a pause: {deed:?}") };
            pauses.push((until - start).as_millis());
            assert_eq!(delivery.on(moment(start, false), Seen::Woke).then, Next::AskReceipt(Reach::First));
            step = delivery.on(moment(start, false), mined(deed));
            assert_eq!(step.first, [], "it is told once");
        }
        assert_eq!(pauses, [250, 500, 1_000, 2_000, 4_000, 5_000]);
        // The block left the chain, and the transaction with it: the same one goes on.
        let mut gone = delivery.clone();
        gone.on(moment(start, false), Seen::Woke);
        assert_eq!(gone.on(moment(start, false), Seen::Receipt(None)).then, Next::AskNonce);
        assert_eq!(delivery.on(moment(start, true), Seen::Woke), then(Next::End), "the logs show it");
    }
    let mut delivery = at(Phase::Seeking(standing(1, false), Reach::First));
    delivery.on(moment(start, false), mined_in(FINAL_BLOCK, Deed::Refused(6)));
    assert_eq!(delivery.phase, Phase::Failed, "finally in vain");
    let mut delivery = at(Phase::Seeking(standing(1, false), Reach::First));
    delivery.on(moment(start, false), mined_in(FINAL_BLOCK, Deed::Paid));
    assert!(matches!(delivery.phase, Phase::Mined(_)), "the logs are about to show it");
}

#[test]
fn t2_what_was_paid_for_in_vain_makes_the_next_one_wait_longer_and_there_are_only_so_many() {
    let now = moment(Instant::now(), false);
    let mut delivery = at(Phase::Sending);
    let mut pauses = Vec::new();
    let last = loop {
        delivery.on(now, Seen::Stands(standing(0, false)));
        let step = delivery.on(now, mined(Deed::Reverted));
        // The next one is another transaction.
        delivery.told = None;
        let Next::Sleep { until, or_answered: true } = step.then else { break step };
        pauses.push((until - now.at).as_secs());
        assert_eq!(delivery.on(now, Seen::Woke).then, Next::Look { gas_raises: 0 });
        delivery.on(now, Seen::Looked(look(Simulated::Code(0))));
    };
    assert_eq!(pauses, [8, 16, 32]);
    assert_eq!(last.then, Next::End);
    let reason = "4 transactions did not process the request".to_owned();
    assert_eq!(last.first[1..], [Effect::Note(TransmitNote::Undeliverable { request_id: REQUEST, reason })]);
}

#[test]
fn t2_failures_before_a_restart_count() {
    let now = moment(Instant::now(), false);
    let (mut delivery, _) = Delivery::begin(assignment());
    let open = Some(standing(1, false));
    delivery.on(now, Seen::Stored { attempts: 4, failures: MAX_FAILURES - 1, open });
    assert_eq!(delivery.on(now, mined(Deed::Reverted)).then, Next::End);
}

#[test]
fn t2_a_transaction_is_not_offered_more_for_than_the_request_pays() {
    let now = moment(Instant::now(), false);
    let mut delivery = at(Phase::Pricing(standing(9, false)));
    let dear = Seen::Market { market: Market { base_fee_wei: 5_000, tip_wei: 0 }, ceiling_wei: 1_050 };
    let step = delivery.on(now, dear.clone());
    assert_eq!(step.then, Next::Resend, "as it is, in case it was forgotten");
    assert_eq!(step.first.len(), 1);
    let step = delivery.on(now, Seen::Stands(standing(9, false)));
    let Next::Sleep { until, .. } = step.then else { panic!("a pause") };
    assert_eq!(until - now.at, MAX_WAIT);
    delivery.phase = Phase::Pricing(standing(9, false));
    assert_eq!(delivery.on(now, dear).first, [], "said before");
    // Once another node answered, all that is left is to use the nonce: by a transfer of nothing.
    let mut delivery = at(Phase::Pricing(standing(9, false)));
    let market = Seen::Market { market: MARKET, ceiling_wei: u128::MAX };
    let step = delivery.on(moment(now.at, true), market);
    assert!(matches!(step.then, Next::Bump { cancel: true, .. }));
}

/// The signatures of others take their time; a block that leaves the chain meanwhile may bring back a transaction.
#[test]
fn a_report_of_several_waits_for_a_transaction_that_carries_one_of_them() {
    let now = Instant::now();
    let mut delivery = at(Phase::Gathering);
    assert_eq!(delivery.on(moment(now, false), together(true)).then, Next::Look { gas_raises: 0 });
    let seen = Seen::Looked(Look { carried: true, waiting: 9, ..look(Simulated::Code(0)) });
    assert!(matches!(delivery.on(moment(now, false), seen).then, Next::Sleep { .. }));
    delivery.on(moment(now + SECOND, false), Seen::Woke);
    let alone = Seen::Looked(Look { waiting: 9, ..look(Simulated::Code(0)) });
    assert!(matches!(delivery.on(moment(now + SECOND, false), alone).then, Next::Send { .. }));
}
