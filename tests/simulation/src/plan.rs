//! What happens in one run: who takes part, what scripts answer, what goes wrong and when.

mod meeting;

use alloy::primitives::B256;
use test_signing::Keys;

use crate::{
    don::{Config, request_id},
    random::Random,
};

/// How a node behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Follows the protocol; may crash, lose its disk, see a wrong clock or a lagging chain.
    Honest,
    /// One of the adversaries of [`crate::adversary`].
    Faulty(Attack),
}

/// What a faulty node does; the modules of [`crate::adversary`] say how, and which check of the protocol it attacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the name of a module that says what it does")]
pub enum Attack {
    Mute,
    Late(u64),
    Equivocator,
    Twin(u64),
    ForgingLeader,
    CherryPicker,
    CertificateForger,
    LyingStatus,
    AttemptRunner,
    BadSignature,
    Replayer,
    Garbage,
    Colluders,
    Miser,
    Withholder,
}

/// What scripts answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// Everybody the same.
    Agree,
    /// One node another.
    OneDiffers,
    /// Two values.
    Split,
    /// Each node another.
    AllDiffer,
    /// Errors of the script, mostly the same.
    Errors,
    /// Mostly errors, each another.
    ErrorsDiffer,
    /// A third of the nodes cannot run the script at first.
    SomeFail,
    /// A third of the nodes never can, and the others differ: there is nothing to agree on.
    SomeNever,
}

/// Something that goes wrong at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Milliseconds from the beginning.
    pub at: u64,
    /// What.
    pub what: What,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "`node` is a node, `lasts` and `down` milliseconds")]
pub enum What {
    /// The process dies at its next work: before the commit (0), after it (1), amid messages (2) or orders (3).
    Crash { node: usize, down: u64, point: u8 },
    /// As [`What::Crash`], and the disk is lost.
    Amnesia { node: usize, down: u64 },
    /// No messages between the nodes of the mask and the others; connections break, or nobody notices.
    Cut { mask: u64, lasts: u64, is_noticed: bool },
    /// So many blocks leave the chain; their transactions come again, shuffled when `shuffled`.
    Reorg { depth: usize, shuffled: bool },
    /// The node's wall clock jumps by so many milliseconds.
    Jump { node: usize, by: i64 },
    /// The node's endpoint shows the chain as it was so many milliseconds ago.
    Lag { node: usize, by: u64, lasts: u64 },
    /// The node's endpoint leaves out logs.
    Withhold { node: usize, lasts: u64 },
    /// The node's endpoint does not answer.
    Deaf { node: usize, lasts: u64 },
    /// One endpoint of each node of the mask says what it likes; the others are enough to agree.
    Forge { mask: u64, lasts: u64 },
    /// The coordinator gets a configuration with these members.
    Rotate { members: Vec<usize> },
    /// The route leads to this coordinator, which gets the members of the one before when it has none.
    Route { to: usize },
    /// The pool forgets every transaction.
    Forget,
    /// The base fee is multiplied by so much.
    Price { times: u64, lasts: u64 },
}

/// How a request appears again after its block left the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// With the same id and commitment.
    Stable,
    /// With the same id and another commitment.
    Shifting,
    /// As another request.
    Fresh,
}

/// Kinds of faults that a run may be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the name of what goes wrong")]
pub enum Kind {
    Attack,
    Restart,
    Amnesia,
    Network,
    Reorg,
    Clock,
    Rpc,
    Rotation,
    Pool,
    Route,
    Forge,
}

impl Kind {
    /// All of them with their names on the command line.
    pub const ALL: [(&str, Self); 11] = [
        ("attack", Self::Attack),
        ("restart", Self::Restart),
        ("amnesia", Self::Amnesia),
        ("network", Self::Network),
        ("reorg", Self::Reorg),
        ("clock", Self::Clock),
        ("rpc", Self::Rpc),
        ("rotation", Self::Rotation),
        ("pool", Self::Pool),
        ("route", Self::Route),
        ("forge", Self::Forge),
    ];
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Where chance begins.
    pub seed: u64,
    /// Members of the first configuration: nodes 0 to n - 1.
    pub n: usize,
    /// All nodes, members or not.
    pub actors: Vec<Actor>,
    /// Faulty nodes keep the others from an end of the fast path and of attempts ([`crate::adversary::divider`]).
    pub is_divided: bool,
    /// What scripts answer.
    pub answers: Answers,
    /// Nodes whose scripts run longer than the others wait for them.
    pub slow: Vec<usize>,
    /// Requests, one every `spacing` milliseconds.
    pub requests: usize,
    /// See `requests`.
    pub spacing: u64,
    /// What becomes of a request's id in another block.
    pub identity: Identity,
    /// Messages lost and doubled before `calm_at`, in percent.
    pub loss: u64,
    /// See `loss`.
    pub duplication: u64,
    /// Longest delay of a message before and after `calm_at`.
    pub wild_delay: u64,
    /// See `wild_delay`.
    pub calm_delay: u64,
    /// From then on nothing goes wrong but what faulty nodes do.
    pub calm_at: u64,
    /// Between two blocks.
    pub block_ms: u64,
    /// Longest wait of what was said for its commit.
    pub sync_ms: u64,
    /// Fixed delays and running times, for measurements.
    pub exact: bool,
    /// The real curves.
    pub real_signatures: bool,
    /// What goes wrong, by time.
    pub faults: Vec<Fault>,
}

