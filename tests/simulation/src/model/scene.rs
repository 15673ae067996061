//! What is given: the members, who of them lies, and what each observes.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    rc::Rc,
};

use alloy::primitives::B256;
use oracle_ocr::{
    Body, Message, OracleIndex, Outcome, RequestEvent, RequestKey,
    layout::{self, Domain},
};
use test_signing::Keys;

use crate::don::{COORDINATORS, Config, request_id};

/// Members.
const MEMBERS: usize = 4;

/// One distribution of roles.
pub struct Scene {
    pub(super) config: Config,
    pub(super) keys: Vec<Keys>,
    pub(super) event: RequestEvent,
    pub(super) key: RequestKey,
    /// The faulty member.
    pub(super) liar: OracleIndex,
    /// The others.
    pub(super) honest: Vec<OracleIndex>,
    /// The value each observes, by its place: 1 or 2.
    pub(super) values: [u8; MEMBERS],
    name: String,
}

/// All of them: the liar leads the first attempt, the second, or none; the others observe the same, or one differs.
#[must_use]
pub fn scenes() -> Vec<Scene> {
    let odd = [None, Some(0), Some(1), Some(2)];
    (0..3).flat_map(|liar| odd.map(|odd| Scene::new(liar, odd))).collect()
}

impl Scene {
    fn new(liar: usize, odd: Option<usize>) -> Self {
        let keys: Vec<Keys> = (0..MEMBERS).map(|who| Keys::of(who, false)).collect();
        let config = Config::new(1, (0..MEMBERS).collect(), &keys);
        let event = RequestEvent {
            request: request_id(0, B256::ZERO),
            coordinator: COORDINATORS[0],
            commitment: vec![7; 352],
            aggregation: None,
            event_seconds: 1_000,
            seen_at: 0,
        };
        let order: Vec<OracleIndex> = config.roster.order(&event.request).iter().collect();
        let honest: Vec<OracleIndex> =
            order.iter().copied().filter(|member| *member != order[liar]).collect();
        let mut values = [1; MEMBERS];
        if let Some(odd) = odd {
            values[usize::from(honest[odd].get())] = 2;
        }
        let leads = ["the first attempt", "the second attempt", "no attempt"][liar];
        let seen = odd
            .map_or("all see the same".to_owned(), |odd| format!("number {odd} of the others sees another"));
        let name = format!("the liar leads {leads}, {seen}");
        Self { key: event.key(), liar: order[liar], config, keys, event, honest, values, name }
    }

    pub(super) fn domain(&self) -> Domain {
        Domain { config_digest: self.config.digest, key: self.key }
    }
}

impl fmt::Display for Scene {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name)
    }
}

/// Messages by their number.
#[derive(Default)]
pub(super) struct Words {
    list: Vec<Rc<Message>>,
    numbers: HashMap<Vec<u8>, u32>,
    /// Outcomes that were spoken of.
    pub(super) outcomes: BTreeMap<B256, Outcome>,
}

impl Words {
    pub(super) fn number(&mut self, message: &Message) -> u32 {
        match &message.body {
            Body::Propose(proposal) => self.learn(Some(proposal.outcome.clone())),
            Body::Observation(signed) => self.learn(Outcome::of_answer(&signed.observation.answer)),
            _ => {}
        }
        let next = u32::try_from(self.list.len()).expect("few messages");
        *self.numbers.entry(message.encode()).or_insert_with(|| {
            self.list.push(Rc::new(message.clone()));
            next
        })
    }

    fn learn(&mut self, outcome: Option<Outcome>) {
        self.outcomes.extend(outcome.map(|outcome| (layout::outcome(&outcome), outcome)));
    }

    pub(super) fn get(&self, number: u32) -> &Rc<Message> {
        &self.list[number as usize]
    }
}
