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

/// Why a text is not a DON name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DonIdError {
    /// Longer than 31 bytes, the most clients accept.
    TooLong,
    /// Empty.
    Empty,
    /// Contains a character outside printable ASCII.
    NotAscii,
}

impl core::fmt::Display for DonIdError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::TooLong => "a DON name has at most 31 characters",
            Self::Empty => "a DON name is not empty",
            Self::NotAscii => "a DON name has only printable ASCII characters",
        })
    }
}

impl core::error::Error for DonIdError {}

impl DonId {
    /// The id of a DON name of 1 to 31 printable ASCII characters.
    ///
    /// # Errors
    /// [`DonIdError`] names the rule that is broken.
    pub fn from_name(name: &str) -> Result<Self, DonIdError> {
        if name.is_empty() {
            return Err(DonIdError::Empty);
        }
        if name.len() > 31 {
            return Err(DonIdError::TooLong);
        }
        if !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(DonIdError::NotAscii);
        }
        let mut id = B256::ZERO;
        id[..name.len()].copy_from_slice(name.as_bytes());
        Ok(Self(id))
    }

    /// The name, when the id is one.
    pub fn name(&self) -> Option<&str> {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(32);
        let (name, padding) = self.0.split_at(end);
        let is_name = !name.is_empty()
            && name.iter().all(u8::is_ascii_graphic)
            && padding.iter().all(|byte| *byte == 0);
        is_name.then(|| core::str::from_utf8(name).ok()).flatten()
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
        let id = DonId::from_name("fun-local-1").unwrap();
        assert_eq!(id.name(), Some("fun-local-1"));
        assert_eq!(id.0[11..], [0; 21]);
    }

    #[test]
    fn don_id_fails_when_the_name_is_no_name() {
        assert_eq!(DonId::from_name(""), Err(DonIdError::Empty));
        assert_eq!(DonId::from_name(&"x".repeat(32)), Err(DonIdError::TooLong));
        assert_eq!(DonId::from_name("a b"), Err(DonIdError::NotAscii));
        assert_eq!(DonId(B256::repeat_byte(7)).name(), None);
    }
}
