//! One report's way to the chain: wait for the stage, pass the gate, send, watch until the chain answered.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    sol_types::SolEvent,
};
use functions_types::abi::{Commitment, Coordinator, Router};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep},
};

use super::{
    funds::{Funds, LOOK_EVERY},
    gas::{self, GasInputs},
    gate::{Decision, GateInput, Simulated, UNCONFIRMED, decide},
    sender::{Draft, SendError, Sender},
    simulate::{Subject, l1_price_wei, simulate},
    stage::{Progress, due},
};
use crate::{
    chain::{Backoff, Header, Reach, Receipt, Rpc, RpcFailure},
    clock::now_ms,
    journal::{Journal, JournalError, Transmission, TransmissionState},
};

/// Longest pause between two looks for a receipt.
const LONGEST_LOOK: Duration = Duration::from_secs(2);
/// Longest pause between two looks at the gate while its reason stays the same.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// A report that is complete and signed.
#[derive(Clone, Debug)]
pub struct ReportJob {
    /// The request reported.
    pub request_id: B256,
    /// This node's place in the request's order; 0 sends first.
    pub stage: u64,
    /// Transmitters of the nodes before this one in the order.
    pub before: Vec<Address>,
    /// When this node had the report, in unix milliseconds.
    pub reported_ms: u64,
    /// Calldata of `transmit`.
    pub calldata: Bytes,
    /// Signatures in it.
    pub signatures: u64,
    /// Result bytes of the entry; empty for an error.
    pub result: Bytes,
    /// Error bytes of the entry; empty for a result.
    pub error: Bytes,
    /// The event's commitment.
    pub commitment: Commitment,
    /// Block of the request.
    pub request_block: u64,
}

/// What became of a report; for the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransmitNote {
    /// A transaction of ours carries it.
    Submitted {
        /// The request.
        request_id: B256,
        /// The transaction.
        tx_hash: B256,
        /// Our stage.
        stage: u64,
    },
    /// The transaction was mined and processed the request.
    Included {
        /// The request.
        request_id: B256,
        /// The transaction.
        tx_hash: B256,
    },
    /// The transaction was mined without processing the request: a duplicate, or a code other than 0 and 1.
    Unpaid {
        /// The request.
        request_id: B256,
        /// The transaction.
        tx_hash: B256,
        /// The router's code; `None` when the transaction reverted or came second.
        code: Option<u8>,
    },
    /// Someone else was first; nothing was sent.
    Unneeded {
        /// The request.
        request_id: B256,
    },
    /// The chain will not take it.
    Undeliverable {
        /// The request.
        request_id: B256,
        /// Why, in words.
        reason: String,
    },
}

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

/// A problem that ends a job; the journal keeps what was sent, a restart resumes it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Rpc(#[from] RpcFailure),
    #[error("the transmitter key did not sign: {0}")]
    Signer(String),
}

impl From<SendError> for JobError {
    fn from(err: SendError) -> Self {
        match err {
            SendError::Rpc(err) => Self::Rpc(err),
            SendError::Journal(err) => Self::Journal(err),
            SendError::Signer(err) => Self::Signer(err),
        }
    }
}

/// Runs a job to its end. Transient trouble with the endpoints is waited out.
pub(crate) async fn run(shared: Arc<Shared>, job: ReportJob, mut answered: watch::Receiver<bool>) {
    let mut backoff = Backoff::default();
    loop {
        match drive(&shared, &job, &mut answered).await {
            Ok(()) => return,
            Err(JobError::Journal(err)) => {
                // Without durable state nothing may be sent; the engine stops at its own next write.
                tracing::error!(request_id = %job.request_id, %err, "transmission stopped");
                return;
            }
            Err(err) => {
                let pause = backoff.next_pause();
                tracing::warn!(request_id = %job.request_id, %err, ?pause, "transmission is tried again");
                sleep(pause).await;
            }
        }
    }
}

async fn drive(
    shared: &Shared,
    job: &ReportJob,
    answered: &mut watch::Receiver<bool>,
) -> Result<(), JobError> {
    let earlier = shared.journal.transmissions_of(job.request_id).await?;
    let mut attempt = earlier.len() as u64;
    if let Some(row) = earlier.into_iter().rev().find(|row| row.state.is_open()) {
        // After a restart the stored transaction is resumed, never recreated.
        attempt = row.attempt + 1;
        if !watch_sent(shared, job, answered, row).await? {
            return Ok(());
        }
    } else if wait_for_stage(shared, job, answered).await {
        shared.note(TransmitNote::Unneeded { request_id: job.request_id });
        return Ok(());
    }
    loop {
        let Some(row) = pass_gate_and_send(shared, job, answered, attempt).await? else { return Ok(()) };
        attempt = row.attempt + 1;
        if !watch_sent(shared, job, answered, row).await? {
            return Ok(());
        }
    }
}

