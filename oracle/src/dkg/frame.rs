//! What members that make keys say to each other.
//!
//! `00 "keys" 01 || id (32) || kind (1) || rest`: the id tells one making of keys from all others. A protocol message
//! is protobuf, which has no field 0, so neither is taken for the other.
//!
//! | kind | says | rest |
//! | --- | --- | --- |
//! | 0 | that the sender takes part | nothing |
//! | 1 | something of a ceremony | which one (1), its message |
//! | 2 | what came out | transcript (32) |
//! | 3 | that the sender needs nothing more | nothing |

use alloy::primitives::B256;

const MARK: [u8; 6] = *b"\0keys\x01";

/// What a frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content<'a> {
    Hello,
    Ceremony(&'a [u8]),
    Transcript(B256),
    Ended,
}

/// Whether bytes of a peer are of one that makes keys.
#[must_use]
pub fn is_frame(bytes: &[u8]) -> bool {
    bytes.starts_with(&MARK)
}

/// The making that it belongs to, and what it says.
pub(crate) fn decode(bytes: &[u8]) -> Option<(B256, Content<'_>)> {
    let (id, rest) = bytes.strip_prefix(&MARK)?.split_first_chunk::<32>()?;
    let content = match rest.split_first()? {
        (0, []) => Content::Hello,
        (1, message) => Content::Ceremony(message),
        (2, transcript) => Content::Transcript(<[u8; 32]>::try_from(transcript).ok()?.into()),
        (3, []) => Content::Ended,
        _ => return None,
    };
    Some((id.into(), content))
}

pub(crate) fn encode(id: B256, content: Content<'_>) -> Vec<u8> {
    let (kind, rest) = match &content {
        Content::Hello => (0, [].as_slice()),
        Content::Ceremony(message) => (1, *message),
        Content::Transcript(transcript) => (2, transcript.as_slice()),
        Content::Ended => (3, [].as_slice()),
    };
    [MARK.as_slice(), id.as_slice(), &[kind], rest].concat()
}
