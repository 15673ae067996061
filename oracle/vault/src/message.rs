//! What members say to each other about rows and shares.
//!
//! The first byte is 1, which no message of the agreement protocol begins with, the second says what follows:
//!
//! | byte | message | fields |
//! | --- | --- | --- |
//! | 1 | digests of all shards | 16 times 32 bytes |
//! | 2 | rows of a shard | shard (1), after which key (1, then 33), number (2), keys and ids (65 each), no more (1) |
//! | 3 | wants rows | number (2), keys (33 each) |
//! | 4 | a row | key (33), expiration (8), signature (65), length (4), content |
//! | 5 | has no such row | key (33) |
//! | 6 | a decryption share | request (32), commitment (32), SHA-256 of the ciphertext (32), length (4), share |
//! | 7 | an owner's message, handed on by a gateway | number (8), length (4), bytes |
//! | 8 | a member's answer to it | number (8), length (4), bytes |

use crate::{
    Key, Row,
    codec::{Reader, put},
    limits::{MAX_ENTRIES, SHARDS},
    row::Entry,
};

/// Most bytes of a message.
pub const MAX_MESSAGE_BYTES: usize = 160 * 1024;
/// The first byte.
const MARK: u8 = 1;

/// What a decryption share is towards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShareOf {
    /// The request's id.
    pub request: [u8; 32],
    /// The hash of its commitment.
    pub commitment: [u8; 32],
    /// SHA-256 of the encrypted secrets; zeros where the member could not get any.
    pub ciphertext: [u8; 32],
}

impl ShareOf {
    /// Whether both are towards the same request.
    pub fn is_of_request(&self, other: &Self) -> bool {
        self.request == other.request && self.commitment == other.commitment
    }

    /// Whether there is a ciphertext at all.
    pub fn is_of_ciphertext(&self) -> bool {
        self.ciphertext != [0; 32]
    }
}

/// See the module's documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// What the sender's rows come to, shard by shard.
    Digests(Box<[[u8; 32]; SHARDS]>),
    /// Rows that the sender has in a shard.
    Summary {
        /// The shard.
        shard: u8,
        /// They are those after this key.
        after: Option<Key>,
        /// At most [`MAX_ENTRIES`], in order.
        entries: Vec<Entry>,
        /// Whether there are no more.
        is_last: bool,
    },
    /// Asks for rows, at most [`MAX_ENTRIES`].
    Want(Vec<Key>),
    /// A row.
    Row(Box<Row>),
    /// The sender was asked for a row that it does not have.
    Lacks(Key),
    /// The sender's share.
    Share {
        /// Towards what.
        of: ShareOf,
        /// As [`functions_tdh2::DecryptionShare`] is read.
        share: Vec<u8>,
    },
    /// An owner's message, as it came to the sender's gateway.
    Ask {
        /// The sender's number for it.
        number: u64,
        /// The message.
        bytes: Vec<u8>,
    },
    /// The sender's answer to what the receiver's gateway asked.
    Answer {
        /// The receiver's number for it.
        number: u64,
        /// The answer.
        bytes: Vec<u8>,
    },
}

impl Message {
    /// Whether bytes are of this kind at all, or of another protocol's.
    pub fn is_marked(bytes: &[u8]) -> bool {
        bytes.first() == Some(&MARK)
    }

    /// The bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut to = vec![MARK, self.number()];
        match self {
            Self::Digests(digests) => digests.iter().for_each(|digest| to.extend(digest)),
            Self::Summary { shard, after, entries, is_last } => {
                to.push(*shard);
                to.push(u8::from(after.is_some()));
                if let Some(after) = after {
                    after.write(&mut to);
                }
                count(&mut to, entries.len());
                for entry in entries.iter().take(MAX_ENTRIES) {
                    entry.key.write(&mut to);
                    to.extend(entry.id);
                }
                to.push(u8::from(*is_last));
            }
            Self::Want(keys) => {
                count(&mut to, keys.len());
                keys.iter().take(MAX_ENTRIES).for_each(|key| key.write(&mut to));
            }
            Self::Row(row) => row.write(&mut to),
            Self::Lacks(key) => key.write(&mut to),
            Self::Share { of, share } => {
                to.extend(of.request);
                to.extend(of.commitment);
                to.extend(of.ciphertext);
                put(&mut to, share);
            }
            Self::Ask { number, bytes } | Self::Answer { number, bytes } => {
                to.extend(number.to_be_bytes());
                put(&mut to, bytes);
            }
        }
        to
    }

    /// Reads a message; `None` when the bytes are none, or more than [`MAX_MESSAGE_BYTES`].
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_MESSAGE_BYTES {
            return None;
        }
        let mut from = Reader(bytes);
        if from.byte()? != MARK {
            return None;
        }
        let message = match from.byte()? {
            1 => {
                let mut digests = Box::new([[0; 32]; SHARDS]);
                for digest in digests.iter_mut() {
                    *digest = from.array()?;
                }
                Self::Digests(digests)
            }
            2 => {
                let shard = from.byte().filter(|shard| usize::from(*shard) < SHARDS)?;
                let after = if flag(&mut from)? { Some(Key::read(&mut from)?) } else { None };
                let entries =
                    list(&mut from, |from| Some(Entry { key: Key::read(from)?, id: from.array()? }))?;
                Self::Summary { shard, after, entries, is_last: flag(&mut from)? }
            }
            3 => Self::Want(list(&mut from, Key::read)?),
            4 => Self::Row(Box::new(Row::read(&mut from)?)),
            5 => Self::Lacks(Key::read(&mut from)?),
            6 => {
                let (request, commitment, ciphertext) = (from.array()?, from.array()?, from.array()?);
                let of = ShareOf { request, commitment, ciphertext };
                Self::Share { of, share: from.bytes()?.to_vec() }
            }
            7 => Self::Ask { number: from.u64()?, bytes: from.bytes()?.to_vec() },
            8 => Self::Answer { number: from.u64()?, bytes: from.bytes()?.to_vec() },
            _ => return None,
        };
        from.end()?;
        Some(message)
    }

    const fn number(&self) -> u8 {
        match self {
            Self::Digests(_) => 1,
            Self::Summary { .. } => 2,
            Self::Want(_) => 3,
            Self::Row(_) => 4,
            Self::Lacks(_) => 5,
            Self::Share { .. } => 6,
            Self::Ask { .. } => 7,
            Self::Answer { .. } => 8,
        }
    }
}

fn count(to: &mut Vec<u8>, items: usize) {
    to.extend(u16::try_from(items.min(MAX_ENTRIES)).unwrap_or(u16::MAX).to_be_bytes());
}

fn flag(from: &mut Reader<'_>) -> Option<bool> {
    match from.byte()? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

fn list<T>(from: &mut Reader<'_>, mut item: impl FnMut(&mut Reader<'_>) -> Option<T>) -> Option<Vec<T>> {
    let number = usize::from(from.u16()?);
    if number > MAX_ENTRIES {
        return None;
    }
    (0..number).map(|_| item(from)).collect()
}