/// Waits until this node's stage; true when the request was answered meanwhile.
async fn wait_for_stage(shared: &Shared, job: &ReportJob, answered: &mut watch::Receiver<bool>) -> bool {
    let complete = Instant::now();
    let until_ms = job.reported_ms.saturating_add(shared.delta_stage.as_millis() as u64);
    loop {
        let progress =
            shared.progress.lock().unwrap_or_else(PoisonError::into_inner).last(&job.before, until_ms);
        let due = due(job.stage, shared.delta_stage, complete, progress);
        let pending = if Instant::now() < due {
            due
        } else if Instant::now() < due + shared.stuck_after() && is_pending(shared, &job.before).await {
            Instant::now() + shared.poll_interval
        } else {
            return *answered.borrow();
        };
        tokio::select! {
            () = tokio::time::sleep_until(pending) => {}
            () = until_answered(answered) => return true,
        }
    }
}

/// Whether a transaction of one of `transmitters` waits for a block, as far as the endpoint tells.
async fn is_pending(shared: &Shared, transmitters: &[Address]) -> bool {
    for &transmitter in transmitters {
        let mined = shared.rpc.nonce(transmitter, "latest").await;
        let sent = shared.rpc.nonce(transmitter, "pending").await;
        if let (Ok(mined), Ok(sent)) = (mined, sent)
            && sent > mined
        {
            return true;
        }
    }
    false
}

async fn until_answered(answered: &mut watch::Receiver<bool>) {
    if answered.wait_for(|done| *done).await.is_err() {
        // The engine is gone; the job ends with the process.
        std::future::pending::<()>().await;
    }
}

/// Asks the gate until it says send or never; `None` when there is nothing more to do.
async fn pass_gate_and_send(
    shared: &Shared,
    job: &ReportJob,
    answered: &mut watch::Receiver<bool>,
    attempt: u64,
) -> Result<Option<Transmission>, JobError> {
    let mut gas_raises = 0;
    let mut last_reason = String::new();
    let mut pause = shared.poll_interval;
    loop {
        // From the look to the sending nobody else of this node sends: what was seen still holds.
        let turn = shared.sender.turn().await;
        let already = *answered.borrow();
        let look = look(shared, job, already, gas_raises).await?;
        match look.decision {
            Decision::Send => {
                let draft = Draft {
                    request_id: job.request_id,
                    attempt,
                    stage: job.stage,
                    to: job.commitment.coordinator,
                    calldata: job.calldata.clone(),
                    gas_limit: look.gas_limit,
                    max_fee_wei: max_fee_wei(look.base_fee_wei),
                };
                let row = match shared.sender.send_new(&turn, &draft).await {
                    Ok(row) => row,
                    // Signed and stored, fate unknown: watch it like one that was sent.
                    Err(SendError::Rpc(err)) if err.is_transient() => {
                        let rows = shared.journal.transmissions_of(job.request_id).await?;
                        match rows.into_iter().find(|row| row.attempt == attempt && row.state.is_open()) {
                            Some(row) => row,
                            None => return Err(err.into()),
                        }
                    }
                    Err(err) => return Err(err.into()),
                };
                if let Some(hash) = row.hashes.last() {
                    shared.note(TransmitNote::Submitted {
                        request_id: job.request_id,
                        tx_hash: *hash,
                        stage: job.stage,
                    });
                }
                return Ok(Some(row));
            }
            Decision::Drop => {
                shared.note(TransmitNote::Unneeded { request_id: job.request_id });
                return Ok(None);
            }
            Decision::RaiseGas => {
                gas_raises += 1;
                continue;
            }
            Decision::Undeliverable(code) => {
                let reason =
                    code.map_or_else(|| "the transaction reverts".to_owned(), |code| format!("code {code}"));
                shared.note(TransmitNote::Undeliverable { request_id: job.request_id, reason });
                return Ok(None);
            }
            Decision::Unfunded(reason) => {
                if reason != last_reason {
                    tracing::warn!(request_id = %job.request_id, %reason, "transmission waits");
                    last_reason = reason;
                }
                // Others of this node, perhaps cheaper, need not wait for it.
                drop(turn);
                wait_for_funds(shared, look.need_wei, answered).await;
                gas_raises = 0;
                continue;
            }
            Decision::Wait(reason) => {
                // What did not change for a while is asked for less often.
                if reason == last_reason && reason != UNCONFIRMED {
                    pause = (pause * 2).min(shared.poll_interval.max(MAX_WAIT));
                } else if reason != last_reason {
                    tracing::info!(request_id = %job.request_id, %reason, "transmission waits");
                    last_reason = reason;
                    pause = shared.poll_interval;
                }
                gas_raises = 0;
            }
        }
        drop(turn);
        tokio::select! {
            () = sleep(pause) => {}
            () = until_answered(answered) => {}
        }
    }
}

