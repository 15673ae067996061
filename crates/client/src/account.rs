//! A key that pays for transactions.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Mutex;

use alloy::network::{EthereumWallet, NetworkTransactionBuilder};
use alloy::primitives::{Address, B256, Bytes};
use alloy::rpc::types::TransactionRequest;
use alloy::signers::SignerSync as _;
use alloy::signers::local::PrivateKeySigner;

use alloy::eips::Encodable2718;

use crate::error::ClientError;
use crate::turns::Turns;

/// An account: signs transactions and counts its own nonces.
///
/// Two senders with one key make nonces collide, unless they take turns ([`Self::in_turns`]).
pub struct Account {
    address: Address,
    signer: PrivateKeySigner,
    wallet: EthereumWallet,
    nonce: Mutex<Option<u64>>,
    turns: Option<Turns>,
}

impl Account {
    /// Reads a key of 64 hexadecimal digits, with or without `0x`, surrounded by any white space.
    ///
    /// # Errors
    /// [`ClientError::Key`] when the text is something else, [`ClientError::KeyRange`] when the number is no key.
    pub fn from_hex(text: &str) -> Result<Self, ClientError> {
        let text = text.trim();
        let mut bytes = [0u8; 32];
        hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut bytes)
            .map_err(|_| ClientError::Key)?;
        let signer = PrivateKeySigner::from_slice(&bytes).map_err(|_| ClientError::KeyRange)?;
        Ok(Self {
            address: signer.address(),
            wallet: EthereumWallet::from(signer.clone()),
            signer,
            nonce: Mutex::new(None),
            turns: None,
        })
    }

    /// The same account, which sends only while it alone holds `own`, its key's file, and a file in `folder` that is
    /// named for the account and its chain, from before it reads its nonce until its transaction is in a block. So do
    /// commands at once with one key file, or with copies of it, send one after the other.
    ///
    /// `folder` is made if it is not there; where it cannot be, copies know nothing of each other. `say` hears, in a
    /// person's words, of a wait for another command, and of a file that cannot be held; such a one is sent with all
    /// the same.
    #[must_use]
    pub fn in_turns(self, own: Option<File>, folder: Option<PathBuf>, say: fn(&str)) -> Self {
        Self { turns: Some(Turns::new(own, folder, say)), ..self }
    }

    /// Where senders with this key take turns, if they do.
    pub(crate) const fn turns(&self) -> Option<&Turns> {
        self.turns.as_ref()
    }

    /// The account's address.
    pub const fn address(&self) -> Address {
        self.address
    }

    /// Whether others may have sent with this key since this account did.
    pub(crate) const fn has_others(&self) -> bool {
        self.turns.is_some()
    }

    /// The next nonce this account knows of, if it has sent before.
    pub(crate) fn next_nonce(&self) -> Option<u64> {
        *self.nonce.lock().expect("no holder of the nonce panics")
    }

    /// Notes the nonce the next transaction shall carry; `None` makes it ask the chain.
    pub(crate) fn set_next_nonce(&self, nonce: Option<u64>) {
        *self.nonce.lock().expect("no holder of the nonce panics") = nonce;
    }

    /// Signs a hash, `r || s || v` with v 27 or 28.
    pub(crate) fn sign_hash(&self, hash: &B256) -> [u8; 65] {
        let signature = self.signer.sign_hash_sync(hash);
        signature
            .expect("a 32-byte hash can be signed unless r or s is zero, which nobody can find")
            .as_bytes()
    }

    /// Signs a complete request and returns its raw bytes.
    pub(crate) async fn sign(&self, request: TransactionRequest) -> Result<Bytes, ClientError> {
        let envelope = request.build(&self.wallet).await.map_err(|e| ClientError::Sign(e.to_string()))?;
        Ok(envelope.encoded_2718().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_hex_tells_digits_from_numbers_that_are_no_key() {
        let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
        for text in ["0".repeat(64), order.to_owned(), "f".repeat(64), format!("0x{order}")] {
            assert!(matches!(Account::from_hex(&text), Err(ClientError::KeyRange)), "{text}");
        }
        let largest = order.replace("4141", "4140");
        assert!(Account::from_hex(&largest).is_ok());
        assert!(matches!(Account::from_hex("0x12"), Err(ClientError::Key)));
    }
}
