//! What the protocol is told.

use crate::{Earlier, Message, Observation, OracleIndex, RequestEvent, RequestKey, Timer};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// The request's event was seen with enough confirmations to execute it. Repeating it changes nothing.
    Request(RequestEvent),
    /// What this node said about a request under earlier configurations: it says it again under this one. Told right
    /// before [`Input::Request`], or of an open request.
    Earlier {
        /// The request.
        key: RequestKey,
        /// What it said.
        said: Box<Earlier>,
    },
    /// The node has run the request. Only the first observation of a request counts.
    Observed {
        /// The request.
        key: RequestKey,
        /// What the node saw.
        observation: Observation,
    },
    /// A decoded message arrived from the peer that is oracle `from`.
    Message {
        /// The authenticated peer.
        from: OracleIndex,
        /// What it sent.
        message: Message,
    },
    /// The timestamp of the newest block, in unix seconds. Deadlines are the chain's: restarts, changes of the
    /// configuration and wrong clocks do not move them.
    ChainTime(u64),
    /// A timer set by [`Effect::SetTimer`] is due. Late, early or repeated timers do no harm.
    Timer(Timer),
    /// A connection to the oracle was established; what it may have missed is sent again.
    Connected(OracleIndex),
    /// The node would send the reports of these requests as one, the first being the one whose turn it is:
    /// [`crate::Effect::Batched`] answers after a bounded time.
    Batch(Vec<RequestKey>),
    /// A message to the oracle and its answer took so long on the wire. Waiting follows it; a wrong one only costs
    /// time.
    RoundTrip {
        /// The peer.
        oracle: OracleIndex,
        /// How long, in milliseconds.
        millis: u64,
    },
    /// The chain shows a response to the request, or it expired: the node stops working on it, but answers others.
    Settled(RequestKey),
    /// The request is final or orphaned: everything in memory about it is dropped. Its records may be deleted.
    Forget(RequestKey),
}
