//! To whom a ciphertext belongs.

use alloy_primitives::Address;
use functions_types::SubscriptionId;
use sha2::{Digest as _, Sha256};

const DOMAIN: &[u8] = b"osa/secrets/1";

/// 32 bytes that a ciphertext is bound to: changing them breaks its proof.
///
/// Nodes give shares only when the label is the one of the request at hand, so who copies a ciphertext cannot have it
/// opened by a request of an own subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label(pub [u8; 32]);

impl Label {
    /// The label of ciphertexts that are bound to nobody, which is all the published toolkit makes.
    pub const UNBOUND: Self = Self([0; 32]);

    /// For every subscription of an owner:
    /// `SHA-256("osa/secrets/1" || chain id (32 bytes, big endian) || coordinator (20) || owner (20))`.
    pub fn of_owner(chain_id: u64, coordinator: Address, owner: Address) -> Self {
        Self(bound(chain_id, coordinator, owner).finalize().into())
    }

    /// For one subscription of an owner: the same hash, over 32 bytes more, the subscription's id, big endian.
    pub fn of_subscription(
        chain_id: u64,
        coordinator: Address,
        owner: Address,
        subscription: SubscriptionId,
    ) -> Self {
        let hash = bound(chain_id, coordinator, owner);
        Self(hash.chain_update(word(subscription.0)).finalize().into())
    }
}

fn bound(chain_id: u64, coordinator: Address, owner: Address) -> Sha256 {
    Sha256::new_with_prefix(DOMAIN).chain_update(word(chain_id)).chain_update(coordinator).chain_update(owner)
}

fn word(number: u64) -> [u8; 32] {
    functions_types::word::from_u128(number.into())
}
