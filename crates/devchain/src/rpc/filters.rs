//! Filters that remember how far their owner has read.

use std::collections::BTreeMap;

use alloy::{primitives::U256, rpc::types::Filter};
use serde_json::{Value, json};

use super::{Api, Params, RpcError, read::get_logs, shape};
use crate::chain::Chain;

/// Most filters at once; the oldest makes room.
const MAX_FILTERS: usize = 1_024;

/// All installed filters, by id.
#[derive(Debug, Default)]
pub(super) struct Filters {
    installed: BTreeMap<u64, Installed>,
    last_id: u64,
}

#[derive(Debug)]
struct Installed {
    kind: Kind,
    /// First block not yet reported.
    next: u64,
}

#[derive(Clone, Debug)]
enum Kind {
    Logs(Box<Filter>),
    Blocks,
    Transactions,
}

impl Filters {
    fn install(&mut self, kind: Kind, next: u64) -> Value {
        if self.installed.len() >= MAX_FILTERS {
            self.installed.pop_first();
        }
        self.last_id += 1;
        self.installed.insert(self.last_id, Installed { kind, next });
        shape::quantity(self.last_id)
    }
}

impl Api {
    pub(super) fn filter(&self, name: &str, mut params: Params) -> Result<Value, RpcError> {
        let chain = self.chain();
        let next = chain.latest().number() + 1;
        let mut filters = self.filters();
        let not_found = || RpcError::server("filter not found");
        match name {
            "newFilter" => {
                let filter: Filter = params.get(0, "filter")?;
                let first = filter.get_from_block().unwrap_or(next);
                Ok(filters.install(Kind::Logs(Box::new(filter)), first))
            }
            "newBlockFilter" => Ok(filters.install(Kind::Blocks, next)),
            "newPendingTransactionFilter" => Ok(filters.install(Kind::Transactions, next)),
            "uninstallFilter" => {
                let id = id(&mut params)?;
                Ok(json!(filters.installed.remove(&id).is_some()))
            }
            "getFilterLogs" => {
                let id = id(&mut params)?;
                match filters.installed.get(&id).map(|installed| &installed.kind) {
                    Some(Kind::Logs(filter)) => get_logs(&chain, filter),
                    _ => Err(not_found()),
                }
            }
            _ => {
                let id = id(&mut params)?;
                let installed = filters.installed.get_mut(&id).ok_or_else(not_found)?;
                changes(&chain, installed)
            }
        }
    }
}

fn id(params: &mut Params) -> Result<u64, RpcError> {
    let id: U256 = params.get(0, "filter id")?;
    u64::try_from(id).map_err(|_| RpcError::server("filter not found"))
}

/// What happened since the last time, and moves the mark.
fn changes(chain: &Chain, installed: &mut Installed) -> Result<Value, RpcError> {
    let newest = chain.latest().number();
    // After a revert the mark may lie in the future.
    let from = installed.next.min(newest + 1);
    let blocks = (from..=newest).filter_map(|number| chain.block(number));
    let found = match &installed.kind {
        Kind::Blocks => blocks.map(|block| json!(block.hash)).collect(),
        Kind::Transactions => blocks
            .flat_map(|block| &block.transactions)
            .map(|included| json!(included.transaction.hash))
            .collect(),
        Kind::Logs(filter) => {
            let to = filter.get_to_block().unwrap_or(newest).min(newest);
            chain.logs(filter, from, to)?.iter().map(shape::log).collect()
        }
    };
    installed.next = newest + 1;
    Ok(found)
}
