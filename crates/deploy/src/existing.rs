//! Contracts of others that the plan names: they are what they are named for, before anything is sent.

use alloy::primitives::{Address, I256};
use functions_client::Chain;
use functions_client::abi::{Feed, Link};
use functions_failure::{Result, WrapErr as _, failure};

use crate::book::Entries;
use crate::plan::{Plan, Source};

/// Decimals of the two feeds: the Coordinator computes with these.
pub(crate) const NATIVE_DECIMALS: u8 = 18;
/// See [`NATIVE_DECIMALS`].
pub(crate) const USD_DECIMALS: u8 = 8;

/// Looks at the LINK token and the feeds that the plan names.
///
/// # Errors
/// When one is not there, is something else, or another one than the contracts that stand were built with.
pub(crate) async fn check(chain: &Chain, plan: &Plan, entries: &Entries) -> Result<()> {
    if let Source::Existing(link) = plan.link {
        is_kept("LINK token", link, entries.link.filter(|_| entries.router.is_some()))?;
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
    let stands = entries.coordinator.is_some();
    for (name, source, decimals, known) in [
        ("link_to_native", plan.link_to_native_feed, NATIVE_DECIMALS, entries.link_to_native_feed),
        ("link_to_usd", plan.link_to_usd_feed, USD_DECIMALS, entries.link_to_usd_feed),
    ] {
        if let Source::Existing(feed) = source {
            is_kept(name, feed, known.filter(|_| stands))?;
            is_feed(chain, name, feed, decimals).await?;
        }
    }
    Ok(())
}

/// What a contract was built with cannot be changed.
fn is_kept(what: &str, named: Address, known: Option<Address>) -> Result<()> {
    match known {
        Some(known) if known != named => Err(failure!(
            help = format!("write {known} again, or deploy anew into another `addresses_file`"),
            "the contracts of the addresses file were built with {what} {known}, which cannot be changed to {named}"
        )),
        _ => Ok(()),
    }
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
