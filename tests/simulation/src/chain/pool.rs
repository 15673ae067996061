//! Transactions that wait for a block, under the rules of geth's pool: nonces in order, and a replacement pays a tenth
//! more.

use std::collections::BTreeMap;

use alloy::primitives::Address;

use super::{contract::State, transaction::Transaction};

/// Why a transaction was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is here already.
    AlreadyKnown,
    /// The nonce was used.
    NonceTooLow,
    /// Another one with its nonce pays nearly as much.
    Underpriced,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Pool {
    waiting: BTreeMap<(Address, u64), Transaction>,
}

impl Pool {
    /// Takes a transaction.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn add(&mut self, state: &State, transaction: Transaction) -> Result<(), Refusal> {
        if transaction.nonce < state.nonce(&transaction.from) {
            return Err(Refusal::NonceTooLow);
        }
        let place = (transaction.from, transaction.nonce);
        match self.waiting.get(&place) {
            Some(known) if known.hash == transaction.hash => Err(Refusal::AlreadyKnown),
            Some(known) if transaction.max_fee < known.max_fee + known.max_fee / 10 => {
                Err(Refusal::Underpriced)
            }
            _ => {
                self.waiting.insert(place, transaction);
                Ok(())
            }
        }
    }

    /// The account's next nonce, with what waits.
    #[must_use]
    pub fn pending_nonce(&self, state: &State, account: &Address) -> u64 {
        let mut next = state.nonce(account);
        while self.waiting.contains_key(&(*account, next)) {
            next += 1;
        }
        next
    }

    /// A transaction whose block left the chain.
    pub(super) fn put_back(&mut self, transaction: Transaction) {
        self.waiting.entry((transaction.from, transaction.nonce)).or_insert(transaction);
    }

    /// Those a block takes: in the order of nonces, and paying the base fee.
    pub(super) fn choose(
        &mut self,
        state: &State,
        base_fee: u64,
        mut is_lucky: impl FnMut() -> bool,
    ) -> Vec<Transaction> {
        let mut nonces: BTreeMap<Address, u64> = BTreeMap::new();
        let mut chosen = Vec::new();
        for ((from, nonce), transaction) in &self.waiting {
            let next = nonces.entry(*from).or_insert_with(|| state.nonce(from));
            if nonce == next && transaction.max_fee >= u128::from(base_fee) && is_lucky() {
                *next += 1;
                chosen.push(transaction.clone());
            }
        }
        for transaction in &chosen {
            self.waiting.remove(&(transaction.from, transaction.nonce));
        }
        chosen
    }

    /// What can never be mined goes.
    pub(super) fn drop_used(&mut self, state: &State) {
        self.waiting.retain(|(from, nonce), _| *nonce >= state.nonce(from));
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }
}
