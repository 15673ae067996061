//! Digests, HMAC, key derivation and AES.

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::consts::{U12, U16};
use aes::cipher::{BlockDecryptMut, BlockEncryptMut, KeyInit, KeyIvInit, StreamCipher};
use aes::{Aes128, Aes192, Aes256};
use aes_gcm::AesGcm;
use aes_gcm::aead::{Aead, Payload};
use deno_error::JsErrorBox;
use hmac::{KeyInit as _, Mac, SimpleHmac};
use sha2::Digest;
use sha2::digest::block_api::BlockSizeUser;

use super::{Hash, failed, with_digest};

/// Most bytes one derivation may ask for.
const DERIVED_MAX: usize = 64 * 1024;

pub(super) fn digest(hash: Hash, data: &[u8]) -> Vec<u8> {
    fn with<D: Digest>(data: &[u8]) -> Vec<u8> {
        D::digest(data).to_vec()
    }
    with_digest!(hash, with(data))
}

pub(super) fn hmac(hash: Hash, key: &[u8], data: &[u8]) -> Vec<u8> {
    fn with<D: Digest + BlockSizeUser>(key: &[u8], data: &[u8]) -> Vec<u8> {
        let mac = SimpleHmac::<D>::new_from_slice(key).expect("HMAC takes keys of any length");
        mac.chain_update(data).finalize().into_bytes().to_vec()
    }
    with_digest!(hash, with(key, data))
}

/// Compares in a time that depends on the lengths alone.
pub(super) fn equal(left: &[u8], right: &[u8]) -> bool {
    let differences = left.iter().zip(right).fold(0, |all, (a, b)| all | (a ^ b));
    left.len() == right.len() && std::hint::black_box(differences) == 0
}

/// RFC 5869.
pub(super) fn hkdf(
    hash: Hash,
    key: &[u8],
    salt: &[u8],
    info: &[u8],
    length: usize,
) -> Result<Vec<u8>, JsErrorBox> {
    fn with<D: Digest + BlockSizeUser + Clone>(
        key: &[u8],
        salt: &[u8],
        info: &[u8],
        out: &mut [u8],
    ) -> Result<(), JsErrorBox> {
        let expanded = hkdf::SimpleHkdf::<D>::new(Some(salt), key).expand(info, out);
        expanded.map_err(|_| failed("the digest cannot give that many bytes"))
    }
    let mut out = buffer(length)?;
    with_digest!(hash, with(key, salt, info, &mut out))?;
    Ok(out)
}

/// RFC 8018 with HMAC. Its time is the script's: the run's deadline bounds the rounds.
pub(super) fn pbkdf2(
    hash: Hash,
    key: &[u8],
    salt: &[u8],
    rounds: u32,
    length: usize,
) -> Result<Vec<u8>, JsErrorBox> {
    if rounds == 0 {
        return Err(failed("the number of iterations is zero"));
    }
    let mut out = buffer(length)?;
    match hash {
        Hash::Sha1 => pbkdf2::pbkdf2_hmac::<sha1::Sha1>(key, salt, rounds, &mut out),
        Hash::Sha256 => pbkdf2::pbkdf2_hmac::<sha2::Sha256>(key, salt, rounds, &mut out),
        Hash::Sha384 => pbkdf2::pbkdf2_hmac::<sha2::Sha384>(key, salt, rounds, &mut out),
        Hash::Sha512 => pbkdf2::pbkdf2_hmac::<sha2::Sha512>(key, salt, rounds, &mut out),
    }
    Ok(out)
}

fn buffer(length: usize) -> Result<Vec<u8>, JsErrorBox> {
    if length > DERIVED_MAX {
        return Err(failed("more bytes are asked for than one derivation may give"));
    }
    Ok(vec![0; length])
}

/// AES with a key of 16, 24 or 32 bytes and the parameters of one call.
pub(super) struct Cipher<'a> {
    pub(super) key: &'a [u8],
    pub(super) iv: &'a [u8],
    pub(super) additional: &'a [u8],
    /// Bits of the tag (GCM) or of the counter (CTR).
    pub(super) parameter: u32,
}

