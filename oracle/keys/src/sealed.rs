//! The encrypted form of the keys.

use std::path::Path;

use alloy::primitives::B256;
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use functions_tdh2::{PublicKey, ecies::DonPublicKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{KeyError, MAX_EARLIER, MAX_GENERATIONS, PublicKeys, SecretsKeys, damaged};

/// Bytes of one secret; a file holds four, one more for every earlier transmitter, two for every generation.
pub(crate) const SECRET_BYTES: usize = 32;

/// scrypt cost for new files: 2^15 blocks of 1 KiB.
const LOG_N: u8 = 15;
/// Highest cost that a file may ask for: 1 GiB.
const MAX_LOG_N: u8 = 20;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    version: u64,
    public: PublicKeys,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    secrets_keys: Vec<Published>,
    kdf: Kdf,
    cipher: String,
    nonce: String,
    ciphertext: String,
}

/// A generation's public part.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Published {
    digest: B256,
    attempt: u32,
    needed: u8,
    index: u8,
    threshold_public_key: String,
    don_public_key: String,
    transcript: B256,
}

/// The only thing that is the same in all versions.
#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Kdf {
    name: String,
    log_n: u8,
    r: u32,
    p: u32,
    salt: String,
}

const KDF: &str = "scrypt";
const CIPHER: &str = "xchacha20poly1305";

/// Encrypts the secrets and renders the file.
pub(crate) fn seal(
    public: &PublicKeys,
    generations: &[SecretsKeys],
    secrets: &[u8],
    password: &str,
) -> Result<Vec<u8>, KeyError> {
    let (mut salt, mut nonce) = ([0; 32], [0; 24]);
    getrandom::fill(&mut salt).and_then(|()| getrandom::fill(&mut nonce)).map_err(|_| KeyError::Random)?;
    let kdf = Kdf { name: KDF.into(), log_n: LOG_N, r: 8, p: 1, salt: hex::encode(salt) };
    let aad = authenticated(public, generations);
    let payload = Payload { msg: secrets, aad: &aad };
    let ciphertext = cipher(&kdf, &salt, password)?
        .encrypt(&XNonce::from(nonce), payload)
        .expect("a few keys are below the cipher's limit");
    let file = File {
        version: version(generations),
        public: public.clone(),
        secrets_keys: generations.iter().map(Published::of).collect(),
        kdf,
        cipher: CIPHER.into(),
        nonce: hex::encode(nonce),
        ciphertext: hex::encode(ciphertext),
    };
    let mut json = serde_json::to_vec_pretty(&file).expect("strings and numbers are JSON");
    json.push(b'\n');
    Ok(json)
}

/// The public halves, those of the generations, and all secrets.
pub(crate) type Opened = (PublicKeys, Vec<SecretsKeys>, Zeroizing<Vec<u8>>);

