//! What participants say, and the texts that they sign.
//!
//! The first byte tells the kind. What is signed begins with a name of its own and the session, so it counts nowhere
//! else.
//!
//! | byte | message | then |
//! | --- | --- | --- |
//! | 1 | announcement | an announcement |
//! | 2 | exchange | their number (1), announcements |
//! | 3 | echo | hash (32), signature (64) |
//! | 4 | certificate | hash (32), number (1), signatures (64 each) |
//! | 5 | deal | a deal |
//! | 6 | proof of two announcements | two announcements |
//! | 7 | proof of a bad announcement | an announcement |
//! | 8 | proof of a bad deal | a deal |
//!
//! An announcement: place (1), signature (64), length (4), body. A deal: place from (1), place to (1), hash (32),
//! signature (64), length (4), body.

use functions_types::members::MAX_MEMBERS;
use zeroize::Zeroizing;

use crate::codec::{Reader, put};

/// Most bytes of an announcement's body: a commitment to 31 coefficients and a proof.
const MAX_BODY: usize = MAX_MEMBERS * 33 + 65;
/// Most bytes of a deal's body.
const MAX_DEAL: usize = 32;
/// Most bytes of a message: all announcements.
pub const MAX_MESSAGE_BYTES: usize = 2 + MAX_MEMBERS * (1 + 64 + 4 + MAX_BODY);

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Announcement {
    pub(crate) from: u8,
    pub(crate) signature: [u8; 64],
    pub(crate) body: Vec<u8>,
}

#[derive(Clone)]
pub(crate) struct Deal {
    pub(crate) from: u8,
    pub(crate) to: u8,
    /// Of the announcements that it belongs to.
    pub(crate) hash: [u8; 32],
    pub(crate) signature: [u8; 64],
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// What shows everybody that somebody cheated.
#[derive(Clone)]
pub(crate) enum Proof {
    Equivocation(Announcement, Announcement),
    Announcement(Announcement),
    Deal(Deal),
}

pub(crate) enum Message {
    Announce(Announcement),
    Exchange(Vec<Announcement>),
    Echo { hash: [u8; 32], signature: [u8; 64] },
    Certificate { hash: [u8; 32], signatures: Vec<[u8; 64]> },
    Deal(Deal),
    Accuse(Proof),
}

impl Announcement {
    pub(crate) fn text(session: &[u8; 32], from: u8, body: &[u8]) -> Vec<u8> {
        [b"osa/ceremony/announcement/1".as_slice(), session, &[from], body].concat()
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { from: from.byte()?, signature: from.array()?, body: from.bytes(MAX_BODY)?.to_vec() })
    }

    fn write(&self, to: &mut Vec<u8>) {
        to.push(self.from);
        to.extend(self.signature);
        put(to, &self.body);
    }
}

impl Deal {
    pub(crate) fn text(
        session: &[u8; 32],
        from: u8,
        to: u8,
        hash: &[u8; 32],
        body: &[u8],
    ) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([b"osa/ceremony/deal/1".as_slice(), session, &[from, to], hash, body].concat())
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            from: from.byte()?,
            to: from.byte()?,
            hash: from.array()?,
            signature: from.array()?,
            body: Zeroizing::new(from.bytes(MAX_DEAL)?.to_vec()),
        })
    }

    fn write(&self, to: &mut Vec<u8>) {
        to.extend([self.from, self.to]);
        to.extend(self.hash);
        to.extend(self.signature);
        put(to, &self.body);
    }
}

/// What an echo signs.
pub(crate) fn echo_text(session: &[u8; 32], from: u8, hash: &[u8; 32]) -> Vec<u8> {
    [b"osa/ceremony/echo/1".as_slice(), session, &[from], hash].concat()
}

impl Message {
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_MESSAGE_BYTES {
            return None;
        }
        let mut from = Reader(bytes);
        let message = match from.byte()? {
            1 => Self::Announce(Announcement::read(&mut from)?),
            2 => {
                let count = usize::from(from.byte()?);
                let list = (0..count.min(MAX_MEMBERS)).map(|_| Announcement::read(&mut from));
                Self::Exchange(list.collect::<Option<_>>()?)
            }
            3 => Self::Echo { hash: from.array()?, signature: from.array()? },
            4 => {
                let hash = from.array()?;
                let signatures = (0..from.byte()?).map(|_| from.array()).collect::<Option<_>>()?;
                Self::Certificate { hash, signatures }
            }
            5 => Self::Deal(Deal::read(&mut from)?),
            6 => {
                let first = Announcement::read(&mut from)?;
                Self::Accuse(Proof::Equivocation(first, Announcement::read(&mut from)?))
            }
            7 => Self::Accuse(Proof::Announcement(Announcement::read(&mut from)?)),
            8 => Self::Accuse(Proof::Deal(Deal::read(&mut from)?)),
            _ => return None,
        };
        from.end()?;
        Some(message)
    }

    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        // A deal fits: it never moves, so no copy of a secret is left behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(256));
        let to = &mut *bytes;
        match self {
            Self::Announce(one) => {
                to.push(1);
                one.write(to);
            }
            Self::Exchange(list) => {
                to.extend([2, u8::try_from(list.len()).unwrap_or(u8::MAX)]);
                list.iter().for_each(|one| one.write(to));
            }
            Self::Echo { hash, signature } => {
                to.push(3);
                to.extend(hash);
                to.extend(signature);
            }
            Self::Certificate { hash, signatures } => {
                to.push(4);
                to.extend(hash);
                to.push(u8::try_from(signatures.len()).unwrap_or(u8::MAX));
                to.extend(signatures.as_flattened());
            }
            Self::Deal(deal) => {
                to.push(5);
                deal.write(to);
            }
            Self::Accuse(Proof::Equivocation(first, second)) => {
                to.push(6);
                first.write(to);
                second.write(to);
            }
            Self::Accuse(Proof::Announcement(one)) => {
                to.push(7);
                one.write(to);
            }
            Self::Accuse(Proof::Deal(deal)) => {
                to.push(8);
                deal.write(to);
            }
        }
        bytes
    }
}
