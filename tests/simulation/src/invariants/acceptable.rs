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
use oracle_ocr::{Choice, RequestKey};

use super::{Checked, Key, ensure};
use crate::don::Config;

/// Signatures of honest nodes.
pub struct Signatures {
    honest: BTreeSet<usize>,
    configs: Vec<Rc<Config>>,
    /// Who signed what under which configuration in which attempt.
    signers: BTreeMap<(Key, u32, Choice), BTreeSet<usize>>,
    /// The one outcome of each request that may be taken while a configuration is in force.
    acceptable: BTreeMap<(B256, RequestKey), B256>,
}

impl Signatures {
    /// Of these nodes.
    #[must_use]
    pub const fn new(honest: BTreeSet<usize>) -> Self {
        Self { honest, configs: Vec::new(), signers: BTreeMap::new(), acceptable: BTreeMap::new() }
    }

    /// There is a configuration; what was signed before may be acceptable under it.
    ///
    /// # Errors
    /// When two outcomes of a request are.
    pub fn on_config(&mut self, config: &Rc<Config>) -> Checked {
        self.configs.push(config.clone());
        let signed: Vec<_> = self.signers.keys().copied().collect();
        signed.into_iter().try_for_each(|(key, attempt, choice)| self.accept(config, key, attempt, choice))
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
        let known = *self.acceptable.entry((in_force.digest, key.1)).or_insert(choice.outcome);
        ensure(known == choice.outcome, || {
            let count = in_force.count;
            format!(
                "agreement: two outcomes acceptable under configuration {count}, one of attempt {attempt}"
            )
        })
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
        signers.map_or(0, |signers| signers.iter().filter(|who| in_force.members.contains(who)).count())
    }

    fn is_enough(&self, in_force: &Config, key: Key, attempt: u32, choice: Choice) -> bool {
        let faulty = in_force.members.iter().filter(|who| !self.honest.contains(who)).count();
        self.honest_signers(in_force, key, attempt, choice) + faulty >= in_force.roster.quorum()
    }
}