impl Plan {
    /// No faults: every message takes 50 ms, a script as many milliseconds as its node's number.
    #[must_use]
    pub fn calm(n: usize, requests: usize, answers: Answers) -> Self {
        Self {
            seed: n as u64,
            n,
            actors: vec![Actor::Honest; n],
            is_divided: false,
            answers,
            slow: Vec::new(),
            requests,
            spacing: 300,
            identity: Identity::Stable,
            loss: 0,
            duplication: 0,
            wild_delay: 50,
            calm_delay: 50,
            calm_at: 0,
            block_ms: 250,
            sync_ms: 0,
            exact: true,
            real_signatures: false,
            faults: Vec::new(),
        }
    }

    /// A run of `n` members with some of these kinds of faults; their order makes no difference.
    #[must_use]
    pub fn random(seed: u64, n: usize, kinds: &[Kind]) -> Self {
        let mut random = Random::new(seed, 1);
        let f = (n - 1) / 3;
        let any = |kind| kinds.contains(&kind);
        let mut plan = Self::calm(n, usize::try_from(1 + random.below(3)).unwrap_or(1), Answers::Agree);
        plan.seed = seed;
        plan.exact = false;
        plan.answers = random.pick(&[
            Answers::Agree,
            Answers::Agree,
            Answers::OneDiffers,
            Answers::Split,
            Answers::AllDiffer,
            Answers::Errors,
            Answers::ErrorsDiffer,
            Answers::SomeFail,
            Answers::SomeNever,
        ]);
        plan.spacing = random.pick(&[50, 700, 3_000]);
        plan.block_ms = random.pick(&[250, 1_000, 3_000]);
        plan.sync_ms = random.pick(&[0, 3, 20]);
        plan.identity = random.pick(&[Identity::Stable, Identity::Shifting, Identity::Fresh]);
        plan.calm_delay = random.pick(&[5, 50, 150]);
        plan.calm_at = if kinds.is_empty() { 0 } else { 3_000 + random.below(27_000) };
        if any(Kind::Network) {
            plan.loss = random.pick(&[0, 5, 30]);
            plan.duplication = random.pick(&[0, 10]);
            plan.wild_delay = random.pick(&[100, 600, 3_000]);
        }
        // Whoever may be silent for ever counts: attackers and those that lost what they said.
        let mut faulty =
            if random.percent(75) { f } else { usize::try_from(random.below(f as u64 + 1)).unwrap_or(0) };
        // Everybody can compute who leads and collects: some wait for a request in whose order they come first.
        let victims = if random.percent(50) {
            let first = first_of_order(n, faulty + usize::from(random.percent(50)));
            random.some(faulty, first.len()).into_iter().map(|place| first[place]).collect()
        } else {
            random.some(faulty, n)
        };
        plan.is_divided = any(Kind::Attack) && random.percent(50);
        let together = random.percent(30).then(|| attack(&mut random));
        let mut forgetful = Vec::new();
        for node in victims {
            match (any(Kind::Attack), any(Kind::Amnesia)) {
                (true, true) if random.percent(40) => forgetful.push(node),
                (true, _) => {
                    let attack = together.unwrap_or_else(|| attack(&mut random));
                    plan.actors[node] = Actor::Faulty(attack);
                }
                (false, true) => forgetful.push(node),
                (false, false) => faulty = 0,
            }
        }
        let _ = faulty;
        plan.add_faults(&mut random, kinds, &forgetful);
        plan.meet(kinds, &forgetful);
        plan.crowd();
        plan
    }

