//! An explanation, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use functions_types::FailureCode;
use oracle_ocr::OracleIndex;
use oracle_ocr::evidence::{Flaw, Kind, Said};
use serde_json::{Value, json};

use super::cause::{self, Cause, Facts, Gas};
use super::nodes::{self, Answer, Nothing};
use super::report::OnChain;
use crate::copied;
use crate::output::{link, visible};
use crate::request::found::{Found, reason};
use crate::simulate::decode::hex;

/// Digits of an answer that are shown in a line.
const MAX_SHOWN: usize = 66;

/// All there is to say.
pub(super) struct Explained {
    pub(super) found: Found,
    pub(super) on_chain: Option<OnChain>,
    /// What a further request may ask for.
    pub(super) gas: Gas,
    pub(super) answers: Vec<Answer>,
    /// What each node's evidence is worth; empty unless asked for.
    pub(super) checks: Vec<Result<(), Flaw>>,
}

/// One member's part.
struct Part<'a> {
    oracle: u8,
    said: Option<&'a Said>,
    counted: bool,
    signed: bool,
    transmitted: bool,
}

impl Explained {
    fn cause(&self) -> Cause {
        let error = self.found.done().map(|done| String::from_utf8_lossy(&done.error).into_owned());
        let (waits_for, unseen) = (nodes::reasons(&self.answers), nodes::unseen(&self.answers));
        cause::of(&Facts {
            id: self.found.started.id,
            subscription: self.found.started.subscription,
            consumer: self.found.started.consumer,
            callback_gas_limit: self.found.started.callback_gas_limit,
            at: copied::at(),
            key: copied::key(),
            don: &self.found.don(),
            gas: self.gas,
            state: self.found.state(),
            error: error.as_deref().unwrap_or_default(),
            refusal: self.found.refusals.last().map(|refusal| reason(refusal.result_code)),
            waits_for: waits_for.as_deref(),
            is_asked: !self.answers.is_empty(),
            unseen: unseen.as_ref(),
        })
    }

