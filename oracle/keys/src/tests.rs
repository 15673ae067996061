#![allow(clippy::unwrap_used)]

use std::{fs, os::unix::fs::PermissionsExt};

use alloy::{network::TxSigner, primitives::B256};
use ed25519_dalek::{Signature, VerifyingKey};
use functions_report::{quorum::Recover, software::Software};

use crate::{Export, KeyError, Keystore, TransmitterKey, check_password, file, sealed};

const P: &str = "correct horse";
const Q: &str = "battery staple";

#[test]
fn open_returns_the_keys_that_were_created() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node/keystore.json");
    let (created, is_new) = Keystore::open_or_create(&path, P).unwrap();
    assert!(is_new);
    let (opened, is_new) = Keystore::open_or_create(&path, P).unwrap();
    assert!(!is_new);
    assert_eq!(opened.public(), created.public());
    assert_eq!(opened.sign_offchain(b"x"), created.sign_offchain(b"x"));
    let (identity, public) = (opened.network_identity(), created.network_identity().public());
    assert_eq!(identity.public(), public);
    assert!(public.verify(b"x", &identity.sign(b"x").unwrap()));
    let key = public.try_into_ed25519().unwrap();
    assert_eq!(key.to_bytes(), opened.public().network_public_key.0);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let files = fs::read_dir(path.parent().unwrap()).unwrap().count();
    assert_eq!(files, 1, "no temporary file stays");
}

#[test]
fn open_says_why_when_it_fails() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keystore.json");
    assert!(matches!(Keystore::open(&path, P), Err(KeyError::Missing { .. })));
    assert!(matches!(Keystore::create(&path, ""), Err(KeyError::EmptyPassword)));
    Keystore::create(&path, P).map(drop).unwrap();
    assert!(matches!(Keystore::create(&path, P), Err(KeyError::Exists { .. })));
    assert!(matches!(Keystore::open(&path, Q), Err(KeyError::WrongPassword { .. })));

    let text = fs::read_to_string(&path).unwrap();
    let other = Keystore::create(&folder.path().join("other.json"), P).unwrap();
    let signer = Keystore::open(&path, P).unwrap().public().signer.to_string().to_lowercase();
    let swapped = text.replace(&signer, &other.public().signer.to_string().to_lowercase());
    assert_ne!(swapped, text);
    fs::write(&path, swapped).unwrap();
    assert!(matches!(Keystore::open(&path, P), Err(KeyError::WrongPassword { .. })));

    fs::write(&path, "{}").unwrap();
    assert!(matches!(Keystore::open(&path, P), Err(KeyError::Damaged { .. })));
    fs::write(&path, text.replace("\"logN\": 15", "\"logN\": 40")).unwrap();
    assert!(matches!(Keystore::open(&path, P), Err(KeyError::Damaged { .. })));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(Keystore::open(&path, P), Err(KeyError::Permissions { mode: 0o644, .. })));
}

#[test]
fn signatures_verify_against_the_public_keys() {
    let folder = tempfile::tempdir().unwrap();
    let keys = Keystore::create(&folder.path().join("k"), P).unwrap();
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

#[test]
fn rotated_keys_are_kept_until_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("k");
    let mut keys = Keystore::create(&path, P).unwrap();
    let first = keys.public();
    keys.rotate_transmitter(None).unwrap();
    // Nothing is stored before it is saved.
    assert_eq!(Keystore::open(&path, P).unwrap().public(), first);
    keys.save(&path, Q).unwrap();
    let mut opened = Keystore::open(&path, Q).unwrap();
    let public = opened.public();
    assert_eq!(public.earlier_transmitters, [first.transmitter]);
    assert_ne!(public.transmitter, first.transmitter);
    assert_eq!((public.signer, public.network_public_key), (first.signer, first.network_public_key));
    for account in [public.transmitter, first.transmitter] {
        assert_eq!(opened.wallet_of(account).unwrap().default_signer().address(), account);
    }
    assert!(opened.wallet_of(first.signer).is_none(), "the signer pays for nothing");
    assert!(!opened.drop_transmitter(public.transmitter), "the newest stays");
    assert!(opened.drop_transmitter(first.transmitter));
    opened.save(&path, Q).unwrap();
    assert!(Keystore::open(&path, Q).unwrap().public().earlier_transmitters.is_empty());
    assert!(matches!(Keystore::open(&path, P), Err(KeyError::WrongPassword { .. })));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
}

