//! What is known about one endpoint, and whether it is asked next. Pure: the time is handed in.
//!
//! An endpoint that failed is left alone for a pause of its own, which doubles with every failure in a row. After the
//! pause it is on trial: a probe or, when no other endpoint is up, the next question decides. One that others have
//! overtaken and that does not move is used only when there is none better. One that said that it was asked too often
//! is asked at the rate it was found to take ([`super::rate`]).

use std::time::Duration;

use functions_rpc::{Fault, Remedy};
use tokio::time::Instant;

use super::rate::Rate;

/// Longest pause after failures in a row that may pass by themselves, and after others.
const MAX_PAUSE: Duration = Duration::from_secs(5);
const MAX_PAUSE_DENIED: Duration = Duration::from_secs(15);
/// How long an identity that was checked is taken for granted.
const IDENTITY_LASTS: Duration = Duration::from_secs(60);
/// How long an endpoint may stand still after others went past it.
const STALL_AFTER: Duration = Duration::from_secs(4);
/// How far a head may be older than another endpoint's, in seconds of block time.
const MAX_LAG_SECONDS: u64 = 60;

/// How an endpoint stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Standing {
    /// Not asked yet.
    #[default]
    Untried,
    /// Answers.
    Up,
    /// Answers, but its head stands still or is old while others advance.
    Behind,
    /// Failed; asked again after its pause.
    Down,
    /// Serves another chain.
    Foreign,
}

impl Standing {
    /// The word shown.
    #[must_use]
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Untried => "untried",
            Self::Up => "up",
            Self::Behind => "behind",
            Self::Down => "down",
            Self::Foreign => "foreign",
        }
    }
}

/// Whether an endpoint is asked, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Good,
    /// As good, but others wait for it already: not before this moment.
    Queued(Instant),
    Behind,
    Trial,
    /// Not before this moment.
    Pausing(Instant),
}

/// A head as an endpoint showed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SeenHead {
    pub(super) height: u64,
    /// Unix seconds of the block.
    pub(super) timestamp: u64,
}

#[derive(Debug, Default)]
pub(super) struct Health {
    pub(super) standing: Standing,
    pub(super) failures_in_row: u32,
    pub(super) answers: u64,
    pub(super) failures: u64,
    /// Answers that others contradicted.
    pub(super) disagreements: u64,
    pub(super) last_error: Option<String>,
    /// A running mean of the time an answer takes, in milliseconds.
    pub(super) latency_ms: u64,
    pub(super) head: Option<SeenHead>,
    /// When it last showed its head.
    pub(super) head_at: Option<Instant>,
    heard_at: Option<Instant>,
    rate: Rate,
    not_before: Option<Instant>,
    identified_at: Option<Instant>,
    overtaken_at: Option<Instant>,
}

impl Health {
    pub(super) fn rank(&self, now: Instant) -> Rank {
        match (self.standing, self.not_before) {
            (Standing::Untried | Standing::Up, _) => match self.rate.free_at(now) {
                turn if turn > now => Rank::Queued(turn),
                _ => Rank::Good,
            },
            (Standing::Behind, _) => Rank::Behind,
            (_, Some(moment)) if moment > now => Rank::Pausing(moment),
            _ => Rank::Trial,
        }
    }

    /// Takes a turn; the moment the endpoint may be asked.
    pub(super) fn book(&mut self, now: Instant) -> Instant {
        self.rate.book(now)
    }

    pub(super) fn is_identified(&self, now: Instant) -> bool {
        self.identified_at.is_some_and(|at| now.duration_since(at) < IDENTITY_LASTS)
    }

    pub(super) fn identified(&mut self, now: Instant) {
        self.identified_at = Some(now);
    }

    pub(super) fn forget_identity(&mut self) {
        self.identified_at = None;
    }

    /// An answer to a question asked at `asked`; true when the standing changed.
    pub(super) fn answered(&mut self, asked: Instant, now: Instant) -> bool {
        self.introduced(asked, now);
        // Asked before it was known that it serves another chain.
        if self.standing == Standing::Foreign && self.identified_at.is_none() {
            return false;
        }
        self.failures_in_row = 0;
        self.not_before = None;
        let changed = matches!(self.standing, Standing::Down | Standing::Foreign);
        if self.standing != Standing::Behind {
            self.standing = Standing::Up;
        }
        changed
    }

