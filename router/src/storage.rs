//! Where everything lies, and the words that hold more than one field. The layout is in the crate's documentation.

use functions_contract::{Address, B256, abi::Buf, host, word};
use functions_types::SubscriptionId;

/// Slot of [`Settings`].
pub const SETTINGS: B256 = B256::ZERO;
/// Slot of [`Limits`].
pub const LIMITS: B256 = B256::with_last_byte(1);
/// Slot of the total balance and the owner, a [`Purse`].
pub const OWNER: B256 = B256::with_last_byte(2);
/// Slot of the proposed owner.
pub const PROPOSED_OWNER: B256 = B256::with_last_byte(3);
/// Slot of the LINK token's address.
pub const LINK: B256 = B256::with_last_byte(4);
/// Slot of the route id of the allow list.
pub const ALLOW_LIST_ID: B256 = B256::with_last_byte(5);
/// Slot of the number of entries in the proposed contract set.
pub const PROPOSAL_LEN: B256 = B256::with_last_byte(6);
/// Where the Stylus SDK, too, remembers that construction is over: keccak256 of `stylus_constructor`.
pub const CONSTRUCTED: B256 =
    alloy_primitives::b256!("d719fb9eca6bd48044bf2b38d80aea3dd666511b0236081cd9a2b95555fe7c8c");

const ROUTES: u8 = 7;
const SUBSCRIPTIONS: u8 = 8;
const CONSUMERS: u8 = 9;
const COMMITMENTS: u8 = 10;
const WITHDRAWABLE: u8 = 11;
const TIERS: B256 = array(12);
const PROPOSAL: B256 = array(13);

/// Callback gas tiers that lie in [`Settings`].
pub const SETTINGS_TIERS: usize = 3;

const fn array(number: u8) -> B256 {
    let mut slot = [0; 32];
    slot[27] = number;
    B256::new(slot)
}

/// The slot of `key` in the mapping `slot`.
#[inline(never)]
fn entry(key: &B256, slot: u8) -> B256 {
    let mut preimage = [0; 64];
    preimage[..32].copy_from_slice(key.as_slice());
    preimage[63] = slot;
    host::keccak(&preimage)
}

/// `base[index]`.
#[inline(never)]
pub fn member(base: &B256, index: u32) -> B256 {
    let mut slot = *base;
    slot[28..].copy_from_slice(&index.to_be_bytes());
    slot
}

/// Slot of the contract a route leads to.
pub fn route_slot(id: &B256) -> B256 {
    entry(id, ROUTES)
}

/// Slot of the commitment hash of a request.
pub fn commitment_slot(request_id: &B256) -> B256 {
    entry(request_id, COMMITMENTS)
}

/// Slot of a holder's withdrawable juels.
pub fn withdrawable_slot(holder: &Address) -> B256 {
    entry(&holder.into_word(), WITHDRAWABLE)
}

/// Base of a subscription's words.
pub fn subscription_base(id: SubscriptionId) -> B256 {
    entry(&number(id.0.into()), SUBSCRIPTIONS)
}

/// Slot of entry `index` of the proposed contract set; its contract lies in the slot behind it.
pub fn proposal_slot(index: usize) -> (B256, B256) {
    (member(&PROPOSAL, 2 * index as u32), member(&PROPOSAL, 2 * index as u32 + 1))
}

/// Slot of a callback gas tier that does not lie in [`Settings`].
pub fn tier_slot(tier: usize) -> B256 {
    member(&TIERS, tier as u32)
}

/// The word of a number.
#[inline(never)]
pub fn number(value: u128) -> B256 {
    let mut word = B256::ZERO;
    word[16..].copy_from_slice(&value.to_be_bytes());
    word
}

/// A number stored in a word of its own.
#[inline(never)]
pub fn load_number(slot: &B256) -> u128 {
    word::get(&host::load(slot), 16, 16)
}

/// An address stored in a word of its own.
#[inline(never)]
pub fn load_address(slot: &B256) -> Address {
    Address::from_word(host::load(slot))
}

/// Juels and an address in one word: balance and owner, blocked balance and proposed owner.
pub struct Purse {
    /// At most 96 bits.
    pub juels: u128,
    /// The address beside it.
    pub holder: Address,
}

impl Purse {
    /// Reads the word at `slot`.
    #[inline(never)]
    pub fn load(slot: &B256) -> Self {
        let word = host::load(slot);
        Self { juels: word::get(&word, 0, 12), holder: Address::from_word(word) }
    }

    /// Writes the word at `slot`.
    #[inline(never)]
    pub fn store(&self, slot: &B256) {
        let mut word = self.holder.into_word();
        word::put(&mut word, 0, 12, self.juels);
        host::store(slot, &word);
    }
}

