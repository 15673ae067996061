//! How much gas a report's transaction gets. Pure arithmetic, no floats.
//!
//! Sum of: intrinsic and calldata gas, the share of the settlement layer's data fee, verification of q signatures, the
//! callback with the 64/63 rule, the overheads the commitment reserves, and 10 % on top.

/// Gas of any transaction.
const INTRINSIC: u64 = 21_000;
/// Gas of a non-zero and of a zero byte of calldata.
const CALLDATA_NONZERO: u64 = 16;
const CALLDATA_ZERO: u64 = 4;
/// Gas of one recovery with its storage look-up of the signer.
const PER_SIGNATURE: u64 = 8_000;
/// Entering both programs, decoding, events and settlement, beyond what the commitment reserves.
const BASE_WORK: u64 = 400_000;
/// What each further request of the same transaction takes of that, at the most.
const FURTHER_WORK: u64 = 200_000;
/// Gas per byte of response handed through both contracts and the event.
const PER_RESPONSE_BYTE: u64 = 64;
/// Bytes of a signed transaction beside its calldata, for the data fee.
const ENVELOPE_BYTES: u64 = 180;

/// What the limit depends on.
#[derive(Clone, Debug)]
pub(super) struct GasInputs<'a> {
    /// The whole calldata of `transmit`.
    pub calldata: &'a [u8],
    /// Signatures verified.
    pub signatures: u64,
    /// What is reported.
    pub entries: Vec<Entry>,
    /// Gas that pays the data fee, from [`l1_gas`].
    pub l1_gas: u64,
}

/// One request's part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Bytes of result and error together.
    pub response_bytes: u64,
    /// Gas promised to the consumer's callback.
    pub callback_gas_limit: u64,
    /// The commitment's overheads before and after the callback, added.
    pub overhead: u64,
}

impl Entry {
    fn gas(&self) -> u64 {
        let callback = self.callback_gas_limit.saturating_mul(64).div_ceil(63);
        let response = self.response_bytes.saturating_mul(PER_RESPONSE_BYTE);
        callback.saturating_add(response).saturating_add(self.overhead)
    }
}

/// The gas limit.
pub(super) fn gas_limit(inputs: &GasInputs<'_>) -> u64 {
    let further = inputs.entries.len().saturating_sub(1) as u64;
    let entries = inputs.entries.iter().map(Entry::gas).fold(0, u64::saturating_add);
    let sum = INTRINSIC
        .saturating_add(calldata_gas(inputs.calldata))
        .saturating_add(inputs.l1_gas)
        .saturating_add(inputs.signatures.saturating_mul(PER_SIGNATURE))
        .saturating_add(entries)
        .saturating_add(further.saturating_mul(FURTHER_WORK))
        .saturating_add(BASE_WORK);
    sum.saturating_add(sum / 10)
}

/// The limit after it was raised by half `times` times.
pub(super) fn raised(gas_limit: u64, times: u32) -> u64 {
    (0..times).fold(gas_limit, |limit, _| limit.saturating_add(limit / 2))
}

/// Gas that is spent before the router's check of what remains for the callback.
pub(super) fn gas_before_router(signatures: u64) -> u64 {
    signatures.saturating_mul(PER_SIGNATURE).saturating_add(BASE_WORK / 2)
}

/// The data fee in wei: price per byte of the compressed transaction, 16 units a byte.
///
/// Zero bytes nearly vanish in compression; an eighth of them is counted.
pub(super) fn l1_fee_wei(calldata: &[u8], l1_price_wei: u128) -> u128 {
    let zeros = calldata.iter().filter(|byte| **byte == 0).count() as u64;
    let bytes = (calldata.len() as u64 - zeros) + zeros / 8 + ENVELOPE_BYTES;
    l1_price_wei.saturating_mul(u128::from(bytes) * 16)
}

/// The data fee as gas of this chain, a quarter added because the price moves.
pub(super) fn l1_gas(l1_fee_wei: u128, base_fee_wei: u128) -> u64 {
    let gas = l1_fee_wei.div_ceil(base_fee_wei.max(1));
    u64::try_from(gas.saturating_add(gas / 4)).unwrap_or(u64::MAX)
}

fn calldata_gas(calldata: &[u8]) -> u64 {
    let zeros = calldata.iter().filter(|byte| **byte == 0).count() as u64;
    zeros * CALLDATA_ZERO + (calldata.len() as u64 - zeros) * CALLDATA_NONZERO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gas_limit_covers_the_callback_after_the_64_63_rule() {
        let calldata = vec![1u8; 1_764];
        let inputs = |callback_gas_limit| GasInputs {
            calldata: &calldata,
            signatures: 3,
            entries: vec![Entry { response_bytes: 32, callback_gas_limit, overhead: 130_000 }],
            l1_gas: 0,
        };
        let (small, large) = (gas_limit(&inputs(100_000)), gas_limit(&inputs(300_000)));
        assert!(large - small >= 200_000 * 64 / 63);
        assert!(small > 100_000 + 130_000 + 1_764 * 16 + 21_000);
    }

    #[test]
    fn gas_limit_of_several_has_room_for_what_the_coordinator_demands_of_each() {
        let entry = Entry { response_bytes: 256, callback_gas_limit: 300_000, overhead: 0 };
        let inputs =
            |count| GasInputs { calldata: &[], signatures: 3, entries: vec![entry; count], l1_gas: 0 };
        let each = gas_limit(&inputs(10)) - gas_limit(&inputs(9));
        // docs/gas.md: callback and 3 % of it, 60,000 before, 110,000 after, 32 for a byte.
        assert!(each >= 309_000 + 60_000 + 110_000 + 32 * 256, "{each}");
    }

    #[test]
    fn raised_adds_half_each_time() {
        assert_eq!([0, 1, 2, 3].map(|times| raised(1_000, times)), [1_000, 1_500, 2_250, 3_375]);
        assert_eq!(raised(u64::MAX, 3), u64::MAX);
    }

    #[test]
    fn l1_gas_is_zero_without_a_data_price() {
        assert_eq!(l1_gas(l1_fee_wei(&[1; 100], 0), 100_000_000), 0);
        // 100 + 180 bytes at 16 units of 1 gwei, at 0.1 gwei a gas, plus a quarter.
        assert_eq!(l1_gas(l1_fee_wei(&[1; 100], 1_000_000_000), 100_000_000), 56_000);
    }
}
