//! The outcome function: from a set of observations to what goes on chain.
//!
//! Deterministic and versioned; every honest node computes the same bytes from the same set. With `k` results,
//! `u` user errors and `|S|` observations of `n` oracles:
//!
//! | rule | condition | outcome |
//! | --- | --- | --- |
//! | 1 | `|S| < 2f + 1` | none, nobody may sign |
//! | 2 | mode: one value has `count >= f + 1` and `count > (k + u) / 2` | that result |
//! | 3 | median: `k >= 2f + 1` | the result at `(k - 1) / 2` in order |
//! | 4 | `u > k` and one text has `count >= f + 1` | that error, the most frequent, then the smallest |
//! | 5 | plurality-compat | the most frequent, first in oracle order; errors if `u > k`; no minimum |
//! | 6 | `k + u >= 2f + 1`, or `f + 1` oracles cannot read the secrets | a canonical `DON_…` error text that says why |
//! | 7 | otherwise | none, nobody may sign: the request waits for oracles that can answer |
//!
//! An outcome is billed, so no rule makes one out of failures of oracles: rule 6 speaks of answers of scripts that
//! differ and of secrets that their owner must mend, rule 7 leaves what the DON could not do to the on-chain
//! timeout, which costs nothing. Texts of rule 6 are ASCII, at most 256 bytes:
//! `DON_DIVERGED n=4 f=1 obs=4 ok=4 err=0 top=2 need=3 mode ev=0123456789abcdef`.
//!
//! | reason | when |
//! | --- | --- |
//! | `DON_USER_ERRORS_DIFFER` | `u > k`, but no text has `f + 1` |
//! | `DON_SECRETS` (with `code=`) | `f + 1` oracles say that the secrets are missing or cannot be decrypted (3 or 4) |
//! | `DON_DIVERGED` | anything else: the answers differ |

use std::{cmp::Reverse, collections::BTreeMap};

use alloy_primitives::B256;
use functions_offchain_config::Method;

use crate::{Answer, FailureCode, Roster, observation::MAX_OBSERVATION_BYTES};

/// Version of these rules; part of the evidence root.
pub const VERSION: u8 = 2;

/// What a quorum agrees on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Response bytes for the consumer.
    Result(Vec<u8>),
    /// Error bytes for the consumer.
    Error(Vec<u8>),
}

impl Outcome {
    /// The bytes of either kind.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Result(bytes) | Self::Error(bytes) => bytes,
        }
    }

    /// True for an error.
    pub const fn is_error(&self) -> bool {
        matches!(self, Self::Error(_))
    }

    /// The outcome a unanimous quorum with this answer has; none for a node failure.
    pub fn of_answer(answer: &Answer) -> Option<Self> {
        match answer {
            Answer::Result(bytes) => Some(Self::Result(bytes.clone())),
            Answer::UserError(bytes) => Some(Self::Error(bytes.clone())),
            Answer::NodeFailure(_) => None,
        }
    }

    /// The outcome of its wire parts; none if it is longer than any outcome can be.
    pub fn from_parts(is_error: bool, bytes: Vec<u8>) -> Option<Self> {
        if bytes.len() > MAX_OBSERVATION_BYTES {
            return None;
        }
        Some(if is_error { Self::Error(bytes) } else { Self::Result(bytes) })
    }
}

/// The parameters of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// How results are combined.
    pub method: Method,
    /// Number of oracles.
    pub n: usize,
    /// Faulty oracles tolerated.
    pub f: usize,
}

impl Rule {
    /// The rule of a roster, for a request that may ask for a method of its own.
    pub fn of(roster: &Roster, asked: Option<Method>) -> Self {
        Self { method: asked.unwrap_or(roster.method()), n: roster.n(), f: roster.f() }
    }
}

/// Applies the rules to the answers of distinct oracles, sorted by oracle index. Spec: agreement A22.
///
/// `evidence` is the evidence root of the same set; its first eight bytes appear in the texts of rule 6.
/// Returns none if rule 1 or 7 forbids an outcome.
pub fn decide(rule: &Rule, answers: &[&Answer], evidence: &B256) -> Option<Outcome> {
    if answers.len() < 2 * rule.f + 1 {
        return None; // rule 1
    }
    let tally = Tally::of(answers);
    let chosen = match rule.method {
        Method::Mode => tally.majority(rule), // rule 2
        Method::PluralityCompat => return tally.plurality().or_else(|| tally.text(rule, evidence)), // rule 5
        Method::Median | Method::MedianUint256 | Method::MedianInt256 => tally.median(rule), // rule 3
    };
    let chosen = chosen.map(Outcome::Result).or_else(|| tally.common_error(rule).map(Outcome::Error)); // rule 4
    chosen.or_else(|| tally.text(rule, evidence)) // rules 6 and 7
}

/// Whether up to `missing` more answers could not change the rule that decides, nor a result in mode: nobody needs to
/// wait for them. More values only move a median between honest ones.
pub fn is_settled(rule: &Rule, answers: &[&Answer], missing: usize) -> bool {
    let tally = Tally::of(answers);
    match rule.method {
        _ if missing == 0 => true,
        Method::Mode => tally.is_majority_settled(rule, missing),
        Method::PluralityCompat => false,
        Method::Median | Method::MedianUint256 | Method::MedianInt256 => tally.median(rule).is_some(),
    }
}

