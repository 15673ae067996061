//! Secrets: whatever decodes as a key, a ciphertext or a share encodes to something that decodes to the same, and
//! nothing is signed by an account whose key nobody has.

use functions_tdh2::{
    Ciphertext, DecryptionShare, MAX_HOSTED_BYTES, MAX_SECRETS_BYTES, PrivateShare, PublicKey, Secrets,
    ecies::{DonPrivateKey, DonPublicKey},
    envelope, signed,
};

pub(crate) fn check(data: &[u8]) {
    if let Ok(key) = PublicKey::decode(data) {
        assert_eq!(PublicKey::decode(key.encode().as_bytes()), Ok(key));
    }
    if let Ok(share) = PrivateShare::decode(data) {
        let again = PrivateShare::decode(share.encode().as_bytes()).expect("it was written");
        assert_eq!((again.index(), again.encode()), (share.index(), share.encode()));
    }
    if let Ok(ciphertext) = Ciphertext::decode(data, MAX_HOSTED_BYTES) {
        let again = ciphertext.encode();
        assert_eq!(Ciphertext::decode(again.as_bytes(), again.len()), Ok(ciphertext));
    }
    if let Ok(share) = DecryptionShare::decode(data) {
        assert_eq!(DecryptionShare::decode(share.encode().as_bytes()), Ok(share));
    }
    if let Ok(key) = DonPublicKey::decode(data) {
        assert_eq!(key.encode(), data);
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(secrets) = Secrets::parse(text, MAX_SECRETS_BYTES)
    {
        assert_eq!(secrets.as_json(), text);
    }
    let owner = [1; 20].into();
    assert!(signed::open(data, owner, MAX_SECRETS_BYTES).is_err(), "nobody has this account's key");
    let don = DonPrivateKey::decode(&[1; 32]).expect("it is below the order");
    assert!(envelope::open(data, &don, owner, MAX_SECRETS_BYTES).is_err());
    if let Ok(read) = don.decrypt(data) {
        assert!(read.len() < data.len());
    }
}
