//! The billing configuration and the constructor.

use functions_contract::{
    Address, B256,
    abi::{Buf, Tuple},
    construction, host, ownership, revert,
    revert::malformed,
    word,
};
use functions_types::selectors::errors::coordinator as errors;

use crate::{
    admin::only_owner,
    open,
    storage::{FALLBACK, NATIVE, Owner, ROUTER, Roster, USD, USD_FALLBACK},
    version::{CONFIG_FIELDS, CONFIG_UPDATED},
};

/// Words of the configuration on the wire.
pub const WORDS: usize = CONFIG_FIELDS;

/// Where each field lies: bits on the wire, then which of the words, first byte and length in storage.
///
/// Order: over-estimation, staleness, overhead before, overhead after, minimum gas price, highest data version, USD fallback and
/// its decimals, native fallback, request timeout, DON fee, operation fee; in 1.3.1 size of a transmit.
const FIELDS: [(u16, u8, u8, u8); 13] = [
    (32, 1, 20, 4),
    (32, 0, 22, 4),
    (32, 1, 24, 4),
    (32, 1, 28, 4),
    (40, 0, 26, 5),
    (16, 2, 20, 2),
    (64, 4, 0, 8),
    (8, 0, 31, 1),
    (224, 3, 0, 28),
    (32, 2, 22, 4),
    (16, 2, 26, 2),
    (16, 2, 28, 2),
    (16, 2, 30, 2),
];

/// The five words that hold configuration, in the order of their slots.
type Words = [B256; 5];
const SLOTS: [u8; 5] = [ROUTER, NATIVE, USD, FALLBACK, USD_FALLBACK];

/// Word, first byte and length of field `index`: [`FIELDS`] as numbers, which become code and not data.
#[inline(never)]
fn field(index: usize) -> (usize, usize, usize) {
    const PACKED: [u64; 4] = {
        let mut packed = [0; 4];
        let mut at = 0;
        while at < WORDS {
            let (_, word, from, len) = FIELDS[at];
            packed[at / 4] |= (word as u64 | (from as u64) << 4 | (len as u64) << 9) << (at % 4 * 16);
            at += 1;
        }
        packed
    };
    let four = match index / 4 {
        0 => PACKED[0],
        1 => PACKED[1],
        #[cfg(feature = "v1_3_1")]
        3 => PACKED[3],
        _ => PACKED[2],
    };
    let packed = (four >> (index % 4 * 16)) as usize;
    (packed & 15, packed >> 4 & 31, packed >> 9 & 31)
}

/// Puts a configuration of the wire into the words; what else they hold stays.
///
/// Ends the call without data when a field does not fit its type.
fn unpack(config: Tuple<'_>, words: &mut Words) {
    for index in 0..WORDS {
        let (word, from, len) = field(index);
        let value = config.word(index);
        if value[..32 - len].iter().any(|byte| *byte != 0) {
            malformed();
        }
        words[word][from..from + len].copy_from_slice(&value[32 - len..]);
    }
}

/// Appends the configuration as the wire has it.
fn pack(words: &Words, out: &mut Buf) {
    for index in 0..WORDS {
        let (word, from, len) = field(index);
        let mut value = [0; 32];
        value[32 - len..].copy_from_slice(&words[word][from..from + len]);
        out.raw(&value);
    }
}

fn load() -> Words {
    SLOTS.map(host::load_at)
}

/// Stores the words and emits `ConfigUpdated`.
fn store(words: &Words) {
    for (slot, word) in SLOTS.into_iter().zip(words) {
        host::store_at(slot, word);
    }
    let mut log = Buf::event(&CONFIG_UPDATED, WORDS, 0);
    pack(words, &mut log);
    host::log(&log, 1);
}

