//! Performs what a delivery asks for, and tells it what came of it. Nothing is decided here.

use std::sync::{Arc, PoisonError};

use alloy::primitives::B256;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::{
    batch,
    delivery::{Assignment, Delivery, Effect, Look, Moment, Next, Seen, Standing},
    fees::{ceiling_wei, fees, payable_wei, quote},
    gathering::{Gathered, gather},
    look::{Way, look},
    mined::{self, Deed, Mined},
    price::{Price, Quote},
    queue::Place,
    report::{ReportJob, Told, TransmitNote},
    sender::{Draft, SendError, Turn, carried_by, price_of},
    shared::Shared,
};
use crate::{
    chain::{Reach, Receipt, RpcFailure},
    clock::now_ms,
    journal::{JournalError, Transmission, TransmissionState},
};

/// Why a question could not be answered.
#[derive(Debug, thiserror::Error)]
enum JobError {
    /// Durable state failed; nothing may be sent.
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Rpc(#[from] RpcFailure),
    #[error("the transmitter key did not sign: {0}")]
    Signer(String),
    #[error("no transaction is open")]
    NoneOpen,
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

struct Driver<'a> {
    shared: &'a Shared,
    job: &'a Arc<ReportJob>,
    told: watch::Receiver<Told>,
    /// The transaction whose fate is open.
    row: Option<Transmission>,
    /// The journal holds no transaction of it, until one is sent.
    is_fresh: bool,
    /// Whether the report may go with others.
    joins: bool,
    /// How many others were coming when its turn came.
    coming: usize,
    /// It waits for its turn.
    is_early: bool,
    /// The prices at which it was just looked at.
    quote: Option<Quote>,
    /// It goes with others.
    gathered: Option<Gathered>,
    /// It waits with others that may go with it.
    place: Option<Place>,
    /// From the look to the sending nobody else of this node sends: what was seen still holds.
    turn: Option<Turn<'a>>,
}

/// Runs a job to its end. The journal keeps what was sent; a restart resumes it.
pub(super) async fn run(shared: Arc<Shared>, job: Arc<ReportJob>, told: watch::Receiver<Told>) {
    let _watched = shared.watched(job.request_id);
    let mut driver = Driver {
        shared: &shared,
        job: &job,
        told,
        row: None,
        is_fresh: job.is_fresh,
        joins: false,
        coming: 0,
        is_early: false,
        quote: None,
        gathered: None,
        place: None,
        turn: None,
    };
    if let Err(err) = driver.deliver().await {
        // Without durable state nothing may be sent; the engine stops at its own next write.
        tracing::error!(request_id = %job.request_id, %err, "transmission stopped");
    }
}

impl<'a> Driver<'a> {
    async fn deliver(&mut self) -> Result<(), JournalError> {
        let (mut delivery, mut step) = Delivery::begin(Assignment {
            request_id: self.job.request_id,
            stage: self.job.stage,
            delta_stage: self.shared.config.delta_stage,
            poll_interval: self.shared.config.poll_interval,
            timeout_timestamp: u64::from(self.job.commitment.timeout_timestamp),
        });
        loop {
            for effect in step.first {
                self.perform(effect).await?;
            }
            if step.then == Next::End {
                return Ok(());
            }
            self.joins = delivery.joins();
            self.is_early = self.joins && delivery.is_early();
            let seen = match self.ask(step.then).await {
                Ok(seen) => seen,
                Err(JobError::Journal(err)) => return Err(err),
                Err(err) => {
                    tracing::warn!(request_id = %self.job.request_id, %err, "transmission is tried again");
                    Seen::Trouble
                }
            };
            let answered = self.told.borrow().answered;
            let final_block = self.shared.final_block();
            let now = Moment { at: Instant::now(), unix_ms: now_ms(), answered, final_block };
            step = delivery.on(now, seen);
        }
    }

