//! Filters that remember how far their owner has read. Changes are what happened since the filter was made, also when
//! its range begins earlier; eth_getFilterLogs answers with the whole range.

use std::collections::BTreeMap;

use alloy::rpc::types::Filter;
use serde_json::{Value, json};

use super::{Api, Params, RpcError, records::find_logs, shape};
use crate::{
    block::Block,
    chain::{Chain, Event, LogLocation, MAX_LOG_BYTES, MAX_LOGS, bytes_of, logs_of},
};

/// Most filters at once; the oldest makes room.
const MAX_FILTERS: usize = 1_024;

/// What the owner of a filter is told that would miss something. It begins as what clients know, who then make a new
/// one.
const FORGOTTEN: &str = "filter not found: more happened since it was last asked than is remembered, so it was removed; \
    make a new one, and read what was missed by block (eth_getLogs, eth_getBlockByNumber)";

/// All installed filters, by id.
#[derive(Debug, Default)]
pub(super) struct Filters {
    installed: BTreeMap<u64, Installed>,
    last_id: u64,
}

#[derive(Debug)]
struct Installed {
    kind: Kind,
    /// Number of the first event not yet reported.
    next_event: u64,
}

#[derive(Clone, Debug)]
enum Kind {
    Logs(Box<Filter>),
    Blocks,
    Transactions,
}

impl Filters {
    fn install(&mut self, kind: Kind, next_event: u64) -> Value {
        if self.installed.len() >= MAX_FILTERS {
            self.installed.pop_first();
        }
        self.last_id += 1;
        self.installed.insert(self.last_id, Installed { kind, next_event });
        shape::quantity(self.last_id)
    }
}

impl Api {
    pub(super) fn filter(&self, name: &str, mut params: Params) -> Result<Value, RpcError> {
        let chain = self.chain();
        let next_event = chain.next_event();
        let mut filters = self.filters();
        let not_found = || RpcError::server("filter not found");
        match name {
            "newFilter" => {
                let filter: Filter = params.get(0, "filter")?;
                if let (Some(first), Some(last)) = (filter.get_from_block(), filter.get_to_block())
                    && first > last
                {
                    return Err(RpcError::params("invalid block range params: fromBlock is after toBlock"));
                }
                Ok(filters.install(Kind::Logs(Box::new(filter)), next_event))
            }
            "newBlockFilter" => Ok(filters.install(Kind::Blocks, next_event)),
            "newPendingTransactionFilter" => Ok(filters.install(Kind::Transactions, next_event)),
            "uninstallFilter" => {
                let id = id(&mut params)?;
                Ok(json!(filters.installed.remove(&id).is_some()))
            }
            "getFilterLogs" => {
                let id = id(&mut params)?;
                match filters.installed.get(&id).map(|installed| &installed.kind) {
                    Some(Kind::Logs(filter)) => Ok(find_logs(&chain, filter)?.iter().map(log).collect()),
                    _ => Err(not_found()),
                }
            }
            _ => {
                let id = id(&mut params)?;
                let installed = filters.installed.get_mut(&id).ok_or_else(not_found)?;
                if chain.has_forgotten(installed.next_event) {
                    filters.installed.remove(&id);
                    return Err(RpcError::server(FORGOTTEN));
                }
                Ok(changes(&chain, installed))
            }
        }
    }
}

fn id(params: &mut Params) -> Result<u64, RpcError> {
    let id = params.number(0, "filter id")?;
    u64::try_from(id).map_err(|_| RpcError::server("filter not found"))
}

/// What happened since the last time, and moves the mark: all of it, or what comes up to the block with the last of
/// [`MAX_LOGS`] results or [`MAX_LOG_BYTES`], and the rest the next time.
fn changes(chain: &Chain, installed: &mut Installed) -> Value {
    let (mut found, mut bytes): (Vec<Value>, usize) = (Vec::new(), 0);
    for (number, event) in chain.events_since(installed.next_event) {
        match (&installed.kind, event) {
            (Kind::Blocks, Event::Block(block)) => found.push(json!(block.hash)),
            (Kind::Transactions, Event::Accepted(hash)) => found.push(json!(hash)),
            (Kind::Logs(filter), Event::Block(block)) if wants(filter, block) => {
                found.extend(counted(logs_of(block, filter), &mut bytes).iter().map(log));
            }
            (Kind::Logs(filter), Event::Removed(block)) if wants(filter, block) => {
                let logs = counted(logs_of(block, filter), &mut bytes);
                found.extend(logs.iter().rev().map(|log| json!(shape::removed_log(log))));
            }
            _ => {}
        }
        installed.next_event = number + 1;
        if found.len() >= MAX_LOGS || bytes > MAX_LOG_BYTES {
            break;
        }
    }
    Value::Array(found)
}

fn log(found: &LogLocation<'_>) -> Value {
    json!(shape::log(found))
}

/// The same logs, whose data is added to `bytes`.
fn counted<'a>(logs: Vec<LogLocation<'a>>, bytes: &mut usize) -> Vec<LogLocation<'a>> {
    *bytes += bytes_of(&logs);
    logs
}

/// Whether a block is in the range a filter asks about.
fn wants(filter: &Filter, block: &Block) -> bool {
    let number = block.number();
    filter.get_from_block().is_none_or(|first| first <= number)
        && filter.get_to_block().is_none_or(|last| number <= last)
}