    /// An answer about the endpoint's identity, which alone makes nobody trustworthy.
    pub(super) fn introduced(&mut self, asked: Instant, now: Instant) {
        let took = u64::try_from(now.duration_since(asked).as_millis()).unwrap_or(u64::MAX);
        self.latency_ms =
            if self.answers == 0 { took } else { (self.latency_ms * 7).saturating_add(took) / 8 };
        self.answers += 1;
        self.heard_at = Some(now);
        self.rate.answered(now);
    }

    /// A fault in the answer to a question asked at `asked`; true when the standing changed.
    pub(super) fn failed(&mut self, fault: &Fault, asked: Instant, now: Instant) -> bool {
        self.failures += 1;
        self.last_error = Some(fault.to_string());
        if matches!(fault, Fault::Unreachable(_) | Fault::Silent(_) | Fault::Foreign(_)) {
            self.identified_at = None;
        }
        match fault {
            Fault::Busy { after, .. } if fault.is_limit() => self.rate.limited(asked, now, *after),
            // It had the question, and something else went wrong with it.
            Fault::Busy { .. } | Fault::Broken(_) => self.rate.answered(now),
            _ => {}
        }
        // Questions asked before the pause began say nothing new about it.
        let known = matches!(self.standing, Standing::Down | Standing::Foreign)
            && self.heard_at.is_some_and(|at| asked < at);
        self.heard_at = Some(now);
        if known {
            return false;
        }
        let first = first_pause(fault);
        let longest = match fault.remedy() {
            Remedy::Retry { .. } => MAX_PAUSE,
            _ => MAX_PAUSE_DENIED,
        };
        let grown = first.saturating_mul(1 << self.failures_in_row.min(10)).min(longest.max(first));
        self.failures_in_row = self.failures_in_row.saturating_add(1);
        let wished = match fault.remedy() {
            Remedy::Retry { after: Some(after) } => after,
            _ => Duration::ZERO,
        };
        self.not_before = Some(now + grown.max(wished));
        let before = self.standing;
        self.standing = if matches!(fault, Fault::Foreign(_)) { Standing::Foreign } else { Standing::Down };
        before != self.standing
    }

    pub(super) fn saw_head(&mut self, head: SeenHead, now: Instant) {
        if self.head.is_none_or(|before| before.height != head.height) {
            self.overtaken_at = None;
            if self.standing == Standing::Behind {
                self.standing = Standing::Up;
            }
        }
        self.head = Some(head);
        self.head_at = Some(now);
    }

    /// Compares the head with the best of the other endpoints; true when the standing changed. One that was not asked
    /// since it was overtaken does not stand still.
    pub(super) fn compare(&mut self, best: SeenHead, now: Instant) -> bool {
        let (Some(head), Some(head_at)) = (self.head, self.head_at) else { return false };
        if head.height >= best.height {
            self.overtaken_at = None;
            return false;
        }
        let since = *self.overtaken_at.get_or_insert(now);
        let stands_still = head_at.duration_since(since) >= STALL_AFTER;
        let is_old = head_at > since && head.timestamp.saturating_add(MAX_LAG_SECONDS) < best.timestamp;
        if self.standing == Standing::Up && (stands_still || is_old) {
            self.standing = Standing::Behind;
            self.last_error =
                Some(format!("its head is block {}, others are at {}", head.height, best.height));
            return true;
        }
        false
    }
}

