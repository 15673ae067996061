//! What a script comes to on chain.

use oracle_frames::ScriptAnswer;

/// How a script ended, in bytes as they go on chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// What the script returned.
    Result(Vec<u8>),
    /// UTF-8 text of what went wrong in the script.
    UserError(Vec<u8>),
}

impl From<ScriptAnswer> for RunOutcome {
    fn from(answer: ScriptAnswer) -> Self {
        match answer {
            ScriptAnswer::Result(bytes) => Self::Result(bytes),
            ScriptAnswer::Error(bytes) => Self::UserError(bytes),
        }
    }
}
