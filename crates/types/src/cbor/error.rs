//! Why bytes are no request, in words and as nodes answer it on chain.

use alloc::string::String;

/// Why bytes are not a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// More bytes than allowed; carries the limit.
    TooBig(usize),
    /// Not well-formed CBOR, or bytes behind the map.
    Malformed,
    /// A known key holds a value of another type, and none of those below.
    WrongType,
    /// The source is no text.
    Source,
    /// The text arguments are no array.
    Args,
    /// A text argument is no text.
    ArgsItem,
    /// The byte arguments are no array.
    BytesArgs,
    /// A byte argument is no byte string.
    BytesArgsItem,
    /// Nested too deeply.
    TooDeep,
    /// A location or language code nobody defines.
    Unsupported(u64),
}

impl core::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::TooBig(max) => write!(f, "request too big (max {max} bytes)"),
            Self::Malformed => f.write_str("not well-formed CBOR"),
            Self::WrongType => f.write_str("a field has the wrong type"),
            Self::Source => f.write_str("source param is missing or invalid"),
            Self::Args => f.write_str("args param not an array"),
            Self::ArgsItem => f.write_str("args param not a string array"),
            Self::BytesArgs => f.write_str("bytesArgs param not an array"),
            Self::BytesArgsItem => f.write_str("bytesArgs param contains invalid hex string"),
            Self::TooDeep => f.write_str("nested too deeply"),
            Self::Unsupported(code) => write!(f, "unsupported location or language code {code}"),
        }
    }
}

impl core::error::Error for DecodeError {}

impl DecodeError {
    /// The error text a node answers such a request with on chain.
    ///
    /// Upstream: the official node for size and CBOR; `simulateScript` of functions-toolkit 0.3.2 for the fields.
    pub fn on_chain(self) -> String {
        use alloc::string::ToString as _;
        match self {
            Self::Malformed | Self::WrongType | Self::TooDeep | Self::Unsupported(_) => {
                String::from(super::DECODE_ERROR_TEXT)
            }
            _ => self.to_string(),
        }
    }
}
