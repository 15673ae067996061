//! The arithmetic of `crypto.subtle`, without state: keys go in and out as bytes.
//!
//! Names, parameters and errors as scripts see them are the boot script's (`js/subtle.js`). Every
//! function here is synchronous: a run has one thread and may not have a second. Whatever needs
//! random bytes takes them from the run's seeded stream, so that two nodes sign alike.
//!
//! | to read about | look in |
//! | --- | --- |
//! | digests, HMAC, key derivation, ciphers | `symmetric` |
//! | RSASSA-PKCS1-v1_5, RSA-PSS | `rsa_keys` |
//! | ECDSA on P-256 and P-384, Ed25519 | `curves` |

mod curves;
mod rsa_keys;
mod symmetric;

use deno_core::{OpState, op2};
use deno_error::JsErrorBox;

use crate::host::Host;

/// Digest algorithms of the web.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn named(name: &str) -> Result<Self, JsErrorBox> {
        match name {
            "SHA-1" => Ok(Self::Sha1),
            "SHA-256" => Ok(Self::Sha256),
            "SHA-384" => Ok(Self::Sha384),
            "SHA-512" => Ok(Self::Sha512),
            _ => Err(failed("unknown digest")),
        }
    }
}

/// Calls a generic function with the digest type that `$hash` names.
macro_rules! with_digest {
    ($hash:expr, $function:ident($($argument:expr),*)) => {
        match $hash {
            crate::crypto::Hash::Sha1 => $function::<sha1::Sha1>($($argument),*),
            crate::crypto::Hash::Sha256 => $function::<sha2::Sha256>($($argument),*),
            crate::crypto::Hash::Sha384 => $function::<sha2::Sha384>($($argument),*),
            crate::crypto::Hash::Sha512 => $function::<sha2::Sha512>($($argument),*),
        }
    };
}
use with_digest;

/// What went wrong, for the boot script to turn into a DOMException. The text is ours: no library
/// wording reaches a script.
fn failed(what: &'static str) -> JsErrorBox {
    JsErrorBox::generic(what)
}

#[op2]
#[buffer]
fn op_crypto_digest(#[string] hash: &str, #[buffer] data: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
    Ok(symmetric::digest(Hash::named(hash)?, data))
}

#[op2]
#[buffer]
fn op_crypto_hmac(
    #[string] hash: &str,
    #[buffer] key: &[u8],
    #[buffer] data: &[u8],
) -> Result<Vec<u8>, JsErrorBox> {
    Ok(symmetric::hmac(Hash::named(hash)?, key, data))
}

#[op2(fast)]
fn op_crypto_hmac_verify(
    #[string] hash: &str,
    #[buffer] key: &[u8],
    #[buffer] data: &[u8],
    #[buffer] signature: &[u8],
) -> Result<bool, JsErrorBox> {
    Ok(symmetric::equal(&symmetric::hmac(Hash::named(hash)?, key, data), signature))
}

#[op2]
#[buffer]
fn op_crypto_hkdf(
    #[string] hash: &str,
    #[buffer] key: &[u8],
    #[buffer] salt: &[u8],
    #[buffer] info: &[u8],
    length: u32,
) -> Result<Vec<u8>, JsErrorBox> {
    symmetric::hkdf(Hash::named(hash)?, key, salt, info, length as usize)
}

#[op2]
#[buffer]
fn op_crypto_pbkdf2(
    #[string] hash: &str,
    #[buffer] key: &[u8],
    #[buffer] salt: &[u8],
    rounds: u32,
    length: u32,
) -> Result<Vec<u8>, JsErrorBox> {
    symmetric::pbkdf2(Hash::named(hash)?, key, salt, rounds, length as usize)
}

