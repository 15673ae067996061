//! What the chain asks per gas now, and the most that this node may offer.

use alloy::primitives::{Address, Bytes, U256};
use functions_types::Commitment;
use tokio::time::Instant;

use super::{
    funds::LOOK_EVERY,
    gas,
    price::{Fees, Market, Quote},
    report::ReportJob,
    shared::Shared,
    simulate::{Subject, affordable_wei, l1_price_wei},
};
use crate::chain::{Header, Rpc, RpcFailure, wei_per_link};

/// Asks the chain. Arbitrum's sequencer takes transactions as they arrive: a tip would only be paid. Elsewhere pools
/// refuse a transaction without any.
///
/// # Errors
/// [`RpcFailure`] when no endpoint answered.
pub(super) async fn fees(rpc: &Rpc, head: &Header) -> Result<Fees, RpcFailure> {
    let base_fee_wei = base_fee_wei(head);
    Ok(match l1_price_wei(rpc).await? {
        Some(l1_price_wei) => Fees { market: Market { base_fee_wei, tip_wei: 0 }, l1_price_wei },
        None => {
            let tip_wei = rpc.tip_wei().await?.max(1);
            Fees { market: Market { base_fee_wei, tip_wei }, l1_price_wei: 0 }
        }
    })
}

/// Wei per gas of the newest block; chains without a base fee count as one.
fn base_fee_wei(head: &Header) -> u128 {
    head.base_fee_per_gas.and_then(|fee| u128::try_from(fee).ok()).unwrap_or(1)
}

/// Asks the chain for a quote.
///
/// # Errors
/// [`RpcFailure`] when no endpoint answered.
pub(super) async fn quote(shared: &Shared, coordinator: Address) -> Result<Quote, RpcFailure> {
    let at = Instant::now();
    let head = shared.rpc.agreed_head().await?;
    let fees = fees(&shared.rpc, &head).await?;
    let wei_per_link = match wei_per_link(&shared.rpc, coordinator).await {
        Ok(price) => Some(price),
        Err(err) if err.is_transient() => return Err(err),
        // The simulation shows what that means for the report.
        Err(_) => None,
    };
    Ok(Quote { at, head, fees, wei_per_link })
}

/// The most that may be offered per gas for a report's transaction, as long as the request waits for it: what the
/// operator allows, what the account holds for `gas_limit`, and the price above which the reservation does not pay for
/// the report.
///
/// # Errors
/// [`RpcFailure`] when no endpoint answered.
pub(super) async fn ceiling_wei(
    shared: &Shared,
    job: &ReportJob,
    quote: &Quote,
    gas_limit: u64,
) -> Result<u128, RpcFailure> {
    let subject = subject(shared, job);
    let affordable = quote
        .wei_per_link
        .map_or(u128::MAX, |price| affordable_wei(&subject, quote.fees.l1_price_wei, price));
    Ok(affordable.min(payable_wei(shared, gas_limit).await?))
}

/// What the operator allows and the account holds, per gas.
///
/// # Errors
/// [`RpcFailure`] when no endpoint answered.
pub(super) async fn payable_wei(shared: &Shared, gas_limit: u64) -> Result<u128, RpcFailure> {
    let balance = shared.funds.wei(LOOK_EVERY).await?;
    let held = u128::try_from(balance / U256::from(gas_limit.max(1))).unwrap_or(u128::MAX);
    Ok(held.min(shared.config.max_gas_price_wei))
}

/// What is simulated of a report.
pub(super) fn subject<'a>(shared: &Shared, job: &'a ReportJob) -> Subject<'a> {
    Subject {
        chain_id: shared.sender.chain_id(),
        router: shared.config.router,
        transmitter: shared.sender.address(),
        calldata: &job.calldata,
        signatures: job.signatures,
        result: &job.result,
        error: &job.error,
        commitment: &job.commitment,
    }
}

/// The gas limit of a report's transaction, raised by half `raises` times.
pub(super) fn gas_limit(job: &ReportJob, fees: &Fees, raises: u32) -> u64 {
    gas::raised(batch_gas_limit(&[job], &job.calldata, fees), raises)
}

/// The gas limit of a transaction of these reports.
pub(super) fn batch_gas_limit(jobs: &[&ReportJob], calldata: &Bytes, fees: &Fees) -> u64 {
    let l1_fee = gas::l1_fee_wei(calldata, fees.l1_price_wei);
    let entry = |job: &&ReportJob| {
        let Commitment { gas_overhead_before_callback, gas_overhead_after_callback, .. } = job.commitment;
        gas::Entry {
            response_bytes: (job.result.len() + job.error.len()) as u64,
            callback_gas_limit: u64::from(job.commitment.callback_gas_limit),
            overhead: gas_overhead_before_callback + gas_overhead_after_callback,
        }
    };
    gas::gas_limit(&gas::GasInputs {
        calldata,
        signatures: jobs.first().map_or(0, |job| job.signatures),
        entries: jobs.iter().map(entry).collect(),
        l1_gas: gas::l1_gas(l1_fee, fees.market.base_fee_wei),
    })
}
