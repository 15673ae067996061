//! The words of a delivery: what it is told, what it asks for.

use std::time::Duration;

use alloy::primitives::{B256, U256};
use tokio::time::Instant;

use crate::{
    chain::Reach,
    journal::TransmissionState,
    transmit::{gate::Simulated, mined::Mined, report::TransmitNote},
};

/// What does not change during a delivery.
#[derive(Clone, Copy, Debug)]
pub(in crate::transmit) struct Terms {
    pub(in crate::transmit) request_id: B256,
    /// This node's place in the request's order; 0 sends first.
    pub(in crate::transmit) stage: u64,
    pub(in crate::transmit) delta_stage: Duration,
    /// Pause between two looks at the chain.
    pub(in crate::transmit) poll_interval: Duration,
    /// The commitment's timeout, unix seconds.
    pub(in crate::transmit) timeout_timestamp: u64,
}

impl Terms {
    /// How long a transaction may wait for a block before its price is raised.
    pub(super) fn stuck_after(&self) -> Duration {
        self.delta_stage.saturating_mul(4).max(Duration::from_secs(8))
    }
}

/// When something was seen.
#[derive(Clone, Copy, Debug)]
pub(in crate::transmit) struct Moment {
    pub(in crate::transmit) at: Instant,
    pub(in crate::transmit) unix_ms: u64,
    /// The own log view shows a response, or the request needs none any more.
    pub(in crate::transmit) answered: bool,
}

/// The transaction whose fate is open, as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::transmit) struct Standing {
    pub(in crate::transmit) attempt: u64,
    pub(in crate::transmit) stage: u64,
    /// The newest version's hash.
    pub(in crate::transmit) tx_hash: Option<B256>,
    /// Signed and stored; whether an endpoint took it is unknown.
    pub(in crate::transmit) is_prepared: bool,
    /// The newest version's offer.
    pub(in crate::transmit) max_fee_wei: u128,
    /// Unix milliseconds of the newest version.
    pub(in crate::transmit) sent_ms: u64,
}

/// What the gate's look at the newest block showed.
#[derive(Clone, Debug)]
pub(in crate::transmit) struct Look {
    /// Timestamp of the newest block, unix seconds.
    pub(in crate::transmit) chain_time: u64,
    pub(in crate::transmit) base_fee_wei: u128,
    /// The request's block is as deep as configured.
    pub(in crate::transmit) confirmed: bool,
    /// The gas limit it was simulated with.
    pub(in crate::transmit) gas_limit: u64,
    /// What the account must hold for the transaction to be taken.
    pub(in crate::transmit) need_wei: U256,
    pub(in crate::transmit) simulated: Simulated,
}

/// The answer to what was asked for last.
#[derive(Clone, Debug)]
pub(in crate::transmit) enum Seen {
    /// How many transactions of this report are stored, and the newest whose fate is open.
    Stored {
        attempts: u64,
        open: Option<Standing>,
    },
    /// When a node before this one last delivered an older report.
    Progress(Option<Instant>),
    /// Whether a transaction of a node before this one waits for a block.
    Pending(bool),
    /// The pause is over, or it was cut short by an answer.
    Woke,
    Looked(Look),
    /// Whether the account holds what is needed.
    Funds {
        enough: bool,
    },
    /// The transaction is stored in this form; an endpoint took it, or it is unknown whether one did.
    Stands(Standing),
    /// Every endpoint refused it for good; it is stored as dropped.
    Refused,
    Receipt(Option<Mined>),
    NonceUsed(bool),
    BaseFee(u128),
    /// The question could not be answered.
    Trouble,
}

/// What is done before the next question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::transmit) enum Effect {
    /// The open transaction ends so, durably.
    Settle(TransmissionState),
    /// For the engine.
    Note(TransmitNote),
    /// For the operator; `theirs` is what only they can mend.
    Waits { reason: String, theirs: bool },
}

/// The next question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::transmit) enum Next {
    /// What is stored about this report.
    Load,
    AskProgress,
    AskPending,
    /// A pause; `or_answered` ends it when the request is answered.
    Sleep {
        until: Instant,
        or_answered: bool,
    },
    /// A look at the newest block with a simulation, the gas limit raised so often. Until the next question nobody else
    /// of this node sends.
    Look {
        gas_raises: u32,
    },
    AskFunds {
        need_wei: U256,
    },
    /// A new transaction, signed and stored before it leaves.
    Send {
        attempt: u64,
        gas_limit: u64,
        max_fee_wei: u128,
    },
    /// The receipt of any version of the open transaction.
    AskReceipt(Reach),
    /// Whether the account's nonce went past the open transaction's.
    AskNonce,
    /// The stored bytes once more.
    Resend,
    AskBaseFee,
    /// The same nonce at a higher price, beside the stuck version.
    Bump {
        max_fee_wei: u128,
    },
    End,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::transmit) struct Step {
    pub(in crate::transmit) first: Vec<Effect>,
    pub(in crate::transmit) then: Next,
}
