//! Where everything lies: slots, and the fields packed in words. The layout is the table of the crate's documentation.

use functions_contract::{
    Address, B256,
    abi::halves,
    ownership::Ownership,
    packed,
    revert::add,
    storage::{Place, clear, element, entry, load, load_at, of_address, store, store_at},
    word,
};
use functions_types::Juels;

const POOL: u8 = 0;
const SETTINGS: u8 = 1;
const NATIVE: u8 = 2;
const USD: u8 = 3;
const FALLBACK: u8 = 4;
const OWNER: u8 = 5;
const DIGEST: u8 = 6;
const USD_FALLBACK: u8 = 7;
const DON_KEY: u8 = 8;
const THRESHOLD_KEY: u8 = 9;
const SIGNERS: u8 = 10;
const TRANSMITTERS: u8 = 11;
const SPILLED: u8 = 12;
const BUCKETS: u8 = 13;

/// The owner lies in [`Owner`], the proposed one in the word of the USD fallback.
pub const OWNERSHIP: Ownership = Ownership { owner: OWNER, proposed: USD_FALLBACK };

packed! {
    /// What reports have earned and nobody in particular has been given yet, and how they are billed.
    pub struct Pool in POOL {
        /// To be shared among the transmitters.
        juels, set_juels: Juels = 0..12;
        /// Of whoever owns the Coordinator.
        operation_fees, set_operation_fees: Juels = 12..24;
        /// Gas of the overhead that the entries of one report share.
        shared_overhead_gas, set_shared_overhead_gas: u32 = 24..28;
    }
}

packed! {
    /// What nearly every call reads: the Router, the numbers of oracles, and configuration.
    pub struct Settings in SETTINGS {
        /// The Router.
        router, set_router: Address = 0..20;
        /// Oracles of the configuration in force, 0 before the first.
        oracles, set_oracles: u8 = 20..21;
        /// Faulty oracles tolerated.
        f, set_f: u8 = 21..22;
        /// Seconds after which a feed is stale; 0 means never.
        feed_staleness_seconds: u32 = FEED_STALENESS;
        /// Floor of the gas price of an estimate, in wei.
        minimum_gas_price_wei: u64 = MINIMUM_GAS_PRICE;
        /// Decimals of the fallback of the USD feed.
        usd_fallback_decimals: u8 = USD_FALLBACK_DECIMALS;
    }
}

packed! {
    /// The LINK/native feed, and configuration.
    pub struct Native in NATIVE {
        /// The feed.
        feed, set_feed: Address = 0..20;
        /// Added to the gas price, in 1/10000.
        over_estimation_bp: u32 = OVER_ESTIMATION;
        /// Gas billed before the callback.
        gas_overhead_before_callback: u32 = OVERHEAD_BEFORE;
        /// Gas billed after the callback.
        gas_overhead_after_callback: u32 = OVERHEAD_AFTER;
    }
}

packed! {
    /// The LINK/USD feed, and configuration.
    pub struct Usd in USD {
        /// The feed.
        feed, set_feed: Address = 0..20;
        /// Highest request data version.
        max_data_version: u16 = MAX_DATA_VERSION;
        /// Seconds until a request can be timed out.
        timeout_seconds: u32 = REQUEST_TIMEOUT;
        /// Bytes of a transmission, in 1.3.1.
        transmit_size_bytes: u16 = TRANSMIT_SIZE;
    }
}

/// The flat fees in US cents, by where they lie in [`Usd`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FlatFee {
    /// The oracles'.
    Don = DON_FEE.start as u8,
    /// The owner's of the Coordinator.
    Operation = OPERATION_FEE.start as u8,
}

impl Usd {
    /// A flat fee in US cents.
    pub fn cents(&self, fee: FlatFee) -> u16 {
        let from = fee as usize;
        u16::from_be_bytes([self.word[from], self.word[from + 1]])
    }
}

