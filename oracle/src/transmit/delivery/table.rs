//! The table of the module, walked: every phase meets everything that can be seen, and does what the documentation
//! says.

use std::collections::BTreeSet;

use super::{
    tests::{FINAL_BLOCK, MARKET, SECOND, at, look, mined, mined_in, moment, standing, together},
    *,
};
use crate::transmit::gate::Simulated;

fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Loading => "loading",
        Phase::Turning => "turning",
        Phase::Early => "early",
        Phase::Queueing => "queueing",
        Phase::Lingering => "lingering",
        Phase::Looking => "looking",
        Phase::Holding => "holding",
        Phase::Gathering => "gathering",
        Phase::Poor { .. } => "poor",
        Phase::Counting { .. } => "counting",
        Phase::Sending => "sending",
        Phase::Seeking(_, Reach::First) => "seeking",
        Phase::Seeking(..) => "seeking everywhere",
        Phase::Mined(_) => "mined",
        Phase::Failed => "failed",
        Phase::Checking(_) => "checking",
        Phase::Resending(_) => "resending",
        Phase::Pricing(_) => "pricing",
        Phase::Bumping(_) => "bumping",
        Phase::Resting(_) => "resting",
        Phase::Troubled => "troubled",
        Phase::Over => "over",
    }
}

/// Each phase asks a question of its own.
fn asks(phase: Phase, next: &Next) -> bool {
    match (phase, next) {
        (Phase::Loading, Next::Load)
        | (Phase::Turning, Next::AskProgress)
        | (Phase::Queueing, Next::AskAhead)
        | (Phase::Looking, Next::Look { .. })
        | (Phase::Gathering, Next::Gather)
        | (Phase::Lingering, Next::Linger { .. })
        | (Phase::Counting { .. }, Next::AskFunds { .. })
        | (Phase::Sending, Next::Send { .. })
        | (Phase::Checking(_), Next::AskNonce)
        | (Phase::Resending(_), Next::Resend)
        | (Phase::Pricing(_), Next::AskMarket)
        | (Phase::Bumping(_), Next::Bump { .. } | Next::Resend)
        | (Phase::Mined(_) | Phase::Failed, Next::Sleep { or_answered: true, .. })
        | (Phase::Over, Next::End)
        | (Phase::Troubled, Next::Sleep { or_answered: false, .. }) => true,
        (Phase::Seeking(_, reach), Next::AskReceipt(asked)) => reach == *asked,
        (Phase::Early | Phase::Holding | Phase::Poor { .. } | Phase::Resting(_), Next::Sleep { .. }) => true,
        _ => false,
    }
}

fn effect(effect: &Effect) -> &'static str {
    match effect {
        Effect::Drop => "store dropped",
        Effect::Note(TransmitNote::Submitted { .. }) => "tell submitted",
        Effect::Note(TransmitNote::Included { .. }) => "tell included",
        Effect::Note(TransmitNote::Unpaid { .. }) => "tell unpaid",
        Effect::Note(TransmitNote::Unneeded { .. }) => "tell unneeded",
        Effect::Note(TransmitNote::Undeliverable { .. }) => "tell undeliverable",
        Effect::Note(TransmitNote::Gather { .. } | TransmitNote::Carried { .. }) => "tell more",
        Effect::Waits { .. } => "say why",
    }
}

