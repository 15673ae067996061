//! Where everything lies: slots, and the fields packed in words. The layout is in the crate's documentation.

use functions_contract::{
    Address, B256,
    ownership::Ownership,
    packed, revert,
    storage::{beside, clear, element, entry, load, load_address, load_at, load_number, store, store_at},
    word::{self, number},
};
use functions_types::{Juels, SubscriptionId};

const SETTINGS: u8 = 0;
const LIMITS: u8 = 1;
const BOOK: u8 = 2;
const PROPOSED_OWNER: u8 = 3;
const ALLOW_LIST_ID: u8 = 4;
const PROPOSAL_LEN: u8 = 5;
const ROUTES: u8 = 7;
const SUBSCRIPTIONS: u8 = 8;
const CONSUMERS: u8 = 9;
const COMMITMENTS: u8 = 10;
const WITHDRAWABLE: u8 = 11;
const TIERS: u8 = 12;
const PROPOSAL: u8 = 13;

/// The owner lies in [`Settings`], the proposed one in a word of its own.
pub const OWNERSHIP: Ownership = Ownership { owner: SETTINGS, proposed: PROPOSED_OWNER };

packed! {
    /// What nearly every call reads.
    pub struct Settings in SETTINGS {
        /// [`PAUSED`], [`ALLOW_LIST`], [`ADMIN_FEE`] and [`FIRST_TIER`].
        marks, set_marks: u8 = 0..1;
        /// Gas set aside before the test for exact gas.
        gas_for_call_exact_check, set_gas_for_call_exact_check: u16 = 1..3;
        /// Selector of the consumer's callback.
        selector, set_selector: [u8; 4] = 3..7;
        /// Callback gas limit of tier 0.
        first_tier, set_first_tier: u32 = 7..11;
        /// Who owns the Router.
        owner, set_owner: Address = 12..32;
    }
}

/// The Router is paused.
pub const PAUSED: u8 = 1;
/// The route of the allow list leads to a contract.
pub const ALLOW_LIST: u8 = 2;
/// [`Limits`] hold an admin fee.
pub const ADMIN_FEE: u8 = 4;
/// The first tier exists.
pub const FIRST_TIER: u8 = 8;

impl Settings {
    /// The word as [`OWNERSHIP`] has read it.
    pub const fn from_word(word: B256) -> Self {
        Self { word }
    }

    /// Whether a mark is set.
    pub fn is(&self, mark: u8) -> bool {
        self.marks() & mark != 0
    }

    /// Sets or clears a mark.
    pub fn mark(&mut self, mark: u8, on: bool) {
        self.set_marks(if on { self.marks() | mark } else { self.marks() & !mark });
    }

    /// What the Router gets of a request (72 bits).
    #[inline(never)]
    pub fn admin_fee(&self) -> Juels {
        if self.is(ADMIN_FEE) { Limits::load().admin_fee() } else { Juels::ZERO }
    }

    /// The callback gas limit of `tier`, or `None` when there is no such tier.
    #[inline(never)]
    pub fn tier(&self, tier: u8) -> Option<u32> {
        if tier == 0 {
            return self.is(FIRST_TIER).then(|| self.first_tier());
        }
        let tier = usize::from(tier);
        (tier < Limits::load().tiers()).then(|| load_tier(tier))
    }
}

packed! {
    /// What is counted and bounded.
    pub struct Limits in LIMITS {
        /// The highest subscription id ever given.
        count, set_count: u64 = 0..8;
        /// Most consumers `addConsumer` lets a subscription have.
        max_consumers, set_max_consumers: u32 = 8..10;
        /// Completed requests below which a cancelled subscription forfeits the deposit.
        deposit_minimum_requests, set_deposit_minimum_requests: u64 = 10..12;
        /// The deposit.
        deposit, set_deposit: Juels = 12..21;
        /// What the Router gets of a request.
        admin_fee, set_admin_fee: Juels = 21..30;
        /// Number of callback gas tiers.
        tiers, set_tiers: usize = 30..32;
    }
}

packed! {
    /// The book balance and the token it is in.
    pub struct Book in BOOK {
        /// What all subscriptions and all holders have.
        total, set_total: Juels = 0..12;
        /// The LINK token.
        link, set_link: Address = 12..32;
    }
}

