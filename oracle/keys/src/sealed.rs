//! The encrypted form of the keys.

use std::path::Path;

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{KeyError, PublicKeys, damaged};

/// Bytes of one secret; a file holds four, and one more for every earlier transmitter.
pub(crate) const SECRET_BYTES: usize = 32;
/// Most secrets in a file.
const MAX_SECRETS: usize = 4 + crate::MAX_EARLIER;

/// scrypt cost for new files: 2^15 blocks of 1 KiB.
const LOG_N: u8 = 15;
/// Highest cost that a file may ask for: 1 GiB.
const MAX_LOG_N: u8 = 20;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    version: u32,
    public: PublicKeys,
    kdf: Kdf,
    cipher: String,
    nonce: String,
    ciphertext: String,
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
pub(crate) fn seal(public: &PublicKeys, secrets: &[u8], password: &str) -> Result<Vec<u8>, KeyError> {
    let (mut salt, mut nonce) = ([0; 32], [0; 24]);
    getrandom::fill(&mut salt).and_then(|()| getrandom::fill(&mut nonce)).map_err(|_| KeyError::Random)?;
    let kdf = Kdf { name: KDF.into(), log_n: LOG_N, r: 8, p: 1, salt: hex::encode(salt) };
    let aad = authenticated(public);
    let payload = Payload { msg: secrets, aad: &aad };
    let ciphertext = cipher(&kdf, &salt, password)?
        .encrypt(&XNonce::from(nonce), payload)
        .expect("a few keys are below the cipher's limit");
    let file = File {
        version: 1,
        public: public.clone(),
        kdf,
        cipher: CIPHER.into(),
        nonce: hex::encode(nonce),
        ciphertext: hex::encode(ciphertext),
    };
    let mut json = serde_json::to_vec_pretty(&file).expect("strings and numbers are JSON");
    json.push(b'\n');
    Ok(json)
}

/// Decrypts a file.
pub(crate) fn open(
    path: &Path,
    bytes: &[u8],
    password: &str,
) -> Result<(PublicKeys, Zeroizing<Vec<u8>>), KeyError> {
    let file: File = serde_json::from_slice(bytes)
        .map_err(|error| KeyError::Damaged { path: path.to_owned(), reason: error.to_string() })?;
    if file.version != 1 || file.kdf.name != KDF || file.cipher != CIPHER {
        return Err(damaged(path, "its version, key derivation or cipher is unknown"));
    }
    if file.kdf.log_n > MAX_LOG_N || file.kdf.r != 8 || file.kdf.p != 1 {
        return Err(damaged(path, "its key derivation asks for too much memory"));
    }
    let salt = hex::decode(&file.kdf.salt).map_err(|_| damaged(path, "its salt is not hexadecimal"))?;
    let nonce = hex::decode(&file.nonce).ok().and_then(|nonce| <[u8; 24]>::try_from(nonce).ok());
    let nonce = nonce.ok_or_else(|| damaged(path, "its nonce is not 24 bytes"))?;
    let ciphertext =
        hex::decode(&file.ciphertext).map_err(|_| damaged(path, "its ciphertext is not hexadecimal"))?;
    let aad = authenticated(&file.public);
    let payload = Payload { msg: ciphertext.as_slice(), aad: &aad };
    let plain = cipher(&file.kdf, &salt, password)?
        .decrypt(&XNonce::from(nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| KeyError::WrongPassword { path: path.to_owned() })?;
    let secrets = 4 + file.public.earlier_transmitters.len();
    if secrets > MAX_SECRETS || plain.len() != secrets * SECRET_BYTES {
        return Err(damaged(path, "its content has a wrong length"));
    }
    Ok((file.public, plain))
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
fn authenticated(public: &PublicKeys) -> Vec<u8> {
    let mut bytes = b"functions-keystore/1".to_vec();
    bytes.extend_from_slice(public.signer.as_slice());
    bytes.extend_from_slice(public.transmitter.as_slice());
    bytes.extend_from_slice(public.offchain_public_key.as_slice());
    bytes.extend_from_slice(public.network_public_key.as_slice());
    for earlier in &public.earlier_transmitters {
        bytes.extend_from_slice(earlier.as_slice());
    }
    bytes
}