/// Decrypts a file.
pub(crate) fn open(path: &Path, bytes: &[u8], password: &str) -> Result<Opened, KeyError> {
    let not_read =
        |error: serde_json::Error| KeyError::Damaged { path: path.to_owned(), reason: error.to_string() };
    let Versioned { version } = serde_json::from_slice(bytes).map_err(not_read)?;
    if version > 2 {
        return Err(KeyError::Version { path: path.to_owned(), version });
    }
    let file: File = serde_json::from_slice(bytes).map_err(not_read)?;
    if file.kdf.name != KDF || file.cipher != CIPHER {
        return Err(damaged(path, "its key derivation or cipher is unknown"));
    }
    let generations: Option<Vec<SecretsKeys>> = file.secrets_keys.iter().map(Published::read).collect();
    let generations = generations.ok_or_else(|| damaged(path, "a public key for secrets is malformed"))?;
    if version != self::version(&generations) {
        return Err(damaged(path, "its version is not that of its content"));
    }
    if file.kdf.log_n > MAX_LOG_N || file.kdf.r != 8 || file.kdf.p != 1 {
        return Err(damaged(path, "its key derivation asks for too much memory"));
    }
    let salt = hex::decode(&file.kdf.salt).map_err(|_| damaged(path, "its salt is not hexadecimal"))?;
    let nonce = hex::decode(&file.nonce).ok().and_then(|nonce| <[u8; 24]>::try_from(nonce).ok());
    let nonce = nonce.ok_or_else(|| damaged(path, "its nonce is not 24 bytes"))?;
    let ciphertext =
        hex::decode(&file.ciphertext).map_err(|_| damaged(path, "its ciphertext is not hexadecimal"))?;
    let aad = authenticated(&file.public, &generations);
    let payload = Payload { msg: ciphertext.as_slice(), aad: &aad };
    let plain = cipher(&file.kdf, &salt, password)?
        .decrypt(&XNonce::from(nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| KeyError::WrongPassword { path: path.to_owned() })?;
    let (earlier, made) = (file.public.earlier_transmitters.len(), generations.len());
    let is_long = earlier > MAX_EARLIER || made > MAX_GENERATIONS;
    if is_long || plain.len() != (4 + earlier + 2 * made) * SECRET_BYTES {
        return Err(damaged(path, "its content has a wrong length"));
    }
    Ok((file.public, generations, plain))
}

/// Programs that know version 1 alone read what has no generation.
const fn version(generations: &[SecretsKeys]) -> u64 {
    if generations.is_empty() { 1 } else { 2 }
}

impl Published {
    fn of(keys: &SecretsKeys) -> Self {
        Self {
            digest: keys.digest,
            attempt: keys.attempt,
            needed: keys.needed,
            index: keys.index,
            threshold_public_key: keys.threshold.encode(),
            don_public_key: hex::encode(keys.don.encode()),
            transcript: keys.transcript,
        }
    }

    fn read(&self) -> Option<SecretsKeys> {
        Some(SecretsKeys {
            digest: self.digest,
            attempt: self.attempt,
            needed: self.needed,
            index: self.index,
            threshold: PublicKey::decode(self.threshold_public_key.as_bytes()).ok()?,
            don: DonPublicKey::decode(&hex::decode(&self.don_public_key).ok()?).ok()?,
            transcript: self.transcript,
        })
    }
}

fn cipher(kdf: &Kdf, salt: &[u8], password: &str) -> Result<XChaCha20Poly1305, KeyError> {
    if password.is_empty() {
        return Err(KeyError::EmptyPassword);
    }
    let params = scrypt::Params::new(kdf.log_n, kdf.r, kdf.p).expect("the cost is in range");
    let mut key = Zeroizing::new([0; 32]);
    scrypt::scrypt(password.as_bytes(), salt, &params, key.as_mut_slice()).expect("32 bytes can be derived");
    Ok(XChaCha20Poly1305::new((&*key).into()))
}

/// Binds the public half to the secrets.
fn authenticated(public: &PublicKeys, generations: &[SecretsKeys]) -> Vec<u8> {
    let mut bytes = format!("functions-keystore/{}", version(generations)).into_bytes();
    bytes.extend_from_slice(public.signer.as_slice());
    bytes.extend_from_slice(public.transmitter.as_slice());
    bytes.extend_from_slice(public.offchain_public_key.as_slice());
    bytes.extend_from_slice(public.network_public_key.as_slice());
    for earlier in &public.earlier_transmitters {
        bytes.extend_from_slice(earlier.as_slice());
    }
    if !generations.is_empty() {
        bytes.push(u8::try_from(public.earlier_transmitters.len()).unwrap_or(u8::MAX));
    }
    for keys in generations {
        let threshold = keys.threshold.encode();
        bytes.extend_from_slice(keys.digest.as_slice());
        bytes.extend_from_slice(&keys.attempt.to_be_bytes());
        bytes.extend_from_slice(&[keys.needed, keys.index]);
        bytes.extend_from_slice(&u32::try_from(threshold.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(threshold.as_bytes());
        bytes.extend_from_slice(&keys.don.encode());
        bytes.extend_from_slice(keys.transcript.as_slice());
    }
    bytes
}