packed! {
    /// What LINK costs in wei while the native feed is stale.
    pub struct Fallback in FALLBACK {}
}

impl Fallback {
    /// Wei (224 bits) as an ABI word.
    pub fn wei_per_link(&self) -> [u8; 32] {
        let mut value = [0; 32];
        value[4..].copy_from_slice(&self.word[NATIVE_FALLBACK]);
        value
    }
}

packed! {
    /// What LINK costs in US dollars while the USD feed is stale; the proposed owner lies behind it.
    pub struct UsdFallback in USD_FALLBACK {
        /// Dollars with [`Settings::usd_fallback_decimals`].
        usd_per_link: u64 = USD_FALLBACK_PRICE;
    }
}

const FEED_STALENESS: Place = 22..26;
const MINIMUM_GAS_PRICE: Place = 26..31;
const USD_FALLBACK_DECIMALS: Place = 31..32;
const OVER_ESTIMATION: Place = 20..24;
const OVERHEAD_BEFORE: Place = 24..28;
const OVERHEAD_AFTER: Place = 28..32;
const MAX_DATA_VERSION: Place = 20..22;
const REQUEST_TIMEOUT: Place = 22..26;
const DON_FEE: Place = 26..28;
const OPERATION_FEE: Place = 28..30;
const TRANSMIT_SIZE: Place = 30..32;
const NATIVE_FALLBACK: Place = 0..28;
const USD_FALLBACK_PRICE: Place = 0..8;

/// The words that hold the billing configuration.
const CONFIG_SLOTS: [u8; 5] = [SETTINGS, NATIVE, USD, FALLBACK, USD_FALLBACK];

/// Where each field of the billing configuration lies, in the order of the wire: which of [`CONFIG_SLOTS`], and the
/// bytes.
const CONFIG_FIELDS: [(u8, Place); 13] = [
    (1, OVER_ESTIMATION),
    (0, FEED_STALENESS),
    (1, OVERHEAD_BEFORE),
    (1, OVERHEAD_AFTER),
    (0, MINIMUM_GAS_PRICE),
    (2, MAX_DATA_VERSION),
    (4, USD_FALLBACK_PRICE),
    (0, USD_FALLBACK_DECIMALS),
    (3, NATIVE_FALLBACK),
    (2, REQUEST_TIMEOUT),
    (2, DON_FEE),
    (2, OPERATION_FEE),
    (2, TRANSMIT_SIZE),
];

/// Word, first byte and length of field `index`: [`CONFIG_FIELDS`] as numbers, which become code and not data.
#[inline(never)]
fn config_field(index: usize) -> (usize, usize, usize) {
    const PACKED: [u64; 4] = {
        let mut packed = [0; 4];
        let mut at = 0;
        while at < CONFIG_FIELDS.len() {
            let (word, place) = &CONFIG_FIELDS[at];
            let len = place.end - place.start;
            packed[at / 4] |= (*word as u64 | (place.start as u64) << 4 | (len as u64) << 9) << (at % 4 * 16);
            at += 1;
        }
        packed
    };
    let four = match index / 4 {
        0 => PACKED[0],
        1 => PACKED[1],
        // With four constants the compiler makes a table of them among the data.
        #[cfg(feature = "v1_3_1")]
        3 => PACKED[3],
        _ => PACKED[2],
    };
    let packed = (four >> (index % 4 * 16)) as usize;
    (packed & 15, packed >> 4 & 31, packed >> 9 & 31)
}

/// The words that hold the billing configuration, and what shares them.
pub struct Config([B256; 5]);

impl Config {
    /// Reads the words.
    pub fn load() -> Self {
        Self(CONFIG_SLOTS.map(load_at))
    }

    /// The words of a new Coordinator: its Router and feeds.
    pub fn new(router: &Address, native_feed: &Address, usd_feed: &Address) -> Self {
        let mut words = [B256::ZERO; 5];
        for (word, address) in words.iter_mut().zip([router, native_feed, usd_feed]) {
            word[..20].copy_from_slice(address.as_slice());
        }
        Self(words)
    }

