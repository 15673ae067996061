//! The gate's look: what the newest block says about a report that is to be sent.

use alloy::primitives::U256;
use functions_types::Commitment;

use super::{
    delivery::Look,
    gas::{self, GasInputs},
    gate::{Simulated, is_confirmed},
    price,
    report::ReportJob,
    shared::Shared,
    simulate::{Subject, l1_price_wei, simulate},
};
use crate::chain::{Header, RpcFailure};

/// Looks, with the gas limit raised by half `gas_raises` times.
///
/// # Errors
/// [`RpcFailure`] when no endpoint answered; what the chain refuses is an answer.
pub(super) async fn look(shared: &Shared, job: &ReportJob, gas_raises: u32) -> Result<Look, RpcFailure> {
    let head = shared.rpc.head().await?;
    let base_fee_wei = base_fee_wei(&head);
    let l1_price = l1_price_wei(&shared.rpc).await?;
    let fee = gas::l1_fee_wei(&job.calldata, l1_price);
    let Commitment { gas_overhead_before_callback, gas_overhead_after_callback, .. } = job.commitment;
    let least = gas::gas_limit(&GasInputs {
        calldata: &job.calldata,
        signatures: job.signatures,
        response_bytes: (job.result.len() + job.error.len()) as u64,
        callback_gas_limit: u64::from(job.commitment.callback_gas_limit),
        overhead: gas_overhead_before_callback + gas_overhead_after_callback,
        l1_gas: gas::l1_gas(fee, base_fee_wei),
    });
    let gas_limit = gas::raised(least, gas_raises);
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
    let need_wei = U256::from(gas_limit) * U256::from(price::offer(base_fee_wei));
    let simulated = match shared.funds.lack(need_wei).await? {
        Some(lack) => Simulated::Unfunded(lack),
        None => simulate(&shared.rpc, &subject, gas_limit, base_fee_wei, l1_price).await?,
    };
    Ok(Look {
        chain_time: head.timestamp.to(),
        base_fee_wei,
        confirmed: is_confirmed(head.height(), job.request_block, shared.confirmations),
        gas_limit,
        need_wei,
        simulated,
    })
}

/// Wei per gas of the newest block; chains without a base fee count as one.
pub(super) fn base_fee_wei(head: &Header) -> u128 {
    head.base_fee_per_gas.and_then(|fee| u128::try_from(fee).ok()).unwrap_or(1)
}
