//! One question to several endpoints at once, until what they said decides: whom it goes to, how long one is waited
//! for, and what it came to when they did not agree.
//!
//! So many are under way as could decide at best. Another is asked for each that gives no answer, that takes long, or
//! whose answer leaves things open: who is silent costs [`LATE_AFTER`] once, and is then left alone for a while.

use std::{hash::Hash, time::Duration};

use functions_rpc::{Fault, MAX_ANSWER_BYTES};
use futures::{StreamExt as _, stream::FuturesUnordered};
use serde_json::{Value, value::RawValue};
use tokio::time::{Instant, sleep_until};

use super::{
    Reach, Rpc,
    asking::{Asked, PATIENCE, verdict},
    contradictions::Subject,
    locked,
};
use crate::chain::{
    agree::{self, Opinion},
    failure::RpcFailure,
    health::Rank,
};

/// How long an endpoint may take before another is asked in its place. Its answer counts when it comes first.
const LATE_AFTER: Duration = Duration::from_secs(1);
/// Pause between two complaints about the same thing.
const SAID_EVERY: Duration = Duration::from_secs(60);

/// An endpoint that is being asked.
#[derive(Clone, Copy)]
struct Guest {
    index: usize,
    since: Instant,
    /// It is asked in turns, so that it takes long is not its doing.
    queues: bool,
}

impl Guest {
    fn late_at(&self) -> Instant {
        self.since + LATE_AFTER
    }
}

impl Rpc {
    /// What enough endpoints show alike. Those that are refuted are left alone for a while.
    pub(super) async fn agreed<T: Clone + Eq + Hash, S: Eq + Hash>(
        &self,
        method: &'static str,
        params: Value,
        read: impl Fn(&RawValue) -> Result<Option<Vec<T>>, String>,
        slot: impl Fn(&T) -> S,
    ) -> Result<Vec<T>, RpcFailure> {
        let decide = |answers: &[Opinion<Vec<T>>], _| agree::judge(self.agree, answers, &slot);
        let agreed = self.opinions(method, params, read, decide).await?;
        agreed.refuted.iter().for_each(|index| self.refute(*index, method));
        Ok(agreed.things)
    }

    /// Asks side by side, best first, until the answers decide; `decide` is told when no more will come. What execution
    /// or the chain's rules refuse is as good as an answer: it counts when enough endpoints say so.
    pub(super) async fn opinions<T, D>(
        &self,
        method: &'static str,
        params: Value,
        read: impl Fn(&RawValue) -> Result<Option<T>, String>,
        mut decide: impl FnMut(&[Opinion<T>], bool) -> Option<D>,
    ) -> Result<D, RpcFailure> {
        let (params, read, most_bytes) = (&params, &read, self.share_bytes());
        let subject = Subject::of(method, params);
        let begun = Instant::now();
        let deadline = begun + PATIENCE;
        let mut asked = Asked::nobody(self.endpoints.len());
        let (mut answers, mut refusals) = (Vec::new(), Vec::<(usize, Fault)>::new());
        let mut guests: Vec<Guest> = Vec::new();
        let mut coming = FuturesUnordered::new();
        loop {
            let now = Instant::now();
            let wanted = self.agree.saturating_sub(answers.len()).max(1);
            let mut recovers_at = None;
            while guests.iter().filter(|guest| guest.late_at() > now).count() < wanted {
                let mut taken = asked.done.clone();
                guests.iter().for_each(|guest| taken[guest.index] = true);
                match self.pick(&taken, Reach::All) {
                    None => break,
                    Some((_, Rank::Pausing(until))) => {
                        recovers_at = Some(until).filter(|until| *until <= deadline);
                        break;
                    }
                    Some((index, rank)) => {
                        guests.push(Guest { index, since: now, queues: matches!(rank, Rank::Queued(_)) });
                        coming.push(async move {
                            if !self.take_turn(index, deadline).await {
                                return (index, None);
                            }
                            let found = self.attempt_as_known(index, method, params, read, most_bytes).await;
                            (index, Some(found))
                        });
                    }
                }
            }
            let late_at = guests.iter().map(Guest::late_at).filter(|moment| *moment > now);
            let change_at = late_at.chain(recovers_at).min();
            let (index, found) = tokio::select! {
                Some(found) = coming.next() => found,
                () = sleep_until(change_at.unwrap_or(deadline)), if change_at.is_some() => continue,
                else => break,
            };
            guests.retain(|guest| guest.index != index);
            match found {
                // Its turn would come too late.
                None => asked.done[index] = true,
                Some(Ok(None)) => asked.lacks(index),
                Some(Ok(Some(answer))) => {
                    asked.done[index] = true;
                    answers.push((index, answer));
                    if let Some(decision) = decide(&answers, false) {
                        self.blame_unclear(&asked, begun);
                        refusals.iter().for_each(|(index, _)| self.refute(*index, method));
                        self.leave_alone(&guests);
                        self.agreed_about(&subject);
                        return Ok(decision);
                    }
                }
                Some(Err(fault)) => match verdict(method, &fault) {
                    None => asked.note(index, fault),
                    Some(refusal) => {
                        asked.done[index] = true;
                        let others = refusals.iter().filter(|(_, other)| is_alike(&fault, other)).count();
                        if others + 1 >= self.agree {
                            self.leave_alone(&guests);
                            self.agreed_about(&subject);
                            return Err(refusal);
                        }
                        refusals.push((index, fault));
                    }
                },
            }
        }
        if let Some(decision) = decide(&answers, true) {
            self.agreed_about(&subject);
            return Ok(decision);
        }
        let heard = answers.iter().map(|(index, _)| *index);
        let said: Vec<usize> = heard.chain(refusals.iter().map(|(index, _)| *index)).collect();
        Err(self.undecided(method, subject, asked, &said))
    }

