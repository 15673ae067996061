//! What happens in one run: who takes part, what they answer, what the network does.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

/// How an oracle behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Actor {
    /// Follows the protocol; may crash and come back with its records.
    Honest,
    /// Says nothing.
    Mute,
    /// Follows the protocol, but every message leaves this many milliseconds late.
    Late(u64),
    /// Two copies with one identity and different answers; the mask says which oracles hear the first copy.
    Twin(u32),
    /// Claims in STATUS that it has no lock.
    Liar,
    /// Sends damaged bytes beside good ones.
    Garbage,
    /// Repeats old messages, its own and those of others.
    Replayer,
    /// Gives its SIG to one oracle only.
    Miser,
}

/// What scripts answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    Agree,
    OneDiffers,
    Split,
    AllDiffer,
    UserErrors,
    /// A third cannot run the script at first.
    SomeFail,
    /// A third never can.
    SomeNever,
}

impl Answers {
    /// Whether everybody who answers gives the same, so that nothing but that may go on chain.
    pub(crate) fn agree(self) -> bool {
        matches!(self, Self::Agree | Self::SomeFail | Self::SomeNever)
    }
}

/// What is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutation {
    None,
    /// Half of the oracles are twins.
    TooManyTwins,
    /// A restarted oracle has lost its records and is not quarantined.
    Amnesia,
    /// Records are written after the messages of the same step.
    LazyDisk,
    /// Nobody mentions locks in STATUS.
    HiddenLocks,
}

#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) seed: u64,
    pub(crate) n: usize,
    pub(crate) actors: Vec<Actor>,
    pub(crate) answers: Answers,
    pub(crate) requests: usize,
    /// Until then the network and the oracles may do anything.
    pub(crate) stable_at: u64,
    /// Message loss and duplication before that, in percent.
    pub(crate) loss: u32,
    pub(crate) duplication: u32,
    /// Longest delay before and after.
    pub(crate) wild_delay: u64,
    pub(crate) calm_delay: u64,
    /// Random cuts between groups of oracles before stabilisation.
    pub(crate) partitions: bool,
    /// Crashes of honest oracles before stabilisation, in a thousandth a step.
    pub(crate) crashes: u32,
    /// Whether the transport reports new connections when it heals.
    pub(crate) reconnects: bool,
    pub(crate) real_signatures: bool,
    /// Fixed delays and execution times, for measurements.
    pub(crate) exact: bool,
    pub(crate) mutation: Mutation,
}

impl Scenario {
    /// No faults; every message takes 50 ms, oracle i executes in i milliseconds.
    pub(crate) fn calm(n: usize, answers: Answers) -> Self {
        Self {
            seed: n as u64,
            n,
            actors: vec![Actor::Honest; n],
            answers,
            requests: 1,
            stable_at: 0,
            loss: 0,
            duplication: 0,
            wild_delay: 50,
            calm_delay: 50,
            partitions: false,
            crashes: 0,
            reconnects: false,
            real_signatures: false,
            exact: true,
            mutation: Mutation::None,
        }
    }

    pub(crate) fn random(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut below = |most: u32| rng.next_u32() % most.max(1);
        let n = [4, 4, 4, 5, 6, 7, 7, 10, 13][below(9) as usize];
        let f = (n - 1) / 3;
        let mut actors = vec![Actor::Honest; n];
        let faulty = if below(4) == 0 { below(f as u32 + 1) as usize } else { f };
        while actors.iter().filter(|actor| **actor != Actor::Honest).count() < faulty {
            let actor = match below(10) {
                0 => Actor::Mute,
                1 => Actor::Late(u64::from(below(1_200))),
                2 => Actor::Late(u64::from(below(15_000))),
                3 => Actor::Liar,
                4 => Actor::Garbage,
                5 => Actor::Replayer,
                6 => Actor::Miser,
                _ => Actor::Twin(below(u32::MAX)),
            };
            actors[below(n as u32) as usize] = actor;
        }
        let answers = match below(10) {
            0..=2 => Answers::Agree,
            3 => Answers::OneDiffers,
            4 | 5 => Answers::Split,
            6 => Answers::AllDiffer,
            7 => Answers::UserErrors,
            8 => Answers::SomeFail,
            _ => Answers::SomeNever,
        };
        let wild = below(5) != 0;
        Self {
            seed,
            n,
            actors,
            answers,
            requests: 1 + below(3) as usize,
            stable_at: if wild { 1_000 + u64::from(below(14_000)) } else { 0 },
            loss: [0, 5, 30][below(3) as usize],
            duplication: [0, 10][below(2) as usize],
            wild_delay: [100, 600, 3_000][below(3) as usize],
            calm_delay: [20, 100][below(2) as usize],
            partitions: below(2) == 0,
            crashes: [0, 0, 10, 40][below(4) as usize],
            reconnects: below(2) == 0,
            real_signatures: false,
            exact: false,
            mutation: Mutation::None,
        }
    }
}
