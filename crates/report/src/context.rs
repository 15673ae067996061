//! The three context words of a report, and the hash that is signed.

use alloy_primitives::{B256, keccak256};
use functions_types::word::WORD;

/// What a signature covers besides the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportContext {
    /// The configuration in force.
    pub config_digest: B256,
    /// Epoch; the contract shows its low 24 bits in `Transmitted`.
    pub epoch: u32,
    /// Round in the epoch.
    pub round: u8,
    /// Free for the protocol.
    pub extra_hash: B256,
}

impl ReportContext {
    /// The words as `transmit` takes them: digest; 27 zero bytes, epoch, round; extra hash.
    pub fn words(&self) -> [[u8; WORD]; 3] {
        let epoch_and_round = u64::from(self.epoch) << 8 | u64::from(self.round);
        let word = functions_types::word::from_u128(epoch_and_round.into());
        [self.config_digest.0, word, self.extra_hash.0]
    }

    /// The hash oracles sign for these report bytes.
    pub fn signed_hash(&self, report: &[u8]) -> B256 {
        signed_hash(report, &self.words())
    }
}

/// `keccak256(keccak256(report) ‖ context)`, without a message prefix.
pub fn signed_hash(report: &[u8], context: &[[u8; WORD]; 3]) -> B256 {
    let mut preimage = [[0; WORD]; 4];
    let [head, tail @ ..] = &mut preimage;
    *head = keccak256(report).0;
    *tail = *context;
    keccak256(preimage.as_flattened())
}

/// The epoch `Transmitted` shows: the low 32 bits of the second word without the round.
pub fn epoch(context: &[[u8; WORD]; 3]) -> u32 {
    let [_, word, _] = context;
    let low = word.last_chunk::<4>().map_or(0, |low| u32::from_be_bytes(*low));
    low >> 8
}
