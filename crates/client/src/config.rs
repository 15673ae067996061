//! Contract configurations that make sense, to start from.

use alloy::primitives::aliases::{U40, U72, U224};
use alloy::primitives::fixed_bytes;
use functions_types::abi::{BillingConfig, RouterConfig};

/// Seconds after which an unanswered request can be timed out.
pub const REQUEST_TIMEOUT_SECONDS: u32 = 300;

/// Gas of a fulfillment before the callback with three signatures.
const GAS_OF_THREE: u32 = 105_000;
/// Gas of each further signature.
const GAS_PER_SIGNATURE: u32 = 6_300;

/// Gas of a report with three signatures, whatever it carries.
const SHARED_GAS_OF_THREE: u32 = 114_000;
/// The rest of the two overheads: what an entry is billed at the least, however many go together.
const GAS_OF_AN_ENTRY: u32 = 84_942;

/// Router configuration of the live networks: callback tiers of 300,000, 500,000 and 1,000,000 gas, 100 consumers a
/// subscription, a deposit of 0.1 LINK kept from subscriptions canceled before their tenth request.
pub fn router_defaults() -> RouterConfig {
    RouterConfig {
        maxConsumersPerSubscription: 100,
        adminFee: U72::ZERO,
        handleOracleFulfillmentSelector: fixed_bytes!("0ca76175"),
        gasForCallExactCheck: 5_000,
        maxCallbackGasLimits: vec![300_000, 500_000, 1_000_000],
        subscriptionDepositMinimumRequests: 10,
        subscriptionDepositJuels: U72::from(100_000_000_000_000_000_u64),
    }
}

/// Coordinator configuration for a chain with a gas price near 0.1 gwei: half the gas price as reserve, 2 cents for the
/// DON and 1 cent for the operator, five minutes until a request times out.
///
/// The two overheads are what one fulfillment costs outside the callback: verification of `signatures` signatures and
/// entry into the programs before it, settlement and billing after it. They are measured, with room for a response of
/// 512 bytes.
pub fn billing_defaults(signatures: usize) -> BillingConfig {
    BillingConfig {
        fulfillmentGasPriceOverEstimationBP: 5_000,
        feedStalenessSeconds: 86_400,
        gasOverheadBeforeCallback: GAS_OF_THREE + further(signatures) * GAS_PER_SIGNATURE,
        gasOverheadAfterCallback: 93_942,
        minimumEstimateGasPriceWei: U40::from(100_000_000_u64),
        maxSupportedRequestDataVersion: functions_types::REQUEST_DATA_VERSION,
        fallbackUsdPerUnitLink: 1_400_000_000,
        fallbackUsdPerUnitLinkDecimals: 8,
        fallbackNativePerUnitLink: U224::from(5_000_000_000_000_000_u64),
        requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS,
        donFeeCentsUsd: 2,
        operationFeeCentsUsd: 1,
    }
}

/// Gas of the overhead that the entries of one report share: what a report costs once, which is one entry's report less
/// what a further entry costs. Measured as the overheads are, without the program cache.
///
/// Less where the overheads are set lower: every entry is billed 84,942 gas at least, if it has as much.
pub fn shared_overhead_gas(signatures: usize, billing: &BillingConfig) -> u32 {
    let overhead = billing.gasOverheadBeforeCallback.saturating_add(billing.gasOverheadAfterCallback);
    let once = SHARED_GAS_OF_THREE + further(signatures) * GAS_PER_SIGNATURE;
    once.min(overhead.saturating_sub(GAS_OF_AN_ENTRY))
}

/// Signatures beyond three, of at most 31.
fn further(signatures: usize) -> u32 {
    u32::try_from(signatures.saturating_sub(3)).unwrap_or(u32::MAX).min(28)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_billed_what_it_costs_alone_whatever_the_signatures_and_the_overheads() {
        for signatures in 0..40 {
            let measured = billing_defaults(signatures);
            let overhead = measured.gasOverheadBeforeCallback + measured.gasOverheadAfterCallback;
            assert_eq!(
                overhead - shared_overhead_gas(signatures, &measured),
                GAS_OF_AN_ENTRY,
                "{signatures}"
            );
            for (gas, shared) in [
                (0, 0),
                (GAS_OF_AN_ENTRY, 0),
                (GAS_OF_AN_ENTRY + 5, 5),
                (u32::MAX, overhead - GAS_OF_AN_ENTRY),
            ] {
                let billing = BillingConfig {
                    gasOverheadBeforeCallback: gas,
                    gasOverheadAfterCallback: 0,
                    ..measured.clone()
                };
                assert_eq!(shared_overhead_gas(signatures, &billing), shared, "{signatures}, {gas}");
            }
        }
    }
}
