//! The configuration file: TOML in, a checked [`Config`] out.
//!
//! Unknown keys are refused, every error names the key and what to write instead. What the DON agrees on (members,
//! timing, limits) is not here: it comes from the coordinator's `ConfigSet` event, so that no two nodes of one DON can
//! differ in it.

mod finality;
mod gateway;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use alloy::primitives::{Address, B256};
pub use functions_toml_file::FileError as ConfigError;
use functions_types::DonId;
use oracle_runner::RunnerSection;
use serde::Deserialize;
use tracing_subscriber::EnvFilter;
use url::Url;

pub use self::{finality::Finality, gateway::GatewaySection};

/// Largest configuration file read, in bytes.
const MAX_FILE_BYTES: u64 = 256 * 1024;

/// Everything a node is told by its operator.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Folder of the journal and of files given by relative path.
    pub data_dir: PathBuf,
    /// Where the private keys lie.
    pub keys: KeysSection,
    /// Which chain, router and DON are served.
    pub chain: ChainSection,
    /// Where durable state lies.
    #[serde(default)]
    pub database: DatabaseSection,
    /// Where peers reach this node.
    pub net: NetSection,
    /// How scripts are run.
    #[serde(default)]
    pub runner: RunnerSection,
    /// Where operators reach this node.
    #[serde(default)]
    pub admin: AdminSection,
    /// Where owners of subscriptions reach it.
    #[serde(default)]
    pub gateway: GatewaySection,
    /// What is logged.
    #[serde(default)]
    pub log: LogSection,
}

/// `[keys]`: the encrypted keystore and the file that holds its password.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysSection {
    /// The keystore, created by `functions-node keygen`.
    pub keystore: PathBuf,
    /// A file whose trimmed content is the password.
    pub password_file: PathBuf,
}

/// `[chain]`: the chain and the contracts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainSection {
    /// JSON-RPC endpoints over HTTP, in order of preference.
    pub rpc_urls: Vec<Url>,
    /// Endpoints over WebSocket that say when there are new logs, at most 16: the chain is looked at at once. What they
    /// say is not read.
    #[serde(default)]
    pub ws_urls: Vec<Url>,
    /// Endpoints that must say the same before it counts: 1 to as many as there are, by host and port.
    #[serde(default = "one_endpoint")]
    pub agree: usize,
    /// The chain id every endpoint must report.
    pub chain_id: u64,
    /// The Router contract.
    #[serde(deserialize_with = "functions_input::address::deserialize")]
    pub router: Address,
    /// The DON served, as [`DonId::parse`] reads it.
    #[serde(deserialize_with = "don_id")]
    pub don_id: DonId,
    /// Confirmations before a request is executed; 1 is the newest block.
    #[serde(default = "one")]
    pub exec_confirmations: u64,
    /// Confirmations before a report is transmitted; 1 is the newest block.
    #[serde(default = "one")]
    pub request_confirmations: u64,
    /// Which blocks are taken as final: those up to the chain's tag `"finalized"` (when absent) or `"safe"`, or those
    /// so many below the newest (1 to 100 000).
    #[serde(default)]
    pub finality: Finality,
    /// Pause between two looks at the chain, in milliseconds (20 to 60 000).
    #[serde(default = "default_poll_interval_ms")]
    pub poll_interval_ms: u64,
    /// First block searched for the configuration and for requests; the contracts' deployment block is right.
    #[serde(default)]
    pub start_block: u64,
    /// Most blocks asked for in one `eth_getLogs` (1 to 100 000).
    #[serde(default = "default_max_log_range")]
    pub max_log_range: u64,
    /// The block whose hash tells this chain from others with its id; 0 is the genesis.
    #[serde(default)]
    pub identity_block: u64,
    /// That block's hash; when absent, the first endpoint with the Router on its chain decides, and the journal
    /// remembers.
    pub identity_hash: Option<B256>,
    /// Whether block hashes are compared with the headers they come with; false only for chains that hash otherwise.
    #[serde(default = "yes")]
    pub check_block_hashes: bool,
    /// Seconds without a new block after which the node is not ready (0: never). When absent, the pace that the chain
    /// keeps without transactions decides; a chain that makes blocks on demand has none.
    pub max_head_age_seconds: Option<u64>,
    /// Most that is offered per gas, in gwei (1 to 1 000 000). When absent, only what the request pays for and what the
    /// transmitter's account holds limit it.
    pub max_gas_price_gwei: Option<u64>,
    /// How many reports the transmitter's ether must pay for (0: not judged).
    #[serde(default = "default_ether_reserve_reports")]
    pub ether_reserve_reports: u64,
}

impl ChainSection {
    /// Endpoints by host and port: two paths of one server are one opinion.
    fn distinct_endpoints(&self) -> usize {
        let places = self.rpc_urls.iter().map(|url| (url.host_str(), url.port_or_known_default()));
        places.collect::<std::collections::BTreeSet<_>>().len()
    }

    /// Most wei offered per gas.
    #[must_use]
    pub fn max_gas_price_wei(&self) -> u128 {
        self.max_gas_price_gwei.map_or(u128::MAX, |gwei| u128::from(gwei) * 1_000_000_000)
    }
}

