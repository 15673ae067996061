//! Whether an endpoint serves our chain: its id, and the hash of one block.

use alloy::primitives::{Address, B256, Bytes, U64};
use functions_rpc::{Fault, MAX_ANSWER_BYTES};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json, value::RawValue};
use tokio::time::Instant;

use super::{Rpc, locked};
use crate::{
    chain::{agree, answer::decoded},
    config::ChainSection,
};

/// What every endpoint must serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    chain_id: u64,
    block: u64,
    hash: B256,
}

/// The chain that is looked for.
#[derive(Clone, Copy, Debug)]
pub struct WantedChain {
    /// Its id.
    pub chain_id: u64,
    /// The block whose hash tells it from others of the same id; 0 is the genesis.
    pub block: u64,
    /// That block's hash, when it is known.
    pub hash: Option<B256>,
    /// A contract on it, which tells the right one as long as the hash is not known.
    pub router: Address,
}

impl WantedChain {
    /// The one of the configuration; `known` is the identity block's hash where the configuration does not give it.
    #[must_use]
    pub fn configured(chain: &ChainSection, known: Option<B256>) -> Self {
        Self {
            chain_id: chain.chain_id,
            block: chain.identity_block,
            hash: chain.identity_hash.or(known),
            router: chain.router,
        }
    }
}

/// What came of [`Rpc::connect`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contact {
    /// An endpoint serves the chain; the hash of the identity block.
    Found(B256),
    /// None does yet; why, in words.
    NotYet(String),
    /// Every endpoint answers for another chain; the operator must act.
    Foreign(String),
}

/// Why no endpoint serves the wanted chain.
#[derive(Default)]
struct Apart {
    waiting: Vec<String>,
    foreign: Vec<String>,
}

impl Apart {
    fn note(&mut self, endpoint: &str, fault: Fault) {
        let words = format!("{endpoint}: {fault}");
        match fault {
            Fault::Foreign(_) => self.foreign.push(words),
            _ => self.waiting.push(words),
        }
    }

    fn wait_for(&mut self, words: String) {
        self.waiting.push(words);
    }

    fn contact(self) -> Contact {
        if self.waiting.is_empty() {
            return Contact::Foreign(self.foreign.join("; "));
        }
        Contact::NotYet([self.waiting, self.foreign].concat().join("; "))
    }
}

impl Rpc {
    /// Looks for endpoints of the wanted chain. From then on no other chain's word is taken. As long as the identity
    /// block's hash is not known, the first endpoints in order with the right id and the router on it decide: as many
    /// as must agree.
    pub async fn connect(&self, wanted: &WantedChain) -> Contact {
        let hash = match wanted.hash {
            Some(hash) => hash,
            None => match self.introductions(wanted).await {
                Ok(hash) => hash,
                Err(contact) => return contact,
            },
        };
        let expected = Expected { chain_id: wanted.chain_id, block: wanted.block, hash };
        self.expected.send_replace(Some(expected));
        let mut apart = Apart::default();
        for (index, endpoint) in self.endpoints.iter().enumerate() {
            match self.identify(index, expected).await {
                Ok(()) => return Contact::Found(hash),
                Err(fault) => apart.note(&endpoint.shown, fault),
            }
        }
        apart.contact()
    }

    /// Waits until it is known which chain is meant: before that any endpoint would be believed.
    pub async fn met(&self) {
        // Nothing but this holds the other end.
        let _ = self.expected.subscribe().wait_for(Option::is_some).await;
    }

    /// The identity block's hash, by as many endpoints as must agree; without them what to say instead.
    async fn introductions(&self, wanted: &WantedChain) -> Result<B256, Contact> {
        let mut apart = Apart::default();
        let mut heard = Vec::new();
        for (index, endpoint) in self.endpoints.iter().enumerate() {
            match self.introduce(index, wanted).await {
                Ok(Some(hash)) => heard.push((index, hash)),
                Ok(None) => apart.wait_for(format!(
                    "chain {} at {} has no contract at chain.router {}",
                    wanted.chain_id, endpoint.shown, wanted.router
                )),
                Err(fault) => apart.note(&endpoint.shown, fault),
            }
            if let Some(hash) = agree::alike(self.agree, &heard) {
                return Ok(hash);
            }
        }
        if !heard.is_empty() {
            let (agree, block) = (self.agree, wanted.block);
            let said = heard.iter().map(|(index, hash)| format!("{} {hash}", self.endpoints[*index].shown));
            let said = said.collect::<Vec<_>>().join(", ");
            let indexes: Vec<usize> = heard.iter().map(|(index, _)| *index).collect();
            if self.is_contradiction(&indexes) {
                self.complain(&indexes, &format!("they contradict each other about block {block}"));
            }
            apart.wait_for(format!("{agree} endpoints must say the same of block {block}: {said}"));
        }
        Err(apart.contact())
    }

