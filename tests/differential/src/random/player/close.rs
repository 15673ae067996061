//! Looking: a little now and then, everything at the end.

use std::collections::BTreeSet;

use super::*;
use functions_types::abi::Link;

use crate::scene::MOST;

impl Player {
    fn subscription_count(&mut self) -> u64 {
        let router = self.scene.router;
        self.scene.twin.view(router, &R::getSubscriptionCountCall {})
    }

    /// What changes most.
    pub(super) fn glance(&mut self) {
        let (r, main) = (self.scene.router, self.main);
        let count = self.subscription_count();
        self.ask(r, &R::getSubscriptionsInRangeCall { subscriptionIdStart: 0, subscriptionIdEnd: count });
        self.ask(r, &R::getConsumerCall { client: CONSUMER, subscriptionId: main });
        self.ask(r, &R::getTotalBalanceCall {});
        let link = self.scene.link;
        self.ask(link, &Link::balanceOfCall { account: r });
    }

    /// The views of one subscription, consumer and route.
    pub(super) fn look(&mut self, subscription: u64, client: Address, route: B256, gas: u32) {
        let (r, c) = (self.scene.router, self.scene.coordinator);
        self.ask(r, &R::getSubscriptionCall { subscriptionId: subscription });
        self.ask(r, &R::getConsumerCall { client, subscriptionId: subscription });
        self.ask(r, &R::getFlagsCall { subscriptionId: subscription });
        self.ask(r, &R::pendingRequestExistsCall { subscriptionId: subscription });
        self.ask(r, &R::isValidCallbackGasLimitCall { subscriptionId: subscription, callbackGasLimit: gas });
        self.ask(r, &R::getContractByIdCall { id: route });
        self.ask(r, &R::getProposedContractByIdCall { id: route });
        self.ask(r, &R::getProposedContractSetCall {});
        self.ask(c, &C::getWeiPerUnitLinkCall {});
        self.ask(c, &C::getUsdPerUnitLinkCall {});
        for price in [0, 100_000_000, 1_000_000_000_000_001_u64] {
            let call = C::estimateCostCall {
                subscriptionId: subscription,
                data: Bytes::new(),
                callbackGasLimit: gas,
                gasPriceWei: U256::from(price),
            };
            self.ask(c, &call);
        }
    }

    /// Compares every view of both contracts, then takes all money out: the logs of that are the books, to the juel.
    pub(super) fn close(&mut self) {
        let (r, c, link) = (self.scene.router, self.scene.coordinator, self.scene.link);
        let count = self.subscription_count();
        self.glance();
        self.look(self.main, CONSUMER, don_id(), 300_000);
        for client in [Who::OtherConsumer(1), Who::OtherConsumer(2), Who::Zero].map(|who| self.who(who, r)) {
            for id in [1, self.main] {
                self.ask(r, &R::getConsumerCall { client, subscriptionId: id });
            }
        }
        for id in 1..=count.min(4) {
            self.ask(r, &R::getFlagsCall { subscriptionId: id });
            self.ask(r, &R::pendingRequestExistsCall { subscriptionId: id });
        }
        for contract in [r, c] {
            self.ask(contract, &R::ownerCall {});
            self.ask(contract, &R::getConfigCall {});
            self.ask(contract, &R::typeAndVersionCall {});
        }
        for route in [Route::Don, Route::Other, Route::AllowList].map(id) {
            self.ask(r, &R::getContractByIdCall { id: route });
        }
        self.ask(r, &R::pausedCall {});
        self.ask(r, &R::getAdminFeeCall {});
        self.ask(r, &R::getAllowListIdCall {});
        self.ask(r, &R::getSubscriptionCountCall {});
        self.ask(r, &R::MAX_CALLBACK_RETURN_BYTESCall {});
        self.ask(c, &C::getAdminFeeJuelsCall {});
        self.ask(c, &C::getDONFeeJuelsCall(Bytes::new()));
        self.ask(c, &C::getOperationFeeJuelsCall {});
        self.ask(c, &C::getDONPublicKeyCall {});
        self.ask(c, &C::getThresholdPublicKeyCall {});
        self.ask(c, &C::latestConfigDetailsCall {});
        self.ask(c, &C::latestConfigDigestAndEpochCall {});
        self.ask(c, &C::transmittersCall {});

        if self.paused {
            let owner = self.owners[&r];
            self.run(owner, r, &R::unpauseCall {});
        }
        let owner = self.owners[&c];
        self.run(owner, c, &C::oracleWithdrawAllCall {});
        // Those who are no oracles any more, and whoever owned the Coordinator at some time.
        let former = CANDIDATES.iter().map(|oracle| oracle.transmitter);
        let now: Vec<Address> = self.scene.oracles.iter().map(|oracle| oracle.transmitter).collect();
        let mut holders: BTreeSet<Address> = former.filter(|oracle| !now.contains(oracle)).collect();
        holders.extend(&self.payees);
        // LINK takes no LINK; where it owns a contract, somebody else is paid.
        let paid = |holder: Address| if holder == link { OWNER } else { holder };
        for holder in holders {
            let (recipient, amount) = (paid(holder), U256::ZERO.to());
            self.run(holder, c, &C::oracleWithdrawCall { recipient, amount });
        }
        // What is left: the pool's dust, and what nobody's book in the Coordinator knows.
        let amount = U256::from(MOST).to();
        let rest = R::oracleWithdrawCall { recipient: OWNER, amount }.abi_encode();
        let _ = self.scene.twin.call("books", c, r, &rest);
        let owner = self.owners[&r];
        self.run(owner, r, &R::ownerWithdrawCall { recipient: paid(owner), amount: U256::ZERO.to() });
        self.run(owner, r, &R::recoverFundsCall { to: STRANGER });
        for account in [r, c, SUBSCRIBER, STRANGER, CONSUMER, OWNER] {
            self.ask(link, &Link::balanceOfCall { account });
        }
        self.ask(r, &R::getTotalBalanceCall {});
    }
}
