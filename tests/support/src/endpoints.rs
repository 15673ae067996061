//! A chain in this process, behind endpoints that misbehave on demand.

use devchain::{ChainConfig, Config, Devchain, Handle};
use functions_client::Chain;
use serde_json::Value;
use url::Url;

use crate::proxy::Proxy;

/// The chain and its endpoints. Dropping it ends all.
pub struct Endpoints {
    /// In front of the chain, in order of preference.
    pub proxies: Vec<Proxy>,
    /// The chain without any of them in between.
    pub chain: Chain,
    handle: Handle,
}

impl Endpoints {
    /// A fresh chain behind `count` honest endpoints.
    ///
    /// # Panics
    /// When no socket is free.
    pub async fn start(count: usize) -> Self {
        Self::of(ChainConfig::default(), count).await
    }

    /// The same of a chain of one's own kind.
    ///
    /// # Panics
    /// When no socket is free.
    pub async fn of(chain: ChainConfig, count: usize) -> Self {
        let config = Config { chain, ..Config::default() };
        let handle = Devchain::start(config).await.expect("the chain starts");
        let mut proxies = Vec::new();
        for _ in 0..count {
            proxies.push(Proxy::start(&handle.rpc_url).await);
        }
        let chain = Chain::connect(&handle.rpc_url).await.expect("the chain answers");
        Self { proxies, chain, handle }
    }

    /// Where the endpoints are.
    ///
    /// # Panics
    /// Never: they are URLs.
    pub fn urls(&self) -> Vec<Url> {
        self.proxies.iter().map(|proxy| proxy.url.parse().expect("a URL")).collect()
    }

    /// Where the chain itself is.
    pub fn rpc_url(&self) -> &str {
        &self.handle.rpc_url
    }

    /// A method of development chains, asked past the endpoints.
    ///
    /// # Panics
    /// When the chain does not know it.
    pub async fn cheat(&self, method: &'static str, params: impl serde::Serialize) -> Value {
        self.chain.cheat(method, params).await.expect("a development chain knows the method")
    }
}
