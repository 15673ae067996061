//! An outcome and its evidence by their digests.

use alloy_primitives::{B256, keccak256};

/// An outcome and its evidence, by digest: what PREPARE and SIG speak about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Choice {
    /// Digest of the outcome, see [`crate::layout::outcome`].
    pub outcome: B256,
    /// Extra hash of the report: [`crate::layout::fast_evidence`] or [`crate::layout::evidence_root`].
    pub evidence: B256,
}

impl Choice {
    /// keccak256(outcome ‖ evidence).
    pub fn digest(&self) -> B256 {
        keccak256([self.outcome.as_slice(), self.evidence.as_slice()].concat())
    }
}
