//! What a transaction offers per gas, in wei. Pure arithmetic.

use std::time::Duration;

use alloy::primitives::U256;
use tokio::time::Instant;

use crate::chain::Header;

/// The offer of a transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// Most that is paid per gas, the tip included.
    pub max_fee_wei: u128,
    /// What the block's maker gets of it, at most.
    pub tip_wei: u128,
}

/// What the chain asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Market {
    /// Of the newest block.
    pub base_fee_wei: u128,
    /// Beside it.
    pub tip_wei: u128,
}

impl Market {
    /// What a transaction in the next block pays per gas.
    #[must_use]
    pub const fn effective_wei(self) -> u128 {
        self.base_fee_wei.saturating_add(self.tip_wei)
    }
}

/// What a transaction in the next block costs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fees {
    pub(super) market: Market,
    /// Wei per unit of calldata that the parent chain costs; zero where there is none.
    pub(super) l1_price_wei: u128,
}

/// How long prices count after they were asked for.
const COUNTS_FOR: Duration = Duration::from_millis(500);

/// What the chain says of prices at its newest block; the same for all reports that go to one coordinator.
pub(super) struct Quote {
    pub(super) at: Instant,
    pub(super) head: Header,
    pub(super) fees: Fees,
    /// `None` when the coordinator does not give LINK's price.
    pub(super) wei_per_link: Option<U256>,
}

impl Quote {
    /// Whether it still counts.
    pub(super) fn counts(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.at) < COUNTS_FOR
    }
}

/// What a trial of the transaction pays per gas at the block after the one that was asked, whose base fee may be an
/// eighth higher; never more than is offered.
pub(super) fn tried_wei(market: Market, offer: Price) -> u128 {
    let eighth = market.base_fee_wei.div_ceil(8);
    market.effective_wei().saturating_add(eighth).min(offer.max_fee_wei)
}

/// The offer of a first version, at most `ceiling_wei`: the base fee may double before it is taken. `None` when the
/// chain asks for more than that.
pub(super) fn offer(market: Market, ceiling_wei: u128) -> Option<Price> {
    let least = market.effective_wei().max(1);
    let wanted = market.base_fee_wei.saturating_add(market.effective_wei()).max(1);
    (least <= ceiling_wei)
        .then(|| Price { max_fee_wei: wanted.min(ceiling_wei), tip_wei: market.tip_wei.min(ceiling_wei) })
}

/// The offer of a version that replaces `before`: both amounts more by a quarter, or what the chain asks for. `None`
/// when the ceiling does not leave room for what pools demand of a replacement: a tenth more, of both.
pub(super) fn raised(before: Price, market: Market, ceiling_wei: u128) -> Option<Price> {
    let least = Price { max_fee_wei: tenth_more(before.max_fee_wei)?, tip_wei: tenth_more(before.tip_wei)? };
    let quarter_more = |wei: u128| wei.saturating_add(wei / 4);
    let doubled = market.base_fee_wei.saturating_add(market.effective_wei());
    let tip_wei = market.tip_wei.max(quarter_more(before.tip_wei)).max(least.tip_wei);
    let max_fee_wei = doubled.max(quarter_more(before.max_fee_wei)).max(least.max_fee_wei).max(tip_wei);
    let price = Price { max_fee_wei: max_fee_wei.min(ceiling_wei), tip_wei: tip_wei.min(ceiling_wei) };
    (price.max_fee_wei >= least.max_fee_wei && price.tip_wei >= least.tip_wei).then_some(price)
}

