//! The settings of Router and Coordinator: what cannot be meant is refused, what might not be is warned of.

use alloy::primitives::I256;
use alloy::primitives::aliases::{U40, U72, U224};
use functions_client::abi::{BillingConfig, RouterConfig};
use functions_client::config as defaults;
use functions_deploy::Source;
use functions_failure::{Result, failure};
use serde::Deserialize;

/// `[router]`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RouterPart {
    max_consumers_per_subscription: Option<u16>,
    gas_for_call_exact_check: Option<u16>,
    max_callback_gas_limits: Option<Vec<u32>>,
    subscription_deposit_minimum_requests: Option<u16>,
    subscription_deposit_juels: Option<u64>,
}

/// `[coordinator]`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CoordinatorPart {
    fulfillment_gas_price_over_estimation_bp: Option<u32>,
    feed_staleness_seconds: Option<u32>,
    gas_overhead_before_callback: Option<u32>,
    gas_overhead_after_callback: Option<u32>,
    shared_overhead_gas: Option<u32>,
    minimum_estimate_gas_price_wei: Option<u64>,
    fallback_usd_per_unit_link: Option<u64>,
    fallback_usd_per_unit_link_decimals: Option<u8>,
    fallback_native_per_unit_link: Option<u64>,
    request_timeout_seconds: Option<u32>,
    don_fee_cents_usd: Option<u16>,
    operation_fee_cents_usd: Option<u16>,
}

impl RouterPart {
    pub(crate) fn resolve(self) -> Result<RouterConfig> {
        let mut config = defaults::router_defaults();
        let set = |to: &mut u16, from: Option<u16>| *to = from.unwrap_or(*to);
        set(&mut config.maxConsumersPerSubscription, self.max_consumers_per_subscription);
        set(&mut config.gasForCallExactCheck, self.gas_for_call_exact_check);
        set(&mut config.subscriptionDepositMinimumRequests, self.subscription_deposit_minimum_requests);
        if let Some(limits) = self.max_callback_gas_limits {
            config.maxCallbackGasLimits = limits;
        }
        if let Some(juels) = self.subscription_deposit_juels {
            config.subscriptionDepositJuels = U72::from(juels);
        }
        if config.maxCallbackGasLimits.is_empty() || config.maxCallbackGasLimits.contains(&0) {
            return Err(failure!(
                help = "write one limit of gas or more, for example [300000, 500000, 1000000]; the first is that of new subscriptions",
                "[router] max_callback_gas_limits is empty or holds 0: no request could be sent"
            ));
        }
        let tiers = &config.maxCallbackGasLimits;
        if !tiers.is_sorted() || tiers.iter().any(|gas| *gas > MOST_CALLBACK_GAS) {
            return Err(failure!(
                help = format!(
                    "write rising limits of at most {MOST_CALLBACK_GAS} gas: a higher tier is one that may do more"
                ),
                "[router] max_callback_gas_limits is {tiers:?}: it falls, or holds more gas than a transaction may have"
            ));
        }
        if config.maxConsumersPerSubscription == 0 {
            return Err(failure!(
                help = "100 is a good value",
                "[router] max_consumers_per_subscription is 0: no subscription could have a consumer"
            ));
        }
        Ok(config)
    }
}

/// Most gas of a callback: what a transaction may have on an Arbitrum chain.
const MOST_CALLBACK_GAS: u32 = 32_000_000;
/// Least seconds a request may have: its block, the run of its script and the report take some.
const LEAST_TIMEOUT_SECONDS: u32 = 30;
/// Most seconds a request may have: a week. What an unanswered request has reserved is blocked for as long.
const MOST_TIMEOUT_SECONDS: u32 = 7 * 24 * 3_600;
/// Most that may be reserved on top of the gas price, in hundredths of a percent: ten times the price.
const MOST_OVER_ESTIMATION_BP: u32 = 100_000;
/// Most gas of a fulfillment outside the callback, before or after it; the measured defaults are a hundredth of it.
const MOST_OVERHEAD_GAS: u32 = 10_000_000;
/// Most decimals of the price of LINK that a file may hold.
const MOST_DECIMALS: u8 = 18;

