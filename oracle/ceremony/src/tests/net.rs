//! Participants, and channels between them that keep their order and lose nothing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ed25519_dalek::{Signer as _, SigningKey};
use functions_tdh2::{
    PrivateShare, PublicKey,
    rand_core::{CryptoRng, Error, RngCore, impls},
};
use zeroize::Zeroizing;

use crate::{Ceremony, Culprit, Effect, Input, Keys, Outcome, Reason, Signer, Terms};

use super::actors::Actor;

/// Numbers of a test: SplitMix64.
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next_u64() % u64::try_from(limit).unwrap()).unwrap()
    }
}

impl RngCore for Numbers {
    fn next_u32(&mut self) -> u32 {
        u32::try_from(self.next_u64() >> 32).unwrap()
    }
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn fill_bytes(&mut self, to: &mut [u8]) {
        impls::fill_bytes_via_next(self, to);
    }
    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(to);
        Ok(())
    }
}

impl CryptoRng for Numbers {}

#[derive(Clone)]
pub(super) struct Key(pub(super) SigningKey);

impl Key {
    /// The key that participants called `name` have in all tests.
    pub(super) fn of(name: u8) -> Self {
        Self(SigningKey::from_bytes(&[name + 1; 32]))
    }

    pub(super) fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }
}

impl Signer for Key {
    fn sign(&self, text: &[u8]) -> [u8; 64] {
        self.0.sign(text).to_bytes()
    }
}

pub(super) fn publics(members: u8) -> Vec<[u8; 32]> {
    (0..members).map(|name| Key::of(name).public()).collect()
}

pub(super) type Node = Ceremony<Key>;

/// A ceremony's participants, by place, and what is on its way.
pub(super) struct Net {
    pub(super) terms: Terms,
    pub(super) nodes: Vec<Node>,
    pub(super) actors: BTreeMap<u8, Box<dyn Actor>>,
    pub(super) numbers: Numbers,
    names: Vec<u8>,
    channels: BTreeMap<(u8, u8), VecDeque<Vec<u8>>>,
    first: Vec<(u8, Vec<Effect>)>,
}

impl Net {
    /// Participants whose keys are called `names` and who have `shares` of an old key.
    pub(super) fn new(terms: &Terms, names: &[u8], shares: &[Option<&PrivateShare>], seed: u64) -> Self {
        let mut numbers = Numbers(seed);
        let (mut nodes, mut first) = (Vec::new(), Vec::new());
        for (place, name) in (0..).zip(names) {
            let mut dice = Zeroizing::new([0; 32]);
            numbers.fill_bytes(&mut *dice);
            let share = shares.get(usize::from(place)).copied().flatten();
            let started = Ceremony::start(terms.clone(), place, Key::of(*name), share, dice);
            let (node, effects) = started.unwrap_or_else(|error| panic!("{error}"));
            nodes.push(node);
            first.push((place, effects));
        }
        Self {
            terms: terms.clone(),
            nodes,
            actors: BTreeMap::new(),
            numbers,
            names: names.to_vec(),
            channels: BTreeMap::new(),
            first,
        }
    }

    /// Members called 0, 1, …
    pub(super) fn of(terms: &Terms, seed: u64) -> Self {
        let names: Vec<u8> = terms.places().collect();
        Self::new(terms, &names, &[], seed)
    }

    pub(super) fn with(mut self, place: u8, actor: impl Actor + 'static) -> Self {
        self.actors.insert(place, Box::new(actor));
        self
    }

    pub(super) fn key(&self, place: u8) -> Key {
        Key::of(self.names[usize::from(place)])
    }

    pub(super) fn carry_out(&mut self, from: u8, effects: Vec<Effect>) {
        for effect in effects {
            let Effect::Send { to, bytes } = effect else { continue };
            let sent = match self.actors.get_mut(&from) {
                None => vec![(to, bytes.to_vec())],
                Some(actor) => {
                    let key = Key::of(self.names[usize::from(from)]);
                    actor.say(&self.terms, &key, from, to, &bytes, &mut self.numbers)
                }
            };
            for (to, bytes) in sent {
                self.channels.entry((from, to)).or_default().push_back(bytes);
            }
        }
    }

    /// Delivers in any order until nothing is on its way. `after` sees each participant that heard something.
    pub(super) fn settle_with(&mut self, mut after: impl FnMut(&mut Self, u8, Vec<Effect>)) {
        for (from, effects) in std::mem::take(&mut self.first) {
            self.carry_out(from, effects);
        }
        loop {
            let open: Vec<(u8, u8)> =
                self.channels.iter().filter(|(_, queue)| !queue.is_empty()).map(|(pair, _)| *pair).collect();
            if open.is_empty() {
                return;
            }
            let (from, to) = open[self.numbers.below(open.len())];
            let bytes = self.channels.get_mut(&(from, to)).and_then(VecDeque::pop_front).unwrap();
            let effects = self.nodes[usize::from(to)].step(Input::Message { from, bytes: &bytes });
            after(self, to, effects);
        }
    }

    pub(super) fn settle(&mut self) {
        self.settle_with(|net, place, effects| net.carry_out(place, effects));
    }

    /// All messages that were sent so far.
    pub(super) fn said(&self) -> Vec<Vec<u8>> {
        let bytes = |effect: &Effect| match effect {
            Effect::Send { bytes, .. } => Some(bytes.to_vec()),
            _ => None,
        };
        self.nodes.iter().flat_map(Ceremony::said).filter_map(bytes).collect()
    }

    /// All is said; then the time is up for everybody.
    pub(super) fn run(mut self) -> Self {
        self.settle();
        for node in &mut self.nodes {
            node.step(Input::Expire);
        }
        self
    }

    /// Whom the participant at a place names, and why.
    pub(super) fn named(&self, place: u8) -> BTreeSet<(u8, Reason)> {
        let failure = self.nodes[usize::from(place)].failure().unwrap_or_default();
        failure.iter().map(|Culprit { place, reason }| (*place, *reason)).collect()
    }

    /// Those that do as they should.
    pub(super) fn honest(&self) -> Vec<u8> {
        self.terms.places().filter(|place| !self.actors.contains_key(place)).collect()
    }

    pub(super) fn outcome(&self, place: u8) -> &Outcome {
        let node = &self.nodes[usize::from(place)];
        node.outcome().unwrap_or_else(|| panic!("{place} has none: {:?}", node.failure()))
    }

    /// The key and all shares, after it was seen that all have the same.
    pub(super) fn threshold_key(&self) -> (PublicKey, Vec<&PrivateShare>) {
        let mut keys = Vec::new();
        let mut shares = BTreeMap::new();
        for place in self.terms.places() {
            let outcome = self.outcome(place);
            assert_eq!(outcome.transcript, self.outcome(0).transcript);
            let Keys::Threshold { public, share } = &outcome.keys else { panic!("a threshold key") };
            if let Some(share) = share {
                assert!(share.belongs_to(public));
                assert_eq!(Some(share.index()), self.terms.at(place).unwrap().receives);
                shares.insert(share.index(), share);
            }
            keys.push(PublicKey::clone(public));
        }
        assert!(keys.windows(2).all(|two| two[0] == two[1]));
        (keys.pop().unwrap(), shares.into_values().collect())
    }
}
