//! A configuration as its Coordinator announces it.

use alloy_primitives::{Address, B256};
use functions_offchain_config::OffchainConfig;
use functions_report::digest::OcrConfig;
use functions_types::abi::Coordinator::ConfigSet;
use functions_types::word;

use crate::{Roster, RosterError};

/// Why an announced configuration makes no DON. Who set it must act.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnnouncedError {
    /// The digest in the event is not the digest of its content.
    #[error(
        "the event's digest {found} is not the digest of its content {computed}; the endpoint or the coordinator is broken"
    )]
    Digest {
        /// As in the event.
        found: B256,
        /// As computed.
        computed: B256,
    },
    /// The off-chain part does not decode or breaks a rule.
    #[error(
        "the off-chain configuration cannot be used: {0}; set it again with a matching version of the CLI"
    )]
    Offchain(String),
    /// The lists do not make a DON.
    #[error("the configuration makes no DON: {0}")]
    Roster(#[from] RosterError),
}

impl Roster {
    /// The roster and the off-chain part that an event of this Coordinator announces, when its digest is that of its
    /// content. Spec: agreement A1.
    ///
    /// # Errors
    /// [`AnnouncedError`] naming what to correct, in the order of its variants.
    pub fn announced(
        event: &ConfigSet,
        chain_id: u64,
        coordinator: Address,
    ) -> Result<(Self, OffchainConfig), AnnouncedError> {
        let words = |list: &[Address]| list.iter().copied().map(word::from_address).collect::<Vec<_>>();
        let computed = OcrConfig {
            signers: &words(&event.signers),
            transmitters: &words(&event.transmitters),
            f: event.f,
            onchain_config: &event.onchainConfig,
            offchain_config_version: event.offchainConfigVersion,
            offchain_config: &event.offchainConfig,
        }
        .digest(chain_id, coordinator, event.configCount);
        if computed != event.configDigest {
            return Err(AnnouncedError::Digest { found: event.configDigest, computed });
        }
        let offchain = OffchainConfig::decode(event.offchainConfigVersion, &event.offchainConfig)
            .map_err(|err| AnnouncedError::Offchain(err.to_string()))?;
        let roster = Self::new(event.configDigest, event.f, &event.signers, &event.transmitters, &offchain)?;
        Ok((roster, offchain))
    }
}
