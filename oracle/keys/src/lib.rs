//! The only code that reads private keys. It offers signatures and what signs, never bytes.
//!
//! An oracle has four keys, made together and kept in one encrypted file:
//!
//! | key | curve | signs |
//! | --- | --- | --- |
//! | signer | secp256k1 | report hashes, checked on chain ([`Keystore::sign_report`]); answers to owners of subscriptions, as personal messages |
//! | transmitter | secp256k1 | transactions ([`Keystore::wallet`]) |
//! | off-chain | Ed25519 | protocol messages ([`Keystore::sign_offchain`]) |
//! | network | Ed25519 | connection handshakes only, by the transport ([`Keystore::network_identity`]) |
//!
//! Of the keys that secrets are encrypted to it has a share of the threshold key and the DON key, of up to eight
//! generations ([`SecretsKeys`]). They come from ceremonies with the other members ([`Keystore::make_secrets_keys`])
//! and give decryption shares and plaintext, never themselves.
//!
//! # File
//!
//! JSON, mode 0600, written beside its place and renamed. The secrets (32 bytes each: the four in the order above,
//! those of earlier transmitters, newest first, and of each generation, newest first, the share and the DON key) are
//! encrypted with XChaCha20-Poly1305 under a key that scrypt derives from the password; the public half of the file is
//! authenticated with them. A file with generations is of version 2, others of version 1.
//!
//! A transmitter that was replaced stays in the file until it is dropped: what it earned and its ether can be moved by
//! its key alone. A key leaves the crate only into a file: encrypted in the form that wallets read, or, when asked for,
//! in the clear ([`Keystore::export`]).
//!
//! Nothing here implements `Debug` or prints; secrets are zeroised when dropped.

#![expect(clippy::disallowed_methods, reason = "keys, salts and nonces are made here")]

mod error;
mod file;
mod generation;
mod making;
mod random;
mod sealed;
mod secrets;
mod web3;

use std::{collections::BTreeSet, io::ErrorKind, path::Path};

use alloy::{
    network::EthereumWallet,
    primitives::{Address, B256, eip191_hash_message},
    signers::local::PrivateKeySigner,
};
use ed25519_dalek::Signer as _;
use functions_report::transmit::Signature as ReportSignature;
use generation::Generation;
use k256::ecdsa::{RecoveryId, Signature, SigningKey};
use libp2p_identity::Keypair;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use error::KeyError;
pub use generation::{MAX_ATTEMPT, SecretsKeys};
pub use making::{Ceremonies, CeremonyError, MAX_MESSAGE_BYTES, MAX_SEALED_BYTES, Plan, Said};
pub use oracle_ceremony::{Culprit, Reason};
pub use secrets::MAX_GENERATIONS;

/// The public halves of an oracle's keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublicKeys {
    /// Address that report signatures recover to.
    pub signer: Address,
    /// Account that sends transactions; after a rotation the newest.
    pub transmitter: Address,
    /// Ed25519 key of protocol messages.
    pub offchain_public_key: B256,
    /// Ed25519 key of the network identity; the peer id is made of it.
    pub network_public_key: B256,
    /// Transmitters before this one whose keys are kept, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_transmitters: Vec<Address>,
}

/// Most earlier transmitters kept.
pub const MAX_EARLIER: usize = 16;

/// Fewest characters of a password for a new file.
pub const MIN_PASSWORD_CHARACTERS: usize = 12;
/// Fewest different characters among them.
pub const MIN_DIFFERENT_CHARACTERS: usize = 5;

/// Whether a password may encrypt a new file. Files that have a weaker one still open.
///
/// # Errors
/// [`KeyError::EmptyPassword`] or [`KeyError::WeakPassword`].
pub fn check_password(password: &str) -> Result<(), KeyError> {
    if password.is_empty() {
        return Err(KeyError::EmptyPassword);
    }
    if password.chars().count() < MIN_PASSWORD_CHARACTERS {
        return Err(KeyError::WeakPassword("it is short"));
    }
    if password.chars().collect::<BTreeSet<_>>().len() < MIN_DIFFERENT_CHARACTERS {
        return Err(KeyError::WeakPassword("its characters repeat"));
    }
    Ok(())
}

