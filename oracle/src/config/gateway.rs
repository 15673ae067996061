//! `[gateway]`: how owners of subscriptions reach this node, and whose messages it takes from any gateway.

use std::{net::SocketAddr, time::Duration};

use alloy::primitives::Address;
use functions_types::Juels;
use oracle_gateway::{Allowed, Cors, Rate, Rules};
use serde::Deserialize;

/// See the module's documentation. Every member holds every message to its own rules, whichever gateway it came by.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewaySection {
    /// Address to listen on; without one this node is no gateway.
    pub listen: Option<SocketAddr>,
    /// Origins whose web pages may read answers, or `*`; none unless the operator says so.
    #[serde(default)]
    pub origins: Vec<String>,
    /// Owners whose messages are taken; everybody's when there are none.
    #[serde(default)]
    pub owners: Vec<Address>,
    /// Juels that a subscription of an owner who stores something holds at least.
    #[serde(default)]
    pub min_balance_juels: u64,
    /// Messages of one owner at once.
    #[serde(default = "ten")]
    pub burst: u32,
    /// Seconds until one more.
    #[serde(default = "one")]
    pub seconds_each: u64,
}

const fn ten() -> u32 {
    10
}

const fn one() -> u64 {
    1
}

impl GatewaySection {
    /// Whose messages are taken, and how many.
    #[must_use]
    pub fn rules(&self) -> Rules {
        let allowed = match self.owners.as_slice() {
            [] => Allowed::Everyone,
            owners => Allowed::Only(owners.iter().copied().collect()),
        };
        let sender = Rate { burst: self.burst.max(1), each: Duration::from_secs(self.seconds_each) };
        Rules {
            allowed,
            sender,
            min_balance: Juels::from_uint96(u128::from(self.min_balance_juels)),
            ..Rules::default()
        }
    }

    /// Which web pages may read answers.
    #[must_use]
    pub fn cors(&self) -> Cors {
        match self.origins.as_slice() {
            [] => Cors::Nobody,
            origins if origins.iter().any(|origin| origin == "*") => Cors::Everybody,
            origins => Cors::Origins(origins.to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> GatewaySection {
        toml::from_str(text).expect("a section")
    }

    #[test]
    fn nothing_said_is_no_gateway_that_lets_everybody_store() {
        let section = read("");
        assert!(section.listen.is_none() && section.cors() == Cors::Nobody);
        let rules = section.rules();
        assert_eq!((rules.allowed, rules.min_balance), (Allowed::Everyone, Juels::ZERO));
        assert_eq!(rules.sender, Rate { burst: 10, each: Duration::from_secs(1) });
    }

    #[test]
    fn what_is_said_holds() {
        let owner = Address::repeat_byte(7);
        let section = read(&format!(
            "listen = \"127.0.0.1:0\"\norigins = [\"https://a.example\"]\nowners = [\"{owner}\"]\nmin_balance_juels = 5\nburst = 2\nseconds_each = 60"
        ));
        assert_eq!(section.cors(), Cors::Origins(vec!["https://a.example".to_owned()]));
        assert_eq!(read("origins = [\"https://a.example\", \"*\"]").cors(), Cors::Everybody);
        let rules = section.rules();
        assert_eq!(rules.allowed, Allowed::Only([owner].into()));
        assert_eq!((rules.min_balance.get(), rules.sender.burst), (5, 2));
        assert!(toml::from_str::<GatewaySection>("listn = \"127.0.0.1:0\"").is_err());
    }
}