    /// Writes the words.
    pub fn store(&self) {
        for (slot, word) in CONFIG_SLOTS.into_iter().zip(&self.0) {
            store_at(slot, word);
        }
    }

    /// Field `index` of the configuration as a word of the wire.
    pub fn field(&self, index: usize) -> [u8; 32] {
        let (word, from, len) = config_field(index);
        let mut value = [0; 32];
        value[32 - len..].copy_from_slice(&self.0[word][from..from + len]);
        value
    }

    /// Sets field `index` from a word of the wire; false when the value does not fit.
    #[must_use]
    pub fn set_field(&mut self, index: usize, value: &[u8; 32]) -> bool {
        let (word, from, len) = config_field(index);
        let (rest, value) = value.split_at(32 - len);
        self.0[word][from..from + len].copy_from_slice(value);
        rest.iter().all(|byte| *byte == 0)
    }
}

packed! {
    /// Who owns the Coordinator, and how often and when it was configured.
    pub struct Owner in OWNER {
        /// OCR configurations so far.
        config_count, set_config_count: u32 = 0..4;
        /// Block of the latest OCR configuration, by the parent chain's count.
        config_block, set_config_block: u32 = 4..8;
        /// The owner.
        address, set_address: Address = 12..32;
    }
}

impl Owner {
    /// The word as [`OWNERSHIP`] has read it.
    pub const fn from_word(word: B256) -> Self {
        Self { word }
    }
}

/// Digest of the latest OCR configuration.
pub fn config_digest() -> B256 {
    load_at(DIGEST)
}

/// Sets the digest of the latest OCR configuration.
pub fn set_config_digest(digest: &B256) {
    store_at(DIGEST, digest);
}

/// What an address is in the OCR configuration, and the row of those who are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Role {
    /// Nothing.
    None = 0,
    /// Its signatures count.
    Signer = 1,
    /// It may transmit.
    Transmitter = 2,
}

impl Role {
    fn place(self, index: u8) -> B256 {
        const _: () = assert!(TRANSMITTERS == SIGNERS + 1, "rows lie in the order of the roles");
        element(SIGNERS - 1 + self as u8, index.into())
    }

    /// The address that has this role at `index`.
    pub fn oracle(self, index: u8) -> Address {
        Oracle::at(self.place(index)).address()
    }

    /// Gives an address this role at `index`.
    pub fn set_oracle(self, index: u8, address: Address) {
        let mut oracle = Oracle::blank(self.place(index));
        oracle.set_address(address);
        oracle.store();
    }
}

packed! {
    /// A signer or a transmitter.
    pub struct Oracle {
        /// Its address.
        address, set_address: Address = 0..20;
    }
}

packed! {
    /// An address with a role, a balance, or both.
    pub struct Account {
        /// What the address may withdraw, besides the operation fees of the owner.
        juels, set_juels: Juels = 0..12;
        /// Its [`Role`], as a number.
        role, set_role: u8 = 12..13;
        /// Its index among the oracles.
        index, set_index: u8 = 13..14;
    }
}

impl Account {
    /// Reads an account.
    #[inline(never)]
    pub fn load(address: &Address) -> Self {
        Self::at(of_address(address))
    }

    /// Whether the address has this role.
    pub fn is(&self, role: Role) -> bool {
        self.role() == role as u8
    }

    /// Gives the address a role, or takes it away.
    pub fn give_role(mut self, role: Role, index: u8) {
        self.set_role(role as u8);
        self.set_index(index);
        self.store();
    }

    /// Adds to the withdrawable juels; `Panic(0x11)` above 96 bits.
    #[inline(never)]
    pub fn credit(address: &Address, juels: Juels) {
        let mut account = Self::load(address);
        account.set_juels(add(account.juels(), juels));
        account.store();
    }
}

