//! The DON as the chain configured it, and this node's place in it.

use std::time::Duration;

use alloy::primitives::{Address, B256};
use functions_offchain_config::{Member, OffchainConfig};
use functions_types::abi::Coordinator::ConfigSet;
use oracle_keys::SecretsKeys;
use oracle_ocr::{AnnouncedError, OracleIndex, Roster};

use crate::secrets::Standing;

/// The public halves of a node's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Address that report signatures recover to.
    pub signer: Address,
    /// Account that sends reports; after a rotation the newest.
    pub transmitter: Address,
    /// Accounts that sent them before, whose keys are kept.
    pub earlier_transmitters: Vec<Address>,
    /// Network identity, base58.
    pub peer_id: String,
    /// Ed25519 key of protocol messages.
    pub offchain_public_key: [u8; 32],
    /// Public parts of the keys for secrets, newest generation first.
    pub secrets_keys: Vec<SecretsKeys>,
}

impl Identity {
    /// This identity with the transmitter that a configuration names, where its key is kept: a rotation takes effect
    /// with the configuration, not with the keystore.
    #[must_use]
    pub fn as_configured(&self, event: &ConfigSet) -> Self {
        let index = event.signers.iter().position(|signer| *signer == self.signer);
        let named = index.and_then(|index| event.transmitters.get(index).copied());
        match named.filter(|named| self.earlier_transmitters.contains(named)) {
            Some(transmitter) => Self { transmitter, ..self.clone() },
            None => self.clone(),
        }
    }
}

/// Why a configuration cannot be used by this node. The operators must act.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DonError {
    /// What the event announces makes no DON.
    #[error(transparent)]
    Announced(#[from] AnnouncedError),
    /// This node's signer is not in the list.
    #[error(
        "signer {0} is not in the DON's configuration; add this node with setConfig, or point the keystore to the right keys"
    )]
    NotAMember(Address),
    /// The entry at this node's index names another key.
    #[error(
        "entry {index} of the DON's configuration has {what} {configured}, this node has {ours}; correct setConfig or the keystore"
    )]
    KeyMismatch {
        /// Our index.
        index: usize,
        /// Which key.
        what: &'static str,
        /// As configured.
        configured: String,
        /// As in our keystore.
        ours: String,
    },
}

/// One configuration in force.
#[derive(Clone, Debug)]
pub struct Don {
    /// The coordinator it was set on.
    pub coordinator: Address,
    /// Members, quorum and order.
    pub roster: Roster,
    /// Waiting times, limits, addresses.
    pub offchain: OffchainConfig,
    /// This node.
    pub me: OracleIndex,
    /// The account it sends reports from.
    pub transmitter: Address,
    /// How this node stands towards the keys for secrets that the chain shows.
    pub secrets_keys: Standing,
    /// How many configurations the coordinator has had, this one included.
    pub config_count: u64,
}

impl Don {
    /// Checks a `ConfigSet` event and finds this node in it.
    ///
    /// # Errors
    /// [`DonError`] naming what to correct.
    pub fn from_event(
        event: &ConfigSet,
        chain_id: u64,
        coordinator: Address,
        identity: &Identity,
    ) -> Result<Self, DonError> {
        let (roster, offchain) = Roster::announced(event, chain_id, coordinator)?;
        let index = event
            .signers
            .iter()
            .position(|signer| *signer == identity.signer)
            .ok_or(DonError::NotAMember(identity.signer))?;
        let me = OracleIndex::new(u8::try_from(index).unwrap_or(u8::MAX));
        let transmitter = identity.transmitter;
        let (config_count, secrets_keys) = (event.configCount, Standing::Unset);
        let don = Self { coordinator, me, transmitter, roster, offchain, secrets_keys, config_count };
        don.check_keys(index, identity, event)?;
        Ok(don)
    }

    fn check_keys(&self, index: usize, identity: &Identity, event: &ConfigSet) -> Result<(), DonError> {
        let mismatch = |what, configured: String, ours: String| {
            if configured == ours {
                Ok(())
            } else {
                Err(DonError::KeyMismatch { index, what, configured, ours })
            }
        };
        let transmitter = event.transmitters.get(index).copied().unwrap_or_default();
        mismatch("transmitter", transmitter.to_string(), identity.transmitter.to_string())?;
        let Some(member) = self.offchain.members.get(index) else {
            return Err(DonError::NotAMember(identity.signer));
        };
        mismatch("peer id", member.peer_id.clone(), identity.peer_id.clone())?;
        mismatch(
            "off-chain key",
            hex::encode(member.offchain_public_key),
            hex::encode(identity.offchain_public_key),
        )
    }

    /// The members in order.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.offchain.members
    }

    /// Time between two transmission stages.
    #[must_use]
    pub fn delta_stage(&self) -> Duration {
        Duration::from_millis(self.roster.timing().delta_stage_ms)
    }

    /// Transmitters of the first `stage` oracles in a request's order.
    #[must_use]
    pub fn transmitters_before(&self, request: &B256, stage: usize) -> Vec<Address> {
        let order = self.roster.order(request);
        order
            .iter()
            .take(stage)
            .filter_map(|index| self.roster.oracle(index))
            .map(|oracle| oracle.transmitter)
            .collect()
    }

    /// Peers that must be connected besides this node for a quorum.
    #[must_use]
    pub fn peers_needed(&self) -> usize {
        self.roster.quorum().saturating_sub(1)
    }
}