/// Answers counted by kind.
struct Tally<'a> {
    results: Vec<&'a [u8]>,
    errors: Vec<&'a [u8]>,
    failures: Vec<FailureCode>,
}

impl<'a> Tally<'a> {
    fn of(answers: &[&'a Answer]) -> Self {
        let mut tally = Self { results: vec![], errors: vec![], failures: vec![] };
        for answer in answers {
            match answer {
                Answer::Result(bytes) => tally.results.push(bytes),
                Answer::UserError(bytes) => tally.errors.push(bytes),
                Answer::NodeFailure(code) => tally.failures.push(*code),
            }
        }
        tally
    }

    /// Answers of scripts; an oracle that failed counts as much as one that is absent.
    fn answered(&self) -> usize {
        self.results.len() + self.errors.len()
    }

    fn majority(&self, rule: &Rule) -> Option<Vec<u8>> {
        let (value, count) = most_frequent(&self.results)?;
        (count > rule.f && 2 * count > self.answered()).then(|| value.to_vec())
    }

    /// There is a majority that stays one, or there will be none, and no common error either.
    fn is_majority_settled(&self, rule: &Rule, missing: usize) -> bool {
        let count = |values: &[&'a [u8]]| most_frequent(values).map_or(0, |(_, count)| count);
        let (top, all) = (count(&self.results), self.answered() + missing);
        let stays = top > rule.f && 2 * top > all;
        let may_come = top + missing > rule.f && 2 * (top + missing) > all;
        let may_fail =
            count(&self.errors) + missing > rule.f && self.errors.len() + missing > self.results.len();
        stays || !may_come && !may_fail
    }

    fn median(&self, rule: &Rule) -> Option<Vec<u8>> {
        let mut values = self.results.clone();
        match rule.method {
            Method::MedianUint256 => {
                values.retain(|value| value.len() == 32);
                values.sort_unstable();
            }
            Method::MedianInt256 => {
                values.retain(|value| value.len() == 32);
                values.sort_unstable_by_key(|value| int256_rank(value));
            }
            _ => values.sort_unstable_by_key(|value| (value.len(), *value)),
        }
        if values.len() < 2 * rule.f + 1 {
            return None;
        }
        values.get((values.len() - 1) / 2).map(|value| value.to_vec())
    }

    fn common_error(&self, rule: &Rule) -> Option<Vec<u8>> {
        let (text, count) = most_frequent(&self.errors)?;
        (count > rule.f && self.errors.len() > self.results.len()).then(|| text.to_vec())
    }

    /// The upstream plugin's rule: the first value to reach the top count, in oracle order.
    fn plurality(&self) -> Option<Outcome> {
        let errored = self.errors.len() > self.results.len();
        let values = if errored { &self.errors } else { &self.results };
        let mut counts: BTreeMap<&[u8], usize> = BTreeMap::new();
        let mut best: Option<(&[u8], usize)> = None;
        for value in values {
            let count = counts.entry(value).and_modify(|count| *count += 1).or_insert(1);
            if best.is_none_or(|(_, top)| *count > top) {
                best = Some((value, *count));
            }
        }
        let (value, _) = best?;
        Some(if errored { Outcome::Error(value.to_vec()) } else { Outcome::Result(value.to_vec()) })
    }

    /// Rules 6 and 7.
    fn text(&self, rule: &Rule, evidence: &B256) -> Option<Outcome> {
        let (k, u) = (self.results.len(), self.errors.len());
        let seen = k + u + self.failures.len();
        let secrets = self.secrets_failure(rule);
        let reason = match secrets {
            Some(_) => "DON_SECRETS",
            None if self.answered() < 2 * rule.f + 1 => return None, // rule 7
            None if u > k => "DON_USER_ERRORS_DIFFER",
            None => "DON_DIVERGED",
        };
        let top = most_frequent(&self.results).map_or(0, |(_, count)| count);
        let need = match rule.method {
            Method::Mode => (rule.f + 1).max(self.answered() / 2 + 1),
            _ => 2 * rule.f + 1,
        };
        let code = secrets.map(|code| format!(" code={}", code as u8)).unwrap_or_default();
        let mark = hex::encode(evidence.as_slice().get(..8).unwrap_or_default());
        let method = rule.method.name();
        let (n, f) = (rule.n, rule.f);
        Some(Outcome::Error(
            format!("{reason} n={n} f={f} obs={seen} ok={k} err={u} top={top} need={need} {method}{code} ev={mark}")
                .into_bytes(),
        ))
    }

    fn secrets_failure(&self, rule: &Rule) -> Option<FailureCode> {
        let count = |code: FailureCode| self.failures.iter().filter(|&&other| other == code).count();
        [FailureCode::SecretsMissing, FailureCode::Decryption].into_iter().find(|&code| count(code) > rule.f)
    }
}

/// The most frequent value and its count; among equals the smallest bytes.
fn most_frequent<'a>(values: &[&'a [u8]]) -> Option<(&'a [u8], usize)> {
    let mut counts: BTreeMap<&[u8], usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts.into_iter().min_by_key(|&(value, count)| (Reverse(count), value))
}

/// Two's complement becomes ordered like unsigned bytes when the sign bit is flipped.
fn int256_rank(value: &[u8]) -> Vec<u8> {
    let mut rank = value.to_vec();
    if let Some(first) = rank.first_mut() {
        *first ^= 0x80;
    }
    rank
}

#[cfg(test)]
mod tests;
