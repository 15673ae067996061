//! The JSON-RPC methods: from a method name and parameters to a value or an error. No sockets here.
//!
//! | file | methods |
//! | --- | --- |
//! | `read.rs` | eth_ reads with short answers: accounts, fees, transactions |
//! | `records.rs` | eth_ reads with long ones: blocks, receipts, logs |
//! | `execute.rs` | eth_call, eth_estimateGas, eth_createAccessList, eth_sendTransaction and its kin |
//! | `sign.rs` | eth_sign and its kin, for the development accounts |
//! | `node_interface.rs` | the virtual contract at 0xC8, reachable by eth_call only |
//! | `filters.rs` | eth_newFilter and its kin |
//! | `pool.rs` | txpool_ |
//! | `debug.rs` | debug_trace |
//! | `cheats.rs` | evm_, anvil_ and hardhat_ |
//! | `shape.rs`, `params.rs`, `error.rs` | shapes |

mod cheats;
mod debug;
pub(crate) mod error;
mod execute;
mod filters;
mod node_interface;
mod params;
mod pool;
mod read;
mod records;
pub(crate) mod shape;
mod sign;

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError,
        atomic::AtomicU64,
    },
};

use alloy::{
    eips::{BlockId, BlockNumberOrTag},
    primitives::{Bytes, keccak256},
};
use serde_json::{Value, json};

pub use error::RpcError;
pub(crate) use params::Params;

use crate::{accounts::DEV_ACCOUNTS, chain::Chain};
use filters::Filters;

/// What web3_clientVersion answers. Test tools look for a name they know at its beginning before they move time or take
/// snapshots; this chain has the methods they then use.
const CLIENT_VERSION: &str = concat!("anvil/devchain/v", env!("CARGO_PKG_VERSION"));

/// The methods over one chain. Reads run side by side, writes alone.
pub struct Api {
    chain: RwLock<Chain>,
    filters: Mutex<Filters>,
    /// Seconds between blocks when blocks come by time, 0 when they do not.
    interval: tokio::sync::watch::Sender<u64>,
    /// `interval` at the beginning.
    first_interval: u64,
    /// Another number for every start.
    start: u64,
    resets: AtomicU64,
}

impl Api {
    /// Methods over a chain; `interval_seconds` is what evm_setIntervalMining changes.
    pub fn new(chain: Chain, interval_seconds: u64) -> Self {
        Self {
            chain: RwLock::new(chain),
            filters: Mutex::default(),
            interval: tokio::sync::watch::Sender::new(interval_seconds),
            first_interval: interval_seconds,
            start: RandomState::new().hash_one(0),
            resets: AtomicU64::new(0),
        }
    }

    /// The chain, for reading.
    pub fn chain(&self) -> RwLockReadGuard<'_, Chain> {
        self.chain.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The chain, for reading, unless somebody changes it just now.
    pub(crate) fn try_chain(&self) -> Option<RwLockReadGuard<'_, Chain>> {
        match self.chain.try_read() {
            Ok(chain) => Some(chain),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// The chain, for changing.
    pub fn chain_mut(&self) -> RwLockWriteGuard<'_, Chain> {
        self.chain.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches the seconds between blocks.
    pub(crate) fn watch_interval(&self) -> tokio::sync::watch::Receiver<u64> {
        self.interval.subscribe()
    }

    fn filters(&self) -> MutexGuard<'_, Filters> {
        self.filters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request, in JSON.
    ///
    /// # Errors
    /// What the caller is told: unknown method, bad parameters, or why the method failed.
    pub(crate) fn answer(&self, method: &str, params: Option<Value>) -> Result<String, RpcError> {
        let mut params = Params::new(params)?;
        match self.record(method, &mut params) {
            Some(record) => record,
            None => self.value(method, params).map(|value| value.to_string()),
        }
    }

    fn value(&self, method: &str, params: Params) -> Result<Value, RpcError> {
        match method.split_once('_') {
            Some(("eth", name)) => self.eth(name, params),
            Some(("evm" | "anvil" | "hardhat", name)) => self.cheat(method, name, params),
            Some(("debug", name)) => self.debug(name, params),
            Some(("txpool", name)) => self.pool(name, params),
            Some(("personal", "sign")) => self.sign("personalSign", params),
            _ => self.about(method, params),
        }
    }

    fn eth(&self, name: &str, params: Params) -> Result<Value, RpcError> {
        match name {
            "call"
            | "estimateGas"
            | "createAccessList"
            | "sendTransaction"
            | "sendUnsignedTransaction"
            | "sendRawTransaction" => self.execute(name, params),
            "sign" | "signTypedData" | "signTypedData_v3" | "signTypedData_v4" | "signTransaction"
            | "fillTransaction" => self.sign(name, params),
            "subscribe" | "unsubscribe" => Err(RpcError::new(
                error::METHOD_NOT_FOUND,
                "notifications not supported: subscriptions need a WebSocket connection",
            )),
            "getProof" => Err(RpcError::new(
                error::METHOD_NOT_FOUND,
                "eth_getProof is not supported: this chain keeps no Merkle tree of its state",
            )),
            "newFilter"
            | "newBlockFilter"
            | "newPendingTransactionFilter"
            | "getFilterChanges"
            | "getFilterLogs"
            | "uninstallFilter" => self.filter(name, params),
            _ => self.read(name, params),
        }
    }

    fn about(&self, method: &str, mut params: Params) -> Result<Value, RpcError> {
        let chain_id = self.chain().config().chain_id;
        Ok(match method {
            "net_version" => json!(chain_id.to_string()),
            "net_listening" => json!(true),
            "net_peerCount" => shape::quantity(0),
            "web3_clientVersion" => json!(CLIENT_VERSION),
            "web3_sha3" => json!(keccak256(params.get::<Bytes>(0, "data")?)),
            "rpc_modules" => json!({
                "anvil": "1.0", "debug": "1.0", "eth": "1.0", "evm": "1.0", "hardhat": "1.0", "net": "1.0", "personal": "1.0",
                "rpc": "1.0", "txpool": "1.0", "web3": "1.0",
            }),
            "personal_listAccounts" => accounts(),
            _ => return Err(RpcError::method(method)),
        })
    }
}

fn accounts() -> Value {
    DEV_ACCOUNTS.iter().map(|account| json!(account.address)).collect()
}

/// The number a block parameter means; the newest block stands for everything that is not settled or not yet finalized.
/// `None`: no such block.
fn resolve(chain: &Chain, block: BlockId) -> Option<u64> {
    let newest = chain.latest().number();
    match block {
        BlockId::Hash(hash) => chain.block_by_hash(hash.block_hash).map(|block| block.number()),
        BlockId::Number(BlockNumberOrTag::Number(number)) => (number <= newest).then_some(number),
        BlockId::Number(BlockNumberOrTag::Earliest) => Some(0),
        BlockId::Number(_) => Some(newest),
    }
}

fn resolve_or_error(chain: &Chain, block: BlockId) -> Result<u64, RpcError> {
    resolve(chain, block).ok_or_else(RpcError::unknown_block)
}
