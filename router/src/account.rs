//! A subscription and a consumer with it, as the verbs see them.

use functions_contract::{Address, B256, abi::Buf, host, revert::error};
use functions_types::{SubscriptionId, selectors::errors::router as e};

pub use crate::storage::{Consumer, Funds, Holder, Subscription};

impl Subscription {
    /// A subscription that exists, with its holder.
    ///
    /// # Errors
    /// `InvalidSubscription`.
    #[inline(never)]
    pub fn existing(id: SubscriptionId) -> (Self, Holder) {
        let subscription = Self::new(id);
        let holder = subscription.holder();
        if holder.owner() == Address::ZERO {
            error(e::INVALID_SUBSCRIPTION);
        }
        (subscription, holder)
    }

    /// The money of a subscription that exists. A closed one has none and no consumers, so that the owner is looked at
    /// only when the word is empty.
    ///
    /// # Errors
    /// `InvalidSubscription`.
    #[inline(never)]
    pub fn existing_funds(id: SubscriptionId) -> (Self, Funds) {
        let subscription = Self::new(id);
        let funds = subscription.funds();
        if funds.may_be_nobodys() && subscription.holder().owner() == Address::ZERO {
            error(e::INVALID_SUBSCRIPTION);
        }
        (subscription, funds)
    }

    /// Emits an event of this subscription with addresses.
    #[inline(always)]
    pub fn log(&self, signature: &B256, addresses: &[&Address]) {
        let mut event = Buf::event(signature, 1 + addresses.len(), 0);
        event.num(self.id.0.into());
        for address in addresses {
            event.address(address);
        }
        host::log(&event, 2);
    }
}

impl Consumer {
    /// Whether a request waits for its fulfillment or timeout.
    pub fn has_pending(&self) -> bool {
        self.initiated() != self.completed()
    }

    /// Counts a request as sent.
    #[inline(never)]
    pub fn initiate(client: &Address, id: SubscriptionId) {
        let mut record = Self::load(client, id);
        // A 64-bit counter of requests does not overflow.
        record.set_initiated(record.initiated().wrapping_add(1));
        record.store();
    }

    /// Counts a request as done.
    #[inline(never)]
    pub fn complete(client: &Address, id: SubscriptionId) {
        let mut record = Self::load(client, id);
        // A 64-bit counter of requests does not overflow.
        record.set_completed(record.completed().wrapping_add(1));
        record.store();
    }
}
