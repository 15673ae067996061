//! Answers to log queries that may leave something out: how often a span is asked for, and what its answers say
//! together. Pure: the time is handed in.
//!
//! "No logs" is what a sound endpoint says of a span without any, and a weak one of every span. One answer is enough
//! only while nothing speaks against it:
//!
//! | known | times a span is asked for |
//! | --- | --- |
//! | nothing | 1 |
//! | a log that was there before, or that its last header speaks of, is missing | 2 |
//! | it is the final reading, after which nobody looks again | 2 |
//! | answers left out logs lately, and no header covers the whole span or a log is missing | 3 |
//!
//! The answers are joined. Without the last row, an endpoint that answers every third query with nothing hides one log
//! in eighty for good: from the first reading, from two later ones and from the final one.

use std::time::Duration;

use alloy::{primitives::B256, rpc::types::Log};
use tokio::time::Instant;

use super::logs::Span;

/// How long answers are doubted after one of them left out logs.
const DOUBT_LASTS: Duration = Duration::from_secs(600);
/// Times a span is asked for meanwhile.
const DOUBTFUL: u32 = 3;

/// Whether answers left out logs lately.
#[derive(Debug, Default)]
pub(super) struct Doubt(Option<Instant>);

/// What decides how often a span is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// A header that is known covers all of it.
    pub(super) is_covered: bool,
    /// Nobody looks again after it.
    pub(super) is_final: bool,
    /// A log that should be there is not.
    pub(super) lacks: bool,
}

impl Doubt {
    /// An answer was shown to leave out logs; true when answers were trusted before.
    pub(super) fn caught(&mut self, now: Instant) -> bool {
        let is_news = !self.holds(now);
        self.0 = Some(now);
        is_news
    }

    fn holds(&self, now: Instant) -> bool {
        self.0.is_some_and(|at| now.duration_since(at) < DOUBT_LASTS)
    }

    /// How often a span is asked for.
    pub(super) fn times(&self, reading: Reading, now: Instant) -> u32 {
        let Reading { is_covered, is_final, lacks } = reading;
        if self.holds(now) && (!is_covered || lacks) {
            DOUBTFUL
        } else if is_final || lacks {
            2
        } else {
            1
        }
    }
}

/// The answers to one span, joined.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    logs: Vec<Log>,
    answers: u32,
}

impl Gathered {
    /// Joins the answer to `span`. True when it shows that an answer, this one or an earlier one, left out logs.
    ///
    /// Logs of a block whose logs are known under another hash are left out: the chain moved, and whoever reads on
    /// finds out.
    pub(super) fn add(&mut self, span: Span, answer: Vec<Log>) -> bool {
        let moved = |logs: &[Log], log: &Log| {
            logs.iter()
                .any(|known| known.block_number == log.block_number && known.block_hash != log.block_hash)
        };
        let is_missing = self.logs.iter().any(|log| {
            log.block_number.is_some_and(|number| span.blocks().contains(&number))
                && !holds(&answer, log.block_hash, log.log_index)
                && !moved(&answer, log)
        });
        let fresh: Vec<Log> = answer
            .into_iter()
            .filter(|log| !holds(&self.logs, log.block_hash, log.log_index) && !moved(&self.logs, log))
            .collect();
        let is_more = self.answers > 0 && !fresh.is_empty();
        self.answers += 1;
        self.logs.extend(fresh);
        is_missing || is_more
    }

    pub(super) fn into_logs(self) -> Vec<Log> {
        self.logs
    }

    pub(super) fn has(&self, block: B256, index: u64) -> bool {
        holds(&self.logs, Some(block), Some(index))
    }

    pub(super) fn has_block(&self, number: u64) -> bool {
        self.logs.iter().any(|log| log.block_number == Some(number))
    }
}

fn holds(logs: &[Log], block: Option<B256>, index: Option<u64>) -> bool {
    logs.iter().any(|log| log.block_hash == block && log.log_index == index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(number: u64, branch: u8, index: u64) -> Log {
        let mut hash = B256::repeat_byte(branch);
        hash.0[0] = u8::try_from(number).expect("small");
        Log { block_number: Some(number), block_hash: Some(hash), log_index: Some(index), ..Log::default() }
    }

    #[test]
    fn times_follows_the_table() {
        let now = Instant::now();
        let mut doubt = Doubt::default();
        let reading = |is_covered, is_final, lacks| Reading { is_covered, is_final, lacks };
        for is_covered in [true, false] {
            assert_eq!(doubt.times(reading(is_covered, false, false), now), 1);
            assert_eq!(doubt.times(reading(is_covered, false, true), now), 2);
            assert_eq!(doubt.times(reading(is_covered, true, false), now), 2);
            assert_eq!(doubt.times(reading(is_covered, true, true), now), 2);
        }
        assert!(doubt.caught(now));
        assert!(!doubt.caught(now), "that is known already");
        assert_eq!(doubt.times(reading(true, false, false), now), 1, "its header vouches for it");
        assert_eq!(doubt.times(reading(true, false, true), now), 3);
        for is_final in [true, false] {
            for lacks in [true, false] {
                assert_eq!(doubt.times(reading(false, is_final, lacks), now), 3);
            }
        }
        assert_eq!(doubt.times(reading(false, false, false), now + DOUBT_LASTS), 1);
    }

    #[test]
    fn answers_are_joined_and_those_that_leave_out_logs_are_caught() {
        let span = Span::Range(1, 9);
        let mut gathered = Gathered::default();
        assert!(!gathered.add(span, vec![log(1, 0, 0), log(3, 0, 1)]), "the first answer is all there is");
        assert!(!gathered.add(span, vec![log(3, 0, 1), log(1, 0, 0)]), "the same in another order");
        assert!(gathered.add(span, vec![]), "this one leaves out all");
        assert!(gathered.add(span, vec![log(3, 0, 1)]), "this one leaves out one");
        assert!(
            gathered.add(span, vec![log(1, 0, 0), log(2, 0, 0), log(3, 0, 1)]),
            "the others left out one"
        );
        assert!(
            !gathered.add(Span::Block(2, B256::ZERO), vec![log(2, 0, 0)]),
            "of another block it says nothing"
        );
        assert_eq!(gathered.logs.len(), 3);
        assert!(gathered.has_block(2) && !gathered.has_block(4));
        assert!(gathered.has(log(2, 0, 0).block_hash.expect("set"), 0));
    }

    #[test]
    fn logs_of_another_branch_are_neither_joined_nor_held_against_anybody() {
        let span = Span::Range(1, 9);
        let mut gathered = Gathered::default();
        assert!(!gathered.add(span, vec![log(1, 0, 0), log(3, 0, 1)]));
        assert!(!gathered.add(span, vec![log(1, 0, 0), log(3, 7, 1)]));
        assert_eq!(gathered.into_logs(), [log(1, 0, 0), log(3, 0, 1)]);
    }

    #[test]
    fn every_third_answer_empty_hides_nothing_once_it_was_caught() {
        let now = Instant::now();
        let mut doubt = Doubt::default();
        doubt.caught(now);
        // Whichever phase the endpoint is in.
        for phase in 0..3 {
            let mut gathered = Gathered::default();
            let reading = Reading { is_covered: false, is_final: false, lacks: false };
            for asked in 0..doubt.times(reading, now) {
                let whole = if (asked + phase) % 3 == 0 { vec![] } else { vec![log(1, 0, 0)] };
                gathered.add(Span::Range(1, 9), whole);
            }
            assert_eq!(gathered.into_logs().len(), 1, "phase {phase}");
        }
    }
}
