//! The table of active programs, by code hash.

use alloy::primitives::{B256, U256};
use stylus_program::ProgramInfo;

use super::{Store, params::Params, version::has_fragments};
use crate::evm::ArbContext;

/// Unix seconds of hour zero of the table's clock.
const ARBITRUM_START: u64 = 1_421_388_000;

/// One entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::evm) struct Program {
    /// The Stylus version it was activated for; zero when there is no entry.
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
    /// The Stylus version it was activated for, and the chain's.
    NeedsUpgrade(u16, u16),
    /// Age in seconds.
    Expired(u64),
}

impl Program {
    pub(in crate::evm) fn new(info: ProgramInfo, version: u16, now: u64, cached: bool) -> Self {
        Self {
            version,
            init_cost: info.init_cost,
            cached_cost: info.cached_cost,
            footprint: info.footprint,
            activated_at: hours(now),
            asm_kib: info.asm_estimate.div_ceil(1024),
            cached,
        }
    }

    /// The entry as it stands.
    pub(in crate::evm) fn load<'d, S: Store<'d>>(store: &mut S, code_hash: B256) -> Result<Self, S::Error> {
        let word: B256 = store.read("programs", code_hash.as_slice())?.into();
        let u16_at = |at: usize| u16::from_be_bytes([word[at], word[at + 1]]);
        let u32_at = |at: usize| u32::from_be_bytes([word[at], word[at + 1], word[at + 2], word[at + 3]]);
        Ok(Self {
            version: u16_at(0),
            init_cost: u16_at(2),
            cached_cost: u16_at(4),
            footprint: u16_at(6),
            activated_at: u32_at(8),
            asm_kib: u32_at(12),
            cached: word[16] != 0,
        })
    }

    pub(in crate::evm) fn store<'d, S: Store<'d>>(
        self,
        store: &mut S,
        code_hash: B256,
    ) -> Result<(), S::Error> {
        let mut word = B256::ZERO;
        word[0..2].copy_from_slice(&self.version.to_be_bytes());
        word[2..4].copy_from_slice(&self.init_cost.to_be_bytes());
        word[4..6].copy_from_slice(&self.cached_cost.to_be_bytes());
        word[6..8].copy_from_slice(&self.footprint.to_be_bytes());
        word[8..12].copy_from_slice(&self.activated_at.to_be_bytes());
        word[12..16].copy_from_slice(&self.asm_kib.to_be_bytes());
        word[16] = u8::from(self.cached);
        store.write("programs", code_hash.as_slice(), U256::from_be_bytes(word.0))
    }

    /// An entry that programs can be run with.
    pub(in crate::evm) fn usable<'d, S: Store<'d>>(
        store: &mut S,
        code_hash: B256,
        params: &Params,
    ) -> Result<Result<Self, Unusable>, S::Error> {
        let program = Self::load(store, code_hash)?;
        let now = store.ctx().chain.env.timestamp;
        Ok(match program.version {
            0 => Err(Unusable::NotActivated),
            version if version != params.version => Err(Unusable::NeedsUpgrade(version, params.version)),
            _ if program.is_expired(now, params) => Err(Unusable::Expired(program.age(now))),
            _ => Ok(program),
        })
    }

    /// Seconds since activation.
    pub(in crate::evm) fn age(self, now: u64) -> u64 {
        now.saturating_sub(ARBITRUM_START + u64::from(self.activated_at) * 3600)
    }

    pub(in crate::evm) fn is_expired(self, now: u64, params: &Params) -> bool {
        self.age(now) > params.expiry_seconds()
    }

    /// Restarts the program's life.
    pub(in crate::evm) fn keep_alive(&mut self, now: u64) {
        self.activated_at = hours(now);
    }

    /// Gas of entering when cached; an uncached entry pays it too.
    pub(in crate::evm) fn cached_gas(self, params: &Params) -> u64 {
        params.min_gas().1 + (u64::from(self.cached_cost) * params.cached_percent()).div_ceil(100)
    }

    /// Further gas of entering when not cached.
    pub(in crate::evm) fn init_gas(self, params: &Params) -> u64 {
        params.min_gas().0 + (u64::from(self.init_cost) * params.init_percent()).div_ceil(100)
    }
}

fn hours(now: u64) -> u32 {
    u32::try_from(now.saturating_sub(ARBITRUM_START) / 3600).unwrap_or(u32::MAX)
}

/// Remembers the hash of an activated module.
pub(in crate::evm) fn set_module_hash<'d, S: Store<'d>>(
    store: &mut S,
    code_hash: B256,
    module_hash: B256,
) -> Result<(), S::Error> {
    store.write("modules", code_hash.as_slice(), module_hash.into())
}

/// Looks the hash of an activated module up. Nothing here depends on it, but whoever asks pays.
pub(in crate::evm) fn module_hash<'d, S: Store<'d>>(
    store: &mut S,
    code_hash: B256,
) -> Result<B256, S::Error> {
    Ok(store.read("modules", code_hash.as_slice())?.into())
}

/// Counts a program as run in this block and says whether it counts as cached because it ran before.
pub(in crate::evm) fn touch_recent(ctx: &mut ArbContext<'_>, code_hash: B256, params: &Params) -> bool {
    if !has_fragments(ctx) {
        return false;
    }
    let recent = &mut ctx.chain.env.recent_programs;
    let found = recent.iter().position(|hash| *hash == code_hash);
    if let Some(index) = found {
        recent.remove(index);
    } else if recent.len() >= usize::from(params.block_cache_size.max(1)) {
        recent.remove(0);
    }
    recent.push(code_hash);
    found.is_some()
}