/// The pause after a first failure.
const fn first_pause(fault: &Fault) -> Duration {
    Duration::from_millis(match fault {
        Fault::Busy { .. } => 100,
        Fault::Unreachable(_) => 250,
        Fault::Silent(_) | Fault::Denied(_) => 2_000,
        Fault::Foreign(_) => 30_000,
        _ => 500,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(after: Option<Duration>) -> Fault {
        Fault::Busy { text: "x".to_owned(), after }
    }

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn pauses_double_and_end_with_an_answer() {
        let (mut health, mut now) = (Health::default(), Instant::now());
        assert_eq!(health.rank(now), Rank::Good);
        let mut pauses = Vec::new();
        for _ in 0..11 {
            health.failed(&busy(None), now, now);
            let Rank::Pausing(until) = health.rank(now) else { panic!("a pause") };
            pauses.push(until.duration_since(now).as_millis());
            now = until;
            assert_eq!(health.rank(now), Rank::Trial);
        }
        let expected = [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000, 5_000, 5_000];
        assert_eq!(pauses, expected);
        assert!(health.answered(now, now + MS));
        assert_eq!(health.rank(now), Rank::Good);
        health.failed(&busy(None), now + MS, now + MS);
        assert_eq!(health.rank(now), Rank::Pausing(now + 101 * MS));
    }

    #[test]
    fn failures_of_questions_asked_before_the_pause_do_not_lengthen_it() {
        let (mut health, start) = (Health::default(), Instant::now());
        for step in 10..20 {
            health.failed(&busy(None), start, start + step * MS);
        }
        assert_eq!(health.rank(start), Rank::Pausing(start + 110 * MS));
        assert_eq!(health.failures, 10);
    }

    #[test]
    fn the_endpoints_wish_to_wait_is_honoured() {
        let (mut health, now) = (Health::default(), Instant::now());
        health.failed(&busy(Some(Duration::from_secs(7))), now, now);
        assert_eq!(health.rank(now), Rank::Pausing(now + Duration::from_secs(7)));
    }

    #[test]
    fn an_endpoint_asked_too_often_is_asked_in_turns_and_others_meanwhile() {
        let (mut health, now) = (Health::default(), Instant::now());
        let limit = Fault::Busy { text: "HTTP 429: calls per second exceeded".to_owned(), after: None };
        health.failed(&limit, now, now);
        let Rank::Pausing(until) = health.rank(now) else { panic!("a pause") };
        health.answered(until, until);
        let Rank::Queued(turn) = health.rank(until) else { panic!("a turn, not {:?}", health.rank(until)) };
        assert_eq!(health.book(until), turn);
        assert!(health.book(until) > turn);
        assert!(Rank::Good < Rank::Queued(turn) && Rank::Queued(turn) < Rank::Behind);
        // What is no limit holds nothing back.
        let mut other = Health::default();
        other.failed(&busy(None), now, now);
        other.answered(now + MS, now + MS);
        assert_eq!(other.rank(now + MS), Rank::Good);
    }

    #[test]
    fn lost_connections_end_the_trust_in_the_identity() {
        let (mut health, now) = (Health::default(), Instant::now());
        health.identified(now);
        health.failed(&busy(None), now, now);
        assert!(health.is_identified(now));
        assert!(!health.is_identified(now + IDENTITY_LASTS));
        health.failed(&Fault::Unreachable("reset".into()), now + MS, now + MS);
        assert!(!health.is_identified(now + MS));
    }

    #[test]
    fn an_endpoint_of_another_chain_comes_back_by_its_identity_alone() {
        let (mut health, now) = (Health::default(), Instant::now());
        health.failed(&Fault::Foreign("1".into()), now, now);
        assert_eq!(
            health.rank(now),
            Rank::Pausing(now + Duration::from_secs(30)),
            "asked again within half a minute"
        );
        assert!(!health.answered(now, now + MS), "it was asked before that was known");
        assert_eq!(health.standing, Standing::Foreign);
        health.identified(now + MS);
        assert!(health.answered(now + MS, now + 2 * MS));
        assert_eq!(health.standing, Standing::Up);
    }

    #[test]
    fn an_endpoint_that_stands_still_while_others_advance_is_behind_until_it_moves() {
        let head = |height| SeenHead { height, timestamp: 1_000 };
        let (mut health, now) = (Health::default(), Instant::now());
        health.answered(now, now);
        health.saw_head(head(10), now);
        assert!(!health.compare(head(10), now + 100 * STALL_AFTER), "nobody advances: nothing is wrong");
        assert!(!health.compare(head(11), now));
        assert!(!health.compare(head(40), now + 100 * STALL_AFTER), "nobody has asked it since");
        health.saw_head(head(10), now + STALL_AFTER);
        assert!(health.compare(head(40), now + STALL_AFTER));
        assert_eq!(health.rank(now), Rank::Behind);
        health.answered(now, now);
        health.saw_head(head(10), now + STALL_AFTER);
        assert_eq!(health.rank(now), Rank::Behind, "an answer alone is no progress");
        health.saw_head(head(41), now + STALL_AFTER);
        assert_eq!(health.rank(now), Rank::Good);
        // One that follows closely is never behind.
        for step in 0..100 {
            health.saw_head(head(42 + u64::from(step)), now + step * STALL_AFTER / 2);
            assert!(!health.compare(head(43 + u64::from(step)), now + step * STALL_AFTER / 2));
        }
        // One that follows a minute late is.
        let (late, best) = (now + 50 * STALL_AFTER, SeenHead { height: 1_000, timestamp: 1_061 });
        health.saw_head(head(200), late);
        assert!(!health.compare(best, late), "it may have the new head by now");
        health.saw_head(head(200), late + MS);
        assert!(health.compare(best, late + MS));
    }
}