/// `constructor(address owner, address router, BillingConfig config, address linkToNativeFeed, address linkToUsdFeed)`, once.
///
/// # Errors
/// `Error("Cannot set owner to zero")`, `RouterMustBeSet()`; no data when the contract is constructed already.
pub fn construct(args: Tuple<'_>) -> Buf {
    let (owner, router) = (args.address(0), args.address(1));
    let config = Tuple::new(&args.as_bytes()[64..], WORDS);
    let feeds = [args.address(2 + WORDS), args.address(3 + WORDS)];
    let mut words = [B256::ZERO; 5];
    unpack(config, &mut words);
    construction::once();
    ownership::not_zero(&owner);
    if router == Address::ZERO {
        revert::error(errors::ROUTER_MUST_BE_SET);
    }
    Owner::from_word(owner.into_word()).store();
    open::prepare();
    for (word, address) in words.iter_mut().zip([&router, &feeds[0], &feeds[1]]) {
        word[..20].copy_from_slice(address.as_slice());
    }
    store(&words);
    Buf::empty()
}

/// `updateConfig(BillingConfig)`, by the owner; applies to later requests, and to the fallbacks of the feeds at once.
pub fn update_config(args: Tuple<'_>) -> Buf {
    let mut words = load();
    unpack(args, &mut words);
    only_owner();
    store(&words);
    Buf::empty()
}

/// `getConfig()`.
pub fn get_config() -> Buf {
    let mut out = Buf::new(WORDS * 32);
    pack(&load(), &mut out);
    out
}

/// What a request needs of the configuration.
pub struct Terms {
    /// Added to the gas price, in 1/10000.
    pub over_estimation_bp: u32,
    /// Gas billed before and after the callback.
    pub overheads: (u32, u32),
    /// Floor of the gas price in wei.
    pub minimum_gas_price_wei: u64,
    /// Highest request data version.
    pub max_data_version: u16,
    /// Seconds until a request can be timed out.
    pub timeout_seconds: u32,
}

impl Terms {
    /// Reads slots 2 and 3; slot 1 is the roster.
    #[inline(never)]
    pub fn load(roster: &Roster) -> Self {
        let (native, usd) = (host::load_at(NATIVE).0, host::load_at(USD).0);
        Self {
            over_estimation_bp: word::get(&native, 20, 4) as u32,
            overheads: (word::get(&native, 24, 4) as u32, word::get(&native, 28, 4) as u32),
            minimum_gas_price_wei: roster.minimum_gas_price_wei(),
            max_data_version: word::get(&usd, 20, 2) as u16,
            timeout_seconds: word::get(&usd, 22, 4) as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_fill_their_words_without_overlap() {
        let mut used = [[false; 32]; 5];
        for (bits, slot, from, len) in FIELDS {
            assert_eq!(u16::from(len) * 8, bits);
            for byte in from..from + len {
                assert!(!core::mem::replace(&mut used[slot as usize][byte as usize], true));
            }
        }
        // The first three words begin with addresses; then come the OCR numbers in the first. The last ends with an address.
        assert!(used[..3].iter().all(|word| !word[..20].contains(&true)));
        assert!(!used[0][20..22].contains(&true) && !used[4][12..].contains(&true));
    }

    proptest::proptest! {
        #[test]
        fn a_configuration_round_trips(values in proptest::prelude::any::<[[u8; 32]; WORDS]>(), before in proptest::prelude::any::<[[u8; 32]; 5]>()) {
            let mut wire = values;
            for (value, (bits, ..)) in wire.iter_mut().zip(FIELDS) {
                value[..32 - usize::from(bits) / 8].fill(0);
            }
            let mut words = before.map(B256::new);
            unpack(Tuple::new(wire.as_flattened(), WORDS), &mut words);
            let mut out = Buf::new(WORDS * 32);
            pack(&words, &mut out);
            proptest::prop_assert_eq!(out.as_bytes(), wire.as_flattened());
            proptest::prop_assert_eq!(&words[1][..20], &before[1][..20]);
            proptest::prop_assert_eq!(&words[0][..22], &before[0][..22]);
            proptest::prop_assert_eq!(&words[4][8..], &before[4][8..]);
        }
    }
}
