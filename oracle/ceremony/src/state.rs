//! A participant's state, for a disk: the seed and what was heard, from which all else follows.
//!
//! `1 || session (32) || place (1) || seed (32)`, then for each thing heard: the sender's place (255 when the time was
//! up), a length (4), the bytes.

use functions_tdh2::PrivateShare;
use zeroize::Zeroizing;

use crate::{
    Ceremony, Input, Signer, StartError, Terms,
    codec::{Reader, put},
    heard::EXPIRE,
    message::MAX_MESSAGE_BYTES,
};

/// Most bytes of a state: more is never heard.
pub const MAX_STATE_BYTES: usize = 4 << 20;
const VERSION: u8 = 1;
const HEAD: usize = 1 + 32 + 1 + 32;

/// Why a state is not taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// Damaged, or of another version of the program.
    #[error("the ceremony's state is damaged or of another version: repeat the ceremony as another attempt")]
    Malformed,
    /// Of another ceremony.
    #[error("the state is of another ceremony: its configuration, attempt or members differ")]
    Session,
    /// The participant cannot begin.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl<S: Signer> Ceremony<S> {
    /// All that is needed to go on: secret, to be encrypted by whoever stores it.
    pub fn state(&self) -> Zeroizing<Vec<u8>> {
        let length = self.heard.iter().fold(HEAD, |sum, heard| sum + 5 + heard.bytes.len());
        let mut bytes = Zeroizing::new(Vec::with_capacity(length));
        bytes.push(VERSION);
        bytes.extend(self.terms.session());
        bytes.push(self.me);
        bytes.extend(&*self.seed);
        for heard in &self.heard {
            bytes.push(heard.from);
            put(&mut bytes, &heard.bytes);
        }
        bytes
    }

    /// Goes on from a state. [`Ceremony::said`] is then what it was, to the byte, and to be said again.
    ///
    /// # Errors
    /// [`RestoreError`].
    pub fn restore(
        terms: Terms,
        signer: S,
        share: Option<&PrivateShare>,
        state: &[u8],
    ) -> Result<Self, RestoreError> {
        let (session, me, seed, heard) = read(state).ok_or(RestoreError::Malformed)?;
        if session != *terms.session() {
            return Err(RestoreError::Session);
        }
        let (mut ceremony, _) = Self::start(terms, me, signer, share, seed)?;
        for (from, bytes) in heard {
            ceremony.step(if from == EXPIRE { Input::Expire } else { Input::Message { from, bytes } });
        }
        Ok(ceremony)
    }
}

type Parts<'a> = ([u8; 32], u8, Zeroizing<[u8; 32]>, Vec<(u8, &'a [u8])>);

fn read(state: &[u8]) -> Option<Parts<'_>> {
    if state.len() > MAX_STATE_BYTES {
        return None;
    }
    let mut from = Reader(state);
    if from.byte()? != VERSION {
        return None;
    }
    let (session, me, seed) = (from.array()?, from.byte()?, Zeroizing::new(from.array()?));
    let mut heard = Vec::new();
    while from.end().is_none() {
        heard.push((from.byte()?, from.bytes(MAX_MESSAGE_BYTES)?));
    }
    Some((session, me, seed, heard))
}
