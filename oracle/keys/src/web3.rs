//! Web3 secret storage, version 3: the encrypted form of one secp256k1 key that every Ethereum wallet reads.
//!
//! scrypt derives 32 bytes from the password: the first 16 are the key of AES-128 in counter mode, the last 16 and the
//! ciphertext are hashed with keccak-256 to tell a wrong password.

use std::path::Path;

use aes::Aes128;
use alloy::{
    primitives::{Address, keccak256},
    signers::local::PrivateKeySigner,
};
use ctr::{
    Ctr128BE,
    cipher::{KeyIvInit, StreamCipher},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{KeyError, no_key};

/// scrypt cost of new files: 2^17 blocks of 1 KiB.
const N: u64 = 1 << 17;
/// Most memory a file may ask for, in bytes.
const MAX_MEMORY: u64 = 1 << 30;
/// Most passes over it.
const MAX_P: u32 = 16;
/// Longest part of an address field that is repeated, in characters.
const MAX_NAME_SHOWN: usize = 64;

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    #[serde(default)]
    id: String,
    #[serde(default)]
    address: Option<String>,
    #[serde(alias = "Crypto")]
    crypto: Crypto,
}

#[derive(Serialize, Deserialize)]
struct Crypto {
    cipher: String,
    cipherparams: CipherParams,
    ciphertext: String,
    kdf: String,
    kdfparams: serde_json::Value,
    mac: String,
}

#[derive(Serialize, Deserialize)]
struct CipherParams {
    iv: String,
}

#[derive(Serialize, Deserialize)]
struct Scrypt {
    dklen: u32,
    n: u64,
    r: u32,
    p: u32,
    salt: String,
}

/// Renders an encrypted key.
pub(crate) fn seal(secret: &[u8; 32], address: Address, password: &str) -> Result<Vec<u8>, KeyError> {
    if password.is_empty() {
        return Err(KeyError::EmptyPassword);
    }
    let (mut salt, mut iv, mut id) = ([0; 32], [0; 16], [0; 16]);
    getrandom::fill(&mut salt)
        .and_then(|()| getrandom::fill(&mut iv))
        .and_then(|()| getrandom::fill(&mut id))
        .map_err(|_| KeyError::Random)?;
    let params = Scrypt { dklen: 32, n: N, r: 8, p: 1, salt: hex::encode(salt) };
    let derived = derive(&params, &salt, password).expect("the cost is in range");
    let mut ciphertext = *secret;
    crypt(&derived, &iv, &mut ciphertext);
    let file = File {
        version: 3,
        id: uuid(id),
        address: Some(hex::encode(address)),
        crypto: Crypto {
            cipher: "aes-128-ctr".into(),
            cipherparams: CipherParams { iv: hex::encode(iv) },
            ciphertext: hex::encode(ciphertext),
            kdf: "scrypt".into(),
            kdfparams: serde_json::to_value(params).expect("numbers and text are JSON"),
            mac: hex::encode(mac(&derived, &ciphertext)),
        },
    };
    let mut json = serde_json::to_vec_pretty(&file).expect("strings and numbers are JSON");
    json.push(b'\n');
    Ok(json)
}

/// Decrypts a key; it must be that of the address the file names, where it names one.
pub(crate) fn open(path: &Path, bytes: &[u8], password: &str) -> Result<PrivateKeySigner, KeyError> {
    let file: File = serde_json::from_slice(bytes).map_err(|error| no_key(path, error.to_string()))?;
    let crypto = file.crypto;
    if file.version != 3 || crypto.cipher != "aes-128-ctr" || crypto.kdf != "scrypt" {
        return Err(no_key(path, "only version 3 with scrypt and aes-128-ctr is supported"));
    }
    let params: Scrypt =
        serde_json::from_value(crypto.kdfparams).map_err(|error| no_key(path, error.to_string()))?;
    let bytes = |text: &str| hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok();
    let salt = bytes(&params.salt).ok_or_else(|| no_key(path, "its salt is not hexadecimal"))?;
    let iv = bytes(&crypto.cipherparams.iv).and_then(|iv| <[u8; 16]>::try_from(iv).ok());
    let iv = iv.ok_or_else(|| no_key(path, "its iv is not 16 bytes"))?;
    let secret = bytes(&crypto.ciphertext).and_then(|text| <[u8; 32]>::try_from(text).ok());
    let mut secret = Zeroizing::new(secret.ok_or_else(|| no_key(path, "its ciphertext is not 32 bytes"))?);
    let derived = derive(&params, &salt, password)
        .ok_or_else(|| no_key(path, "its key derivation is unknown or asks for too much memory"))?;
    if bytes(&crypto.mac).as_deref() != Some(mac(&derived, &secret).as_slice()) {
        return Err(KeyError::WrongPassword { path: path.to_owned() });
    }
    crypt(&derived, &iv, &mut secret);
    let key = PrivateKeySigner::from_slice(secret.as_slice())
        .map_err(|_| no_key(path, "the key is out of range"))?;
    // Neither the password nor the mac covers the name; some wallets leave it empty.
    match file.address.as_deref().map(str::trim) {
        None | Some("") => Ok(key),
        Some(named) if named.parse() == Ok(key.address()) => Ok(key),
        Some(named) => {
            let named: String = named.chars().take(MAX_NAME_SHOWN).collect();
            Err(no_key(
                path,
                format!("its address field says {named:?}, its key is that of {}", key.address()),
            ))
        }
    }
}

