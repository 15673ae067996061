//! Makes one transaction of several reports that wait: the router is asked what it would say of each of the others, the
//! protocol is asked for the signatures, and what came of it is tried at the newest block. Nothing is decided here.

use std::sync::PoisonError;

use alloy::primitives::{B256, Bytes};
use futures::future::join_all;
use tokio::{sync::oneshot, time::Instant};

use super::{
    batch::{self, Waiting},
    delivery::Together,
    fees::{batch_gas_limit, ceiling_wei, quote},
    look::{Way, look},
    price::{self, Quote},
    queue::Waiter,
    report::{ReportJob, TransmitNote},
    sender::SendError,
    shared::Shared,
    simulate::is_taken,
};

/// A transaction of several reports that may be sent.
pub(super) struct Gathered {
    pub(super) calldata: Bytes,
    /// The requests beside the first, and this node's stage in the order of each.
    pub(super) others: Vec<(B256, u64)>,
    /// What decides whether it is sent.
    pub(super) together: Together,
}

/// Gathers around the report `first`, whose turn it is and which was just looked at, at these prices.
///
/// # Errors
/// [`SendError`] when no endpoint answered, or the journal did not.
pub(super) async fn gather(
    shared: &Shared,
    first: &ReportJob,
    quote: Quote,
) -> Result<Option<Gathered>, SendError> {
    let waiters = shared.queue.waiters();
    let waiting: Vec<Waiting> = waiters.iter().map(|waiter| waiting_of(&waiter.job)).collect();
    let chosen = batch::choose(&waiting_of(first), &waiting);
    let chosen: Vec<&Waiter> = chosen.into_iter().filter_map(|place| waiters.get(place)).collect();
    if chosen.is_empty() {
        return Ok(None);
    }
    let looks = join_all(chosen.iter().map(|waiter| may_go_along(shared, waiter, &quote))).await;
    let along = chosen.iter().zip(looks).filter_map(|(waiter, ceiling)| Some((&*waiter.job, ceiling?)));
    let along: Vec<(&ReportJob, u128)> = along.collect();
    if !batch::is_enough(along.len()) {
        return Ok(None);
    }
    let gathered = try_gather(shared, first, &along, quote).await;
    let mut pause = shared.pause.lock().unwrap_or_else(PoisonError::into_inner);
    pause.note(Instant::now(), matches!(gathered, Ok(Some(_))));
    gathered
}

async fn try_gather(
    shared: &Shared,
    first: &ReportJob,
    along: &[(&ReportJob, u128)],
    asked: Quote,
) -> Result<Option<Gathered>, SendError> {
    let jobs: Vec<&ReportJob> = std::iter::once(first).chain(along.iter().map(|(job, _)| *job)).collect();
    let (sender, answer) = oneshot::channel();
    shared.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(first.request_id, sender);
    let keys = jobs.iter().map(|job| job.key()).collect();
    // A closed channel means the node is stopping, and the answer does not come.
    drop(shared.notes.send(TransmitNote::Gather { keys }));
    let Ok(Some(batch)) = answer.await else { return Ok(None) };
    let calldata = Bytes::from(batch.calldata());
    let quote = match asked.counts(Instant::now()) {
        true => asked,
        false => quote(shared, first.commitment.coordinator).await?,
    };
    let market = quote.fees.market;
    let gas_limit = batch_gas_limit(&jobs, &calldata, &quote.fees);
    // No more than the reservation of each of them pays for.
    let of_first = ceiling_wei(shared, first, &quote, gas_limit).await?;
    let ceiling_wei = along.iter().map(|(_, ceiling)| *ceiling).fold(of_first, u128::min);
    let Some(price) = price::offer(market, ceiling_wei) else {
        return Ok(None);
    };
    let (from, to) = (shared.sender.address(), first.commitment.coordinator);
    if !is_taken(&shared.rpc, (from, to), &calldata, gas_limit, price::tried_wei(market, price)).await? {
        return Ok(None);
    }
    let mut carried = false;
    for job in &jobs {
        carried |= shared.carried.is_carried(&shared.journal, &shared.sender, job.request_id).await?;
    }
    let others = along.iter().map(|(job, _)| (job.request_id, job.stage)).collect();
    Ok(Some(Gathered { calldata, others, together: Together { gas_limit, price, carried } }))
}

/// The most that may be offered per gas for a report that may go along.
async fn may_go_along(shared: &Shared, waiter: &Waiter, quote: &Quote) -> Option<u128> {
    let told = *waiter.told.borrow();
    let timeout = u64::from(waiter.job.commitment.timeout_timestamp);
    match shared.carried.is_carried(&shared.journal, &shared.sender, waiter.job.request_id).await {
        Ok(false) => {}
        // With trouble it goes alone, and says what the trouble is.
        Ok(true) | Err(_) => return None,
    }
    let look = look(shared, &waiter.job, quote, told.request_block, Way::Along).await.ok()?;
    let ceiling_wei = look.ceiling_wei;
    look.may_go_along(told.answered, timeout).then_some(ceiling_wei)
}

fn waiting_of(job: &ReportJob) -> Waiting {
    Waiting {
        reported_ms: job.reported_ms,
        coordinator: job.commitment.coordinator,
        callback_gas: job.commitment.callback_gas_limit.into(),
    }
}
