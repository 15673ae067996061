//! Reads of the router and the coordinator.

use std::collections::{BTreeSet, HashMap};

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::{SolCall, SolEvent},
};
use functions_types::{
    DonId, Juels,
    abi::{Coordinator, Router},
    programs::Standing,
};

use super::{
    endpoints::{Reach, Rpc},
    failure::RpcFailure,
    logs::{LogQuery, Span},
    transactions::CallRequest,
};
use crate::config::ChainSection;

/// Largest answer of a view that is decoded, in bytes.
const MAX_VIEW_BYTES: usize = 64 * 1024;

/// Subscriptions read at once: each may have a hundred consumers, of a word.
const SUBSCRIPTIONS_AT_ONCE: u64 = 16;

/// Most queries for names of DONs, and most names.
const MAX_NAME_QUERIES: u32 = 20;
const MAX_NAMES: usize = 32;

/// The coordinator that serves `don_id`; `None` while the router has no such route.
///
/// # Errors
/// [`RpcFailure`].
pub async fn coordinator_of(rpc: &Rpc, router: Address, don_id: B256) -> Result<Option<Address>, RpcFailure> {
    match view(rpc, router, Router::getContractByIdCall { id: don_id }).await {
        Ok(found) if found == Address::ZERO => Ok(None),
        Ok(found) => Ok(Some(found)),
        // RouteNotFound: the route is not set yet.
        Err(RpcFailure::Reverted { data, .. }) if Standing::from_revert(&data).is_none() => Ok(None),
        Err(err) => Err(err),
    }
}

/// What to do about a DON the Router does not know: the name that was probably meant, or those that are known.
///
/// Names are read from the Router's proposal and its newest events, within a bounded number of questions.
pub async fn unknown_don(rpc: &Rpc, chain: &ChainSection) -> String {
    let known = known_dons(rpc, chain).await;
    let names: Vec<String> = known.iter().map(|id| DonId(*id).to_string()).collect();
    let ours = chain.don_id.to_string();
    if let Some(meant) = functions_toml_file::nearest(&ours, names.iter().map(String::as_str)) {
        return format!("did you mean {meant:?}?");
    }
    match names.as_slice() {
        [] => format!(
            "correct chain.don_id or chain.router, or have the owner of {} set the route",
            chain.router
        ),
        names => format!("the Router knows {}; correct chain.don_id", names.join(", ")),
    }
}

async fn known_dons(rpc: &Rpc, chain: &ChainSection) -> BTreeSet<B256> {
    let mut known = BTreeSet::new();
    if let Ok(proposed) = view(rpc, chain.router, Router::getProposedContractSetCall {}).await {
        known.extend(proposed._0);
    }
    let allow_list = view(rpc, chain.router, Router::getAllowListIdCall {}).await.unwrap_or_default();
    let Ok(head) = rpc.agreed_head().await else { return known };
    let mut last = head.height();
    for _ in 0..MAX_NAME_QUERIES {
        let first = last.saturating_sub(chain.max_log_range.max(1) - 1).max(chain.start_block);
        let query = LogQuery {
            addresses: vec![chain.router],
            topics: vec![Router::ContractUpdated::SIGNATURE_HASH],
            span: Span::Range(first, last),
        };
        let Ok(logs) = rpc.agreed_logs(&query, Reach::First).await else { break };
        let updates = logs.iter().filter_map(|log| Router::ContractUpdated::decode_log(&log.inner).ok());
        known.extend(updates.map(|update| update.data.id).take(MAX_NAMES));
        if first <= chain.start_block || known.len() >= MAX_NAMES {
            break;
        }
        last = first - 1;
    }
    known.remove(&allow_list);
    known
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
    let head = rpc.agreed_head().await?;
    let (mut last, mut range) = (head.height(), max_range.max(1));
    loop {
        let first = last.saturating_sub(range - 1).max(first_block);
        let query = LogQuery {
            addresses: vec![coordinator],
            topics: vec![Coordinator::ConfigSet::SIGNATURE_HASH],
            span: Span::Range(first, last),
        };
        match rpc.agreed_logs(&query, Reach::First).await {
            Ok(logs) => {
                for log in logs.iter().rev() {
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

/// What the richest subscription of each owner holds.
///
/// # Errors
/// [`RpcFailure`].
pub async fn richest_subscriptions(
    rpc: &Rpc,
    router: Address,
) -> Result<HashMap<Address, Juels>, RpcFailure> {
    let count = view(rpc, router, Router::getSubscriptionCountCall {}).await?;
    let mut richest = HashMap::new();
    let mut first = 1;
    while first <= count {
        let last = count.min(first + SUBSCRIPTIONS_AT_ONCE - 1);
        let range =
            Router::getSubscriptionsInRangeCall { subscriptionIdStart: first, subscriptionIdEnd: last };
        for one in view(rpc, router, range).await? {
            let held: &mut Juels = richest.entry(one.owner).or_insert(Juels::ZERO);
            *held = (*held).max(Juels::from_uint96(one.balance.to()));
        }
        first = last + 1;
    }
    Ok(richest)
}

/// Calls a view and decodes its answer, which enough endpoints give.
pub(crate) async fn view<C: SolCall>(rpc: &Rpc, to: Address, call: C) -> Result<C::Return, RpcFailure> {
    decoded::<C>(&rpc.agreed_call(&question(to, &call)).await?)
}

fn question<C: SolCall>(to: Address, call: &C) -> CallRequest {
    CallRequest { from: Address::ZERO, to, data: call.abi_encode().into(), gas: None, gas_price_wei: None }
}

fn decoded<C: SolCall>(answer: &[u8]) -> Result<C::Return, RpcFailure> {
    let malformed =
        |problem: String| RpcFailure::Malformed { method: format!("eth_call {}", C::SIGNATURE), problem };
    if answer.len() > MAX_VIEW_BYTES {
        return Err(malformed(format!("{} bytes", answer.len())));
    }
    C::abi_decode_returns_validate(answer).map_err(|err| {
        let hint = if answer.is_empty() { " (no contract at this address?)" } else { "" };
        malformed(format!("{err}{hint}"))
    })
}
