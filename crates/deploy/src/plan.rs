//! What shall stand on the chain.

use alloy::primitives::{Address, I256, U256};
use functions_client::abi::{AllowListConfig, BillingConfig, RouterConfig};
use functions_client::{config as defaults, stylus};
use functions_types::{DonId, Juels};

use crate::book::Entries;
use crate::contract::Contract;
use crate::oracles::Don;

/// Wei in one LINK of a development feed.
const DEV_WEI_PER_LINK: i64 = 6_000_000_000_000_000;
/// US dollars, 8 decimals, for one LINK of a development feed.
const DEV_USD_PER_LINK: i64 = 1_500_000_000;

/// A deployment, complete and checked.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Route and DON name.
    pub don_id: DonId,
    /// Contract that creates, activates and constructs at once.
    pub stylus_deployer: Address,
    /// The token.
    pub link: Source<U256>,
    /// Wei per LINK.
    pub link_to_native_feed: Source<I256>,
    /// Dollars per LINK, 8 decimals.
    pub link_to_usd_feed: Source<I256>,
    /// The Router's configuration.
    pub router: RouterConfig,
    /// The Coordinator's configuration.
    pub billing: BillingConfig,
    /// Gas of the overhead that the entries of one report share.
    pub shared_overhead_gas: u32,
    /// The allow list the Router asks; none lets everybody in.
    pub allow_list: Option<AllowListConfig>,
    /// Whether the example consumer is deployed too.
    pub consumer: bool,
    /// The oracles; none leaves the Coordinator without a configuration.
    pub don: Option<Don>,
}

/// A contract that exists, or one to deploy with a first value.
#[derive(Clone, Copy, Debug)]
pub enum Source<T> {
    /// Use this one.
    Existing(Address),
    /// Deploy a development contract.
    Deploy(T),
}

impl<T> Source<T> {
    /// The address of a contract that exists.
    const fn named(&self) -> Option<Address> {
        match self {
            Self::Existing(address) => Some(*address),
            Self::Deploy(_) => None,
        }
    }
}

impl Plan {
    /// Whether the contract is deployed, when it does not stand.
    #[must_use]
    pub const fn wants(&self, contract: Contract) -> bool {
        match contract {
            Contract::Link => matches!(self.link, Source::Deploy(_)),
            Contract::NativeFeed => matches!(self.link_to_native_feed, Source::Deploy(_)),
            Contract::UsdFeed => matches!(self.link_to_usd_feed, Source::Deploy(_)),
            Contract::Router | Contract::Coordinator => true,
            Contract::Consumer => self.consumer,
            Contract::AllowList => self.allow_list.is_some(),
        }
    }

    /// The entries with the contracts of others that the plan names.
    pub(crate) fn named_in(&self, entries: &Entries) -> Entries {
        Entries {
            link: self.link.named().or(entries.link),
            link_to_native_feed: self.link_to_native_feed.named().or(entries.link_to_native_feed),
            link_to_usd_feed: self.link_to_usd_feed.named().or(entries.link_to_usd_feed),
            ..entries.clone()
        }
    }

    /// The plan of a local network: a token and feeds of its own, default configurations, the example consumer; no
    /// oracles yet.
    pub fn local(don_id: DonId, signatures: usize) -> Self {
        let billing = defaults::billing_defaults(signatures);
        let feed = |answer| Source::Deploy(I256::try_from(answer).expect("an i64 fits 256 bits"));
        Self {
            don_id,
            stylus_deployer: stylus::STYLUS_DEPLOYER,
            link: Source::Deploy(U256::from(1_000_000_000) * U256::from(Juels::PER_LINK)),
            link_to_native_feed: feed(DEV_WEI_PER_LINK),
            link_to_usd_feed: feed(DEV_USD_PER_LINK),
            router: defaults::router_defaults(),
            shared_overhead_gas: defaults::shared_overhead_gas(signatures, &billing),
            billing,
            allow_list: None,
            consumer: true,
            don: None,
        }
    }
}