    async fn perform(&mut self, effect: Effect) -> Result<(), JournalError> {
        let request_id = self.job.request_id;
        match effect {
            Effect::Drop => {
                if let Some(mut row) = self.row.take() {
                    self.shared.sender.settle(&mut row, TransmissionState::Dropped).await?;
                }
            }
            // A closed channel means the node is stopping; the journal has what matters.
            Effect::Note(note) => drop(self.shared.notes.send(note)),
            Effect::Waits { reason, theirs: true } => {
                tracing::warn!(%request_id, %reason, "transmission waits");
            }
            Effect::Waits { reason, theirs: false } => {
                tracing::info!(%request_id, %reason, "transmission waits");
            }
        }
        Ok(())
    }

    async fn ask(&mut self, next: Next) -> Result<Seen, JobError> {
        let (shared, job) = (self.shared, self.job);
        let turn = self.turn.take().filter(|_| matches!(next, Next::Send { .. } | Next::Gather));
        // What is not sent at once is not sent later either.
        let gathered = self.gathered.take().filter(|_| matches!(next, Next::Send { .. }));
        Ok(match next {
            // Nothing of it was sent, so that there is nothing to watch.
            Next::Load if std::mem::take(&mut self.is_fresh) => {
                Seen::Stored { attempts: 0, failures: 0, open: None }
            }
            Next::Load => {
                // Nobody tends the transaction meanwhile, and nobody does once it is watched.
                let _turn = shared.sender.turn().await;
                let mut rows = shared.journal.transmissions_of(job.request_id).await?;
                let attempts = rows.len() as u64;
                self.row = rows.pop_if(|row| row.state.is_open());
                // Each of them was mined before there was a next one.
                let in_vain = |row: &&Transmission| {
                    matches!(row.state, TransmissionState::Sent | TransmissionState::Unpaid)
                };
                let failures = u32::try_from(rows.iter().filter(in_vain).count()).unwrap_or(u32::MAX);
                Seen::Stored { attempts, failures, open: self.row.as_ref().map(standing) }
            }
            Next::AskProgress => {
                let until_ms = job.reported_ms.saturating_add(shared.config.delta_stage.as_millis() as u64);
                let progress = shared.progress.lock().unwrap_or_else(PoisonError::into_inner);
                Seen::Progress(progress.last(&job.before, until_ms))
            }
            Next::AskAhead => {
                self.coming = match job.stage {
                    0 => job.coming,
                    _ => shared.queue.soon(Instant::now() + batch::WINDOW),
                };
                Seen::Ahead { pending: self.is_pending().await, window: batch::window(self.coming) }
            }
            Next::Sleep { until, or_answered } => {
                let _due = self.is_early.then(|| shared.queue.expect(until));
                tokio::select! {
                    () = sleep_until(until) => {}
                    () = until_answered(&mut self.told), if or_answered => {}
                }
                Seen::Woke
            }
            Next::Linger { until } => {
                self.place = self.enter();
                tokio::select! {
                    () = sleep_until(until) => {}
                    () = shared.queue.joined_by(batch::awaited(self.coming)) => {}
                    () = until_answered(&mut self.told) => {}
                }
                Seen::Woke
            }
            Next::Look { gas_raises } => {
                let place = self.place.take().or_else(|| self.enter());
                self.turn = Some(shared.sender.turn().await);
                drop(place);
                let request_block = self.told.borrow().request_block;
                let is_carried =
                    || shared.carried.is_carried(&shared.journal, &shared.sender, job.request_id);
                if is_carried().await? {
                    return Ok(Seen::Looked(Look::CARRIED));
                }
                let waiting = self.waiting();
                let quote = quote(shared, job.commitment.coordinator).await?;
                let way = if batch::is_enough(waiting) { Way::Along } else { Way::Alone { gas_raises } };
                let look = look(shared, job, &quote, request_block, way).await?;
                self.quote = Some(quote);
                // Asked again: while it looked, a block that leaves the chain may have given a transaction back.
                let carried = is_carried().await?;
                Seen::Looked(Look { waiting, carried, ..look })
            }
            Next::Gather => {
                let quote = match self.quote.take() {
                    Some(quote) => quote,
                    None => quote(shared, job.commitment.coordinator).await?,
                };
                self.gathered = gather(shared, job, quote).await?;
                self.turn = turn;
                Seen::Gathered(self.gathered.as_ref().map(|gathered| gathered.together))
            }
            Next::AskFunds { need_wei } => {
                // All jobs share one look at the balance; trouble with the endpoints is waited out like want of ether.
                Seen::Funds { enough: matches!(shared.funds.lack(need_wei).await, Ok(None)) }
            }
            Next::Send { attempt, gas_limit, price } => {
                let turn = match turn {
                    Some(turn) => turn,
                    None => shared.sender.turn().await,
                };
                let draft = self.draft(gathered.as_ref(), attempt, gas_limit, price);
                let others: Vec<B256> =
                    gathered.iter().flat_map(|gathered| &gathered.others).map(|(id, _)| *id).collect();
                if !others.is_empty() {
                    // Known before anything is stored, so that nobody is without it.
                    shared.carried.note(&shared.journal, job.request_id, &others).await?;
                }
                let seen = self.send(&turn, &draft).await?;
                self.tell_others(gathered);
                seen
            }
            Next::AskReceipt(reach) => {
                let row = self.row.as_ref().ok_or(JobError::NoneOpen)?;
                let receipt = shared.sender.receipt(row, reach).await?;
                if receipt.is_none() && reach == Reach::All {
                    tracing::warn!(request_id = %job.request_id, nonce = row.nonce, "the nonce was used by another transaction, or its turn does not come");
                }
                Seen::Receipt(receipt.map(|receipt| self.read(row, &receipt)))
            }
            Next::AskNonce => {
                let row = self.row.as_ref().ok_or(JobError::NoneOpen)?;
                Seen::NonceUsed(shared.sender.is_out_of_turn(row).await?)
            }
            Next::Resend => {
                let row = self.row.as_mut().ok_or(JobError::NoneOpen)?;
                let turn = shared.sender.turn().await;
                match shared.sender.resend(&turn, row).await {
                    Ok(()) => Seen::Stands(standing(row)),
                    Err(SendError::Rpc(err)) if !err.is_transient() => {
                        tracing::warn!(request_id = %job.request_id, %err, "the transaction was refused");
                        Seen::Refused
                    }
                    Err(err) => return Err(err.into()),
                }
            }
            Next::AskMarket => self.market().await?,
            Next::Bump { price, cancel } => self.bump(price, cancel).await?,
            Next::End => return Err(JobError::NoneOpen),
        })
    }

