//! One member's part in making keys, as a function of what it hears.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::B256;
use oracle_keys::{Ceremonies, Culprit, Said};

use super::frame::{self, Content};

/// How long a member that has ended stays for others, in milliseconds.
const STAY_MS: u64 = 30_000;
/// How long what was said last may take to leave this machine.
const LEAVE_MS: u64 = 200;
/// Between two lines about one peer, or about those that are not there yet.
const LINE_MS: u64 = 60_000;
/// Before members are said to be missing.
const MISSING_MS: u64 = 3_000;

/// What a session is told.
pub(crate) enum Event<'a> {
    /// A fresh stream to the member: it may have missed what was said.
    Connected(u8),
    /// A frame from it.
    Frame { from: u8, bytes: &'a [u8] },
    /// Time passes.
    Tick,
}

/// What it asks for, to be done in the order given.
pub(crate) enum Action {
    /// The state goes to the disk; if it does not, nothing after this is done.
    Store,
    Send {
        to: u8,
        frame: Vec<u8>,
    },
    /// The keys go into the keystore.
    Keep,
    /// Words for the operator.
    Say(String),
    /// It is over.
    Leave,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With keys that all members have.
    Kept,
    /// Without; why, a line for everybody to blame.
    Failed(Vec<String>),
}

/// See the module's documentation.
pub(crate) struct Session {
    ceremonies: Ceremonies,
    /// Peer ids of the members, by index.
    names: Vec<String>,
    timeout_ms: u64,
    started_ms: u64,
    /// Those that make the same keys.
    there: BTreeSet<u8>,
    transcripts: BTreeMap<u8, B256>,
    ended: BTreeSet<u8>,
    /// When all were there.
    began_ms: Option<u64>,
    end: Option<(u64, End)>,
    leave_ms: Option<u64>,
    said_ms: BTreeMap<Option<u8>, u64>,
}

impl Session {
    /// A session at `now_ms`. `timeout_ms` is how long members have, once all are there; `kept`, whether an earlier run
    /// kept the keys already, so that it is here for the others alone.
    pub(crate) fn new(
        ceremonies: Ceremonies,
        names: Vec<String>,
        timeout_ms: u64,
        kept: bool,
        now_ms: u64,
    ) -> Self {
        let own = ceremonies.transcript().map(|transcript| (ceremonies.me(), transcript));
        let mut session = Self {
            ceremonies,
            names,
            timeout_ms,
            started_ms: now_ms,
            there: BTreeSet::new(),
            transcripts: own.into_iter().collect(),
            ended: BTreeSet::new(),
            began_ms: None,
            end: kept.then_some((now_ms, End::Kept)),
            leave_ms: None,
            said_ms: BTreeMap::new(),
        };
        if let Some(culprits) = session.ceremonies.failure().filter(|_| !kept) {
            session.end = Some((now_ms, End::Failed(session.blame(&culprits))));
        }
        session
    }

    pub(crate) const fn ceremonies(&self) -> &Ceremonies {
        &self.ceremonies
    }

    /// How it ended, unless it goes on.
    pub(crate) fn end(&self) -> Option<&End> {
        self.end.as_ref().map(|(_, end)| end)
    }

    /// Other members that have not said that they need nothing more, in words.
    pub(crate) fn unfinished(&self) -> Vec<String> {
        self.others().filter(|index| !self.ended.contains(index)).map(|index| self.name(index)).collect()
    }

    /// What follows.
    pub(crate) fn on(&mut self, now_ms: u64, event: Event<'_>) -> Vec<Action> {
        match event {
            Event::Connected(to) => self.all_for(to),
            Event::Frame { from, bytes } => self.on_frame(now_ms, from, bytes),
            Event::Tick => self.on_tick(now_ms),
        }
    }

    /// All that was said to a member, for it may have missed it.
    fn all_for(&self, to: u8) -> Vec<Action> {
        let mut frames = vec![self.frame(Content::Hello)];
        let said = self.ceremonies.said().into_iter().filter(|said| said.to == to);
        frames.extend(said.map(|said| self.frame(Content::Ceremony(&said.bytes))));
        frames.extend(self.own_transcript().map(|own| self.frame(Content::Transcript(own))));
        frames.extend(self.end.is_some().then(|| self.frame(Content::Ended)));
        frames.into_iter().map(|frame| Action::Send { to, frame }).collect()
    }

    fn on_frame(&mut self, now_ms: u64, from: u8, bytes: &[u8]) -> Vec<Action> {
        let Some((id, content)) = frame::decode(bytes) else {
            let words =
                "says nothing that belongs here: if its node runs, stop it and run `functions-node dkg`";
            return self.complain(now_ms, from, words);
        };
        if id != self.ceremonies.id() {
            let words = "makes keys for another configuration, threshold or attempt: use the same options";
            return self.complain(now_ms, from, words);
        }
        let mut actions = Vec::new();
        if self.there.insert(from) && self.began_ms.is_none() && self.missing().is_empty() {
            self.began_ms = Some(now_ms);
            actions.push(Action::Say("all members are there".to_owned()));
        }
        match content {
            Content::Hello => {}
            Content::Ceremony(message) => {
                let said = self.ceremonies.step(from, message);
                actions.extend(self.after(now_ms, said));
            }
            Content::Transcript(transcript) => {
                self.transcripts.entry(from).or_insert(transcript);
                actions.extend(self.compare(now_ms));
            }
            Content::Ended => {
                self.ended.insert(from);
            }
        }
        actions
    }

