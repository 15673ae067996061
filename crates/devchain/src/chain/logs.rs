//! Finding logs.

use std::sync::Arc;

use alloy::{
    primitives::{B256, Log},
    rpc::types::Filter,
};

use super::Chain;
use crate::block::{Block, Included};

/// Most logs one answer holds.
pub const MAX_LOGS: usize = 50_000;

/// Most bytes that their data has together.
pub const MAX_LOG_BYTES: usize = 32 * 1024 * 1024;

/// A log with its place.
#[derive(Clone, Debug)]
pub struct LogLocation<'a> {
    /// The block.
    pub block: &'a Arc<Block>,
    /// The transaction.
    pub included: &'a Included,
    /// Index of the transaction in the block.
    pub transaction_index: usize,
    /// Index of the log in the block.
    pub log_index: usize,
    /// The log.
    pub log: &'a Log,
}

/// Why logs cannot be given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// No block has this hash.
    #[error("unknown block {0}")]
    UnknownBlock(B256),
    /// More than [`MAX_LOGS`] match, or those that do have more than [`MAX_LOG_BYTES`].
    #[error(
        "query returned more than {MAX_LOGS} results, or {MAX_LOG_BYTES} bytes; ask for a smaller block range"
    )]
    TooMany,
}

impl Chain {
    /// Logs in blocks `from..=to` that match a filter's addresses and topics, in order. The filter's own range is not
    /// looked at.
    ///
    /// # Errors
    /// [`LogError::TooMany`].
    pub fn logs(&self, filter: &Filter, from: u64, to: u64) -> Result<Vec<LogLocation<'_>>, LogError> {
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(self.blocks.len());
        let to = usize::try_from(to).unwrap_or(usize::MAX).saturating_add(1).min(self.blocks.len());
        let (mut found, mut bytes) = (Vec::new(), 0);
        for block in &self.blocks[from..to.max(from)] {
            let logs = logs_of(block, filter);
            bytes += bytes_of(&logs);
            found.extend(logs);
            if found.len() > MAX_LOGS || bytes > MAX_LOG_BYTES {
                return Err(LogError::TooMany);
            }
        }
        Ok(found)
    }

    /// Logs of one block that match a filter.
    ///
    /// # Errors
    /// [`LogError::UnknownBlock`].
    pub fn logs_in(&self, hash: B256, filter: &Filter) -> Result<Vec<LogLocation<'_>>, LogError> {
        let block = self.block_by_hash(hash).ok_or(LogError::UnknownBlock(hash))?;
        Ok(logs_of(block, filter))
    }
}

/// Bytes of the logs' data.
pub(crate) fn bytes_of(logs: &[LogLocation<'_>]) -> usize {
    logs.iter().map(|location| location.log.data.data.len()).sum()
}

/// Logs of a block that match a filter's addresses and topics.
pub(crate) fn logs_of<'a>(block: &'a Arc<Block>, filter: &Filter) -> Vec<LogLocation<'a>> {
    let mut found = Vec::new();
    if !filter.matches_bloom(block.header.logs_bloom) {
        return found;
    }
    for (transaction_index, included) in block.transactions.iter().enumerate() {
        for (index, log) in included.logs.iter().enumerate() {
            if filter.matches(log) {
                let log_index = included.first_log + index;
                found.push(LogLocation { block, included, transaction_index, log_index, log });
            }
        }
    }
    found
}
