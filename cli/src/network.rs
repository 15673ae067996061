//! Which chain and contracts a verb works with, and whose key pays.

use std::path::PathBuf;

use alloy::primitives::{Address, B256};
use alloy::sol_types::SolCall;
use functions_client::abi::{Coordinator, Feed, Link, Router};
use functions_client::amount::exact;
use functions_client::{Account, Chain, ClientError, History, Patience, Subscriptions, shown_text};
use functions_client::{is_refused, warning_of_payee};
use functions_deploy::Entries;
use functions_failure::{OrHelp as _, Result, failure, misuse};
use functions_input::address::somebody;
use functions_input::nobody;
use functions_offchain_config::OffchainConfig;
use functions_types::limits::Limits;
use functions_types::{DonId, Juels};
use serde_json::Value;

use crate::clock;
use crate::key;
use crate::output;
use crate::remedy;

/// Most blocks that are searched for what only helps, where nobody said from which block on.
const MAX_SEARCHED: u64 = 100_000;
/// From which likeness on, between 0 and 1, a name is taken for a mistyped other.
const NEAR: f64 = 0.5;

/// Where the contracts are.
#[derive(clap::Args, Debug)]
struct Network {
    /// HTTP JSON-RPC endpoint of the chain
    #[arg(long, value_name = "URL", env = "FUNCTIONS_RPC_URL", default_value = "http://127.0.0.1:8547")]
    rpc_url: String,
    /// Addresses file that `functions deploy` keeps; gives Router, LINK, DON id and first block
    #[arg(long, value_name = "FILE", env = "FUNCTIONS_ADDRESSES")]
    addresses: Option<PathBuf>,
    /// The Router, when there is no addresses file
    #[arg(long, value_name = "ADDRESS", env = "FUNCTIONS_ROUTER", value_parser = somebody)]
    router: Option<Address>,
    /// The LINK token, when there is no addresses file
    #[arg(long, value_name = "ADDRESS", env = "FUNCTIONS_LINK", value_parser = somebody)]
    link: Option<Address>,
    /// First block whose logs are read
    #[arg(long, value_name = "BLOCK")]
    from_block: Option<u64>,
}

/// What every verb takes that reads the chain: where, and for whom it prints.
#[derive(clap::Args, Debug)]
pub(crate) struct Reading {
    #[command(flatten)]
    network: Network,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// What every verb takes that sends a transaction: whose key pays, too.
#[derive(clap::Args, Debug)]
pub(crate) struct Sending {
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    signer: Signer,
}

impl Reading {
    /// See [`Network::connect`].
    ///
    /// # Errors
    /// As there.
    pub(crate) async fn connect(&self) -> Result<Connected> {
        self.network.connect().await
    }

    /// Prints a result in the form asked for.
    pub(crate) fn say(&self, value: &Value, text: impl FnOnce() -> String) {
        if self.json { output::json(value) } else { output::result(&text()) }
    }
}

impl Sending {
    /// Reads the key, and connects.
    ///
    /// # Errors
    /// As [`key::account`] and [`Network::connect`].
    pub(crate) async fn connect(&self) -> Result<(Connected, Account)> {
        let account = key::account(&self.signer.key_file)?;
        Ok((self.reading.connect().await?, account))
    }

