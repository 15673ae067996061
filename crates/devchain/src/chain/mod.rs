//! The chain: blocks, state, the transactions that wait, and the clock.
//!
//! Everything here is synchronous and owns no thread, socket or clock: time comes from [`ChainConfig::clock`], and a
//! caller that wants a block every second calls [`Chain::mine`] every second.
//!
//! | file | idea |
//! | --- | --- |
//! | `mod.rs` | what the chain is made of, and reading it |
//! | `pool.rs` | the transactions that wait |
//! | `mine.rs` | from a transaction to a block |
//! | `simulate.rs` | calls and gas estimates |
//! | `access.rs` | access lists |
//! | `trace.rs` | executions again, with a record of their calls |
//! | `cheats.rs` | what only a development chain can do: time, snapshots, balances |
//! | `logs.rs` | finding logs |
//! | `events.rs` | what happened, for those who listen |

mod access;
mod cheats;
mod events;
mod logs;
mod mine;
mod pool;
mod simulate;
mod trace;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    sync::Arc,
};

use alloy::{
    consensus::Transaction as _,
    primitives::{Address, B256},
};
use tokio::sync::watch;

pub use access::AccessListFound;
pub use events::Event;
pub use logs::{LogError, LogLocation, MAX_LOG_BYTES, MAX_LOGS};
pub(crate) use logs::{bytes_of, logs_of};
pub use pool::SubmitError;
pub use simulate::{CallFailure, Estimate, RPC_GAS_CAP, SimulateError};
pub use trace::TraceError;

pub use crate::evm::BASE_FEE;

use crate::{
    block::{self, Block, Included},
    evm::{self, BLOCK_GAS_LIMIT, COINBASE, Environment},
    genesis,
    state::{State, StateAt},
    transaction::SignedTransaction,
};

/// Seconds between blocks of the parent chain, by which its number is estimated.
const L1_BLOCK_SECONDS: u64 = 12;
/// The parent chain's number at genesis: high enough that contracts may look 256 blocks back at once.
const FIRST_L1_NUMBER: u64 = 1_000;

/// What a chain is told at its beginning.
#[derive(Clone)]
pub struct ChainConfig {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// ArbOS version the chain begins with, one of [`ARBOS_VERSIONS`](crate::evm::ARBOS_VERSIONS); owners may upgrade
    /// it.
    pub arbos_version: u64,
    /// NUMBER is always zero, as on a node without a parent chain.
    pub l1_frozen: bool,
    /// Wei per calldata unit until ArbOwner sets another; zero makes calldata free.
    pub l1_price_per_unit: u128,
    /// Every transaction gets its block at once.
    pub automine: bool,
    /// Seconds since the Unix epoch, now.
    pub clock: Arc<dyn Fn() -> u64 + Send + Sync>,
}

impl Default for ChainConfig {
    fn default() -> Self {
        Self {
            chain_id: 412_346,
            arbos_version: 61,
            l1_frozen: false,
            l1_price_per_unit: 0,
            automine: true,
            clock: Arc::new(wall_clock),
        }
    }
}

impl fmt::Debug for ChainConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainConfig")
            .field("chain_id", &self.chain_id)
            .field("arbos_version", &self.arbos_version)
            .field("l1_frozen", &self.l1_frozen)
            .field("l1_price_per_unit", &self.l1_price_per_unit)
            .field("automine", &self.automine)
            .finish_non_exhaustive()
    }
}

#[expect(clippy::disallowed_methods, reason = "blocks take the host's time unless a test sets it")]
fn wall_clock() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |since| since.as_secs())
}

/// Where the head is. Sent to watchers whenever something happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Number of the newest block.
    pub number: u64,
    /// Number of the next [`Event`].
    pub next_event: u64,
}

/// A development chain.
pub struct Chain {
    config: ChainConfig,
    state: State,
    blocks: Vec<Arc<Block>>,
    numbers: HashMap<B256, u64>,
    transactions: HashMap<B256, (u64, usize)>,
    pool: pool::Pool,
    impersonated: HashSet<Address>,
    impersonates_all: bool,
    settings: Settings,
    time: Time,
    snapshots: BTreeMap<u64, cheats::Snapshot>,
    next_snapshot: u64,
    /// What [`Chain::reset`] goes back to.
    genesis: Option<cheats::Snapshot>,
    events: events::Events,
    head: watch::Sender<Head>,
}

