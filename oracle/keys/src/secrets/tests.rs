#![allow(clippy::unwrap_used)]

use std::{fs, sync::Arc};

use alloy::{
    primitives::B256,
    signers::{SignerSync as _, local::PrivateKeySigner},
};
use functions_tdh2::{
    Ciphertext, Label, MAX_SECRETS_BYTES, PublicKey, Secrets, Verified,
    envelope::{self, Recipient},
};

use super::*;
use crate::{CeremonyError, Plan, Reason, generation::Generation};

const P: &str = "correct horse battery";
const LABEL: Label = Label([7; 32]);

fn stores(count: usize) -> Vec<Keystore> {
    (0..count).map(|_| Keystore::generate().unwrap()).collect()
}

fn plan(stores: &[Keystore], needed: u8, attempt: u32) -> Plan {
    let members = stores.iter().map(|store| store.public().offchain_public_key.0).collect();
    Plan { digest: B256::repeat_byte(1), attempt, members, needed }
}

/// The ceremonies of members that hear everything, and are killed and restored whenever they heard something.
fn make(stores: &[Keystore], plan: &Plan) -> Vec<Ceremonies> {
    let mut all: Vec<_> =
        stores.iter().map(|store| store.make_secrets_keys(plan.clone(), None).unwrap()).collect();
    let mut said: Vec<_> =
        all.iter().flat_map(|one| one.said().into_iter().map(|it| (one.me(), it))).collect();
    while !said.is_empty() {
        for (from, message) in std::mem::take(&mut said) {
            let to = usize::from(message.to);
            let answers = all[to].step(from, &message.bytes);
            let sealed = all[to].seal().unwrap();
            all[to] = stores[to].make_secrets_keys(plan.clone(), Some(&sealed)).unwrap();
            said.extend(answers.into_iter().map(|answer| (message.to, answer)));
        }
    }
    all
}

fn with_keys(count: usize, needed: u8) -> Vec<Keystore> {
    let mut stores = stores(count);
    let plan = plan(&stores, needed, 0);
    let made = make(&stores, &plan);
    for (store, made) in stores.iter_mut().zip(&made) {
        store.add_generation(made).unwrap();
    }
    stores
}

fn public(store: &Keystore) -> SecretsKeys {
    store.secrets_keys().next().unwrap().clone()
}

fn verified(key: &Arc<PublicKey>, text: &[u8]) -> Verified {
    Ciphertext::encrypt(key, text, LABEL, &mut System).verify(key, &[LABEL]).unwrap()
}

#[test]
fn as_many_stores_as_needed_open_a_ciphertext_and_fewer_do_not() {
    for (count, needed) in [(4, 3), (4, 2), (7, 5)] {
        let stores = with_keys(count, needed);
        let keys = public(&stores[0]);
        assert!(SecretsKeys::is_made_for(&keys.threshold, &keys.digest));
        assert!(!SecretsKeys::is_made_for(&keys.threshold, &B256::ZERO));
        let sealed = verified(&Arc::new(keys.threshold.clone()), b"a secret");
        let mut shares = Vec::new();
        for (index, store) in stores.iter().enumerate().rev() {
            let index = u8::try_from(index).unwrap();
            assert_eq!(SecretsKeys { index: 0, ..public(store) }, keys);
            let opened = sealed.open(needed.into(), &shares);
            assert_eq!(opened.is_ok(), shares.len() >= usize::from(needed));
            // A lower threshold is not the key's.
            assert!(shares.len() >= usize::from(needed) || sealed.open(shares.len(), &shares).is_err());
            shares.push(sealed.check(index, &store.decryption_share(&sealed).unwrap()).unwrap());
        }
        assert_eq!(*sealed.open(needed.into(), &shares).unwrap(), b"a secret");
    }
}

