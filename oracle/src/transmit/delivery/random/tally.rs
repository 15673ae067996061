//! That the histories contain everything.

/// How often what happened, over all histories: a property of nothing holds always.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) sends: u32,
    pub(super) bumps: u32,
    pub(super) restarts: u32,
    pub(super) troubles: u32,
    pub(super) nonces_lost: u32,
    pub(super) paid: u32,
    pub(super) unpaid: u32,
    pub(super) undeliverable: u32,
    pub(super) unneeded: u32,
    pub(super) late_ends: u32,
    pub(super) reorganisations: u32,
}

impl Tally {
    pub(super) fn counts(&self) -> [u32; 11] {
        let Self {
            sends,
            bumps,
            restarts,
            troubles,
            nonces_lost,
            paid,
            unpaid,
            undeliverable,
            unneeded,
            late_ends,
            reorganisations,
        } = *self;
        [
            sends,
            bumps,
            restarts,
            troubles,
            nonces_lost,
            paid,
            unpaid,
            undeliverable,
            unneeded,
            late_ends,
            reorganisations,
        ]
    }
}
