//! The only code that reads private keys. It offers signatures, never bytes.
//!
//! An oracle has four keys, made together and kept in one encrypted file:
//!
//! | key | curve | signs |
//! | --- | --- | --- |
//! | signer | secp256k1 | report hashes, checked on chain ([`Keystore::sign_report`]) |
//! | transmitter | secp256k1 | transactions ([`Keystore::wallet`]) |
//! | off-chain | Ed25519 | protocol messages ([`Keystore::sign_offchain`]) |
//! | network | Ed25519 | connection handshakes only; its seed is handed to the transport ([`Keystore::network_seed`]) |
//!
//! # File
//!
//! JSON, mode 0600, written beside its place and renamed. The four secrets (128 bytes, in the order above) are
//! encrypted with XChaCha20-Poly1305 under a key that scrypt derives from the password; the public half of the file is
//! authenticated with them.
//!
//! Nothing here implements `Debug` or prints; secrets are zeroised when dropped.

mod error;
mod file;
mod sealed;

use std::path::Path;

use alloy::{
    network::EthereumWallet,
    primitives::{Address, B256},
    signers::local::PrivateKeySigner,
};
use ed25519_dalek::Signer as _;
use functions_report::transmit::Signature as ReportSignature;
use k256::ecdsa::{RecoveryId, Signature, SigningKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use error::KeyError;

/// The public halves of an oracle's keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublicKeys {
    /// Address that report signatures recover to.
    pub signer: Address,
    /// Account that sends transactions.
    pub transmitter: Address,
    /// Ed25519 key of protocol messages.
    pub offchain_public_key: B256,
    /// Ed25519 key of the network identity; the peer id is made of it.
    pub network_public_key: B256,
}

/// The unlocked keys of one oracle.
pub struct Keystore {
    signer: SigningKey,
    transmitter: PrivateKeySigner,
    offchain: ed25519_dalek::SigningKey,
    network: ed25519_dalek::SigningKey,
}

/// Seed of the network identity, for the transport and nothing else. Zeroised when dropped.
pub struct NetworkSeed(Zeroizing<[u8; 32]>);

impl NetworkSeed {
    /// The Ed25519 seed.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Keystore {
    /// Draws four keys and stores them in a new file; an existing file is never replaced.
    ///
    /// Takes about a tenth of a second and 32 MiB: the price of guessing the password.
    ///
    /// # Errors
    /// [`KeyError::Exists`], [`KeyError::EmptyPassword`], or what the file system or the random source says.
    pub fn create(path: &Path, password: &str) -> Result<Self, KeyError> {
        let keys = Self::generate()?;
        file::write_new(path, &sealed::seal(&keys.public(), &keys.secrets(), password)?)?;
        Ok(keys)
    }

    /// Opens an existing file.
    ///
    /// # Errors
    /// [`KeyError::Missing`], [`KeyError::WrongPassword`], [`KeyError::Damaged`], or what the file system says.
    pub fn open(path: &Path, password: &str) -> Result<Self, KeyError> {
        let (public, secrets) = sealed::open(path, &file::read(path)?, password)?;
        let keys = Self::from_secrets(&secrets).ok_or_else(|| damaged(path, "a key is out of range"))?;
        if keys.public() != public {
            return Err(damaged(path, "public and private keys do not match"));
        }
        Ok(keys)
    }

    /// Opens the file, or creates it where there is none. The flag tells whether it was created.
    ///
    /// # Errors
    /// As [`Keystore::open`] and [`Keystore::create`].
    pub fn open_or_create(path: &Path, password: &str) -> Result<(Self, bool), KeyError> {
        match Self::open(path, password) {
            Err(KeyError::Missing { .. }) => Self::create(path, password).map(|keys| (keys, true)),
            opened => opened.map(|keys| (keys, false)),
        }
    }

    /// The public halves.
    pub fn public(&self) -> PublicKeys {
        PublicKeys {
            signer: Address::from_private_key(&self.signer),
            transmitter: self.transmitter.address(),
            offchain_public_key: self.offchain.verifying_key().to_bytes().into(),
            network_public_key: self.network.verifying_key().to_bytes().into(),
        }
    }

    /// Signs a report hash: no prefix, deterministic (RFC 6979), low s, recovery id 0 or 1.
    pub fn sign_report(&self, hash: &B256) -> ReportSignature {
        let (signature, id): (Signature, RecoveryId) = self
            .signer
            .sign_prehash_recoverable(hash.as_slice())
            .expect("a 32-byte hash can be signed unless r or s is zero, which nobody can find");
        let (r, s) = signature.split_bytes();
        ReportSignature { r: r.into(), s: s.into(), v: id.to_byte() & 1 }
    }

    /// Signs a protocol message with the Ed25519 off-chain key.
    pub fn sign_offchain(&self, bytes: &[u8]) -> [u8; 64] {
        self.offchain.sign(bytes).to_bytes()
    }

    /// A wallet that signs the transmitter's transactions and does not reveal its key.
    pub fn wallet(&self) -> EthereumWallet {
        EthereumWallet::new(self.transmitter.clone())
    }

    /// The seed of the network identity, for the transport.
    pub fn network_seed(&self) -> NetworkSeed {
        NetworkSeed(Zeroizing::new(self.network.to_bytes()))
    }

    fn generate() -> Result<Self, KeyError> {
        loop {
            let mut secrets = Zeroizing::new([0; sealed::SECRET_BYTES]);
            getrandom::fill(secrets.as_mut_slice()).map_err(|_| KeyError::Random)?;
            // A random string is a valid secp256k1 key except once in 2^128.
            if let Some(keys) = Self::from_secrets(&secrets) {
                return Ok(keys);
            }
        }
    }

    fn from_secrets(secrets: &[u8; sealed::SECRET_BYTES]) -> Option<Self> {
        let (keys, _) = secrets.as_chunks::<32>();
        let [signer, transmitter, offchain, network] = <&[[u8; 32]; 4]>::try_from(keys).ok()?;
        Some(Self {
            signer: SigningKey::from_slice(signer).ok()?,
            transmitter: PrivateKeySigner::from_slice(transmitter).ok()?,
            offchain: ed25519_dalek::SigningKey::from_bytes(offchain),
            network: ed25519_dalek::SigningKey::from_bytes(network),
        })
    }

    fn secrets(&self) -> Zeroizing<[u8; sealed::SECRET_BYTES]> {
        let mut secrets = Zeroizing::new([0; sealed::SECRET_BYTES]);
        let keys = [
            Zeroizing::new(<[u8; 32]>::from(self.signer.to_bytes())),
            Zeroizing::new(self.transmitter.to_bytes().0),
            Zeroizing::new(self.offchain.to_bytes()),
            Zeroizing::new(self.network.to_bytes()),
        ];
        for (place, key) in secrets.chunks_exact_mut(32).zip(&keys) {
            place.copy_from_slice(key.as_slice());
        }
        secrets
    }
}

fn damaged(path: &Path, reason: &'static str) -> KeyError {
    KeyError::Damaged { path: path.to_owned(), reason: reason.into() }
}

#[cfg(test)]
mod tests;
