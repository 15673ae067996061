//! What the lifecycle is told.

use alloy::primitives::{Address, B256};
use oracle_ocr::{Answer, Earlier, Observation, OracleIndex, ReadyReport, Record, RequestKey, View};

use super::RequestRow;
use crate::chain::{Position, SeenRequest};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Happening {
    /// The node starts: what its journal holds about requests of this coordinator that are not final, oldest first.
    Restored {
        /// The requests.
        stored: Vec<Stored>,
        /// First block that is read again: what lies below is final.
        first_block: u64,
    },
    /// The chain shows a request's event, with what the journal holds about it.
    Requested(Box<Requested>),
    /// The chain shows a response.
    Responded {
        /// The request answered.
        id: B256,
        /// Who is reimbursed.
        transmitter: Address,
        /// Where.
        at: Position,
    },
    /// The router settled a request.
    Processed {
        /// The request.
        id: B256,
        /// 0 fulfilled, 1 the callback failed.
        code: u8,
    },
    /// The router did not accept an entry. What it means for us is in our own receipt.
    NotProcessed {
        /// The request.
        id: B256,
        /// 2 to 6.
        code: u8,
    },
    /// The request was given up on chain.
    TimedOut {
        /// The request.
        id: B256,
        /// The block in which it was.
        block: u64,
    },
    /// The coordinator was configured for the `count`-th time.
    Configured {
        /// How many configurations there have been, this one included.
        count: u64,
        /// Its digest.
        digest: B256,
    },
    /// The router's route for a DON leads to `coordinator`.
    Routed {
        /// The DON.
        don_id: B256,
        /// The coordinator.
        coordinator: Address,
    },
    /// Blocks from `first` on left the chain.
    Rewound {
        /// The first of them.
        first: u64,
    },
    /// Blocks up to this one are final.
    Finalised {
        /// The newest final block.
        block: u64,
    },
    /// The newest block is of this time.
    Dated {
        /// Unix seconds.
        seconds: u64,
    },
    /// Everything up to the newest block has been read.
    CaughtUp {
        /// Its number.
        height: u64,
        /// Its unix seconds.
        seconds: u64,
    },
    /// It is a moment to say why requests wait.
    Explain,
    /// Everything heard so far has been considered: runs that nobody needs any more are ended, and free slots filled.
    Turn,
    /// A run ended: with an observation, or with the reason why this node could not run the script.
    Finished {
        /// The request.
        key: RequestKey,
        /// What it came to.
        observation: Result<Observation, String>,
    },
    /// The journal does not give back what a run needs.
    Unrunnable {
        /// The request.
        key: RequestKey,
    },
    /// The protocol knows more about a request.
    Learned {
        /// The request.
        key: RequestKey,
        /// All it knows.
        known: Known,
    },
    /// The answer to [`super::Action::Ask`]: who has been heard about a request that waits.
    Heard {
        /// The request.
        key: RequestKey,
        /// Authors of the observations held.
        authors: Vec<OracleIndex>,
    },
    /// The protocol has a complete report.
    Reported(Box<ReadyReport>),
    /// The answer to [`super::Order::Read`]: the records of a request.
    Read {
        /// The request.
        key: RequestKey,
        /// Everything stored about it under this configuration.
        records: Vec<Record>,
        /// What it said under earlier ones.
        earlier: Earlier,
    },
    /// A transaction of ours carries the report.
    Submitted {
        /// The request.
        id: B256,
        /// The transaction.
        tx_hash: B256,
        /// Our stage.
        stage: u64,
        /// The stored row, when the request is not in memory any more: where blocks are final at once, the response may
        /// have been read before.
        stored: Option<Box<RequestRow>>,
    },
    /// A transaction of ours was mined without processing the request.
    Unpaid {
        /// The request.
        id: B256,
        /// The router's code; `None` when the transaction reverted or came second.
        code: Option<u8>,
    },
    /// The chain will not take the report.
    Undeliverable {
        /// The request.
        id: B256,
        /// Why, in words.
        reason: String,
    },
}

/// A request as the journal holds it at a start.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The event, read again.
    pub seen: SeenRequest,
    /// The row.
    pub row: RequestRow,
    /// Everything stored about it under this configuration; not needed for settled requests.
    pub records: Vec<Record>,
    /// What this node said about it under earlier ones; likewise.
    pub earlier: Earlier,
}

/// An event, and what is stored about its request: no request is opened without its records.
#[derive(Clone, Debug)]
pub struct Requested {
    /// The event.
    pub seen: SeenRequest,
    /// The stored row of the id, whatever its commitment.
    pub row: Option<RequestRow>,
    /// The stored records of id and commitment under this configuration.
    pub records: Vec<Record>,
    /// What this node said about them under earlier ones.
    pub earlier: Earlier,
}

/// What the protocol knows about a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// This node's own answer, once durable.
    pub own: Option<Answer>,
    /// Whether this node is locked on an outcome.
    pub locked: bool,
    /// Whether there is a report.
    pub reported: bool,
    /// Whether the node keeps silent, because it may have spoken before losing its records.
    pub quarantined: bool,
}

impl Known {
    /// Whether this node's script need not run.
    #[must_use]
    pub const fn needs_no_run(&self) -> bool {
        self.own.is_some() || self.reported || self.quarantined
    }
}

impl From<View> for Known {
    fn from(view: View) -> Self {
        Self {
            own: view.own.map(|own| own.observation.answer),
            locked: view.locked.is_some(),
            reported: view.report.is_some(),
            quarantined: view.quarantined,
        }
    }
}
