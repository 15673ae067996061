//! Transactions as they arrive: decoding, the sender, and what the machine needs of them.

use alloy::{
    consensus::{
        EthereumTxEnvelope, EthereumTypedTransaction, Transaction as _, TxEip1559, TxEip2930, TxEip4844,
        TxEip7702, TxLegacy,
        crypto::{RecoveryError, SECP256K1N_HALF},
    },
    eips::eip2718::{Decodable2718, Encodable2718, Typed2718},
    primitives::{Address, B256, Bytes, Signature, U256, keccak256},
    rpc::types::TransactionRequest,
};
use functions_report::{quorum::Recover as _, software::Software};
use revm::{context::TxEnv, context_interface::either::Either};

use crate::poster;

/// Largest signed transaction, in bytes, as a sequencer accepts it.
pub const MAX_TRANSACTION_BYTES: usize = 95_000;

/// A transaction with its sender.
#[derive(Clone, Debug)]
pub struct SignedTransaction {
    /// Fields and signature.
    pub envelope: EthereumTxEnvelope<TxEip4844>,
    /// Hash it is found by.
    pub hash: B256,
    /// Who signed it, or who is impersonated.
    pub sender: Address,
    /// The sender did not sign; the chain was told to believe it.
    pub impersonated: bool,
}

/// Why bytes are not a transaction this chain takes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Longer than [`MAX_TRANSACTION_BYTES`].
    #[error("oversized data: transaction size {0}, limit {MAX_TRANSACTION_BYTES}")]
    Oversized(usize),
    /// Not RLP of a known transaction type.
    #[error("rlp: {0}")]
    Malformed(String),
    /// Blob transactions do not exist on this chain.
    #[error("transaction type not supported: blobs")]
    Blobs,
    /// No key signs like that.
    #[error("invalid sender: {0}")]
    Signature(String),
}

impl SignedTransaction {
    /// Decodes the bytes of eth_sendRawTransaction and recovers the sender.
    ///
    /// # Errors
    /// See [`DecodeError`].
    pub fn decode(raw: &[u8]) -> Result<Self, DecodeError> {
        if raw.len() > MAX_TRANSACTION_BYTES {
            return Err(DecodeError::Oversized(raw.len()));
        }
        if raw.first() == Some(&3) {
            return Err(DecodeError::Blobs);
        }
        let envelope = EthereumTxEnvelope::<TxEip4844>::decode_2718_exact(raw)
            .map_err(|error| DecodeError::Malformed(error.to_string()))?;
        let sender =
            signer(&envelope).ok_or_else(|| DecodeError::Signature(RecoveryError::new().to_string()))?;
        Ok(Self { hash: *envelope.tx_hash(), envelope, sender, impersonated: false })
    }

    /// A signed transaction whose sender is known.
    pub(crate) fn signed(envelope: EthereumTxEnvelope<TxEip4844>, sender: Address) -> Self {
        Self { hash: *envelope.tx_hash(), envelope, sender, impersonated: false }
    }

    /// A transaction nobody signed. Its hash covers the sender, so that equal transactions of two senders differ.
    pub(crate) fn impersonated(transaction: EthereumTypedTransaction<TxEip4844>, sender: Address) -> Self {
        let signature = Signature::new(U256::from_be_slice(sender.as_slice()), U256::ONE, false);
        let unsigned = EthereumTxEnvelope::new_unhashed(transaction.clone(), signature);
        let hash = keccak256([unsigned.encoded_2718().as_slice(), sender.as_slice()].concat());
        let envelope = EthereumTxEnvelope::new_unchecked(transaction, signature, hash);
        Self { envelope, hash, sender, impersonated: true }
    }

    /// The transaction as the machine takes it.
    pub(crate) fn tx_env(&self) -> TxEnv {
        let tx = &self.envelope;
        TxEnv {
            tx_type: tx.ty(),
            caller: self.sender,
            gas_limit: tx.gas_limit(),
            gas_price: tx.max_fee_per_gas(),
            kind: tx.kind(),
            value: tx.value(),
            data: tx.input().clone(),
            nonce: tx.nonce(),
            chain_id: tx.chain_id(),
            access_list: tx.access_list().cloned().unwrap_or_default(),
            gas_priority_fee: tx.max_priority_fee_per_gas(),
            authorization_list: tx
                .authorization_list()
                .into_iter()
                .flatten()
                .cloned()
                .map(Either::Left)
                .collect(),
            ..TxEnv::default()
        }
    }

