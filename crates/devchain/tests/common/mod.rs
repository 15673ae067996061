//! A running chain, a client for each dev account, and the probe contract.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "tests use a part each, and fail by panicking"
)]

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use alloy::{
    network::EthereumWallet,
    primitives::{Bytes, hex},
    providers::{DynProvider, Provider, ProviderBuilder},
    signers::local::PrivateKeySigner,
    sol,
    transports::http::reqwest,
};
use devchain::{ChainConfig, Config, DEV_ACCOUNTS, Devchain, Handle};

sol! {
    #[sol(rpc, extra_derives(Debug))]
    contract Probe {
        event Changed(address indexed by, uint256 value);
        error Refused(uint256 code);
        constructor(uint256 initial);
        function value() external view returns (uint256);
        function slots(uint256 key) external view returns (uint256);
        function set(uint256 next) external payable;
        function refuse(uint256 code) external pure;
        function refuseInWords() external pure;
        function facts() external view returns (
            uint256 number, uint256 time, uint256 baseFee, address coinbase, uint256 random, uint256 gasLimit, uint256 price
        );
        function fill(uint256 count) external;
        function burn() external;
    }
}

/// The time every test chain starts at, in seconds.
pub const START: u64 = 1_800_000_000;

/// A chain whose clock stands still.
pub struct Running {
    pub handle: Handle,
    http: reqwest::Client,
    pub clock: Arc<AtomicU64>,
}

impl Running {
    pub async fn start(change: impl FnOnce(&mut ChainConfig)) -> Self {
        let clock = Arc::new(AtomicU64::new(START));
        let reads = Arc::clone(&clock);
        let mut chain =
            ChainConfig { clock: Arc::new(move || reads.load(Ordering::Relaxed)), ..ChainConfig::default() };
        change(&mut chain);
        let handle = Devchain::start(Config { chain, ..Config::default() }).await.unwrap();
        Self { handle, http: reqwest::Client::new(), clock }
    }

    pub async fn new() -> Self {
        Self::start(|_| {}).await
    }

    /// A client that signs for a dev account.
    pub fn client(&self, account: usize) -> DynProvider {
        let key = PrivateKeySigner::from_bytes(&DEV_ACCOUNTS[account].private_key).unwrap();
        ProviderBuilder::new()
            .wallet(EthereumWallet::new(key))
            .connect_http(self.handle.rpc_url.parse().unwrap())
            .erased()
    }

    /// Sends a request without any help and returns the whole answer.
    pub async fn raw(&self, method: &str, params: serde_json::Value) -> serde_json::Value {
        let body = serde_json::json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        self.post(body.to_string()).await
    }

    /// Sends bytes and returns the answer.
    pub async fn post(&self, body: String) -> serde_json::Value {
        let answer = self
            .http
            .post(&self.handle.rpc_url)
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }
}

/// Creation code of the probe without constructor arguments.
pub fn probe_code() -> Bytes {
    hex::decode(include_str!("../fixtures/Probe.hex").trim()).unwrap().into()
}

/// Deploys the probe with an initial value.
pub async fn deploy_probe(client: &DynProvider, initial: u64) -> Probe::ProbeInstance<DynProvider> {
    use alloy::{
        network::TransactionBuilder, primitives::U256, rpc::types::TransactionRequest, sol_types::SolValue,
    };
    let code = [probe_code().to_vec(), U256::from(initial).abi_encode()].concat();
    let request = TransactionRequest::default().with_deploy_code(code);
    let receipt = client.send_transaction(request).await.unwrap().get_receipt().await.unwrap();
    assert!(receipt.status());
    Probe::new(receipt.contract_address.unwrap(), client.clone())
}
