//! The words of a delivery: what it is told, what it asks for.

use std::time::Duration;

use alloy::primitives::{B256, U256};
use tokio::time::Instant;

use crate::{
    chain::Reach,
    transmit::{
        gate::{Decision, GateInput, Simulated, decide},
        mined::Mined,
        price::{self, Market, Price},
        report::TransmitNote,
    },
};

/// What is to be delivered and when; it does not change during the delivery.
#[derive(Clone, Copy, Debug)]
pub struct Assignment {
    /// The request reported.
    pub request_id: B256,
    /// This node's place in the request's order; 0 sends first.
    pub stage: u64,
    /// Time between two stages.
    pub delta_stage: Duration,
    /// Pause between two looks at the chain.
    pub poll_interval: Duration,
    /// The commitment's timeout, unix seconds.
    pub timeout_timestamp: u64,
}

impl Assignment {
    /// How long a transaction may wait for a block before its price is raised.
    pub(super) fn stuck_after(&self) -> Duration {
        stuck_after(self.delta_stage)
    }
}

/// How long a transaction may wait for a block where two stages are so far apart.
pub(in crate::transmit) fn stuck_after(delta_stage: Duration) -> Duration {
    delta_stage.saturating_mul(4).max(Duration::from_secs(8))
}

/// When something was seen.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// On the clock that never jumps.
    pub at: Instant,
    /// On the wall clock, in milliseconds.
    pub unix_ms: u64,
    /// The own log view shows a response, or the request needs none any more.
    pub answered: bool,
    /// Newest final block.
    pub final_block: u64,
}

/// The transaction whose fate is open, as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Number of the transaction among those of the report.
    pub attempt: u64,
    /// This node's stage when it was sent.
    pub stage: u64,
    /// The newest version's hash.
    pub tx_hash: Option<B256>,
    /// Signed and stored; whether an endpoint took it is unknown.
    pub is_prepared: bool,
    /// The newest version's offer.
    pub price: Price,
    /// Unix milliseconds of the newest version.
    pub sent_ms: u64,
}

/// What the gate's look at the newest block showed.
#[derive(Clone, Debug)]
pub struct Look {
    /// Timestamp of the newest block, unix seconds, as far as it is believed.
    pub chain_time: u64,
    /// What gas costs.
    pub market: Market,
    /// Most that may be offered per gas, in wei.
    pub ceiling_wei: u128,
    /// Another transaction of this node carries it, and may be mined.
    pub carried: bool,
    /// Other reports that wait for this node to send them, and may go with it.
    pub waiting: usize,
    /// The request's block is as deep as configured.
    pub confirmed: bool,
    /// The gas limit it was simulated with.
    pub gas_limit: u64,
    /// What the account must hold for the transaction to be taken.
    pub need_wei: U256,
    /// What the transaction would do there.
    pub simulated: Simulated,
}

impl Look {
    /// Nothing need be asked about a report that another transaction carries.
    pub(in crate::transmit) const CARRIED: Self = Self {
        chain_time: 0,
        market: Market { base_fee_wei: 0, tip_wei: 0 },
        ceiling_wei: 0,
        carried: true,
        waiting: 0,
        confirmed: false,
        gas_limit: 0,
        need_wei: U256::ZERO,
        simulated: Simulated::Code(2),
    };

    /// What the gate decides.
    pub(in crate::transmit) fn decide(
        self,
        answered: bool,
        timeout_timestamp: u64,
        gas_raises: u32,
    ) -> Decision {
        let Self { chain_time, market, ceiling_wei, carried, confirmed, simulated, .. } = self;
        let price = price::offer(market, ceiling_wei);
        decide(&GateInput {
            answered,
            carried,
            confirmed,
            chain_time,
            timeout_timestamp,
            gas_raises,
            price,
            simulated,
        })
    }

    /// Whether the report may go with another's: alone it would be sent.
    #[must_use]
    pub fn may_go_along(self, answered: bool, timeout_timestamp: u64) -> bool {
        matches!(self.decide(answered, timeout_timestamp, 0), Decision::Send(_))
    }
}