    /// Prints a result in the form asked for.
    pub(crate) fn say(&self, value: &Value, text: impl FnOnce() -> String) {
        self.reading.say(value, text);
    }
}

/// Whose key pays.
#[derive(clap::Args, Debug)]
struct Signer {
    /// File with the private key of whoever sends the transaction: 64 hexadecimal digits
    #[arg(long, value_name = "FILE", env = "FUNCTIONS_KEY_FILE")]
    key_file: PathBuf,
}

/// What to do about an addresses file that is none.
const ANOTHER: &str = "name the file that `functions deploy` wrote; a damaged one is made anew from the addresses it printed, or leave it \
                       out and give --router, --link and --don-id";

/// A chain that answers, and a Router on it.
pub(crate) struct Connected {
    /// The chain.
    pub(crate) chain: Chain,
    /// The Router.
    pub(crate) router: Address,
    /// The DON of the addresses file.
    pub(crate) don_name: Option<String>,
    link: Option<Address>,
    /// First block whose logs are read.
    pub(crate) from_block: u64,
}

impl Network {
    /// Connects and looks whether the Router is there.
    ///
    /// # Errors
    /// When no Router is named, the endpoint does not answer, belongs to another chain than the addresses file, or has
    /// no contract at the Router's address.
    async fn connect(&self) -> Result<Connected> {
        let entries = self.addresses.as_deref().map(|file| Entries::read(file, ANOTHER)).transpose()?;
        let router = self.router.or_else(|| entries.as_ref().and_then(|entries| entries.router));
        let router = router.ok_or_else(|| {
            misuse!(
                help = "give --addresses FILE (`functions deploy` keeps it) or --router ADDRESS, or set FUNCTIONS_ADDRESSES or \
                        FUNCTIONS_ROUTER",
                "which Router? none is named"
            )
        })?;
        let chain = connect(&self.rpc_url).await.map_err(remedy::report)?;
        if let Some(entries) = entries.as_ref().filter(|entries| entries.chain_id != chain.id()) {
            return Err(failure!(
                help = "take the addresses file of this chain, or another --rpc-url",
                "the addresses are of chain {}, but {} is chain {}",
                entries.chain_id,
                shown_text(&self.rpc_url),
                chain.id()
            ));
        }
        let recorded = entries.as_ref().and_then(|entries| entries.start_block);
        let from_block = self.from_block.or(recorded).unwrap_or(0);
        if from_block > 0 {
            let newest = chain.block_number().await.map_err(remedy::report)?;
            self.check_first(from_block, newest)?;
        }
        if chain.code(router).await.map_err(remedy::report)?.is_empty() {
            return Err(failure!(
                help = "check the Router's address, and that --rpc-url leads to its chain",
                "there is no contract at {router} on chain {}",
                chain.id()
            ));
        }
        let view = chain.call(router, &Router::getAllowListIdCall {}).await;
        view.map_err(|error| remedy::of_view(error, router, "a Router", "--router or --addresses"))?;
        Ok(Connected {
            chain,
            router,
            link: self.link.or_else(|| entries.as_ref().and_then(|entries| entries.link)),
            from_block,
            don_name: entries.and_then(|entries| entries.don_id),
        })
    }
}

impl Network {
    /// Whether the first block is there already: before it nothing would be found, and nothing be said about it.
    fn check_first(&self, first: u64, newest: u64) -> Result<()> {
        if first <= newest {
            return Ok(());
        }
        let (what, help) = match self.from_block {
            Some(_) => ("--from-block", "name an earlier block, or leave --from-block out"),
            None => (
                "startBlock of the addresses file",
                "the file is of another chain of this id, or of one that was made anew: take this one's",
            ),
        };
        Err(failure!(help = help, "{what} {first} is not there yet: the newest block is {newest}"))
    }
}

/// Connects to an endpoint; standard error hears of it when one is slow.
///
/// # Errors
/// As [`Chain::connect`].
pub(crate) async fn connect(url: &str) -> Result<Chain, ClientError> {
    Chain::connect_with(url, Patience { say: output::say, ..Patience::default() }).await
}

impl Connected {
    /// The Router's subscriptions.
    pub(crate) const fn subscriptions(&self) -> Subscriptions<'_> {
        Subscriptions { chain: &self.chain, router: self.router }
    }

