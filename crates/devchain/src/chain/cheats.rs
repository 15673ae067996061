//! What only a development chain can do: move time, go back, split in two, and change state without a transaction.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, Bytes, U256};
use tokio::sync::watch;

use super::{Chain, Event, Head, Settings, Time, events::Events};
use crate::state::Mark;

/// Latest timestamp of a block, in unix seconds.
pub(super) const MAX_TIMESTAMP: u64 = i64::MAX as u64;

fn too_far(steps: u64, seconds: u64) -> String {
    let times = if steps == 1 { String::new() } else { format!("{steps} times ") };
    format!("{times}{seconds} seconds are too many: the latest timestamp of a block is {MAX_TIMESTAMP}")
}

/// Everything [`Chain::revert`] brings back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Snapshot {
    state: Mark,
    blocks: usize,
    time: Time,
    settings: Settings,
}

impl Chain {
    /// Moves the chain's time forward and returns by how many seconds it is ahead of the clock.
    ///
    /// # Errors
    /// A sentence for the caller, when the time would pass `i64::MAX`; nothing is changed then.
    pub fn increase_time(&mut self, seconds: u64) -> Result<i64, String> {
        self.check_ahead(1, seconds)?;
        let seconds = i64::try_from(seconds).map_err(|_| too_far(1, seconds))?;
        let offset =
            self.time.offset.checked_add(seconds).ok_or_else(|| too_far(1, seconds.unsigned_abs()))?;
        self.time.offset = offset;
        self.time.next = None;
        Ok(offset)
    }