impl CoordinatorPart {
    /// The configuration, and the gas of the overhead that the entries of one report share.
    pub(crate) fn resolve(self, signatures: usize) -> Result<(BillingConfig, u32)> {
        let mut config = defaults::billing_defaults(signatures);
        let set = |to: &mut u32, from: Option<u32>| *to = from.unwrap_or(*to);
        set(&mut config.fulfillmentGasPriceOverEstimationBP, self.fulfillment_gas_price_over_estimation_bp);
        set(&mut config.feedStalenessSeconds, self.feed_staleness_seconds);
        set(&mut config.gasOverheadBeforeCallback, self.gas_overhead_before_callback);
        set(&mut config.gasOverheadAfterCallback, self.gas_overhead_after_callback);
        set(&mut config.requestTimeoutSeconds, self.request_timeout_seconds);
        let set = |to: &mut u16, from: Option<u16>| *to = from.unwrap_or(*to);
        set(&mut config.donFeeCentsUsd, self.don_fee_cents_usd);
        set(&mut config.operationFeeCentsUsd, self.operation_fee_cents_usd);
        if let Some(wei) = self.minimum_estimate_gas_price_wei {
            config.minimumEstimateGasPriceWei = U40::try_from(wei).map_err(|_| {
                failure!(
                    help = "write a price below 2^40 wei, which is about 1,100 gwei",
                    "[coordinator] minimum_estimate_gas_price_wei is {wei}, more than the contract can hold"
                )
            })?;
        }
        if let Some(wei) = self.fallback_native_per_unit_link {
            config.fallbackNativePerUnitLink = U224::from(wei);
        }
        if let Some(price) = self.fallback_usd_per_unit_link {
            config.fallbackUsdPerUnitLink = price;
        }
        if let Some(decimals) = self.fallback_usd_per_unit_link_decimals {
            config.fallbackUsdPerUnitLinkDecimals = decimals;
        }
        let timeout = config.requestTimeoutSeconds;
        if timeout > MOST_TIMEOUT_SECONDS {
            return Err(failure!(
                help = format!("write {MOST_TIMEOUT_SECONDS} or less, which is a week; 300 is a good value"),
                "[coordinator] request_timeout_seconds is {timeout}: LINK of requests that nobody answers would be blocked for so long"
            ));
        }
        let over_estimation = config.fulfillmentGasPriceOverEstimationBP;
        if over_estimation > MOST_OVER_ESTIMATION_BP {
            return Err(failure!(
                help = format!(
                    "write {MOST_OVER_ESTIMATION_BP} or less, which is ten times the gas price; 5000, which is half of it, is a good value"
                ),
                "[coordinator] fulfillment_gas_price_over_estimation_bp is {over_estimation}: no subscription could pay for a request"
            ));
        }
        for (name, gas) in [
            ("gas_overhead_before_callback", config.gasOverheadBeforeCallback),
            ("gas_overhead_after_callback", config.gasOverheadAfterCallback),
        ] {
            if gas > MOST_OVERHEAD_GAS {
                return Err(failure!(
                    help = format!(
                        "write {MOST_OVERHEAD_GAS} or less, or leave it out: the default is measured"
                    ),
                    "[coordinator] {name} is {gas}: no subscription could pay for a request"
                ));
            }
        }
        let measured = defaults::shared_overhead_gas(signatures, &config);
        let shared = self.shared_overhead_gas.unwrap_or(measured);
        let overhead = config.gasOverheadBeforeCallback + config.gasOverheadAfterCallback;
        if shared > overhead {
            return Err(failure!(
                help = "write less, 0 to share nothing, or leave it out: the default is measured",
                "[coordinator] shared_overhead_gas is {shared}, more than the {overhead} of both overheads, of which it is a part"
            ));
        }
        if timeout < LEAST_TIMEOUT_SECONDS {
            return Err(failure!(
                help = format!("write {LEAST_TIMEOUT_SECONDS} or more; 300 is a good value"),
                "[coordinator] request_timeout_seconds is {timeout}: requests would end before nodes could answer them"
            ));
        }
        let no_price = config.fallbackNativePerUnitLink.is_zero() || config.fallbackUsdPerUnitLink == 0;
        if no_price || config.fallbackUsdPerUnitLinkDecimals > MOST_DECIMALS {
            return Err(failure!(
                help =
                    format!("write prices above 0, with at most {MOST_DECIMALS} decimals, or leave them out"),
                "[coordinator] has fallback prices of LINK by which nothing can be billed while a feed is stale"
            ));
        }
        Ok((config, shared))
    }
}

