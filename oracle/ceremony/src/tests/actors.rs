//! Participants that do not do as they should. Each changes what an honest one would say.

use functions_tdh2::rand_core::RngCore as _;
use zeroize::Zeroizing;

use crate::{
    Signer as _, Terms,
    message::{Announcement, Deal, Message, Proof, echo_text},
};

use super::net::{Key, Numbers};

/// What is said instead of one message: to whom, and what.
pub(super) type Said = Vec<(u8, Vec<u8>)>;

pub(super) trait Actor {
    fn say(&mut self, terms: &Terms, key: &Key, me: u8, to: u8, bytes: &[u8], numbers: &mut Numbers) -> Said;
}

impl<F: FnMut(&Terms, &Key, u8, u8, Message) -> Option<Message>> Actor for F {
    fn say(&mut self, terms: &Terms, key: &Key, me: u8, to: u8, bytes: &[u8], _: &mut Numbers) -> Said {
        let said = self(terms, key, me, to, Message::decode(bytes).unwrap());
        said.map(|message| (to, message.encode().to_vec())).into_iter().collect()
    }
}

/// What a closure has to be so that it is an actor.
pub(super) fn actor<F: FnMut(&Terms, &Key, u8, u8, Message) -> Option<Message>>(say: F) -> F {
    say
}

pub(super) fn signed_announcement(terms: &Terms, key: &Key, from: u8, body: Vec<u8>) -> Announcement {
    let signature = key.sign(&Announcement::text(terms.session(), from, &body));
    Announcement { from, signature, body }
}

pub(super) fn signed_deal(terms: &Terms, key: &Key, deal: Deal) -> Deal {
    let signature = key.sign(&Deal::text(terms.session(), deal.from, deal.to, &deal.hash, &deal.body));
    Deal { signature, ..deal }
}

/// Announces another's body, signed by itself, to everybody for whom `to` says so.
pub(super) struct Announces<F> {
    pub(super) body: Vec<u8>,
    pub(super) to: F,
}

impl<F: Fn(u8) -> bool> Actor for Announces<F> {
    fn say(&mut self, terms: &Terms, key: &Key, me: u8, to: u8, bytes: &[u8], _: &mut Numbers) -> Said {
        let said = match Message::decode(bytes).unwrap() {
            Message::Announce(_) if (self.to)(to) => {
                Message::Announce(signed_announcement(terms, key, me, self.body.clone()))
            }
            other => other,
        };
        vec![(to, said.encode().to_vec())]
    }
}

/// Does anything: leaves out, repeats, alters with and without a signature, mixes up, accuses.
pub(super) struct Anything {
    /// Messages of another ceremony with the same keys.
    pub(super) old: Vec<Vec<u8>>,
    /// In this many of 16 cases it does as it should.
    pub(super) honesty: usize,
}

impl Anything {
    fn alter(terms: &Terms, key: &Key, me: u8, message: Message, numbers: &mut Numbers) -> Message {
        let flip = |bytes: &mut [u8], numbers: &mut Numbers| {
            if !bytes.is_empty() {
                let at = numbers.below(bytes.len());
                bytes[at] ^= 1 << numbers.below(8);
            }
        };
        match message {
            Message::Announce(mut one) => {
                flip(&mut one.body, numbers);
                Message::Announce(signed_announcement(terms, key, me, one.body))
            }
            Message::Exchange(mut list) => {
                if !list.is_empty() {
                    list.remove(numbers.below(list.len()));
                }
                Message::Exchange(list)
            }
            Message::Echo { mut hash, .. } => {
                flip(&mut hash, numbers);
                Message::Echo { hash, signature: key.sign(&echo_text(terms.session(), me, &hash)) }
            }
            Message::Certificate { hash, mut signatures } => {
                flip(signatures.as_flattened_mut(), numbers);
                Message::Certificate { hash, signatures }
            }
            Message::Deal(mut deal) => {
                let mut body = Zeroizing::new(deal.body.to_vec());
                flip(if numbers.below(2) == 0 { &mut deal.hash } else { &mut body }, numbers);
                Message::Deal(signed_deal(terms, key, Deal { body, ..deal }))
            }
            accusation @ Message::Accuse(_) => accusation,
        }
    }

    /// Against somebody else, and not true.
    fn accusation(terms: &Terms, key: &Key, whom: u8, bytes: &[u8]) -> Message {
        let one = |byte| signed_announcement(terms, key, whom, vec![byte; 131]);
        match Message::decode(bytes) {
            Some(Message::Deal(deal)) => {
                Message::Accuse(Proof::Deal(signed_deal(terms, key, Deal { from: whom, ..deal })))
            }
            Some(Message::Announce(_)) => Message::Accuse(Proof::Announcement(one(1))),
            _ => Message::Accuse(Proof::Equivocation(one(2), one(3))),
        }
    }
}

impl Actor for Anything {
    fn say(&mut self, terms: &Terms, key: &Key, me: u8, to: u8, bytes: &[u8], numbers: &mut Numbers) -> Said {
        let as_it_should = (to, bytes.to_vec());
        if numbers.below(16) < self.honesty {
            return vec![as_it_should];
        }
        let others: Vec<u8> = terms.places().filter(|place| *place != me).collect();
        let other = others[numbers.below(others.len())];
        let altered = |numbers: &mut Numbers| {
            let message = Message::decode(bytes).unwrap();
            Self::alter(terms, key, me, message, numbers).encode().to_vec()
        };
        match numbers.below(8) {
            0 => vec![],
            1 => vec![as_it_should.clone(), as_it_should],
            2 => vec![(to, altered(numbers))],
            3 => vec![as_it_should, (other, altered(numbers))],
            4 => vec![(other, bytes.to_vec())],
            5 => {
                let mut junk = vec![0; numbers.below(300)];
                numbers.fill_bytes(&mut junk);
                vec![(to, junk), as_it_should]
            }
            6 => vec![(to, self.old[numbers.below(self.old.len())].clone())],
            _ => {
                let false_one = Self::accusation(terms, key, other, bytes).encode().to_vec();
                vec![(to, false_one), as_it_should]
            }
        }
    }
}
