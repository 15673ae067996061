use std::sync::Arc;

use functions_tdh2::{Ciphertext, Label, OpenError, PrivateShare, PublicKey, ValidShare};

use crate::{Ceremony, StartError, Terms, TermsError, g_bar, p256_codec::encode_point};

use super::net::{Key, Net, Numbers, publics};

/// Opens a ciphertext to `key` with these shares.
pub(super) fn open(
    ciphertext: &Ciphertext,
    key: &PublicKey,
    threshold: usize,
    shares: &[&PrivateShare],
) -> Result<Vec<u8>, OpenError> {
    let verified = ciphertext.clone().verify(&Arc::new(key.clone()), &[Label::UNBOUND]).unwrap();
    let valid: Vec<ValidShare> = shares
        .iter()
        .map(|share| verified.share(share, &mut Numbers(7)))
        .map(|share| verified.check(share.index(), &share).unwrap())
        .collect();
    verified.open(threshold, &valid).map(|opened| opened.to_vec())
}

pub(super) fn encrypt(key: &PublicKey) -> Ciphertext {
    Ciphertext::encrypt(key, b"secret", Label::UNBOUND, &mut Numbers(1))
}

/// A threshold opens and one less does not, whoever they are.
pub(super) fn works(key: &PublicKey, shares: &[&PrivateShare], threshold: usize) {
    let ciphertext = encrypt(key);
    for first in 0..shares.len() {
        let some: Vec<_> = shares.iter().cycle().skip(first).take(threshold).copied().collect();
        assert_eq!(open(&ciphertext, key, threshold, &some).unwrap(), b"secret");
        let fewer = open(&ciphertext, key, threshold - 1, &some[1..]);
        assert_eq!(fewer, Err(OpenError::Altered), "{threshold} - 1 shares");
    }
}

pub(super) fn terms(members: u8, threshold: u8) -> Terms {
    Terms::threshold_key([9; 32], 0, &publics(members), threshold).unwrap()
}

#[test]
fn honest_members_make_a_key_that_a_threshold_of_them_opens() {
    for (members, threshold) in [(2, 2), (3, 2), (4, 3), (7, 5)] {
        let net = Net::of(&terms(members, threshold), 1).run();
        let (key, shares) = net.threshold_key();
        assert_eq!((key.members(), shares.len()), (members.into(), members.into()));
        assert_eq!(*key.g_bar(), g_bar(&[9; 32], 0));
        works(&key, &shares, threshold.into());
    }
}

#[test]
fn thirty_one_members_make_a_key() {
    let net = Net::of(&terms(31, 21), 1).run();
    let (key, shares) = net.threshold_key();
    let ciphertext = encrypt(&key);
    assert_eq!(open(&ciphertext, &key, 21, &shares[10..]).unwrap(), b"secret");
    assert_eq!(open(&ciphertext, &key, 20, &shares[11..]), Err(OpenError::Altered));
}

#[test]
fn every_attempt_makes_another_key() {
    let key = |attempt| {
        let terms = Terms::threshold_key([9; 32], attempt, &publics(3), 2).unwrap();
        let net = Net::of(&terms, 1).run();
        (net.outcome(0).transcript, net.threshold_key().0)
    };
    let ((first, key_of_first), (second, key_of_second)) = (key(0), key(1));
    assert!(first != second && key_of_first.h() != key_of_second.h());
    assert_eq!(key(0), (first, key_of_first), "one seed, one key");
}

#[test]
fn the_second_generator_is_a_hash_of_the_configuration() {
    // Computed apart from this code, by formulas that give the point of RFC 9380, J.1.1, for its tag and no bytes.
    let expected = "034319595cf355e4fb756319e2ca616618f58d65af48a52af22a28338b6df9d343";
    let encoded: String =
        encode_point(&g_bar(&[9; 32], 0)).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(encoded, expected);
    assert_ne!(g_bar(&[1; 32], 0), g_bar(&[2; 32], 0));
    assert_ne!(g_bar(&[1; 32], 0), g_bar(&[1; 32], 1));
}

#[test]
fn terms_that_make_no_sense_are_refused() {
    let keys = publics(4);
    let terms = |keys: &[[u8; 32]], threshold| Terms::threshold_key([0; 32], 0, keys, threshold).err();
    assert_eq!(terms(&keys, 1), Some(TermsError::Threshold { threshold: 1, members: 4 }));
    assert_eq!(terms(&keys, 5), Some(TermsError::Threshold { threshold: 5, members: 4 }));
    assert_eq!(terms(&keys[..1], 1), Some(TermsError::Members(1)));
    assert_eq!(terms(&publics(32), 20), Some(TermsError::Members(32)));
    assert_eq!(terms(&[keys[0], keys[0]], 2), Some(TermsError::Key(0)));
    let session = |digest, attempt, threshold| {
        *Terms::threshold_key([digest; 32], attempt, &keys, threshold).unwrap().session()
    };
    let all = [session(0, 0, 2), session(1, 0, 2), session(0, 1, 2), session(0, 0, 3)];
    assert!((0..4).all(|one| (0..one).all(|other| all[one] != all[other])));
}

#[test]
fn who_is_not_of_the_ceremony_cannot_begin() {
    let start = |place, name| Ceremony::start(terms(3, 2), place, Key::of(name), None, [0; 32].into()).err();
    assert_eq!(start(3, 3), Some(StartError::Place(3)));
    assert_eq!(start(1, 2), Some(StartError::Key(1)));
    assert_eq!(start(1, 1), None);
}
