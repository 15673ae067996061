//! What need not be checked again. Spec: agreement A30.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    OracleIndex, SignedObservation,
    message::{Status, StatusClaim},
};

/// What was checked before.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) observations: &'a BTreeMap<OracleIndex, SignedObservation>,
    pub(super) equivocators: &'a BTreeSet<OracleIndex>,
    pub(super) statuses: &'a BTreeMap<OracleIndex, Status>,
}

impl Known<'_> {
    pub(super) fn has_observation(self, signed: &SignedObservation) -> bool {
        self.observations.get(&signed.sender) == Some(signed)
    }

    pub(super) fn has_claim(self, claim: &StatusClaim) -> bool {
        self.statuses.get(&claim.sender).is_some_and(|status| status.claim == *claim)
    }
}
