//! Why a program cannot be activated, read or run.

/// A code or a module that the chain refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActivationError {
    /// The account's code does not carry a program prefix.
    #[error("the code is not a program")]
    NotWasm,
    /// The compressed stream is broken, too long when decompressed, or its parts do not fit together.
    #[error("bad compression: {0}")]
    BadCompression(&'static str),
    /// The bytes are not a module of the accepted WebAssembly subset.
    #[error("invalid module: {0}")]
    Invalid(String),
    /// The module is valid WebAssembly, and breaks a rule of the chain.
    #[error("refused module: {0}")]
    Refused(String),
}

impl From<wasmparser::Error> for ActivationError {
    fn from(error: wasmparser::Error) -> Self {
        Self::Invalid(error.to_string())
    }
}

pub(crate) fn refused<T>(why: impl Into<String>) -> Result<T, ActivationError> {
    Err(ActivationError::Refused(why.into()))
}
