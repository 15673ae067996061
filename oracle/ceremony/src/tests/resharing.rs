use functions_tdh2::{OpenError, PrivateShare, PublicKey, deal};

use crate::{Ceremony, Participant, StartError, Terms, TermsError};

use super::{
    net::{Key, Net, Numbers},
    threshold::{encrypt, open, works},
};

pub(super) fn old(members: usize, threshold: usize) -> (PublicKey, Vec<PrivateShare>) {
    deal::deal(members, threshold, &mut Numbers(5)).unwrap()
}

/// Old members are called 0, 1, …, new ones `from`, `from + 1`, …; all that are both take part once.
fn participants(dealers: &[u8], from: u8, members: u8) -> (Vec<u8>, Vec<Participant>) {
    let mut names: Vec<u8> = dealers.iter().copied().chain(from..from + members).collect();
    names.sort_unstable();
    names.dedup();
    let participant = |name: &u8| Participant {
        key: Key::of(*name).public(),
        deals: dealers.contains(name).then_some(*name),
        receives: (from..from + members).contains(name).then(|| name - from),
    };
    let participants = names.iter().map(participant).collect();
    (names, participants)
}

fn reshare(
    (key, shares): &(PublicKey, Vec<PrivateShare>),
    dealers: &[u8],
    from: u8,
    members: u8,
    threshold: u8,
    seed: u64,
) -> Net {
    let (names, participants) = participants(dealers, from, members);
    let terms = Terms::reshare([8; 32], 0, key.clone(), participants, threshold).unwrap();
    let shares: Vec<_> =
        names.iter().map(|name| shares.get(usize::from(*name)).filter(|_| dealers.contains(name))).collect();
    Net::new(&terms, &names, &shares, seed)
}

/// From four members to four others, of whom two are old ones.
pub(super) fn net(old: &(PublicKey, Vec<PrivateShare>), seed: u64) -> Net {
    reshare(old, &[0, 1, 2], 2, 4, 3, seed)
}

#[test]
fn a_larger_and_a_smaller_set_open_what_was_encrypted_before() {
    let four = old(4, 3);
    let ciphertext = encrypt(&four.0);
    let seven = reshare(&four, &[0, 1, 3], 0, 7, 5, 1).run();
    let (key, shares) = seven.threshold_key();
    assert_eq!((key.h(), key.g_bar()), (four.0.h(), four.0.g_bar()));
    works(&key, &shares, 5);
    assert_eq!(open(&ciphertext, &key, 5, &shares[2..]).unwrap(), b"secret");

    let owned: Vec<PrivateShare> =
        shares.iter().map(|share| PrivateShare::decode(share.encode().as_bytes()).unwrap()).collect();
    let again = reshare(&(key, owned), &[0, 2, 3, 4, 6], 5, 4, 3, 2).run();
    let (key, shares) = again.threshold_key();
    works(&key, &shares, 3);
    assert_eq!(open(&ciphertext, &key, 3, &shares[1..]).unwrap(), b"secret");
    // Old shares stay valid under the old key.
    assert_eq!(open(&ciphertext, &four.0, 3, &four.1.iter().take(3).collect::<Vec<_>>()).unwrap(), b"secret");
}

#[test]
fn a_mix_of_old_and_new_shares_opens_nothing() {
    let four = old(4, 3);
    let net = reshare(&four, &[0, 1, 2, 3], 0, 4, 3, 1).run();
    let (key, shares) = net.threshold_key();
    let ciphertext = encrypt(&four.0);
    assert!(four.1.iter().all(|share| !share.belongs_to(&key)));
    // Each share is valid under its own key only, so a mix is checked under both.
    let verified = |key: &PublicKey| {
        let label = functions_tdh2::Label::UNBOUND;
        ciphertext.clone().verify(&std::sync::Arc::new(key.clone()), &[label]).unwrap()
    };
    let (under_old, under_new) = (verified(&four.0), verified(&key));
    let from_old = under_old.share(&four.1[0], &mut Numbers(1));
    assert!(under_new.check(0, &from_old).is_err());
    let mut mix = vec![under_old.check(0, &from_old).unwrap()];
    for share in &shares[1..3] {
        mix.push(under_new.check(share.index(), &under_new.share(share, &mut Numbers(2))).unwrap());
    }
    assert_eq!(under_new.open(3, &mix).err(), Some(OpenError::Altered));
}

#[test]
fn old_members_that_do_not_make_up_the_key_cannot_share_it() {
    let (key, shares) = old(4, 3);
    let terms = |dealers: &[u8]| {
        Terms::reshare([8; 32], 0, key.clone(), participants(dealers, 4, 4).1, 3).map(|_| ()).unwrap_err()
    };
    assert_eq!(terms(&[0, 1]), TermsError::Dealers);
    assert_eq!(terms(&[0, 1, 9]), TermsError::Indexes);
    let (_, participants) = participants(&[0, 1, 2], 4, 4);
    let terms = Terms::reshare([8; 32], 0, key.clone(), participants, 3).unwrap();
    for share in [None, Some(&shares[1]), Some(&old(4, 2).1[0])] {
        let started = Ceremony::start(terms.clone(), 0, Key::of(0), share, [0; 32].into());
        assert_eq!(started.err(), Some(StartError::Share));
    }
}
