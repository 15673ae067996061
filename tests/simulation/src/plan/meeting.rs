//! What does harm only where it meets something else, and would seldom do so by chance.

use super::{Actor, Answers, Attack, Fault, Kind, Plan, What, first_of_order};
use crate::random::Random;

/// Attacks of leaders.
const OF_LEADERS: [Attack; 4] =
    [Attack::ForgingLeader, Attack::ForgingLeader, Attack::CherryPicker, Attack::CertificateForger];
/// Answers that need a leader, with and without one that most members give.
const DISPUTED: [Answers; 4] =
    [Answers::OneDiffers, Answers::OneDiffers, Answers::AllDiffer, Answers::ErrorsDiffer];

impl Plan {
    /// Makes some runs such a meeting. Chance of its own leaves the rest of a seed's plan as it is.
    pub(super) fn meet(&mut self, kinds: &[Kind], forgetful: &[usize]) {
        let mut random = Random::new(self.seed, 6);
        let any = |kind| kinds.contains(&kind);
        match random.below(10) {
            0 if any(Kind::Network) && any(Kind::Pool) => self.strand(&mut random),
            1..=3 if any(Kind::Attack) && forgetful.is_empty() => self.lead(&mut random),
            4 if any(Kind::Attack) && forgetful.is_empty() => self.withhold(),
            5 if any(Kind::Attack) => self.forge_votes(&mut random),
            _ => {}
        }
    }

    /// In some runs many ask at once, so that reports wait for each other and go together.
    pub(super) fn crowd(&mut self) {
        let mut random = Random::new(self.seed, 7);
        if self.n <= 10 && random.percent(25) {
            self.requests = usize::try_from(random.between(10, 24)).unwrap_or(10);
            self.spacing = random.pick(&[0, 5, 40]);
            // What answers differ about goes alone.
            if random.percent(60) {
                self.answers = Answers::Agree;
            }
        }
    }

    /// One node hears nothing of what the others agree on, and no connection breaks; the gas price keeps their report
    /// from the chain, so that only they can tell it.
    fn strand(&mut self, random: &mut Random) {
        let node = random.below(self.n as u64);
        let at = random.below(1_000);
        let lasts = self.calm_at - at + random.below(6_000);
        let cut = What::Cut { mask: 1 << node, lasts, is_noticed: false };
        let dear = What::Price { times: 5, lasts: self.calm_at + 60_000 };
        self.faults.extend([cut, dear].map(|what| Fault { at, what }));
    }

    /// Whoever leads first does not follow the rules, and there is something to lead.
    fn lead(&mut self, random: &mut Random) {
        self.answers = random.pick(&DISPUTED);
        let attack = random.pick(&OF_LEADERS);
        self.put_first(attack);
    }

    /// Leaders say nothing of what they saw, and as many others have seen nothing yet.
    fn withhold(&mut self) {
        self.answers = Answers::Agree;
        self.put_first(Attack::Withholder);
        let honest = (0..self.n).filter(|who| self.is_honest(*who));
        self.slow = honest.take((self.n - 1) / 3).collect();
    }

    /// One member may lock on votes that are signed badly, and nobody would believe its lock.
    fn forge_votes(&mut self, random: &mut Random) {
        self.answers = random.pick(&DISPUTED);
        self.is_divided = true;
        let faulty = self.actors.iter_mut().filter(|actor| **actor != Actor::Honest);
        faulty.for_each(|actor| *actor = Actor::Faulty(Attack::BadSignature));
    }

    /// All that may be faulty come first in the order of the first request.
    fn put_first(&mut self, attack: Attack) {
        self.is_divided = false;
        self.actors.fill(Actor::Honest);
        for first in first_of_order(self.n, (self.n - 1) / 3) {
            self.actors[first] = Actor::Faulty(attack);
        }
    }
}
