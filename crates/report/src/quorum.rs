//! How many signatures a report needs, and whether they are good.

use alloy_primitives::{Address, B256};
use functions_types::{members, word::WORD};

/// Signatures a report carries, exactly: [`members::quorum`].
pub const fn size(oracles: u8, f: u8) -> usize {
    members::quorum(oracles as usize, f as usize)
}

/// Recovers the signer of a hash: a precompile on chain, software in the node.
pub trait Recover {
    /// The signer, or `None` when the signature is invalid. `v` is 27 or 28; other values are invalid.
    fn recover(&self, hash: &B256, v: u8, r: &[u8; WORD], s: &[u8; WORD]) -> Option<Address>;
}

/// Who may sign.
pub trait Signers {
    /// The index (below 31) of a signer, or `None` for everybody else.
    fn signer_index(&self, signer: &Address) -> Option<u8>;
}

/// Why signatures do not attest a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureError {
    /// A recovery byte above 228 overflows when 27 is added.
    RecoveryByteOverflow,
    /// The signer of one is none of the signers, or there is none.
    NotASigner,
    /// Two are of one signer.
    NotUnique,
}

/// Checks that every signature is of a different signer, in order; the first failure decides.
///
/// Byte `i` of `raw_vs` is the recovery id of signature `i`. Whether there are enough is for the caller ([`size`]).
///
/// # Errors
/// [`SignatureError`].
pub fn verify(
    hash: &B256,
    rs: &[[u8; WORD]],
    ss: &[[u8; WORD]],
    raw_vs: &[u8; WORD],
    recover: &impl Recover,
    signers: &impl Signers,
) -> Result<(), SignatureError> {
    let mut seen = 0_u32;
    for ((r, s), raw_v) in rs.iter().zip(ss).zip(raw_vs) {
        let v = raw_v.checked_add(27).ok_or(SignatureError::RecoveryByteOverflow)?;
        let index = recover
            .recover(hash, v, r, s)
            .and_then(|signer| signers.signer_index(&signer))
            .ok_or(SignatureError::NotASigner)?;
        let bit = 1_u32.checked_shl(index.into()).ok_or(SignatureError::NotASigner)?;
        if seen & bit != 0 {
            return Err(SignatureError::NotUnique);
        }
        seen |= bit;
    }
    Ok(())
}

/// Signers held in memory, in the order of their indices.
impl Signers for &[Address] {
    fn signer_index(&self, signer: &Address) -> Option<u8> {
        self.iter().position(|known| known == signer).and_then(|index| index.try_into().ok())
    }
}