/// What a test may set about the blocks to come.
#[derive(Clone, Copy, Debug)]
struct Settings {
    coinbase: Address,
    gas_limit: u64,
    base_fee: u64,
    /// Base fee of the next block only.
    next_base_fee: Option<u64>,
    /// PREVRANDAO of the next block only.
    next_prev_randao: Option<B256>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            coinbase: COINBASE,
            gas_limit: BLOCK_GAS_LIMIT,
            base_fee: BASE_FEE,
            next_base_fee: None,
            next_prev_randao: None,
        }
    }
}

/// The distance between the chain's time and the clock's.
#[derive(Clone, Copy, Debug, Default)]
struct Time {
    /// Seconds the chain is ahead of the clock.
    offset: i64,
    /// Exact timestamp of the next block.
    next: Option<u64>,
    /// Seconds from one block to the next, whatever the clock says.
    interval: Option<u64>,
}

impl Chain {
    /// A chain that has only its genesis block.
    pub fn new(config: ChainConfig) -> Self {
        let mut chain = Self {
            state: genesis::state(),
            blocks: Vec::new(),
            numbers: HashMap::new(),
            transactions: HashMap::new(),
            pool: pool::Pool::default(),
            impersonated: HashSet::new(),
            impersonates_all: false,
            settings: Settings::default(),
            time: Time::default(),
            snapshots: BTreeMap::new(),
            next_snapshot: 1,
            genesis: None,
            events: events::Events::default(),
            head: watch::Sender::default(),
            config,
        };
        chain.close_block(&chain.next_environment(), Vec::new());
        chain.genesis = Some(chain.take_snapshot());
        chain
    }

    /// What it was told at its beginning, with later changes of the mining mode.
    pub fn config(&self) -> &ChainConfig {
        &self.config
    }

    /// Wei per gas of the next block.
    pub fn base_fee(&self) -> u64 {
        self.settings.next_base_fee.unwrap_or(self.settings.base_fee)
    }

    /// Account that COINBASE names in the next block.
    pub fn coinbase(&self) -> Address {
        self.settings.coinbase
    }

    /// GASLIMIT of the next block.
    pub fn gas_limit(&self) -> u64 {
        self.settings.gas_limit
    }

    /// Watches the head. The receiver sees the newest value only; what happened between is found in
    /// [`Chain::events_since`].
    pub fn watch_head(&self) -> watch::Receiver<Head> {
        self.head.subscribe()
    }

    /// The newest block.
    pub fn latest(&self) -> &Arc<Block> {
        self.blocks.last().expect("genesis is never removed")
    }

    /// A block by number.
    pub fn block(&self, number: u64) -> Option<&Arc<Block>> {
        self.blocks.get(usize::try_from(number).ok()?)
    }

    /// A block by hash.
    pub fn block_by_hash(&self, hash: B256) -> Option<&Arc<Block>> {
        self.block(*self.numbers.get(&hash)?)
    }

    /// A transaction that is in a block, and the index it has there.
    pub fn transaction(&self, hash: B256) -> Option<(&Arc<Block>, usize, &Included)> {
        let (number, index) = *self.transactions.get(&hash)?;
        let block = self.block(number)?;
        Some((block, index, block.transactions.get(index)?))
    }

    /// A transaction that waits for a block.
    pub fn waiting(&self, hash: B256) -> Option<&SignedTransaction> {
        self.pool.get(hash).map(AsRef::as_ref)
    }

    /// Every transaction that waits, by sender and then by nonce, and whether it can go into the next block: no earlier
    /// nonce of its sender is missing.
    pub fn all_waiting(&self) -> impl Iterator<Item = (&SignedTransaction, bool)> {
        self.pool.iter().map(|transaction| {
            let is_ready = transaction.envelope.nonce() < self.pending_nonce(transaction.sender);
            (transaction.as_ref(), is_ready)
        })
    }

