//! Where a request stands, and the order of the states.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a request stands.
///
/// SEEN, EXECUTING, OBSERVED, LOCKED, REPORTED, SUBMITTED, INCLUDED and FINAL follow each other; a state may be
/// skipped when peers are ahead. Backward: any state to ORPHANED when the event's block left the chain, INCLUDED or
/// SUBMITTED to REPORTED when the response left the chain or the entry was not processed, ORPHANED to SEEN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// The event is known.
    Seen,
    /// The script runs.
    Executing,
    /// Our observation is durable.
    Observed,
    /// A quorum observed the same; we are locked on it.
    Locked,
    /// A report with a quorum of signatures exists.
    Reported,
    /// A transaction of ours carries it.
    Submitted,
    /// The chain shows the response.
    Included,
    /// The response's block is final.
    Final,
    /// Refused by local policy before execution.
    Refused,
    /// Its time ran out on chain.
    Expired,
    /// The chain will not accept it: cost or commitment.
    Undeliverable,
    /// Its block left the chain.
    Orphaned,
}

impl State {
    /// All states, in the order of the enum.
    pub const ALL: [Self; 12] = [
        Self::Seen,
        Self::Executing,
        Self::Observed,
        Self::Locked,
        Self::Reported,
        Self::Submitted,
        Self::Included,
        Self::Final,
        Self::Refused,
        Self::Expired,
        Self::Undeliverable,
        Self::Orphaned,
    ];

    /// The name on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seen => "SEEN",
            Self::Executing => "EXECUTING",
            Self::Observed => "OBSERVED",
            Self::Locked => "LOCKED",
            Self::Reported => "REPORTED",
            Self::Submitted => "SUBMITTED",
            Self::Included => "INCLUDED",
            Self::Final => "FINAL",
            Self::Refused => "REFUSED",
            Self::Expired => "EXPIRED",
            Self::Undeliverable => "UNDELIVERABLE",
            Self::Orphaned => "ORPHANED",
        }
    }

    /// Whether nothing more is to be done for the request unless the chain takes something back.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        matches!(
            self,
            Self::Included
                | Self::Final
                | Self::Refused
                | Self::Expired
                | Self::Undeliverable
                | Self::Orphaned
        )
    }

    /// Whether `self` comes later than `other` on the way to FINAL.
    #[must_use]
    pub fn is_after(self, other: Self) -> bool {
        self <= Self::Final && other <= Self::Final && self > other
    }

    /// The state with this name.
    #[must_use]
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == text)
    }
}

impl fmt::Display for State {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
