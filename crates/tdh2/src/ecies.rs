//! Encryption to the DON key, secp256k1, which every node has.
//!
//! `iv (16) || P (33, compressed) || mac (32) || ciphertext`: P is an ephemeral key, x the 32-byte coordinate of the
//! shared point; the halves of SHA-512(x) are the keys of AES-256-CBC with PKCS#7 padding and of HMAC-SHA-256 over `iv
//! || P (65, uncompressed) || ciphertext`.
//!
//! The published toolkit's fallback in JavaScript drops leading zero bytes of x, once in 256 times. Such messages are
//! read; none are written.

use cbc::cipher::{BlockDecryptMut as _, BlockEncryptMut as _, KeyIvInit as _, block_padding::Pkcs7};
use hmac::{Hmac, KeyInit as _, Mac as _};
use k256::{
    EncodedPoint, NonZeroScalar, ProjectivePoint, PublicKey, SecretKey,
    elliptic_curve::{
        point::AffineCoordinates as _,
        rand_core::CryptoRngCore,
        sec1::{Coordinates, FromEncodedPoint as _, ToEncodedPoint as _},
        subtle::{Choice, ConditionallySelectable as _},
    },
};
use sha2::{Digest as _, Sha256, Sha512};
use zeroize::Zeroizing;

use crate::Malformed;

const IV: usize = 16;
const MAC: usize = 32;
const BLOCK: usize = 16;

/// Why a message to the DON key is not read. There is one reason for everything, so that it tells nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not encrypted to this DON key, or altered: encrypt it again to the key of the Coordinator")]
pub struct Undecryptable;

/// The DON key's public half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DonPublicKey(PublicKey);

impl DonPublicKey {
    /// Reads `x || y`, as the Coordinator stores it: 64 bytes, without a prefix.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let malformed =
            Malformed::Not { what: "the DON key", wanted: "a point: 64 bytes, x y, on secp256k1" };
        let bytes: &[u8; 64] = bytes.try_into().map_err(|_| malformed.clone())?;
        let encoded = EncodedPoint::from_untagged_bytes(bytes.into());
        Option::from(PublicKey::from_encoded_point(&encoded)).map(Self).ok_or(malformed)
    }

    /// `x || y`, 64 bytes.
    pub fn encode(&self) -> [u8; 64] {
        let mut bytes = [0; 64];
        if let Coordinates::Uncompressed { x, y } = self.0.to_encoded_point(false).coordinates() {
            let (left, right) = bytes.split_at_mut(32);
            left.copy_from_slice(x);
            right.copy_from_slice(y);
        }
        bytes
    }

    /// Encrypts to whoever has the DON key.
    pub fn encrypt(&self, plaintext: &[u8], random: &mut impl CryptoRngCore) -> Vec<u8> {
        let mut iv = [0; IV];
        random.fill_bytes(&mut iv);
        let secret = Zeroizing::new(NonZeroScalar::random(random));
        let ephemeral = PublicKey::from_secret_scalar(&secret);
        let keys = Keys::derive(x(&self.0, &secret).as_slice());
        let ciphertext = cbc::Encryptor::<aes::Aes256>::new((&*keys.encryption).into(), &iv.into())
            .encrypt_padded_vec_mut::<Pkcs7>(plaintext);
        let mac = keys.mac(&iv, &ephemeral, &ciphertext).finalize().into_bytes();
        [iv.as_slice(), ephemeral.to_encoded_point(true).as_bytes(), &mac, &ciphertext].concat()
    }
}

/// The DON key; wiped when dropped.
pub struct DonPrivateKey(SecretKey);

impl DonPrivateKey {
    /// Reads 32 bytes, big endian.
    ///
    /// # Errors
    /// [`Malformed`] when they are zero or not below the curve's order.
    pub fn decode(bytes: &[u8; 32]) -> Result<Self, Malformed> {
        let wanted = "a private key: 32 bytes below the order of secp256k1";
        SecretKey::from_bytes(bytes.into())
            .map(Self)
            .map_err(|_| Malformed::Not { what: "the private DON key", wanted })
    }

