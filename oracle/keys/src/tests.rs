#![allow(clippy::unwrap_used)]

use std::{fs, os::unix::fs::PermissionsExt};

use alloy::{network::TxSigner, primitives::B256};
use ed25519_dalek::{Signature, VerifyingKey};
use functions_report::{quorum::Recover, software::Software};

use crate::{KeyError, Keystore};

#[test]
fn open_returns_the_keys_that_were_created() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node/keystore.json");
    let (created, is_new) = Keystore::open_or_create(&path, "correct horse").unwrap();
    assert!(is_new);
    let (opened, is_new) = Keystore::open_or_create(&path, "correct horse").unwrap();
    assert!(!is_new);
    assert_eq!(opened.public(), created.public());
    assert_eq!(opened.sign_offchain(b"x"), created.sign_offchain(b"x"));
    assert_eq!(opened.network_seed().expose(), created.network_seed().expose());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let files = fs::read_dir(path.parent().unwrap()).unwrap().count();
    assert_eq!(files, 1, "no temporary file stays");
}

#[test]
fn open_says_why_when_it_fails() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keystore.json");
    assert!(matches!(Keystore::open(&path, "p"), Err(KeyError::Missing { .. })));
    assert!(matches!(Keystore::create(&path, ""), Err(KeyError::EmptyPassword)));
    Keystore::create(&path, "p").map(drop).unwrap();
    assert!(matches!(Keystore::create(&path, "p"), Err(KeyError::Exists { .. })));
    assert!(matches!(Keystore::open(&path, "q"), Err(KeyError::WrongPassword { .. })));

    let text = fs::read_to_string(&path).unwrap();
    let other = Keystore::create(&folder.path().join("other.json"), "p").unwrap();
    let signer = Keystore::open(&path, "p").unwrap().public().signer.to_string().to_lowercase();
    let swapped = text.replace(&signer, &other.public().signer.to_string().to_lowercase());
    assert_ne!(swapped, text);
    fs::write(&path, swapped).unwrap();
    assert!(matches!(Keystore::open(&path, "p"), Err(KeyError::WrongPassword { .. })));

    fs::write(&path, "{}").unwrap();
    assert!(matches!(Keystore::open(&path, "p"), Err(KeyError::Damaged { .. })));
    fs::write(&path, text.replace("\"logN\": 15", "\"logN\": 40")).unwrap();
    assert!(matches!(Keystore::open(&path, "p"), Err(KeyError::Damaged { .. })));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(Keystore::open(&path, "p"), Err(KeyError::Permissions { mode: 0o644, .. })));
}

#[test]
fn signatures_verify_against_the_public_keys() {
    let folder = tempfile::tempdir().unwrap();
    let keys = Keystore::create(&folder.path().join("k"), "p").unwrap();
    let public = keys.public();
    let hash = B256::repeat_byte(7);
    let signature = keys.sign_report(&hash);
    assert!(signature.v < 2);
    assert_eq!(Software.recover(&hash, signature.v + 27, &signature.r, &signature.s), Some(public.signer));
    let key = VerifyingKey::from_bytes(&public.offchain_public_key).unwrap();
    let signature = Signature::from_bytes(&keys.sign_offchain(b"message"));
    assert!(key.verify_strict(b"message", &signature).is_ok());
    assert_eq!(keys.wallet().default_signer().address(), public.transmitter);
}
