//! Where everything lies; the layout is the table of the crate's documentation.

use functions_contract::{Address, B256, host, ownership::Ownership, refuse, revert, revert::add, word};

/// Slot of the fee [`Pool`].
const POOL: u8 = 0;
/// Router, numbers of oracles, configuration.
pub const ROUTER: u8 = 1;
/// LINK/native feed and configuration.
pub const NATIVE: u8 = 2;
/// LINK/USD feed and configuration.
pub const USD: u8 = 3;
/// Fallback of the native feed.
pub const FALLBACK: u8 = 4;
/// Slot of the [`Owner`].
const OWNER: u8 = 5;
/// The owner lies in [`Owner`], the proposed one in the word of the USD fallback.
pub const OWNERSHIP: Ownership = Ownership { owner: OWNER, proposed: USD_FALLBACK };
/// Digest of the OCR configuration.
pub const DIGEST: u8 = 6;
/// Fallback of the USD feed, and the proposed owner in the last 20 bytes.
pub const USD_FALLBACK: u8 = 7;
/// Row of the DON's public key.
pub const DON_KEY: u8 = 8;
/// Row of the threshold public key.
pub const THRESHOLD_KEY: u8 = 9;
/// Row of the signers.
pub const SIGNERS: u8 = 10;
/// Row of the transmitters.
pub const TRANSMITTERS: u8 = 11;

/// Slot `index` of a row: `row · 2³² + index`.
#[inline(never)]
pub fn in_row(row: u8, index: u32) -> B256 {
    let mut slot = B256::with_last_byte(0);
    slot[27] = row;
    slot[28..].copy_from_slice(&index.to_be_bytes());
    slot
}

/// The address in the first 20 bytes of a word.
pub fn address_of(word: &B256) -> Address {
    Address::from_slice(&word[..20])
}

/// Slot 1, read.
#[derive(Clone, Copy)]
pub struct Roster(B256);

impl Roster {
    /// Reads the slot.
    #[inline(never)]
    pub fn load() -> Self {
        Self(host::load_at(ROUTER))
    }

    /// The Router.
    pub fn router(&self) -> Address {
        address_of(&self.0)
    }

    /// Oracles of the configuration in force, 0 before the first.
    pub fn oracles(&self) -> u8 {
        self.0[20]
    }

    /// Faulty oracles tolerated.
    pub fn f(&self) -> u8 {
        self.0[21]
    }

    /// Seconds after which a feed is stale; 0 means never.
    pub fn feed_staleness_seconds(&self) -> u32 {
        word::get(&self.0.0, 22, 4) as u32
    }

    /// Floor of the gas price of an estimate, in wei.
    pub fn minimum_gas_price_wei(&self) -> u64 {
        word::get(&self.0.0, 26, 5) as u64
    }

    /// Decimals of the fallback of the USD feed.
    pub fn usd_fallback_decimals(&self) -> u8 {
        self.0[31]
    }

    /// Stores the numbers of a new OCR configuration.
    pub fn store_oracles(mut self, oracles: u8, f: u8) {
        self.0[20] = oracles;
        self.0[21] = f;
        host::store_at(ROUTER, &self.0);
    }
}

/// Slot 0: what reports have earned and nobody in particular has been given yet.
pub struct Pool {
    /// Juels to be shared among the transmitters.
    pub juels: u128,
    /// Operation fees: juels of whoever owns the Coordinator.
    pub operation_fees: u128,
}

impl Pool {
    /// Reads the slot.
    #[inline(never)]
    pub fn load() -> Self {
        let word = host::load_at(POOL);
        Self { juels: word::get(&word.0, 0, 12), operation_fees: word::get(&word.0, 12, 12) }
    }

    /// Writes the slot.
    #[inline(never)]
    pub fn store(&self) {
        let mut word = B256::ZERO;
        word::put(&mut word.0, 0, 12, self.juels);
        word::put(&mut word.0, 12, 12, self.operation_fees);
        host::store_at(POOL, &word);
    }
}