/// A transaction of several reports, once it is signed for.
#[derive(Clone, Copy, Debug)]
pub struct Together {
    /// Its gas limit.
    pub gas_limit: u64,
    /// What it offers.
    pub price: Price,
    /// Another transaction of this node carries one of them, and may be mined: the signatures took their time, and
    /// meanwhile a block may have left the chain.
    pub carried: bool,
}

/// The answer to what was asked for last.
#[derive(Clone, Debug)]
pub enum Seen {
    /// How many transactions of this report are stored, how many were paid for without processing the request, and the
    /// newest if its fate is open.
    Stored {
        /// All, ended ones included.
        attempts: u64,
        /// Of those, the ones paid for in vain.
        failures: u32,
        /// The newest, if its fate is open.
        open: Option<Standing>,
    },
    /// When a node before this one last delivered an older report.
    Progress(Option<Instant>),
    /// What there is before it can be sent.
    Ahead {
        /// A transaction of a node before waits for a block.
        pending: bool,
        /// How long it waits for others to go with, from [`crate::transmit::batch::window`].
        window: Duration,
    },
    /// The pause is over, or it was cut short by an answer.
    Woke,
    /// What the look showed.
    Looked(Look),
    /// A transaction of several reports is ready; none when it did not come about.
    Gathered(Option<Together>),
    /// Whether the account holds what is needed.
    Funds {
        /// Whether it does.
        enough: bool,
    },
    /// The transaction is stored in this form; an endpoint took it, or it is unknown whether one did.
    Stands(Standing),
    /// Every endpoint refused it for good; it is stored as dropped.
    Refused,
    /// What the mined version did; none when no version is known to be in a block.
    Receipt(Option<Mined>),
    /// Whether the account's nonce went past the transaction's.
    NonceUsed(bool),
    /// What gas costs, and the most that may be offered for it.
    Market {
        /// What gas costs.
        market: Market,
        /// Most that may be offered per gas, in wei.
        ceiling_wei: u128,
    },
    /// The question could not be answered.
    Trouble,
}

/// What is done before the next question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The open transaction never comes to a block, durably.
    Drop,
    /// For the engine.
    Note(TransmitNote),
    /// For the operator; `theirs` is what only they can mend.
    Waits {
        /// In words.
        reason: String,
        /// Whether the operator must act.
        theirs: bool,
    },
}

/// The next question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// What is stored about this report.
    Load,
    /// When a node before this one last delivered an older report.
    AskProgress,
    /// Whether a node before has a transaction that waits, and others of this node's reports are coming.
    AskAhead,
    /// A pause; `or_answered` ends it when the request is answered.
    Sleep {
        /// Its end.
        until: Instant,
        /// Whether an answer ends it.
        or_answered: bool,
    },
    /// A pause in which others come that may go with this one; it ends when they are as many as may.
    Linger {
        /// Its end.
        until: Instant,
    },
    /// A look at the newest block with a simulation, the gas limit raised so often. Until the next question nobody else
    /// of this node sends.
    Look {
        /// Times the limit is raised by half.
        gas_raises: u32,
    },
    /// A transaction of this report and others that wait: it takes the place of this one's own.
    Gather,
    /// Whether the account holds so much.
    AskFunds {
        /// Wei.
        need_wei: U256,
    },
    /// A new transaction, signed and stored before it leaves.
    Send {
        /// Its number.
        attempt: u64,
        /// Gas.
        gas_limit: u64,
        /// What it offers.
        price: Price,
    },
    /// The receipt of any version of the open transaction.
    AskReceipt(Reach),
    /// Whether the account's nonce went past the open transaction's.
    AskNonce,
    /// The stored bytes once more.
    Resend,
    /// What gas costs, and the most that may be offered for it.
    AskMarket,
    /// The same nonce at a higher price, in place of the stuck version; `cancel` sends nothing to nobody.
    Bump {
        /// What it offers.
        price: Price,
        /// Whether all that is left to do is to use the nonce.
        cancel: bool,
    },
    /// Nothing: the delivery is over.
    End,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// In this order, each before the next.
    pub first: Vec<Effect>,
    /// Asked when all of it is done.
    pub then: Next,
}