    fn add_faults(&mut self, random: &mut Random, kinds: &[Kind], forgetful: &[usize]) {
        let (n, until) = (self.n as u64, self.calm_at);
        let node = |random: &mut Random| usize::try_from(random.below(n)).unwrap_or(0);
        for &node in forgetful {
            let what = What::Amnesia { node, down: random.below(5_000) };
            self.faults.push(Fault { at: random.below(until), what });
        }
        // In whatever order they were given.
        for (_, kind) in Kind::ALL.iter().filter(|(_, kind)| kinds.contains(kind)) {
            let most = match kind {
                Kind::Attack | Kind::Amnesia => 0,
                Kind::Restart => 12,
                Kind::Network | Kind::Reorg => 4,
                Kind::Rotation | Kind::Route | Kind::Forge => 2,
                Kind::Clock | Kind::Rpc | Kind::Pool => 3,
            };
            for _ in 0..random.below(most + 1) {
                let lasts = 200 + random.below(6_000);
                let what = match kind {
                    Kind::Attack | Kind::Amnesia => continue,
                    Kind::Restart => What::Crash {
                        node: node(random),
                        down: random.below(4_000),
                        point: u8::try_from(random.below(4)).unwrap_or(0),
                    },
                    Kind::Network => {
                        let masks = [1 << node(random), random.below(u64::MAX)];
                        let mask = random.pick(&masks);
                        What::Cut { mask, lasts, is_noticed: random.percent(50) }
                    }
                    Kind::Reorg => What::Reorg {
                        depth: usize::try_from(1 + random.below(6)).unwrap_or(1),
                        shuffled: random.percent(50),
                    },
                    Kind::Clock => {
                        let by = random.pick(&[-3_600_000, -5_000, -200, 200, 5_000, 3_600_000]);
                        What::Jump { node: node(random), by }
                    }
                    Kind::Rpc => {
                        let node = node(random);
                        match random.below(3) {
                            0 => What::Lag { node, by: random.below(8_000), lasts },
                            1 => What::Withhold { node, lasts },
                            _ => What::Deaf { node, lasts },
                        }
                    }
                    Kind::Rotation => {
                        let most = usize::try_from(n).unwrap_or(4);
                        self.actors.resize(most + 3, Actor::Honest);
                        What::Rotate { members: random.some(most, most + 2) }
                    }
                    // Some until the end of the run.
                    Kind::Forge => {
                        let one = 1 << node(random);
                        let mask = random.pick(&[one, u64::MAX]);
                        What::Forge { mask, lasts: random.pick(&[lasts, 600_000]) }
                    }
                    Kind::Route => What::Route { to: usize::try_from(random.below(3)).unwrap_or(0) },
                    Kind::Pool if random.percent(50) => What::Forget,
                    // Some last until the calm, and leave all reports where they are.
                    Kind::Pool => {
                        What::Price { times: random.between(2, 5), lasts: random.pick(&[lasts, 60_000]) }
                    }
                };
                self.faults.push(Fault { at: random.below(until), what });
            }
        }
        self.faults.sort_by_key(|fault| fault.at);
    }

    /// Whether nothing goes wrong but what faulty nodes do.
    #[must_use]
    pub const fn is_quiet(&self) -> bool {
        self.faults.is_empty() && self.loss == 0 && self.wild_delay <= 150
    }

    /// Whether node `who` follows the protocol.
    #[must_use]
    pub fn is_honest(&self, who: usize) -> bool {
        self.actors.get(who).is_none_or(|actor| *actor == Actor::Honest)
    }
}

/// The first members in the order of a plan's first request.
fn first_of_order(n: usize, count: usize) -> Vec<usize> {
    let keys: Vec<Keys> = (0..n).map(|who| Keys::of(who, false)).collect();
    let config = Config::new(1, (0..n).collect(), &keys);
    let order = config.roster.order(&request_id(0, B256::ZERO));
    order.iter().take(count).map(|place| config.node(place)).collect()
}

fn attack(random: &mut Random) -> Attack {
    let late = if random.percent(50) { random.below(1_200) } else { random.below(15_000) };
    random.pick(&[
        Attack::Mute,
        Attack::Late(late),
        Attack::Equivocator,
        Attack::Twin(late.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        Attack::ForgingLeader,
        Attack::CherryPicker,
        Attack::CertificateForger,
        Attack::LyingStatus,
        Attack::AttemptRunner,
        Attack::BadSignature,
        Attack::Replayer,
        Attack::Garbage,
        Attack::Colluders,
        Attack::Miser,
    ])
}