/// How a key is written when it leaves the keystore.
pub enum Export<'a> {
    /// Web3 secret storage version 3, encrypted with this password.
    Encrypted(&'a str),
    /// 64 hexadecimal digits in the clear.
    Raw,
}

/// The unlocked keys of one oracle.
pub struct Keystore {
    signer: SigningKey,
    transmitter: PrivateKeySigner,
    earlier: Vec<PrivateKeySigner>,
    offchain: ed25519_dalek::SigningKey,
    network: ed25519_dalek::SigningKey,
    /// Newest first.
    generations: Vec<Generation>,
}

impl Keystore {
    /// Draws four keys and stores them in a new file; an existing file is never replaced. Where there is no folder one
    /// is made, mode 0700.
    ///
    /// Takes about a tenth of a second and 32 MiB: the price of guessing the password.
    ///
    /// # Errors
    /// [`KeyError::Exists`], [`KeyError::EmptyPassword`], [`KeyError::WeakPassword`], or what the file system or the
    /// random source says.
    pub fn create(path: &Path, password: &str) -> Result<Self, KeyError> {
        check_password(password)?;
        Self::generate()?.store_new(path, password)
    }

    /// Opens an existing file.
    ///
    /// # Errors
    /// [`KeyError::Missing`], [`KeyError::WrongPassword`], [`KeyError::Damaged`], or what the file system says.
    pub fn open(path: &Path, password: &str) -> Result<Self, KeyError> {
        let bytes = file::read(path).map_err(|error| match error {
            KeyError::Io { source, path, .. } if source.kind() == ErrorKind::NotFound => {
                KeyError::Missing { path }
            }
            other => other,
        })?;
        let (public, generations, secrets) = sealed::open(path, &bytes, password)?;
        let keys = Self::from_secrets(&secrets, generations);
        let keys =
            keys.ok_or_else(|| damaged(path, "a key is out of range, or not that of its public half"))?;
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

    /// Stores a new keystore whose transmitter is `transmitter`; the other keys are drawn.
    ///
    /// # Errors
    /// As [`Keystore::create`].
    pub fn create_with_transmitter(
        path: &Path,
        password: &str,
        transmitter: TransmitterKey,
    ) -> Result<Self, KeyError> {
        check_password(password)?;
        Self { transmitter: transmitter.0, ..Self::generate()? }.store_new(path, password)
    }

    fn store_new(self, path: &Path, password: &str) -> Result<Self, KeyError> {
        file::make_folder_of(path)?;
        file::write_new(path, &self.sealed(password)?)?;
        Ok(self)
    }

    /// Writes the keys in the place of the file they came from, encrypted with `password`. At every moment the old file
    /// or the new one is there, whole.
    ///
    /// # Errors
    /// [`KeyError::EmptyPassword`] or what the file system says; then the old file is unchanged.
    pub fn save(&self, path: &Path, password: &str) -> Result<(), KeyError> {
        file::replace(path, &self.sealed(password)?)
    }

    fn sealed(&self, password: &str) -> Result<Vec<u8>, KeyError> {
        let generations: Vec<SecretsKeys> = self.secrets_keys().cloned().collect();
        sealed::seal(&self.public(), &generations, &self.secrets(), password)
    }

    /// Takes `next` as the transmitter key, or draws one; the present one becomes the newest of the earlier ones.
    /// Nothing is stored before [`Keystore::save`].
    ///
    /// # Errors
    /// [`KeyError::TooMany`] or [`KeyError::Known`].
    pub fn rotate_transmitter(&mut self, next: Option<TransmitterKey>) -> Result<(), KeyError> {
        if self.earlier.len() >= MAX_EARLIER {
            return Err(KeyError::TooMany);
        }
        let next = match next {
            Some(TransmitterKey(next)) => next,
            None => Self::generate()?.transmitter,
        };
        if self.transmitters().any(|known| known.address() == next.address()) {
            return Err(KeyError::Known(next.address()));
        }
        self.earlier.insert(0, std::mem::replace(&mut self.transmitter, next));
        Ok(())
    }

    /// Forgets an earlier transmitter; false when there is none with this address. Nothing is stored before
    /// [`Keystore::save`].
    pub fn drop_transmitter(&mut self, address: Address) -> bool {
        let before = self.earlier.len();
        self.earlier.retain(|key| key.address() != address);
        self.earlier.len() < before
    }

    /// Writes the key of the signer or of a transmitter to the new file `to`, mode 0600, in an existing folder.
    ///
    /// # Errors
    /// [`KeyError::Unknown`] when no such key is here, [`KeyError::Exists`], [`KeyError::EmptyPassword`], or what the
    /// file system says.
    pub fn export(&self, address: Address, to: &Path, form: &Export<'_>) -> Result<(), KeyError> {
        let secret = self.secret_of(address).ok_or(KeyError::Unknown(address))?;
        let bytes = match form {
            Export::Encrypted(password) => Zeroizing::new(web3::seal(&secret, address, password)?),
            Export::Raw => {
                Zeroizing::new(format!("{}\n", *Zeroizing::new(hex::encode(*secret))).into_bytes())
            }
        };
        file::write_new(to, &bytes)
    }

    /// The public halves.
    pub fn public(&self) -> PublicKeys {
        PublicKeys {
            signer: Address::from_private_key(&self.signer),
            transmitter: self.transmitter.address(),
            offchain_public_key: self.offchain.verifying_key().to_bytes().into(),
            network_public_key: self.network.verifying_key().to_bytes().into(),
            earlier_transmitters: self.earlier.iter().map(PrivateKeySigner::address).collect(),
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

    /// Signs a personal message (EIP-191) with the signer's key: `r || s || v`, low s, v 27 or 28. The prefix keeps it
    /// from being a report's hash.
    pub fn sign_personal(&self, message: &[u8]) -> [u8; 65] {
        let ReportSignature { r, s, v } = self.sign_report(&eip191_hash_message(message));
        let mut bytes = [27 + v; 65];
        bytes[..32].copy_from_slice(r.as_slice());
        bytes[32..64].copy_from_slice(s.as_slice());
        bytes
    }

    /// Signs a protocol message with the Ed25519 off-chain key.
    pub fn sign_offchain(&self, bytes: &[u8]) -> [u8; 64] {
        self.offchain.sign(bytes).to_bytes()
    }

    /// A wallet that signs the transmitter's transactions and does not reveal its key.
    pub fn wallet(&self) -> EthereumWallet {
        EthereumWallet::new(self.transmitter.clone())
    }

    /// A wallet that signs for one of the transmitters; `None` when its key is not here.
    pub fn wallet_of(&self, transmitter: Address) -> Option<EthereumWallet> {
        let key = self.transmitters().find(|key| key.address() == transmitter)?;
        Some(EthereumWallet::new(key.clone()))
    }

    /// The network identity as the transport's own type: it signs handshakes, nothing else is signed with its key. The
    /// library zeroises its copies.
    pub fn network_identity(&self) -> Keypair {
        let seed = Zeroizing::new(self.network.to_bytes());
        Keypair::ed25519_from_bytes(*seed).expect("any 32 bytes are an Ed25519 seed")
    }

    fn generate() -> Result<Self, KeyError> {
        loop {
            let mut secrets = Zeroizing::new([0; 4 * sealed::SECRET_BYTES]);
            getrandom::fill(secrets.as_mut_slice()).map_err(|_| KeyError::Random)?;
            // A random string is a valid secp256k1 key except once in 2^128.
            if let Some(keys) = Self::from_secrets(secrets.as_slice(), Vec::new()) {
                return Ok(keys);
            }
        }
    }

    fn from_secrets(secrets: &[u8], generations: Vec<SecretsKeys>) -> Option<Self> {
        let (keys, rest) = secrets.as_chunks::<32>();
        let ([signer, transmitter, offchain, network], keys) = keys.split_first_chunk::<4>()?;
        let (earlier, secrets) = keys.split_at_checked(keys.len().checked_sub(2 * generations.len())?)?;
        let (pairs, _) = secrets.as_chunks::<2>();
        let generation = |(public, [share, don]): (_, &[_; 2])| Generation::new(public, share, don);
        let generations = generations.into_iter().zip(pairs).map(generation).collect::<Option<_>>()?;
        if !rest.is_empty() {
            return None;
        }
        Some(Self {
            signer: SigningKey::from_slice(signer).ok()?,
            transmitter: PrivateKeySigner::from_slice(transmitter).ok()?,
            earlier: earlier
                .iter()
                .map(|key| PrivateKeySigner::from_slice(key).ok())
                .collect::<Option<_>>()?,
            offchain: ed25519_dalek::SigningKey::from_bytes(offchain),
            network: ed25519_dalek::SigningKey::from_bytes(network),
            generations,
        })
    }

    fn secrets(&self) -> Zeroizing<Vec<u8>> {
        let count = 4 + self.earlier.len() + 2 * self.generations.len();
        let mut secrets = Zeroizing::new(Vec::with_capacity(count * sealed::SECRET_BYTES));
        let mut push = |key: Zeroizing<[u8; 32]>| secrets.extend_from_slice(key.as_slice());
        push(Zeroizing::new(self.signer.to_bytes().into()));
        push(Zeroizing::new(self.transmitter.to_bytes().0));
        push(Zeroizing::new(self.offchain.to_bytes()));
        push(Zeroizing::new(self.network.to_bytes()));
        self.earlier.iter().for_each(|key| push(Zeroizing::new(key.to_bytes().0)));
        self.generations.iter().flat_map(Generation::secrets).for_each(push);
        secrets
    }

    fn transmitters(&self) -> impl Iterator<Item = &PrivateKeySigner> {
        std::iter::once(&self.transmitter).chain(&self.earlier)
    }

    fn secret_of(&self, address: Address) -> Option<Zeroizing<[u8; 32]>> {
        if Address::from_private_key(&self.signer) == address {
            return Some(Zeroizing::new(self.signer.to_bytes().into()));
        }
        let key = self.transmitters().find(|key| key.address() == address)?;
        Some(Zeroizing::new(key.to_bytes().0))
    }
}

/// The key of an account, read from a file to become a transmitter's.
pub struct TransmitterKey(PrivateKeySigner);

impl TransmitterKey {
    /// Reads a private file: Web3 secret storage version 3 under `password`, or 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`KeyError::WrongPassword`], [`KeyError::NoKey`], [`KeyError::Permissions`], or what the file system says.
    pub fn read(path: &Path, password: &str) -> Result<Self, KeyError> {
        let bytes = Zeroizing::new(file::read(path)?);
        if bytes.trim_ascii_start().starts_with(b"{") {
            return web3::open(path, &bytes, password).map(Self);
        }
        let text = bytes.trim_ascii();
        let mut secret = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.strip_prefix(b"0x").unwrap_or(text), secret.as_mut_slice())
            .map_err(|_| no_key(path, "neither an encrypted key of a wallet nor 64 hexadecimal digits"))?;
        PrivateKeySigner::from_slice(secret.as_slice())
            .map(Self)
            .map_err(|_| no_key(path, "the key is out of range"))
    }
}

fn no_key(path: &Path, reason: impl Into<String>) -> KeyError {
    KeyError::NoKey { path: path.to_owned(), reason: reason.into() }
}

fn damaged(path: &Path, reason: &'static str) -> KeyError {
    KeyError::Damaged { path: path.to_owned(), reason: reason.into() }
}

#[cfg(test)]
mod tests;
