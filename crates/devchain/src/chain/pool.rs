//! Transactions that wait for a block.
//!
//! At most one waits for a nonce of a sender: a second one replaces it if it pays a tenth more. Nonces may have gaps;
//! what lies behind a gap waits until the gap is filled.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use alloy::{
    consensus::Transaction as _,
    primitives::{Address, B256},
};

use crate::{evm::TransactError, transaction::SignedTransaction};

/// Most transactions that wait at once.
pub(super) const MAX_WAITING: usize = 10_000;
/// By how much a replacement must pay more, in percent.
const PRICE_BUMP_PERCENT: u128 = 10;

/// Why a transaction is not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// It waits for a block already.
    #[error("already known")]
    AlreadyKnown,
    /// Another transaction with its sender and nonce waits, and it does not pay a tenth more.
    #[error("replacement transaction underpriced")]
    Underpriced,
    /// Too many wait already.
    #[error("txpool is full: {MAX_WAITING} transactions wait; mine a block first (evm_mine)")]
    Full,
    /// It breaks a rule.
    #[error(transparent)]
    Rejected(#[from] TransactError),
}

/// A transaction with the number of its arrival.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) arrival: u64,
    pub(super) transaction: Arc<SignedTransaction>,
}

/// The transactions that wait, by sender and nonce.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    senders: BTreeMap<Address, BTreeMap<u64, Waiting>>,
    places: HashMap<B256, (Address, u64)>,
    arrivals: u64,
}

impl Pool {
    pub(super) fn get(&self, hash: B256) -> Option<&Arc<SignedTransaction>> {
        let (sender, nonce) = self.places.get(&hash)?;
        Some(&self.senders.get(sender)?.get(nonce)?.transaction)
    }

    /// Every transaction, by sender and then by nonce.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<SignedTransaction>> {
        self.senders.values().flat_map(BTreeMap::values).map(|waiting| &waiting.transaction)
    }

    /// The first nonce of a sender from `nonce` on that nothing waits for.
    pub(super) fn next_nonce(&self, sender: Address, nonce: u64) -> u64 {
        let Some(waiting) = self.senders.get(&sender) else { return nonce };
        // The usual case: no gap, nothing outdated.
        if let (Some((first, _)), Some((last, _))) = (waiting.first_key_value(), waiting.last_key_value())
            && *first == nonce
            && last - first == waiting.len() as u64 - 1
        {
            return last + 1;
        }
        let run = waiting.range(nonce..).zip(nonce..).take_while(|((at, _), expected)| *at == expected);
        nonce + run.count() as u64
    }

    /// Whether any transaction can go into a block now: its nonce is its sender's next one, and it pays the base fee
    /// and fits.
    pub(super) fn has_ready(&self, nonce: impl Fn(Address) -> u64, base_fee: u64, gas_limit: u64) -> bool {
        self.senders.iter().any(|(sender, waiting)| {
            waiting.get(&nonce(*sender)).is_some_and(|waiting| {
                let envelope = &waiting.transaction.envelope;
                envelope.max_fee_per_gas() >= u128::from(base_fee) && envelope.gas_limit() <= gas_limit
            })
        })
    }

    /// Takes a transaction, in place of the one with its sender and nonce if there is one.
    pub(super) fn insert(&mut self, transaction: SignedTransaction) -> Result<(), SubmitError> {
        let (sender, nonce) = (transaction.sender, transaction.envelope.nonce());
        let mut arrival = self.arrivals;
        match self.senders.get(&sender).and_then(|waiting| waiting.get(&nonce)) {
            Some(old) if !outbids(&transaction, &old.transaction) => return Err(SubmitError::Underpriced),
            Some(old) => {
                arrival = old.arrival;
                self.places.remove(&old.transaction.hash);
            }
            None if self.places.len() >= MAX_WAITING => return Err(SubmitError::Full),
            None => self.arrivals += 1,
        }
        self.put_back(Waiting { arrival, transaction: Arc::new(transaction) });
        Ok(())
    }

    /// Lets a transaction wait that was taken out, at its old place.
    pub(super) fn put_back(&mut self, waiting: Waiting) {
        let (sender, nonce) = (waiting.transaction.sender, waiting.transaction.envelope.nonce());
        self.places.insert(waiting.transaction.hash, (sender, nonce));
        self.senders.entry(sender).or_default().insert(nonce, waiting);
    }

    /// Takes everything out, in order of arrival, but each sender's in order of their nonces.
    pub(super) fn drain(&mut self) -> Vec<Waiting> {
        self.places.clear();
        let mut all = Vec::new();
        for waiting in std::mem::take(&mut self.senders).into_values() {
            let mut not_before = 0;
            for (nonce, waiting) in waiting {
                not_before = waiting.arrival.max(not_before);
                all.push((not_before, nonce, waiting));
            }
        }
        all.sort_by_key(|(not_before, nonce, _)| (*not_before, *nonce));
        all.into_iter().map(|(_, _, waiting)| waiting).collect()
    }

    /// Forgets the transactions that `unwanted` chooses and returns how many there were.
    pub(super) fn remove(&mut self, unwanted: impl Fn(&SignedTransaction) -> bool) -> usize {
        let before = self.places.len();
        for waiting in self.drain() {
            if !unwanted(&waiting.transaction) {
                self.put_back(waiting);
            }
        }
        before - self.places.len()
    }
}

/// Whether a transaction offers enough more than another to take its place: maximum and tip must both be a tenth
/// higher.
fn outbids(new: &SignedTransaction, old: &SignedTransaction) -> bool {
    let outbids = |new: u128, old: u128| {
        new.saturating_mul(100) >= old.saturating_mul(100 + PRICE_BUMP_PERCENT) && (new > old || old == 0)
    };
    let tip = |transaction: &SignedTransaction| {
        let envelope = &transaction.envelope;
        envelope.max_priority_fee_per_gas().unwrap_or(envelope.max_fee_per_gas())
    };
    outbids(new.envelope.max_fee_per_gas(), old.envelope.max_fee_per_gas()) && outbids(tip(new), tip(old))
}
