//! `deploy.toml`: what to deploy. Unknown keys are refused; every path is relative to the file.

use std::path::{Path, PathBuf};

use alloy::primitives::{Address, I256, U256};
use functions_client::abi::AllowListConfig;
use functions_client::stylus;
use functions_deploy::{AS_PRINTED, Don, Oracle, Plan, Source};
use functions_failure::{OrHelp as _, Result, WrapErr as _, failure};
use functions_input::address;
use functions_input::file::read_at_most;
use functions_offchain_config::Method;
use functions_types::DonId;
use functions_types::limits::{Mode, Profile};
use serde::Deserialize;

use super::settings::{self, CoordinatorPart, RouterPart};

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
    /// What may not be meant.
    pub(crate) warnings: Vec<String>,
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
    allow_unbound_secrets: Option<bool>,
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
        let signatures = don.as_ref().map_or(3, Don::quorum);
        let (billing, shared_overhead_gas) = file.coordinator.resolve(signatures).wrap_err_with(place)?;
        let plan = Plan {
            don_id: don_id(&file.don_id).wrap_err_with(place)?,
            stylus_deployer: file.stylus_deployer.unwrap_or(stylus::STYLUS_DEPLOYER),
            link: file.link.resolve().wrap_err_with(place)?,
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
            billing,
            shared_overhead_gas,
            allow_list: file.allow_list.map(AllowListPart::resolve).transpose().wrap_err_with(place)?,
            consumer: file.consumer,
            don,
        };
        let addresses_file = file.addresses_file.unwrap_or_else(|| "addresses.json".into());
        let mut warnings =
            settings::warnings(&plan.router, (&plan.billing, plan.shared_overhead_gas), signatures);
        warnings.extend(settings::warning_of_price(&plan.link_to_usd_feed));
        let (owner_key_file, addresses_file) = (at(&file.owner_key_file), at(&addresses_file));
        Ok(Self { owner_key_file, addresses_file, plan, warnings })
    }
}

/// Refuses the id of zeros, too: the Router keeps the allow list under it.
fn don_id(text: &str) -> Result<DonId> {
    let help = "correct `don_id`: a name of 1 to 31 bytes, such as fun-local-1, or 0x and 64 digits";
    match DonId::parse(text).or_help(help)? {
        id if id == DonId::default() => {
            Err(failure!(help = help, "`don_id` is zero, which names no DON: the allow list would be there"))
        }
        id => Ok(id),
    }
}

/// Most LINK of a development token, in whole LINK: the Router's books hold 96 bits of juels.
const MOST_LINK: u64 = 79_228_162_514;

impl Link {
    fn resolve(self) -> Result<Source<U256>> {
        match (self.address, self.dev_supply_link) {
            (Some(address), None) => Ok(Source::Existing(address)),
            (None, Some(link @ 1..=MOST_LINK)) => {
                Ok(Source::Deploy(U256::from(link) * U256::from(functions_types::Juels::PER_LINK)))
            }
            (None, Some(link)) => Err(failure!(
                help = format!("write a supply from 1 to {MOST_LINK}; 1000000000 is that of LINK"),
                "[link] dev_supply_link is {link}: no subscription could be funded, or the Router's books would overflow"
            )),
            _ => Err(failure!(
                help =
                    "on a chain that has LINK give its `address`, on a development chain a supply, not both",
                "[link] needs either `address` or `dev_supply_link`"
            )),
        }
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
        don.allow_unbound_secrets = self.allow_unbound_secrets.unwrap_or(false);
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
    fn ids_that_name_no_don_and_supplies_that_fund_nobody_are_refused() {
        for text in ["", &format!("0x{}", "00".repeat(32)), "0x00", &"x".repeat(32)] {
            assert!(don_id(text).is_err(), "{text}");
        }
        assert!(don_id("fun-local-1").is_ok());
        let link = |dev_supply_link| Link { address: None, dev_supply_link: Some(dev_supply_link) }.resolve();
        for (supply, is_good) in [(0, false), (1, true), (MOST_LINK, true), (MOST_LINK + 1, false)] {
            assert_eq!(link(supply).is_ok(), is_good, "{supply}");
        }
    }
}
