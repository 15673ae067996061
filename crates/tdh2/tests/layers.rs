//! The layers below the threshold, and all of them: the vectors, and what is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::sync::Arc;

use alloy_primitives::{Address, B256, Signature};
use common::{Dice, Loaded, Set, array, bytes, list, text, vectors};
use functions_tdh2::{
    Ciphertext, Label, MAX_HOSTED_BYTES, MAX_SECRETS_BYTES, PrivateShare, PublicKey, Secrets,
    ecies::{DonPrivateKey, DonPublicKey, Undecryptable},
    envelope::{self, InnerError, Recipient, SealError},
    signed::{self, SignedError},
};
use functions_types::SubscriptionId;
use k256::ecdsa::SigningKey;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

fn don() -> DonPrivateKey {
    DonPrivateKey::decode(&array(&vectors("ecies")["don_private_key"])).unwrap()
}

/// The owner of the vectors' secrets.
fn owner() -> (SigningKey, Address) {
    let key = SigningKey::from_slice(&bytes(&vectors("end to end")["owner_private_key"])).unwrap();
    let address = Address::from_private_key(&key);
    (key, address)
}

fn sign(key: &SigningKey, hash: &B256) -> [u8; 65] {
    let (signature, id) = key.sign_prehash_recoverable(hash.as_slice()).unwrap();
    Signature::from_signature_and_parity(signature, id.is_y_odd()).as_bytes()
}

#[test]
fn messages_to_the_don_key_are_read() {
    let all = vectors("ecies");
    assert_eq!(don().public().encode(), array(&all["coordinator_getDONPublicKey_hex"]));
    let simulated = &vectors("simulated")["don_key"];
    let public = DonPublicKey::decode(&bytes(&simulated["publicKey"])).unwrap();
    assert_eq!(DonPrivateKey::decode(&array(&simulated["privateKey"])).unwrap().public(), public);
    for vector in list(&all["vectors"]) {
        let plaintext = don().decrypt(&bytes(&vector["ciphertext_hex"])).unwrap();
        assert_eq!(*plaintext, text(&vector["plaintext_utf8"]).as_bytes(), "{}", vector["name"]);
    }
    let kinds: Vec<&str> =
        list(&all["vectors"]).iter().map(|vector| text(&vector["parts"]["kdf_input_kind"])).collect();
    assert_eq!(kinds, ["padded", "stripped"], "both ways to take the shared point");
    for bad in list(&all["bad"]) {
        assert_eq!(don().decrypt(&bytes(&bad["ciphertext_hex"])), Err(Undecryptable), "{}", bad["name"]);
    }
}

#[test]
fn every_changed_bit_and_every_cut_of_a_message_is_one_error() {
    let message = don().public().encrypt(b"https://a.example/secrets.json", &mut Dice::new(1));
    for at in 0..message.len() {
        for bit in 0..8 {
            let mut changed = message.clone();
            changed[at] ^= 1 << bit;
            assert_eq!(don().decrypt(&changed), Err(Undecryptable), "byte {at}, bit {bit}");
        }
        assert_eq!(don().decrypt(&message[..at]), Err(Undecryptable), "{at} bytes");
        assert_eq!(don().decrypt(&message[at + 1..]), Err(Undecryptable), "without {at} bytes");
    }
    // A third form names the point whose y is even, as 2 does.
    let message_of = |seed| don().public().encrypt(b"", &mut Dice::new(seed));
    let mut compact = (0..64).map(message_of).find(|message| message[16] == 2).expect("every other is even");
    assert!(don().decrypt(&compact).is_ok());
    compact[16] = 5;
    assert_eq!(don().decrypt(&compact), Err(Undecryptable), "the compact form");
    let simulated = array(&vectors("simulated")["don_key"]["privateKey"]);
    assert_eq!(DonPrivateKey::decode(&simulated).unwrap().decrypt(&message), Err(Undecryptable));
    assert_eq!(*don().decrypt(&message).unwrap(), b"https://a.example/secrets.json");
}

#[test]
fn messages_of_every_length_round_trip() {
    let mut dice = Dice::new(2);
    for length in (0..40).chain([255, 256, 10_240]) {
        let plaintext = vec![7; length];
        let message = don().public().encrypt(&plaintext, &mut dice);
        assert_eq!(message.len(), 16 + 33 + 32 + (length / 16 + 1) * 16);
        assert_eq!(*don().decrypt(&message).unwrap(), plaintext);
    }
}

#[test]
fn a_shared_x_that_begins_with_zeros_is_written_padded() {
    let vector = &vectors("ecies")["vectors"][1];
    let (stripped, plaintext) = (bytes(&vector["ciphertext_hex"]), text(&vector["plaintext_utf8"]));
    let dice = [&stripped[..16], &bytes(&vector["ephemeral_private_key"])].concat();
    let padded = don().public().encrypt(plaintext.as_bytes(), &mut Loaded(dice));
    assert_eq!(padded[..49], stripped[..49], "the same iv and ephemeral key");
    assert_ne!(padded[49..], stripped[49..]);
    assert_eq!(*don().decrypt(&padded).unwrap(), plaintext.as_bytes());
}

