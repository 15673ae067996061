//! RSA signatures. A private key is kept as PKCS#1 `RSAPrivateKey`, a public one as PKCS#1
//! `RSAPublicKey`, both in DER.
//!
//! Signing is not blinded: blinding needs secret randomness, which a run has none of. Who could
//! time it is the operator, whose machine holds the key anyway.

use deno_error::JsErrorBox;
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey, EncodeRsaPrivateKey, EncodeRsaPublicKey};
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use rsa::rand_core::{CryptoRng, Error, RngCore};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BigUint, Pkcs1v15Sign, Pss, RsaPrivateKey, RsaPublicKey};

use super::{Hash, failed, symmetric};

/// Largest modulus, in bits: what the library verifies, and what a signature in a run may cost.
const MODULUS_MAX_BITS: usize = 4096;

/// DigestInfo of SHA-1 up to the digest itself (RFC 8017, 9.2).
const SHA1_INFO: [u8; 15] =
    [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14];

/// The run's seeded stream in the shape the library asks for.
struct Seeded<'a>(&'a mut rand_chacha::ChaCha20Rng);

impl RngCore for Seeded<'_> {
    fn next_u32(&mut self) -> u32 {
        rand_chacha::rand_core::RngCore::next_u32(self.0)
    }
    fn next_u64(&mut self) -> u64 {
        rand_chacha::rand_core::RngCore::next_u64(self.0)
    }
    fn fill_bytes(&mut self, into: &mut [u8]) {
        rand_chacha::rand_core::RngCore::fill_bytes(self.0, into);
    }
    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(into);
        Ok(())
    }
}

impl CryptoRng for Seeded<'_> {}

fn private(key: &[u8]) -> Result<RsaPrivateKey, JsErrorBox> {
    RsaPrivateKey::from_pkcs1_der(key).map_err(|_| failed("not an RSA private key"))
}

fn public(key: &[u8]) -> Result<RsaPublicKey, JsErrorBox> {
    RsaPublicKey::from_pkcs1_der(key).map_err(|_| failed("not an RSA public key"))
}

fn keep_private(key: &RsaPrivateKey) -> Result<Vec<u8>, JsErrorBox> {
    if key.n().bits() > MODULUS_MAX_BITS {
        return Err(failed("RSA keys have at most 4096 bits here"));
    }
    let der = key.to_pkcs1_der().map_err(|_| failed("the RSA key cannot be kept"))?;
    Ok(der.as_bytes().to_vec())
}

fn keep_public(key: &RsaPublicKey) -> Result<Vec<u8>, JsErrorBox> {
    if key.n().bits() > MODULUS_MAX_BITS {
        return Err(failed("RSA keys have at most 4096 bits here"));
    }
    let der = key.to_pkcs1_der().map_err(|_| failed("the RSA key cannot be kept"))?;
    Ok(der.as_bytes().to_vec())
}

pub(super) fn private_from_pkcs8(data: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
    let key = RsaPrivateKey::from_pkcs8_der(data);
    keep_private(&key.map_err(|_| failed("not an RSA private key in PKCS#8"))?)
}

pub(super) fn public_from_spki(data: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
    let key = RsaPublicKey::from_public_key_der(data);
    keep_public(&key.map_err(|_| failed("not an RSA public key in SubjectPublicKeyInfo"))?)
}

pub(super) fn private_to_pkcs8(key: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
    let der = private(key)?.to_pkcs8_der().map_err(|_| failed("the RSA key cannot be exported"))?;
    Ok(der.as_bytes().to_vec())
}

pub(super) fn public_to_spki(key: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
    let der = public(key)?.to_public_key_der().map_err(|_| failed("the RSA key cannot be exported"))?;
    Ok(der.as_bytes().to_vec())
}

/// `n`, `e`, `d`, `p`, `q`; the other parts of a JWK follow from them.
pub(super) fn private_from_parts(parts: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
    let [n, e, d, p, q] = split(parts)?;
    if n.bits() > MODULUS_MAX_BITS || [&e, &d, &p, &q].iter().any(|part| part.bits() > n.bits()) {
        return Err(failed("RSA keys have at most 4096 bits here"));
    }
    let key = RsaPrivateKey::from_components(n, e, d, vec![p, q]);
    keep_private(&key.map_err(|_| failed("the parts are not those of an RSA private key"))?)
}

