//! The gate's look: what the newest block says about a report that is to be sent.

use std::sync::atomic::Ordering;

use alloy::primitives::U256;

use super::{
    delivery::Look,
    fees::{ceiling_wei, gas_limit, subject},
    gate::{Simulated, is_confirmed},
    price::Quote,
    report::ReportJob,
    shared::Shared,
    simulate::{entry_code, simulate},
};
use crate::chain::RpcFailure;

/// How the report would be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By itself, with the gas limit raised by half so many times.
    Alone { gas_raises: u32 },
    /// With others: the transaction of all of them is tried once it is there.
    Along,
}

/// Looks, at the prices of `quote`; the request lies in the block at `request_block`.
///
/// # Errors
/// [`RpcFailure`] when no endpoint answered; what the chain refuses is an answer.
pub(super) async fn look(
    shared: &Shared,
    job: &ReportJob,
    quote: &Quote,
    request_block: u64,
    way: Way,
) -> Result<Look, RpcFailure> {
    let market = quote.fees.market;
    let gas_raises = if let Way::Alone { gas_raises } = way { gas_raises } else { 0 };
    let gas_limit = gas_limit(job, &quote.fees, gas_raises);
    let need_wei = U256::from(gas_limit) * U256::from(market.effective_wei());
    let ceiling_wei = ceiling_wei(shared, job, quote, gas_limit).await?;
    let subject = subject(shared, job);
    let simulated = match (shared.funds.lack(need_wei).await?, way) {
        (Some(lack), _) => Simulated::Unfunded(lack),
        (None, Way::Alone { .. }) => simulate(&shared.rpc, &subject, gas_limit, quote).await?,
        (None, Way::Along) => entry_code(&shared.rpc, &subject, gas_limit, quote).await?,
    };
    Ok(Look {
        chain_time: shared.chain_seconds.load(Ordering::Relaxed),
        market,
        ceiling_wei,
        carried: false,
        waiting: 0,
        confirmed: is_confirmed(quote.head.height(), request_block, shared.config.confirmations),
        gas_limit,
        need_wei,
        simulated,
    })
}
