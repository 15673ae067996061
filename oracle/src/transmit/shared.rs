//! What all jobs of a node share.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use alloy::primitives::Address;
use tokio::sync::mpsc;

use super::{funds::Funds, report::TransmitNote, sender::Sender, stage::Progress};
use crate::{chain::Rpc, journal::Journal};

/// What all jobs share.
pub(crate) struct Shared {
    pub rpc: Arc<Rpc>,
    pub journal: Journal,
    pub sender: Sender,
    pub funds: Arc<Funds>,
    pub router: Address,
    pub delta_stage: Duration,
    pub poll_interval: Duration,
    pub confirmations: u64,
    pub notes: mpsc::UnboundedSender<TransmitNote>,
    pub progress: Mutex<Progress>,
}