/// A tenth more, rounded up, at least 1 wei.
fn tenth_more(wei: u128) -> Option<u128> {
    wei.checked_add(wei.div_ceil(10).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_CEILING: u128 = u128::MAX;

    fn price(max_fee_wei: u128, tip_wei: u128) -> Price {
        Price { max_fee_wei, tip_wei }
    }

    fn market(base_fee_wei: u128, tip_wei: u128) -> Market {
        Market { base_fee_wei, tip_wei }
    }

    #[test]
    fn offer_lets_the_base_fee_double_and_is_never_nothing() {
        let first = |base, tip| offer(market(base, tip), NO_CEILING).expect("no ceiling");
        assert_eq!([0, 1, 100].map(|base| first(base, 0)), [price(1, 0), price(2, 0), price(200, 0)]);
        assert_eq!(first(100, 7), price(207, 7));
        assert_eq!(first(0, 7), price(7, 7));
        assert_eq!(first(u128::MAX, 1), price(u128::MAX, 1));
    }

    #[test]
    fn t2_offer_stays_below_its_ceiling_or_is_none() {
        assert_eq!(offer(market(100, 7), 206), Some(price(206, 7)));
        assert_eq!(offer(market(100, 7), 107), Some(price(107, 7)), "what the next block costs");
        assert_eq!(offer(market(100, 7), 106), None);
        assert_eq!(offer(market(0, 0), 0), None);
    }

    #[test]
    fn t2_a_trial_pays_what_the_base_fee_may_be_a_block_later_and_never_more_than_is_offered() {
        let tried = |base, tip, ceiling| {
            let market = market(base, tip);
            tried_wei(market, offer(market, ceiling).expect("enough"))
        };
        assert_eq!([0, 8, 100].map(|base| tried(base, 0, NO_CEILING)), [0, 9, 113]);
        assert_eq!(tried(100, 7, NO_CEILING), 120);
        assert_eq!(tried(100, 7, 110), 110, "the ceiling");
        assert_eq!(tried(u128::MAX, 1, NO_CEILING), u128::MAX);
    }

    #[test]
    fn a_quote_counts_for_half_a_second() {
        let at = Instant::now();
        let fees = Fees { market: market(1, 0), l1_price_wei: 0 };
        let quote = Quote { at, head: Header::default(), fees, wei_per_link: None };
        assert!(quote.counts(at) && quote.counts(at + COUNTS_FOR - Duration::from_millis(1)));
        assert!(!quote.counts(at + COUNTS_FOR));
    }

    #[test]
    fn t1_a_replacement_raises_the_tip_too() {
        assert_eq!(raised(price(1_000, 0), market(10, 0), NO_CEILING), Some(price(1_250, 1)));
        assert_eq!(raised(price(1_000, 40), market(10, 5), NO_CEILING), Some(price(1_250, 50)));
        assert_eq!(raised(price(1_000, 40), market(5_000, 90), NO_CEILING), Some(price(10_090, 90)));
        assert_eq!(raised(price(1, 1), market(0, 0), NO_CEILING), Some(price(2, 2)));
        assert_eq!(raised(price(10, 10), market(0, 300), NO_CEILING), Some(price(300, 300)));
    }

    /// What geth's pool demands: above the old amounts, and at least 110 % of them, rounded down.
    fn pool_takes(before: Price, after: Price) -> bool {
        let enough = |old: u128, new: u128| new > old && new >= old + old / 10;
        enough(before.max_fee_wei, after.max_fee_wei)
            && enough(before.tip_wei, after.tip_wei)
            && after.tip_wei <= after.max_fee_wei
    }

    #[test]
    fn t1_every_replacement_is_one_that_pools_take() {
        let amounts = [0, 1, 2, 3, 7, 9, 10, 11, 99, 1_000, 123_456_789, 30_000_000_000, u128::MAX / 8];
        for max_fee_wei in amounts {
            for tip_wei in amounts.into_iter().filter(|tip| *tip <= max_fee_wei) {
                for base_fee_wei in amounts {
                    for market_tip in amounts {
                        let before = price(max_fee_wei, tip_wei);
                        let case = (before, base_fee_wei, market_tip);
                        let after = raised(before, market(base_fee_wei, market_tip), NO_CEILING);
                        assert!(pool_takes(before, after.expect("no ceiling")), "{case:?} {after:?}");
                        for ceiling in amounts {
                            let after = raised(before, market(base_fee_wei, market_tip), ceiling);
                            let is_right = |after| pool_takes(before, after) && after.max_fee_wei <= ceiling;
                            assert!(after.is_none_or(is_right), "{case:?} {ceiling} {after:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn t2_a_replacement_that_would_pass_the_ceiling_is_none() {
        assert_eq!(raised(price(1_000, 0), market(10, 0), 1_100), Some(price(1_100, 1)));
        assert_eq!(raised(price(1_000, 0), market(10, 0), 1_099), None);
        assert_eq!(raised(price(u128::MAX, 0), market(0, 0), NO_CEILING), None, "nothing is more");
    }
}
