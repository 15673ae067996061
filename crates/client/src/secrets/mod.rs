//! Secrets as their owner handles them: encrypted to a DON's keys, stored with it through a gateway.

mod gateway;
mod message;

use std::sync::Arc;

use alloy::primitives::Address;
use alloy::sol_types::SolCall;
use functions_tdh2::ecies::DonPublicKey;
use functions_tdh2::envelope::{self, Recipient, SealError};
use functions_tdh2::rand_core::OsRng;
use functions_tdh2::{Label, PublicKey, Secrets};
use functions_types::SubscriptionId;
use functions_types::abi::Coordinator;

pub use gateway::{Gateway, GatewayError, Listing, MemberAnswer, StoredRow, Upload};

use crate::account::Account;
use crate::chain::Chain;
use crate::error::ClientError;

/// The keys that secrets for one DON are encrypted to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretsKeys {
    /// Of every node.
    pub don: DonPublicKey,
    /// Of a threshold of them.
    pub threshold: Arc<PublicKey>,
}

/// Why a Coordinator's keys are none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// It was not asked, or did not answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Nobody has set any.
    #[error(
        "the Coordinator {0} has no keys for secrets: the DON's owner sets them with `functions don keys`"
    )]
    None(Address),
    /// They do not decode.
    #[error("the Coordinator's keys for secrets are none: {0}")]
    Malformed(String),
}

impl SecretsKeys {
    /// Reads the Coordinator's keys.
    ///
    /// # Errors
    /// [`KeysError`].
    pub async fn read(chain: &Chain, coordinator: Address) -> Result<Self, KeysError> {
        let don = of(chain, coordinator, &Coordinator::getDONPublicKeyCall {}).await?;
        let threshold = of(chain, coordinator, &Coordinator::getThresholdPublicKeyCall {}).await?;
        Self::decode(&don, &threshold)
    }

    /// Reads the 64 bytes of a DON key, and the JSON of a threshold key.
    ///
    /// # Errors
    /// [`KeysError::Malformed`].
    pub fn decode(don: &[u8], threshold: &[u8]) -> Result<Self, KeysError> {
        let malformed = |err: functions_tdh2::Malformed| KeysError::Malformed(err.to_string());
        Ok(Self {
            don: DonPublicKey::decode(don).map_err(malformed)?,
            threshold: Arc::new(PublicKey::decode(threshold).map_err(malformed)?),
        })
    }
}

async fn of<C: SolCall<Return = alloy::primitives::Bytes>>(
    chain: &Chain,
    coordinator: Address,
    call: &C,
) -> Result<alloy::primitives::Bytes, KeysError> {
    match chain.call(coordinator, call).await {
        Ok(key) if key.is_empty() => Err(KeysError::None(coordinator)),
        Ok(key) => Ok(key),
        // EmptyPublicKey: none was set.
        Err(ClientError::Reverted { .. }) => Err(KeysError::None(coordinator)),
        Err(err) => Err(err.into()),
    }
}

/// Whose requests may use secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct For {
    /// The chain.
    pub chain_id: u64,
    /// The Coordinator.
    pub coordinator: Address,
    /// One subscription alone, or all of the owner's.
    pub subscription: Option<SubscriptionId>,
}

impl For {
    /// The label of ciphertexts for these requests of `owner`.
    #[must_use]
    pub fn label(&self, owner: Address) -> Label {
        match self.subscription {
            Some(id) => Label::of_subscription(self.chain_id, self.coordinator, owner, id),
            None => Label::of_owner(self.chain_id, self.coordinator, owner),
        }
    }
}

/// Signs secrets and encrypts them: the JSON text that is uploaded.
///
/// # Errors
/// [`SealError`].
pub fn seal(
    owner: &Account,
    secrets: &Secrets,
    keys: &SecretsKeys,
    whose: &For,
) -> Result<String, SealError> {
    let label = whose.label(owner.address());
    let to = Recipient { don: &keys.don, threshold: &keys.threshold, owner: owner.address(), label };
    envelope::seal(secrets, &owner.sign_hash(&secrets.digest()), &to, &mut OsRng)
}