/// What may be meant, but is not what networks have; with reports of so many signatures.
pub(crate) fn warnings(
    router: &RouterConfig,
    (billing, shared): (&BillingConfig, u32),
    signatures: usize,
) -> Vec<String> {
    let measured = &defaults::billing_defaults(signatures);
    let mut warnings = Vec::new();
    let mut warn = |is_odd: bool, part: &str, key: &str, words: &str| {
        if is_odd {
            warnings.push(format!("[{part}] {key} {words}"));
        }
    };
    let gwei = 1_000_000_000_u64;
    let cents = u128::from(billing.fallbackUsdPerUnitLink) * 100
        / 10_u128.pow(billing.fallbackUsdPerUnitLinkDecimals.into());
    let most = router.maxCallbackGasLimits.iter().max().copied().unwrap_or_default();
    let part = "router";
    warn(
        most > 10_000_000,
        part,
        "max_callback_gas_limits",
        "lets one callback take a third of a block or more",
    );
    let first = router.maxCallbackGasLimits.first().copied().unwrap_or_default();
    let words = "begins below 20,000: new subscriptions could call nothing that keeps its answer";
    warn(first < 20_000, part, "max_callback_gas_limits", words);
    let words = "has more than 16 tiers";
    warn(router.maxCallbackGasLimits.len() > 16, part, "max_callback_gas_limits", words);
    let words = "is 0 or above 50,000: that much gas is set aside before each callback; 5000 is a good value";
    let check = router.gasForCallExactCheck;
    warn(check == 0 || check > 50_000, part, "gas_for_call_exact_check", words);
    let part = "coordinator";
    let words = match billing.feedStalenessSeconds {
        0 => "is 0: a price counts however old it is",
        _ => "is less than a minute: the fallback prices would count nearly always",
    };
    warn(billing.feedStalenessSeconds < 60, part, "feed_staleness_seconds", words);
    let words = "is more than an hour: as long LINK of requests that nobody answers is blocked";
    warn(billing.requestTimeoutSeconds > 3_600, part, "request_timeout_seconds", words);
    let words = "reserves more than three times the gas price for each request";
    let over = billing.fulfillmentGasPriceOverEstimationBP;
    warn(over > 20_000, part, "fulfillment_gas_price_over_estimation_bp", words);
    let words = "is more than 100 gwei: requests are billed at least that";
    warn(
        billing.minimumEstimateGasPriceWei > U40::from(100 * gwei),
        part,
        "minimum_estimate_gas_price_wei",
        words,
    );
    let words = "is less than half of what is measured: nodes would pay for gas that nobody pays them";
    let before = (billing.gasOverheadBeforeCallback, measured.gasOverheadBeforeCallback);
    warn(before.0 < before.1 / 2, part, "gas_overhead_before_callback", words);
    let after = (billing.gasOverheadAfterCallback, measured.gasOverheadAfterCallback);
    warn(after.0 < after.1 / 2, part, "gas_overhead_after_callback", words);
    let words = "is more than a report costs once, as far as both overheads pay for it: nodes would pay for gas that nobody pays them";
    let most = defaults::shared_overhead_gas(signatures, billing);
    warn(shared > most, part, "shared_overhead_gas", words);
    let words = "make LINK cheaper than a cent or dearer than 10,000 dollars while the feed is stale";
    warn(!(1..=1_000_000).contains(&cents), part, "fallback_usd_per_unit_link and its decimals", words);
    let words = "is more than 10 dollars a request";
    warn(billing.donFeeCentsUsd > 1_000, part, "don_fee_cents_usd", words);
    warn(billing.operationFeeCentsUsd > 1_000, part, "operation_fee_cents_usd", words);
    warnings
}

