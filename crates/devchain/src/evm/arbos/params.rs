//! Prices and limits of programs, as one word of the chain's state. Until an owner changes one they are those of the
//! ArbOS version.

use alloy::primitives::{B256, U256};
use stylus_program::StylusParams;

use super::{
    Store, peek,
    version::{is_59, is_60, stylus_version},
};

/// Reading the parameters, which are always warm.
const PARAMS_GAS: u64 = 100;
/// Gas of a unit of the smallest price of an uncached entry.
const MIN_INIT_UNIT: u64 = 128;
/// Gas of a unit of the smallest price of a cached entry.
const MIN_CACHED_UNIT: u64 = 32;
/// Percent of a unit of the scalars.
const SCALAR_UNIT: u64 = 2;
/// Bytes of decompressed WebAssembly from ArbOS 60 on.
const MAX_WASM_SIZE_60: u32 = 256 * 1024;
/// Fragments a program may be cut into from ArbOS 60 on.
const MAX_FRAGMENTS_60: u8 = 4;
/// Marks the word as written.
const WRITTEN: u8 = 1;

/// What owners may change about programs.
///
/// Upstream: `StylusParams` (Nitro, `arbos/programs/params.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::evm) struct Params {
    /// What a program's machine and its activation need.
    pub(in crate::evm) machine: StylusParams,
    /// The Stylus version programs are activated for.
    pub(in crate::evm) version: u16,
    /// Smallest price of an uncached entry, in units of 128 gas.
    pub(in crate::evm) min_init: u8,
    /// Smallest price of a cached entry, in units of 32 gas.
    pub(in crate::evm) min_cached: u8,
    /// Part of a program's own price of entry that is charged, in units of 2 %.
    pub(in crate::evm) init_scalar: u8,
    /// The same for a cached entry.
    pub(in crate::evm) cached_scalar: u8,
    /// Days until a program must be activated again.
    pub(in crate::evm) expiry_days: u16,
    /// Days before a program's life can be prolonged.
    pub(in crate::evm) keepalive_days: u16,
    /// Programs of a block that count as cached.
    pub(in crate::evm) block_cache_size: u16,
    /// Fragments a program may be cut into; zero before ArbOS 60.
    pub(in crate::evm) max_fragments: u8,
}

impl Params {
    /// What holds until an owner changes it.
    pub(in crate::evm) fn initial(arbos: u64) -> Self {
        let mut params = Self {
            machine: StylusParams {
                allow_multi_value: !is_59(arbos),
                limits_open_pages: is_59(arbos),
                debug_imports: true,
                ..StylusParams::default()
            },
            version: stylus_version(arbos),
            min_init: 69,
            min_cached: 11,
            init_scalar: 50,
            cached_scalar: 50,
            expiry_days: 365,
            keepalive_days: 31,
            block_cache_size: 32,
            max_fragments: 0,
        };
        if is_60(arbos) {
            params.enter_60();
        }
        params
    }

    /// What the upgrade to ArbOS 60 sets, whatever owners set before.
    fn enter_60(&mut self) {
        self.machine.max_wasm_size = MAX_WASM_SIZE_60;
        self.max_fragments = MAX_FRAGMENTS_60;
    }

    /// The parameters as they are now.
    pub(in crate::evm) fn load<'d, S: Store<'d>>(store: &mut S) -> Result<Self, S::Error> {
        store.burn(PARAMS_GAS)?;
        let arbos = store.ctx().chain.env.arbos_version;
        let mut params = Self::initial(arbos);
        let word: B256 = peek(store.ctx(), "params", &[]).into();
        if word[0] == WRITTEN {
            params.unpack(word, arbos);
        }
        Ok(params)
    }

    /// Writes the parameters.
    pub(in crate::evm) fn save<'d, S: Store<'d>>(&self, store: &mut S) -> Result<(), S::Error> {
        let arbos = store.ctx().chain.env.arbos_version;
        store.write("params", &[], U256::from_be_bytes(self.pack(arbos)))
    }

