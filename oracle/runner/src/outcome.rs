//! What a script comes to on chain.

use oracle_frames::Outcome;

/// How a script ended, in bytes as they go on chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// What the script returned.
    Result(Vec<u8>),
    /// UTF-8 text of what went wrong in the script.
    UserError(Vec<u8>),
}

impl From<Outcome> for RunOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Result(bytes) => Self::Result(bytes),
            Outcome::Error(bytes) => Self::UserError(bytes),
        }
    }
}