    /// What happened from event `number` on, by number. Of more than a quarter of a million events only the newest are
    /// known.
    pub fn events_since(&self, number: u64) -> impl Iterator<Item = (u64, &Event)> {
        self.events.since(number)
    }

    /// Whether [`Chain::events_since`] misses some because there were too many.
    pub fn has_forgotten(&self, number: u64) -> bool {
        self.events.has_forgotten(number)
    }

    /// Number of the event that will be next.
    pub fn next_event(&self) -> u64 {
        self.events.next()
    }

    /// State after block `number`; the present from the newest block on.
    pub fn state_at(&self, number: u64) -> StateAt<'_> {
        self.state.at(number)
    }

    /// The next nonce of an account, counting the transactions that wait.
    pub fn pending_nonce(&self, address: Address) -> u64 {
        self.pool.next_nonce(address, self.state.nonce(address))
    }

    /// First and last block that had this estimate of the parent chain's number; `None` when none had.
    pub fn blocks_of_l1(&self, l1_number: u64) -> Option<(u64, u64)> {
        let first = self.blocks.partition_point(|block| block.l1_number < l1_number);
        let end = self.blocks.partition_point(|block| block.l1_number <= l1_number);
        (first < end).then(|| (first as u64, end as u64 - 1))
    }

    /// The block that would be built now.
    pub fn next_environment(&self) -> Environment {
        self.environment(self.blocks.len())
    }

    /// The block that would be built now, if it had this number.
    fn environment(&self, number: usize) -> Environment {
        let parent = self.blocks.last();
        let now = (self.config.clock)().saturating_add_signed(self.time.offset);
        let earliest = parent.map_or(0, |parent| parent.header.timestamp);
        let by_interval = self.time.interval.map(|seconds| earliest.saturating_add(seconds));
        let timestamp = self.time.next.or(by_interval).unwrap_or(now).max(earliest);
        let start = self.blocks.first().map_or(timestamp, |genesis| genesis.header.timestamp);
        let l1_number = match self.config.l1_frozen {
            true => 0,
            false => FIRST_L1_NUMBER + (timestamp - start) / L1_BLOCK_SECONDS,
        };
        Environment {
            chain_id: self.config.chain_id,
            arbos_version: evm::arbos_version(&self.state.at(u64::MAX), self.config.arbos_version, timestamp),
            l2_number: number as u64,
            l1_number,
            timestamp,
            base_fee: self.base_fee(),
            coinbase: self.settings.coinbase,
            gas_limit: self.settings.gas_limit,
            prev_randao: self.settings.next_prev_randao,
            l1_price_per_unit: evm::l1_price_per_unit(
                &self.state.at(u64::MAX),
                self.config.l1_price_per_unit,
            ),
            recent_hashes: self.hashes_before(number),
            recent_programs: Vec::new(),
        }
    }

    /// Block `number` as its own transactions saw it.
    pub(crate) fn environment_of(&self, number: u64) -> Option<Environment> {
        let block = self.block(number)?;
        let before = self.state.at(number.saturating_sub(1));
        let mut env = Environment {
            arbos_version: evm::arbos_version(&before, self.config.arbos_version, block.header.timestamp),
            l1_number: block.l1_number,
            timestamp: block.header.timestamp,
            base_fee: block.header.base_fee_per_gas.unwrap_or(BASE_FEE),
            coinbase: block.header.beneficiary,
            gas_limit: block.header.gas_limit,
            prev_randao: None,
            ..self.environment(usize::try_from(number).ok()?)
        };
        env.prev_randao = (block::mix_hash(&env) != block.header.mix_hash).then_some(block.header.mix_hash);
        Some(env)
    }

    /// Hashes of the 256 blocks before block `number`, oldest first.
    fn hashes_before(&self, number: usize) -> Arc<[B256]> {
        let newest = number.min(self.blocks.len());
        self.blocks[newest.saturating_sub(256)..newest].iter().map(|block| block.hash).collect()
    }

    /// Tells the watchers.
    fn announce(&self) {
        self.head.send_replace(Head { number: self.latest().number(), next_event: self.events.next() });
    }
}