#[test]
fn don_keys_are_read_strictly() {
    let good = don().public().encode();
    assert_eq!(DonPublicKey::decode(&good).unwrap(), don().public());
    let mut off = good;
    off[63] ^= 1;
    for bad in [&off[..], &good[..63], &[&[4][..], &good[..]].concat(), &[0; 64], &[]] {
        assert!(DonPublicKey::decode(bad).is_err(), "{bad:02x?}");
    }
    for bad in [[0; 32], [0xff; 32]] {
        assert!(DonPrivateKey::decode(&bad).is_err());
    }
}

#[test]
fn signed_secrets_are_the_toolkit_s() {
    let all = vectors("end to end");
    let (key, address) = owner();
    let signed = text(&all["layer3_after_ecies_utf8"]);
    let secrets = signed::open(signed.as_bytes(), address, MAX_SECRETS_BYTES).unwrap();
    assert_eq!(secrets.as_json(), text(&all["message"]));
    assert_eq!(secrets.digest(), B256::from(array(&all["eip191_hash"])));
    let signature = sign(&key, &secrets.digest());
    assert_eq!(signature, array(&all["signature"]));
    assert_eq!(*secrets.signed(&signature), signed);
}

#[test]
fn secrets_are_an_object_of_texts() {
    for good in ["{}", r#"{"a":"b"}"#, r#" { "a" : "\u00e4\n" , "" : "" } "#] {
        assert_eq!(Secrets::parse(good, 100).unwrap().as_json(), good);
    }
    for bad in [
        "",
        "[]",
        "null",
        r#"["a","b"]"#,
        r#"{"a":1}"#,
        r#"{"a":null}"#,
        r#"{"a":{"b":"c"}}"#,
        r#"{"a":"b","a":"b"}"#,
        r#"{"a":"b","\u0061":"c"}"#,
        r#"{"a":"b"}x"#,
        r#"{"a":"b""#,
    ] {
        assert!(Secrets::parse(bad, 100).is_err(), "{bad}");
    }
    let text = json!({ "a": "x".repeat(92) }).to_string();
    assert_eq!(text.len(), 100);
    assert!(Secrets::parse(&text, 100).is_ok() && Secrets::parse(&text, 99).is_err());
}