#[test]
fn what_was_encrypted_to_older_generations_opens_and_to_strangers_does_not() {
    let mut stores = with_keys(3, 2);
    let old = public(&stores[0]);
    let second = plan(&stores, 2, 1);
    let made = make(&stores, &second);
    for (store, made) in stores.iter_mut().zip(&made) {
        store.add_generation(made).unwrap();
        store.add_generation(made).unwrap();
    }
    assert_eq!(stores[0].secrets_keys().count(), 2);
    let new = public(&stores[0]);
    assert_ne!(new.transcript, old.transcript);

    let owner = PrivateKeySigner::random();
    let secrets = Secrets::parse(r#"{"key":"value"}"#, MAX_SECRETS_BYTES).unwrap();
    let signature = owner.sign_hash_sync(&secrets.digest()).unwrap().as_bytes();
    for keys in [&old, &new] {
        let threshold = Arc::new(keys.threshold.clone());
        let to = Recipient { threshold: &threshold, don: &keys.don, label: LABEL, owner: owner.address() };
        let text = envelope::seal(&secrets, &signature, &to, &mut System).unwrap();
        let sealed =
            Ciphertext::decode(text.as_bytes(), 20_000).unwrap().verify(&threshold, &[LABEL]).unwrap();
        // Its proof tells the generations of one configuration apart.
        for other in [&old, &new] {
            let other = Arc::new(other.threshold.clone());
            let tried = Ciphertext::decode(text.as_bytes(), 20_000).unwrap().verify(&other, &[LABEL]);
            assert_eq!(tried.is_ok(), other == threshold);
        }
        let share = |index: u8| {
            let share = stores[usize::from(index)].decryption_share(&sealed).unwrap();
            sealed.check(index, &share).unwrap()
        };
        let middle = sealed.open(2, &[share(0), share(2)]).unwrap();
        let opened = stores[1].open_secrets(&middle, owner.address(), MAX_SECRETS_BYTES).unwrap();
        assert_eq!(opened.as_json(), secrets.as_json());
        assert!(matches!(
            stores[1].open_secrets(&middle, Address::ZERO, MAX_SECRETS_BYTES),
            Err(InnerError::Signed(_))
        ));
        let url = keys.don.encrypt(b"https://example.com", &mut System);
        assert_eq!(*stores[2].open_don_layer(&url).unwrap(), b"https://example.com");
    }
    let strangers = with_keys(2, 2);
    let url = new.don.encrypt(b"https://example.com", &mut System);
    assert!(strangers[0].open_don_layer(&url).is_err());
    assert!(strangers[0].decryption_share(&verified(&Arc::new(new.threshold), b"x")).is_none());
}

#[test]
fn generations_are_kept_in_the_file_and_bound_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keystore.json");
    let mut stores = with_keys(3, 2);
    stores[0].save(&path, P).unwrap();
    let keys = public(&stores[0]);
    let sealed = verified(&Arc::new(keys.threshold.clone()), b"x");
    let mut opened = Keystore::open(&path, P).unwrap();
    assert_eq!(public(&opened), keys);
    assert_eq!(opened.public(), stores[0].public());
    assert!(sealed.check(0, &opened.decryption_share(&sealed).unwrap()).is_ok());

    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"version\": 2"));
    for secret in opened.generations[0].secrets() {
        assert!(!text.contains(&hex::encode(*secret)));
    }
    let other = with_keys(3, 2);
    for (from, to) in [
        (keys.transcript.to_string(), B256::ZERO.to_string()),
        (hex::encode(keys.don.encode()), hex::encode(public(&other[0]).don.encode())),
        ("\"needed\": 2".to_owned(), "\"needed\": 3".to_owned()),
    ] {
        let changed = text.replacen(&from, &to, 1);
        assert_ne!(changed, text, "{from}");
        fs::write(&path, changed).unwrap();
        assert!(matches!(Keystore::open(&path, P), Err(KeyError::WrongPassword { .. })), "{from}");
    }
    fs::write(&path, text.replacen("\"version\": 2", "\"version\": 3", 1)).unwrap();
    let newer = Keystore::open(&path, P).map(drop).unwrap_err();
    assert!(matches!(newer, KeyError::Version { version: 3, .. }), "{newer}");

    // Without generations it is what earlier programs read.
    assert!(!opened.drop_generation(B256::ZERO) && opened.drop_generation(keys.transcript));
    opened.save(&path, P).unwrap();
    assert!(fs::read_to_string(&path).unwrap().contains("\"version\": 1"));
    assert!(Keystore::open(&path, P).unwrap().secrets_keys().next().is_none());

    let plan = plan(&stores, 2, 1);
    let made = make(&stores, &plan);
    let last = stores[0].generations.pop().unwrap();
    for attempt in 0..8 {
        let public = SecretsKeys { transcript: B256::repeat_byte(attempt), ..last.public.clone() };
        let [share, don] = last.secrets();
        stores[0].generations.push(Generation::new(public, &share, &don).unwrap());
    }
    assert!(matches!(stores[0].add_generation(&made[0]), Err(KeyError::TooManyGenerations)));
    stores[0].save(&path, P).unwrap();
    assert_eq!(Keystore::open(&path, P).unwrap().secrets_keys().count(), 8);
}

#[test]
fn ceremonies_are_of_members_and_their_states_of_one_store_and_plan() {
    let stores = stores(3);
    let plan = plan(&stores, 2, 0);
    let stranger = Keystore::generate().unwrap();
    let refused = stranger.make_secrets_keys(plan.clone(), None).map(drop).unwrap_err();
    assert!(matches!(refused, CeremonyError::NotAMember), "{refused}");
    let mut one = stores[0].make_secrets_keys(plan.clone(), None).unwrap();
    let mut sealed = one.seal().unwrap();
    let restore = |plan: &Plan, store: usize, sealed: &[u8]| {
        stores[store].make_secrets_keys(plan.clone(), Some(sealed)).map(drop)
    };
    restore(&plan, 0, &sealed).unwrap();
    for refused in [
        restore(&plan, 1, &sealed),
        restore(&Plan { attempt: 1, ..plan.clone() }, 0, &sealed),
        restore(&plan, 0, &sealed[1..]),
        restore(&plan, 0, &[]),
    ] {
        assert!(matches!(refused, Err(CeremonyError::Sealed)));
    }
    sealed[30] ^= 1;
    assert!(restore(&plan, 0, &sealed).is_err());
    for noise in [[].as_slice(), &[0], &[2, 1], &[255; 40]] {
        assert!(one.step(1, noise).is_empty());
    }
    let mut nobody = Keystore::generate().unwrap();
    assert!(matches!(nobody.add_generation(&one), Err(KeyError::Unfinished)));
    assert_eq!(one.failure(), None);
    one.expire();
    let culprits = one.failure().unwrap();
    let silent: Vec<_> = culprits.iter().map(|culprit| (culprit.place, culprit.reason)).collect();
    assert_eq!(silent, [(1, Reason::Silent), (2, Reason::Silent)], "each is named once");
}
