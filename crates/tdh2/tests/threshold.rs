//! The vectors of threshold encryption: keys, ciphertexts and shares of the published toolkit and of its library.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::sync::Arc;

use common::{Loaded, bytes, list, text, vectors};
use functions_tdh2::{
    Ciphertext, DecryptionShare, Label, MAX_HOSTED_BYTES, MAX_REMOTE_BYTES, OpenError, PrivateShare,
    PublicKey, Unverified, ValidShare, Verified,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A key set of the vectors, a ciphertext to it, its plaintext, and the members' shares of it.
struct Case {
    key: Arc<PublicKey>,
    privates: Vec<PrivateShare>,
    ciphertext: String,
    plaintext: Vec<u8>,
    shares: Vec<Value>,
    /// What the vectors' dice of shares are made of.
    nonces: &'static str,
}

fn privates(shares: &Value) -> Vec<PrivateShare> {
    list(shares).iter().map(|share| PrivateShare::decode(share.to_string().as_bytes()).unwrap()).collect()
}

fn dealt() -> Case {
    let all = vectors("dealt");
    Case {
        key: Arc::new(
            PublicKey::decode(&bytes(&all["keys"]["coordinator_getThresholdPublicKey_hex"])).unwrap(),
        ),
        privates: privates(&all["keys"]["private_shares"]),
        ciphertext: text(&all["ciphertext_json"]).to_owned(),
        plaintext: bytes(&all["plaintext_hex"]),
        shares: list(&all["decryption_shares"]).to_vec(),
        nonces: "don-vector-1/share-nonce/bare",
    }
}

fn simulated() -> Case {
    let all = vectors("simulated");
    Case {
        key: Arc::new(PublicKey::decode(text(&all["public_key_json"]).as_bytes()).unwrap()),
        privates: privates(&all["private_shares"]),
        ciphertext: text(&all["ciphertext_json"]).to_owned(),
        plaintext: text(&all["plaintext_utf8"]).as_bytes().to_vec(),
        shares: list(&all["decryption_shares"]).to_vec(),
        nonces: "don-vector-1/share-nonce/sim",
    }
}

fn end_to_end() -> Case {
    let all = vectors("end to end");
    Case {
        ciphertext: text(&all["layer1_tdh2_json"]).to_owned(),
        plaintext: text(&all["layer2_after_tdh2_utf8"]).as_bytes().to_vec(),
        shares: list(&all["layer1_decryption_shares"]).to_vec(),
        nonces: "don-vector-1/share-nonce/e2e",
        ..dealt()
    }
}

impl Case {
    fn verified(&self) -> Verified {
        let ciphertext = Ciphertext::decode(self.ciphertext.as_bytes(), MAX_HOSTED_BYTES).unwrap();
        ciphertext.verify(&self.key, &[Label::UNBOUND]).unwrap()
    }

    fn checked(&self) -> Vec<ValidShare> {
        let of = self.verified();
        let decode = |share: &Value| DecryptionShare::decode(share.to_string().as_bytes()).unwrap();
        self.shares.iter().map(decode).map(|share| of.check(share.index(), &share).unwrap()).collect()
    }
}

#[test]
fn keys_are_read_and_belong_together() {
    for case in [dealt(), simulated()] {
        assert_eq!(case.key.members(), case.privates.len());
        for private in &case.privates {
            assert!(private.belongs_to(&case.key));
            let other =
                PrivateShare::decode(private.encode().replace("\"Index\":0", "\"Index\":3").as_bytes());
            assert_eq!(other.unwrap().belongs_to(&case.key), private.index() != 0);
        }
    }
    assert!(!dealt().privates[1].belongs_to(&simulated().key));
}

#[test]
fn what_is_written_is_the_toolkit_s_to_the_byte() {
    let all = vectors("dealt");
    let key = bytes(&all["keys"]["coordinator_getThresholdPublicKey_hex"]);
    assert_eq!(dealt().key.encode().as_bytes(), key);
    assert_eq!(simulated().key.encode(), text(&vectors("simulated")["public_key_json"]));
    for case in [dealt(), simulated(), end_to_end()] {
        assert_eq!(case.verified().ciphertext().encode(), case.ciphertext);
        for share in &case.shares {
            let written = DecryptionShare::decode(share.to_string().as_bytes()).unwrap().encode();
            assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), *share);
            assert!(written.starts_with(r#"{"Group":"P256","Index":"#), "{written}");
        }
    }
    let shares = list(&all["keys"]["private_shares"]).iter().zip(dealt().privates);
    for (share, private) in shares {
        assert_eq!(serde_json::from_str::<Value>(&private.encode()).unwrap(), *share);
    }
}

#[test]
fn any_two_of_four_open_and_one_does_not() {
    for case in [dealt(), simulated(), end_to_end()] {
        let (of, shares) = (case.verified(), case.checked());
        for one in &shares {
            assert_eq!(of.open(2, [one, one]), Err(OpenError::TooFew { have: 1, need: 2 }));
            assert_eq!(of.open(1, [one]), Err(OpenError::Altered), "the key was dealt for two");
            for other in shares.iter().filter(|other| other.index() != one.index()) {
                assert_eq!(*of.open(2, [one, other]).unwrap(), case.plaintext);
            }
        }
        assert_eq!(*of.open(2, &shares).unwrap(), case.plaintext);
        assert_eq!(*of.open(4, &shares).unwrap(), case.plaintext, "more than needed interpolate as well");
    }
}

#[test]
fn shares_are_the_vectors_with_their_dice() {
    for case in [dealt(), simulated(), end_to_end()] {
        let of = case.verified();
        for (private, wanted) in case.privates.iter().zip(&case.shares) {
            let nonce = Sha256::digest(format!("{}/{}", case.nonces, private.index()));
            let share = of.share(private, &mut Loaded(nonce.to_vec()));
            assert_eq!(serde_json::from_str::<Value>(&share.encode()).unwrap(), *wanted);
        }
    }
}

#[test]
fn bad_ciphertexts_fail_in_their_class() {
    let (case, all) = (dealt(), vectors("dealt"));
    let (good, bad) = (case.checked(), list(&all["bad_ciphertexts"]));
    assert_eq!(bad.len(), 14);
    for bad in bad {
        let name = text(&bad["name"]);
        let class = match Ciphertext::decode(text(&bad["ciphertext_json"]).as_bytes(), MAX_REMOTE_BYTES) {
            Err(_) => "malformed",
            Ok(ciphertext) => {
                let label = ciphertext.label();
                match ciphertext.verify(&case.key, &[label]) {
                    Err(error) => {
                        assert_eq!(error, Unverified::Proof, "{name}");
                        "invalid_proof"
                    }
                    Ok(of) => {
                        assert_eq!(of.open(2, &good), Err(OpenError::Altered), "{name}");
                        "gcm_failure"
                    }
                }
            }
        };
        assert_eq!(class, text(&bad["expect"]), "{name}");
    }
}

#[test]
fn bad_shares_are_invalid() {
    let (case, all) = (dealt(), vectors("dealt"));
    let (of, bad) = (case.verified(), list(&all["bad_shares"]));
    assert_eq!(bad.len(), 6);
    for bad in bad {
        let checked = DecryptionShare::decode(bad["share"].to_string().as_bytes())
            .map(|share| of.check(share.index(), &share));
        assert!(!matches!(checked, Ok(Ok(_))), "{}", bad["name"]);
        assert_eq!(text(&bad["expect"]), "invalid");
    }
}

#[test]
fn a_key_s_ciphertext_is_not_another_s() {
    let of = Ciphertext::decode(dealt().ciphertext.as_bytes(), MAX_HOSTED_BYTES).unwrap();
    assert_eq!(of.verify(&simulated().key, &[Label::UNBOUND]).err(), Some(Unverified::Proof));
}
