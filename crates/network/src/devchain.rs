//! The local chain and its well-known accounts.

use std::path::Path;
use std::time::Duration;

use functions_client::{Account, Chain};
use functions_failure::{OrHelp as _, Result, WrapErr as _, failure};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::process::{Process, SEE_LOG, SLOW};
use crate::usage;

/// Keys of the development accounts. They are public: every development chain funds them, no real chain should.
pub const DEV_KEYS: [&str; 11] = [
    "b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659",
    "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    "7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
    "47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
    "8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
    "92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e",
    "4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356",
    "dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97",
    "2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6",
];

/// Id of the local chain unless it is told another.
pub const DEFAULT_CHAIN_ID: u64 = 412_346;
/// Longest greeting read, in bytes.
const MAX_GREETING: usize = 4096;

/// What the chain prints when it is up.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Greeting {
    /// HTTP endpoint.
    pub rpc_url: String,
    /// WebSocket endpoint.
    pub ws_url: String,
    /// Chain id.
    pub chain_id: u64,
}

/// What the chain is told when it starts.
#[derive(Clone, Copy, Debug)]
pub struct ChainOptions {
    /// Port it listens on; 0 takes a free one.
    pub port: u16,
    /// Its chain id.
    pub chain_id: u64,
    /// Wei per unit of calldata.
    pub l1_price: u128,
}

impl Default for ChainOptions {
    fn default() -> Self {
        Self { port: 0, chain_id: DEFAULT_CHAIN_ID, l1_price: 0 }
    }
}

/// A running chain.
pub struct Devchain {
    process: Process,
    /// Its endpoints.
    pub greeting: Greeting,
}

impl Devchain {
    /// Starts `program`, which writes its log to `folder`, and connects to it.
    ///
    /// # Errors
    /// When it does not start, says nothing for as long as `patience`, or does not answer.
    pub async fn start(
        program: &Path,
        folder: &Path,
        options: ChainOptions,
        patience: Duration,
    ) -> Result<(Self, Chain)> {
        let ChainOptions { port, chain_id, l1_price } = options;
        let values = [port.to_string(), chain_id.to_string(), l1_price.to_string()];
        let args = ["--port", &values[0], "--chain-id", &values[1], "--l1-price", &values[2]]
            .map(std::ffi::OsStr::new);
        let log = folder.join("devchain.log");
        let (mut process, stdout) = Process::spawn("devchain", program, &args, &log, true)?;
        let mut line = String::new();
        let mut reader = BufReader::new(stdout.expect("standard output is piped"));
        let read = tokio::time::timeout(patience, reader.read_line(&mut line)).await;
        if line.is_empty() || line.len() > MAX_GREETING || !matches!(read, Ok(Ok(_))) {
            process.ended_early().await?;
            return Err(failure!(help = SLOW, "devchain said nothing within {} s", patience.as_secs()));
        }
        let greeting: Greeting = serde_json::from_str(&line)
            .or_help("devchain is of another version: put the programs of one build side by side")
            .wrap_err("devchain greeted with something else than JSON")?;
        // Keep the pipe open and empty: a chain that cannot write must not end.
        tokio::spawn(async move {
            let mut rest = String::new();
            while matches!(reader.read_line(&mut rest).await, Ok(n) if n > 0) {
                rest.clear();
            }
        });
        let chain = Chain::connect(&greeting.rpc_url).await?;
        Ok((Self { process, greeting }, chain))
    }

    /// Processor time it has used since its start.
    ///
    /// # Errors
    /// When it does not run.
    pub fn processor_time(&self) -> Result<Duration> {
        let place = "what the chain used";
        let gone = || failure!(help = SEE_LOG, "the chain does not run");
        let id = self.process.id().ok_or_else(gone).wrap_err(place)?;
        Ok(usage::processor_time(id).wrap_err(place)?.process)
    }

    /// Waits until its process ends by itself; what it ended with.
    pub async fn end(&mut self) -> functions_failure::Failure {
        self.process.end().await
    }

    /// Ends it.
    pub async fn stop(&mut self) {
        self.process.stop().await;
    }
}

/// The `index`th development account; the first owns everything in a local network.
///
/// # Panics
/// When there are fewer.
pub fn dev_account(index: usize) -> Account {
    Account::from_hex(DEV_KEYS[index]).expect("the development keys are keys")
}

#[cfg(test)]
mod tests {
    use alloy::primitives::address;

    use super::*;

    #[test]
    fn dev_keys_belong_to_the_known_addresses() {
        let known = [
            address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E"),
            address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
            address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
            address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
            address!("90F79bf6EB2c4f870365E785982E1f101E93b906"),
            address!("15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
            address!("9965507D1a55bcC2695C58ba16FB37d819B0A4dc"),
            address!("976EA74026E726554dB657fA54763abd0C3a0aa9"),
            address!("14dC79964da2C08b23698B3D3cc7Ca32193d9955"),
            address!("23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"),
            address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720"),
        ];
        for (index, address) in known.into_iter().enumerate() {
            assert_eq!(dev_account(index).address(), address);
        }
    }
}
