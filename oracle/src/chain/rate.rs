//! How fast one endpoint takes questions, learned from its refusals. Pure: the time is handed in.
//!
//! Nothing is held back until an endpoint first says that it was asked too often. From then on questions go to it one
//! after another, at a rate that every refusal lowers by a quarter and every second without one raises a little: most
//! questions are answered, and what the endpoint allows anew is found again. The first rate is what it answered in the
//! second before.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// Answers remembered, to know how many there were lately.
const MEMORY: usize = 64;
/// The time those answers may lie back.
const LATELY: Duration = Duration::from_secs(1);
/// Questions a second: never fewer, and with more nothing is held back.
const LEAST: f64 = 0.5;
const MOST: f64 = 500.0;
/// What a refusal leaves of the rate.
const CUT: f64 = 0.75;
/// What a second without refusal adds: questions a second, and a part of the rate.
const STEP: f64 = 0.01;
const GROWTH: f64 = 0.015;
/// A rate is raised for no longer time without questions than this.
const MAX_QUIET: Duration = Duration::from_secs(10);

/// The learned rate of one endpoint.
#[derive(Debug, Default)]
pub(super) struct Rate {
    /// Questions a second; `None` while nothing is held back.
    per_second: Option<f64>,
    /// When the next question may be asked.
    next: Option<Instant>,
    /// Since when refusals say something about the rate.
    cut_at: Option<Instant>,
    raised_at: Option<Instant>,
    answered: VecDeque<Instant>,
}

impl Rate {
    /// When a question could be asked that comes now.
    pub(super) fn free_at(&self, now: Instant) -> Instant {
        self.next.filter(|_| self.per_second.is_some()).map_or(now, |next| next.max(now))
    }

    /// Takes the next turn; the moment the question may be asked.
    pub(super) fn book(&mut self, now: Instant) -> Instant {
        let Some(per_second) = self.per_second else { return now };
        let turn = self.free_at(now);
        self.next = Some(turn + Duration::from_secs_f64(1.0 / per_second));
        turn
    }

    /// An answer, of whatever kind: it was not too much.
    pub(super) fn answered(&mut self, now: Instant) {
        self.answered.push_back(now);
        if self.answered.len() > MEMORY {
            self.answered.pop_front();
        }
        let Some(per_second) = self.per_second else { return };
        let quiet = now.duration_since(self.raised_at.replace(now).unwrap_or(now)).min(MAX_QUIET);
        let raised = per_second + (STEP + GROWTH * per_second) * quiet.as_secs_f64();
        self.per_second = (raised < MOST).then_some(raised);
    }

    /// A refusal of a question asked at `asked`: it was too much. `after` is how long the endpoint wants to be left
    /// alone.
    pub(super) fn limited(&mut self, asked: Instant, now: Instant, after: Option<Duration>) {
        // Questions asked before the rate was lowered say nothing about the lower one.
        if self.cut_at.is_none_or(|at| asked >= at) {
            let lately = self.answered.iter().filter(|at| now.duration_since(**at) < LATELY).count();
            let seen = f64::from(u32::try_from(lately).unwrap_or(u32::MAX));
            let lowered = self.per_second.map_or(seen, |per_second| per_second * CUT);
            self.per_second = Some(lowered.clamp(LEAST, MOST));
            self.cut_at = Some(now);
            self.raised_at = Some(now);
        }
        let pause =
            Duration::from_secs_f64(1.0 / self.per_second.unwrap_or(LEAST)).max(after.unwrap_or_default());
        self.next = Some(self.free_at(now).max(now + pause));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// An endpoint that takes so many questions a second and has room for as many at once.
    struct Bucket {
        per_second: f64,
        room: f64,
        at: Instant,
    }

    impl Bucket {
        fn takes(&mut self, now: Instant) -> bool {
            let refilled = now.duration_since(self.at).as_secs_f64() * self.per_second;
            self.room = (self.room + refilled).min(self.per_second);
            self.at = now;
            let has_room = self.room >= 1.0;
            self.room -= f64::from(u8::from(has_room));
            has_room
        }
    }

    /// Asks without a pause for so many seconds; how many questions were taken and how many refused.
    fn ask(rate: &mut Rate, bucket: &mut Bucket, mut now: Instant, seconds: u64) -> (u32, u32, Instant) {
        let end = now + Duration::from_secs(seconds);
        let (mut taken, mut refused) = (0, 0);
        while now < end {
            let turn = rate.book(now).max(now + 5 * MS);
            now = turn;
            if bucket.takes(turn) {
                rate.answered(turn);
                taken += 1;
            } else {
                rate.limited(turn, turn, None);
                refused += 1;
            }
        }
        (taken, refused, now)
    }

    #[test]
    fn nothing_is_held_back_before_the_first_refusal() {
        let (mut rate, now) = (Rate::default(), Instant::now());
        for _ in 0..1_000 {
            assert_eq!(rate.book(now), now);
            rate.answered(now);
        }
        assert_eq!(rate.free_at(now), now);
    }

    #[test]
    fn most_questions_are_taken_whatever_the_limit_is_and_little_of_it_is_left_unused() {
        for limit in [1.0, 3.0, 10.0, 25.0, 100.0] {
            let now = Instant::now();
            let (mut rate, mut bucket) =
                (Rate::default(), Bucket { per_second: limit, room: limit, at: now });
            let (taken, refused, _) = ask(&mut rate, &mut bucket, now, 120);
            assert!(refused * 8 < taken, "{limit}: {refused} of {taken} refused");
            assert!(f64::from(taken) > 0.7 * 120.0 * limit, "{limit}: {taken} taken");
        }
    }

    #[test]
    fn a_limit_that_is_lifted_is_forgotten() {
        let now = Instant::now();
        let (mut rate, mut bucket) = (Rate::default(), Bucket { per_second: 3.0, room: 3.0, at: now });
        let (_, _, now) = ask(&mut rate, &mut bucket, now, 60);
        bucket.per_second = 1e6;
        let (_, refused, now) = ask(&mut rate, &mut bucket, now, 600);
        assert_eq!((refused, rate.per_second), (0, None));
        assert_eq!(rate.book(now), now);
    }

    #[test]
    fn refusals_of_questions_asked_before_the_cut_lower_nothing() {
        let (mut rate, now) = (Rate::default(), Instant::now());
        for count in 0..20 {
            rate.answered(now + count * MS);
        }
        for count in 20..40 {
            rate.limited(now, now + count * MS, None);
        }
        assert_eq!(rate.per_second, Some(20.0));
        rate.limited(now + 100 * MS, now + 120 * MS, None);
        assert!(rate.per_second.is_some_and(|per_second| per_second < 16.0));
    }

    #[test]
    fn the_endpoints_wish_to_be_left_alone_is_honoured_and_turns_follow_each_other() {
        let (mut rate, now) = (Rate::default(), Instant::now());
        rate.limited(now, now, Some(Duration::from_secs(7)));
        let first = rate.book(now);
        assert_eq!(first, now + Duration::from_secs(7));
        // The least rate: one in two seconds.
        assert_eq!(rate.book(now), first + Duration::from_secs(2));
        assert_eq!(rate.free_at(now), first + Duration::from_secs(4));
    }
}
