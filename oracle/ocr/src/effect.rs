//! What the protocol asks for.

use crate::{Message, Misbehavior, OracleIndex, ReadyBatch, ReadyReport, Record, RequestKey, Timer};

/// Something to do. Effects are executed in order: a record must be durable before the effects after it.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Store the record, replacing the one with the same [`Record::id`], and sync.
    Persist(Record),
    /// Send to one oracle; loss is tolerated.
    Send {
        /// The receiver.
        to: OracleIndex,
        /// The message.
        message: Message,
    },
    /// Send to every other oracle; loss is tolerated.
    Broadcast(Message),
    /// Feed [`Input::Timer`] at this time, in the unit of `now`. Setting a timer again replaces it.
    SetTimer {
        /// Which timer.
        timer: Timer,
        /// When, in milliseconds.
        at: u64,
    },
    /// A report is complete; it is given again after a restart.
    Report(Box<ReadyReport>),
    /// The answer to [`crate::Input::Batch`].
    Batched {
        /// The first of its requests.
        first: RequestKey,
        /// The report of all of them; none when it did not come about.
        batch: Option<Box<ReadyBatch>>,
    },
    /// A peer misbehaved, or its message could not be used.
    Blame {
        /// The peer.
        oracle: OracleIndex,
        /// What it did.
        misbehavior: Misbehavior,
    },
}
