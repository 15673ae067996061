//! The contracts of a deployment: what they are called, and where the addresses file has them.

use alloy::primitives::Address;

use crate::book::Entries;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contract {
    /// LINK token.
    Link,
    /// Feed: wei per LINK.
    NativeFeed,
    /// Feed: US dollars per LINK.
    UsdFeed,
    /// Router.
    Router,
    /// Coordinator.
    Coordinator,
    /// Example consumer.
    Consumer,
    /// Terms-of-service allow list.
    AllowList,
}

impl Contract {
    /// All, each after those it is built with.
    pub const ALL: [Self; 7] = [
        Self::Link,
        Self::NativeFeed,
        Self::UsdFeed,
        Self::Router,
        Self::Coordinator,
        Self::Consumer,
        Self::AllowList,
    ];

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NativeFeed => "link_to_native_feed",
            Self::UsdFeed => "link_to_usd_feed",
            other => other.program(),
        }
    }

    /// Its program, one of [`CONTRACTS`](crate::CONTRACTS).
    #[must_use]
    pub const fn program(self) -> &'static str {
        match self {
            Self::Link => "link_token",
            Self::NativeFeed | Self::UsdFeed => "price_feed",
            Self::Router => "router",
            Self::Coordinator => "coordinator",
            Self::Consumer => "consumer_example",
            Self::AllowList => "allow_list",
        }
    }

    /// Where it stands.
    #[must_use]
    pub const fn at(self, entries: &Entries) -> Option<Address> {
        match self {
            Self::Link => entries.link,
            Self::NativeFeed => entries.link_to_native_feed,
            Self::UsdFeed => entries.link_to_usd_feed,
            Self::Router => entries.router,
            Self::Coordinator => entries.coordinator,
            Self::Consumer => entries.consumer,
            Self::AllowList => entries.allow_list,
        }
    }

    /// Where that is written down.
    pub(crate) const fn entry(self, entries: &mut Entries) -> &mut Option<Address> {
        match self {
            Self::Link => &mut entries.link,
            Self::NativeFeed => &mut entries.link_to_native_feed,
            Self::UsdFeed => &mut entries.link_to_usd_feed,
            Self::Router => &mut entries.router,
            Self::Coordinator => &mut entries.coordinator,
            Self::Consumer => &mut entries.consumer,
            Self::AllowList => &mut entries.allow_list,
        }
    }
}