    fn pack(&self, arbos: u64) -> [u8; 32] {
        let mut word = Vec::with_capacity(32);
        word.extend([WRITTEN, u8::from(is_60(arbos))]);
        word.extend(self.machine.ink_price.to_be_bytes());
        word.extend(self.machine.max_stack_depth.to_be_bytes());
        word.extend(self.machine.max_wasm_size.to_be_bytes());
        for number in [
            self.machine.free_pages,
            self.machine.page_gas,
            self.machine.page_limit,
            self.expiry_days,
            self.keepalive_days,
            self.block_cache_size,
        ] {
            word.extend(number.to_be_bytes());
        }
        word.extend([
            self.min_init,
            self.min_cached,
            self.init_scalar,
            self.cached_scalar,
            self.max_fragments,
        ]);
        word.resize(32, 0);
        word.try_into().expect("fourteen bytes, six numbers of two and five of one are 31")
    }

    fn unpack(&mut self, word: B256, arbos: u64) {
        let u16_at = |at: usize| u16::from_be_bytes([word[at], word[at + 1]]);
        let u32_at = |at: usize| u32::from_be_bytes([word[at], word[at + 1], word[at + 2], word[at + 3]]);
        self.machine.ink_price = u32_at(2);
        self.machine.max_stack_depth = u32_at(6);
        self.machine.max_wasm_size = u32_at(10);
        self.machine.free_pages = u16_at(14);
        self.machine.page_gas = u16_at(16);
        self.machine.page_limit = u16_at(18);
        self.expiry_days = u16_at(20);
        self.keepalive_days = u16_at(22);
        self.block_cache_size = u16_at(24);
        self.min_init = word[26];
        self.min_cached = word[27];
        self.init_scalar = word[28];
        self.cached_scalar = word[29];
        self.max_fragments = word[30];
        if word[1] == 0 && is_60(arbos) {
            self.enter_60();
        }
    }

    /// Smallest gas of an uncached and of a cached entry.
    pub(in crate::evm) fn min_gas(&self) -> (u64, u64) {
        (u64::from(self.min_init) * MIN_INIT_UNIT, u64::from(self.min_cached) * MIN_CACHED_UNIT)
    }

    /// Sets [`Params::min_gas`], rounded up to units and cut to what fits.
    pub(in crate::evm) fn set_min_gas(&mut self, init: u64, cached: u64) {
        let units = |gas: u64, unit: u64| u8::try_from(gas.div_ceil(unit)).unwrap_or(u8::MAX);
        self.min_init = units(init, MIN_INIT_UNIT);
        self.min_cached = units(cached, MIN_CACHED_UNIT);
    }

    /// Percent of a program's own price of entry that is charged when it is not cached.
    pub(in crate::evm) fn init_percent(&self) -> u64 {
        u64::from(self.init_scalar) * SCALAR_UNIT
    }

    /// Sets [`Params::init_percent`], rounded up to units and cut to what fits.
    pub(in crate::evm) fn set_init_percent(&mut self, percent: u64) {
        self.init_scalar = u8::try_from(percent.div_ceil(SCALAR_UNIT)).unwrap_or(u8::MAX);
    }

    /// Percent of a program's own price of a cached entry that is charged.
    pub(in crate::evm) fn cached_percent(&self) -> u64 {
        u64::from(self.cached_scalar) * SCALAR_UNIT
    }

    /// Age in seconds above which a program has expired.
    pub(in crate::evm) fn expiry_seconds(&self) -> u64 {
        u64::from(self.expiry_days) * 86_400
    }

    /// Age in seconds from which a program's life can be prolonged.
    pub(in crate::evm) fn keepalive_seconds(&self) -> u64 {
        u64::from(self.keepalive_days) * 86_400
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_word_reads_as_it_was() {
        let mut params = Params::initial(61);
        params.machine.ink_price = 7;
        params.machine.page_limit = 9;
        params.max_fragments = 3;
        params.set_min_gas(129, 33);
        params.set_init_percent(77);
        assert_eq!((params.min_gas(), params.init_percent()), ((256, 64), 78));
        let mut read = Params::initial(61);
        read.unpack(params.pack(61).into(), 61);
        assert_eq!(read, params);
    }

    #[test]
    fn an_upgrade_to_60_sets_its_limits_and_leaves_the_rest() {
        let mut params = Params::initial(51);
        params.machine.max_wasm_size = 1;
        params.expiry_days = 2;
        let mut read = Params::initial(60);
        read.unpack(params.pack(51).into(), 60);
        assert_eq!((read.machine.max_wasm_size, read.max_fragments, read.expiry_days), (262_144, 4, 2));
        assert_eq!((read.version, Params::initial(59).version, Params::initial(58).version), (3, 3, 2));
    }
}
