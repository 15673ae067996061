//! Makes a failing run small: fewer faults, requests and attackers, as long as it breaks the same rule.

use std::fmt;

use crate::{
    plan::{Actor, Kind, Plan},
    world::World,
};

/// A seed's plan, and what is left out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The seed.
    pub seed: u64,
    /// Members.
    pub n: usize,
    /// What may go wrong.
    pub kinds: Vec<Kind>,
    /// Requests, if not as many as the seed says.
    pub requests: Option<usize>,
    /// The faults kept, by their place in the seed's plan.
    pub faults: Option<Vec<usize>>,
    /// The attackers kept.
    pub attackers: Option<Vec<usize>>,
}

impl Case {
    /// All that a seed says.
    #[must_use]
    pub const fn whole(seed: u64, n: usize, kinds: Vec<Kind>) -> Self {
        Self { seed, n, kinds, requests: None, faults: None, attackers: None }
    }

    /// Its plan.
    #[must_use]
    pub fn plan(&self) -> Plan {
        let mut plan = Plan::random(self.seed, self.n, &self.kinds);
        plan.requests = self.requests.unwrap_or(plan.requests);
        if let Some(kept) = &self.faults {
            let all = plan.faults.into_iter().enumerate();
            plan.faults = all.filter(|(place, _)| kept.contains(place)).map(|(_, fault)| fault).collect();
        }
        if let Some(kept) = &self.attackers {
            let all = plan.actors.iter_mut().enumerate();
            all.filter(|(who, _)| !kept.contains(who)).for_each(|(_, actor)| *actor = Actor::Honest);
        }
        plan
    }

    /// Runs it; the rule it breaks, if it does.
    #[must_use]
    pub fn violation(&self) -> Option<String> {
        World::new(self.plan()).run().violation
    }

    /// The smallest case found that breaks the same rule, and how it says so.
    #[must_use]
    pub fn shrink(self, violation: String) -> (Self, String) {
        let (mut best, mut said) = (self, violation);
        loop {
            let smaller = best.candidates().into_iter().find_map(|candidate| {
                let found = candidate.violation()?;
                (kind(&found) == kind(&said)).then_some((candidate, found))
            });
            let Some((case, violation)) = smaller else { return (best, said) };
            (best, said) = (case, violation);
        }
    }

    fn candidates(&self) -> Vec<Self> {
        let plan = self.plan();
        let mut smaller = Vec::new();
        for n in [4, 7, 10].into_iter().filter(|n| *n < self.n) {
            smaller.push(Self { n, faults: None, attackers: None, ..self.clone() });
        }
        if plan.requests > 1 {
            smaller.push(Self { requests: Some(1), ..self.clone() });
        }
        let faults: Vec<usize> = self.faults.clone().unwrap_or_else(|| (0..plan.faults.len()).collect());
        let half = faults.len() / 2;
        if half > 0 {
            smaller.push(Self { faults: Some(faults[..half].to_vec()), ..self.clone() });
            smaller.push(Self { faults: Some(faults[half..].to_vec()), ..self.clone() });
        }
        for place in 0..faults.len() {
            let mut kept = faults.clone();
            kept.remove(place);
            smaller.push(Self { faults: Some(kept), ..self.clone() });
        }
        let attackers: Vec<usize> = (0..plan.actors.len()).filter(|who| !plan.is_honest(*who)).collect();
        for place in 0..attackers.len() {
            let mut kept = attackers.clone();
            kept.remove(place);
            smaller.push(Self { attackers: Some(kept), ..self.clone() });
        }
        smaller
    }
}

/// The kind of a violation: what stands before its colon.
fn kind(violation: &str) -> &str {
    violation.split(':').next().unwrap_or(violation)
}

/// As options of `./scripts/sim`.
impl fmt::Display for Case {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Kind::ALL.iter().filter(|(_, kind)| self.kinds.contains(kind)).map(|(name, _)| *name);
        let mix: Vec<&str> = names.collect();
        let mix = if mix.is_empty() { "none".to_owned() } else { mix.join(",") };
        write!(out, "--first-seed {} --seeds 1 --nodes {} --mix {mix}", self.seed, self.n)?;
        if let Some(requests) = self.requests {
            write!(out, " --requests {requests}")?;
        }
        let list = |numbers: &[usize]| {
            let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            if numbers.is_empty() { "none".to_owned() } else { numbers.join(",") }
        };
        if let Some(faults) = &self.faults {
            write!(out, " --faults {}", list(faults))?;
        }
        if let Some(attackers) = &self.attackers {
            write!(out, " --attackers {}", list(attackers))?;
        }
        Ok(())
    }
}