/// Waits until the account holds `need_wei` or the request was answered. All jobs share one look at the balance.
async fn wait_for_funds(shared: &Shared, need_wei: U256, answered: &mut watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = sleep(LOOK_EVERY) => {}
            () = until_answered(answered) => return,
        }
        // Trouble with the endpoints is waited out here too.
        if matches!(shared.funds.lack(need_wei).await, Ok(None)) {
            return;
        }
    }
}

struct Look {
    decision: Decision,
    gas_limit: u64,
    base_fee_wei: u128,
    /// What the account must hold for the transaction to be taken.
    need_wei: U256,
}

async fn look(shared: &Shared, job: &ReportJob, answered: bool, gas_raises: u32) -> Result<Look, RpcFailure> {
    let head = shared.rpc.head().await?;
    let base_fee_wei = base_fee(&head);
    let l1_price = l1_price_wei(&shared.rpc).await?;
    let fee = gas::l1_fee_wei(&job.calldata, l1_price);
    let overhead = job.commitment.gasOverheadBeforeCallback.to::<u64>()
        + job.commitment.gasOverheadAfterCallback.to::<u64>();
    let mut gas_limit = gas::gas_limit(&GasInputs {
        calldata: &job.calldata,
        signatures: job.signatures,
        response_bytes: (job.result.len() + job.error.len()) as u64,
        callback_gas_limit: u64::from(job.commitment.callbackGasLimit),
        overhead,
        l1_gas: gas::l1_gas(fee, base_fee_wei),
    });
    for _ in 0..gas_raises {
        gas_limit = gas_limit.saturating_add(gas_limit / 2);
    }
    let subject = Subject {
        chain_id: shared.sender.chain_id(),
        router: shared.router,
        transmitter: shared.sender.address(),
        calldata: &job.calldata,
        signatures: job.signatures,
        result: &job.result,
        error: &job.error,
        commitment: &job.commitment,
    };
    let need_wei = U256::from(gas_limit) * U256::from(max_fee_wei(base_fee_wei));
    let simulated = match shared.funds.lack(need_wei).await? {
        Some(lack) => Simulated::Unfunded(lack),
        None => simulate(&shared.rpc, &subject, gas_limit, base_fee_wei, l1_price).await?,
    };
    let decision = decide(&GateInput {
        answered,
        confirmed: head.height() + 1 >= job.request_block.saturating_add(shared.confirmations),
        chain_time: head.timestamp.to(),
        timeout_timestamp: u64::from(job.commitment.timeoutTimestamp),
        gas_raises,
        simulated,
    });
    Ok(Look { decision, gas_limit, base_fee_wei, need_wei })
}

/// The price a transaction offers: the base fee may double before it is taken.
fn max_fee_wei(base_fee_wei: u128) -> u128 {
    base_fee_wei.saturating_mul(2).max(1)
}

fn base_fee(head: &Header) -> u128 {
    head.base_fee_per_gas.and_then(|fee| u128::try_from(fee).ok()).unwrap_or(1)
}