/// `n`, `e`.
pub(super) fn public_from_parts(parts: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
    let [n, e] = split(parts)?;
    let key = RsaPublicKey::new(n, e);
    keep_public(&key.map_err(|_| failed("the parts are not those of an RSA public key"))?)
}

/// `n`, `e`, `d`, `p`, `q`, `dp`, `dq`, `qi`.
pub(super) fn private_to_parts(key: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
    let key = private(key)?;
    let [p, q] = key.primes() else { return Err(failed("the RSA key has more than two primes")) };
    let (Some(dp), Some(dq), Some(qi)) = (key.dp(), key.dq(), key.crt_coefficient()) else {
        return Err(failed("the RSA key cannot be exported"));
    };
    Ok(join(&[key.n(), key.e(), key.d(), p, q, dp, dq, &qi]))
}

/// `n`, `e`.
pub(super) fn public_to_parts(key: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
    let key = public(key)?;
    Ok(join(&[key.n(), key.e()]))
}

fn split<const N: usize>(mut parts: &[u8]) -> Result<[BigUint; N], JsErrorBox> {
    let malformed = || failed("malformed parts of a key");
    let mut numbers = Vec::with_capacity(N);
    while let Some((length, rest)) = parts.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        let (part, rest) = rest.split_at_checked(length).ok_or_else(malformed)?;
        numbers.push(BigUint::from_bytes_be(part));
        parts = rest;
    }
    numbers.try_into().map_err(|_| malformed())
}

fn join(numbers: &[&BigUint]) -> Vec<u8> {
    let mut parts = Vec::new();
    for number in numbers {
        let bytes = number.to_bytes_be();
        parts.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
        parts.extend_from_slice(&bytes);
    }
    parts
}

fn pkcs1(hash: Hash) -> Pkcs1v15Sign {
    match hash {
        Hash::Sha1 => Pkcs1v15Sign { hash_len: Some(20), prefix: SHA1_INFO.into() },
        Hash::Sha256 => Pkcs1v15Sign::new::<rsa::sha2::Sha256>(),
        Hash::Sha384 => Pkcs1v15Sign::new::<rsa::sha2::Sha384>(),
        Hash::Sha512 => Pkcs1v15Sign::new::<rsa::sha2::Sha512>(),
    }
}

fn pss(hash: Hash, salt_length: usize) -> Result<Pss, JsErrorBox> {
    match hash {
        Hash::Sha1 => Err(failed("RSA-PSS with SHA-1 is not supported")),
        Hash::Sha256 => Ok(Pss::new_with_salt::<rsa::sha2::Sha256>(salt_length)),
        Hash::Sha384 => Ok(Pss::new_with_salt::<rsa::sha2::Sha384>(salt_length)),
        Hash::Sha512 => Ok(Pss::new_with_salt::<rsa::sha2::Sha512>(salt_length)),
    }
}

pub(super) fn sign_pkcs1(hash: Hash, key: &[u8], data: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
    let signature = private(key)?.sign(pkcs1(hash), &symmetric::digest(hash, data));
    signature.map_err(|_| failed("the RSA key is too short for this digest"))
}

pub(super) fn sign_pss(
    hash: Hash,
    key: &[u8],
    data: &[u8],
    salt_length: usize,
    random: &mut rand_chacha::ChaCha20Rng,
) -> Result<Vec<u8>, JsErrorBox> {
    let key = private(key)?;
    if salt_length > key.size() {
        return Err(failed("the salt is too long for this RSA key"));
    }
    let hashed = symmetric::digest(hash, data);
    let signature = key.sign_with_rng(&mut Seeded(random), pss(hash, salt_length)?, &hashed);
    signature.map_err(|_| failed("the RSA key is too short for this digest and salt"))
}

pub(super) fn verify_pkcs1(
    hash: Hash,
    key: &[u8],
    data: &[u8],
    signature: &[u8],
) -> Result<bool, JsErrorBox> {
    Ok(public(key)?.verify(pkcs1(hash), &symmetric::digest(hash, data), signature).is_ok())
}

pub(super) fn verify_pss(
    hash: Hash,
    key: &[u8],
    data: &[u8],
    salt_length: usize,
    signature: &[u8],
) -> Result<bool, JsErrorBox> {
    let key = public(key)?;
    if salt_length > key.size() {
        return Ok(false);
    }
    Ok(key.verify(pss(hash, salt_length)?, &symmetric::digest(hash, data), signature).is_ok())
}
