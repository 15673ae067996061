//! Where everything lies; the layout is the table of the crate's documentation.

use functions_contract::{Address, B256, host, revert, revert::add, word};

/// Router, staleness, oracle counts.
pub const ROUTER: B256 = B256::with_last_byte(1);
/// LINK/native feed and overheads.
pub const NATIVE: B256 = B256::with_last_byte(2);
/// LINK/USD feed and limits.
pub const USD: B256 = B256::with_last_byte(3);
/// Native fallback and fees.
pub const FALLBACK: B256 = B256::with_last_byte(4);
/// USD fallback and configuration block.
pub const MISC: B256 = B256::with_last_byte(5);
/// Digest of the OCR configuration.
pub const DIGEST: B256 = B256::with_last_byte(6);
/// Proposed owner, in the last 20 bytes.
pub const PROPOSED_OWNER: B256 = B256::with_last_byte(7);
/// Row of the DON's public key.
pub const DON_KEY: u8 = 8;
/// Row of the threshold public key.
pub const THRESHOLD_KEY: u8 = 9;
/// Row of the signers.
pub const SIGNERS: u8 = 10;
/// Row of the transmitters.
pub const TRANSMITTERS: u8 = 11;
/// keccak256 of `stylus_constructor`: where the Stylus SDK, too, remembers that construction is over.
pub const GUARD: B256 = B256::new([
    0xd7, 0x19, 0xfb, 0x9e, 0xca, 0x6b, 0xd4, 0x80, 0x44, 0xbf, 0x2b, 0x38, 0xd8, 0x0a, 0xea, 0x3d, 0xd6,
    0x66, 0x51, 0x1b, 0x02, 0x36, 0x08, 0x1c, 0xd9, 0xa2, 0xb9, 0x55, 0x55, 0xfe, 0x7c, 0x8c,
]);

/// Slot `index` of a row: `row · 2³² + index`.
pub fn in_row(row: u8, index: u32) -> B256 {
    let mut slot = B256::with_last_byte(0);
    slot[27] = row;
    slot[28..].copy_from_slice(&index.to_be_bytes());
    slot
}

/// Where the commitment of a request lies.
#[inline(never)]
pub fn commitment(request_id: &[u8; 32]) -> B256 {
    let mut preimage = [0; 64];
    preimage[..32].copy_from_slice(request_id);
    preimage[63] = 12;
    host::keccak(&preimage)
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
    pub fn load() -> Self {
        Self(host::load(&ROUTER))
    }

    /// The Router.
    pub fn router(&self) -> Address {
        address_of(&self.0)
    }

    /// Seconds after which a feed is stale; 0 means never.
    pub fn feed_staleness_seconds(&self) -> u32 {
        word::get(&self.0.0, 20, 4) as u32
    }

    /// Oracles of the configuration in force, 0 before the first.
    pub fn oracles(&self) -> u8 {
        self.0[24]
    }

    /// Faulty oracles tolerated.
    pub fn f(&self) -> u8 {
        self.0[25]
    }

    /// OCR configurations so far.
    pub fn config_count(&self) -> u32 {
        word::get(&self.0.0, 26, 4) as u32
    }

    /// Stores the numbers of a new OCR configuration.
    pub fn store_oracles(mut self, oracles: u8, f: u8, config_count: u32) {
        self.0[24] = oracles;
        self.0[25] = f;
        word::put(&mut self.0.0, 26, 4, config_count.into());
        host::store(&ROUTER, &self.0);
    }
}

/// Slot 0: what is held for all oracles together, and the owner.
pub struct Pool {
    /// Juels to be shared among the transmitters.
    pub juels: u128,
    /// The owner.
    pub owner: Address,
}

impl Pool {
    /// Reads the slot.
    #[inline(never)]
    pub fn load() -> Self {
        let word = host::load(&B256::ZERO);
        Self { juels: word::get(&word.0, 0, 12), owner: Address::from_slice(&word[12..]) }
    }

    /// Writes the slot.
    #[inline(never)]
    pub fn store(&self) {
        let mut word = B256::ZERO;
        word::put(&mut word.0, 0, 12, self.juels);
        word[12..].copy_from_slice(self.owner.as_slice());
        host::store(&B256::ZERO, &word);
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

    /// Juels the address may withdraw.
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
#[inline(never)]
pub fn rule<T>(result: Result<T, functions_rules::RuleError>) -> T {
    use functions_rules::RuleError;
    match result {
        Ok(value) => value,
        Err(RuleError::DivisionByZero) => revert::panic(revert::DIVISION_BY_ZERO),
        Err(RuleError::Above72Bits) => {
            revert::error_text(revert::ERROR_STRING, "SafeCast: value doesn't fit in 72 bits")
        }
        Err(RuleError::Above96Bits) => {
            revert::error_text(revert::ERROR_STRING, "SafeCast: value doesn't fit in 96 bits")
        }
        Err(_) => revert::panic(revert::OVERFLOW),
    }
}
