//! `deploy.toml`: what to deploy. Unknown keys are refused; every path is relative to the file.

use std::path::{Path, PathBuf};

use alloy::primitives::aliases::{U40, U72, U224};
use alloy::primitives::{Address, I256, U256};
use functions_client::abi::{AllowListConfig, BillingConfig, RouterConfig};
use functions_client::{config as defaults, stylus};
use functions_deploy::{AS_PRINTED, Don, Oracle, Plan, Source};
use functions_failure::{OrHelp as _, Result, WrapErr as _, failure};
use functions_input::address;
use functions_input::file::read_at_most;
use functions_offchain_config::Method;
use functions_types::DonId;
use functions_types::limits::{Mode, Profile};
use serde::Deserialize;

/// Largest configuration or oracle file read, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// The file as read, with what it does not say filled in.
pub(crate) struct Config {
    /// Key of the owner.
    pub(crate) owner_key_file: PathBuf,
    /// Where addresses are written.
    pub(crate) addresses_file: PathBuf,
    /// What to deploy.
    pub(crate) plan: Plan,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    owner_key_file: PathBuf,
    addresses_file: Option<PathBuf>,
    don_id: String,
    #[serde(default, deserialize_with = "address::deserialize_optional")]
    stylus_deployer: Option<Address>,
    #[serde(default = "yes")]
    consumer: bool,
    link: Link,
    feeds: Feeds,
    #[serde(default)]
    router: RouterPart,
    #[serde(default)]
    coordinator: CoordinatorPart,
    allow_list: Option<AllowListPart>,
    don: Option<DonPart>,
}

const fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    #[serde(default, deserialize_with = "address::deserialize_optional")]
    address: Option<Address>,
    dev_supply_link: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Feeds {
    #[serde(default, deserialize_with = "address::deserialize_optional")]
    link_to_native: Option<Address>,
    #[serde(default, deserialize_with = "address::deserialize_optional")]
    link_to_usd: Option<Address>,
    dev_wei_per_link: Option<i64>,
    dev_usd_per_link: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RouterPart {
    max_consumers_per_subscription: Option<u16>,
    gas_for_call_exact_check: Option<u16>,
    max_callback_gas_limits: Option<Vec<u32>>,
    subscription_deposit_minimum_requests: Option<u16>,
    subscription_deposit_juels: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct CoordinatorPart {
    fulfillment_gas_price_over_estimation_bp: Option<u32>,
    feed_staleness_seconds: Option<u32>,
    gas_overhead_before_callback: Option<u32>,
    gas_overhead_after_callback: Option<u32>,
    minimum_estimate_gas_price_wei: Option<u64>,
    fallback_usd_per_unit_link: Option<u64>,
    fallback_usd_per_unit_link_decimals: Option<u8>,
    fallback_native_per_unit_link: Option<u64>,
    request_timeout_seconds: Option<u32>,
    don_fee_cents_usd: Option<u16>,
    operation_fee_cents_usd: Option<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowListPart {
    #[serde(deserialize_with = "address::deserialize")]
    signer: Address,
    #[serde(default = "yes")]
    enabled: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DonPart {
    f: Option<u8>,
    oracles_file: Option<PathBuf>,
    #[serde(default)]
    oracles: Vec<Oracle>,
    #[serde(default)]
    timing: TimingPart,
    method: Option<String>,
    profile: Option<String>,
    mode: Option<String>,
    wasm: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct TimingPart {
    t_obs_ms: Option<u64>,
    t_grace_ms: Option<u64>,
    attempt_base_ms: Option<u64>,
    delta_stage_ms: Option<u64>,
}

fn read(path: &Path) -> Result<String> {
    let place = || format!("cannot read {}", path.display());
    let help = "name the file that is meant";
    let Some(bytes) = read_at_most(path, MAX_BYTES).wrap_err_with(place)? else {
        return Err(failure!(
            help = help,
            "{} is more than {MAX_BYTES} bytes, which no such file has",
            path.display()
        ));
    };
    String::from_utf8(bytes).or_help(help).wrap_err_with(place)
}

impl Config {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// Names the key that is wrong or missing.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let place = || format!("in {}", path.display());
        let file: File =
            functions_toml_file::parse(&read(path)?, &path.display().to_string()).map_err(|error| {
                failure!(help = error.remedy, "{}: {}: {}", error.file, error.key, error.problem)
            })?;
        let at = |p: &Path| folder.join(p);
        let don = file.don.map(|part| part.resolve(folder)).transpose().wrap_err_with(place)?;
        let plan = Plan {
            don_id: DonId::parse(&file.don_id)
                .or_help(
                    "correct `don_id`: a name of 1 to 31 bytes, such as fun-local-1, or 0x and 64 digits",
                )
                .wrap_err_with(place)?,
            stylus_deployer: file.stylus_deployer.unwrap_or(stylus::STYLUS_DEPLOYER),
            link: match (file.link.address, file.link.dev_supply_link) {
                (Some(address), None) => Source::Existing(address),
                (None, Some(link)) => {
                    Source::Deploy(U256::from(link) * U256::from(functions_types::Juels::PER_LINK))
                }
                _ => {
                    return Err(failure!(
                        help = "on a chain that has LINK give its `address`, on a development chain a supply, not both",
                        "[link] needs either `address` or `dev_supply_link`"
                    ))
                        .wrap_err_with(place);
                }
            },
            link_to_native_feed: feed(
                "link_to_native",
                file.feeds.link_to_native,
                file.feeds.dev_wei_per_link,
                "dev_wei_per_link",
            )
            .wrap_err_with(place)?,
            link_to_usd_feed: feed(
                "link_to_usd",
                file.feeds.link_to_usd,
                file.feeds.dev_usd_per_link,
                "dev_usd_per_link",
            )
            .wrap_err_with(place)?,
            router: file.router.resolve().wrap_err_with(place)?,
            billing: file.coordinator.resolve(don.as_ref().map_or(3, Don::quorum)).wrap_err_with(place)?,
            allow_list: file.allow_list.map(AllowListPart::resolve).transpose().wrap_err_with(place)?,
            consumer: file.consumer,
            don,
        };
        let addresses_file = file.addresses_file.unwrap_or_else(|| "addresses.json".into());
        Ok(Self { owner_key_file: at(&file.owner_key_file), addresses_file: at(&addresses_file), plan })
    }
}

fn feed(name: &str, address: Option<Address>, dev: Option<i64>, dev_name: &str) -> Result<Source<I256>> {
    match (address, dev) {
        (Some(address), None) => Ok(Source::Existing(address)),
        (None, Some(answer)) if answer > 0 => {
            Ok(Source::Deploy(I256::try_from(answer).expect("an i64 fits 256 bits")))
        }
        _ => Err(failure!(
            help =
                "on a chain that has the feed give its address, on a development chain an answer, not both",
            "[feeds] needs either `{name}` (an address) or `{dev_name}` (a positive number)"
        )),
    }
}

impl RouterPart {
    fn resolve(self) -> Result<RouterConfig> {
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
        if config.maxConsumersPerSubscription == 0 {
            return Err(failure!(
                help = "100 is a good value",
                "[router] max_consumers_per_subscription is 0: no subscription could have a consumer"
            ));
        }
        Ok(config)
    }
}

/// Least seconds a request may have: its block, the run of its script and the report take some.
const LEAST_TIMEOUT_SECONDS: u32 = 30;
/// Most decimals of the price of LINK that a file may hold.
const MOST_DECIMALS: u8 = 18;

impl CoordinatorPart {
    fn resolve(self, signatures: usize) -> Result<BillingConfig> {
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
        if config.requestTimeoutSeconds < LEAST_TIMEOUT_SECONDS {
            return Err(failure!(
                help = format!("write {LEAST_TIMEOUT_SECONDS} or more; 300 is a good value"),
                "[coordinator] request_timeout_seconds is {}: requests would end before nodes could answer them",
                config.requestTimeoutSeconds
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
        Ok(config)
    }
}

impl AllowListPart {
    fn resolve(self) -> Result<AllowListConfig> {
        if self.signer == Address::ZERO {
            return Err(failure!(
                help = "name the address whose key signs acceptances of the terms",
                "[allow_list] signer is zero; such a list accepts every malformed signature"
            ));
        }
        Ok(AllowListConfig { enabled: self.enabled, signerPublicKey: self.signer })
    }
}

impl DonPart {
    fn resolve(mut self, folder: &Path) -> Result<Don> {
        if let Some(file) = &self.oracles_file {
            let text = read(&folder.join(file))?;
            let place = || format!("in {}", folder.join(file).display());
            // One JSON object a line (the outputs of `keygen` put together) or one array.
            let more: Vec<Oracle> = if text.trim_start().starts_with('[') {
                serde_json::from_str(&text).or_help(AS_PRINTED).wrap_err_with(place)?
            } else {
                serde_json::Deserializer::from_str(&text)
                    .into_iter()
                    .collect::<Result<_, _>>()
                    .or_help(AS_PRINTED)
                    .wrap_err_with(place)?
            };
            self.oracles.extend(more);
        }
        let mut don = Don::new(self.oracles, self.f)?;
        let set = |to: &mut u64, from: Option<u64>| *to = from.unwrap_or(*to);
        set(&mut don.timing.t_obs_ms, self.timing.t_obs_ms);
        set(&mut don.timing.t_grace_ms, self.timing.t_grace_ms);
        set(&mut don.timing.attempt_base_ms, self.timing.attempt_base_ms);
        set(&mut don.timing.delta_stage_ms, self.timing.delta_stage_ms);
        if let Some(name) = &self.method {
            don.method = Method::from_name(name).ok_or_else(|| {
                failure!(
                    help = "take mode, median, median-uint256 or median-int256",
                    "{name:?} is no aggregation method"
                )
            })?;
        }
        if let Some(name) = &self.profile {
            don.options.profile = Profile::from_name(name).ok_or_else(|| {
                failure!(help = "take default or classic", "{name:?} is no profile of limits")
            })?;
        }
        if let Some(name) = &self.mode {
            don.options.mode = Mode::from_name(name).ok_or_else(|| {
                failure!(help = "take strict or compat", "{name:?} is no mode of the script runtime")
            })?;
        }
        don.options.wasm = self.wasm.unwrap_or_default();
        don.oracle_config()?; // refuses keys and times out of range before anything is sent
        Ok(don)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_mistyped_addresses_are_refused_in_both_their_places() {
        let folder = tempfile::tempdir().unwrap();
        let right = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
        let wrong = right.replace("5Fb", "5Fc");
        for (signer, transmitter) in [(wrong.as_str(), right), (right, wrong.as_str())] {
            let inline = format!(
                "owner_key_file = \"owner\"\ndon_id = \"d\"\n[link]\naddress = \"{right}\"\n[feeds]\nlink_to_native = \"{right}\"\n\
                 link_to_usd = \"{right}\"\n[[don.oracles]]\nsigner = \"{signer}\"\ntransmitter = \"{transmitter}\"\npeerId = \"\"\n\
                 offchainPublicKey = \"\"\nlisten = \"\"\n"
            );
            let error = functions_toml_file::parse::<File>(&inline, "deploy.toml").map(drop).unwrap_err();
            assert!(error.problem.contains("checksum in its capitals is wrong"), "{error}");
            let printed = format!(
                r#"{{"signer":"{signer}","transmitter":"{transmitter}","peerId":"","offchainPublicKey":"","listen":""}}"#
            );
            for text in [printed.clone(), format!("[{printed}]")] {
                std::fs::write(folder.path().join("oracles.json"), text).unwrap();
                let part =
                    functions_toml_file::parse::<DonPart>("oracles_file = \"oracles.json\"", "don").unwrap();
                let error = part.resolve(folder.path()).map(drop).unwrap_err();
                assert!(error.chain().any(|words| words.contains("checksum")), "{error}");
            }
        }
    }

    #[test]
    fn mistyped_addresses_are_refused() {
        let good = "owner_key_file = \"owner\"\ndon_id = \"d\"\nstylus_deployer = \"AT\"\n[link]\naddress = \"AT\"\n[feeds]\n\
                    link_to_native = \"AT\"\nlink_to_usd = \"AT\"\n[allow_list]\nsigner = \"AT\"\n";
        let right = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
        let parsed = |text: &str| functions_toml_file::parse::<File>(text, "deploy.toml").map(drop);
        for written in [right, &right.to_lowercase()] {
            parsed(&good.replace("AT", written)).unwrap();
        }
        let lines: Vec<&str> = good.lines().collect();
        for line in lines.iter().filter(|line| line.contains("AT")) {
            let bad = good
                .replacen(line, &line.replace("AT", &right.replace("5Fb", "5Fc")), 1)
                .replace("AT", right);
            let error = parsed(&bad).unwrap_err();
            assert!(error.problem.contains("checksum in its capitals is wrong"), "{line}: {error}");
        }
    }

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
            "max_consumers_per_subscription = 0",
        ] {
            assert!(router(line).is_err(), "{line}");
        }
        for line in [
            "request_timeout_seconds = 0",
            "request_timeout_seconds = 29",
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
        ] {
            assert!(coordinator(line).is_ok(), "{line}");
        }
        assert!(router("").is_ok());
    }
}