/// The 32 bytes derived from a password; `None` when the parameters are out of bounds.
fn derive(params: &Scrypt, salt: &[u8], password: &str) -> Option<Zeroizing<[u8; 32]>> {
    let log_n = u8::try_from(params.n.checked_ilog2()?).ok()?;
    let memory = params.n.checked_mul(u64::from(params.r))?.checked_mul(128)?;
    let bounded = params.dklen == 32
        && params.n == 1 << log_n
        && memory <= MAX_MEMORY
        && (1..=MAX_P).contains(&params.p);
    let scrypt = bounded.then(|| scrypt::Params::new(log_n, params.r, params.p).ok()).flatten()?;
    let mut derived = Zeroizing::new([0; 32]);
    scrypt::scrypt(password.as_bytes(), salt, &scrypt, derived.as_mut_slice()).ok()?;
    Some(derived)
}

fn crypt(derived: &[u8; 32], iv: &[u8; 16], text: &mut [u8; 32]) {
    let (key, _) = derived.split_at(16);
    let key = <[u8; 16]>::try_from(key).expect("half of 32 bytes");
    Ctr128BE::<Aes128>::new(&key.into(), iv.into()).apply_keystream(text);
}

fn mac(derived: &[u8; 32], ciphertext: &[u8; 32]) -> [u8; 32] {
    let mut input = Zeroizing::new([0; 48]);
    input[..16].copy_from_slice(&derived[16..]);
    input[16..].copy_from_slice(ciphertext);
    keccak256(input.as_slice()).0
}

/// A random UUID, version 4.
fn uuid(mut id: [u8; 16]) -> String {
    id[6] = id[6] & 0x0f | 0x40;
    id[8] = id[8] & 0x3f | 0x80;
    let digits = hex::encode(id);
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The scrypt vector of the format's definition.
    const VECTOR: &str = r#"{"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"83dbcc02d8ccb40e466191a123791e0e"},
        "ciphertext":"d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c","kdf":"scrypt",
        "kdfparams":{"dklen":32,"n":262144,"p":8,"r":1,"salt":"ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"},
        "mac":"2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"},
        "id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}"#;

    #[test]
    fn open_reads_the_formats_own_vector() {
        let path = Path::new("vector");
        let secret = open(path, VECTOR.as_bytes(), "testpassword").expect("opens");
        let key = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
        assert_eq!(hex::encode(secret.to_bytes()), key);
        assert!(matches!(open(path, VECTOR.as_bytes(), "other"), Err(KeyError::WrongPassword { .. })));
    }

    #[test]
    fn open_returns_what_was_sealed_and_bounds_what_a_file_asks_for() {
        let address = PrivateKeySigner::from_slice(&[7; 32]).expect("a key").address();
        let sealed = seal(&[7; 32], address, "pass").expect("sealed");
        assert_eq!(open(Path::new("x"), &sealed, "pass").expect("opens").to_bytes(), [7; 32]);
        let text = String::from_utf8(sealed).expect("text");
        for (from, to) in [
            ("\"n\": 131072", "\"n\": 4611686018427387904"),
            ("\"n\": 131072", "\"n\": 131071"),
            ("\"n\": 131072", "\"n\": 0"),
            ("\"r\": 8", "\"r\": 4294967295"),
            ("\"p\": 1", "\"p\": 1000000"),
            ("\"dklen\": 32", "\"dklen\": 16"),
            ("\"version\": 3", "\"version\": 1"),
            ("scrypt", "pbkdf2"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            let refused = open(Path::new("x"), changed.as_bytes(), "pass");
            assert!(matches!(refused, Err(KeyError::NoKey { .. })), "{to}");
        }
    }

    #[test]
    fn open_compares_the_key_with_the_address_the_file_names() {
        let address = PrivateKeySigner::from_slice(&[7; 32]).expect("a key").address();
        let text = String::from_utf8(seal(&[7; 32], address, "pass").expect("sealed")).expect("text");
        let ours = hex::encode(address);
        let read = |named: &str| {
            let changed = text.replacen(&ours, named, 1);
            open(Path::new("x"), changed.as_bytes(), "pass").map(|key| key.address())
        };
        for good in [ours.clone(), address.to_string(), ours.to_uppercase(), String::new()] {
            assert_eq!(read(&good).ok(), Some(address), "{good:?}");
        }
        let other = hex::encode([1; 20]);
        for bad in [other.as_str(), "0x12", "somebody", &"x".repeat(5_000)] {
            let said = read(bad).expect_err(bad).to_string();
            assert!(said.contains("its address field") && said.contains(&address.to_string()), "{said}");
            assert!(said.len() < 300, "{said}");
        }
    }
}