#[test]
fn only_the_owner_s_signature_counts_in_each_of_its_forms() {
    let (key, address) = owner();
    let secrets = Secrets::parse(r#"{"a":"b"}"#, 100).unwrap();
    let signature = sign(&key, &secrets.digest());
    let with = |v: u8| {
        let mut signature = signature;
        signature[64] = v;
        signed::open(secrets.signed(&signature).as_bytes(), address, 100).map(|_| ())
    };
    let v = signature[64];
    assert!(v == 27 || v == 28);
    assert_eq!((with(v), with(v - 27)), (Ok(()), Ok(())));
    for bad in (0..=255).filter(|bad| *bad != v && *bad != v - 27) {
        let other = matches!(bad, 0 | 1 | 27 | 28);
        let refused = with(bad).unwrap_err();
        assert_eq!(matches!(refused, SignedError::Owner { .. }), other, "v = {bad}: {refused}");
    }
    let stranger = Address::repeat_byte(1);
    let told = signed::check(&secrets, &signature, stranger);
    assert_eq!(told, Err(SignedError::Owner { signer: address, owner: stranger }));
    assert_eq!(signed::check(&secrets, &[0; 65], address), Err(SignedError::Signature));
    let other = Secrets::parse(r#"{"a":"c"}"#, 100).unwrap();
    assert!(matches!(signed::check(&other, &signature, address), Err(SignedError::Owner { .. })));
}

#[test]
fn signed_secrets_are_bounded_and_have_no_other_form() {
    let (key, address) = owner();
    let text = format!(r#"{{"a":"{}"}}"#, r"\u0001".repeat(14));
    assert_eq!(text.len(), 92);
    let secrets = Secrets::parse(&text, 92).unwrap();
    let good = secrets.signed(&sign(&key, &secrets.digest()));
    assert!(signed::open(good.as_bytes(), address, 92).is_ok());
    let refused = signed::open(good.as_bytes(), address, 91).err();
    assert!(matches!(refused, Some(SignedError::Malformed(_))), "{refused:?}");
    let of: Value = serde_json::from_str(&good).unwrap();
    let (message, signature) = (&of["message"], of["signature"].as_str().unwrap());
    for bad in [
        json!([message, signature]),
        json!({ "message": message }),
        json!({ "message": message, "signature": signature, "more": 1 }),
        json!({ "message": message, "signature": &signature[2..] }),
        json!({ "message": message, "signature": format!("{signature}00") }),
        json!({ "message": message, "signature": signature.replace("0x", "0X") }),
    ] {
        let refused = signed::open(bad.to_string().as_bytes(), address, 92).err();
        assert!(matches!(refused, Some(SignedError::Malformed(_))), "{bad}: {refused:?}");
    }
    let twice = good.replacen('{', r#"{"message":"{}","#, 1);
    assert!(signed::open(twice.as_bytes(), address, 92).is_err());
    let upper = good.replace(&signature[2..], &signature[2..].to_uppercase());
    assert!(signed::open(upper.as_bytes(), address, 92).is_ok(), "digits have two spellings");
}

#[test]
fn a_node_takes_off_the_toolkit_s_layers() {
    let all = vectors("end to end");
    let middle = text(&all["layer2_after_tdh2_utf8"]);
    let secrets = envelope::open(middle.as_bytes(), &don(), owner().1, MAX_SECRETS_BYTES).unwrap();
    assert_eq!(serde_json::from_str::<Value>(secrets.as_json()).unwrap(), all["secrets"]);
    let refused =
        |middle: &str, owner| envelope::open(middle.as_bytes(), &don(), owner, MAX_SECRETS_BYTES).err();
    for bad in ["{}", "[]", r#"{"0x0":1}"#, r#"{"0x0":"=="}"#, &middle.replace("0x0", "0x1"), &middle[1..]] {
        assert!(matches!(refused(bad, owner().1), Some(InnerError::Malformed(_))), "{bad}");
    }
    assert_eq!(refused(r#"{"0x0":""}"#, owner().1), Some(InnerError::Undecryptable(Undecryptable)));
    let stranger = refused(middle, Address::ZERO);
    assert!(matches!(stranger, Some(InnerError::Signed(SignedError::Owner { .. }))), "{stranger:?}");
}

#[test]
fn what_a_client_seals_a_threshold_opens() {
    let mut dice = Dice::new(3);
    let set = Set::deal(4, 3, &mut dice);
    let (key, address) = owner();
    let label = Label::of_owner(421_614, Address::repeat_byte(2), address);
    let to = Recipient { don: &don().public(), threshold: &set.key, owner: address, label };
    let secrets = Secrets::parse(r#"{"apiKey":"k-123"}"#, MAX_SECRETS_BYTES).unwrap();
    let sealed = envelope::seal(&secrets, &sign(&key, &secrets.digest()), &to, &mut dice).unwrap();

    let of = Ciphertext::decode(sealed.as_bytes(), MAX_HOSTED_BYTES).unwrap();
    let of = of.verify(&set.key, &[label]).unwrap();
    let middle = of.open(3, &set.shares(&of, &mut dice)).unwrap();
    let opened = envelope::open(&middle, &don(), address, MAX_SECRETS_BYTES).unwrap();
    assert_eq!(opened.as_json(), secrets.as_json());

    let refused = envelope::seal(&secrets, &[27; 65], &to, &mut dice);
    assert!(matches!(refused, Err(SealError::Signed(_))), "{refused:?}");
}

/// The most that secrets may be still fits what nodes store.
#[test]
fn the_largest_secrets_fit_a_remote_document_and_texts_without_escapes_a_slot() {
    let mut dice = Dice::new(4);
    let set = Set::deal(4, 3, &mut dice);
    let (key, address) = owner();
    let to = Recipient { don: &don().public(), threshold: &set.key, owner: address, label: Label::UNBOUND };
    let mut size = |value: &str, length: usize| {
        let times = (length - 8) / value.len();
        let text = format!(r#"{{"a":"{}"}}"#, value.repeat(times));
        let secrets = Secrets::parse(&text, length).unwrap();
        envelope::seal(&secrets, &sign(&key, &secrets.digest()), &to, &mut dice).unwrap().len()
    };
    assert!(size("x", 10_240) <= MAX_HOSTED_BYTES);
    assert!(size(r"\\", 10_240) > MAX_HOSTED_BYTES, "escapes double");
    assert!(size(r"\\", 10_240) <= functions_tdh2::MAX_REMOTE_BYTES);
}

#[test]
fn the_simulated_keys_of_the_toolkit_work_with_ours() {
    let all = vectors("simulated");
    let key = Arc::new(PublicKey::decode(text(&all["public_key_json"]).as_bytes()).unwrap());
    let share = |share: &Value| PrivateShare::decode(share.to_string().as_bytes()).unwrap();
    let set = Set { key, privates: list(&all["private_shares"]).iter().map(share).collect() };
    let mut dice = Dice::new(5);
    let of = set.seal(b"ours", Label([9; 32]), &mut dice);
    let shares = set.shares(&of, &mut dice);
    assert_eq!(*of.open(2, &shares[1..3]).unwrap(), b"ours");
}

#[test]
fn labels_are_of_their_parts() {
    let (coordinator, owner) = (Address::repeat_byte(0xc0), Address::repeat_byte(0x0e));
    let mut preimage = b"osa/secrets/1".to_vec();
    preimage.extend([0; 24].iter().chain(&421_614_u64.to_be_bytes()));
    preimage.extend(coordinator);
    preimage.extend(owner);
    assert_eq!(Label::of_owner(421_614, coordinator, owner).0, *Sha256::digest(&preimage));
    preimage.extend([0; 24].iter().chain(&7_u64.to_be_bytes()));
    assert_eq!(
        Label::of_subscription(421_614, coordinator, owner, SubscriptionId(7)).0,
        *Sha256::digest(&preimage)
    );
}
