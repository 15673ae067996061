//! Ciphertexts that are bound to nobody: they belong to whoever stored them here first.
//!
//! All that the published toolkit makes is of this kind. Whoever copies one could have it opened for an own request; so
//! a second owner's row is refused, and no share is given for it. What is left is a race for the first upload, which
//! only a label closes: owners should encrypt anew.

use alloy::primitives::{Address, B256};
use functions_tdh2::{Ciphertext, Label};
use oracle_vault::Kind;

use crate::journal::{Journal, JournalError};

/// What an owner is told who stores what another did before.
pub(super) const TAKEN_TEXT: &str = "already stored by another owner";

/// What an unbound ciphertext is known by; `None` for one that is bound, or no ciphertext at all.
pub(super) fn digest(kind: Kind, payload: &[u8]) -> Option<B256> {
    if kind != Kind::Secrets {
        return None;
    }
    let ciphertext = Ciphertext::decode(payload, functions_tdh2::MAX_REMOTE_BYTES).ok()?;
    (ciphertext.label() == Label::UNBOUND).then(|| ciphertext.threshold_digest().into())
}

/// Whether `owner` may have an unbound ciphertext opened; who comes first may from then on.
pub(super) async fn claim(journal: &Journal, digest: B256, owner: Address) -> Result<bool, JournalError> {
    if let Some(first) = journal.first_owner(digest).await? {
        return Ok(first == owner);
    }
    journal.note_unbound(digest, owner).await?;
    Ok(true)
}
