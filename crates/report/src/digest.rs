//! The config digest.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, keccak256};
use functions_types::word::{self, WORD};

use crate::report::{bytes, number, padded};

/// What an OCR configuration consists of, besides its place in the chain. Addresses stand in ABI words, left-padded.
#[derive(Clone, Copy, Debug)]
pub struct OcrConfig<'a> {
    /// Signers' addresses, in the order of their indices.
    pub signers: &'a [[u8; WORD]],
    /// Transmitters' addresses, in the same order.
    pub transmitters: &'a [[u8; WORD]],
    /// Faulty oracles tolerated.
    pub f: u8,
    /// Not used by Functions.
    pub onchain_config: &'a [u8],
    /// Version of the off-chain configuration.
    pub offchain_config_version: u64,
    /// Off-chain configuration, opaque to the contract.
    pub offchain_config: &'a [u8],
}

impl OcrConfig<'_> {
    /// `prefix`, then the ABI encoding of nine values: two words, `configCount`, and the configuration.
    ///
    /// The digest's preimage has the chain id and the contract as its two words; the data of the event `ConfigSet` has
    /// the previous block number and the digest. The contract builds the bytes once and exchanges the words.
    pub fn encode(&self, prefix: &[u8], words: [[u8; WORD]; 2], config_count: u64) -> Vec<u8> {
        let addresses = WORD + self.signers.len() * WORD;
        let signers = 9 * WORD;
        let transmitters = signers + addresses;
        let onchain = transmitters + WORD + self.transmitters.len() * WORD;
        let offchain = onchain + WORD + padded(self.onchain_config.len());
        let mut out = Vec::with_capacity(prefix.len() + offchain + WORD + padded(self.offchain_config.len()));
        out.extend_from_slice(prefix);
        out.extend_from_slice(words.as_flattened());
        out.extend_from_slice(&word::from_u128(config_count.into()));
        number(&mut out, signers);
        number(&mut out, transmitters);
        number(&mut out, self.f.into());
        number(&mut out, onchain);
        out.extend_from_slice(&word::from_u128(self.offchain_config_version.into()));
        number(&mut out, offchain);
        number(&mut out, self.signers.len());
        out.extend_from_slice(self.signers.as_flattened());
        number(&mut out, self.transmitters.len());
        out.extend_from_slice(self.transmitters.as_flattened());
        bytes(&mut out, self.onchain_config);
        bytes(&mut out, self.offchain_config);
        out
    }

    /// The digest of this configuration on a chain and contract, as its `config_count`-th.
    pub fn digest(&self, chain_id: u64, contract: Address, config_count: u64) -> B256 {
        let words = [word::from_u128(chain_id.into()), word::from_address(contract)];
        digest_of(&self.encode(&[], words, config_count))
    }
}

/// The digest of a preimage: its keccak with the first two bytes replaced by `0x0001`.
pub fn digest_of(preimage: &[u8]) -> B256 {
    let mut digest = keccak256(preimage);
    if let Some(tag) = digest.first_chunk_mut::<2>() {
        *tag = [0, 1];
    }
    digest
}
