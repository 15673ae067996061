//! What is wrong with bytes that do not decode.

/// Bytes that are not what they should be. It names the field, never its content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// More bytes than may be read.
    #[error("{what} has {bytes} bytes: at most {limit} are allowed")]
    TooLong {
        /// Of what.
        what: &'static str,
        /// How many there are.
        bytes: usize,
        /// How many may be.
        limit: usize,
    },
    /// Another form or another range.
    #[error("{what} is not {wanted}")]
    Not {
        /// Which field, or the whole.
        what: &'static str,
        /// What it should be.
        wanted: &'static str,
    },
    /// No account made the signature.
    #[error("the signature is of nobody: sign the message again")]
    Signature,
}

impl Malformed {
    /// Checks that `bytes` of `what` are no more than `limit`.
    pub(crate) fn bound(what: &'static str, bytes: usize, limit: usize) -> Result<(), Self> {
        if bytes > limit { Err(Self::TooLong { what, bytes, limit }) } else { Ok(()) }
    }
}