    fn enter(&self) -> Option<Place> {
        self.joins.then(|| self.shared.queue.enter(self.job.clone(), self.told.clone()))
    }

    /// Other reports that could be sent now, while there is hope that they come together.
    fn waiting(&self) -> usize {
        let is_over =
            self.shared.pause.lock().unwrap_or_else(PoisonError::into_inner).is_over(Instant::now());
        if self.joins && is_over { self.shared.queue.len() } else { 0 }
    }

    fn draft(&self, gathered: Option<&Gathered>, attempt: u64, gas_limit: u64, price: Price) -> Draft {
        Draft {
            request_id: self.job.request_id,
            attempt,
            stage: self.job.stage,
            to: self.job.commitment.coordinator,
            calldata: gathered.map_or(&self.job.calldata, |gathered| &gathered.calldata).clone(),
            gas_limit,
            price,
        }
    }

    fn read(&self, row: &Transmission, receipt: &Receipt) -> Mined {
        let (request_id, coordinator) = (self.job.request_id, self.job.commitment.coordinator);
        let mined = mined::read(receipt, request_id, coordinator, self.shared.config.router);
        let is_newest = row.hashes.last() == Some(&receipt.transaction_hash);
        let is_cancelled = is_newest && self.shared.sender.is_cancelled(row);
        if is_cancelled { Mined { deed: Deed::Cancelled, ..mined } } else { mined }
    }

