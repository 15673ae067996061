//! Why keys are not available.

use std::{io, path::PathBuf};

use alloy::primitives::Address;

/// Why a keystore could not be made or opened. The operator must act, except for [`KeyError::Random`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no such file.
    #[error("there is no keystore at {path}; `functions-node keygen` creates one")]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A keystore is never overwritten.
    #[error("{path} exists already and is not overwritten")]
    Exists {
        /// The file in the way.
        path: PathBuf,
    },
    /// The password does not open the file, or the file was changed.
    #[error("the password does not open {path}, or the file was changed")]
    WrongPassword {
        /// The keystore.
        path: PathBuf,
    },
    /// A password is required.
    #[error(
        "the keystore password is empty; write one into its file, best by chance: `openssl rand -base64 24`"
    )]
    EmptyPassword,
    /// A new file is not encrypted with a password that is quickly guessed.
    #[error(
        "the password is too weak ({0}); take {min} characters or more of at least {kinds} kinds, best by chance: `openssl rand -base64 24`",
        min = crate::MIN_PASSWORD_CHARACTERS,
        kinds = crate::MIN_DIFFERENT_CHARACTERS
    )]
    WeakPassword(&'static str),
    /// The file is no keystore of this version.
    #[error("{path} is not a keystore: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file has no key of an account that could be taken from it.
    #[error("{path} holds no key that can be taken: {reason}")]
    NoKey {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Others may read the file.
    #[error("{path} can be read by others (mode {mode:03o}); run `chmod 600` on it")]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file system refused.
    #[error("cannot {action} {path}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// So many earlier transmitters are kept already.
    #[error("the keystore keeps {max} earlier transmitters; move their funds and drop some first", max = crate::MAX_EARLIER)]
    TooMany,
    /// So many generations of keys for secrets are kept already.
    #[error("the keystore keeps {max} generations of keys for secrets: drop the oldest with `functions-node keys drop-secrets` once no stored secret needs it", max = crate::MAX_GENERATIONS)]
    TooManyGenerations,
    /// The ceremonies have no outcome.
    #[error("the keys for secrets are not made yet")]
    Unfinished,
    /// A newer program wrote the file.
    #[error(
        "{path} is a keystore of version {version}, this program reads 1 and 2: use the program that wrote it, or a newer one"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u64,
    },
    /// The key is in the keystore already.
    #[error("the key of {0} is in the keystore already")]
    Known(Address),
    /// The key is not in the keystore.
    #[error("the keystore has no key of {0}")]
    Unknown(Address),
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random bytes")]
    Random,
}
