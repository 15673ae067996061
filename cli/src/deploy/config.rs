//! `deploy.toml`: what to deploy. Unknown keys are refused; every path is relative to the file.

use std::path::{Path, PathBuf};

use alloy::primitives::aliases::{U40, U72, U224};
use alloy::primitives::{Address, I256, U256};
use functions_client::abi::{AllowListConfig, BillingConfig, RouterConfig};
use functions_client::{OracleConfig, config as defaults, stylus};
use functions_offchain_config::{Member, Method, OffchainConfig, Timing};
use functions_types::DonId;
use functions_types::limits::{Mode, Profile, RunOptions};
use miette::{IntoDiagnostic, Result, WrapErr, miette};
use serde::Deserialize;

use super::members;

/// Largest configuration or oracle file read, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;
/// Wei in one LINK of a development feed.
const DEV_WEI_PER_LINK: i64 = 6_000_000_000_000_000;
/// US dollars, 8 decimals, for one LINK of a development feed.
const DEV_USD_PER_LINK: i64 = 1_500_000_000;

/// A deployment, complete and checked.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Route and DON name.
    pub(crate) don_id: DonId,
    /// Contract that creates, activates and constructs at once.
    pub(crate) stylus_deployer: Address,
    /// The token.
    pub(crate) link: Source<U256>,
    /// Wei per LINK.
    pub(crate) link_to_native_feed: Source<I256>,
    /// Dollars per LINK, 8 decimals.
    pub(crate) link_to_usd_feed: Source<I256>,
    /// The Router's configuration.
    pub(crate) router: RouterConfig,
    /// The Coordinator's configuration.
    pub(crate) billing: BillingConfig,
    /// The allow list the Router asks; none lets everybody in.
    pub(crate) allow_list: Option<AllowListConfig>,
    /// Whether the example consumer is deployed too.
    pub(crate) consumer: bool,
    /// The oracles; none leaves the Coordinator without a configuration.
    pub(crate) don: Option<Don>,
}

/// A contract that exists, or one to deploy with a first value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source<T> {
    /// Use this one.
    Existing(Address),
    /// Deploy a development contract.
    Deploy(T),
}

/// The oracle set.
#[derive(Clone, Debug)]
pub(crate) struct Don {
    /// The members, in order.
    pub(crate) oracles: Vec<Oracle>,
    /// Faulty members tolerated.
    pub(crate) f: u8,
    /// The agreement's timing.
    pub(crate) timing: Timing,
    /// How observations become one outcome.
    pub(crate) method: Method,
    /// Limits, error texts, clock and features of scripts.
    pub(crate) options: RunOptions,
}