    /// What gas costs; and what may be offered for the open transaction: more than the request pays for once all that
    /// is left is to use the nonce.
    async fn market(&self) -> Result<Seen, JobError> {
        let row = self.row.as_ref().ok_or(JobError::NoneOpen)?;
        if self.told.borrow().answered {
            let fees = fees(&self.shared.rpc, &self.shared.rpc.agreed_head().await?).await?;
            let ceiling_wei = payable_wei(self.shared, row.gas_limit).await?;
            return Ok(Seen::Market { market: fees.market, ceiling_wei });
        }
        let quote = quote(self.shared, self.job.commitment.coordinator).await?;
        let ceiling_wei = ceiling_wei(self.shared, self.job, &quote, row.gas_limit).await?;
        Ok(Seen::Market { market: quote.fees.market, ceiling_wei })
    }

    async fn send(&mut self, turn: &Turn<'_>, draft: &Draft) -> Result<Seen, JobError> {
        let row = match self.shared.sender.send_new(turn, draft).await {
            Ok(row) => row,
            // Signed and stored, fate unknown: watched like one that was sent.
            Err(SendError::Rpc(err)) if err.is_transient() => {
                let rows = self.shared.journal.transmissions_of(draft.request_id).await?;
                let stored = rows.into_iter().find(|row| row.attempt == draft.attempt && row.state.is_open());
                stored.ok_or(err)?
            }
            Err(err) => return Err(err.into()),
        };
        let seen = Seen::Stands(standing(&row));
        self.row = Some(row);
        Ok(seen)
    }

    /// What is sent of others is told as if each had been sent alone.
    fn tell_others(&self, gathered: Option<Gathered>) {
        let tx_hash = self.row.as_ref().and_then(|row| row.hashes.last().copied());
        let (Some(tx_hash), Some(Gathered { others, .. })) = (tx_hash, gathered) else { return };
        tracing::info!(request_id = %self.job.request_id, tx = %tx_hash, others = others.len(), "one transaction carries several reports");
        self.shared.queue.leave(&others);
        for (request_id, stage) in others {
            drop(self.shared.notes.send(TransmitNote::Carried { request_id, tx_hash, stage }));
        }
    }

    async fn bump(&mut self, price: Price, cancel: bool) -> Result<Seen, JobError> {
        let row = self.row.as_mut().ok_or(JobError::NoneOpen)?;
        tracing::info!(request_id = %self.job.request_id, nonce = row.nonce, cancel, "transaction is stuck; raising its price");
        // What it carries beside this report, it carries on.
        let what = carried_by(row).unwrap_or_else(|| self.job.calldata.clone());
        let what = (self.job.commitment.coordinator, what);
        let turn = self.shared.sender.turn().await;
        self.shared.sender.replace(&turn, row, price, (!cancel).then_some(what)).await?;
        Ok(Seen::Stands(standing(row)))
    }

    /// Whether a transaction of one of the nodes before waits for a block, as far as the endpoint tells.
    async fn is_pending(&self) -> bool {
        for &transmitter in &self.job.before {
            let mined = self.shared.rpc.nonce(transmitter, "latest").await;
            let sent = self.shared.rpc.nonce(transmitter, "pending").await;
            if let (Ok(mined), Ok(sent)) = (mined, sent)
                && sent > mined
            {
                return true;
            }
        }
        false
    }
}

async fn until_answered(told: &mut watch::Receiver<Told>) {
    if told.wait_for(|told| told.answered).await.is_err() {
        // The engine is gone; the job ends with the process.
        std::future::pending::<()>().await;
    }
}

fn standing(row: &Transmission) -> Standing {
    Standing {
        attempt: row.attempt,
        stage: row.stage,
        tx_hash: row.hashes.last().copied(),
        is_prepared: row.state == TransmissionState::Prepared,
        price: price_of(row),
        sent_ms: row.sent_ms,
    }
}
