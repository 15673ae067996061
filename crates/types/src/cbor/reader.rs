//! A cursor over CBOR items: bounded in depth, never allocating more than the input is long.

use alloc::vec::Vec;

use super::error::DecodeError;

/// Deepest nesting of arrays, maps and tags inside a skipped value.
const MAX_DEPTH: u8 = 32;

/// Head of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Major type, 0 to 7.
    pub(super) major: u8,
    /// The argument; `None` means indefinite length (or "break" for major type 7).
    pub(super) argument: Option<u64>,
}

#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { rest: data }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Takes the "break" byte if it comes next.
    pub(super) fn take_break(&mut self) -> bool {
        let found = self.peek() == Some(0xff);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    pub(super) fn head(&mut self) -> Result<Head, DecodeError> {
        let initial = self.take(1)?[0];
        let (major, info) = (initial >> 5, initial & 31);
        let argument = match info {
            0..24 => Some(info.into()),
            24..28 => {
                let bytes = self.take(1 << (info - 24))?;
                Some(bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
            }
            31 if matches!(major, 2..=5 | 7) => None,
            _ => return Err(DecodeError::Malformed),
        };
        if info == 24 && major == 7 && argument < Some(32) {
            return Err(DecodeError::Malformed); // simple values below 32 have one form only
        }
        Ok(Head { major, argument })
    }

    /// The content of a byte string (major 2) or text (major 3) whose head is read; chunks are joined.
    pub(super) fn string(&mut self, head: Head) -> Result<Vec<u8>, DecodeError> {
        if let Some(len) = head.argument {
            return Ok(self.take_long(len)?.to_vec());
        }
        let mut joined = Vec::new();
        while !self.take_break() {
            let chunk = self.head()?;
            let len = chunk.argument.filter(|_| chunk.major == head.major).ok_or(DecodeError::Malformed)?;
            let chunk = self.take_long(len)?;
            if head.major == 3 && core::str::from_utf8(chunk).is_err() {
                return Err(DecodeError::Malformed);
            }
            joined.extend_from_slice(chunk);
        }
        Ok(joined)
    }

    /// Passes over one value of any type; it must be well formed.
    pub(super) fn skip(&mut self, depth: u8) -> Result<(), DecodeError> {
        let head = self.head()?;
        self.skip_body(head, depth)
    }

    /// Passes over the body of a value whose head is read.
    pub(super) fn skip_body(&mut self, head: Head, depth: u8) -> Result<(), DecodeError> {
        if depth >= MAX_DEPTH {
            return Err(DecodeError::TooDeep);
        }
        match (head.major, head.argument) {
            (0 | 1, _) | (7, Some(_)) => Ok(()),
            (2 | 3, _) => {
                let content = self.string(head)?;
                if head.major == 3 && core::str::from_utf8(&content).is_err() {
                    return Err(DecodeError::Malformed);
                }
                Ok(())
            }
            (4 | 5, Some(count)) => {
                let items =
                    if head.major == 5 { count.checked_mul(2).ok_or(DecodeError::Malformed)? } else { count };
                for _ in 0..items {
                    self.skip(depth + 1)?; // ends at the latest with the input
                }
                Ok(())
            }
            (4 | 5, None) => {
                while !self.take_break() {
                    self.skip(depth + 1)?;
                    if head.major == 5 {
                        self.skip(depth + 1)?;
                    }
                }
                Ok(())
            }
            (6, _) => self.skip(depth + 1),
            _ => Err(DecodeError::Malformed), // a break outside an indefinite item
        }
    }

    fn take_long(&mut self, len: u64) -> Result<&'a [u8], DecodeError> {
        self.take(usize::try_from(len).map_err(|_| DecodeError::Malformed)?)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(DecodeError::Malformed)?;
        self.rest = rest;
        Ok(taken)
    }
}
