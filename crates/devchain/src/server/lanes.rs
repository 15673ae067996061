//! How many methods of each kind run at once, so that none waits for those of another kind.

use tokio::sync::{Semaphore, SemaphorePermit};

use super::{MAX_CONCURRENT, MAX_EXECUTIONS, MAX_REQUEST_BYTES, message::Params};
use crate::rpc::RpcError;

/// Kinds by the beginnings of their methods' names, and how many of each run at once.
const KINDS: [(&[&str], usize); 5] = [
    // They change the chain, one at a time in any case; those that read come in between.
    (&["eth_send", "evm_", "anvil_", "hardhat_"], 1),
    // They run code for as long as its gas lasts.
    (&["eth_call", "eth_estimateGas", "eth_createAccessList", "eth_fillTransaction"], MAX_EXECUTIONS),
    // Their answers may be long, which in the making hold many times their text.
    (&["debug_"], 1),
    (&["eth_getLogs", "eth_getFilter"], 1),
    (&["eth_getBlock", "txpool_content"], 1),
];
/// Done in less time than another thread takes to be told of it.
const QUICK: [&str; 6] = [
    "eth_blockNumber",
    "eth_chainId",
    "eth_gasPrice",
    "eth_getBalance",
    "eth_getTransactionCount",
    "eth_getTransactionReceipt",
];
/// Quick too, when the hashes of transactions are enough.
const BLOCK: &str = "eth_getBlockByNumber";

/// Whether a method is done in no time, once nobody changes the chain.
pub(super) fn is_quick(method: &str, params: &Params) -> bool {
    let is_short =
        || params.elements().and_then(|mut given| given.nth(1)).is_some_and(|whole| whole == "false");
    QUICK.contains(&method) || (method == BLOCK && is_short())
}

/// Bytes of params that are parsed beside others: parsed they hold many times their text.
const LONG_BYTES: usize = MAX_REQUEST_BYTES / 32;

/// The kinds, and who has their turn.
pub(super) struct Lanes {
    kinds: [Semaphore; KINDS.len()],
    /// Of no other kind, and done in no time.
    short: Semaphore,
    /// Of any kind, with long params.
    long: Semaphore,
}

impl Default for Lanes {
    fn default() -> Self {
        Self {
            kinds: KINDS.map(|(_, places)| Semaphore::new(places)),
            short: Semaphore::new(MAX_CONCURRENT),
            long: Semaphore::new(1),
        }
    }
}

impl Lanes {
    /// Waits for the right to run a method with so many bytes of params; it ends with what this gives.
    ///
    /// # Errors
    /// When the chain is shutting down.
    pub(super) async fn turn(&self, method: &str, bytes: usize) -> Result<SemaphorePermit<'_>, RpcError> {
        let permit = self.lane(method, bytes).acquire().await;
        permit.map_err(|_| RpcError::internal("the chain is shutting down"))
    }

    fn lane(&self, method: &str, bytes: usize) -> &Semaphore {
        if bytes > LONG_BYTES {
            return &self.long;
        }
        let is_of = |(starts, _): &(&[&str], usize)| starts.iter().any(|start| method.starts_with(start));
        KINDS.iter().position(is_of).and_then(|kind| self.kinds.get(kind)).unwrap_or(&self.short)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_quick_without_its_transactions_only() {
        let params = |text: &'static [u8]| Params::of_one(text);
        assert!(is_quick(BLOCK, &params(br#""latest",false"#)));
        for long in [br#""latest",true"#.as_slice(), br#""latest""#, br#""latest",0"#] {
            assert!(!is_quick(BLOCK, &params(long)));
        }
        assert!(is_quick("eth_blockNumber", &params(b"")));
        for slow in ["eth_call", "eth_getLogs", "eth_sendRawTransaction", "debug_traceCall", "evm_mine"] {
            assert!(!is_quick(slow, &params(br#""latest",false"#)), "{slow}");
        }
    }

    #[tokio::test]
    async fn no_kind_waits_for_another() {
        let lanes = Lanes::default();
        let methods =
            ["eth_sendTransaction", "eth_call", "debug_traceCall", "eth_getLogs", "eth_getBlockByNumber"];
        let mut held = Vec::new();
        for method in methods {
            let lane = lanes.lane(method, 0);
            held.push(lane.acquire_many(u32::try_from(lane.available_permits()).unwrap()).await.unwrap());
        }
        held.push(lanes.turn("eth_call", LONG_BYTES + 1).await.unwrap());
        assert_eq!(lanes.lane("debug_traceBlockByNumber", LONG_BYTES + 1).available_permits(), 0);
        for method in methods {
            assert_eq!(lanes.lane(method, 0).available_permits(), 0, "{method}");
        }
        for method in ["eth_chainId", "eth_getBalance", "web3_sha3", ""] {
            drop(lanes.turn(method, 0).await.unwrap());
        }
    }
}