/// All phases, with what makes a difference within one; the word tells them apart.
fn phases(now: Instant) -> Vec<(Delivery, &'static str)> {
    let need_wei = U256::from(9);
    let turning = |seconds: u32| {
        let mut delivery = at(Phase::Turning);
        delivery.waits_since = Some(now - seconds * SECOND);
        delivery
    };
    let mut again = at(Phase::Loading);
    again.had_turn = true;
    let fresh = standing(1, false);
    let mut luckless = at(Phase::Seeking(fresh, Reach::First));
    luckless.failures = MAX_FAILURES - 1;
    let mut luckless_everywhere = luckless.clone();
    luckless_everywhere.phase = Phase::Seeking(fresh, Reach::All);
    vec![
        (at(Phase::Loading), ""),
        (again, "had its turn"),
        (turning(0), "early"),
        (turning(2), "time"),
        (turning(10), "past"),
        (at(Phase::Early), ""),
        (at(Phase::Queueing), ""),
        (at(Phase::Lingering), ""),
        (at(Phase::Looking), ""),
        (at(Phase::Holding), ""),
        (at(Phase::Gathering), ""),
        (at(Phase::Poor { need_wei }), ""),
        (at(Phase::Counting { need_wei }), ""),
        (at(Phase::Sending), ""),
        (at(Phase::Seeking(fresh, Reach::First)), ""),
        (at(Phase::Seeking(fresh, Reach::All)), ""),
        (luckless, "luckless"),
        (luckless_everywhere, "luckless"),
        (at(Phase::Mined(fresh)), ""),
        (at(Phase::Failed), ""),
        (at(Phase::Checking(fresh)), "fresh"),
        (at(Phase::Checking(standing(8, false))), "fresh"),
        (at(Phase::Checking(standing(9, false))), "stuck"),
        (at(Phase::Checking(standing(1, true))), "prepared"),
        (at(Phase::Checking(standing(9, true))), "prepared"),
        (at(Phase::Resending(standing(1, true))), ""),
        (at(Phase::Pricing(fresh)), ""),
        (at(Phase::Bumping(fresh)), ""),
        (at(Phase::Resting(fresh)), ""),
        (at(Phase::Troubled), ""),
        (at(Phase::Over), ""),
    ]
}

/// Everything that can be seen; the words are those of the table where it has any.
fn sights() -> Vec<(Seen, &'static str)> {
    vec![
        (Seen::Stored { attempts: 2, failures: 0, open: Some(standing(1, false)) }, "an open transaction"),
        (Seen::Stored { attempts: 2, failures: 0, open: None }, "none"),
        (Seen::Progress(None), "progress"),
        (Seen::Ahead { pending: true, window: SECOND }, "a transaction of a node before waits for a block"),
        (Seen::Ahead { pending: false, window: Duration::ZERO }, "none does"),
        (Seen::Ahead { pending: false, window: SECOND }, "none does, and others are coming"),
        (Seen::Woke, "woken"),
        (Seen::Looked(look(Simulated::Code(0))), "send"),
        (Seen::Looked(look(Simulated::Code(1))), "send"),
        (Seen::Looked(look(Simulated::Code(2))), "wait"),
        (Seen::Looked(look(Simulated::Code(3))), "wait"),
        (Seen::Looked(look(Simulated::Code(4))), "raise the gas"),
        (Seen::Looked(look(Simulated::Code(5))), "wait"),
        (Seen::Looked(Look { chain_time: 1_295, ..look(Simulated::Code(5)) }), "undeliverable"),
        (Seen::Looked(look(Simulated::Code(6))), "wait"),
        (Seen::Looked(Look { ceiling_wei: 99, ..look(Simulated::Code(0)) }), "wait"),
        (Seen::Looked(look(Simulated::Reverts("r".into()))), "raise the gas"),
        (Seen::Looked(look(Simulated::Unfunded("u".into()))), "unfunded"),
        (Seen::Looked(Look { confirmed: false, ..look(Simulated::Code(0)) }), "wait"),
        (
            Seen::Looked(Look { waiting: BATCH_MIN - 1, ..look(Simulated::Code(0)) }),
            "send, and enough others wait",
        ),
        (Seen::Looked(Look { waiting: BATCH_MIN - 2, ..look(Simulated::Code(0)) }), "send"),
        (Seen::Looked(Look { carried: true, waiting: 9, ..look(Simulated::Code(0)) }), "wait"),
        (together(false), "a transaction of several"),
        (together(true), "one that another carries is among them"),
        (Seen::Gathered(None), "none came about"),
        (Seen::Funds { enough: true }, "enough"),
        (Seen::Funds { enough: false }, "too little"),
        (Seen::Stands(standing(0, false)), "it stands"),
        (Seen::Stands(standing(0, true)), "it stands"),
        (Seen::Refused, "refused for good"),
        (Seen::Receipt(None), "no receipt"),
        (mined(Deed::Paid), "paid"),
        (mined(Deed::Refused(3)), "unpaid, worth another"),
        (mined(Deed::Refused(4)), "unpaid, worth another"),
        (mined(Deed::Reverted), "unpaid, worth another"),
        (mined(Deed::Cancelled), "unpaid, worth another"),
        (mined(Deed::Refused(2)), "unpaid, the request seems closed"),
        (mined(Deed::Refused(5)), "unpaid, the request seems closed"),
        (mined(Deed::Refused(6)), "unpaid, the request seems closed"),
        (mined(Deed::CameSecond), "unpaid, the request seems closed"),
        (mined_in(FINAL_BLOCK, Deed::CameSecond), "unpaid, worth another"),
        (mined_in(FINAL_BLOCK, Deed::Refused(6)), "unpaid, worth another"),
        (mined_in(FINAL_BLOCK, Deed::Paid), "paid"),
        (Seen::NonceUsed(true), "the nonce is used"),
        (Seen::NonceUsed(false), "free"),
        (Seen::Market { market: MARKET, ceiling_wei: u128::MAX }, "what gas costs"),
        (Seen::Market { market: MARKET, ceiling_wei: 1_099 }, "more than may be offered"),
        (Seen::Trouble, "trouble"),
    ]
}