/// What every request reads: admin fee (9), callback selector (4), gas for the exact-gas check (2),
/// paused (1), number of tiers (2), the first three tiers (4 each).
pub struct Settings(pub B256);

/// Reads [`Settings`].
pub fn settings() -> Settings {
    Settings(host::load(&SETTINGS))
}

impl Settings {
    /// Juels per request for the Router (72 bits).
    pub fn admin_fee(&self) -> u128 {
        word::get(&self.0, 0, 9)
    }

    /// Selector of the consumer's callback.
    pub fn selector(&self) -> [u8; 4] {
        [self.0[9], self.0[10], self.0[11], self.0[12]]
    }

    /// Gas set aside before the test for exact gas.
    pub fn gas_for_call_exact_check(&self) -> u16 {
        word::get(&self.0, 13, 2) as u16
    }

    /// Whether the Router is paused.
    pub fn is_paused(&self) -> bool {
        self.0[15] != 0
    }

    /// Number of callback gas tiers.
    pub fn tiers(&self) -> usize {
        word::get(&self.0, 16, 2) as usize
    }

    /// The callback gas limit of an existing tier.
    #[inline(never)]
    pub fn tier(&self, tier: usize) -> u32 {
        if tier < SETTINGS_TIERS {
            let at = 18 + 4 * tier;
            u32::from_be_bytes([self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]])
        } else {
            load_number(&tier_slot(tier)) as u32
        }
    }
}

/// Subscription count (8), most consumers of a subscription (2), completed requests for a full refund (2),
/// deposit in juels (9).
pub struct Limits(pub B256);

/// Reads [`Limits`].
pub fn limits() -> Limits {
    Limits(host::load(&LIMITS))
}

impl Limits {
    /// The highest subscription id ever given.
    pub fn count(&self) -> u64 {
        word::get(&self.0, 0, 8) as u64
    }

    /// Most consumers `addConsumer` lets a subscription have.
    pub fn max_consumers(&self) -> u32 {
        word::get(&self.0, 8, 2) as u32
    }

    /// Completed requests below which a cancelled subscription forfeits the deposit.
    pub fn deposit_minimum_requests(&self) -> u64 {
        word::get(&self.0, 10, 2) as u64
    }

    /// The deposit in juels (72 bits).
    pub fn deposit_juels(&self) -> u128 {
        word::get(&self.0, 12, 9)
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
        let mut key = B256::ZERO;
        key[..20].copy_from_slice(client.as_slice());
        key[24..].copy_from_slice(&id.0.to_be_bytes());
        let slot = entry(&key, CONSUMERS);
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
        word[16..24].copy_from_slice(&self.initiated.to_be_bytes());
        word[24..].copy_from_slice(&self.completed.to_be_bytes());
        host::store(&self.slot, &word);
    }

    /// Forgets the record.
    pub fn delete(&self) {
        host::store(&self.slot, &B256::ZERO);
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

/// The words of one subscription.
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    base: B256,
}

impl Subscription {
    /// The subscription `id`, existing or not.
    pub fn new(id: SubscriptionId) -> Self {
        Self { id, base: subscription_base(id) }
    }

    /// Slot of balance and owner; an owner of zero means that the subscription does not exist.
    pub fn account(&self) -> B256 {
        member(&self.base, 0)
    }

    /// Slot of blocked balance and proposed owner.
    pub fn blocked(&self) -> B256 {
        member(&self.base, 1)
    }

    /// Slot of the flags.
    pub fn flags(&self) -> B256 {
        member(&self.base, 2)
    }

    /// Slot of the number of consumers.
    pub fn len_slot(&self) -> B256 {
        member(&self.base, 3)
    }

    /// Number of consumers.
    pub fn len(&self) -> u32 {
        load_number(&self.len_slot()) as u32
    }

    /// Whether it has no consumers.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Slot of the consumer at `index`.
    pub fn consumer_slot(&self, index: u32) -> B256 {
        member(&self.base, 16 + index)
    }

    /// The consumer at `index`.
    #[inline(never)]
    pub fn consumer(&self, index: u32) -> Address {
        load_address(&self.consumer_slot(index))
    }
}

/// Adds to a holder's withdrawable balance.
#[inline(never)]
pub fn credit(holder: &Address, juels: u128) {
    let slot = withdrawable_slot(holder);
    let sum = functions_contract::revert::add(load_number(&slot), juels, 96);
    host::store(&slot, &number(sum));
}

/// One-topic or indexed-id event: `signature`, the subscription as second topic, then addresses.
#[inline(always)]
pub fn subscription_event(signature: &B256, id: SubscriptionId, addresses: &[&Address]) {
    let mut event = Buf::event(signature, 1 + addresses.len(), 0);
    event.num(id.0.into());
    for address in addresses {
        event.address(address);
    }
    host::log(&event, 2);
}