/// The callback gas limit of an existing tier.
#[inline(never)]
pub fn load_tier(tier: usize) -> u32 {
    let (slot, place) = tier_at(tier);
    word::get(&load(&slot), place, 4) as u32
}

/// Writes the callback gas limit of a tier.
#[inline(never)]
pub fn store_tier(tier: usize, limit: u32) {
    let (slot, place) = tier_at(tier);
    let mut word = load(&slot);
    word::put(&mut word, place, 4, limit.into());
    store(&slot, &word);
}

/// Slot and first byte of a tier: eight lie in a word.
fn tier_at(tier: usize) -> (B256, usize) {
    (element(TIERS, (tier / 8) as u32), tier % 8 * 4)
}

/// The contract a route leads to; zero when there is none.
#[inline(never)]
pub fn route(id: &B256) -> Address {
    load_address(&entry(id, ROUTES))
}

/// Sets the contract a route leads to.
pub fn set_route(id: &B256, contract: &Address) {
    store(&entry(id, ROUTES), &contract.into_word());
}

/// The route id of the allow list.
pub fn allow_list_id() -> B256 {
    load_at(ALLOW_LIST_ID)
}

/// Sets the route id of the allow list.
pub fn set_allow_list_id(id: &B256) {
    store_at(ALLOW_LIST_ID, id);
}

/// Number of entries in the proposed contract set.
pub fn proposal_len() -> u32 {
    load_number(&B256::with_last_byte(PROPOSAL_LEN)) as u32
}

/// Sets the number of entries in the proposed contract set.
pub fn set_proposal_len(len: u32) {
    store_at(PROPOSAL_LEN, &number(len.into()));
}

/// Entry `index` of the proposed contract set: its id and its contract.
#[inline(never)]
pub fn proposal(index: u32) -> (B256, Address) {
    (load(&element(PROPOSAL, 2 * index)), load_address(&element(PROPOSAL, 2 * index + 1)))
}

/// Writes entry `index` of the proposed contract set; zeros clear it.
#[inline(never)]
pub fn set_proposal(index: u32, id: &B256, contract: &Address) {
    store(&element(PROPOSAL, 2 * index), id);
    store(&element(PROPOSAL, 2 * index + 1), &contract.into_word());
}

/// The hash of a request's commitment, in a word of its own.
pub struct CommitmentHash(B256);

impl CommitmentHash {
    /// That of a request, known or not.
    pub fn of(request_id: &B256) -> Self {
        Self(entry(request_id, COMMITMENTS))
    }

    /// The hash; zero when the request is not known.
    pub fn load(&self) -> B256 {
        load(&self.0)
    }

    /// Remembers the request.
    pub fn store(&self, hash: &B256) {
        store(&self.0, hash);
    }

    /// Forgets the request.
    pub fn clear(&self) {
        clear(&self.0);
    }
}

/// A holder's withdrawable juels, in a word of their own.
pub struct Withdrawable(B256);

impl Withdrawable {
    /// Those of a holder.
    pub fn of(holder: &Address) -> Self {
        Self(entry(&holder.into_word(), WITHDRAWABLE))
    }

    /// The juels.
    pub fn load(&self) -> Juels {
        Juels::from_uint96(load_number(&self.0))
    }

    /// Sets them.
    pub fn store(&self, juels: Juels) {
        store(&self.0, &number(juels.get()));
    }
}

/// Adds to a holder's withdrawable balance; `Panic(0x11)` above 96 bits.
#[inline(never)]
pub fn credit(holder: &Address, juels: Juels) {
    let balance = Withdrawable::of(holder);
    balance.store(revert::add(balance.load(), juels));
}

/// The words of a subscription, existing or not.
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    base: B256,
}

impl Subscription {
    /// The subscription `id`.
    pub fn new(id: SubscriptionId) -> Self {
        Self { id, base: entry(&number(id.0.into()), SUBSCRIPTIONS) }
    }

    fn slot(&self, index: u32) -> B256 {
        beside(&self.base, index)
    }

    /// Reads its money and the number of its consumers.
    #[inline(never)]
    pub fn funds(&self) -> Funds {
        Funds::at(self.slot(0))
    }