    /// Whether there is time left for `steps` of so many seconds.
    ///
    /// # Errors
    /// As [`Self::increase_time`].
    pub fn check_ahead(&self, steps: u64, seconds: u64) -> Result<(), String> {
        let now = (self.config.clock)().saturating_add_signed(self.time.offset);
        let now = now.max(self.latest().header.timestamp).max(self.time.next.unwrap_or(0));
        let end = steps.checked_mul(seconds).and_then(|all| now.checked_add(all));
        end.filter(|end| *end <= MAX_TIMESTAMP).map(drop).ok_or_else(|| too_far(steps, seconds))
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
            return Err(format!("timestamp {timestamp} is past the latest there is, {MAX_TIMESTAMP}"));
        };
        self.time = Time { offset: target - now, next: Some(timestamp), ..self.time };
        Ok(())
    }

    /// Puts every following block this many seconds after the one before it, or, with `None`, lets the clock decide
    /// again.
    ///
    /// # Errors
    /// A sentence for the caller, when a single block would pass `i64::MAX`.
    pub fn set_block_interval(&mut self, seconds: Option<u64>) -> Result<(), String> {
        self.check_ahead(1, seconds.unwrap_or(0))?;
        self.time.interval = seconds;
        Ok(())
    }

    /// Seconds between blocks, when [`Self::set_block_interval`] fixed them.
    pub const fn block_interval(&self) -> Option<u64> {
        self.time.interval
    }

    /// Remembers the chain as it is and returns a number for [`Chain::revert`]. A snapshot is a mark, not a copy:
    /// thousands cost nothing.
    pub fn snapshot(&mut self) -> u64 {
        let id = self.next_snapshot;
        self.next_snapshot += 1;
        let snapshot = self.take_snapshot();
        self.snapshots.insert(id, snapshot);
        id
    }

    pub(super) fn take_snapshot(&mut self) -> Snapshot {
        Snapshot {
            state: self.state.mark(),
            blocks: self.blocks.len(),
            time: self.time,
            settings: self.settings,
        }
    }

    /// The snapshots there are, with the number of the newest block each has, oldest first.
    pub fn snapshots(&self) -> impl ExactSizeIterator<Item = (u64, u64)> {
        self.snapshots.iter().map(|(id, snapshot)| (*id, snapshot.blocks as u64 - 1))
    }

    /// Goes back to a snapshot and forgets it and all later ones. Waiting transactions are dropped. False when there is
    /// no such snapshot.
    pub fn revert(&mut self, id: u64) -> bool {
        let Some(snapshot) = self.snapshots.get(&id).copied() else { return false };
        self.snapshots.split_off(&id);
        self.restore(snapshot);
        true
    }

    /// Goes back to genesis, as if nothing had happened since but the passing of time, and frees what was remembered:
    /// snapshots, impersonations, and events nobody has asked for.
    pub fn reset(&mut self) {
        let Some(genesis) = self.genesis else { return };
        self.snapshots.clear();
        self.impersonated.clear();
        self.impersonates_all = false;
        self.restore(genesis);
        self.events.clear();
        self.blocks.shrink_to_fit();
        self.numbers.shrink_to_fit();
        self.transactions.shrink_to_fit();
        self.announce();
    }

    /// Removes the newest `depth` blocks, and the snapshots that were taken in them. Waiting transactions are dropped.
    ///
    /// # Errors
    /// A sentence for the caller, when genesis would go too.
    pub fn rollback(&mut self, depth: u64) -> Result<(), String> {
        let newest = self.latest().number();
        let target = newest
            .checked_sub(depth)
            .ok_or_else(|| format!("cannot go back {depth} blocks: the newest block is {newest}"))?;
        let root = self.block(target).map(|block| block.header.state_root).unwrap_or_default();
        let Some(state) = self.state.mark_of(target, root) else { return Ok(()) };
        self.snapshots.retain(|_, snapshot| !snapshot.state.is_after(state));
        let (time, settings) = (self.time, self.settings);
        self.restore(Snapshot { state, blocks: self.blocks.len() - depth as usize, time, settings });
        Ok(())
    }

    fn restore(&mut self, snapshot: Snapshot) {
        for block in self.blocks.split_off(snapshot.blocks).into_iter().rev() {
            self.numbers.remove(&block.hash);
            for included in &block.transactions {
                self.transactions.remove(&included.transaction.hash);
            }
            self.events.push(Event::Removed(block));
        }
        self.pool = Default::default();
        self.state.rewind(snapshot.state);
        self.time = snapshot.time;
        self.settings = snapshot.settings;
        self.announce();
    }

    /// A second chain with the same past, which goes its own way: nobody watches its head, and it has no snapshots.
    /// Blocks are shared, so that a test may prepare a chain once and split it as often as it likes.
    pub fn fork(&self) -> Self {
        Self {
            config: self.config.clone(),
            state: self.state.clone(),
            blocks: self.blocks.clone(),
            numbers: self.numbers.clone(),
            transactions: self.transactions.clone(),
            pool: self.pool.clone(),
            impersonated: self.impersonated.clone(),
            impersonates_all: self.impersonates_all,
            settings: self.settings,
            time: self.time,
            snapshots: BTreeMap::new(),
            next_snapshot: 1,
            genesis: self.genesis,
            events: Events::default(),
            head: watch::Sender::new(Head { number: self.latest().number(), next_event: 0 }),
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
        self.settings.base_fee = base_fee;
    }

    /// Sets wei per gas of the next block only.
    pub fn set_next_base_fee(&mut self, base_fee: u64) {
        self.settings.next_base_fee = Some(base_fee);
    }

    /// Sets PREVRANDAO of the next block, which is also its `mixHash`.
    pub fn set_next_prev_randao(&mut self, prev_randao: B256) {
        self.settings.next_prev_randao = Some(prev_randao);
    }

    /// Sets COINBASE of the following blocks. It earns nothing by that.
    pub fn set_coinbase(&mut self, coinbase: Address) {
        self.settings.coinbase = coinbase;
    }

    /// Sets the gas limit of the following blocks.
    pub fn set_gas_limit(&mut self, gas_limit: u64) {
        self.settings.gas_limit = gas_limit;
    }

    /// Switches between a block for every transaction and blocks on demand. Switched on, it puts what waits into
    /// blocks.
    pub fn set_automine(&mut self, automine: bool) {
        self.config.automine = automine;
        if automine {
            self.mine_ready();
        }
    }

    /// Forgets the waiting transaction with this hash. False when none has it.
    pub fn drop_waiting(&mut self, hash: B256) -> bool {
        self.pool.remove(|waiting| waiting.hash == hash) > 0
    }

    /// Forgets the waiting transactions of a sender, or of everybody.
    pub fn drop_all_waiting(&mut self, sender: Option<Address>) {
        self.pool.remove(|waiting| sender.is_none_or(|sender| waiting.sender == sender));
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
