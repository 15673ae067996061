//! What holds of any key, plaintext and change. Every case is of a seed, which proptest prints.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use common::{Dice, Set};
use functions_tdh2::{
    Ciphertext, DecryptionShare, InvalidShare, Label, OpenError, PrivateShare, PublicKey, Unverified,
    ValidShare, deal::deal, rand_core::RngCore as _,
};
use proptest::{prelude::*, sample::Index};

fn sets() -> impl Strategy<Value = (usize, usize)> {
    (1..=9_usize).prop_flat_map(|members| (Just(members), 1..=members))
}

fn quick(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Some of the shares, in an order of the dice's.
fn some(mut shares: Vec<ValidShare>, count: usize, dice: &mut Dice) -> Vec<ValidShare> {
    while shares.len() > count {
        shares.swap_remove(dice.next_u32() as usize % shares.len());
    }
    shares
}

proptest! {
    #![proptest_config(quick(48))]

    #[test]
    fn any_threshold_of_shares_opens_and_one_fewer_does_not(
        (members, threshold) in sets(),
        plaintext in prop::collection::vec(any::<u8>(), 0..200),
        seed in any::<u64>(),
    ) {
        let mut dice = Dice::new(seed);
        let set = Set::deal(members, threshold, &mut dice);
        let of = set.seal(&plaintext, Label([3; 32]), &mut dice);
        let shares = set.shares(&of, &mut dice);
        let enough = some(shares.clone(), threshold, &mut dice);
        prop_assert_eq!(&*of.open(threshold, &enough).unwrap(), &plaintext);
        let fewer = some(shares, threshold - 1, &mut dice);
        let repeated = fewer.iter().chain(&fewer);
        prop_assert_eq!(of.open(threshold, repeated), Err(OpenError::TooFew { have: threshold - 1, need: threshold }));
        if threshold > 1 {
            prop_assert_eq!(of.open(threshold - 1, &fewer), Err(OpenError::Altered));
        }
    }

    #[test]
    fn every_changed_byte_of_a_ciphertext_is_found(at in any::<Index>(), bit in 0..8_u32, seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let set = Set::deal(4, 3, &mut dice);
        let of = set.seal(b"plaintext", Label([3; 32]), &mut dice);
        let shares = set.shares(&of, &mut dice);
        let mut json = of.ciphertext().encode().into_bytes();
        let at = at.index(json.len());
        json[at] ^= 1 << bit;
        if let Ok(changed) = Ciphertext::decode(&json, 20_000) {
            let label = changed.label();
            match changed.verify(&set.key, &[label]) {
                Err(refused) => prop_assert_eq!(refused, Unverified::Proof),
                Ok(changed) => prop_assert_eq!(changed.open(3, &shares), Err(OpenError::Altered), "byte {}", at),
            }
        }
    }

    #[test]
    fn every_changed_byte_of_a_share_is_found(at in any::<Index>(), bit in 0..8_u32, seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let set = Set::deal(4, 3, &mut dice);
        let of = set.seal(b"plaintext", Label([3; 32]), &mut dice);
        let share = of.share(&set.privates[2], &mut dice);
        prop_assert!(of.check(2, &share).is_ok());
        let mut json = share.encode().into_bytes();
        let at = at.index(json.len());
        json[at] ^= 1 << bit;
        if let Ok(changed) = DecryptionShare::decode(&json) {
            prop_assert!(of.check(2, &changed).is_err(), "byte {}", at);
            prop_assert!(of.check(changed.index(), &changed).is_err(), "byte {}", at);
        }
    }

    #[test]
    fn codecs_round_trip((members, threshold) in sets(), seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let set = Set::deal(members, threshold, &mut dice);
        let of = set.seal(&[], Label([3; 32]), &mut dice);
        prop_assert_eq!(&PublicKey::decode(set.key.encode().as_bytes()).unwrap(), &*set.key);
        let json = of.ciphertext().encode();
        prop_assert_eq!(&Ciphertext::decode(json.as_bytes(), json.len()).unwrap(), of.ciphertext());
        prop_assert!(Ciphertext::decode(json.as_bytes(), json.len() - 1).is_err());
        for private in &set.privates {
            let again = PrivateShare::decode(private.encode().as_bytes()).unwrap();
            prop_assert!(again.belongs_to(&set.key) && again.index() == private.index());
            let share = of.share(private, &mut dice);
            prop_assert_eq!(DecryptionShare::decode(share.encode().as_bytes()).unwrap(), share);
        }
    }
}

#[test]
fn shares_count_for_their_member_and_ciphertext_only() {
    let mut dice = Dice::new(1);
    let set = Set::deal(4, 3, &mut dice);
    let (of, other) = (set.seal(b"a", Label([3; 32]), &mut dice), set.seal(b"a", Label([3; 32]), &mut dice));
    let share = of.share(&set.privates[1], &mut dice);
    assert_eq!(of.check(2, &share), Err(InvalidShare::Index { sender: 2, index: 1 }));
    assert_eq!(other.check(1, &share), Err(InvalidShare::Proof(1)));
    let renamed = share.encode().replace("\"Index\":1", "\"Index\":2");
    assert_eq!(
        of.check(2, &DecryptionShare::decode(renamed.as_bytes()).unwrap()),
        Err(InvalidShare::Proof(2))
    );
    let beyond = share.encode().replace("\"Index\":1", "\"Index\":4");
    assert_eq!(
        of.check(4, &DecryptionShare::decode(beyond.as_bytes()).unwrap()),
        Err(InvalidShare::Member(4))
    );

    let (own, others) = (set.shares(&of, &mut dice), set.shares(&other, &mut dice));
    let mixed = [&own[0], &own[1], &others[2], &others[3]];
    assert_eq!(of.open(3, mixed), Err(OpenError::TooFew { have: 2, need: 3 }));
    assert_eq!(*of.open(3, mixed.into_iter().chain([&own[2]])).unwrap(), b"a");
}

#[test]
fn a_ciphertext_is_its_label_s_only() {
    let mut dice = Dice::new(2);
    let set = Set::deal(4, 3, &mut dice);
    let (mine, yours) = (Label([1; 32]), Label([2; 32]));
    let made = Ciphertext::encrypt(&set.key, b"a", mine, &mut dice);
    let refused = |accepted: &[Label]| made.clone().verify(&set.key, accepted).err();
    assert_eq!(refused(&[yours, mine]), None);
    assert_eq!(refused(&[yours, Label::UNBOUND]), Some(Unverified::Label));
    assert_eq!(refused(&[]), Some(Unverified::Label));
}

#[test]
fn another_set_s_shares_do_not_count() {
    let mut dice = Dice::new(3);
    let (set, other) = (Set::deal(4, 3, &mut dice), Set::deal(4, 3, &mut dice));
    let of = set.seal(b"a", Label([1; 32]), &mut dice);
    let share = of.share(&other.privates[0], &mut dice);
    assert_eq!(of.check(0, &share), Err(InvalidShare::Proof(0)));
}

#[test]
fn only_sensible_keys_are_dealt() {
    let mut dice = Dice::new(4);
    for (members, threshold) in [(0, 0), (4, 0), (4, 5), (32, 3)] {
        assert!(deal(members, threshold, &mut dice).is_none(), "{threshold} of {members}");
    }
    let (key, shares) = deal(31, 21, &mut dice).unwrap();
    assert_eq!((key.members(), shares.len()), (31, 31));
    assert!(PublicKey::decode(key.encode().as_bytes()).is_ok());
}

#[test]
fn other_forms_of_the_same_are_refused() {
    let mut dice = Dice::new(5);
    let set = Set::deal(2, 2, &mut dice);
    let of = set.seal(b"a", Label([1; 32]), &mut dice);
    let share = of.share(&set.privates[0], &mut dice).encode();
    let good = |json: &str| DecryptionShare::decode(json.as_bytes()).is_ok();
    assert!(good(&share) && good(&share.replace(",", " ,\n")), "white space is JSON's");
    let fields: Vec<&str> = share[1..share.len() - 1].split(',').collect();
    assert_eq!(fields.len(), 5);
    let values: Vec<&str> = fields.iter().map(|field| field.split_once(':').unwrap().1).collect();
    let u_i = values[2];
    for bad in [
        format!("[{}]", values.join(",")),
        format!("{share}{share}"),
        format!("[{share}]"),
        share.replace("Group", "group"),
        share.replace("P256", "P-256"),
        share.replace('{', "{\"More\":0,"),
        share.replace("\"Index\":0", "\"Index\":0.0"),
        share.replace("\"Index\":0", "\"Index\":\"0\""),
        share.replace("\"Index\":0", "\"Index\":31"),
        share.replace("\"Index\":0", "\"Index\":256"),
        share.replace("\"Index\":0", "\"Index\":null"),
        share.replace("=\"", "\""),
        share.replace("=\"", "==\""),
        share.replace(u_i, "\"\""),
        share.replace(u_i, &u_i.replacen('B', "C", 1)),
        share.replace(u_i, &u_i.replacen('B', "A", 1)),
        share.replace(u_i, &u_i.replacen('B', " B", 1)),
    ] {
        assert_ne!(bad, share);
        assert!(!good(&bad), "{bad}");
    }
    for field in &fields {
        assert!(!good(&share.replacen('{', &format!("{{{field},"), 1)), "{field} twice");
        let without: Vec<&str> = fields.iter().copied().filter(|other| other != field).collect();
        assert!(!good(&format!("{{{}}}", without.join(","))), "no {field}");
    }
    let mut hybrid = STANDARD.decode(u_i.trim_matches('"')).unwrap();
    hybrid[0] = 6 | hybrid[64] & 1;
    assert!(
        !good(&share.replace(u_i, &format!("\"{}\"", STANDARD.encode(hybrid)))),
        "a form of ANSI X9.62 that says y twice"
    );
    // The last digit of base64 with padding has bits that stand for nothing.
    let e_i = values[3].trim_matches('"');
    let last = e_i.as_bytes()[42];
    let twin = format!("{}{}=", &e_i[..42], char::from(last + 1));
    assert!(!good(&share.replace(e_i, &twin)), "{twin}");

    let key = set.key.encode();
    let good = |json: &str| PublicKey::decode(json.as_bytes()).is_ok();
    assert!(good(&key));
    let (start, _) = key.split_once("\"HArray\"").unwrap();
    assert!(!good(&format!("{start}\"HArray\":[]}}")));
    let point = key.split('"').nth(7).unwrap();
    let many =
        |count: usize| format!("{start}\"HArray\":[{}]}}", vec![format!("\"{point}\""); count].join(","));
    assert!(good(&many(31)) && !good(&many(32)));
    assert!(!good(&" ".repeat(5_000)));

    let zero = r#"{"Group":"P256","Index":0,"V":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}"#;
    assert!(PrivateShare::decode(zero.as_bytes()).is_err());
    assert!(PrivateShare::decode(zero.replace("AA=", "AE=").as_bytes()).is_ok());
}

/// Nothing that an error says is a secret.
#[test]
fn errors_do_not_quote() {
    let bad = r#"{"Group":"P256","Index":0,"V":"c2VjcmV0"}"#;
    let told = PrivateShare::decode(bad.as_bytes()).err().unwrap();
    assert_eq!(
        told.to_string(),
        "V is not a scalar: base64 of 32 bytes, big endian, below the order of P-256"
    );
    let told = PrivateShare::decode(bad.replace("\"c2VjcmV0\"", "[\"c2VjcmV0\"]").as_bytes()).err().unwrap();
    assert!(!format!("{told} {told:?}").contains("c2V"), "{told:?}");
}