/// The same of a development feed: LINK dearer than a million dollars, by its 8 decimals.
pub(crate) fn warning_of_price(usd_per_link: &Source<I256>) -> Option<String> {
    let most = I256::unchecked_from(1_000_000 * 100_000_000_i64);
    matches!(usd_per_link, Source::Deploy(answer) if *answer > most)
        .then(|| "[feeds] dev_usd_per_link is more than 1,000,000 dollars: it has 8 decimals".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_would_stop_a_network_are_refused() {
        let router = |line: &str| {
            functions_toml_file::parse::<RouterPart>(line, "router").unwrap().resolve().map(drop)
        };
        let coordinator = |line: &str| {
            functions_toml_file::parse::<CoordinatorPart>(line, "coordinator").unwrap().resolve(3).map(drop)
        };
        for line in [
            "max_callback_gas_limits = []",
            "max_callback_gas_limits = [300000, 0]",
            "max_callback_gas_limits = [500000, 300000]",
            "max_callback_gas_limits = [300000, 32000001]",
            "max_consumers_per_subscription = 0",
        ] {
            assert!(router(line).is_err(), "{line}");
        }
        for line in [
            "request_timeout_seconds = 0",
            "request_timeout_seconds = 29",
            "request_timeout_seconds = 604801",
            "request_timeout_seconds = 4294967295",
            "fulfillment_gas_price_over_estimation_bp = 100001",
            "fulfillment_gas_price_over_estimation_bp = 4294967295",
            "gas_overhead_before_callback = 10000001",
            "gas_overhead_after_callback = 4294967295",
            "shared_overhead_gas = 198943",
            "gas_overhead_after_callback = 0\nshared_overhead_gas = 105001",
            "fallback_native_per_unit_link = 0",
            "fallback_usd_per_unit_link = 0",
            "fallback_usd_per_unit_link_decimals = 19",
            "minimum_estimate_gas_price_wei = 1099511627776",
        ] {
            assert!(coordinator(line).is_err(), "{line}");
        }
        for line in [
            "",
            "request_timeout_seconds = 45",
            "feed_staleness_seconds = 0",
            "minimum_estimate_gas_price_wei = 1099511627775",
            "shared_overhead_gas = 198942",
            "shared_overhead_gas = 0\ngas_overhead_before_callback = 0\ngas_overhead_after_callback = 0",
        ] {
            assert!(coordinator(line).is_ok(), "{line}");
        }
        for line in ["", "max_callback_gas_limits = [300000, 300000, 32000000]"] {
            assert!(router(line).is_ok(), "{line}");
        }
    }

    #[test]
    fn settings_that_no_network_has_are_warned_of() {
        let warned = |router: &str, coordinator: &str| {
            let router = functions_toml_file::parse::<RouterPart>(router, "router").unwrap();
            let coordinator =
                functions_toml_file::parse::<CoordinatorPart>(coordinator, "coordinator").unwrap();
            let (router, (billing, shared)) = (router.resolve().unwrap(), coordinator.resolve(3).unwrap());
            warnings(&router, (&billing, shared), 3)
        };
        assert_eq!(warned("", ""), [""; 0]);
        let tiers = |count| format!("max_callback_gas_limits = {:?}", vec![300_000; count]);
        assert_eq!(warned(&format!("{}\ngas_for_call_exact_check = 50000", tiers(16)), ""), [""; 0]);
        for line in [
            "max_callback_gas_limits = [10000001]",
            "max_callback_gas_limits = [19999, 300000]",
            &tiers(17),
            "gas_for_call_exact_check = 0",
            "gas_for_call_exact_check = 50001",
        ] {
            let said = warned(line, "");
            assert!(said.len() == 1 && said[0].contains(line.split(' ').next().unwrap()), "{line}: {said:?}");
        }
        for (cents, is_odd) in [(100_000_000, false), (100_000_001, true)] {
            let feed = Source::Deploy(I256::unchecked_from(cents * 1_000_000_i64));
            assert_eq!(warning_of_price(&feed).is_some(), is_odd, "{cents}");
        }
        for line in [
            "feed_staleness_seconds = 0",
            "feed_staleness_seconds = 59",
            "request_timeout_seconds = 3601",
            "fulfillment_gas_price_over_estimation_bp = 20001",
            "minimum_estimate_gas_price_wei = 100000000001",
            "gas_overhead_before_callback = 0",
            "gas_overhead_after_callback = 0",
            "shared_overhead_gas = 114001",
            "fallback_usd_per_unit_link_decimals = 18",
            "fallback_usd_per_unit_link_decimals = 0",
            "don_fee_cents_usd = 1001",
            "operation_fee_cents_usd = 1001",
        ] {
            let said = warned("", line);
            let key = line.split(' ').next().unwrap().trim_end_matches("_decimals");
            assert!(said.len() == 1 && said[0].contains(key), "{line}: {said:?}");
        }
    }
}
