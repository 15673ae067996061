//! The LINK token and the feeds, which may be others': they are what they are named for, before anything is sent.

use alloy::primitives::{Address, I256};
use functions_client::Chain;
use functions_client::abi::{Feed, Link};
use functions_failure::{Result, WrapErr as _, failure};

use crate::book::Entries;

/// Decimals of the two feeds: the Coordinator computes with these.
pub(crate) const NATIVE_DECIMALS: u8 = 18;
/// See [`NATIVE_DECIMALS`].
pub(crate) const USD_DECIMALS: u8 = 8;

/// Looks at the LINK token and the feeds of the entries.
///
/// # Errors
/// When one is something else.
pub(crate) async fn check(chain: &Chain, entries: &Entries) -> Result<()> {
    if let Some(link) = entries.link {
        match chain.call(link, &Link::balanceOfCall { account: entries.owner }).await {
            Err(error) if error.is_no_answer() => {
                return Err(failure!(
                    help = "name the chain's LINK token with [link] address",
                    "there is no token at {link} on chain {}",
                    chain.id()
                ));
            }
            answer => answer.wrap_err_with(|| format!("ask the LINK token {link}"))?,
        };
    }
    for (name, feed, decimals) in [
        ("link_to_native", entries.link_to_native_feed, NATIVE_DECIMALS),
        ("link_to_usd", entries.link_to_usd_feed, USD_DECIMALS),
    ] {
        if let Some(feed) = feed {
            is_feed(chain, name, feed, decimals).await?;
        }
    }
    Ok(())
}

async fn is_feed(chain: &Chain, name: &str, feed: Address, decimals: u8) -> Result<()> {
    let place = || format!("ask [feeds] {name} {feed}");
    let problem = match chain.call(feed, &Feed::decimalsCall {}).await {
        Err(error) if error.is_no_answer() => format!("is no price feed on chain {}", chain.id()),
        found => match found.wrap_err_with(place)? {
            found if found != decimals => {
                format!("has {found} decimals, not {decimals}: it tells another price")
            }
            _ => match chain.call(feed, &Feed::latestRoundDataCall {}).await {
                Err(error) if error.is_no_answer() => "tells no price".to_owned(),
                round if round.as_ref().is_ok_and(|round| round.answer > I256::ZERO) => return Ok(()),
                round => round.wrap_err_with(place).map(|_| "tells no price above 0".to_owned())?,
            },
        },
    };
    Err(failure!(
        help = "link_to_native is the price of LINK in the chain's currency, with 18 decimals, link_to_usd that in US dollars, with 8",
        "[feeds] {name} {feed} {problem}"
    ))
}
