//! Which chain and contracts a verb works with, and whose key pays.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use alloy::primitives::Address;
use functions_client::{Account, Chain, ClientError, History, Subscriptions};
use functions_deploy::Entries;
use functions_types::DonId;
use miette::{IntoDiagnostic, Result, WrapErr, miette};
use serde_json::Value;

use crate::clock;
use crate::output;

/// Largest key file read, in bytes.
const MAX_KEY_BYTES: u64 = 1024;

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
    #[arg(long, value_name = "ADDRESS", env = "FUNCTIONS_ROUTER", value_parser = address)]
    router: Option<Address>,
    /// The LINK token, when there is no addresses file
    #[arg(long, value_name = "ADDRESS", env = "FUNCTIONS_LINK", value_parser = address)]
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
        output::result(&if self.json { value.to_string() } else { text() });
    }
}

impl Sending {
    /// Connects, and reads the key.
    ///
    /// # Errors
    /// As [`Network::connect`] and [`Signer::account`].
    pub(crate) async fn connect(&self) -> Result<(Connected, Account)> {
        Ok((self.reading.connect().await?, self.signer.account()?))
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
    /// When no Router is named, the endpoint does not answer, belongs to another chain than the addresses file, or has no
    /// contract at the Router's address.
    async fn connect(&self) -> Result<Connected> {
        let entries = self.addresses.as_deref().map(Entries::read).transpose()?;
        let router = self.router.or_else(|| entries.as_ref().and_then(|entries| entries.router));
        let router = router.ok_or_else(|| {
            miette!(
                help = "give --addresses FILE (`functions deploy` keeps it) or --router ADDRESS, or set FUNCTIONS_ADDRESSES or \
                        FUNCTIONS_ROUTER",
                "which Router? none is named"
            )
        })?;
        let chain = Chain::connect(&self.rpc_url)
            .await
            .map_err(|error| miette!(help = "name the chain's endpoint with --rpc-url", "{error}"))?;
        if let Some(entries) = entries.as_ref().filter(|entries| entries.chain_id != chain.id()) {
            return Err(miette!(
                help = "take the addresses file of this chain, or another --rpc-url",
                "the addresses are of chain {}, but {} is chain {}",
                entries.chain_id,
                self.rpc_url,
                chain.id()
            ));
        }
        if chain.code(router).await.into_diagnostic()?.is_empty() {
            return Err(miette!(
                help = "check the Router's address, and that --rpc-url leads to its chain",
                "there is no contract at {router} on chain {}",
                chain.id()
            ));
        }
        let first = entries.as_ref().and_then(|entries| entries.start_block);
        Ok(Connected {
            chain,
            router,
            link: self.link.or_else(|| entries.as_ref().and_then(|entries| entries.link)),
            from_block: self.from_block.or(first).unwrap_or(0),
            don_name: entries.and_then(|entries| entries.don_id),
        })
    }
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
            miette!(help = "give --link ADDRESS or --addresses FILE", "which LINK token? none is named")
        })
    }

    /// The DON given by name or by its 32 bytes, otherwise that of the addresses file.
    ///
    /// # Errors
    /// When there is neither, or the text is no DON id.
    pub(crate) fn don(&self, given: Option<&str>) -> Result<DonId> {
        let text = given.or(self.don_name.as_deref()).ok_or_else(|| {
            miette!(help = "give --don-id NAME or --addresses FILE", "which DON? none is named")
        })?;
        let bytes = text.strip_prefix("0x").and_then(|digits| hex::decode(digits).ok());
        if let Some(bytes) = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()) {
            return Ok(DonId(bytes.into()));
        }
        DonId::from_name(text).map_err(|error| miette!("{text:?} is no DON id: {error}"))
    }
}

impl Signer {
    /// Reads the key. A file that others may read is used, with a warning.
    ///
    /// # Errors
    /// When the file cannot be read or holds no key.
    fn account(&self) -> Result<Account> {
        let place = || format!("cannot read the key file {}", self.key_file.display());
        let about = std::fs::metadata(&self.key_file).into_diagnostic().wrap_err_with(place)?;
        if about.len() > MAX_KEY_BYTES {
            return Err(miette!("{} is {} bytes: that is no key", self.key_file.display(), about.len()));
        }
        if about.permissions().mode() & 0o077 != 0 {
            output::say(&format!(
                "warning: others may read {}; run: chmod 600 {}",
                self.key_file.display(),
                self.key_file.display()
            ));
        }
        let text = std::fs::read_to_string(&self.key_file).into_diagnostic().wrap_err_with(place)?;
        Account::from_hex(&text).into_diagnostic().wrap_err_with(|| format!("in {}", self.key_file.display()))
    }
}

/// An address of 40 hexadecimal digits; in mixed case its checksum must be right.
///
/// # Errors
/// What is wrong with the text.
pub(crate) fn address(text: &str) -> Result<Address, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.len() != 40 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!("an address is 0x and 40 hexadecimal digits; this has {}", digits.len()));
    }
    let mixed =
        digits.bytes().any(|b| b.is_ascii_uppercase()) && digits.bytes().any(|b| b.is_ascii_lowercase());
    if mixed {
        return Address::parse_checksummed(format!("0x{digits}"), None)
            .map_err(|_| "the checksum in its capitals is wrong: a digit is mistyped".into());
    }
    digits.parse().map_err(|_| "that is no address".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_refuses_typing_errors() {
        let right = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
        assert_eq!(address(right).map(|a| a.to_string()).as_deref(), Ok(right));
        assert!(address(&right.to_lowercase()).is_ok());
        assert!(address(&right.replace("5Fb", "5Fc")).unwrap_err().contains("checksum"));
        assert!(address("0x5FbDB2315678afecb367f032d93F642f64180aa").unwrap_err().contains("39"));
        assert!(address("router").is_err());
    }
}
