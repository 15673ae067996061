//! The state machine: what is heard, what follows, what is said.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::{Signature, VerifyingKey};
use functions_tdh2::PrivateShare;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{
    Culprit, Outcome, Reason, Terms,
    heard::{EXPIRE, Heard},
    message::{Announcement, Deal, Message, Proof, echo_text},
    scheme::{Bodies, Scheme},
    task::scheme,
};

/// Signs for this participant, with Ed25519: the same text always gets the same signature.
pub trait Signer {
    /// The signature of `text`.
    fn sign(&self, text: &[u8]) -> [u8; 64];
}

impl<T: Signer + ?Sized> Signer for &T {
    fn sign(&self, text: &[u8]) -> [u8; 64] {
        (**self).sign(text)
    }
}

/// What a ceremony is told.
#[derive(Clone, Copy)]
pub enum Input<'a> {
    /// Bytes from the participant at this place. A channel keeps the order of its messages and loses none.
    Message {
        /// The sender's place, which the transport vouches for.
        from: u8,
        /// At most [`MAX_MESSAGE_BYTES`](crate::MAX_MESSAGE_BYTES); more are not looked at.
        bytes: &'a [u8],
    },
    /// The time is up.
    Expire,
}

/// What a ceremony asks for.
#[derive(Clone)]
pub enum Effect {
    /// Bytes for one participant, for its eyes alone.
    Send {
        /// Its place.
        to: u8,
        /// The message.
        bytes: Zeroizing<Vec<u8>>,
    },
    /// There is an outcome.
    Finished,
    /// There is none, or no more. Without culprits it is nobody's fault: repeat it.
    Failed(Vec<Culprit>),
}

/// Why a participant cannot begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no such place.
    #[error("the ceremony has no participant {0}")]
    Place(u8),
    /// The signer has another key than the participant.
    #[error("the key that signs is not that of participant {0}: check the roster and the key file")]
    Key(u8),
    /// An old member deals its share, and this is not it.
    #[error("an old member needs its share of the old key: this is none, or another's")]
    Share,
}

/// A participant of one ceremony. It has no `Debug`: it holds secrets, and wipes them when dropped.
pub struct Ceremony<S> {
    pub(crate) terms: Terms,
    pub(crate) me: u8,
    pub(crate) seed: Zeroizing<[u8; 32]>,
    pub(crate) heard: Vec<Heard>,
    signer: S,
    scheme: Box<dyn Scheme>,
    announced: Bodies,
    signatures: BTreeMap<u8, [u8; 64]>,
    /// Of all announcements, once they are there.
    hash: Option<[u8; 32]>,
    echoes: BTreeMap<u8, ([u8; 32], [u8; 64])>,
    exchanged: BTreeSet<u8>,
    certified: bool,
    /// Whose certificates and proofs were looked at: one each, for they cost time.
    judged: BTreeSet<(u8, bool)>,
    unchecked: BTreeMap<u8, Deal>,
    deals: Bodies,
    end: Option<Result<Outcome, Vec<Culprit>>>,
    said: Vec<Effect>,
    is_news: bool,
}

