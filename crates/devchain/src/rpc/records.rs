//! Reads with long answers: blocks, receipts and logs, written straight to text.

use alloy::{
    eips::BlockNumberOrTag,
    primitives::B256,
    rpc::types::{Filter, FilterBlockOption},
};

use super::{Api, Params, RpcError, read::find_block, resolve, shape};
use crate::chain::{Chain, LogLocation};

impl Api {
    /// The answer to a method of these, as JSON; `None` when it is another.
    pub(super) fn record(&self, method: &str, params: &mut Params) -> Option<Result<String, RpcError>> {
        let of: fn(&Chain, &str, &mut Params) -> Result<String, RpcError> = match method {
            "eth_getBlockByNumber" | "eth_getBlockByHash" => block,
            "eth_getTransactionReceipt" => receipt,
            "eth_getBlockReceipts" => receipts,
            "eth_getLogs" => logs,
            _ => return None,
        };
        Some(of(&self.chain(), method, params))
    }
}

fn block(chain: &Chain, method: &str, params: &mut Params) -> Result<String, RpcError> {
    let full = params.optional(1, "full transactions")?.unwrap_or(false);
    let found = find_block(chain, method, params)?;
    Ok(shape::text(&found.map(|block| shape::block(block, full))))
}

fn receipt(chain: &Chain, _: &str, params: &mut Params) -> Result<String, RpcError> {
    let hash: B256 = params.get(0, "hash")?;
    let found = chain.transaction(hash);
    Ok(shape::text(&found.map(|(block, index, included)| shape::receipt(block, index, included))))
}

fn receipts(chain: &Chain, _: &str, params: &mut Params) -> Result<String, RpcError> {
    let found = resolve(chain, params.block(0)?).and_then(|number| chain.block(number));
    let all = found.map(|block| {
        let included = block.transactions.iter().enumerate();
        included.map(|(index, included)| shape::receipt(block, index, included)).collect::<Vec<_>>()
    });
    Ok(shape::text(&all))
}

fn logs(chain: &Chain, _: &str, params: &mut Params) -> Result<String, RpcError> {
    let filter: Filter = params.get(0, "filter")?;
    let found = find_logs(chain, &filter)?;
    Ok(shape::text(&found.iter().map(shape::log).collect::<Vec<_>>()))
}

/// Logs of the range or block a filter names.
pub(super) fn find_logs<'a>(chain: &'a Chain, filter: &Filter) -> Result<Vec<LogLocation<'a>>, RpcError> {
    match &filter.block_option {
        FilterBlockOption::AtBlockHash(hash) => Ok(chain.logs_in(*hash, filter)?),
        FilterBlockOption::Range { .. } => {
            let (from, to) = range(chain, filter);
            if from > to && to < chain.latest().number() {
                return Err(RpcError::params("invalid block range params: fromBlock is after toBlock"));
            }
            Ok(chain.logs(filter, from, to)?)
        }
    }
}

/// First and last block of a filter. A missing end is the newest block.
fn range(chain: &Chain, filter: &Filter) -> (u64, u64) {
    let newest = chain.latest().number();
    let number = |tag: Option<BlockNumberOrTag>| match tag {
        Some(BlockNumberOrTag::Number(number)) => number,
        Some(BlockNumberOrTag::Earliest) => 0,
        _ => newest,
    };
    match &filter.block_option {
        FilterBlockOption::Range { from_block, to_block } => (number(*from_block), number(*to_block)),
        FilterBlockOption::AtBlockHash(_) => (newest, newest),
    }
}
