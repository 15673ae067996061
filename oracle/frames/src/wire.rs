//! Header, limits and the primitives every payload is made of.

/// The version byte every message starts with.
pub const VERSION: u8 = 2;
/// Bytes of a session header: version, kind, payload length.
pub const HEADER_LEN: usize = 6;
/// Longest control datagram, in bytes.
pub const CONTROL_MAX: usize = 4096;

/// Why a message was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The version byte is not ours: runner and sandbox come from different builds.
    #[error("message of version {0}, expected {VERSION}")]
    Version(u8),
    /// No message of this kind travels in this direction.
    #[error("message of unknown kind {0}")]
    Kind(u8),
    /// The payload is longer than its kind allows.
    #[error("message of {len} bytes exceeds the {max} allowed for kind {kind}")]
    TooLong {
        /// Kind byte.
        kind: u8,
        /// Announced or actual payload length, in bytes.
        len: usize,
        /// Allowed payload length, in bytes.
        max: usize,
    },
    /// The payload ends before its last field.
    #[error("message ends early")]
    Truncated,
    /// Bytes follow the last field.
    #[error("message has {0} bytes too many")]
    Trailing(usize),
    /// A text is not UTF-8.
    #[error("text is not UTF-8")]
    Utf8,
    /// A field holds a value that has no meaning.
    #[error("field {0} holds an undefined value")]
    Value(&'static str),
}

/// Which end of the session socket sent a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The runner, to the child.
    Runner,
    /// The child, to the runner.
    Child,
}

pub(crate) const START: u8 = 1;
pub(crate) const HTTP_RESPONSE: u8 = 2;
pub(crate) const HTTP_REPLAY: u8 = 3;
pub(crate) const MODULE: u8 = 4;
pub(crate) const HTTP_REQUEST: u8 = 17;
pub(crate) const HTTP_ABORT: u8 = 18;
pub(crate) const CONSOLE: u8 = 19;
pub(crate) const DONE: u8 = 20;
pub(crate) const HTTP_DELIVERED: u8 = 21;
pub(crate) const IMPORT: u8 = 22;

/// Longest payload of a kind, or `None` where the kind does not travel in that direction.
pub(crate) const fn max_payload(side: Side, kind: u8) -> Option<usize> {
    match (side, kind) {
        (Side::Runner, START) => Some(4 << 20),
        (Side::Runner, HTTP_RESPONSE | HTTP_REPLAY | MODULE) => Some(65 << 20),
        (Side::Child, HTTP_REQUEST) => Some(1 << 20),
        (Side::Child, HTTP_ABORT) => Some(4),
        (Side::Child, HTTP_DELIVERED) => Some(8),
        (Side::Child, IMPORT) => Some(16 << 10),
        (Side::Child, CONSOLE) => Some(256 << 10),
        (Side::Child, DONE) => Some(256 << 10),
        _ => None,
    }
}

/// A session header that passed its checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Kind byte.
    pub kind: u8,
    /// Payload length, in bytes; at most what the kind allows.
    pub len: usize,
}

impl Header {
    /// Reads a header sent by `side`.
    ///
    /// # Errors
    /// [`FrameError`] where version, kind or length is not acceptable.
    pub fn parse(bytes: [u8; HEADER_LEN], side: Side) -> Result<Self, FrameError> {
        let [version, kind, a, b, c, d] = bytes;
        if version != VERSION {
            return Err(FrameError::Version(version));
        }
        let max = max_payload(side, kind).ok_or(FrameError::Kind(kind))?;
        let len = u32::from_le_bytes([a, b, c, d]) as usize;
        if len > max {
            return Err(FrameError::TooLong { kind, len, max });
        }
        Ok(Self { kind, len })
    }
}

/// Puts the header in front of a payload.
pub(crate) fn seal(side: Side, kind: u8, payload: Writer) -> Result<Vec<u8>, FrameError> {
    let max = max_payload(side, kind).ok_or(FrameError::Kind(kind))?;
    let mut bytes = payload.0;
    let len = bytes.len() - HEADER_LEN;
    if len > max {
        return Err(FrameError::TooLong { kind, len, max });
    }
    let len32 = u32::try_from(len).map_err(|_| FrameError::TooLong { kind, len, max })?;
    bytes[0] = VERSION;
    bytes[1] = kind;
    bytes[2..HEADER_LEN].copy_from_slice(&len32.to_le_bytes());
    Ok(bytes)
}

/// Appends fields.
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    /// A writer that leaves room for a session header.
    pub(crate) fn session() -> Self {
        Self(vec![0; HEADER_LEN])
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// A length or count. What does not fit in 32 bits does not fit in any message either: the
    /// saturated value makes the length check of [`seal`] fail on the content that follows.
    pub(crate) fn len(&mut self, value: usize) {
        self.u32(u32::try_from(value).unwrap_or(u32::MAX));
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) {
        self.len(value.len());
        self.0.extend_from_slice(value);
    }

    pub(crate) fn text(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }
}

/// Takes fields off the front.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], FrameError> {
        let (head, tail) = self.0.split_at_checked(len).ok_or(FrameError::Truncated)?;
        self.0 = tail;
        Ok(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], FrameError> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, FrameError> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn flag(&mut self, field: &'static str) -> Result<bool, FrameError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(FrameError::Value(field)),
        }
    }

    pub(crate) fn u32(&mut self) -> Result<u32, FrameError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, FrameError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(crate) fn size(&mut self, field: &'static str) -> Result<usize, FrameError> {
        usize::try_from(self.u64()?).map_err(|_| FrameError::Value(field))
    }

    pub(crate) fn bytes(&mut self) -> Result<Vec<u8>, FrameError> {
        let len = self.u32()? as usize;
        Ok(self.take(len)?.to_vec())
    }

    pub(crate) fn text(&mut self) -> Result<String, FrameError> {
        String::from_utf8(self.bytes()?).map_err(|_| FrameError::Utf8)
    }

    /// A list. Every item takes at least four bytes, so the count is bounded by what is left.
    pub(crate) fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, FrameError>,
    ) -> Result<Vec<T>, FrameError> {
        let count = self.u32()? as usize;
        if count > self.0.len() / 4 {
            return Err(FrameError::Truncated);
        }
        let mut out = Vec::with_capacity(count.min(64));
        for _ in 0..count {
            out.push(item(self)?);
        }
        Ok(out)
    }

    pub(crate) fn end(self) -> Result<(), FrameError> {
        if self.0.is_empty() { Ok(()) } else { Err(FrameError::Trailing(self.0.len())) }
    }
}
