//! What the keys that secrets are encrypted to are good for.

use alloy::primitives::{Address, B256};
use functions_tdh2::{
    DecryptionShare, Secrets, Verified,
    ecies::Undecryptable,
    envelope::{self, InnerError},
};
use zeroize::Zeroizing;

use crate::{KeyError, Keystore, SecretsKeys, making::Ceremonies, random::System};

/// Most generations kept.
pub const MAX_GENERATIONS: usize = 8;

impl Keystore {
    /// The public parts of the keys for secrets, newest generation first.
    pub fn secrets_keys(&self) -> impl Iterator<Item = &SecretsKeys> {
        self.generations.iter().map(|one| &one.public)
    }

    /// This member's share towards opening a ciphertext whose proof and label were checked; `None` when this store has
    /// no share of the key that it was checked for.
    pub fn decryption_share(&self, ciphertext: &Verified) -> Option<DecryptionShare> {
        let own = self.generations.iter().find(|one| one.public.threshold == *ciphertext.key())?;
        Some(ciphertext.share(&own.share, &mut System))
    }

    /// Opens what was encrypted to the DON key of any generation.
    ///
    /// # Errors
    /// [`Undecryptable`].
    pub fn open_don_layer(&self, message: &[u8]) -> Result<Zeroizing<Vec<u8>>, Undecryptable> {
        self.generations.iter().find_map(|one| one.don.decrypt(message).ok()).ok_or(Undecryptable)
    }

    /// Opens the layers inside the threshold's, with the DON key of any generation: secrets of at most `limit` bytes
    /// that `owner` signed.
    ///
    /// # Errors
    /// [`InnerError`].
    pub fn open_secrets(&self, middle: &[u8], owner: Address, limit: usize) -> Result<Secrets, InnerError> {
        let mut refused = InnerError::Undecryptable(Undecryptable);
        for one in &self.generations {
            match envelope::open(middle, &one.don, owner, limit) {
                Err(error @ InnerError::Undecryptable(_)) => refused = error,
                opened => return opened,
            }
        }
        Err(refused)
    }

    /// Takes what came out of ceremonies as the newest generation, unless it is here already. Nothing is stored before
    /// [`Keystore::save`].
    ///
    /// # Errors
    /// [`KeyError::Unfinished`] or [`KeyError::TooManyGenerations`].
    pub fn add_generation(&mut self, made: &Ceremonies) -> Result<(), KeyError> {
        let generation = made.generation().ok_or(KeyError::Unfinished)?;
        if self.secrets_keys().any(|known| known.transcript == generation.public.transcript) {
            return Ok(());
        }
        if self.generations.len() >= MAX_GENERATIONS {
            return Err(KeyError::TooManyGenerations);
        }
        self.generations.insert(0, generation);
        Ok(())
    }

    /// Forgets the generation with this transcript; false when there is none. Nothing is stored before
    /// [`Keystore::save`].
    pub fn drop_generation(&mut self, transcript: B256) -> bool {
        let before = self.generations.len();
        self.generations.retain(|one| one.public.transcript != transcript);
        self.generations.len() < before
    }
}

#[cfg(test)]
mod tests;
