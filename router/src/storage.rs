//! Where everything lies, and the words of the Router itself. The layout is in the crate's documentation.

use functions_contract::{Address, B256, host, ownership::Ownership, revert, word};
use functions_types::SubscriptionId;

/// Slot of [`Settings`].
const SETTINGS: u8 = 0;
/// Slot of [`Limits`].
const LIMITS: u8 = 1;
/// Slot of the total balance and LINK, a [`Book`].
const BOOK: u8 = 2;
/// The owner lies in [`Settings`], the proposed one in a word of its own.
pub const OWNERSHIP: Ownership = Ownership { owner: SETTINGS, proposed: 3 };
/// Slot of the route id of the allow list.
pub const ALLOW_LIST_ID: u8 = 4;
/// Slot of the number of entries in the proposed contract set.
pub const PROPOSAL_LEN: u8 = 5;

const ROUTES: u8 = 7;
const SUBSCRIPTIONS: u8 = 8;
const CONSUMERS: u8 = 9;
const COMMITMENTS: u8 = 10;
const WITHDRAWABLE: u8 = 11;
const TIERS: u8 = 12;
const PROPOSAL: u8 = 13;

/// Slot `index` of the array `number`.
#[inline(never)]
fn element(number: u8, index: usize) -> B256 {
    let mut slot = [0; 32];
    slot[27] = number;
    slot[28..].copy_from_slice(&(index as u32).to_be_bytes());
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

/// Slot of a consumer's record with a subscription.
pub fn consumer_slot(consumer: &Address, id: SubscriptionId) -> B256 {
    let mut key = B256::ZERO;
    key[..20].copy_from_slice(consumer.as_slice());
    key[24..].copy_from_slice(&id.0.to_be_bytes());
    entry(&key, CONSUMERS)
}

/// Slots of entry `index` of the proposed contract set: its id and its contract.
pub fn proposal_slots(index: usize) -> (B256, B256) {
    (element(PROPOSAL, 2 * index), element(PROPOSAL, 2 * index + 1))
}

/// The word of a number.
#[inline(never)]
pub fn number(value: u128) -> B256 {
    let mut out = B256::ZERO;
    out[16..].copy_from_slice(&word::write(value));
    out
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

/// Adds to a holder's withdrawable balance.
#[inline(never)]
pub fn credit(holder: &Address, juels: u128) {
    let slot = withdrawable_slot(holder);
    let sum = revert::add(load_number(&slot), juels, 96);
    host::store(&slot, &number(sum));
}

/// The book balance and the token it is in: total (12), LINK (20).
pub struct Book {
    /// Juels of all subscriptions and all holders; at most 96 bits.
    pub total: u128,
    /// The LINK token.
    pub link: Address,
}

impl Book {
    /// Reads the word.
    #[inline(never)]
    pub fn load() -> Self {
        let word = host::load_at(BOOK);
        Self { total: word::get(&word, 0, 12), link: Address::from_word(word) }
    }

    /// Writes the word.
    #[inline(never)]
    pub fn store(&self) {
        let mut word = self.link.into_word();
        word::put(&mut word, 0, 12, self.total);
        host::store_at(BOOK, &word);
    }
}

/// What nearly every call reads: marks (1), gas for the exact-gas check (2), callback selector (4), limit of the first tier (4),
/// owner (20, in the last bytes). Bit 0 of the marks: paused; bit 1: an allow list is in force; bit 2: the admin fee is not zero;
/// bit 3: there is a first tier.
pub struct Settings(pub B256);

/// The Router is paused.
pub const PAUSED: u8 = 1;
/// The route of the allow list leads to a contract.
pub const TERMS: u8 = 2;
/// [`Limits`] hold an admin fee.
pub const ADMIN_FEE: u8 = 4;
/// The first tier exists.
pub const FIRST_TIER: u8 = 8;

impl Settings {
    /// Reads the word.
    #[inline(never)]
    pub fn load() -> Self {
        Self(host::load_at(SETTINGS))
    }

    /// Writes the word.
    #[inline(never)]
    pub fn store(&self) {
        host::store_at(SETTINGS, &self.0);
    }

    /// Whether a mark is set.
    pub fn is(&self, mark: u8) -> bool {
        self.0[0] & mark != 0
    }

    /// Sets or clears a mark.
    pub fn mark(&mut self, mark: u8, on: bool) {
        self.0[0] = if on { self.0[0] | mark } else { self.0[0] & !mark };
    }

    /// Gas set aside before the test for exact gas.
    pub fn gas_for_call_exact_check(&self) -> u16 {
        word::get(&self.0, 1, 2) as u16
    }

    /// Selector of the consumer's callback.
    pub fn selector(&self) -> [u8; 4] {
        [self.0[3], self.0[4], self.0[5], self.0[6]]
    }

    /// Who owns the Router.
    pub fn owner(&self) -> Address {
        Address::from_word(self.0)
    }

    /// Juels per request for the Router (72 bits).
    #[inline(never)]
    pub fn admin_fee(&self) -> u128 {
        if self.is(ADMIN_FEE) { Limits::load().admin_fee() } else { 0 }
    }

    /// The callback gas limit of `tier`, or `None` when there is no such tier.
    #[inline(never)]
    pub fn tier(&self, tier: u8) -> Option<u32> {
        if tier == 0 {
            return self.is(FIRST_TIER).then(|| word::get(&self.0, 7, 4) as u32);
        }
        let tier = usize::from(tier);
        (tier < Limits::load().tiers()).then(|| load_tier(tier))
    }
}

/// The callback gas limit of an existing tier. Eight lie in one word.
#[inline(never)]
pub fn load_tier(tier: usize) -> u32 {
    word::get(&host::load(&element(TIERS, tier / 8)), tier % 8 * 4, 4) as u32
}

/// Writes the callback gas limit of a tier.
#[inline(never)]
pub fn store_tier(tier: usize, limit: u32) {
    let slot = element(TIERS, tier / 8);
    let mut word = host::load(&slot);
    word::put(&mut word, tier % 8 * 4, 4, limit.into());
    host::store(&slot, &word);
}

/// Subscription count (8), most consumers of a subscription (2), completed requests for a full refund (2), deposit in juels (9),
/// admin fee (9), number of tiers (2).
pub struct Limits(pub B256);

impl Limits {
    /// Reads the word.
    #[inline(never)]
    pub fn load() -> Self {
        Self(host::load_at(LIMITS))
    }

    /// Writes the word.
    #[inline(never)]
    pub fn store(&self) {
        host::store_at(LIMITS, &self.0);
    }

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

    /// Juels per request for the Router (72 bits).
    pub fn admin_fee(&self) -> u128 {
        word::get(&self.0, 21, 9)
    }

    /// Number of callback gas tiers.
    pub fn tiers(&self) -> usize {
        word::get(&self.0, 30, 2) as usize
    }
}
