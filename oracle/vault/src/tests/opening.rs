use std::sync::Arc;

use functions_tdh2::{
    Ciphertext, Label, OpenError, PrivateShare, PublicKey, Verified, deal, rand_core::OsRng,
};

use crate::{Counted, Early, Opening, ShareOf};

const OF: ShareOf = ShareOf { request: [1; 32], commitment: [2; 32], ciphertext: [3; 32] };

fn dealt(members: usize, threshold: usize) -> (Arc<PublicKey>, Vec<PrivateShare>) {
    let (public, shares) = deal::deal(members, threshold, &mut OsRng).expect("keys");
    (Arc::new(public), shares)
}

fn sealed(key: &Arc<PublicKey>) -> Verified {
    let label = Label([9; 32]);
    let ciphertext = Ciphertext::encrypt(key, b"the secret", label, &mut OsRng);
    ciphertext.verify(key, &[label]).expect("just made")
}

fn share(ciphertext: &Verified, private: &PrivateShare) -> Vec<u8> {
    ciphertext.share(private, &mut OsRng).encode().into_bytes()
}

#[test]
fn as_many_members_as_the_threshold_open_it_and_fewer_do_not() {
    let (key, shares) = dealt(7, 5);
    let mut opening = Opening::new(OF, sealed(&key), 5, 7);
    for (from, private) in (0_u8..).zip(&shares).take(4) {
        assert_eq!(opening.take(from, &OF, &share(opening.ciphertext(), private)), Counted::Yes);
    }
    assert_eq!(opening.open().expect_err("one is missing"), OpenError::TooFew { have: 4, need: 5 });
    let last = share(opening.ciphertext(), &shares[6]);
    assert_eq!(opening.take(6, &OF, &last), Counted::Enough);
    assert_eq!(opening.open().expect("open").as_slice(), b"the secret");
}

#[test]
fn wrong_shares_of_some_do_not_stop_the_others() {
    let (key, shares) = dealt(7, 5);
    let mut opening = Opening::new(OF, sealed(&key), 5, 7);
    let other = sealed(&key);
    // Two members: one gives a share of something else, one the share of another member.
    assert!(matches!(opening.take(0, &OF, &share(&other, &shares[0])), Counted::Wrong(_)));
    let borrowed = share(opening.ciphertext(), &shares[2]);
    assert!(matches!(opening.take(1, &OF, &borrowed), Counted::Wrong(_)));
    for from in [2, 3, 4, 5, 6] {
        let own = share(opening.ciphertext(), &shares[usize::from(from)]);
        assert_ne!(opening.take(from, &OF, &own), Counted::Not);
    }
    assert_eq!(opening.counted(), 5);
    assert_eq!(opening.open().expect("open").as_slice(), b"the secret");
}

#[test]
fn a_member_has_one_share_and_only_towards_this_ciphertext() {
    let (key, shares) = dealt(4, 3);
    let mut opening = Opening::new(OF, sealed(&key), 3, 4);
    let own = share(opening.ciphertext(), &shares[0]);
    for of in [
        ShareOf { request: [0; 32], ..OF },
        ShareOf { commitment: [0; 32], ..OF },
        ShareOf { ciphertext: [0; 32], ..OF },
    ] {
        assert_eq!(opening.take(0, &of, &own), Counted::Not);
    }
    assert!(matches!(opening.take(1, &OF, b"{}"), Counted::Wrong(_)));
    let right = share(opening.ciphertext(), &shares[1]);
    assert_eq!(opening.take(1, &OF, &right), Counted::Not, "it had its chance");
    assert_eq!(opening.take(0, &OF, &own), Counted::Yes);
    assert_eq!(opening.take(0, &OF, &own), Counted::Not);
    assert_eq!(opening.counted(), 1);
}

#[test]
fn shares_that_come_early_wait_half_a_minute_and_are_bounded() {
    let of = |number: u16| {
        let mut of = OF;
        of.request[..2].copy_from_slice(&number.to_be_bytes());
        of
    };
    let mut early = Early::default();
    early.keep(0, 3, of(7), vec![1]);
    early.keep(10, 5, of(7), vec![2]);
    early.keep(10, 5, of(8), vec![0; 513]);
    assert!(early.take(10, &of(8)).is_empty(), "too long for a share");
    early.keep(10, 5, ShareOf { ciphertext: [0; 32], ..of(9) }, vec![]);
    early.keep(10, 5, of(9), vec![3]);
    assert_eq!(early.take(10, &of(7)), [(3, of(7), vec![1]), (5, of(7), vec![2])]);
    assert_eq!(early.take(10, &of(9)), [(5, of(9), vec![3])], "the newest, towards whatever ciphertext");
    assert!(early.take(10, &of(7)).is_empty(), "taken");
    (0..300).for_each(|number| early.keep(20, 1, of(number), vec![]));
    early.keep(20, 2, of(0), vec![]);
    assert_eq!(early.take(20, &of(0)).len(), 1, "one member's flood costs its own oldest");
    assert_eq!(early.take(20, &of(299)).len(), 1);
    assert!(early.take(30_021, &of(298)).len() <= 1);
    early.keep(60_000, 1, of(1), vec![]);
    assert!(early.take(60_000, &of(297)).is_empty(), "forgotten after half a minute");
}

#[test]
fn members_that_have_another_ciphertext_end_it_once_the_others_cannot_be_enough() {
    let (key, shares) = dealt(4, 3);
    let mut opening = Opening::new(OF, sealed(&key), 3, 4);
    let own = |opening: &Opening, from: u8| share(opening.ciphertext(), &shares[usize::from(from)]);
    let other = ShareOf { ciphertext: [4; 32], ..OF };
    let none = ShareOf { ciphertext: [0; 32], ..OF };
    assert_eq!(opening.take(0, &OF, &own(&opening, 0)), Counted::Yes);
    assert_eq!(opening.take(1, &other, b""), Counted::Not, "three may still have it");
    assert_eq!(opening.take(1, &other, b""), Counted::Not, "one member is one");
    assert_eq!(opening.take(0, &other, b""), Counted::Not, "it has given its share");
    assert_eq!(
        opening.take(2, &ShareOf { request: [0; 32], ..other }, b""),
        Counted::Not,
        "another request's"
    );
    assert_eq!(opening.take(1, &OF, &own(&opening, 1)), Counted::Yes, "it was read again");
    assert_eq!(opening.take(2, &other, b""), Counted::Not);
    assert_eq!(opening.take(3, &none, b""), Counted::Never);
}
