//! The CBOR request: what a consumer sends and every node decodes.
//!
//! Two encoders exist in the world. The Solidity library writes *bare pairs* (no map head, enums as 32-byte bignums,
//! arrays of indefinite length, key `language`); the JavaScript toolkit writes a *canonical map* (key `codeLanguage`).
//! The decoder takes both, the encoder writes either.
//!
//! Own code and not a general CBOR library, because bare pairs are not CBOR, the decoder must be bounded, and the
//! encoder runs inside contracts.
//!
//! Upstream: `FunctionsRequest.sol` 1.3.0, functions-toolkit 0.3.2 `buildRequestCBOR`.

mod decode;
mod encode;
mod error;
mod reader;
#[cfg(test)]
mod tests;

use alloc::{string::String, vec::Vec};

pub use encode::{EmptyArrays, Framing};
pub use error::DecodeError;

/// Where a part of the request (source or secrets) is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Location {
    /// In the request itself; for secrets it means "none".
    #[default]
    Inline = 0,
    /// At URLs.
    Remote = 1,
    /// Hosted by the DON.
    DonHosted = 2,
}

impl Location {
    /// The location of a wire code.
    pub const fn from_code(code: u64) -> Option<Self> {
        Some(match code {
            0 => Self::Inline,
            1 => Self::Remote,
            2 => Self::DonHosted,
            _ => return None,
        })
    }
}

/// A decoded request. The language is always JavaScript (code 0); the decoder refuses others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionsRequest {
    /// Where the source is.
    pub code_location: Location,
    /// The JavaScript, or a reference to it.
    pub source: String,
    /// Text arguments.
    pub args: Vec<String>,
    /// Byte arguments.
    pub bytes_args: Vec<Vec<u8>>,
    /// Where the secrets are.
    pub secrets_location: Location,
    /// Encrypted reference to the secrets: empty when there are none.
    pub secrets: Vec<u8>,
}

/// A reference to secrets the DON hosts: the value of `secrets` when their location is [`Location::DonHosted`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DonHostedSecrets {
    /// The slot of the subscription owner.
    pub slot_id: u64,
    /// The exact version stored in it.
    pub version: u64,
}

/// Error text a node puts on chain when a request does not decode.
pub const DECODE_ERROR_TEXT: &str = "CBOR parsing error";
