//! Opening: a threshold of valid shares gives the plaintext.

use std::collections::BTreeMap;

use aes_gcm::{Aes256Gcm, KeyInit as _, aead::Aead as _};
use p256::{ProjectivePoint, Scalar};
use zeroize::Zeroizing;

use crate::{
    ValidShare, Verified,
    ciphertext::xor,
    curve::{self, Table},
};

/// Why a ciphertext does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Too few members gave a share of this ciphertext.
    #[error("{have} valid decryption shares of this ciphertext, {need} are needed: wait for more")]
    TooFew {
        /// Distinct members whose shares are of this ciphertext.
        have: usize,
        /// The threshold.
        need: usize,
    },
    /// `SymCtxt` or `Nonce` is not what was encrypted, or the key was dealt with a higher threshold.
    #[error(
        "the secrets were altered after they were encrypted, or the threshold is not the key's; encrypt them again"
    )]
    Altered,
}

impl Verified {
    /// Opens the ciphertext with the shares of the `threshold` members with the lowest indexes.
    ///
    /// Shares of other ciphertexts and repeated ones do not count. Valid shares give the same plaintext whoever they
    /// are of, as long as `threshold` is the key's.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open<'a>(
        &self,
        threshold: usize,
        shares: impl IntoIterator<Item = &'a ValidShare>,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let own = shares.into_iter().filter(|share| share.of == self.ciphertext.e);
        let mut shares: BTreeMap<u8, ProjectivePoint> = own.map(|share| (share.index, share.u_i)).collect();
        let need = threshold.max(1);
        if shares.len() < need {
            return Err(OpenError::TooFew { have: shares.len(), need });
        }
        while shares.len() > need {
            shares.pop_last();
        }
        let places: Vec<u8> = shares.keys().copied().collect();
        let terms: Vec<(Table, Scalar)> = shares
            .iter()
            .map(|(index, u_i)| (Table::new(u_i), curve::coefficient(*index, &places)))
            .collect();
        let terms: Vec<(&Table, Scalar)> = terms.iter().map(|(table, scalar)| (table, *scalar)).collect();
        // The coefficients are public: who shares came from.
        let shared = Zeroizing::new(curve::public_sum(&terms));
        let key = xor(&self.ciphertext.padded, &curve::pad(&shared));
        let cipher = Aes256Gcm::new((&*key).into());
        let opened = cipher.decrypt(&self.ciphertext.nonce.into(), self.ciphertext.sealed.as_slice());
        opened.map(Zeroizing::new).map_err(|_| OpenError::Altered)
    }
}