    /// Calldata units: 16 for every byte of the compressed transaction.
    pub(crate) fn poster_units(&self) -> u64 {
        poster::units(&self.envelope.encoded_2718())
    }
}

/// Who signed a transaction. Every signature has a twin with another `s`; only the one with the lower counts (EIP-2).
fn signer(envelope: &EthereumTxEnvelope<TxEip4844>) -> Option<Address> {
    let signature = envelope.signature();
    if signature.s() > SECP256K1N_HALF {
        return None;
    }
    let (r, s) = (signature.r().to_be_bytes(), signature.s().to_be_bytes());
    Software.recover(&envelope.signature_hash(), 27 + u8::from(signature.v()), &r, &s)
}

/// Fields of a transaction that nobody has signed yet, with every gap filled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filled {
    pub(crate) chain_id: u64,
    pub(crate) nonce: u64,
    pub(crate) gas_limit: u64,
    pub(crate) base_fee: u64,
}

/// Turns a request into a transaction: type 0 when it names a gas price, 1 with an access list, 4 with authorizations,
/// else 2.
pub(crate) fn build(request: TransactionRequest, filled: Filled) -> EthereumTypedTransaction<TxEip4844> {
    let Filled { chain_id, nonce, gas_limit, base_fee } = filled;
    let to = request.to.unwrap_or_default();
    let value = request.value.unwrap_or_default();
    let input: Bytes = request.input.into_input().unwrap_or_default();
    if let Some(gas_price) = request.gas_price {
        return match request.access_list {
            Some(access_list) => {
                TxEip2930 { chain_id, nonce, gas_price, gas_limit, to, value, access_list, input }.into()
            }
            None => {
                TxLegacy { chain_id: Some(chain_id), nonce, gas_price, gas_limit, to, value, input }.into()
            }
        };
    }
    let max_priority_fee_per_gas = request.max_priority_fee_per_gas.unwrap_or_default();
    let max_fee_per_gas =
        request.max_fee_per_gas.unwrap_or(2 * u128::from(base_fee)).max(max_priority_fee_per_gas);
    let access_list = request.access_list.unwrap_or_default();
    match (request.authorization_list, to.to().copied()) {
        (Some(authorization_list), Some(to)) => TxEip7702 {
            chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas,
            max_priority_fee_per_gas,
            to,
            value,
            access_list,
            authorization_list,
            input,
        }
        .into(),
        _ => TxEip1559 {
            chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas,
            max_priority_fee_per_gas,
            to,
            value,
            access_list,
            input,
        }
        .into(),
    }
}

#[cfg(test)]
mod tests {
    use alloy::consensus::SignableTransaction;

    use super::*;
    use crate::accounts::{self, DEV_ACCOUNTS};

    #[test]
    fn of_a_signature_and_its_twin_one_counts() {
        let sender = DEV_ACCOUNTS[0].address;
        let unsigned = TxEip1559 { chain_id: 1, gas_limit: 21_000, ..TxEip1559::default() };
        let signed = accounts::sign(sender, unsigned.clone().into()).unwrap();
        assert_eq!(SignedTransaction::decode(&signed.encoded_2718()).unwrap().sender, sender);

        let low = signed.signature();
        let order = SECP256K1N_HALF * U256::from(2) + U256::ONE;
        let twin = Signature::new(low.r(), order - low.s(), !low.v());
        assert_eq!(twin.recover_address_from_prehash(&unsigned.signature_hash()).unwrap(), sender);
        let refused = SignedTransaction::decode(&unsigned.clone().into_signed(twin).encoded_2718());
        assert_eq!(refused.unwrap_err().to_string(), "invalid sender: Failed to recover the signer");

        let nobody = Signature::new(U256::ZERO, U256::ZERO, false);
        let refused = SignedTransaction::decode(&unsigned.into_signed(nobody).encoded_2718());
        assert_eq!(refused.unwrap_err().to_string(), "invalid sender: Failed to recover the signer");
    }
}
