//! What only a development chain can do: move time, go back, split in two, and change state without a transaction.

use alloy::primitives::{Address, Bytes, U256};
use tokio::sync::watch;

use super::{Chain, Head, Time};
use crate::state::State;

/// Everything [`Chain::revert`] brings back.
pub(super) struct Snapshot {
    state: State,
    blocks: usize,
    time: Time,
    base_fee: u64,
}

/// Most snapshots kept; the oldest goes first.
const MAX_SNAPSHOTS: usize = 128;

impl Chain {
    /// Moves the chain's time forward and returns by how many seconds it is ahead of the clock.
    pub fn increase_time(&mut self, seconds: u64) -> i64 {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        self.time.offset = self.time.offset.saturating_add(seconds);
        self.time.next = None;
        self.time.offset
    }

    /// Sets the next block's timestamp, in seconds. Time goes on from there.
    ///
    /// # Errors
    /// A sentence for the caller, when the newest block is later.
    pub fn set_next_timestamp(&mut self, timestamp: u64) -> Result<(), String> {
        let newest = self.latest().header.timestamp;
        if timestamp < newest {
            return Err(format!("timestamp {timestamp} is before the newest block's {newest}"));
        }
        let now = (self.config.clock)();
        let (Ok(target), Ok(now)) = (i64::try_from(timestamp), i64::try_from(now)) else {
            return Err(format!("timestamp {timestamp} is too far in the future"));
        };
        self.time = Time { offset: target - now, next: Some(timestamp) };
        Ok(())
    }

    /// Remembers the chain as it is and returns a number for [`Chain::revert`].
    pub fn snapshot(&mut self) -> u64 {
        let id = self.next_snapshot;
        self.next_snapshot += 1;
        if self.snapshots.len() == MAX_SNAPSHOTS {
            self.snapshots.remove(0);
        }
        let snapshot = Snapshot {
            state: self.state.clone(),
            blocks: self.blocks.len(),
            time: self.time,
            base_fee: self.base_fee,
        };
        self.snapshots.push((id, snapshot));
        id
    }

    /// Goes back to a snapshot and forgets it and all later ones. Waiting transactions are dropped. False when there is no such
    /// snapshot.
    pub fn revert(&mut self, id: u64) -> bool {
        let Some(index) = self.snapshots.iter().position(|(known, _)| *known == id) else {
            return false;
        };
        let Some((_, snapshot)) = self.snapshots.drain(index..).next() else { return false };
        for block in self.blocks.drain(snapshot.blocks..) {
            self.numbers.remove(&block.hash);
            for included in &block.transactions {
                self.transactions.remove(&included.transaction.hash);
            }
        }
        self.waiting.clear();
        self.state = snapshot.state;
        self.time = snapshot.time;
        self.base_fee = snapshot.base_fee;
        let number = self.latest().number();
        self.head.send_modify(|head| {
            head.number = number;
            head.reverts += 1;
        });
        true
    }

    /// A second chain with the same past, which goes its own way: nobody watches its head, and it has no snapshots. Blocks are
    /// shared, so that a test may prepare a chain once and split it as often as it likes.
    pub fn fork(&self) -> Self {
        Self {
            config: self.config.clone(),
            state: self.state.clone(),
            blocks: self.blocks.clone(),
            numbers: self.numbers.clone(),
            transactions: self.transactions.clone(),
            waiting: self.waiting.clone(),
            impersonated: self.impersonated.clone(),
            impersonates_all: self.impersonates_all,
            base_fee: self.base_fee,
            time: self.time,
            snapshots: Vec::new(),
            next_snapshot: 1,
            head: watch::Sender::new(Head { number: self.latest().number(), reverts: 0 }),
        }
    }

    /// Every storage word of an account that is not zero, in no order.
    pub fn storage(&self, address: Address) -> impl Iterator<Item = (U256, U256)> {
        self.state.slots(address)
    }

    /// Sets a balance, in wei.
    pub fn set_balance(&mut self, address: Address, balance: U256) {
        self.state.update_account(address, |account| account.balance = balance);
    }

    /// Sets an account's next nonce.
    pub fn set_nonce(&mut self, address: Address, nonce: u64) {
        self.state.update_account(address, |account| account.nonce = nonce);
    }

    /// Replaces an account's code.
    pub fn set_code(&mut self, address: Address, code: Bytes) {
        self.state.set_code(address, code);
    }

    /// Writes a storage word.
    pub fn set_storage(&mut self, address: Address, key: U256, value: U256) {
        self.state.set_slot(address, key, value);
    }

    /// Sets wei per gas of the following blocks.
    pub fn set_base_fee(&mut self, base_fee: u64) {
        self.base_fee = base_fee;
    }

    /// Switches between a block for every transaction and blocks on demand.
    pub fn set_automine(&mut self, automine: bool) {
        self.config.automine = automine;
    }

    /// Lets an account send transactions without a signature, or stops that.
    pub fn impersonate(&mut self, address: Address, allowed: bool) {
        if allowed {
            self.impersonated.insert(address);
        } else {
            self.impersonated.remove(&address);
        }
    }

    /// Lets every account send transactions without a signature, or stops that.
    pub fn impersonate_all(&mut self, allowed: bool) {
        self.impersonates_all = allowed;
    }

    /// Whether an account may send without a signature.
    pub fn is_impersonated(&self, address: Address) -> bool {
        self.impersonates_all || self.impersonated.contains(&address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ChainConfig;

    #[test]
    fn a_fork_goes_its_own_way() {
        let (account, word) = (Address::repeat_byte(7), U256::from(5));
        let mut chain = Chain::new(ChainConfig::default());
        chain.set_storage(account, U256::ONE, word);
        chain.mine();
        let mut fork = chain.fork();
        assert_eq!(fork.latest().hash, chain.latest().hash);
        assert_eq!(fork.storage(account).collect::<Vec<_>>(), [(U256::ONE, word)]);
        fork.set_storage(account, U256::ONE, U256::ZERO);
        fork.mine();
        assert_eq!(fork.storage(account).count(), 0);
        assert_eq!(chain.storage(account).count(), 1);
        assert_eq!(chain.latest().number() + 1, fork.latest().number());
    }
}
