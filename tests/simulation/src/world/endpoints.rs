//! What a node takes from its endpoints while one of them forges: `AGREE` of `ENDPOINTS` must say the same, by the real
//! rule (`oracle/src/chain/agree.rs`). Which of them is asked first is chance.

use std::{
    hash::{DefaultHasher, Hash, Hasher as _},
    rc::Rc,
};

use alloy::primitives::{Address, B256};
use functions_node::{
    chain::agree::{Opinion, alike, judge, reached},
    transmit::Simulated,
};

use super::World;
use crate::chain::{Block, contract::Happened};

/// A node's endpoints.
const ENDPOINTS: usize = 3;
/// How many of them must say the same.
const AGREE: usize = 2;
/// Blocks or nonces that a lie adds.
const FAR: u64 = 1_000;

/// A log as an endpoint shows it, at its place in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Shown {
    /// As it is.
    True(usize),
    /// A request with another script.
    Changed(usize),
    /// A response that nobody gave.
    MadeUp,
}

impl Shown {
    const fn place(&self) -> usize {
        match self {
            Self::True(place) | Self::Changed(place) => *place,
            Self::MadeUp => usize::MAX,
        }
    }
}

impl World {
    pub(super) fn is_forged(&self, shell: usize) -> bool {
        self.now < self.shells[shell].forged_until
    }

    /// Chance that leaves the rest of the run as it is.
    fn chance(&self, shell: usize, about: u64) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.plan.seed, self.now, shell, about).hash(&mut hasher);
        hasher.finish()
    }

    /// One question to one endpoint after the other until the answers decide.
    fn ask_all<T: Clone, D>(
        &self,
        chance: u64,
        truth: &T,
        lie: &T,
        decide: impl Fn(&[Opinion<T>]) -> Option<D>,
    ) -> Option<D> {
        let liar = usize::try_from(chance >> 8).unwrap_or(0) % ENDPOINTS;
        let say = |place| if place == liar { lie.clone() } else { truth.clone() };
        let all: Vec<Opinion<T>> = (0..ENDPOINTS).map(|place| (place, say(place))).collect();
        (1..=ENDPOINTS).find_map(|asked| decide(&all[..asked]))
    }

    /// The logs of a block in their order. `None` when the endpoints do not agree, which two that tell the truth do.
    pub(super) fn logs(&self, shell: usize, block: &Block) -> Option<Vec<Shown>> {
        let truth: Vec<Shown> = (0..block.events.len()).map(Shown::True).collect();
        if !self.is_forged(shell) {
            return Some(truth);
        }
        let is_request = |place: &usize| matches!(block.events[*place], Happened::Requested(_));
        let change = |place: usize| {
            if is_request(&place) { Shown::Changed(place) } else { Shown::True(place) }
        };
        let chance = self.chance(shell, block.number);
        let lie = match chance % 4 {
            0 => Vec::new(),
            1 => vec![Shown::MadeUp],
            2 => truth.iter().copied().chain([Shown::MadeUp]).collect(),
            _ => truth.iter().map(|shown| change(shown.place())).collect(),
        };
        let agreed = self.ask_all(chance, &truth, &lie, |answers| judge(AGREE, answers, Shown::place))?;
        let mut logs = agreed.things;
        logs.sort_unstable_by_key(Shown::place);
        Some(logs)
    }

    /// A response to some request that is open.
    pub(super) fn made_up(&self, block: &Block) -> Option<Happened> {
        let id = *block.state.open.keys().next()?;
        Some(Happened::Responded { id, transmitter: Address::ZERO, tx_hash: B256::ZERO })
    }

    /// The newest block that enough endpoints have; `None` when that is none of the chain.
    pub(super) fn agreed_head(&self, shell: usize) -> Option<Rc<Block>> {
        let view = self.view(shell);
        if !self.is_forged(shell) {
            return Some(view);
        }
        let chance = self.chance(shell, u64::MAX);
        let lie = if chance.is_multiple_of(2) { view.number + FAR } else { view.number / 2 };
        let decide = |answers: &[Opinion<Option<u64>>]| reached(AGREE, answers).flatten();
        view.at(self.ask_all(chance, &Some(view.number), &Some(lie), decide)?)
    }

    /// The account's nonce.
    pub(super) fn agreed_nonce(&self, shell: usize, truth: u64) -> Option<u64> {
        if !self.is_forged(shell) {
            return Some(truth);
        }
        let chance = self.chance(shell, truth);
        let lie = if chance.is_multiple_of(2) { truth + FAR } else { 0 };
        self.ask_all(chance, &truth, &lie, |answers| alike(AGREE, answers))
    }

    /// What a report would do; `None` when the endpoints do not agree.
    pub(super) fn agreed_trial(&self, shell: usize, truth: Simulated) -> Option<Simulated> {
        if !self.is_forged(shell) {
            return Some(truth);
        }
        let chance = self.chance(shell, 0);
        let lie = match &truth {
            Simulated::Code(0 | 1) if chance.is_multiple_of(2) => Simulated::Reverts("forged".to_owned()),
            Simulated::Code(0 | 1) => Simulated::Code(2),
            _ => Simulated::Code(0),
        };
        let decide = |answers: &[Opinion<Vec<bool>>]| judge(AGREE, answers, |_| ());
        let is_true = self.ask_all(chance, &vec![true], &vec![false], decide)?.things.pop()?;
        Some(if is_true { truth } else { lie })
    }
}
