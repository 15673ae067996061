//! What the node says about itself, and whether it takes part.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, U256};
use functions_input::address;
use serde::Serialize;

use crate::chain::EndpointView;

/// A part whose trouble keeps the node from taking part, or will soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// The endpoints, or what they show.
    Chain,
    /// The journal's database.
    Database,
    /// The transmitter's account.
    Ether,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Chain, Self::Database, Self::Ether];

    /// The name used as a metric's label.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::Database => "database",
            Self::Ether => "ether",
        }
    }
}

/// The node part of `/status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeStatus {
    /// This node's index in the configuration; `None` until it is configured.
    pub index: Option<u8>,
    /// Network identity.
    pub peer_id: String,
    /// Address whose signatures count on chain.
    #[serde(serialize_with = "address::serialize")]
    pub signer: Address,
    /// Account that sends reports.
    #[serde(serialize_with = "address::serialize")]
    pub transmitter: Address,
    /// Peers connected now.
    pub peers_connected: usize,
    /// The configuration in force.
    pub config_digest: Option<B256>,
    /// Tolerated faults.
    pub f: u8,
    /// Members.
    pub n: usize,
    /// Newest block read.
    pub head: u64,
    /// Seconds since the newest block was first seen.
    pub head_age_seconds: u64,
    /// The coordinator served.
    #[serde(serialize_with = "address::serialize_optional")]
    pub coordinator: Option<Address>,
    /// The chain's endpoints in order of preference.
    pub endpoints: Vec<EndpointView>,
    /// Ether of the transmitter in wei; `None` until it was asked for.
    pub transmitter_wei: Option<U256>,
    /// The pinned engine build of scripts; `None` until the runner started.
    pub runtime_hash: Option<B256>,
    /// The walls around a script by name, and how each stands.
    pub sandbox: BTreeMap<String, String>,
    /// Requests older than this (unix seconds) are left to the peers: the keys may have spoken about them with another
    /// journal.
    pub silent_before: Option<u64>,
    /// The chain's keys for secrets: `unset`, `held` by this node, or `lacking` here; `None` until they were asked for.
    pub secrets_keys: Option<&'static str>,
    /// What is missing before the node takes part.
    #[serde(flatten)]
    pub missing: Missing,
}

/// What keeps the node from taking part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Missing {
    /// Parts in trouble, each with the reason in words.
    troubles: BTreeMap<Part, String>,
    /// Empty when ready; otherwise everything that is missing.
    waiting_for: Option<String>,
    #[serde(skip)]
    stage: Option<String>,
}

impl NodeStatus {
    /// What is missing, in words; `None` when the node takes part.
    #[must_use]
    pub fn waiting_for(&self) -> Option<&str> {
        self.missing.waiting_for.as_deref()
    }

    /// What the start or the engine waits for; `None` once it takes part.
    pub fn set_stage(&mut self, stage: Option<String>) {
        self.missing.stage = stage;
        self.missing.sum_up();
    }

    /// A part's trouble, or its end.
    pub fn set_trouble(&mut self, part: Part, trouble: Option<String>) {
        match trouble {
            Some(reason) => self.missing.troubles.insert(part, reason),
            None => self.missing.troubles.remove(&part),
        };
        self.missing.sum_up();
    }

    /// Whether a part is in trouble.
    #[must_use]
    pub fn is_troubled(&self, part: Part) -> bool {
        self.missing.troubles.contains_key(&part)
    }
}

impl Missing {
    fn sum_up(&mut self) {
        let reasons: Vec<&str> = self.troubles.values().chain(&self.stage).map(String::as_str).collect();
        self.waiting_for = (!reasons.is_empty()).then(|| reasons.join("; "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_with_their_checksums() {
        let known = "0x3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E";
        let address: Address = known.parse().expect("an address");
        let status = NodeStatus {
            signer: address,
            transmitter: address,
            coordinator: Some(address),
            ..NodeStatus::default()
        };
        let shown = serde_json::to_value(&status).expect("JSON");
        for key in ["signer", "transmitter", "coordinator"] {
            assert_eq!(shown[key], known);
        }
        let shown = serde_json::to_value(NodeStatus::default()).expect("JSON");
        assert!(shown["coordinator"].is_null(), "{shown}");
    }

    #[test]
    fn waiting_for_names_everything_that_is_missing() {
        let mut status = NodeStatus::default();
        assert_eq!(status.waiting_for(), None);
        status.set_stage(Some("2 of at least 2 peers".into()));
        status.set_trouble(Part::Database, Some("the database is frozen".into()));
        assert_eq!(status.waiting_for(), Some("the database is frozen; 2 of at least 2 peers"));
        let shown = serde_json::to_value(&status).expect("JSON");
        assert_eq!(shown["troubles"]["database"], "the database is frozen");
        assert_eq!(shown["waitingFor"], "the database is frozen; 2 of at least 2 peers");
        status.set_stage(None);
        assert!(status.is_troubled(Part::Database));
        status.set_trouble(Part::Database, None);
        assert_eq!(status.waiting_for(), None);
    }
}