    /// The Router's logs.
    pub(crate) const fn history(&self) -> History<'_> {
        History { chain: &self.chain, router: self.router, from_block: self.from_block }
    }

    /// Unix seconds at which the next block is made: a chain that makes blocks on demand only has an old newest block.
    ///
    /// # Errors
    /// When the endpoint fails.
    pub(crate) async fn now(&self) -> Result<u64, ClientError> {
        Ok(self.chain.now().await?.max(clock::now().as_secs()))
    }

    /// The LINK token.
    ///
    /// # Errors
    /// When nobody said where it is; the Router has no view that does.
    pub(crate) fn link(&self) -> Result<Address> {
        self.link.ok_or_else(|| {
            misuse!(help = "give --link ADDRESS or --addresses FILE", "which LINK token? none is named")
        })
    }

    /// Whom LINK may go to: anybody but those it could never come back from.
    ///
    /// # Errors
    /// When `to` is nobody's, the Router, a Coordinator, a token or a price feed, or the endpoint fails.
    pub(crate) async fn can_keep_link(&self, to: Address) -> Result<()> {
        match self.passive(to).await? {
            None => Ok(()),
            Some(what) => Err(failure!(
                help = "give your own address",
                "{to} is {what}, which could never give LINK back: nothing was sent"
            )),
        }
    }

    /// What is to be said of an address that is to use a subscription: when no request can come from it, at least not
    /// yet.
    ///
    /// # Errors
    /// When the endpoint fails.
    pub(crate) async fn warning_of_consumer(&self, consumer: Address) -> Result<Option<String>> {
        if nobody::is(consumer).is_none()
            && self.chain.code(consumer).await.map_err(remedy::report)?.is_empty()
        {
            return Ok(Some(format!("there is no contract at {consumer} yet")));
        }
        let what = self.passive(consumer).await?;
        Ok(what.map(|what| format!("{consumer} is {what}, which sends no requests; name your own contract")))
    }

    /// What is to be said of an address that is to get LINK: of a contract, that it must be able to pass it on. An
    /// account that has delegated to code is none.
    ///
    /// # Errors
    /// When the endpoint fails.
    pub(crate) async fn warning_of_payee(&self, to: Address) -> Result<Option<String>> {
        let code = self.chain.code(to).await.map_err(remedy::report)?;
        Ok(warning_of_payee(to, &code))
    }

    /// What an address is when nothing ever comes from it, neither a request nor LINK: it is nobody's, or a contract
    /// that answers only.
    ///
    /// # Errors
    /// When the endpoint fails: then it may be any of these.
    pub(crate) async fn passive(&self, address: Address) -> Result<Option<String>> {
        if let Some(what) = nobody::is(address) {
            return Ok(Some(what.to_owned()));
        }
        let version = self.view(address, &Router::typeAndVersionCall {}).await?.unwrap_or_default();
        match version.split_once(" v") {
            Some((name, _)) if name.starts_with("Functions ") => {
                return Ok(Some(format!("a contract of the DON ({name})")));
            }
            _ if address == self.router => return Ok(Some("the Router".to_owned())),
            _ if self.link == Some(address) => return Ok(Some("the LINK token".to_owned())),
            _ => {}
        }
        let held = self.view(address, &Link::balanceOfCall { account: self.router }).await?;
        if held.is_some_and(|held| !held.is_zero()) {
            return Ok(Some("a token, most likely LINK".to_owned()));
        }
        let round = self.view(address, &Feed::latestRoundDataCall {}).await?;
        Ok(round.map(|_| "a price feed".to_owned()))
    }

    /// What a contract that may be any answers; none where it has no such view.
    async fn view<C: SolCall>(&self, of: Address, call: &C) -> Result<Option<C::Return>> {
        match self.chain.call(of, call).await {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_of_endpoint() => Err(remedy::report(error)),
            Err(_) => Ok(None),
        }
    }

    /// The Coordinator that serves a DON.
    ///
    /// # Errors
    /// When none does, with the name of a DON that was perhaps meant.
    pub(crate) async fn coordinator(&self, don: DonId) -> Result<Address> {
        let call = Router::getContractByIdCall { id: don.0 };
        let error = match self.chain.call(self.router, &call).await {
            Ok(address) => return Ok(address),
            Err(error) if is_refused(&error, "RouteNotFound") => error,
            Err(error) => return Err(remedy::report(error)),
        };
        // Help only: an endpoint that gives no logs leaves it to the addresses file.
        let routes = self.chain.events::<Router::ContractUpdated>(self.router, self.from_block, None).await;
        let routes = routes.unwrap_or_default();
        let known =
            routes.iter().map(|(event, _)| DonId(event.id)).filter_map(|id| id.name().map(str::to_owned));
        let known: Vec<String> = known.chain(self.don_name.clone()).collect();
        match don.name().and_then(|given| similar(given, &known)) {
            Some(meant) => Err(failure!(help = format!("did you mean {meant}?"), "{error}")),
            None => Err(remedy::report(error)),
        }
    }

    /// The limits of a Coordinator's DON, as its configuration in force has them. Help only: none where no event since
    /// the first block shows that configuration, where it is another program's, and where that block is unknown on a
    /// long chain.
    pub(crate) async fn limits(&self, coordinator: Address) -> Option<Limits> {
        let event = self.configuration(coordinator).await?;
        let config = OffchainConfig::decode(event.offchainConfigVersion, &event.offchainConfig).ok()?;
        Some(config.limits)
    }

    /// The configuration in force of a Coordinator's DON, as [`Self::limits`] finds it.
    pub(crate) async fn configuration(&self, coordinator: Address) -> Option<Coordinator::ConfigSet> {
        if self.from_block == 0 && self.chain.block_number().await.ok()? > MAX_SEARCHED {
            return None;
        }
        let latest = self.chain.call(coordinator, &Coordinator::latestConfigDetailsCall {}).await.ok()?;
        let events =
            self.chain.events::<Coordinator::ConfigSet>(coordinator, self.from_block, None).await.ok()?;
        let (event, _) = events.into_iter().find(|(event, _)| event.configDigest == latest.configDigest)?;
        Some(event)
    }

    /// The LINK token, once it is seen that `payer` holds this much.
    ///
    /// # Errors
    /// As [`Self::link`], when there is something else at its address, or the payer holds less.
    pub(crate) async fn link_of(&self, payer: &Account, amount: Juels) -> Result<Address> {
        let token = self.link()?;
        let call = Link::balanceOfCall { account: payer.address() };
        let held = self.chain.call(token, &call).await;
        let held =
            held.map_err(|error| remedy::of_view(error, token, "a LINK token", "--link or --addresses"))?;
        if held < amount.get() {
            return Err(failure!(
                help = format!("transfer LINK of the token {token} to it first, or name less"),
                "the key's address {} holds {}, not {}",
                payer.address(),
                exact(held.saturating_to()),
                exact(amount.get())
            ));
        }
        Ok(token)
    }

    /// The DON given, otherwise that of the addresses file.
    ///
    /// # Errors
    /// When there is neither, or the file's text is no DON id.
    pub(crate) fn don(&self, given: Option<DonId>) -> Result<DonId> {
        if let Some(given) = given {
            return Ok(given);
        }
        let text = self.don_name.as_deref().ok_or_else(|| {
            misuse!(help = "give --don-id NAME or --addresses FILE", "which DON? none is named")
        })?;
        don_id(text).or_help("correct donId in the addresses file, or give --don-id NAME")
    }
}