impl Cipher<'_> {
    /// AES-GCM with a tag of 128 bits and an IV of 12 or 16 bytes.
    pub(super) fn gcm(&self, encrypt: bool, data: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
        fn with<C: KeyInit + Aead>(cipher: &Cipher<'_>, encrypt: bool, data: &[u8]) -> Option<Vec<u8>> {
            let aead = C::new_from_slice(cipher.key).ok()?;
            let payload = Payload { msg: data, aad: cipher.additional };
            // As long as the type says: see the lengths below.
            let iv = cipher.iv.into();
            if encrypt { aead.encrypt(iv, payload).ok() } else { aead.decrypt(iv, payload).ok() }
        }
        if self.parameter != 128 {
            return Err(failed("only tags of 128 bits are supported"));
        }
        let done = match (self.key.len(), self.iv.len()) {
            (16, 12) => with::<AesGcm<Aes128, U12>>(self, encrypt, data),
            (24, 12) => with::<AesGcm<Aes192, U12>>(self, encrypt, data),
            (32, 12) => with::<AesGcm<Aes256, U12>>(self, encrypt, data),
            (16, 16) => with::<AesGcm<Aes128, U16>>(self, encrypt, data),
            (24, 16) => with::<AesGcm<Aes192, U16>>(self, encrypt, data),
            (32, 16) => with::<AesGcm<Aes256, U16>>(self, encrypt, data),
            _ => return Err(failed("the iv of AES-GCM has 12 or 16 bytes here")),
        };
        done.ok_or_else(|| failed("the cipher text does not belong to this key"))
    }

    /// AES-CBC with PKCS#7 padding.
    pub(super) fn cbc(&self, encrypt: bool, data: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
        fn with<C>(cipher: &Cipher<'_>, encrypt: bool, data: &[u8]) -> Option<Vec<u8>>
        where
            C: KeyInit + aes::cipher::BlockCipher + BlockEncryptMut + BlockDecryptMut,
            cbc::Encryptor<C>: KeyIvInit,
            cbc::Decryptor<C>: KeyIvInit,
        {
            if encrypt {
                let encryptor = cbc::Encryptor::<C>::new_from_slices(cipher.key, cipher.iv).ok()?;
                Some(encryptor.encrypt_padded_vec_mut::<Pkcs7>(data))
            } else {
                let decryptor = cbc::Decryptor::<C>::new_from_slices(cipher.key, cipher.iv).ok()?;
                decryptor.decrypt_padded_vec_mut::<Pkcs7>(data).ok()
            }
        }
        let done = match self.key.len() {
            16 => with::<Aes128>(self, encrypt, data),
            24 => with::<Aes192>(self, encrypt, data),
            _ => with::<Aes256>(self, encrypt, data),
        };
        done.ok_or_else(|| failed("the cipher text does not belong to this key and iv of 16 bytes"))
    }

    /// AES-CTR. The counter occupies the whole block: 64 and 128 bits.
    pub(super) fn ctr(&self, data: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
        fn with<S: KeyIvInit + StreamCipher>(cipher: &Cipher<'_>, data: &[u8]) -> Option<Vec<u8>> {
            let mut out = data.to_vec();
            let mut stream = S::new_from_slices(cipher.key, cipher.iv).ok()?;
            stream.try_apply_keystream(&mut out).ok()?;
            Some(out)
        }
        let done = match (self.key.len(), self.parameter) {
            (16, 64) => with::<ctr::Ctr64BE<Aes128>>(self, data),
            (24, 64) => with::<ctr::Ctr64BE<Aes192>>(self, data),
            (32, 64) => with::<ctr::Ctr64BE<Aes256>>(self, data),
            (16, 128) => with::<ctr::Ctr128BE<Aes128>>(self, data),
            (24, 128) => with::<ctr::Ctr128BE<Aes192>>(self, data),
            (32, 128) => with::<ctr::Ctr128BE<Aes256>>(self, data),
            _ => return Err(failed("the counter of AES-CTR has 64 or 128 bits here")),
        };
        done.ok_or_else(|| failed("the counter of AES-CTR has 16 bytes"))
    }
}