#[test]
fn exported_keys_come_back_from_either_form() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let keys = Keystore::create(&at("k"), P).unwrap();
    let account = keys.public().transmitter;
    keys.export(account, &at("v3"), &Export::Encrypted("other")).unwrap();
    keys.export(account, &at("raw"), &Export::Raw).unwrap();
    keys.export(keys.public().signer, &at("signer"), &Export::Encrypted("other")).unwrap();
    let sealed = fs::read_to_string(at("v3")).unwrap();
    let raw = fs::read_to_string(at("raw")).unwrap();
    assert!(!sealed.contains(raw.trim()) && raw.trim().len() == 64);
    for (index, name) in ["v3", "raw"].into_iter().enumerate() {
        assert_eq!(fs::metadata(at(name)).unwrap().permissions().mode() & 0o777, 0o600);
        let path = at(&format!("new-{index}"));
        let key = TransmitterKey::read(&at(name), "other").unwrap();
        let new = Keystore::create_with_transmitter(&path, P, key).unwrap();
        assert_eq!(new.public().transmitter, account);
        assert_ne!(new.public().signer, keys.public().signer);
        assert_eq!(Keystore::open(&path, P).unwrap().public(), new.public());
    }
    assert!(matches!(keys.export(account, &at("raw"), &Export::Raw), Err(KeyError::Exists { .. })));
    let stranger = alloy::primitives::Address::ZERO;
    assert!(matches!(keys.export(stranger, &at("x"), &Export::Raw), Err(KeyError::Unknown(_))));
    assert!(matches!(keys.export(account, &at("x"), &Export::Encrypted("")), Err(KeyError::EmptyPassword)));
    let wrong = TransmitterKey::read(&at("v3"), "wrong");
    assert!(matches!(wrong, Err(KeyError::WrongPassword { .. })));
    fs::set_permissions(at("raw"), fs::Permissions::from_mode(0o644)).unwrap();
    let open = TransmitterKey::read(&at("raw"), "");
    assert!(matches!(open, Err(KeyError::Permissions { .. })));
    let mut keys = keys;
    let known = TransmitterKey::read(&at("v3"), "other").unwrap();
    assert!(matches!(keys.rotate_transmitter(Some(known)), Err(KeyError::Known(_))));
}

#[test]
fn weak_passwords_encrypt_no_new_file_and_open_old_ones() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let keys = Keystore::create(&at("k"), P).unwrap();
    keys.export(keys.public().transmitter, &at("raw"), &Export::Raw).unwrap();
    for weak in
        ["p", "elevencharz", "\u{1f511}\u{1f510}\u{1f512}", "aaaaaaaaaaaaaaaaaaaaaaaa", "abcdabcdabcdabcd"]
    {
        for made in [
            Keystore::create(&at("new"), weak),
            Keystore::create_with_transmitter(
                &at("new"),
                weak,
                TransmitterKey::read(&at("raw"), "").unwrap(),
            ),
        ] {
            let Err(err) = made else { panic!("{weak:?} is taken") };
            assert!(
                matches!(err, KeyError::WeakPassword(_)) && err.to_string().contains("12 characters"),
                "{err}"
            );
        }
        assert!(!at("new").exists());
    }
    check_password("twelve chars").unwrap();
    // As an earlier version made it.
    file::write_new(&at("old"), &sealed::seal(&keys.public(), &[], &keys.secrets(), "p").unwrap()).unwrap();
    let mut old = Keystore::open(&at("old"), "p").unwrap();
    old.rotate_transmitter(None).unwrap();
    old.save(&at("old"), "p").unwrap();
}

#[test]
fn what_a_file_is_comes_before_who_may_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("folder")).unwrap();
    fs::set_permissions(at("folder"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(at("text"), "no key").unwrap();
    fs::set_permissions(at("text"), fs::Permissions::from_mode(0o600)).unwrap();
    let words = |error: &KeyError| {
        let source = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        format!("{error} {source}")
    };
    for (path, reason) in [
        (at("folder"), "it is a folder, not a file"),
        ("/dev/zero".into(), "it is a pipe or a device, not a file"),
    ] {
        for said in [Keystore::open(&path, P).map(drop), TransmitterKey::read(&path, P).map(drop)]
            .map(Result::unwrap_err)
        {
            let said = words(&said);
            assert!(said.contains(reason) && !said.contains("chmod") && !said.contains("os error"), "{said}");
        }
    }
    // What is said of a key's file does not speak of keystores.
    let absent = TransmitterKey::read(&at("absent"), P).map(drop).unwrap_err();
    assert!(matches!(absent, KeyError::Io { .. }), "{absent}");
    let text = TransmitterKey::read(&at("text"), P).map(drop).unwrap_err();
    assert!(text.to_string().contains("holds no key") && !text.to_string().contains("keystore"), "{text}");
}

#[test]
fn keys_leave_into_no_folder_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let keys = Keystore::create(&folder.path().join("made/k"), P).unwrap();
    let made = fs::metadata(folder.path().join("made")).unwrap().permissions().mode();
    assert_eq!(made & 0o777, 0o700, "a keystore's new folder is its owner's alone");
    let absent = folder.path().join("no/such/x");
    let refused = keys.export(keys.public().transmitter, &absent, &Export::Raw).unwrap_err();
    let source = std::error::Error::source(&refused).unwrap().to_string();
    assert!(source.contains("its folder does not exist"), "{refused}: {source}");
    assert!(!folder.path().join("no").exists());
}