/// The words of the table for a sight in a phase.
fn words(phase: Phase, kind: &str, seen: &'static str, answered: bool) -> &'static str {
    match (phase, kind, seen) {
        (Phase::Loading, "had its turn", "none") => "none, and it waited for its turn before",
        (Phase::Turning, _, "progress") if answered => "answered",
        (Phase::Turning, "early", "progress") => "it is too early",
        (Phase::Turning, "time", "progress") => "it is time, or a little later",
        (Phase::Turning, "past", "progress") => "it is long past",
        (Phase::Poor { .. }, _, "woken") if answered => "woken, answered",
        (Phase::Mined(_), _, "woken") if answered => "woken, answered",
        (Phase::Seeking(..), "luckless", "unpaid, worth another") => "unpaid once too often",
        (Phase::Checking(_), "prepared", "free") if answered => "free, never taken, answered",
        (Phase::Checking(_), "prepared", "free") => "free, never taken",
        (Phase::Checking(_), "stuck", "free") => "free, taken too long ago",
        (Phase::Checking(_), "fresh", "free") => "free, taken",
        // The gate drops whatever is answered, whatever else it sees.
        (
            Phase::Looking,
            _,
            "send" | "send, and enough others wait" | "wait" | "raise the gas" | "undeliverable" | "unfunded",
        ) if answered => "drop",
        (Phase::Gathering, _, "a transaction of several") if answered => "none came about",
        _ => seen,
    }
}

/// The rows of the table: phase, seen, first, then.
fn table() -> Vec<[&'static str; 4]> {
    include_str!("../delivery.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("//! |"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_end_matches('|').split('|').map(str::trim).collect();
            <[&str; 4]>::try_from(cells).expect("four cells")
        })
        .skip(2)
        .collect()
}

#[test]
fn every_phase_does_what_the_table_says_whatever_it_sees() {
    let now = Instant::now() + 1_000 * SECOND;
    let (rows, mut used) = (table(), BTreeSet::new());
    for (before, kind) in phases(now) {
        for (seen, said) in sights() {
            for answered in [false, true] {
                let mut delivery = before.clone();
                let step = delivery.on(moment(now, answered), seen.clone());
                let phase = name(before.phase);
                let words = words(before.phase, kind, said, answered);
                let find =
                    |phase: &str, seen: &str| rows.iter().position(|row| row[0] == phase && row[1] == seen);
                let row = find(phase, words)
                    .or_else(|| find(phase, "anything"))
                    .or_else(|| find("any", words))
                    .or_else(|| find("any", "anything else"))
                    .expect("the last row takes everything");
                used.insert(row);
                let [.., first, last] = rows[row];
                let mut first: Vec<&str> = first.split(", ").filter(|word| !word.is_empty()).collect();
                let mut last = last;
                if last == "looking" && answered {
                    first.push("tell unneeded");
                    last = "over";
                }
                let did: Vec<&str> = step.first.iter().map(effect).collect();
                let case = format!("{phase} ({kind}) sees {said}, answered {answered}");
                assert_eq!((did, name(delivery.phase)), (first, last), "{case}");
                assert!(asks(delivery.phase, &step.then), "{case}: {:?}", step.then);
            }
        }
    }
    let unused: Vec<_> = (0..rows.len()).filter(|row| !used.contains(row)).map(|row| rows[row]).collect();
    assert_eq!(unused, [] as [[&str; 4]; 0], "rows that nothing leads to");
}
