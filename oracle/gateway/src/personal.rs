//! Signatures of personal messages (EIP-191), `r || s || v`.
//!
//! v is 0, 1, 27 or 28; what signs here and the toolkit's ethers make 27 and 28. s is in the lower half of the order,
//! as every wallet makes it, so that nobody turns one signature into another.

use alloy_primitives::{Address, Signature, eip191_hash_message};

use crate::Malformed;

/// Bytes of a signature.
pub(crate) const BYTES: usize = 65;

/// What a member signs its answers with.
pub trait Signer: Send + Sync {
    /// The account's signature of `message` as a personal message, `r || s || v`: with a low s, v 27 or 28.
    ///
    /// The prefix that makes a personal message of it is the signer's to put, so that nothing else is ever signed.
    fn sign(&self, message: &[u8]) -> [u8; BYTES];
}

/// The account that signed `message`.
pub(crate) fn signer_of(message: &[u8], signature: &[u8; BYTES]) -> Option<Address> {
    // Numbers above name a chain as well, in signatures of transactions.
    if !matches!(signature.last(), Some(0 | 1 | 27 | 28)) {
        return None;
    }
    let signature = Signature::from_raw_array(signature).ok()?;
    if signature.normalize_s().is_some() {
        return None;
    }
    signature.recover_address_from_prehash(&eip191_hash_message(message)).ok()
}

/// The bytes that `0x` and 130 hexadecimal digits stand for.
pub(crate) fn decode(text: &str) -> Result<[u8; BYTES], Malformed> {
    let mut bytes = [0; BYTES];
    let digits = text.strip_prefix("0x");
    let decoded = digits.and_then(|digits| hex::decode_to_slice(digits, &mut bytes).ok());
    decoded
        .map(|()| bytes)
        .ok_or(Malformed::Not { what: "signature", wanted: "0x and 130 hexadecimal digits" })
}

/// The text that [`decode`] reads.
pub(crate) fn encode(signature: &[u8; BYTES]) -> String {
    format!("0x{}", hex::encode(signature))
}
