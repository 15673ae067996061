//! Gathering what members say until enough say the same. Pure.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use serde_json::value::RawValue;

use crate::{
    MAX_ANSWER_BYTES, Malformed, Message, json,
    payload::{Answer, Gathered, Method},
};

/// The members of a DON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// The DON's id as its users write it.
    pub don_id: String,
    /// The accounts that members sign answers with, by their place.
    pub members: Vec<Address>,
    /// How many of them may be faulty.
    pub f: usize,
}

/// Why a member's answer does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotCounted {
    /// It does not decode.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The DON has no such member.
    #[error("no member has this place")]
    Stranger,
    /// It answered before.
    #[error("the member answered before")]
    Again,
    /// Somebody else signed.
    #[error("another account signed it")]
    Signer,
    /// It is the answer to another question.
    #[error("it answers another message")]
    Question,
}

/// What members said to a question so far. Each is heard once, by its place, whatever it said.
pub struct Collector<'a> {
    question: &'a Message,
    method: Method,
    roster: &'a Roster,
    heard: BTreeMap<usize, Option<(bool, Box<RawValue>)>>,
}

impl<'a> Collector<'a> {
    /// Nobody said anything.
    pub fn new(question: &'a Message, method: Method, roster: &'a Roster) -> Self {
        Self { question, method, roster, heard: BTreeMap::new() }
    }

    /// Hears the member at a place: an envelope with an [`Answer`], of at most [`MAX_ANSWER_BYTES`].
    ///
    /// # Errors
    /// [`NotCounted`]. The member has spoken all the same.
    pub fn hear(&mut self, place: usize, text: String) -> Result<(), NotCounted> {
        let member = self.roster.members.get(place).ok_or(NotCounted::Stranger)?;
        if self.heard.contains_key(&place) {
            return Err(NotCounted::Again);
        }
        let said = self.judge(*member, &text);
        let counted = said.as_ref().ok().map(|success| {
            (*success, RawValue::from_string(text).expect("a message that was decoded is JSON"))
        });
        self.heard.insert(place, counted);
        said.map(drop)
    }

    fn judge(&self, member: Address, text: &str) -> Result<bool, NotCounted> {
        let message = Message::decode(text, MAX_ANSWER_BYTES)?;
        if message.sender != member {
            return Err(NotCounted::Signer);
        }
        if !message.answers(self.question) {
            return Err(NotCounted::Question);
        }
        Ok(Answer::decode(message.payload.as_deref().unwrap_or_default(), self.method)?.success)
    }

    /// True once `f + 1` members did as they were asked, one of them honest; false once `n - f` did not. Then nothing
    /// that may come changes it.
    pub fn verdict(&self) -> Option<bool> {
        let count = |wanted: bool| self.counted().filter(|(success, _)| *success == wanted).count();
        let (n, f) = (self.roster.members.len(), self.roster.f);
        if count(true) > f {
            return Some(true);
        }
        (count(false) >= n.saturating_sub(f).max(1)).then_some(false)
    }

    /// Whether every member has spoken.
    pub fn is_complete(&self) -> bool {
        self.heard.len() == self.roster.members.len()
    }

    /// The payload for the sender: what counted, by place, as it came.
    pub fn gathered(&self, success: bool) -> Box<RawValue> {
        let node_responses = self.counted().map(|(_, text)| text.as_ref()).collect();
        json::raw(&Gathered { success, node_responses })
    }

    fn counted(&self) -> impl Iterator<Item = &(bool, Box<RawValue>)> {
        self.heard.values().flatten()
    }
}
