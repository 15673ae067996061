//! Reads of the router and the coordinator.

use alloy::{
    primitives::{Address, B256, U256},
    rpc::types::Filter,
    sol_types::{SolCall, SolEvent},
};
use functions_types::abi::{Coordinator, Router};

use super::rpc::{CallRequest, Rpc, RpcFailure};

/// Largest answer of a view that is decoded, in bytes.
const MAX_VIEW_BYTES: usize = 64 * 1024;

/// The coordinator that serves `don_id`; `None` while the router has no such route.
///
/// # Errors
/// [`RpcFailure`].
pub async fn coordinator_of(rpc: &Rpc, router: Address, don_id: B256) -> Result<Option<Address>, RpcFailure> {
    match view(rpc, router, Router::getContractByIdCall { id: don_id }).await {
        Ok(found) if found == Address::ZERO => Ok(None),
        Ok(found) => Ok(Some(found)),
        // RouteNotFound: the route is not set yet.
        Err(RpcFailure::Reverted { .. }) => Ok(None),
        Err(err) => Err(err),
    }
}

/// The digest in force; `None` before the first configuration.
///
/// # Errors
/// [`RpcFailure`].
pub async fn config_digest(rpc: &Rpc, coordinator: Address) -> Result<Option<B256>, RpcFailure> {
    let details = view(rpc, coordinator, Coordinator::latestConfigDetailsCall {}).await?;
    Ok((details.configCount > 0).then_some(details.configDigest))
}

/// LINK's price in wei, as billing reads it.
///
/// # Errors
/// [`RpcFailure`].
pub async fn wei_per_link(rpc: &Rpc, coordinator: Address) -> Result<U256, RpcFailure> {
    view(rpc, coordinator, Coordinator::getWeiPerUnitLinkCall {}).await
}

/// Searches backward from the head to `first_block` for the event that set `digest`, and its block.
///
/// Block numbers in the coordinator's own views are those of the settlement layer on some chains, so they do not help.
///
/// # Errors
/// [`RpcFailure`].
pub async fn find_config(
    rpc: &Rpc,
    coordinator: Address,
    digest: B256,
    first_block: u64,
    max_range: u64,
) -> Result<Option<(Coordinator::ConfigSet, u64)>, RpcFailure> {
    let Some(head) = rpc.header("latest").await? else { return Ok(None) };
    let (mut last, mut range) = (head.height(), max_range.max(1));
    loop {
        let first = last.saturating_sub(range - 1).max(first_block);
        let filter = Filter::new()
            .address(coordinator)
            .event_signature(Coordinator::ConfigSet::SIGNATURE_HASH)
            .from_block(first)
            .to_block(last);
        match rpc.logs(&filter).await {
            Ok(logs) => {
                for log in logs.iter().rev().filter(|log| log.address() == coordinator && !log.removed) {
                    match Coordinator::ConfigSet::decode_log_validate(&log.inner) {
                        Ok(found) if found.data.configDigest == digest => {
                            return Ok(log.block_number.map(|block| (found.data, block)));
                        }
                        Ok(_) => {}
                        Err(err) => tracing::warn!(%err, "a ConfigSet log does not decode"),
                    }
                }
            }
            Err(RpcFailure::RangeTooLarge(_)) if range > 1 => {
                range = (range / 2).max(1);
                continue;
            }
            Err(err) => return Err(err),
        }
        if first <= first_block || first == 0 {
            return Ok(None);
        }
        last = first - 1;
    }
}

/// Calls a view and decodes its answer.
pub(crate) async fn view<C: SolCall>(rpc: &Rpc, to: Address, call: C) -> Result<C::Return, RpcFailure> {
    let request = CallRequest {
        from: Address::ZERO,
        to,
        data: call.abi_encode().into(),
        gas: None,
        gas_price_wei: None,
    };
    let answer = rpc.eth_call(&request).await?;
    let malformed =
        |problem: String| RpcFailure::Malformed { method: format!("eth_call {}", C::SIGNATURE), problem };
    if answer.len() > MAX_VIEW_BYTES {
        return Err(malformed(format!("{} bytes", answer.len())));
    }
    C::abi_decode_returns_validate(&answer).map_err(|err| {
        let hint = if answer.is_empty() { " (no contract at this address?)" } else { "" };
        malformed(format!("{err}{hint}"))
    })
}