/// Slot 5: who owns the Coordinator, and how often and when it was configured.
#[derive(Clone, Copy)]
pub struct Owner(B256);

impl Owner {
    /// The slot as it was read, or the word of a first owner.
    pub const fn from_word(word: B256) -> Self {
        Self(word)
    }

    /// Reads the slot.
    #[inline(never)]
    pub fn load() -> Self {
        Self(host::load_at(OWNER))
    }

    /// Writes the slot.
    #[inline(never)]
    pub fn store(&self) {
        host::store_at(OWNER, &self.0);
    }

    /// The owner.
    pub fn address(&self) -> Address {
        Address::from_word(self.0)
    }

    /// OCR configurations so far.
    pub fn config_count(&self) -> u32 {
        word::get(&self.0.0, 0, 4) as u32
    }

    /// Block of the latest OCR configuration, by the parent chain's count.
    pub fn config_block(&self) -> u32 {
        word::get(&self.0.0, 4, 4) as u32
    }

    /// Stores the numbers of a new OCR configuration.
    pub fn store_config(mut self, count: u32, block: u32) {
        word::put(&mut self.0.0, 0, 4, count.into());
        word::put(&mut self.0.0, 4, 4, block.into());
        self.store();
    }
}

/// What an address is in the OCR configuration.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Role {
    /// Nothing.
    None = 0,
    /// Its signatures count.
    Signer = 1,
    /// It may transmit.
    Transmitter = 2,
}

/// An address with a role, a balance, or both.
pub struct Account {
    slot: B256,
    word: B256,
}

impl Account {
    /// Reads an account.
    #[inline(never)]
    pub fn load(address: &Address) -> Self {
        let mut slot = B256::ZERO;
        slot[0] = 1;
        slot[12..].copy_from_slice(address.as_slice());
        Self { slot, word: host::load(&slot) }
    }

    /// Juels the address may withdraw, besides the operation fees of the owner.
    pub fn juels(&self) -> u128 {
        word::get(&self.word.0, 0, 12)
    }

    /// Whether the address has this role.
    pub fn is(&self, role: Role) -> bool {
        self.word[12] == role as u8
    }

    /// Its index among the oracles.
    pub fn index(&self) -> u8 {
        self.word[13]
    }

    /// Gives the address a role, or takes it away.
    pub fn set_role(mut self, role: Role, index: u8) {
        self.word[12] = role as u8;
        self.word[13] = index;
        host::store(&self.slot, &self.word);
    }

    /// Sets the withdrawable juels.
    #[inline(never)]
    pub fn set_juels(mut self, juels: u128) {
        word::put(&mut self.word.0, 0, 12, juels);
        host::store(&self.slot, &self.word);
    }

    /// Adds to the withdrawable juels; `Panic(0x11)` above 96 bits.
    #[inline(never)]
    pub fn credit(address: &Address, juels: u128) {
        let account = Self::load(address);
        let sum = add(account.juels(), juels, 96);
        account.set_juels(sum);
    }
}

/// A rule's result, or the end of the call with the revert data upstream gives.
#[inline(always)]
pub fn rule<T>(result: Result<T, functions_rules::RuleError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => broken(error),
    }
}

#[cold]
#[inline(never)]
fn broken(error: functions_rules::RuleError) -> ! {
    use functions_rules::RuleError;
    match error {
        RuleError::DivisionByZero => revert::panic(revert::DIVISION_BY_ZERO),
        RuleError::Above72Bits => refuse!(revert::ERROR_STRING, "SafeCast: value doesn't fit in 72 bits"),
        RuleError::Above96Bits => refuse!(revert::ERROR_STRING, "SafeCast: value doesn't fit in 96 bits"),
        _ => revert::panic(revert::OVERFLOW),
    }
}