/// One member, as `functions-node keygen` prints it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Oracle {
    /// Address that signs reports.
    pub(crate) signer: Address,
    /// Address that sends them.
    pub(crate) transmitter: Address,
    /// Network identity.
    pub(crate) peer_id: String,
    /// Ed25519 key of its protocol messages: 0x and 64 digits.
    pub(crate) offchain_public_key: String,
    /// Multiaddress the other members reach it at.
    pub(crate) listen: String,
}

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
    address: Option<Address>,
    dev_supply_link: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Feeds {
    link_to_native: Option<Address>,
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
    let size = std::fs::metadata(path).into_diagnostic().wrap_err_with(place)?.len();
    if size > MAX_BYTES {
        return Err(miette!("{} is {size} bytes, more than any such file has", path.display()));
    }
    std::fs::read_to_string(path).into_diagnostic().wrap_err_with(place)
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
                miette!(help = error.remedy, "{}: {}: {}", error.file, error.key, error.problem)
            })?;
        let at = |p: &Path| folder.join(p);
        let don = file.don.map(|part| part.resolve(folder)).transpose().wrap_err_with(place)?;
        let plan = Plan {
            don_id: DonId::from_name(&file.don_id).into_diagnostic().wrap_err_with(place)?,
            stylus_deployer: file.stylus_deployer.unwrap_or(stylus::STYLUS_DEPLOYER),
            link: match (file.link.address, file.link.dev_supply_link) {
                (Some(address), None) => Source::Existing(address),
                (None, Some(link)) => {
                    Source::Deploy(U256::from(link) * U256::from(functions_types::Juels::PER_LINK))
                }
                _ => {
                    return Err(miette!("[link] needs either `address` or `dev_supply_link`"))
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
            router: file.router.resolve(),
            billing: file.coordinator.resolve(don.as_ref().map_or(3, Don::quorum)),
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
        _ => Err(miette!("[feeds] needs either `{name}` (an address) or `{dev_name}` (a positive number)")),
    }
}

impl RouterPart {
    fn resolve(self) -> RouterConfig {
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
        config
    }
}

impl CoordinatorPart {
    fn resolve(self, signatures: usize) -> BillingConfig {
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
            config.minimumEstimateGasPriceWei = U40::from(wei & ((1 << 40) - 1));
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
        config
    }
}

impl AllowListPart {
    fn resolve(self) -> Result<AllowListConfig> {
        if self.signer == Address::ZERO {
            return Err(miette!(
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
                serde_json::from_str(&text).into_diagnostic().wrap_err_with(place)?
            } else {
                serde_json::Deserializer::from_str(&text)
                    .into_iter()
                    .collect::<Result<_, _>>()
                    .into_diagnostic()
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
                miette!(
                    "{name:?} is no aggregation method; take mode, median, median-uint256 or median-int256"
                )
            })?;
        }
        if let Some(name) = &self.profile {
            don.options.profile = Profile::from_name(name)
                .ok_or_else(|| miette!("{name:?} is no profile of limits; take default or classic"))?;
        }
        if let Some(name) = &self.mode {
            don.options.mode = Mode::from_name(name)
                .ok_or_else(|| miette!("{name:?} is no mode of the script runtime; take strict or compat"))?;
        }
        don.options.wasm = self.wasm.unwrap_or_default();
        don.oracle_config()?; // refuses keys and times out of range before anything is sent
        Ok(don)
    }
}

impl Don {
    /// An oracle set; without `f` the most that `oracles` can tolerate.
    ///
    /// # Errors
    /// When there are fewer than four or more than 31 members, or too few for `f`.
    pub(crate) fn new(oracles: Vec<Oracle>, f: Option<u8>) -> Result<Self> {
        let n = oracles.len();
        if !(4..=31).contains(&n) {
            return Err(miette!("an oracle set has 4 to 31 members, not {n}"));
        }
        let most = u8::try_from((n - 1) / 3).expect("31 members or fewer");
        let f = f.unwrap_or(most);
        if f == 0 || f > most {
            return Err(miette!("with {n} oracles f is between 1 and {most}, not {f}"));
        }
        let (timing, method, options) = (Timing::default(), Method::default(), RunOptions::default());
        Ok(Self { oracles, f, timing, method, options })
    }

    /// Signatures a report needs.
    pub(crate) fn quorum(&self) -> usize {
        quorum(self.oracles.len(), self.f.into())
    }

    /// The arguments of `setConfig`.
    ///
    /// # Errors
    /// When a member's keys or a waiting time are out of range.
    pub(crate) fn oracle_config(&self) -> Result<OracleConfig> {
        members::check(&self.oracles)?;
        let members = self.oracles.iter().map(Oracle::member).collect::<Result<Vec<_>>>()?;
        let offchain = OffchainConfig {
            members,
            timing: self.timing,
            limits: self.options.profile.limits(),
            options: self.options,
            method: self.method,
        };
        Ok(OracleConfig {
            signers: self.oracles.iter().map(|oracle| oracle.signer).collect(),
            transmitters: self.oracles.iter().map(|oracle| oracle.transmitter).collect(),
            f: self.f,
            offchain_version: functions_offchain_config::VERSION,
            offchain: offchain.encode().into_diagnostic()?.into(),
        })
    }
}

/// Signatures a report of `n` oracles needs, `f` of which may be faulty.
pub(crate) const fn quorum(n: usize, f: usize) -> usize {
    (n + f) / 2 + 1
}

impl Oracle {
    /// The off-chain key's bytes; `None` when the text holds no 32 bytes of hex.
    pub(super) fn key(&self) -> Option<[u8; 32]> {
        let digits = self.offchain_public_key.strip_prefix("0x").unwrap_or(&self.offchain_public_key);
        let mut key = [0; 32];
        hex::decode_to_slice(digits, &mut key).ok().map(|()| key)
    }

    fn member(&self) -> Result<Member> {
        let offchain_public_key = self
            .key()
            .ok_or_else(|| miette!("offchainPublicKey of {} is not 32 bytes of hex", self.peer_id))?;
        Ok(Member {
            peer_id: self.peer_id.clone(),
            addresses: vec![self.listen.clone()],
            offchain_public_key,
        })
    }
}

impl Plan {
    /// The plan of a local network: a token and feeds of its own, default configurations, the example consumer; no oracles yet.
    pub(crate) fn local(don_id: DonId, signatures: usize) -> Self {
        let feed = |answer| Source::Deploy(I256::try_from(answer).expect("an i64 fits 256 bits"));
        Self {
            don_id,
            stylus_deployer: stylus::STYLUS_DEPLOYER,
            link: Source::Deploy(U256::from(1_000_000_000) * U256::from(functions_types::Juels::PER_LINK)),
            link_to_native_feed: feed(DEV_WEI_PER_LINK),
            link_to_usd_feed: feed(DEV_USD_PER_LINK),
            router: defaults::router_defaults(),
            billing: defaults::billing_defaults(signatures),
            allow_list: None,
            consumer: true,
            don: None,
        }
    }
}
