//! What a request needs of the vault.

use std::sync::Arc;

use alloy::primitives::Address;
use functions_tdh2::Label;
use functions_types::{
    FunctionsRequest, SubscriptionId,
    cbor::{DonHostedSecrets, Location},
};
use oracle_ocr::RequestKey;
use oracle_vault::{Key, Kind};

use crate::chain::SeenRequest;

/// Error bytes of a request whose reference to hosted secrets is none.
pub const REFERENCE_TEXT: &str = "failed to parse DONHosted secrets CBOR";

/// Secrets that a request names, and the request they are for: what the chain says of it decides whose they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The request.
    pub request: RequestKey,
    /// Where they are.
    pub place: Place,
    /// The subscription's owner.
    pub owner: Address,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The time of the request's block, in unix milliseconds.
    pub block_ms: u64,
}

/// Where encrypted secrets are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A row of the owner's.
    Row(Key),
    /// At URLs, which are encrypted to the DON key.
    Urls(Arc<[u8]>),
}

impl Wanted {
    /// The secrets that a request names; `None` when it names none.
    ///
    /// # Errors
    /// The error bytes that go on chain.
    pub fn of(seen: &SeenRequest, request: &FunctionsRequest) -> Result<Option<Self>, &'static str> {
        let owner = seen.subscription_owner;
        let place = match request.secrets_location {
            Location::Inline => return Ok(None),
            Location::Remote => Place::Urls(request.secrets.as_slice().into()),
            Location::DonHosted => {
                let reference = DonHostedSecrets::decode(&request.secrets).map_err(|_| REFERENCE_TEXT)?;
                // No slot has such a number: the row is not found.
                let slot = u32::try_from(reference.slot_id).unwrap_or(u32::MAX);
                Place::Row(Key { kind: Kind::Secrets, owner, slot, version: reference.version })
            }
        };
        Ok(Some(Self {
            request: RequestKey { request: seen.request_id, commitment: seen.commitment_hash },
            place,
            owner,
            subscription: SubscriptionId(seen.subscription_id),
            block_ms: seen.block_timestamp.saturating_mul(1_000),
        }))
    }

    /// Whether it is this row that is wanted.
    #[must_use]
    pub fn is_row(&self, key: &Key) -> bool {
        self.place == Place::Row(*key)
    }

    /// Labels under which the secrets may be encrypted.
    #[must_use]
    pub fn labels(&self, chain_id: u64, coordinator: Address) -> [Label; 2] {
        [
            Label::of_owner(chain_id, coordinator, self.owner),
            Label::of_subscription(chain_id, coordinator, self.owner, self.subscription),
        ]
    }
}