    /// Reads owner and flags.
    #[inline(never)]
    pub fn holder(&self) -> Holder {
        Holder::at(self.slot(1))
    }

    /// Owner and flags of a new subscription, which nobody holds yet.
    pub fn no_holder(&self) -> Holder {
        Holder::blank(self.slot(1))
    }

    /// Who may take it over.
    #[inline(never)]
    pub fn proposed_owner(&self) -> Address {
        load_address(&self.slot(2))
    }

    /// Sets who may take it over.
    #[inline(never)]
    pub fn set_proposed_owner(&self, owner: &Address) {
        store(&self.slot(2), &owner.into_word());
    }

    /// Its flags.
    #[inline(never)]
    pub fn flags(&self, holder: &Holder) -> B256 {
        if holder.has_long_flags() {
            return load(&self.slot(3));
        }
        let mut flags = B256::ZERO;
        flags[..SHORT_FLAGS].copy_from_slice(&holder.short_flags());
        flags
    }

    /// Replaces its flags. What fits lies beside the owner.
    pub fn set_flags(&self, mut holder: Holder, flags: &B256) {
        let (short, long) = flags.split_first_chunk().expect("a word has more bytes");
        let is_long = *long != [0; 32 - SHORT_FLAGS];
        if is_long || holder.has_long_flags() {
            store(&self.slot(3), if is_long { flags } else { &B256::ZERO });
        }
        holder.set_short_flags(*short);
        holder.set_has_long_flags(is_long);
        holder.store();
    }

    /// Forgets everything but the list of consumers.
    pub fn delete(&self, holder: &Holder) {
        clear(&self.slot(0));
        clear(&self.slot(1));
        // What is read to be zero need not be written.
        if self.proposed_owner() != Address::ZERO {
            self.set_proposed_owner(&Address::ZERO);
        }
        if holder.has_long_flags() {
            clear(&self.slot(3));
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
        store(&self.slot(16 + index), &consumer.into_word());
    }
}

packed! {
    /// What a request and its settlement change.
    pub struct Funds {
        /// What it has, blocked juels included.
        balance, set_balance: Juels = 0..12;
        /// What is reserved for requests in flight.
        blocked, set_blocked: Juels = 12..24;
        /// Length of the list of consumers.
        consumers, set_consumers: u32 = 24..28;
        /// Whether the zero address created the subscription or has taken it over. Nobody can send from it; should a
        /// chain let somebody, the subscription does not exist, whatever it has.
        is_given_away, set_given_away: bool = 28..29;
    }
}

impl Funds {
    /// Whether the word alone does not show that the subscription exists.
    pub fn may_be_nobodys(&self) -> bool {
        self.is_given_away() || self.balance().is_zero() && self.blocked().is_zero() && self.consumers() == 0
    }
}

/// Bytes of flags that lie beside the owner.
const SHORT_FLAGS: usize = 11;

packed! {
    /// Who owns a subscription, and its flags.
    pub struct Holder {
        /// The first bytes of the flags.
        short_flags, set_short_flags: [u8; SHORT_FLAGS] = 0..SHORT_FLAGS;
        /// Whether the flags lie in a word of their own, because there are others.
        has_long_flags, set_has_long_flags: bool = SHORT_FLAGS..12;
        /// The owner; zero when the subscription does not exist.
        owner, set_owner: Address = 12..32;
    }
}

packed! {
    /// A consumer's standing with one subscription; an unknown one is all zero.
    pub struct Consumer {
        /// Whether it is on the list.
        is_allowed, set_allowed: bool = 15..16;
        /// Requests sent.
        initiated, set_initiated: u64 = 16..24;
        /// Requests fulfilled or timed out.
        completed, set_completed: u64 = 24..32;
    }
}

impl Consumer {
    /// Reads the record: consumer (20) ‖ 0 (4) ‖ subscription id (8) is its key.
    #[inline(never)]
    pub fn load(client: &Address, id: SubscriptionId) -> Self {
        let mut key = B256::ZERO;
        key[..20].copy_from_slice(client.as_slice());
        key[24..].copy_from_slice(&id.0.to_be_bytes());
        Self::at(entry(&key, CONSUMERS))
    }
}