/// Follows a transaction until it is mined or void; true when the request needs another attempt.
async fn watch_sent(
    shared: &Shared,
    job: &ReportJob,
    answered: &mut watch::Receiver<bool>,
    mut row: Transmission,
) -> Result<bool, JobError> {
    let mut pause = shared.poll_interval;
    loop {
        if let Some(receipt) = shared.sender.receipt(&row, Reach::First).await? {
            return settle(shared, job, row, &receipt).await;
        }
        if shared.sender.nonce_is_used(&row).await? {
            // Asked again, and of everybody: it may have been mined between the two questions, or one endpoint lags.
            if let Some(receipt) = shared.sender.receipt(&row, Reach::All).await? {
                return settle(shared, job, row, &receipt).await;
            }
            tracing::warn!(request_id = %job.request_id, nonce = row.nonce, "the nonce was used by another transaction");
            shared.sender.settle(&mut row, TransmissionState::Dropped).await?;
            return Ok(!*answered.borrow());
        }
        if row.state == TransmissionState::Prepared {
            let already = *answered.borrow();
            if already {
                shared.sender.settle(&mut row, TransmissionState::Dropped).await?;
                shared.note(TransmitNote::Unneeded { request_id: job.request_id });
                return Ok(false);
            }
            match shared.sender.resend(&mut row).await {
                Ok(()) => {
                    if let Some(hash) = row.hashes.last() {
                        let (request_id, stage) = (job.request_id, row.stage);
                        shared.note(TransmitNote::Submitted { request_id, tx_hash: *hash, stage });
                    }
                    continue;
                }
                // Refused for good: the row is dropped, the gate decides anew.
                Err(SendError::Rpc(err)) if !err.is_transient() => return Ok(!*answered.borrow()),
                Err(err) => return Err(err.into()),
            }
        }
        let age = Duration::from_millis(now_ms().saturating_sub(row.sent_ms));
        if age > shared.stuck_after() {
            bump(shared, job, &mut row).await?;
        }
        // The chain's response is the sign to look for the receipt; without it there is less and less reason to.
        let already = *answered.borrow();
        tokio::select! {
            () = sleep(pause) => {}
            () = until_answered(answered), if !already => {}
        }
        pause = (pause * 2).min(LONGEST_LOOK.max(shared.poll_interval));
    }
}

async fn bump(shared: &Shared, job: &ReportJob, row: &mut Transmission) -> Result<(), JobError> {
    let head = shared.rpc.head().await?;
    let draft = Draft {
        request_id: job.request_id,
        attempt: row.attempt,
        stage: row.stage,
        to: job.commitment.coordinator,
        calldata: job.calldata.clone(),
        gas_limit: row.gas_limit,
        max_fee_wei: max_fee_wei(base_fee(&head)),
    };
    tracing::info!(request_id = %job.request_id, nonce = row.nonce, "transaction is stuck; raising its price");
    match shared.sender.bump(row, &draft).await {
        Ok(()) => Ok(()),
        Err(SendError::Rpc(err)) => {
            // An older version may be mined all the same; the loop finds out.
            tracing::info!(request_id = %job.request_id, %err, "the replacement was not taken");
            row.state = TransmissionState::Sent;
            shared.journal.put_transmission(row).await?;
            Ok(())
        }
        Err(err) => Err(err.into()),
    }
}

/// Reads what the mined transaction did; true when the request needs another attempt.
async fn settle(
    shared: &Shared,
    job: &ReportJob,
    mut row: Transmission,
    receipt: &Receipt,
) -> Result<bool, JobError> {
    let (request_id, tx_hash) = (job.request_id, receipt.transaction_hash);
    if paid(job, receipt) {
        shared.sender.settle(&mut row, TransmissionState::Included).await?;
        shared.note(TransmitNote::Included { request_id, tx_hash });
        return Ok(false);
    }
    shared.sender.settle(&mut row, TransmissionState::Unpaid).await?;
    let code = refusal(job, shared.router, receipt);
    shared.note(TransmitNote::Unpaid { request_id, tx_hash, code });
    // Codes 3 and 4 may pass with a lower price or more gas; a revert may have been the gas limit. The gate decides.
    Ok(matches!(code, Some(3 | 4)) || receipt.status.is_zero())
}

fn paid(job: &ReportJob, receipt: &Receipt) -> bool {
    receipt.logs.iter().filter(|log| log.address() == job.commitment.coordinator).any(|log| {
        Coordinator::OracleResponse::decode_log_validate(&log.inner)
            .is_ok_and(|event| event.data.requestId == job.request_id)
    })
}

fn refusal(job: &ReportJob, router: Address, receipt: &Receipt) -> Option<u8> {
    receipt.logs.iter().filter(|log| log.address() == router).find_map(|log| {
        let event = Router::RequestNotProcessed::decode_log_validate(&log.inner).ok()?;
        (event.data.requestId == job.request_id).then_some(event.data.resultCode)
    })
}

impl Shared {
    /// How long a transaction may wait for a block before its price is raised.
    fn stuck_after(&self) -> Duration {
        self.delta_stage.saturating_mul(4).max(Duration::from_secs(8))
    }

    fn note(&self, note: TransmitNote) {
        // A closed channel means the node is stopping; the journal has what matters.
        let _ = self.notes.send(note);
    }
}