    /// What [`DonPrivateKey::decode`] reads: for whoever stores it.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes().into())
    }

    /// The public half.
    pub fn public(&self) -> DonPublicKey {
        DonPublicKey(self.0.public_key())
    }

    /// Decrypts what was encrypted to this key.
    ///
    /// # Errors
    /// [`Undecryptable`].
    pub fn decrypt(&self, message: &[u8]) -> Result<Zeroizing<Vec<u8>>, Undecryptable> {
        let (iv, rest) = message.split_first_chunk::<IV>().ok_or(Undecryptable)?;
        let (point, rest) = rest.split_first_chunk::<33>().ok_or(Undecryptable)?;
        let (mac, ciphertext) = rest.split_first_chunk::<MAC>().ok_or(Undecryptable)?;
        if !matches!(point.first(), Some(2 | 3))
            || ciphertext.is_empty()
            || !ciphertext.len().is_multiple_of(BLOCK)
        {
            return Err(Undecryptable);
        }
        let ephemeral = PublicKey::from_sec1_bytes(point).map_err(|_| Undecryptable)?;
        let x = x(&ephemeral, &Zeroizing::new(self.0.to_nonzero_scalar()));
        // Both are always tried: time must not tell that x begins with zeros, which is something about the key.
        let (padded, short) = (Keys::derive(x.as_slice()), Keys::derive(without_zeros(&x)));
        let is_right = |keys: &Keys| {
            Choice::from(u8::from(keys.mac(iv, &ephemeral, ciphertext).verify(mac.into()).is_ok()))
        };
        let (is_padded, is_short) = (is_right(&padded), is_right(&short));
        if !bool::from(is_padded | is_short) {
            return Err(Undecryptable);
        }
        let mut key = Zeroizing::new([0; 32]);
        for (to, (short, padded)) in key.iter_mut().zip(short.encryption.iter().zip(&*padded.encryption)) {
            *to = u8::conditional_select(short, padded, is_padded);
        }
        cbc::Decryptor::<aes::Aes256>::new((&*key).into(), iv.into())
            .decrypt_padded_vec_mut::<Pkcs7>(ciphertext)
            .map(Zeroizing::new)
            .map_err(|_| Undecryptable)
    }
}

struct Keys {
    encryption: Zeroizing<[u8; 32]>,
    authentication: Zeroizing<[u8; 32]>,
}

impl Keys {
    fn derive(x: &[u8]) -> Self {
        let hash: Zeroizing<[u8; 64]> = Zeroizing::new(Sha512::digest(x).into());
        let mut keys = Self { encryption: Zeroizing::default(), authentication: Zeroizing::default() };
        let (left, right) = hash.split_at(32);
        keys.encryption.copy_from_slice(left);
        keys.authentication.copy_from_slice(right);
        keys
    }

    fn mac(&self, iv: &[u8; IV], ephemeral: &PublicKey, ciphertext: &[u8]) -> Hmac<Sha256> {
        let mut mac = <Hmac<Sha256>>::new_from_slice(&*self.authentication).expect("HMAC takes any key");
        mac.update(iv);
        mac.update(ephemeral.to_encoded_point(false).as_bytes());
        mac.update(ciphertext);
        mac
    }
}

/// The x coordinate of the shared point.
fn x(public: &PublicKey, secret: &NonZeroScalar) -> Zeroizing<[u8; 32]> {
    let point = Zeroizing::new(ProjectivePoint::from(*public.as_affine()) * **secret);
    Zeroizing::new(Zeroizing::new(point.to_affine()).x().into())
}

fn without_zeros(x: &[u8; 32]) -> &[u8] {
    let zeros = x.iter().take_while(|byte| **byte == 0).count();
    x.get(zeros..).unwrap_or_default()
}
