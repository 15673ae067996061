//! The table of active programs, by code hash.

use alloy::primitives::{B256, U256};
use stylus_program::ProgramInfo;

use super::{read, write};
use crate::evm::ArbContext;

/// The Stylus version that programs are activated for.
pub(in crate::evm) const STYLUS_VERSION: u16 = 2;
/// Days until a program must be activated again.
pub(in crate::evm) const EXPIRY_DAYS: u16 = 365;
/// Days before a program's life can be prolonged.
pub(in crate::evm) const KEEPALIVE_DAYS: u16 = 31;
/// Smallest gas of an uncached and of a cached entry.
pub(in crate::evm) const MIN_GAS: (u64, u64) = (69 * 128, 11 * 32);
/// Recent programs of a block that count as cached.
pub(in crate::evm) const BLOCK_CACHE_SIZE: u16 = 32;

/// Unix seconds of hour zero of the table's clock.
const ARBITRUM_START: u64 = 1_421_388_000;

/// One entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::evm) struct Program {
    pub(in crate::evm) version: u16,
    pub(in crate::evm) init_cost: u16,
    pub(in crate::evm) cached_cost: u16,
    pub(in crate::evm) footprint: u16,
    /// Hours since the table's clock began.
    pub(in crate::evm) activated_at: u32,
    /// KiB, rounded up.
    pub(in crate::evm) asm_kib: u32,
    pub(in crate::evm) cached: bool,
}

/// Why a program cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::evm) enum Unusable {
    NotActivated,
    NeedsUpgrade(u16),
    /// Age in seconds.
    Expired(u64),
}

impl Program {
    pub(in crate::evm) fn new(info: ProgramInfo, now: u64, cached: bool) -> Self {
        Self {
            version: STYLUS_VERSION,
            init_cost: info.init_cost,
            cached_cost: info.cached_cost,
            footprint: info.footprint,
            activated_at: hours(now),
            asm_kib: info.asm_estimate.div_ceil(1024),
            cached,
        }
    }

    /// The entry as it stands; version 0 when there is none.
    pub(in crate::evm) fn load(ctx: &mut ArbContext<'_>, code_hash: B256) -> Self {
        let word: B256 = read(ctx, "programs", code_hash.as_slice()).into();
        let u16_at = |at: usize| u16::from_be_bytes([word[at], word[at + 1]]);
        let u32_at = |at: usize| u32::from_be_bytes([word[at], word[at + 1], word[at + 2], word[at + 3]]);
        Self {
            version: u16_at(0),
            init_cost: u16_at(2),
            cached_cost: u16_at(4),
            footprint: u16_at(6),
            activated_at: u32_at(8),
            asm_kib: u32_at(12),
            cached: word[16] != 0,
        }
    }

    pub(in crate::evm) fn store(self, ctx: &mut ArbContext<'_>, code_hash: B256) {
        let mut word = B256::ZERO;
        word[0..2].copy_from_slice(&self.version.to_be_bytes());
        word[2..4].copy_from_slice(&self.init_cost.to_be_bytes());
        word[4..6].copy_from_slice(&self.cached_cost.to_be_bytes());
        word[6..8].copy_from_slice(&self.footprint.to_be_bytes());
        word[8..12].copy_from_slice(&self.activated_at.to_be_bytes());
        word[12..16].copy_from_slice(&self.asm_kib.to_be_bytes());
        word[16] = u8::from(self.cached);
        write(ctx, "programs", code_hash.as_slice(), U256::from_be_bytes(word.0));
    }

    /// An entry that programs can be run with.
    pub(in crate::evm) fn usable(ctx: &mut ArbContext<'_>, code_hash: B256) -> Result<Self, Unusable> {
        let now = ctx.chain.env.timestamp;
        let program = Self::load(ctx, code_hash);
        match program.version {
            0 => Err(Unusable::NotActivated),
            STYLUS_VERSION if program.is_expired(now) => Err(Unusable::Expired(program.age(now))),
            STYLUS_VERSION => Ok(program),
            old => Err(Unusable::NeedsUpgrade(old)),
        }
    }

    /// Seconds since activation.
    pub(in crate::evm) fn age(self, now: u64) -> u64 {
        now.saturating_sub(ARBITRUM_START + u64::from(self.activated_at) * 3600)
    }

    pub(in crate::evm) fn is_expired(self, now: u64) -> bool {
        self.age(now) > u64::from(EXPIRY_DAYS) * 86_400
    }

    /// Restarts the program's life.
    pub(in crate::evm) fn keep_alive(&mut self, now: u64) {
        self.activated_at = hours(now);
    }

    /// Gas of entering when cached; an uncached entry pays it too.
    pub(in crate::evm) fn cached_gas(self) -> u64 {
        MIN_GAS.1 + u64::from(self.cached_cost)
    }

    /// Further gas of entering when not cached.
    pub(in crate::evm) fn init_gas(self) -> u64 {
        MIN_GAS.0 + u64::from(self.init_cost)
    }
}

fn hours(now: u64) -> u32 {
    u32::try_from(now.saturating_sub(ARBITRUM_START) / 3600).unwrap_or(u32::MAX)
}

/// Counts a program as run in this block and says whether it was already.
pub(in crate::evm) fn touch_recent(ctx: &mut ArbContext<'_>, code_hash: B256) -> bool {
    let recent = &mut ctx.chain.env.recent_programs;
    let found = recent.iter().position(|hash| *hash == code_hash);
    if let Some(index) = found {
        recent.remove(index);
    } else if recent.len() >= usize::from(BLOCK_CACHE_SIZE) {
        recent.remove(0);
    }
    recent.push(code_hash);
    found.is_some()
}
