//! Which outcome the chain would take, with every faulty key signing everything.
//!
//! The Coordinator takes a quorum of signatures of members in force, whatever the configuration they were made under.
//! So signatures are counted for every configuration there has been, whichever they belong to (docs/spec/agreement.md,
//! "Why one outcome survives changes of the configuration").

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use alloy::primitives::B256;
use oracle_ocr::{Choice, RequestKey, message::BatchEntry};

use super::{Checked, Key, ensure};
use crate::don::Config;

/// Signatures of honest nodes.
pub struct Signatures {
    honest: BTreeSet<usize>,
    configs: Vec<Rc<Config>>,
    /// Who signed what under which configuration in which attempt.
    signers: BTreeMap<(Key, u32, Choice), BTreeSet<usize>>,
    /// Who signed several together, by hash, with what is signed.
    together: BTreeMap<B256, (Vec<BatchEntry>, BTreeSet<usize>)>,
    /// The one outcome of each request that may be taken while a configuration is in force.
    acceptable: BTreeMap<(B256, RequestKey), B256>,
}

impl Signatures {
    /// Of these nodes.
    #[must_use]
    pub const fn new(honest: BTreeSet<usize>) -> Self {
        Self {
            honest,
            configs: Vec::new(),
            signers: BTreeMap::new(),
            together: BTreeMap::new(),
            acceptable: BTreeMap::new(),
        }
    }

    /// There is a configuration; what was signed before may be acceptable under it.
    ///
    /// # Errors
    /// When two outcomes of a request are.
    pub fn on_config(&mut self, config: &Rc<Config>) -> Checked {
        self.configs.push(config.clone());
        let signed: Vec<_> = self.signers.keys().copied().collect();
        signed
            .into_iter()
            .try_for_each(|(key, attempt, choice)| self.accept(config, key, attempt, choice))?;
        let together: Vec<B256> = self.together.keys().copied().collect();
        together.into_iter().try_for_each(|hash| self.accept_batch(config, hash))
    }

    /// An honest member signed.
    ///
    /// # Errors
    /// When another outcome is acceptable already.
    pub fn add(&mut self, who: usize, key: Key, attempt: u32, choice: Choice) -> Checked {
        if !self.signers.entry((key, attempt, choice)).or_default().insert(who) {
            return Ok(());
        }
        let configs = self.configs.clone();
        configs.iter().try_for_each(|config| self.accept(config, key, attempt, choice))
    }

    /// At most one outcome of a request may be acceptable while a configuration is in force.
    fn accept(&mut self, in_force: &Config, key: Key, attempt: u32, choice: Choice) -> Checked {
        if !self.is_enough(in_force, key, attempt, choice) {
            return Ok(());
        }
        self.accept_outcome(in_force, key.1, choice.outcome, &format!("of attempt {attempt}"))
    }

    fn accept_outcome(&mut self, in_force: &Config, key: RequestKey, outcome: B256, what: &str) -> Checked {
        let known = *self.acceptable.entry((in_force.digest, key)).or_insert(outcome);
        ensure(known == outcome, || {
            let count = in_force.count;
            format!("agreement: two outcomes acceptable under configuration {count}, one {what}")
        })
    }

    /// An honest member signed several together.
    ///
    /// # Errors
    /// When another outcome of one of them is acceptable already.
    pub fn add_batch(&mut self, who: usize, hash: B256, entries: &[BatchEntry]) -> Checked {
        let (_, signers) = self.together.entry(hash).or_insert_with(|| (entries.to_vec(), BTreeSet::new()));
        if !signers.insert(who) {
            return Ok(());
        }
        let configs = self.configs.clone();
        configs.iter().try_for_each(|config| self.accept_batch(config, hash))
    }

    fn accept_batch(&mut self, in_force: &Config, hash: B256) -> Checked {
        if self.check_batch(in_force, hash).is_err() {
            return Ok(());
        }
        let entries = self.together.get(&hash).map(|(entries, _)| entries.clone()).unwrap_or_default();
        let mut entries = entries.into_iter();
        entries.try_for_each(|entry| self.accept_outcome(in_force, entry.key, entry.outcome, "of several"))
    }

    /// A report of several exists, or was paid for, while a configuration is in force.
    ///
    /// # Errors
    /// When it lacks signatures of honest members.
    pub fn check_batch(&self, in_force: &Config, hash: B256) -> Checked {
        let signers = self.together.get(&hash).map(|(_, signers)| signers);
        let honest = signers.map_or(0, |signers| of(in_force, signers));
        ensure(honest + self.faulty(in_force) >= in_force.roster.quorum(), || {
            format!("justification: a report of several with {honest} honest signatures")
        })
    }

    /// Whether a quorum may have signed this outcome alone, in some attempt.
    #[must_use]
    pub fn is_decided(&self, config: &Config, key: Key, choice: Choice) -> bool {
        let mut signed = self.signers.keys().filter(|(of, _, what)| (*of, *what) == (key, choice));
        signed.any(|(_, attempt, _)| self.is_enough(config, key, *attempt, choice))
    }

    fn faulty(&self, in_force: &Config) -> usize {
        in_force.members.iter().filter(|who| !self.honest.contains(who)).count()
    }

    /// A report exists, or was paid for, while a configuration is in force.
    ///
    /// # Errors
    /// When it lacks signatures of honest members.
    pub fn check(&self, in_force: &Config, key: Key, attempt: u32, choice: Choice) -> Checked {
        ensure(self.is_enough(in_force, key, attempt, choice), || {
            let honest = self.honest_signers(in_force, key, attempt, choice);
            format!("justification: a report with {honest} honest signatures")
        })
    }

    fn honest_signers(&self, in_force: &Config, key: Key, attempt: u32, choice: Choice) -> usize {
        let signers = self.signers.get(&(key, attempt, choice));
        signers.map_or(0, |signers| of(in_force, signers))
    }

    fn is_enough(&self, in_force: &Config, key: Key, attempt: u32, choice: Choice) -> bool {
        self.honest_signers(in_force, key, attempt, choice) + self.faulty(in_force)
            >= in_force.roster.quorum()
    }
}

/// How many of the signers are members.
fn of(in_force: &Config, signers: &BTreeSet<usize>) -> usize {
    signers.iter().filter(|who| in_force.members.contains(who)).count()
}
