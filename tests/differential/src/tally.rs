//! What happened in many transactions, counted.

use std::collections::BTreeMap;

use alloy::{
    primitives::{Address, B256, Log},
    sol_types::SolEvent,
};
use functions_types::abi::{Coordinator as C, Router as R};

/// Counts of calls, errors and results.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Sequences played.
    pub sequences: u64,
    /// Transactions sent.
    pub transactions: u64,
    /// Comparisons made.
    pub compared: usize,
    /// Comparisons that differed as they are meant to.
    pub excused: usize,
    /// How often a function returned, by contract and selector.
    pub returned: BTreeMap<(Address, [u8; 4]), u64>,
    /// How often a function reverted.
    pub reverted: BTreeMap<(Address, [u8; 4]), u64>,
    /// Revert data: the selector, or all of it for texts and panics.
    pub errors: BTreeMap<Vec<u8>, u64>,
    /// How often each event was logged.
    pub events: BTreeMap<B256, u64>,
    /// How often a fulfillment ended with each code.
    pub results: [u64; 7],
}

impl Tally {
    /// Counts a call.
    pub fn call(&mut self, to: Address, selector: [u8; 4], success: bool, output: &[u8]) {
        self.transactions += 1;
        let book = if success { &mut self.returned } else { &mut self.reverted };
        *book.entry((to, selector)).or_default() += 1;
        if !success {
            let whole = output.starts_with(&[0x08, 0xc3, 0x79, 0xa0])
                || output.starts_with(&[0x4e, 0x48, 0x7b, 0x71]);
            let key = if whole { output } else { &output[..output.len().min(4)] };
            *self.errors.entry(key.to_vec()).or_default() += 1;
        }
    }

    /// Counts a log, and the result it tells of.
    pub fn log(&mut self, log: &Log) {
        let Some(topic) = log.topics().first() else { return };
        *self.events.entry(*topic).or_default() += 1;
        if [R::RequestProcessed::SIGNATURE_HASH, R::RequestNotProcessed::SIGNATURE_HASH].contains(topic)
            && let Some(count) = self.results.get_mut(usize::from(log.data.data[95]))
        {
            *count += 1;
        }
    }

    /// Adds what another one counted.
    pub fn merge(&mut self, other: &Self) {
        fn add<K: Ord + Clone>(mine: &mut BTreeMap<K, u64>, theirs: &BTreeMap<K, u64>) {
            for (key, count) in theirs {
                *mine.entry(key.clone()).or_default() += count;
            }
        }
        self.sequences += other.sequences;
        self.transactions += other.transactions;
        self.compared += other.compared;
        self.excused += other.excused;
        add(&mut self.returned, &other.returned);
        add(&mut self.reverted, &other.reverted);
        add(&mut self.errors, &other.errors);
        add(&mut self.events, &other.events);
        for (mine, theirs) in self.results.iter_mut().zip(other.results) {
            *mine += theirs;
        }
    }

    /// Requests opened, fulfilled, timed out.
    pub fn requests(&self) -> [u64; 3] {
        [
            C::OracleRequest::SIGNATURE_HASH,
            R::RequestProcessed::SIGNATURE_HASH,
            R::RequestTimedOut::SIGNATURE_HASH,
        ]
        .map(|topic| self.events.get(&topic).copied().unwrap_or_default())
    }
}
