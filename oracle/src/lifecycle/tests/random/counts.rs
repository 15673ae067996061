//! That random histories contain everything.

/// How often things happened, over all seeds.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub(super) opened: u64,
    pub(super) recalled: u64,
    pub(super) runs: u64,
    pub(super) ended_runs: u64,
    pub(super) delivered: u64,
    pub(super) paid: u64,
    pub(super) rewound: u64,
    pub(super) restarts: u64,
    pub(super) replaced: u64,
    pub(super) expired: u64,
    pub(super) finals: u64,
    pub(super) timed_out: u64,
    pub(super) moved_unseen: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: &Self) {
        for (sum, one) in self.all_mut().into_iter().zip(other.all()) {
            *sum += one;
        }
    }

    pub(super) fn are_all_met(&self) -> bool {
        self.all().into_iter().all(|count| count > 0)
    }

    fn all(&self) -> [u64; 13] {
        self.clone().all_mut().map(|count| *count)
    }

    fn all_mut(&mut self) -> [&mut u64; 13] {
        let Self { opened, recalled, runs, ended_runs, delivered, paid, rewound, .. } = self;
        let Self { restarts, replaced, expired, finals, timed_out, moved_unseen, .. } = self;
        [
            opened,
            recalled,
            runs,
            ended_runs,
            delivered,
            paid,
            rewound,
            restarts,
            replaced,
            expired,
            finals,
            timed_out,
            moved_unseen,
        ]
    }
}