/// A public key for secrets: its length, then its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Key {
    /// The DON's.
    Don = DON_KEY,
    /// The threshold key.
    Threshold = THRESHOLD_KEY,
}

impl Key {
    /// Bytes of the key, 0 while none is set.
    pub fn length(self) -> u32 {
        word::get(&load(&element(self as u8, 0)), 28, 4) as u32
    }

    /// The key's bytes from `32 · index` on; zeros behind the last.
    pub fn part(self, index: u32) -> B256 {
        load(&element(self as u8, 1 + index))
    }

    /// Replaces the key.
    pub fn store(self, key: &[u8]) {
        store(&element(self as u8, 0), &word::number(key.len() as u128));
        for (index, part) in (1..).zip(key.chunks(32)) {
            let mut word = B256::ZERO;
            word[..part.len()].copy_from_slice(part);
            store(&element(self as u8, index), &word);
        }
    }
}

/// The four numbers of bucket `index`: see [`crate::open`].
#[inline(never)]
pub fn bucket(index: u8) -> [u64; 4] {
    let (high, low) = halves(&load(&element(BUCKETS, index.into())).0);
    [(high >> 64) as u64, high as u64, (low >> 64) as u64, low as u64]
}

/// Writes the four numbers of a bucket.
#[inline(never)]
pub fn set_bucket(index: u8, [a, b, c, d]: [u64; 4]) {
    store(&element(BUCKETS, index.into()), &B256::new(word::of(a, b, c, d)));
}

/// The word of an open request whose buckets were full.
pub struct Spilled(B256);

impl Spilled {
    /// That of a request.
    #[inline(never)]
    pub fn of(request_id: &[u8; 32]) -> Self {
        Self(entry(&B256::new(*request_id), SPILLED))
    }

    /// Whether the request is open.
    pub fn is_set(&self) -> bool {
        load(&self.0) != B256::ZERO
    }

    /// Remembers the request.
    pub fn set(&self) {
        store(&self.0, &B256::with_last_byte(1));
    }

    /// Forgets the request.
    pub fn clear(&self) {
        clear(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_fill_their_words_without_overlap() {
        let mut used = [[false; 32]; 5];
        for (slot, place) in CONFIG_FIELDS {
            for byte in place {
                assert!(!core::mem::replace(&mut used[slot as usize][byte], true));
            }
        }
        // The first three words begin with addresses; then come the OCR numbers in the first. The last ends with an
        // address.
        assert!(used[..3].iter().all(|word| !word[..20].contains(&true)));
        assert!(!used[0][20..22].contains(&true) && !used[4][12..].contains(&true));
    }

    proptest::proptest! {
        #[test]
        fn a_configuration_round_trips(
            values in proptest::prelude::any::<[[u8; 32]; crate::version::CONFIG_FIELDS]>(),
            before in proptest::prelude::any::<[[u8; 32]; 5]>(),
        ) {
            let mut config = Config(before.map(B256::new));
            let mut wire = values;
            for (index, value) in wire.iter_mut().enumerate() {
                value[..32 - CONFIG_FIELDS[index].1.len()].fill(0);
                proptest::prop_assert!(config.set_field(index, value));
            }
            for (index, value) in wire.iter().enumerate() {
                proptest::prop_assert_eq!(&config.field(index), value);
            }
            proptest::prop_assert_eq!(&config.0[1][..20], &before[1][..20]);
            proptest::prop_assert_eq!(&config.0[0][..22], &before[0][..22]);
            proptest::prop_assert_eq!(&config.0[4][8..], &before[4][8..]);
        }
    }

    #[test]
    fn a_field_that_does_not_fit_is_told() {
        let mut config = Config([B256::ZERO; 5]);
        for (index, (_, place)) in CONFIG_FIELDS.iter().take(crate::version::CONFIG_FIELDS).enumerate() {
            let mut value = [0; 32];
            value[31 - place.len()] = 1;
            assert!(!config.set_field(index, &value), "field {index}");
        }
    }
}