/// `[database]`: the journal.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseSection {
    /// `sqlite:///path` or `postgres://…`; empty means `journal.sqlite` in `data_dir`.
    pub url: String,
    /// Days a finished request stays in the journal (1 to 3 650).
    pub retention_days: u64,
}

impl Default for DatabaseSection {
    fn default() -> Self {
        Self { url: String::new(), retention_days: 30 }
    }
}

/// `[net]`: the peer network.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetSection {
    /// Multiaddress to listen on, for example `/ip4/127.0.0.1/tcp/9001`.
    pub listen: String,
}

/// `[admin]`: health, metrics and status.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdminSection {
    /// Address to listen on; loopback unless the operator says otherwise.
    #[serde(default = "default_admin_listen")]
    pub listen: SocketAddr,
    /// Host names clients may ask by, besides addresses and `localhost`.
    #[serde(default)]
    pub allow_hosts: Vec<String>,
}

impl Default for AdminSection {
    fn default() -> Self {
        Self { listen: default_admin_listen(), allow_hosts: Vec::new() }
    }
}

/// `[log]`: the log on stderr.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSection {
    /// A level or a filter, for example `info` or `info,functions_node=debug`.
    #[serde(default = "default_log_level")]
    pub level: String,
    /// Text for people or JSON for machines.
    #[serde(default)]
    pub format: LogFormat,
}

impl LogSection {
    /// The filter that `level` describes.
    ///
    /// # Errors
    /// In words, when it is none; a lone word that is no level would be taken for the name of a module and silence all
    /// else.
    pub fn filter(&self) -> Result<EnvFilter, String> {
        const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
        let lone = self.level.split(',').map(str::trim).find(|part| {
            let is_level = LEVELS.iter().any(|level| part.eq_ignore_ascii_case(level));
            !is_level && !part.contains(['=', '['])
        });
        if let Some(lone) = lone {
            let meant =
                functions_toml_file::nearest(lone, LEVELS).map(|level| format!("; did you mean {level}?"));
            return Err(format!(
                "{lone:?} in log.level {:?} is no level{}",
                self.level,
                meant.unwrap_or_default()
            ));
        }
        EnvFilter::try_new(&self.level)
            .map_err(|err| format!("log.level {:?} is no level or filter: {err}", self.level))
    }
}

impl Default for LogSection {
    fn default() -> Self {
        Self { level: default_log_level(), format: LogFormat::Text }
    }
}

/// Shape of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One readable line.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

fn don_id<'de, D: serde::Deserializer<'de>>(input: D) -> Result<DonId, D::Error> {
    DonId::parse(&String::deserialize(input)?).map_err(serde::de::Error::custom)
}

const fn one() -> u64 {
    1
}
const fn one_endpoint() -> usize {
    1
}
const fn yes() -> bool {
    true
}
const fn default_ether_reserve_reports() -> u64 {
    5
}
const fn default_poll_interval_ms() -> u64 {
    500
}
const fn default_max_log_range() -> u64 {
    2_000
}
fn default_admin_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 9100))
}
fn default_log_level() -> String {
    "info".to_owned()
}

/// Whether a file that may be wrong elsewhere asks for a log of JSON lines, so that the complaint can be one.
#[must_use]
pub fn wants_json_log(path: &Path) -> bool {
    let text = functions_toml_file::read(path, MAX_FILE_BYTES).unwrap_or_default();
    let by_parser = text.parse::<toml::Table>().ok().map(|file| {
        let format = file.get("log").and_then(|log| log.get("format"));
        format.and_then(toml::Value::as_str) == Some("json")
    });
    // A file that is no TOML is looked through line by line.
    by_parser.unwrap_or_else(|| {
        text.lines().any(|line| line.split_whitespace().collect::<String>().starts_with("format=\"json\""))
    })
}