    /// What a question came to when everybody was asked and nothing is agreed; `said` are those that had an answer.
    fn undecided(&self, method: &'static str, subject: Subject, asked: Asked, said: &[usize]) -> RpcFailure {
        if said.len() < self.endpoints.len() {
            match asked.conclude::<()>(method, self.known_trouble()) {
                Err(failure @ RpcFailure::RangeTooLarge(_)) => return failure,
                Err(failure) if said.is_empty() => return failure,
                _ => {}
            }
        }
        let words = self.what_they_did(said);
        let failure = RpcFailure::Unagreed { wanted: self.agree, method: method.to_owned(), words };
        if self.is_contradiction(said) {
            self.complain(said, &format!("they contradict each other about {method}"));
            locked(&self.contradictions).note(subject, failure.to_string(), Instant::now());
        }
        failure
    }

    /// What those that had an answer, and the others, did instead of agreeing.
    fn what_they_did(&self, said: &[usize]) -> String {
        let (mut names, mut words) = (Vec::new(), Vec::new());
        for (index, endpoint) in self.endpoints.iter().enumerate() {
            match locked(&endpoint.health).last_error.as_deref() {
                _ if said.contains(&index) => names.push(endpoint.shown.as_str()),
                Some(trouble) => words.push(format!("{}: {trouble}", endpoint.shown)),
                None => words.push(format!("{} does not have it", endpoint.shown)),
            }
        }
        if !names.is_empty() {
            let what = if self.is_contradiction(said) { "contradict each other" } else { "alone answered" };
            words.insert(0, format!("{} {what}", names.join(" and ")));
        }
        words.join("; ")
    }

    /// Whether there are answers enough, and they do not go together.
    pub(super) fn is_contradiction(&self, said: &[usize]) -> bool {
        said.len() >= self.agree.max(2)
    }

    fn agreed_about(&self, subject: &Subject) {
        locked(&self.contradictions).settle(subject);
    }

    /// What endpoints have contradicted each other about for a while, in words, where several must agree.
    #[must_use]
    pub fn contradiction(&self) -> Option<String> {
        locked(&self.contradictions).lasting(Instant::now()).map(str::to_owned)
    }

    /// Most bytes of one answer: all that are under way together are held like one where one is enough, but no block's
    /// logs are too many.
    fn share_bytes(&self) -> usize {
        (MAX_ANSWER_BYTES / self.endpoints.len().max(1)).max(MAX_ANSWER_BYTES / 4)
    }

    /// Others were faster by so much that this one is not asked first for a while.
    fn leave_alone(&self, guests: &[Guest]) {
        let now = Instant::now();
        for guest in guests.iter().filter(|guest| guest.late_at() <= now && !guest.queues) {
            self.failed(guest.index, &Fault::Silent(LATE_AFTER), guest.since);
        }
    }

    /// Enough others say otherwise: it is left alone for a while.
    fn refute(&self, index: usize, method: &str) {
        let problem = format!("{} other endpoints contradict its answer to {method}", self.agree);
        self.complain(&[index], &problem);
        self.blame(index, problem);
    }

    /// Counts a contradiction against endpoints, and says it, at most once a minute.
    pub(super) fn complain(&self, indexes: &[usize], problem: &str) {
        let endpoints = || indexes.iter().filter_map(|index| self.endpoints.get(*index));
        endpoints().for_each(|endpoint| locked(&endpoint.health).disagreements += 1);
        let now = Instant::now();
        let mut said = locked(&self.disagreement_said);
        if said.is_none_or(|at| now.duration_since(at) >= SAID_EVERY) {
            *said = Some(now);
            let names: Vec<&str> = endpoints().map(|endpoint| endpoint.shown.as_str()).collect();
            tracing::error!(endpoints = ?names, problem, "ENDPOINTS DISAGREE: nothing is believed that {} do not say alike", self.agree);
        }
    }
}

/// Whether two refusals are the same one; their words are each endpoint's own.
fn is_alike(one: &Fault, other: &Fault) -> bool {
    match (one, other) {
        (Fault::Reverted { data: one, .. }, Fault::Reverted { data: other, .. }) => one == other,
        (Fault::Rejected { why: one, .. }, Fault::Rejected { why: other, .. }) => one == other,
        _ => false,
    }
}
