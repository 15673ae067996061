//! The words of one subscription, and of a consumer with it. The layout is in the crate's documentation.

use functions_contract::{Address, B256, abi::Buf, host, revert::error, word};
use functions_types::{SubscriptionId, selectors::errors::router as e};

use crate::storage::{consumer_slot, load_address, subscription_base};

/// A subscription, existing or not.
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    base: B256,
}

impl Subscription {
    /// The subscription `id`.
    pub fn new(id: SubscriptionId) -> Self {
        Self { id, base: subscription_base(id) }
    }

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

    /// The money of a subscription that exists. A closed one has none and no consumers, so that the owner is looked at only when
    /// the word is empty.
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

    #[inline(never)]
    fn slot(&self, index: u32) -> B256 {
        let mut slot = self.base;
        slot[28..].copy_from_slice(&index.to_be_bytes());
        slot
    }

    /// Reads its money and the number of its consumers.
    #[inline(never)]
    pub fn funds(&self) -> Funds {
        let word = host::load(&self.slot(0));
        Funds {
            balance: word::get(&word, 0, 12),
            blocked: word::get(&word, 12, 12),
            consumers: word::get(&word, 24, 4) as u32,
            given_away: word[28] != 0,
        }
    }

    /// Writes them.
    #[inline(never)]
    pub fn set_funds(&self, funds: &Funds) {
        let mut word = B256::ZERO;
        word::put(&mut word, 0, 12, funds.balance);
        word::put(&mut word, 12, 12, funds.blocked);
        word::put(&mut word, 24, 4, funds.consumers.into());
        word[28] = funds.given_away.into();
        host::store(&self.slot(0), &word);
    }

    /// Reads owner and flags.
    #[inline(never)]
    pub fn holder(&self) -> Holder {
        Holder(host::load(&self.slot(1)))
    }

    /// Replaces the owner.
    #[inline(never)]
    pub fn set_owner(&self, mut holder: Holder, owner: &Address) {
        holder.0[12..].copy_from_slice(owner.as_slice());
        host::store(&self.slot(1), &holder.0);
    }

    /// Who may take it over.
    #[inline(never)]
    pub fn proposed_owner(&self) -> Address {
        load_address(&self.slot(2))
    }

    /// Sets who may take it over.
    #[inline(never)]
    pub fn set_proposed_owner(&self, owner: &Address) {
        host::store(&self.slot(2), &owner.into_word());
    }

    /// Its flags.
    #[inline(never)]
    pub fn flags(&self, holder: &Holder) -> B256 {
        if holder.has_long_flags() {
            return host::load(&self.slot(3));
        }
        let mut flags = B256::ZERO;
        flags[..SHORT_FLAGS].copy_from_slice(&holder.0[..SHORT_FLAGS]);
        flags
    }

    /// Replaces its flags. What fits lies beside the owner.
    pub fn set_flags(&self, mut holder: Holder, flags: &B256) {
        let is_long = flags[SHORT_FLAGS..] != [0; 32 - SHORT_FLAGS];
        if is_long || holder.has_long_flags() {
            host::store(&self.slot(3), if is_long { flags } else { &B256::ZERO });
        }
        holder.0[..SHORT_FLAGS].copy_from_slice(&flags[..SHORT_FLAGS]);
        holder.0[SHORT_FLAGS] = is_long.into();
        host::store(&self.slot(1), &holder.0);
    }

    /// Forgets everything but the list of consumers.
    pub fn delete(&self, holder: &Holder) {
        host::clear(&self.slot(0));
        host::clear(&self.slot(1));
        // What is read to be zero need not be written.
        if self.proposed_owner() != Address::ZERO {
            self.set_proposed_owner(&Address::ZERO);
        }
        if holder.has_long_flags() {
            host::clear(&self.slot(3));
        }
    }

    /// The consumer at `index` of its list.
    #[inline(never)]
    pub fn consumer(&self, index: u32) -> Address {
        load_address(&self.slot(16 + index))
    }

    /// Writes the list at `index`; the zero address clears it.
    #[inline(never)]
    pub fn set_consumer(&self, index: u32, consumer: &Address) {
        host::store(&self.slot(16 + index), &consumer.into_word());
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

/// What a request and its settlement change: balance (12), blocked balance (12), number of consumers (4), given away (1).
pub struct Funds {
    /// Juels, blocked ones included.
    pub balance: u128,
    /// Juels reserved for requests in flight.
    pub blocked: u128,
    /// Length of the list of consumers.
    pub consumers: u32,
    /// Whether the zero address created the subscription or has taken it over. Nobody can send from it; should a chain let
    /// somebody, the subscription does not exist, whatever it has.
    pub given_away: bool,
}

impl Funds {
    fn may_be_nobodys(&self) -> bool {
        self.given_away || self.balance == 0 && self.blocked == 0 && self.consumers == 0
    }
}

/// Bytes of flags that lie beside the owner.
const SHORT_FLAGS: usize = 11;

/// Flags (11), whether the whole flags lie in a word of their own (1), owner (20).
pub struct Holder(B256);

impl Holder {
    /// Nobody's: what a new subscription has.
    pub const NONE: Self = Self(B256::ZERO);

    /// The owner; zero when the subscription does not exist.
    pub fn owner(&self) -> Address {
        Address::from_word(self.0)
    }

    fn has_long_flags(&self) -> bool {
        self.0[SHORT_FLAGS] != 0
    }
}

/// A consumer's standing with one subscription.
pub struct Consumer {
    slot: B256,
    /// Whether it is on the list.
    pub allowed: bool,
    /// Requests sent.
    pub initiated: u64,
    /// Requests fulfilled or timed out.
    pub completed: u64,
}

impl Consumer {
    /// Reads the record; an unknown one is all zero.
    #[inline(never)]
    pub fn load(client: &Address, id: SubscriptionId) -> Self {
        let slot = consumer_slot(client, id);
        let word = host::load(&slot);
        Self {
            slot,
            allowed: word[15] != 0,
            initiated: word::get(&word, 16, 8) as u64,
            completed: word::get(&word, 24, 8) as u64,
        }
    }

    /// Writes the record.
    #[inline(never)]
    pub fn store(&self) {
        let mut word = B256::ZERO;
        word[15] = self.allowed.into();
        word::put(&mut word, 16, 8, self.initiated.into());
        word::put(&mut word, 24, 8, self.completed.into());
        host::store(&self.slot, &word);
    }

    /// Forgets the record.
    pub fn delete(&self) {
        host::clear(&self.slot);
    }

    /// Whether a request waits for its fulfillment or timeout.
    pub fn has_pending(&self) -> bool {
        self.initiated != self.completed
    }

    /// Counts a request as done.
    #[inline(never)]
    pub fn complete(client: &Address, id: SubscriptionId) {
        let mut record = Self::load(client, id);
        // A 64-bit counter of requests does not overflow.
        record.completed = record.completed.wrapping_add(1);
        record.store();
    }
}