impl<S: Signer> Ceremony<S> {
    /// The participant at place `me`, and what it says first. Old members of a resharing give their `share`.
    ///
    /// Whoever knows the `seed` knows all that this participant deals: it comes from the system, once.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(
        terms: Terms,
        me: u8,
        signer: S,
        share: Option<&PrivateShare>,
        seed: Zeroizing<[u8; 32]>,
    ) -> Result<(Self, Vec<Effect>), StartError> {
        let own = terms.at(me).ok_or(StartError::Place(me))?;
        let deals = own.deals.is_some();
        let scheme = scheme(&terms, me, share, &seed).ok_or(StartError::Share)?;
        let text = [b"osa/ceremony/start/1".as_slice(), &terms.session, &[me]].concat();
        if !verifies(&terms, me, &text, &signer.sign(&text)) {
            return Err(StartError::Key(me));
        }
        let mut ceremony = Self {
            terms,
            me,
            seed,
            heard: Vec::new(),
            signer,
            scheme,
            announced: Bodies::new(),
            signatures: BTreeMap::new(),
            hash: None,
            echoes: BTreeMap::new(),
            exchanged: BTreeSet::new(),
            certified: false,
            judged: BTreeSet::new(),
            unchecked: BTreeMap::new(),
            deals: Bodies::new(),
            end: None,
            said: Vec::new(),
            is_news: false,
        };
        if deals {
            let body = ceremony.scheme.announcement();
            let text = Announcement::text(&ceremony.terms.session, me, &body);
            let announcement = Announcement { from: me, signature: ceremony.signer.sign(&text), body };
            ceremony.keep(announcement.clone());
            ceremony.broadcast(&Message::Announce(announcement));
        }
        let effects = ceremony.said.clone();
        Ok((ceremony, effects))
    }

    /// Hears one thing. The state is to be stored before the effects are carried out.
    pub fn step(&mut self, input: Input<'_>) -> Vec<Effect> {
        if matches!(self.end, Some(Err(_))) {
            return Vec::new();
        }
        let before = self.said.len();
        self.is_news = false;
        match input {
            Input::Message { from, bytes } if from != self.me && self.terms.at(from).is_some() => {
                if let Some(message) = Message::decode(bytes) {
                    self.hear(from, message);
                }
            }
            Input::Message { .. } => {}
            Input::Expire => self.expire(),
        }
        self.advance();
        if self.is_news || self.said.len() > before {
            let (from, bytes) = match input {
                Input::Message { from, bytes } => (from, bytes),
                Input::Expire => (EXPIRE, [].as_slice()),
            };
            self.heard.push(Heard { from, bytes: Zeroizing::new(bytes.to_vec()) });
        }
        self.said.get(before..).unwrap_or_default().to_vec()
    }

    /// All that was said so far, for members that may have missed it. Who heard it already takes no notice.
    pub fn said(&self) -> &[Effect] {
        &self.said
    }

    /// The keys, unless the ceremony goes on or failed.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.end.as_ref()?.as_ref().ok()
    }

    /// Why it failed, unless it did not.
    pub fn failure(&self) -> Option<&[Culprit]> {
        self.end.as_ref()?.as_ref().err().map(Vec::as_slice)
    }

    fn hear(&mut self, from: u8, message: Message) {
        match message {
            Message::Announce(announcement) => self.on_announcement(announcement),
            Message::Exchange(list) => {
                list.into_iter().for_each(|one| self.on_announcement(one));
                self.exchange(from);
            }
            Message::Echo { hash, signature } => self.on_echo(from, hash, signature),
            Message::Certificate { hash, signatures } => self.on_certificate(from, hash, &signatures),
            Message::Deal(deal) => self.on_deal(from, deal),
            Message::Accuse(proof) => {
                if self.judged.insert((from, true)) {
                    self.on_proof(proof);
                }
            }
        }
    }

    fn on_announcement(&mut self, announcement: Announcement) {
        let held = self.announced.get(&announcement.from);
        if announcement.from == self.me || held.is_some_and(|body| **body == announcement.body) {
            return;
        }
        if !self.is_signed(&announcement) {
            return;
        }
        if let Some(held) = self.held(announcement.from) {
            return self.accuse(Proof::Equivocation(held, announcement));
        }
        if !self.scheme.is_announcement(announcement.from, &announcement.body) {
            return self.accuse(Proof::Announcement(announcement));
        }
        self.keep(announcement);
    }

    fn on_echo(&mut self, from: u8, hash: [u8; 32], signature: [u8; 64]) {
        // The first counts, unless it is of another hash than this one's own, and a later one is of that.
        let is_own = self.hash == Some(hash);
        let counts = self.echoed(from).is_none_or(|held| is_own && held != hash);
        let text = echo_text(&self.terms.session, from, &hash);
        if !counts || !self.verifies(from, &text, &signature) {
            return;
        }
        self.echoes.insert(from, (hash, signature));
        self.is_news = true;
        if !is_own {
            self.exchange(from);
        }
    }

    fn on_certificate(&mut self, from: u8, hash: [u8; 32], signatures: &[[u8; 64]]) {
        if self.certified || self.hash != Some(hash) || signatures.len() != self.terms.participants.len() {
            return;
        }
        if !self.judged.insert((from, false)) {
            return;
        }
        let is_of = |(place, signature): (u8, &[u8; 64])| {
            self.verifies(place, &echo_text(&self.terms.session, place, &hash), signature)
        };
        if self.terms.places().zip(signatures).all(is_of) {
            let echoes =
                self.terms.places().zip(signatures).map(|(place, signature)| (place, (hash, *signature)));
            self.echoes = echoes.collect();
            self.is_news = true;
        }
    }

    fn on_deal(&mut self, from: u8, deal: Deal) {
        let is_new = !self.unchecked.contains_key(&from) && !self.deals.contains_key(&from);
        // A deal of other announcements shows nothing: it is as if it had not come.
        let counts = is_new && self.hash.is_none_or(|hash| hash == deal.hash);
        if counts && deal.from == from && deal.to == self.me && self.is_deal(&deal) {
            self.unchecked.insert(from, deal);
            self.is_news = true;
        }
    }

    /// Somebody shows what somebody did.
    fn on_proof(&mut self, proof: Proof) {
        let holds = match &proof {
            Proof::Equivocation(first, second) => {
                first.from == second.from
                    && first.body != second.body
                    && self.is_signed(first)
                    && self.is_signed(second)
            }
            Proof::Announcement(one) => {
                self.is_signed(one) && !self.scheme.is_announcement(one.from, &one.body)
            }
            Proof::Deal(deal) => self.is_deal(deal) && Some(deal.hash) == self.hash && !self.fits(deal),
        };
        if holds {
            self.accuse(proof);
        }
    }

    /// What follows from all that was heard.
    fn advance(&mut self) {
        if matches!(self.end, Some(Err(_))) {
            return;
        }
        if self.hash.is_none() && self.announced.len() == self.terms.dealers().count() {
            self.echo();
        }
        let Some(hash) = self.hash else {
            return;
        };
        if !self.certified && self.terms.places().all(|place| self.echoed(place) == Some(hash)) {
            self.certified = true;
            self.deal(hash);
        }
        if !self.certified {
            return;
        }
        for (from, deal) in std::mem::take(&mut self.unchecked) {
            if deal.hash != hash {
                continue;
            }
            if !self.fits(&deal) {
                return self.accuse(Proof::Deal(deal));
            }
            self.deals.insert(from, deal.body);
        }
        if self.end.is_none() && self.lacking().is_empty() {
            self.finish(hash);
        }
    }

    fn echo(&mut self) {
        let mut sum =
            Sha256::new_with_prefix("osa/ceremony/announcements/1").chain_update(self.terms.session);
        for (place, body) in &self.announced {
            sum.update([*place]);
            sum.update(u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
            sum.update(&**body);
        }
        let hash = sum.finalize().into();
        self.hash = Some(hash);
        let signature = self.signer.sign(&echo_text(&self.terms.session, self.me, &hash));
        self.echoes.insert(self.me, (hash, signature));
        self.broadcast(&Message::Echo { hash, signature });
        let others = self.echoes.iter().filter(|(_, (other, _))| *other != hash);
        let others: Vec<u8> = others.map(|(place, _)| *place).collect();
        others.into_iter().for_each(|place| self.exchange(place));
    }

    fn deal(&mut self, hash: [u8; 32]) {
        let signatures = self.echoes.values().map(|(_, signature)| *signature).collect();
        self.broadcast(&Message::Certificate { hash, signatures });
        if !self.terms.dealers().any(|place| place == self.me) {
            return;
        }
        for (to, body) in self.scheme.deals(&self.announced) {
            let signature = self.signer.sign(&Deal::text(&self.terms.session, self.me, to, &hash, &body));
            let deal = Deal { from: self.me, to, hash, signature, body };
            self.send(to, Message::Deal(deal).encode());
        }
    }

    fn finish(&mut self, hash: [u8; 32]) {
        let Some(keys) = self.scheme.keys(&self.announced, &self.deals) else {
            return self.fail(Vec::new());
        };
        let transcript = Sha256::new_with_prefix("osa/ceremony/transcript/1")
            .chain_update(self.terms.session)
            .chain_update(hash)
            .chain_update(keys.public())
            .finalize()
            .into();
        self.end = Some(Ok(Outcome { transcript, keys }));
        self.said.push(Effect::Finished);
    }

    fn expire(&mut self) {
        if self.end.is_some() {
            return;
        }
        let silent = |place| Culprit { place, reason: Reason::Silent };
        let culprits = match self.hash {
            None => {
                let dealers = self.terms.dealers().filter(|place| !self.announced.contains_key(place));
                dealers.map(silent).collect()
            }
            Some(hash) if !self.certified => {
                let judge = |place| match self.echoed(place) {
                    Some(echo) if echo == hash => None,
                    Some(_) => Some(Culprit { place, reason: Reason::Echo }),
                    None => Some(silent(place)),
                };
                self.terms.places().filter_map(judge).collect()
            }
            Some(_) => self.lacking().into_iter().map(silent).collect(),
        };
        self.fail(culprits);
    }

    /// Dealers whose deals are due and not there.
    fn lacking(&self) -> Vec<u8> {
        let receives = self.terms.receivers().any(|place| place == self.me);
        let is_due = |place: &u8| receives && *place != self.me && !self.deals.contains_key(place);
        self.terms.dealers().filter(is_due).collect()
    }

    fn echoed(&self, place: u8) -> Option<[u8; 32]> {
        self.echoes.get(&place).map(|(hash, _)| *hash)
    }

    fn held(&self, from: u8) -> Option<Announcement> {
        let (body, signature) = (self.announced.get(&from)?, self.signatures.get(&from)?);
        Some(Announcement { from, signature: *signature, body: body.to_vec() })
    }

    fn keep(&mut self, announcement: Announcement) {
        self.signatures.insert(announcement.from, announcement.signature);
        self.announced.insert(announcement.from, Zeroizing::new(announcement.body));
        self.is_news = true;
    }

    /// Sends all announcements to somebody who has others, or has what is lacking here; once.
    fn exchange(&mut self, to: u8) {
        if self.exchanged.insert(to) {
            let list = self.announced.keys().filter_map(|place| self.held(*place)).collect();
            self.send(to, Message::Exchange(list).encode());
        }
    }

    fn accuse(&mut self, proof: Proof) {
        let (place, reason) = match &proof {
            Proof::Equivocation(one, _) => (one.from, Reason::Equivocation),
            Proof::Announcement(one) => (one.from, Reason::Announcement),
            Proof::Deal(deal) => (deal.from, Reason::Deal),
        };
        if !matches!(self.end, Some(Err(_))) {
            self.broadcast(&Message::Accuse(proof));
            self.fail(vec![Culprit { place, reason }]);
        }
    }

    fn fail(&mut self, culprits: Vec<Culprit>) {
        self.said.push(Effect::Failed(culprits.clone()));
        self.end = Some(Err(culprits));
    }

    /// Whether a dealer signed this announcement.
    fn is_signed(&self, one: &Announcement) -> bool {
        let text = Announcement::text(&self.terms.session, one.from, &one.body);
        self.terms.dealers().any(|place| place == one.from) && self.verifies(one.from, &text, &one.signature)
    }

    /// Whether a dealer signed this deal for a receiver.
    fn is_deal(&self, deal: &Deal) -> bool {
        let text = Deal::text(&self.terms.session, deal.from, deal.to, &deal.hash, &deal.body);
        deal.from != deal.to
            && self.terms.dealers().any(|place| place == deal.from)
            && self.terms.receivers().any(|place| place == deal.to)
            && self.verifies(deal.from, &text, &deal.signature)
    }

    fn fits(&self, deal: &Deal) -> bool {
        let announced = self.announced.get(&deal.from);
        announced.is_some_and(|announced| self.scheme.is_deal(deal.from, deal.to, announced, &deal.body))
    }

    fn verifies(&self, place: u8, text: &[u8], signature: &[u8; 64]) -> bool {
        verifies(&self.terms, place, text, signature)
    }

    fn broadcast(&mut self, message: &Message) {
        let bytes = message.encode();
        for to in self.terms.places().filter(|place| *place != self.me) {
            self.said.push(Effect::Send { to, bytes: bytes.clone() });
        }
    }

    fn send(&mut self, to: u8, bytes: Zeroizing<Vec<u8>>) {
        self.said.push(Effect::Send { to, bytes });
    }
}

/// Whether the participant at `place` signed `text`.
fn verifies(terms: &Terms, place: u8, text: &[u8], signature: &[u8; 64]) -> bool {
    let key = terms.at(place).and_then(|one| VerifyingKey::from_bytes(&one.key).ok());
    key.is_some_and(|key| key.verify_strict(text, &Signature::from_bytes(signature)).is_ok())
}