impl Config {
    /// Reads and checks the file; relative paths are taken from the file's folder.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key at fault and the remedy.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = functions_toml_file::read(path, MAX_FILE_BYTES)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        Self::parse(&text, &path.display().to_string(), folder)
    }

    /// Checks `text` as the content of `file`; relative paths are taken from `folder`.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key at fault and the remedy.
    pub fn parse(text: &str, file: &str, folder: &Path) -> Result<Self, ConfigError> {
        let mut config: Self = functions_toml_file::parse(text, file)?;
        config.check().map_err(|(key, problem, remedy)| ConfigError {
            file: file.to_owned(),
            key: key.to_owned(),
            problem,
            remedy: remedy.to_owned(),
        })?;
        config.resolve(folder);
        Ok(config)
    }

    fn check(&self) -> Result<(), (&'static str, String, &'static str)> {
        let chain = &self.chain;
        if chain.rpc_urls.is_empty() || chain.rpc_urls.len() > 16 {
            return Err((
                "chain.rpc_urls",
                "needs 1 to 16 endpoints".into(),
                "list at least one http:// or https:// URL",
            ));
        }
        if let Some(url) = chain.rpc_urls.iter().find(|url| !matches!(url.scheme(), "http" | "https")) {
            return Err((
                "chain.rpc_urls",
                format!("scheme {} is not supported", url.scheme()),
                "use http:// or https://",
            ));
        }
        if chain.ws_urls.len() > 16 {
            return Err(("chain.ws_urls", "names more than 16 endpoints".into(), "one or two are enough"));
        }
        if let Some(url) = chain.ws_urls.iter().find(|url| !matches!(url.scheme(), "ws" | "wss")) {
            return Err((
                "chain.ws_urls",
                format!("scheme {} is not supported", url.scheme()),
                "use ws:// or wss://; http:// and https:// belong into chain.rpc_urls",
            ));
        }
        let distinct = chain.distinct_endpoints();
        if !(1..=distinct).contains(&chain.agree) {
            return Err((
                "chain.agree",
                format!("{} endpoints can never agree: chain.rpc_urls names {distinct}", chain.agree),
                "name more of different providers in chain.rpc_urls, or let fewer agree, at least 1",
            ));
        }
        if chain.router.is_zero() {
            return Err((
                "chain.router",
                "is the zero address".into(),
                "write the deployed Router's address",
            ));
        }
        in_range(
            "chain.chain_id",
            chain.chain_id,
            1,
            u64::MAX / 2,
            "write the chain's id, for example 412346",
        )?;
        in_range("chain.exec_confirmations", chain.exec_confirmations, 1, 1_000, "1 means the newest block")?;
        in_range(
            "chain.request_confirmations",
            chain.request_confirmations,
            1,
            10_000,
            "1 means the newest block",
        )?;
        if let Finality::Depth(depth) = chain.finality {
            in_range(
                "chain.finality",
                depth,
                1,
                100_000,
                "write how deep blocks of this chain can leave it",
            )?;
        }
        in_range("chain.poll_interval_ms", chain.poll_interval_ms, 20, 60_000, "500 is a good value")?;
        in_range("chain.max_log_range", chain.max_log_range, 1, 100_000, "2000 is a good value")?;
        in_range(
            "chain.max_head_age_seconds",
            chain.max_head_age_seconds.unwrap_or(0),
            0,
            86_400,
            "0 means never; 60 fits a chain that always makes blocks",
        )?;
        in_range(
            "chain.max_gas_price_gwei",
            chain.max_gas_price_gwei.unwrap_or(1),
            1,
            1_000_000,
            "leave it out to be limited only by what the requests pay for",
        )?;
        in_range(
            "chain.ether_reserve_reports",
            chain.ether_reserve_reports,
            0,
            10_000,
            "5 is a good value, 0 turns the check off",
        )?;
        // The program's place is not known yet and not judged here.
        self.runner.config(PathBuf::new()).map_err(|error| (error.key, error.problem, error.remedy))?;
        if !self.net.listen.starts_with('/') {
            return Err((
                "net.listen",
                format!("{:?} is not a multiaddress", self.net.listen),
                "write for example \"/ip4/127.0.0.1/tcp/9001\"",
            ));
        }
        in_range("database.retention_days", self.database.retention_days, 1, 3_650, "30 is a good value")?;
        let url = &self.database.url;
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if !url.is_empty() && !known.iter().any(|scheme| url.starts_with(scheme)) {
            return Err((
                "database.url",
                "has an unknown scheme".into(),
                "write sqlite:///absolute/path.sqlite or postgres://user@host/database",
            ));
        }
        Ok(())
    }

    fn resolve(&mut self, folder: &Path) {
        let absolute = |path: &Path| {
            let joined = folder.join(path);
            std::path::absolute(&joined).unwrap_or(joined)
        };
        self.data_dir = absolute(&self.data_dir);
        self.keys.keystore = absolute(&self.keys.keystore);
        self.keys.password_file = absolute(&self.keys.password_file);
        self.runner.sandbox = self.runner.sandbox.as_deref().map(absolute);
        if self.database.url.is_empty() {
            self.database.url = sqlite_url(&self.data_dir.join("journal.sqlite"));
        } else if let Some(file) = relative_file(&self.database.url) {
            self.database.url = format!("{}/{file}", sqlite_url(&absolute(Path::new("."))));
        }
    }
}

/// The file of a URL of SQLite that names it by a path which does not begin at the root, as written there.
fn relative_file(url: &str) -> Option<&str> {
    let file = url.strip_prefix("sqlite:")?;
    let file = file.strip_prefix("//").unwrap_or(file);
    (!file.is_empty() && !file.starts_with(['/', '?', ':'])).then_some(file)
}

/// The URL of a file of SQLite, with the characters escaped that mean something in a URL.
#[must_use]
pub fn sqlite_url(path: &Path) -> String {
    let escaped = path.display().to_string().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("sqlite://{escaped}")
}

fn in_range(
    key: &'static str,
    value: u64,
    low: u64,
    high: u64,
    remedy: &'static str,
) -> Result<(), (&'static str, String, &'static str)> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err((key, format!("{value} is outside {low} to {high}"), remedy))
    }
}

#[cfg(test)]
mod tests;
