//! The gate's look: what the newest block says about a report that is to be sent.

use std::sync::atomic::Ordering;

use alloy::primitives::U256;

use super::{
    delivery::Look,
    fees::{ceiling, fees, gas_limit, subject},
    gate::{Simulated, is_confirmed},
    report::ReportJob,
    shared::Shared,
    simulate::simulate,
};
use crate::chain::RpcFailure;

/// Looks, with the gas limit raised by half `gas_raises` times; the request lies in the block at `request_block`.
///
/// # Errors
/// [`RpcFailure`] when no endpoint answered; what the chain refuses is an answer.
pub(super) async fn look(
    shared: &Shared,
    job: &ReportJob,
    request_block: u64,
    gas_raises: u32,
) -> Result<Look, RpcFailure> {
    let head = shared.rpc.agreed_head().await?;
    let fees = fees(&shared.rpc, &head).await?;
    let gas_limit = gas_limit(job, &fees, gas_raises);
    let need_wei = U256::from(gas_limit) * U256::from(fees.market.effective_wei());
    let ceiling = ceiling(shared, job, &fees, gas_limit).await?;
    let simulated = match shared.funds.lack(need_wei).await? {
        Some(lack) => Simulated::Unfunded(lack),
        None => simulate(&shared.rpc, &subject(shared, job), gas_limit, &fees, ceiling.wei_per_link).await?,
    };
    Ok(Look {
        chain_time: shared.chain_seconds.load(Ordering::Relaxed),
        market: fees.market,
        ceiling_wei: ceiling.wei,
        carried: false,
        waiting: 0,
        confirmed: is_confirmed(head.height(), request_block, shared.config.confirmations),
        gas_limit,
        need_wei,
        simulated,
    })
}