/// `parameter`: length of the tag in bits (GCM) or of the counter in bits (CTR).
#[op2]
#[buffer]
fn op_crypto_cipher(
    #[string] name: &str,
    encrypt: bool,
    #[buffer] key: &[u8],
    #[buffer] iv: &[u8],
    #[buffer] additional: &[u8],
    parameter: u32,
    #[buffer] data: &[u8],
) -> Result<Vec<u8>, JsErrorBox> {
    let cipher = symmetric::Cipher { key, iv, additional, parameter };
    match name {
        "AES-GCM" => cipher.gcm(encrypt, data),
        "AES-CBC" => cipher.cbc(encrypt, data),
        "AES-CTR" => cipher.ctr(data),
        _ => Err(failed("unknown cipher")),
    }
}

/// A private key from `pkcs8`, or a public one from `spki`, in this module's own form.
#[op2]
#[buffer]
fn op_crypto_import(
    #[string] kind: &str,
    #[string] format: &str,
    #[buffer] data: &[u8],
) -> Result<Vec<u8>, JsErrorBox> {
    match (kind, format) {
        ("RSA", "pkcs8") => rsa_keys::private_from_pkcs8(data),
        ("RSA", "spki") => rsa_keys::public_from_spki(data),
        // Parts of a JWK, each with its length (4 bytes, little-endian) in front.
        ("RSA", "private parts") => rsa_keys::private_from_parts(data),
        ("RSA", "public parts") => rsa_keys::public_from_parts(data),
        _ => curves::import(kind, format, data),
    }
}

/// The opposite of [`op_crypto_import`].
#[op2]
#[buffer]
fn op_crypto_export(
    #[string] kind: &str,
    #[string] format: &str,
    #[buffer] key: &[u8],
) -> Result<Vec<u8>, JsErrorBox> {
    match (kind, format) {
        ("RSA", "pkcs8") => rsa_keys::private_to_pkcs8(key),
        ("RSA", "spki") => rsa_keys::public_to_spki(key),
        ("RSA", "private parts") => rsa_keys::private_to_parts(key),
        ("RSA", "public parts") => rsa_keys::public_to_parts(key),
        _ => curves::export(kind, format, key),
    }
}

/// `salt_length` counts for RSA-PSS alone.
#[op2]
#[buffer]
fn op_crypto_sign(
    state: &mut OpState,
    #[string] kind: &str,
    #[string] hash: &str,
    #[buffer] key: &[u8],
    #[buffer] data: &[u8],
    salt_length: u32,
) -> Result<Vec<u8>, JsErrorBox> {
    match kind {
        "RSASSA-PKCS1-v1_5" => rsa_keys::sign_pkcs1(Hash::named(hash)?, key, data),
        "RSA-PSS" => {
            let host = state.borrow_mut::<Host>();
            rsa_keys::sign_pss(Hash::named(hash)?, key, data, salt_length as usize, host.random_bytes())
        }
        "Ed25519" => curves::sign_ed25519(key, data),
        _ => curves::sign(kind, Hash::named(hash)?, key, data),
    }
}

/// False also where the signature is malformed.
#[op2(fast)]
fn op_crypto_verify(
    #[string] kind: &str,
    #[string] hash: &str,
    #[buffer] key: &[u8],
    #[buffer] data: &[u8],
    #[buffer] signature: &[u8],
    salt_length: u32,
) -> Result<bool, JsErrorBox> {
    match kind {
        "RSASSA-PKCS1-v1_5" => rsa_keys::verify_pkcs1(Hash::named(hash)?, key, data, signature),
        "RSA-PSS" => rsa_keys::verify_pss(Hash::named(hash)?, key, data, salt_length as usize, signature),
        "Ed25519" => curves::verify_ed25519(key, data, signature),
        _ => curves::verify(kind, Hash::named(hash)?, key, data, signature),
    }
}

deno_core::extension!(
    functions_crypto,
    ops = [
        op_crypto_digest,
        op_crypto_hmac,
        op_crypto_hmac_verify,
        op_crypto_hkdf,
        op_crypto_pbkdf2,
        op_crypto_cipher,
        op_crypto_import,
        op_crypto_export,
        op_crypto_sign,
        op_crypto_verify,
    ],
);
