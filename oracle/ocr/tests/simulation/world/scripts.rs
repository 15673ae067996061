//! When scripts run and what they answer.

use alloy_primitives::B256;
use oracle_ocr::{Observation, RequestKey};

use super::{Event, World};
use crate::scenario::{Answers, Mutation};

impl World {
    pub(super) fn is_able(&self, node: usize) -> bool {
        self.scenario.answers != Answers::SomeNever || !node.is_multiple_of(3)
    }

    pub(super) fn execute(&mut self, node: usize, copy: usize, key: RequestKey) {
        let life = self.nodes[node].life;
        let took = if self.scenario.exact {
            node as u64
        } else if self.chance(10) {
            self.below(3_000)
        } else {
            self.below(200)
        };
        self.at(self.now + took, Event::Executed { node, copy, key, life });
    }

    /// What the script answers on this node; another life or copy may see something else.
    pub(super) fn answer(
        &mut self,
        node: usize,
        copy: usize,
        life: u32,
        key: RequestKey,
    ) -> Option<Observation> {
        let hash = B256::repeat_byte(node as u8);
        let value = |value: usize| Some(Observation::result(vec![0xaa, value as u8], hash));
        if copy > 0 {
            return value(200 + copy);
        }
        let fails = self.scenario.answers == Answers::SomeFail && self.fails(node, key);
        match self.scenario.answers {
            _ if life > 0 && self.scenario.mutation == Mutation::Amnesia => value(100 + life as usize),
            Answers::Agree => value(0),
            Answers::OneDiffers => value(usize::from(node == 0)),
            Answers::Split => value(node % 2),
            Answers::AllDiffer => value(node),
            Answers::UserErrors => Some(Observation::user_error(vec![b'E', (node % 5 / 4) as u8], hash)),
            Answers::SomeFail if fails => None,
            Answers::SomeNever if node.is_multiple_of(3) => None,
            Answers::SomeFail | Answers::SomeNever => value(0),
        }
    }

    /// A third of the oracles: the first two runs come to nothing.
    fn fails(&mut self, node: usize, key: RequestKey) -> bool {
        if !node.is_multiple_of(3) {
            return false;
        }
        let tries = self.nodes[node].tries.entry(key).or_default();
        *tries += 1;
        *tries <= 2
    }
}
