//! Elliptic curves: ECDSA on P-256 and P-384 with nonces by RFC 6979, and Ed25519. Both signature
//! schemes need no random bytes, so every node signs alike.
//!
//! | key | kept as |
//! | --- | --- |
//! | ECDSA private | the scalar, big-endian, as long as the field |
//! | ECDSA public | the point, uncompressed (SEC 1) |
//! | Ed25519 private, public | 32 bytes each (RFC 8032) |

use deno_error::JsErrorBox;
use ed25519_dalek::{Signer, SigningKey, Verifier, VerifyingKey};

use super::{Hash, failed, symmetric};

/// What precedes the 32 bytes of an Ed25519 key in PKCS#8 and SubjectPublicKeyInfo (RFC 8410).
const ED25519_PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
const ED25519_SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

macro_rules! curve {
    ($module:ident, $library:ident) => {
        mod $module {
            use $library::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
            use $library::ecdsa::{Signature, SigningKey, VerifyingKey};
            use $library::elliptic_curve::sec1::ToEncodedPoint;
            use $library::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
            use $library::{PublicKey, SecretKey};

            fn kept(key: &PublicKey) -> Vec<u8> {
                key.to_encoded_point(false).as_bytes().to_vec()
            }

            pub(super) fn import(format: &str, data: &[u8]) -> Option<Vec<u8>> {
                match format {
                    "pkcs8" => Some(SecretKey::from_pkcs8_der(data).ok()?.to_bytes().to_vec()),
                    "scalar" => Some(SecretKey::from_slice(data).ok()?.to_bytes().to_vec()),
                    "spki" => Some(kept(&PublicKey::from_public_key_der(data).ok()?)),
                    "raw" => Some(kept(&PublicKey::from_sec1_bytes(data).ok()?)),
                    _ => None,
                }
            }

            pub(super) fn export(format: &str, key: &[u8]) -> Option<Vec<u8>> {
                match format {
                    "pkcs8" => {
                        Some(SecretKey::from_slice(key).ok()?.to_pkcs8_der().ok()?.as_bytes().to_vec())
                    }
                    "spki" => {
                        let key = PublicKey::from_sec1_bytes(key).ok()?;
                        Some(key.to_public_key_der().ok()?.as_bytes().to_vec())
                    }
                    // The public key of a private one.
                    "public" => Some(kept(&SecretKey::from_slice(key).ok()?.public_key())),
                    _ => None,
                }
            }

            pub(super) fn sign(key: &[u8], hashed: &[u8]) -> Option<Vec<u8>> {
                let signature: Signature = SigningKey::from_slice(key).ok()?.sign_prehash(hashed).ok()?;
                Some(signature.to_bytes().to_vec())
            }

            pub(super) fn verify(key: &[u8], hashed: &[u8], signature: &[u8]) -> bool {
                let (Ok(key), Ok(signature)) =
                    (VerifyingKey::from_sec1_bytes(key), Signature::from_slice(signature))
                else {
                    return false;
                };
                key.verify_prehash(hashed, &signature).is_ok()
            }
        }
    };
}

curve!(nist256, p256);
curve!(nist384, p384);

pub(super) fn import(kind: &str, format: &str, data: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
    let key = match kind {
        "P-256" => nist256::import(format, data),
        "P-384" => nist384::import(format, data),
        "Ed25519" => match format {
            "pkcs8" => {
                seed(data.strip_prefix(&ED25519_PKCS8).unwrap_or_default()).map(|_| data[16..].to_vec())
            }
            "scalar" => seed(data).map(|_| data.to_vec()),
            "spki" => {
                point(data.strip_prefix(&ED25519_SPKI).unwrap_or_default()).map(|_| data[12..].to_vec())
            }
            "raw" => point(data).map(|_| data.to_vec()),
            _ => None,
        },
        _ => return Err(failed("unknown curve")),
    };
    key.ok_or_else(|| failed("not a key of this curve in this format"))
}

pub(super) fn export(kind: &str, format: &str, key: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
    let exported = match kind {
        "P-256" => nist256::export(format, key),
        "P-384" => nist384::export(format, key),
        "Ed25519" => match format {
            "pkcs8" => Some([&ED25519_PKCS8[..], key].concat()),
            "spki" => Some([&ED25519_SPKI[..], key].concat()),
            "public" => seed(key).map(|key| key.verifying_key().to_bytes().to_vec()),
            _ => None,
        },
        _ => return Err(failed("unknown curve")),
    };
    exported.ok_or_else(|| failed("the key cannot be exported in this format"))
}

pub(super) fn sign(kind: &str, hash: Hash, key: &[u8], data: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
    let hashed = symmetric::digest(hash, data);
    let signature = match kind {
        "P-256" => nist256::sign(key, &hashed),
        "P-384" => nist384::sign(key, &hashed),
        _ => return Err(failed("unknown curve")),
    };
    signature.ok_or_else(|| failed("the digest is too short for this curve"))
}

pub(super) fn verify(
    kind: &str,
    hash: Hash,
    key: &[u8],
    data: &[u8],
    signature: &[u8],
) -> Result<bool, JsErrorBox> {
    let hashed = symmetric::digest(hash, data);
    match kind {
        "P-256" => Ok(nist256::verify(key, &hashed, signature)),
        "P-384" => Ok(nist384::verify(key, &hashed, signature)),
        _ => Err(failed("unknown curve")),
    }
}

fn seed(bytes: &[u8]) -> Option<SigningKey> {
    Some(SigningKey::from_bytes(bytes.try_into().ok()?))
}

fn point(bytes: &[u8]) -> Option<VerifyingKey> {
    VerifyingKey::from_bytes(bytes.try_into().ok()?).ok()
}

pub(super) fn sign_ed25519(key: &[u8], data: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
    let key = seed(key).ok_or_else(|| failed("not an Ed25519 private key"))?;
    Ok(key.sign(data).to_bytes().to_vec())
}

pub(super) fn verify_ed25519(key: &[u8], data: &[u8], signature: &[u8]) -> Result<bool, JsErrorBox> {
    let key = point(key).ok_or_else(|| failed("not an Ed25519 public key"))?;
    let signature = ed25519_dalek::Signature::from_slice(signature);
    Ok(signature.is_ok_and(|signature| key.verify(data, &signature).is_ok()))
}
