//! ECRECOVER that remembers.
//!
//! The signatures of a report are recovered in every node's trial run of its transaction, and then in the transaction
//! itself. Recovering is most of what these cost the chain, and the same bytes always recover to the same signer. What
//! a caller pays does not depend on who asked before.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use alloy::primitives::{Address, B256};
use functions_report::{quorum::Recover as _, software::Software};
use revm::precompile::{Crypto, PrecompileHalt, install_crypto};

/// Most answers kept, of about 200 bytes each; then all are forgotten.
const MAX_KNOWN: usize = 4_096;

/// Hash, recovery id, `r ‖ s`.
type Question = (B256, u8, [u8; 64]);

/// The answers of the process. They depend on nothing but the question, so chains may share them.
static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// Signers by question; of some questions it is known that they have none.
#[derive(Debug, Default)]
struct Known(HashMap<Question, Option<Address>>);

impl Known {
    fn remember(&mut self, question: Question, signer: Option<Address>) {
        if self.0.len() >= MAX_KNOWN {
            self.0.clear();
        }
        self.0.insert(question, signer);
    }
}

/// Makes ECRECOVER remember in this process, unless it has run another machine's before.
pub(super) fn install() {
    install_crypto(Remembering);
}

#[derive(Debug)]
struct Remembering;

impl Crypto for Remembering {
    fn secp256k1_ecrecover(
        &self,
        signature: &[u8; 64],
        id: u8,
        hash: &[u8; 32],
    ) -> Result<[u8; 32], PrecompileHalt> {
        let signer = signer((hash.into(), id, *signature));
        signer.map(|signer| signer.into_word().0).ok_or(PrecompileHalt::Secp256k1RecoverFailed)
    }
}

fn signer(question: Question) -> Option<Address> {
    // A map of finished entries is whole even if a thread died while holding it.
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(signer) = known().0.get(&question) {
        return *signer;
    }
    let (hash, id, signature) = &question;
    let (r, s) = signature.split_at(32);
    let signer = Software.recover(hash, id.checked_add(27)?, r.try_into().ok()?, s.try_into().ok()?);
    known().remember(question, signer);
    signer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::DEV_ACCOUNTS;
    use k256::ecdsa::SigningKey;

    #[test]
    fn the_second_answer_is_the_first() {
        let account = DEV_ACCOUNTS[0];
        let key = SigningKey::from_slice(account.private_key.as_slice()).unwrap();
        let hash = B256::repeat_byte(7);
        let (signature, id) = key.sign_prehash_recoverable(hash.as_slice()).unwrap();
        let signature: [u8; 64] = signature.to_bytes().into();
        let ask = |id, signature| (0..2).map(|_| signer((hash, id, signature))).collect::<Vec<_>>();
        assert_eq!(ask(id.to_byte(), signature), [Some(account.address); 2]);
        let other = ask(id.to_byte() ^ 1, signature);
        assert!(other[0].is_some() && other[0] != Some(account.address) && other[0] == other[1], "{other:?}");
        assert_eq!(ask(0, [0; 64]), [None; 2]);
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let mut known = Known::default();
        for number in 0..=MAX_KNOWN {
            let mut signature = [0; 64];
            signature[..8].copy_from_slice(&number.to_be_bytes());
            known.remember((B256::ZERO, 0, signature), None);
        }
        assert_eq!(known.0.len(), 1);
    }
}