    /// The identity block's hash at one endpoint; `None` when the router is not on its chain.
    async fn introduce(&self, index: usize, wanted: &WantedChain) -> Result<Option<B256>, Fault> {
        self.check_id(index, wanted.chain_id).await?;
        let hash = self.identity_hash(index, wanted.block).await?;
        let code: Bytes = self.put(index, "eth_getCode", &json!([wanted.router, "latest"])).await?;
        Ok((!code.is_empty()).then_some(hash))
    }

    /// Checks that the endpoint serves the expected chain.
    async fn identify(&self, index: usize, expected: Expected) -> Result<(), Fault> {
        self.check_id(index, expected.chain_id).await?;
        let hash = self.identity_hash(index, expected.block).await?;
        if hash != expected.hash {
            let fault =
                Fault::Foreign(format!("its block {} is {hash}, ours is {}", expected.block, expected.hash));
            self.failed(index, &fault, Instant::now());
            return Err(fault);
        }
        if let Some(endpoint) = self.endpoints.get(index) {
            locked(&endpoint.health).identified(Instant::now());
        }
        Ok(())
    }

    async fn check_id(&self, index: usize, expected: u64) -> Result<(), Fault> {
        let id: U64 = self.put(index, "eth_chainId", &json!([])).await?;
        if id.to::<u64>() == expected {
            return Ok(());
        }
        let fault = Fault::Foreign(format!("its chain id is {id}, chain.chain_id is {expected}"));
        self.failed(index, &fault, Instant::now());
        Err(fault)
    }

    async fn identity_hash(&self, index: usize, block: u64) -> Result<B256, Fault> {
        #[derive(Deserialize)]
        struct Identity {
            hash: B256,
        }
        let params = json!([format!("{block:#x}"), false]);
        let found: Identity = self.put(index, "eth_getBlockByNumber", &params).await?;
        Ok(found.hash)
    }

    /// One question to one endpoint, its answer decoded and its health kept.
    async fn put<T: DeserializeOwned>(
        &self,
        index: usize,
        method: &'static str,
        params: &Value,
    ) -> Result<T, Fault> {
        let read = |raw: &RawValue| decoded(raw).map(Some);
        let found = self.attempt(index, method, params, &read, MAX_ANSWER_BYTES, true).await?;
        found.ok_or_else(|| Fault::Broken("null".to_owned()))
    }

    pub(super) async fn ensure_identity(&self, index: usize) -> Result<(), Fault> {
        let Some(expected) = *self.expected.borrow() else { return Ok(()) };
        let is_known = self
            .endpoints
            .get(index)
            .is_some_and(|endpoint| locked(&endpoint.health).is_identified(Instant::now()));
        if is_known { Ok(()) } else { self.identify(index, expected).await }
    }

    /// Every endpoint proves its identity anew before it is believed again.
    pub(in crate::chain) fn doubt_identities(&self) {
        for endpoint in &self.endpoints {
            locked(&endpoint.health).forget_identity();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_s_trouble_is_told() {
        let mut apart = Apart::default();
        apart.note("b", Fault::Foreign("its chain id is 5".into()));
        assert!(
            matches!(std::mem::take(&mut apart).contact(), Contact::Foreign(why) if why.starts_with("b: "))
        );
        apart.note("b", Fault::Foreign("its chain id is 5".into()));
        apart.note("a", Fault::Broken("null".into()));
        apart.wait_for("2 endpoints must say the same".into());
        let Contact::NotYet(why) = apart.contact() else { panic!("one may serve the chain yet") };
        let troubles: Vec<&str> = why.split("; ").collect();
        assert_eq!(troubles.len(), 3, "{why}");
        assert!(troubles[0].starts_with("a: ") && troubles[2].starts_with("b: "), "{why}");
    }
}