    /// Every member's part, as far as it is known. What nodes say of others goes unchecked unless asked for; then what
    /// does not hold is left out.
    fn parts(&self) -> Vec<Part<'_>> {
        let mut said: BTreeMap<u8, (&Said, bool)> = BTreeMap::new();
        let is_refuted = |place: usize| {
            self.checks
                .get(place)
                .is_some_and(|check| check.as_ref().is_err_and(|flaw| *flaw != Flaw::NoBasis))
        };
        let believed = self.answers.iter().enumerate().filter(|(place, _)| !is_refuted(*place));
        for evidence in believed.filter_map(|(_, answer)| answer.evidence.as_ref().ok()) {
            for one in &evidence.basis {
                said.insert(one.oracle, (one, true));
            }
            for one in &evidence.others {
                said.entry(one.oracle).or_insert((one, false));
            }
        }
        let members: Vec<u8> = match &self.on_chain {
            Some(on_chain) => on_chain.roster.indexes().map(OracleIndex::get).collect(),
            None => said.keys().copied().collect(),
        };
        let by = self.found.done().map(|done| done.transmitter);
        let part = |oracle: u8| {
            let index = OracleIndex::new(oracle);
            let member = self.on_chain.as_ref().and_then(|on_chain| on_chain.roster.oracle(index));
            let said = said.get(&oracle);
            Part {
                oracle,
                said: said.map(|(said, _)| *said),
                counted: said.is_some_and(|(_, counted)| *counted),
                signed: self.on_chain.as_ref().is_some_and(|on_chain| on_chain.is_signed_by(index)),
                transmitted: member.is_some_and(|member| Some(member.transmitter) == by),
            }
        };
        members.into_iter().map(part).collect()
    }

    /// One JSON object: the request as `status` shows it, and how it came to that. Juels are decimal strings.
    pub(super) fn json(&self) -> Value {
        let cause = self.cause();
        let report = self.on_chain.as_ref().map(|on_chain| {
            json!({
                "configDigest": on_chain.roster.config_digest().to_string(),
                "attempt": on_chain.attested.attempt,
                "extraHash": on_chain.extra_hash.to_string(),
                "requests": on_chain.requests,
                "gasUsed": on_chain.gas.0,
                "gasPriceWei": on_chain.gas.1.to_string(),
            })
        });
        let member = |part: Part<'_>| {
            json!({
                "oracle": part.oracle,
                "observation": part.said.map(|said| json!({
                    "kind": said.kind,
                    "data": hex(&said.data),
                    "counted": part.counted,
                })),
                "signed": part.signed,
                "transmitted": part.transmitted,
            })
        };
        let node = |(place, answer): (usize, &Answer)| {
            let checked = self.checks.get(place);
            json!({
                "url": answer.url,
                "state": answer.page.as_ref().ok().map(|page| &page.state),
                "reason": answer.page.as_ref().ok().and_then(|page| page.reason.as_ref()),
                "problem": answer.page.as_ref().err().map(Nothing::why).or(answer.evidence.as_ref().err().map(String::as_str)),
                "verified": checked.map(Result::is_ok),
                "flaw": checked.and_then(|check| check.as_ref().err()).map(ToString::to_string),
            })
        };
        json!({
            "request": self.found.json(),
            "report": report,
            "members": self.parts().into_iter().map(member).collect::<Vec<_>>(),
            "nodes": self.answers.iter().enumerate().map(node).collect::<Vec<_>>(),
            "cause": cause.words,
            "next": cause.next,
        })
    }

    /// The same for people.
    pub(super) fn text(&self) -> String {
        let mut out = self.found.text();
        out.push('\n');
        self.write(&mut out).expect("writing to a string does not fail");
        out.trim_end().to_owned()
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        if let Some(on_chain) = &self.on_chain {
            let attested = &on_chain.attested;
            let way = match attested.attempt {
                0 => "a quorum saw the same".to_owned(),
                attempt => format!("decided in attempt {attempt}"),
            };
            let (count, n) = (attested.signatures.len(), on_chain.roster.n());
            writeln!(out, "  report       {way}; signed by {count} of {n} members")?;
            writeln!(out, "  extra hash   {}", on_chain.extra_hash)?;
            let (used, price) = on_chain.gas;
            let shared = match on_chain.requests {
                1 => String::new(),
                count => format!(" for the {count} requests that went together"),
            };
            writeln!(out, "  gas          {used} at {price} wei{shared}, paid by the transmitter")?;
        }
        if let Some(done) = self.found.done() {
            let rest = self.found.started.reserved.get().saturating_sub(done.charged.get());
            writeln!(out, "  released     {} of the reservation", link(rest))?;
        }
        for part in self.parts() {
            writeln!(out, "  member {:<6}{}", part.oracle, line(&part, self.on_chain.is_some()))?;
        }
        for (place, answer) in self.answers.iter().enumerate() {
            let said = match (&answer.page, &answer.evidence) {
                (Err(Nothing::Unknown(why)), _) => format!("says {}", visible(why)),
                (Err(Nothing::Silent(why)), _) => format!("shows nothing: {}", visible(why)),
                (Ok(page), Err(why)) => {
                    format!("says {}; no evidence: {}", visible(&page.state), visible(why))
                }
                (Ok(page), Ok(_)) => format!("says {}", visible(&page.state)),
            };
            let checked = match self.checks.get(place) {
                Some(Ok(())) => "; its evidence holds".to_owned(),
                Some(Err(flaw)) if answer.evidence.is_ok() => format!("; its evidence: {flaw}"),
                _ => String::new(),
            };
            writeln!(out, "  node         {} {said}{checked}", visible(&answer.url))?;
        }
        let Cause { words, next } = self.cause();
        writeln!(out, "  cause        {}", visible(&words))?;
        match next {
            Some(next) => writeln!(out, "  next         {next}"),
            None => Ok(()),
        }
    }
}

/// `is_decided` when there is a report: before it nothing counts yet.
fn line(part: &Part<'_>, is_decided: bool) -> String {
    let mut words = match part.said {
        Some(said) => format!("observed {}", answer(said)),
        None => "nothing is known of what it observed".to_owned(),
    };
    if is_decided && part.said.is_some() && !part.counted {
        words.push_str(", which did not count");
    }
    if part.signed {
        words.push_str("; signed");
    }
    if part.transmitted {
        words.push_str("; transmitted");
    }
    words
}

fn answer(said: &Said) -> String {
    match said.kind {
        Kind::Result => {
            let digits = hex(&said.data);
            match digits.get(..MAX_SHOWN) {
                Some(first) if digits.len() > MAX_SHOWN => format!("{first}… ({} bytes)", said.data.len()),
                _ => digits,
            }
        }
        Kind::UserError => format!("error {:?}", visible(&String::from_utf8_lossy(&said.data))),
        Kind::NodeFailure => {
            let code = said.data.first().copied().and_then(FailureCode::from_byte);
            format!("nothing: {}", code.map_or("an unknown failure", FailureCode::text))
        }
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::{B256, B512};

    use super::*;

    #[test]
    fn nothing_counts_or_does_not_before_there_is_a_report() {
        let said = Said {
            oracle: 1,
            kind: Kind::Result,
            data: vec![7].into(),
            metadata_hash: B256::ZERO,
            signature: B512::ZERO,
        };
        let part = Part { oracle: 1, said: Some(&said), counted: false, signed: false, transmitted: false };
        assert_eq!(line(&part, false), "observed 0x07");
        assert_eq!(line(&part, true), "observed 0x07, which did not count");
    }
}
