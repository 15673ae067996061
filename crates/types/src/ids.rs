//! Identifiers as the wire knows them.

use alloy_primitives::B256;

/// A subscription: starts at 1, counts up, is never reused; 0 names none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriptionId(pub u64);

/// A request: the keccak of [`crate::RequestIdPreimage`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub B256);

/// A DON: its ASCII name, left-aligned in 32 bytes and padded with zeros. It is also the name of the Coordinator's
/// route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DonId(pub B256);

/// Why a text is no DON id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DonIdError {
    /// A name longer than 31 bytes, the most clients accept.
    TooLong,
    /// Empty.
    Empty,
    /// A name with a character outside printable ASCII.
    NotAscii,
    /// Something other than 64 hexadecimal digits after `0x`.
    NotHex,
}

impl core::fmt::Display for DonIdError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::TooLong => {
                "a DON's name has at most 31 ASCII characters; other ids are 0x and 64 hex digits"
            }
            Self::Empty => "a DON's name is not empty",
            Self::NotAscii => {
                "a DON's name has printable ASCII characters only; other ids are 0x and 64 hex digits"
            }
            Self::NotHex => "what begins with 0x is a DON id of 64 hex digits, not a name",
        })
    }
}

impl core::error::Error for DonIdError {}

impl DonId {
    /// Longest name, in bytes.
    const MAX_NAME: usize = 31;

    /// The id a text means: a name of 1 to 31 printable ASCII characters, or `0x` and 64 hexadecimal digits. What
    /// [`Display`](core::fmt::Display) writes is read as the same id.
    ///
    /// # Errors
    /// [`DonIdError`] names the rule that is broken.
    pub fn parse(text: &str) -> Result<Self, DonIdError> {
        if text.starts_with("0x") {
            return text.parse().map(Self).map_err(|_| DonIdError::NotHex);
        }
        if text.is_empty() {
            return Err(DonIdError::Empty);
        }
        if text.len() > Self::MAX_NAME {
            return Err(DonIdError::TooLong);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(DonIdError::NotAscii);
        }
        let mut id = B256::ZERO;
        id[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self(id))
    }

    /// The name, when the id is one.
    pub fn name(&self) -> Option<&str> {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(32);
        let name = core::str::from_utf8(&self.0[..end]).ok()?;
        (!name.starts_with("0x") && Self::parse(name) == Ok(*self)).then_some(name)
    }
}

impl core::fmt::Display for RequestId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(&self.0, f)
    }
}

impl core::fmt::Display for SubscriptionId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(&self.0, f)
    }
}

impl core::fmt::Display for DonId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => core::fmt::Display::fmt(&self.0, f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn don_id_round_trips_its_name() {
        let id = DonId::parse("fun-local-1").unwrap();
        assert_eq!(id.name(), Some("fun-local-1"));
        assert_eq!(id.0[11..], [0; 21]);
    }

    #[test]
    fn don_id_fails_when_the_name_is_no_name() {
        assert_eq!(DonId::parse(""), Err(DonIdError::Empty));
        assert_eq!(DonId::parse(&"x".repeat(32)), Err(DonIdError::TooLong));
        assert_eq!(DonId::parse("a b"), Err(DonIdError::NotAscii));
        assert_eq!(DonId::parse("0x12"), Err(DonIdError::NotHex));
        assert_eq!(DonId::parse(&"0x".repeat(33)), Err(DonIdError::NotHex));
        assert_eq!(DonId(B256::repeat_byte(7)).name(), None);
    }

    #[test]
    fn don_id_is_read_as_it_is_written() {
        let named = DonId::parse("fun-local-1").unwrap();
        let like_digits = DonId(B256::right_padding_from(b"0x12"));
        let full = DonId(B256::repeat_byte(b'a'));
        let gap = DonId(B256::right_padding_from(b"a\0b"));
        for id in [named, like_digits, full, gap, DonId(B256::ZERO), DonId(B256::repeat_byte(0xff))] {
            assert_eq!(DonId::parse(&alloc::format!("{id}")), Ok(id), "{id}");
        }
        assert_eq!(DonId::parse(&alloc::format!("{:?}", named.0)), Ok(named));
    }
}