    /// What follows from what a ceremony says.
    fn after(&mut self, now_ms: u64, said: Vec<Said>) -> Vec<Action> {
        let outcome = self.ceremonies.transcript().filter(|_| self.own_transcript().is_none());
        let failure = self.ceremonies.failure().filter(|_| self.end.is_none());
        let mut actions = Vec::new();
        if !said.is_empty() || outcome.is_some() || failure.is_some() {
            actions.push(Action::Store);
        }
        let frames = said.iter().map(|said| (said.to, self.frame(Content::Ceremony(&said.bytes))));
        actions.extend(frames.map(|(to, frame)| Action::Send { to, frame }));
        if let Some(own) = outcome {
            self.transcripts.insert(self.ceremonies.me(), own);
            actions.extend(self.broadcast(Content::Transcript(own)));
            actions.extend(self.compare(now_ms));
        }
        if let Some(culprits) = failure {
            let lines = self.blame(&culprits);
            actions.extend(self.finish(now_ms, End::Failed(lines)));
        }
        actions
    }

    /// Keeps the keys once everybody tells the same of them.
    fn compare(&mut self, now_ms: u64) -> Vec<Action> {
        let Some(own) = self.own_transcript().filter(|_| self.end.is_none()) else { return Vec::new() };
        let others = self.transcripts.iter().filter(|(_, told)| **told != own).map(|(index, _)| *index);
        let others: Vec<u8> = others.collect();
        if !others.is_empty() {
            let line = |index: u8| format!("{} tells of another outcome", self.name(index));
            let lines = others.into_iter().map(line).collect();
            return self.finish(now_ms, End::Failed(lines));
        }
        if self.transcripts.len() < self.names.len() {
            return Vec::new();
        }
        let mut actions = vec![Action::Keep];
        actions.extend(self.finish(now_ms, End::Kept));
        actions
    }

    fn on_tick(&mut self, now_ms: u64) -> Vec<Action> {
        if let Some((at, _)) = &self.end {
            let until = *at + STAY_MS;
            if self.unfinished().is_empty() {
                self.leave_ms.get_or_insert(now_ms + LEAVE_MS);
            }
            let is_over = now_ms >= self.leave_ms.unwrap_or(until).min(until);
            return if is_over { vec![Action::Leave] } else { Vec::new() };
        }
        let Some(began) = self.began_ms else { return self.tell_missing(now_ms) };
        if now_ms < began.saturating_add(self.timeout_ms) {
            return Vec::new();
        }
        if self.own_transcript().is_none() {
            let said = self.ceremonies.expire();
            return self.after(now_ms, said);
        }
        let untold = self.others().filter(|index| !self.transcripts.contains_key(index));
        let lines = untold.map(|index| format!("{} did not tell its outcome", self.name(index))).collect();
        self.finish(now_ms, End::Failed(lines))
    }

    fn tell_missing(&mut self, now_ms: u64) -> Vec<Action> {
        let is_early = now_ms < self.started_ms + MISSING_MS;
        if is_early || !self.is_time_for(now_ms, None) {
            return Vec::new();
        }
        let missing: Vec<String> = self.missing().into_iter().map(|index| self.name(index)).collect();
        let words = format!(
            "waiting for {}: run `functions-node dkg` there, with the same options",
            missing.join(", ")
        );
        vec![Action::Say(words)]
    }

    fn finish(&mut self, now_ms: u64, end: End) -> Vec<Action> {
        self.end = Some((now_ms, end));
        self.broadcast(Content::Ended)
    }

    fn complain(&mut self, now_ms: u64, from: u8, words: &str) -> Vec<Action> {
        if !self.is_time_for(now_ms, Some(from)) {
            return Vec::new();
        }
        vec![Action::Say(format!("{} {words}", self.name(from)))]
    }

    /// Whether a line about a member, or about all that are missing, is due.
    fn is_time_for(&mut self, now_ms: u64, about: Option<u8>) -> bool {
        let is_due = self.said_ms.get(&about).is_none_or(|at| now_ms.abs_diff(*at) >= LINE_MS);
        if is_due {
            self.said_ms.insert(about, now_ms);
        }
        is_due
    }

    fn blame(&self, culprits: &[Culprit]) -> Vec<String> {
        culprits.iter().map(|culprit| format!("{} {}", self.name(culprit.place), culprit.reason)).collect()
    }

    fn name(&self, index: u8) -> String {
        let id = self.names.get(usize::from(index)).map_or("", String::as_str);
        format!("oracle {index} ({id})")
    }

    fn own_transcript(&self) -> Option<B256> {
        self.transcripts.get(&self.ceremonies.me()).copied()
    }

    fn others(&self) -> impl Iterator<Item = u8> + use<> {
        let me = self.ceremonies.me();
        (0..u8::try_from(self.names.len()).unwrap_or(u8::MAX)).filter(move |index| *index != me)
    }

    fn missing(&self) -> Vec<u8> {
        self.others().filter(|index| !self.there.contains(index)).collect()
    }

    fn frame(&self, content: Content<'_>) -> Vec<u8> {
        frame::encode(self.ceremonies.id(), content)
    }

    fn broadcast(&self, content: Content<'_>) -> Vec<Action> {
        self.others().map(|to| Action::Send { to, frame: self.frame(content) }).collect()
    }
}