/// The known name that was most likely meant, if one is near.
fn similar<'a>(given: &str, known: &'a [String]) -> Option<&'a str> {
    let near = |name: &String| strsim::normalized_damerau_levenshtein(given, name);
    let best = known.iter().max_by(|a, b| near(a).total_cmp(&near(b)))?;
    (near(best) >= NEAR).then_some(best)
}

/// A DON by its name or by its 32 bytes.
///
/// # Errors
/// What is wrong with the text, and how to write it.
pub(crate) fn don_id(text: &str) -> Result<DonId, String> {
    DonId::parse(text).map_err(|error| {
        format!(
            "{error}; write a name of 1 to 31 characters, such as fun-local-1, or 0x and the 64 digits of 32 bytes"
        )
    })
}

/// A request's id of 64 hexadecimal digits.
///
/// # Errors
/// What is wrong with the text.
pub(crate) fn request_id(text: &str) -> Result<B256, String> {
    let digits = text.strip_prefix("0x").unwrap_or_default();
    if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!(
            "a request's id is 0x and 64 digits, hexadecimal; this is {} signs long",
            text.chars().count()
        ));
    }
    digits.parse().map_err(|_| "that is no request's id".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_don_is_told_from_another() {
        let known = ["fun-local-1", "fun-arbitrum-sepolia-1"].map(str::to_owned);
        for near in ["fun-local-2", "fun-locl-1", "local-1", "FUN-local-1"] {
            assert_eq!(similar(near, &known), Some("fun-local-1"), "{near}");
        }
        assert_eq!(similar("prices", &known), None);
        assert_eq!(similar("fun-local-1", &[]), None);
    }

    #[test]
    fn a_first_block_past_the_newest_is_told() {
        let mut network =
            Network { rpc_url: String::new(), addresses: None, router: None, link: None, from_block: None };
        assert!(network.check_first(7, 7).is_ok());
        let error = network.check_first(8, 7).unwrap_err();
        assert!(error.to_string().contains("addresses file 8 is not there yet"), "{error}");
        network.from_block = Some(8);
        assert!(network.check_first(8, 7).unwrap_err().help().contains("--from-block"));
    }

    #[test]
    fn the_deployer_of_contracts_is_nobody() {
        assert_eq!(nobody::is(functions_client::stylus::STYLUS_DEPLOYER), Some("the StylusDeployer"));
    }

    #[test]
    fn a_request_id_has_64_digits() {
        let right = format!("0x{}", "1a".repeat(32));
        assert_eq!(request_id(&right).map(|id| id.to_string()), Ok(right.clone()));
        for wrong in
            ["0x12", "", "0x", &right[..65], &right.replace("1a", "1g"), &format!("{right}00"), &right[2..]]
        {
            assert!(request_id(wrong).unwrap_err().contains("0x and 64 digits"), "{wrong}");
        }
    }
}
