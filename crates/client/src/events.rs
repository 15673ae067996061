//! Typed events: from logs, whatever range an endpoint gives at a time, and from a receipt.

use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, B256};
use alloy::providers::Provider;
use alloy::rpc::types::{Filter, Log, TransactionReceipt};
use alloy::sol_types::SolEvent;
use alloy::transports::TransportError;
use functions_rpc::{Fault, of_error};

use crate::chain::Chain;
use crate::error::ClientError;

impl Chain {
    /// The events `E` of `address` since `from_block`, oldest first, with the logs they came in.
    ///
    /// `topic1` restricts the first indexed parameter. Logs that do not decode are left out.
    ///
    /// # Errors
    /// [`ClientError::Rpc`].
    pub async fn events<E: SolEvent>(
        &self,
        address: Address,
        from_block: u64,
        topic1: Option<B256>,
    ) -> Result<Vec<(E, Log)>, ClientError> {
        let mut filter = Filter::new().address(address).event_signature(E::SIGNATURE_HASH);
        if let Some(topic) = topic1 {
            filter = filter.topic1(topic);
        }
        self.find(filter, from_block).await
    }

    /// The events `E` a filter names since `from_block`, oldest first, with the logs they came in.
    ///
    /// An endpoint that refuses the range is asked for halves of it. Logs that do not decode are left out.
    ///
    /// # Errors
    /// [`ClientError::Rpc`], also when the endpoint refuses a single block.
    pub async fn find<E: SolEvent>(
        &self,
        filter: Filter,
        from_block: u64,
    ) -> Result<Vec<(E, Log)>, ClientError> {
        let rpc = |e| ClientError::from_rpc(E::SIGNATURE, e);
        // The last range stays open, so that a block that comes meanwhile is not missed.
        let mut ranges = vec![(from_block, None)];
        let mut found = Vec::new();
        while let Some((first, last)) = ranges.pop() {
            let range =
                filter.clone().from_block(first).to_block(last.map_or(BlockNumberOrTag::Latest, Into::into));
            match self.provider().get_logs(&range).await {
                Ok(logs) => found.extend(
                    logs.into_iter().filter_map(|log| Some((E::decode_log(&log.inner).ok()?.data, log))),
                ),
                Err(error) if is_range_refused(&error) => {
                    let end = match last {
                        Some(last) => last,
                        None => self.block_number().await?,
                    };
                    if end <= first {
                        return Err(rpc(error));
                    }
                    let middle = first + (end - first) / 2;
                    ranges.push((middle + 1, last));
                    ranges.push((first, Some(middle)));
                }
                Err(error) => return Err(rpc(error)),
            }
        }
        Ok(found)
    }

    /// The first event `E` that `address` emitted in a receipt.
    ///
    /// # Errors
    /// [`ClientError::MissingEvent`].
    pub fn event_in<E: SolEvent>(
        receipt: &TransactionReceipt,
        address: Address,
        what: &str,
        name: &'static str,
    ) -> Result<E, ClientError> {
        receipt
            .logs()
            .iter()
            .filter(|log| log.address() == address)
            .find_map(|log| E::decode_log(&log.inner).ok())
            .map(|log| log.data)
            .ok_or_else(|| ClientError::MissingEvent {
                what: what.to_owned(),
                hash: receipt.transaction_hash,
                event: name,
            })
    }
}

/// Whether an endpoint refuses the number of blocks or of logs asked for.
fn is_range_refused(error: &TransportError) -> bool {
    let Some(refusal) = error.as_error_resp() else { return false };
    let fault = of_error("eth_getLogs", refusal.code, &refusal.message, refusal.data.as_deref());
    matches!(fault, Fault::TooWide(_))
}
