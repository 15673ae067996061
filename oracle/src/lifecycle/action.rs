//! What the lifecycle asks for.

use alloy::primitives::{Address, B256, Bytes};
use functions_types::Commitment;
use oracle_ocr::{
    Answer, Earlier, Input, Misbehavior, OracleIndex, Outcome, ReadyBatch, ReadyReport, Record, RequestKey,
};

use super::{RequestRow, State};

/// Something to do. What is stored stands first.
#[derive(Clone, Debug)]
pub enum Action {
    /// Store the row, replacing an older one; without an event the stored event stays.
    Store(Box<RequestRow>),
    /// Give the protocol this input.
    Agree(Input),
    /// Let the protocol take the request up from these records, whatever it has in memory, and from what was said under
    /// other configurations.
    Recall(Vec<Record>, Box<Earlier>),
    /// Ask the protocol whom it heard; it answers with [`super::Happening::Heard`].
    Ask(RequestKey),
    /// To the world outside.
    Order(Order),
    /// For logs and counters.
    Note(Note),
    /// The configuration in force has been replaced: begin anew with the next.
    Stop,
}

/// Something that is seen outside the node's memory, and so only done when what it rests on is durable.
#[derive(Clone, Debug)]
pub enum Order {
    /// Run the request's script; its end is [`super::Happening::Finished`].
    Run(RequestKey),
    /// End that run now: nobody needs what it would come to, and others wait for its slot.
    EndRun(RequestKey),
    /// Read the request's records; they come with [`super::Happening::Read`].
    Read(RequestKey),
    /// Deliver a report; a delivery under way is kept.
    Transmit(Box<Report>),
    /// The report of several requests that the transmitter asked for, or none.
    Batched {
        /// The first of them.
        first: B256,
        /// The report.
        batch: Option<Box<ReadyBatch>>,
    },
    /// The chain shows a response, or needs none: nothing new is sent.
    Answered(B256),
    /// End the delivery of a request; a transaction already sent is left alone.
    Cancel(B256),
    /// `transmitter` delivered a report that this node had at `reported_ms` (unix).
    Progressed {
        /// Who is reimbursed.
        transmitter: Address,
        /// When this node had it.
        reported_ms: u64,
    },
}

impl Order {
    /// The request on whose stored row it rests: a run reads its request from there, and a node that starts again must
    /// know it.
    #[must_use]
    pub const fn rests_on_row_of(&self) -> Option<B256> {
        match self {
            Self::Run(key) => Some(key.request),
            _ => None,
        }
    }
}

/// A complete report, and what its way to the chain depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What is signed, and by whom.
    pub ready: ReadyReport,
    /// When this node had it, in unix milliseconds.
    pub reported_ms: u64,
    /// The event's commitment.
    pub commitment: Commitment,
    /// Block of the request.
    pub request_block: u64,
}

/// Something worth a line in the log or a count.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// The journal held so many requests, so many of them open.
    Resumed {
        /// All.
        stored: usize,
        /// Those that still need work.
        open: usize,
    },
    /// A new request.
    Seen {
        /// The request.
        id: B256,
        /// Its block.
        block: u64,
        /// Who pays.
        subscription: u64,
    },
    /// A request that is not served.
    Refused {
        /// The request.
        id: B256,
        /// Why.
        reason: String,
    },
    /// A known request came again, with the same commitment or with another.
    SeenAgain {
        /// The request.
        id: B256,
        /// Whether the commitment is the same.
        same: bool,
    },
    /// A request entered a state.
    Entered(State),
    /// The chain shows the first response.
    Responded {
        /// The request.
        id: B256,
        /// The transaction.
        tx_hash: B256,
        /// Whether this node sent it.
        by_us: bool,
    },
    /// The request needs no more work.
    Ended {
        /// The request.
        id: B256,
        /// How.
        state: State,
    },
    /// The node's own observation is durable.
    Observed {
        /// The request.
        id: B256,
        /// Its kind.
        kind: &'static str,
    },
    /// The first complete report.
    Reported {
        /// The request.
        id: B256,
        /// `result` or `error`.
        outcome: &'static str,
        /// This node's place in the order.
        stage: usize,
        /// The attempt that decided.
        attempt: u32,
        /// Since the event was seen.
        after_ms: u64,
    },
    /// A run came to nothing because of this node.
    RunFailed,
    /// Blocks left the chain.
    Rewound {
        /// The first of them.
        first: u64,
    },
    /// The coordinator has a new configuration.
    Reconfigured {
        /// Its digest.
        digest: B256,
    },
    /// The route leads elsewhere.
    Rerouted {
        /// To this coordinator.
        coordinator: Address,
        /// Requests of the former one that are answered first.
        open: usize,
    },
    /// A peer misbehaved, or its message could not be used.
    Blamed {
        /// The peer.
        oracle: OracleIndex,
        /// What it did.
        misbehavior: Misbehavior,
    },
}

/// Name of an answer's kind, as shown.
#[must_use]
pub(super) const fn answer_kind(answer: &Answer) -> &'static str {
    match answer {
        Answer::Result(_) => "result",
        Answer::UserError(_) => "userError",
        Answer::NodeFailure(_) => "nodeFailure",
    }
}

/// Name of an outcome's kind, and its bytes.
#[must_use]
pub fn outcome_parts(outcome: &Outcome) -> (&'static str, Bytes) {
    match outcome {
        Outcome::Result(bytes) => ("result", bytes.clone().into()),
        Outcome::Error(bytes) => ("error", bytes.clone().into()),
    }
}
