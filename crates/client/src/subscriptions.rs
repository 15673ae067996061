//! What subscription owners do at a Router. Nothing here needs to know a Coordinator.

use alloy::primitives::{Address, U256};
use alloy::rpc::types::TransactionReceipt;
use alloy::sol_types::SolValue;
use functions_types::abi::{Consumer, Link, Router, RouterConfig, Subscription};
use functions_types::{Commitment, Juels, SubscriptionId};

use crate::account::Account;
use crate::chain::Chain;
use crate::error::ClientError;

/// Requests timed out by one transaction at most; the rest goes into further ones.
const TIMEOUTS_PER_TRANSACTION: usize = 20;

/// Most gas a callback of a subscription may ask for: its tier of the Router's list. `None` when its tier is not in the
/// list, and every request is refused.
#[must_use]
pub fn most_gas(rules: &RouterConfig, subscription: &Subscription) -> Option<u32> {
    rules.maxCallbackGasLimits.get(usize::from(subscription.flags[0])).copied()
}

/// Juels the Router would keep if the subscription were canceled now, whose present consumers had so many requests
/// completed between them. A request that timed out counts as completed.
#[must_use]
pub fn deposit_kept(rules: &RouterConfig, subscription: &Subscription, completed: u64) -> Juels {
    let kept = match completed < u64::from(rules.subscriptionDepositMinimumRequests) {
        true => rules.subscriptionDepositJuels.to::<u128>().min(subscription.balance.to()),
        false => 0,
    };
    Juels::new(kept).unwrap_or(Juels::MAX)
}

/// The subscriptions of one Router.
#[derive(Clone, Copy, Debug)]
pub struct Subscriptions<'a> {
    /// The chain.
    pub chain: &'a Chain,
    /// The Router.
    pub router: Address,
}

impl Subscriptions<'_> {
    /// Opens a subscription owned by `owner`, empty, with one consumer or with none.
    ///
    /// # Errors
    /// `MustAcceptTermsOfService` when the Router has an allow list and the owner is not on it, otherwise as
    /// [`Chain::send`].
    pub async fn create(
        &self,
        owner: &Account,
        consumer: Option<Address>,
    ) -> Result<SubscriptionId, ClientError> {
        let receipt = match consumer {
            Some(consumer) => {
                let call = Router::createSubscriptionWithConsumerCall { consumer };
                self.chain.send(owner, self.router, &call).await?
            }
            None => self.chain.send(owner, self.router, &Router::createSubscriptionCall {}).await?,
        };
        let event: Router::SubscriptionCreated =
            Chain::event_in(&receipt, self.router, "create a subscription", "SubscriptionCreated")?;
        Ok(SubscriptionId(event.subscriptionId))
    }

    /// Allows `consumer` to spend from a subscription; nothing changes when it is allowed already.
    ///
    /// # Errors
    /// `MustBeSubscriptionOwner`, `TooManyConsumers`, otherwise as [`Chain::send`].
    pub async fn add_consumer(
        &self,
        owner: &Account,
        id: SubscriptionId,
        consumer: Address,
    ) -> Result<TransactionReceipt, ClientError> {
        let call = Router::addConsumerCall { subscriptionId: id.0, consumer };
        self.chain.send(owner, self.router, &call).await
    }

    /// Takes a consumer's right to spend away.
    ///
    /// # Errors
    /// `InvalidConsumer` when it is none, `CannotRemoveWithPendingRequests`, otherwise as [`Chain::send`].
    pub async fn remove_consumer(
        &self,
        owner: &Account,
        id: SubscriptionId,
        consumer: Address,
    ) -> Result<TransactionReceipt, ClientError> {
        let call = Router::removeConsumerCall { subscriptionId: id.0, consumer };
        self.chain.send(owner, self.router, &call).await
    }

    /// Moves LINK of the token `link` from `payer` into a subscription. Anyone may.
    ///
    /// # Errors
    /// As [`Chain::send`]; the token refuses when the payer has too little.
    pub async fn fund(
        &self,
        payer: &Account,
        link: Address,
        id: SubscriptionId,
        amount: Juels,
    ) -> Result<TransactionReceipt, ClientError> {
        let call = Link::transferAndCallCall {
            to: self.router,
            amount: U256::from(amount.get()),
            data: id.0.abi_encode().into(),
        };
        self.chain.send(payer, link, &call).await
    }

    /// Ends a subscription; what it holds goes to `to`, less the deposit kept from young ones. Returns the juels paid
    /// out.
    ///
    /// # Errors
    /// `CannotRemoveWithPendingRequests`, `MustBeSubscriptionOwner`, otherwise as [`Chain::send`].
    pub async fn cancel(
        &self,
        owner: &Account,
        id: SubscriptionId,
        to: Address,
    ) -> Result<Juels, ClientError> {
        let call = Router::cancelSubscriptionCall { subscriptionId: id.0, to };
        let receipt = self.chain.send(owner, self.router, &call).await?;
        let event: Router::SubscriptionCanceled =
            Chain::event_in(&receipt, self.router, "cancel a subscription", "SubscriptionCanceled")?;
        Ok(Juels::new(event.fundsAmount.saturating_to()).unwrap_or(Juels::MAX))
    }

    /// A subscription as the Router keeps it.
    ///
    /// # Errors
    /// `InvalidSubscription` when it does not exist, otherwise as [`Chain::call`].
    pub async fn get(&self, id: SubscriptionId) -> Result<Subscription, ClientError> {
        self.chain.call(self.router, &Router::getSubscriptionCall { subscriptionId: id.0 }).await
    }

    /// What the Router keeps about one consumer of a subscription.
    ///
    /// # Errors
    /// As [`Chain::call`].
    pub async fn consumer(&self, id: SubscriptionId, client: Address) -> Result<Consumer, ClientError> {
        self.chain.call(self.router, &Router::getConsumerCall { client, subscriptionId: id.0 }).await
    }

    /// The rules all subscriptions are under.
    ///
    /// # Errors
    /// As [`Chain::call`].
    pub async fn rules(&self) -> Result<RouterConfig, ClientError> {
        self.chain.call(self.router, &Router::getConfigCall {}).await
    }

    /// Most gas a callback of this subscription may ask for: see [`most_gas`].
    ///
    /// # Errors
    /// As [`Chain::call`].
    pub async fn max_callback_gas(&self, subscription: &Subscription) -> Result<Option<u32>, ClientError> {
        Ok(most_gas(&self.rules().await?, subscription))
    }

    /// As [`Self::time_out_under`], for a Router whose fee is what it was, or was none.
    ///
    /// # Errors
    /// As there.
    pub async fn time_out(
        &self,
        from: &Account,
        commitments: &[Commitment],
    ) -> Result<Vec<TransactionReceipt>, ClientError> {
        self.time_out_under(from, commitments, &[]).await
    }

    /// Releases the reservations of overdue requests, given by the commitments of their events. Anyone may.
    ///
    /// The Router hashes another form than the event carries: there `adminFee` is the Router's own fee when the request
    /// was sent, in the event it is the Coordinator's operation fee. The Router's present fee is tried for all, then
    /// for each request the `earlier` fees there were ([`crate::History::admin_fees`]) and none.
    ///
    /// # Errors
    /// `TimeoutNotExceeded` before the time, `InvalidCalldata` when one is settled already or its fee was none of
    /// those, otherwise as [`Chain::send`].
    pub async fn time_out_under(
        &self,
        from: &Account,
        commitments: &[Commitment],
        earlier: &[Juels],
    ) -> Result<Vec<TransactionReceipt>, ClientError> {
        let present = self.chain.call(self.router, &Router::getAdminFeeCall {}).await?;
        let present = Juels::from_uint96(present.to());
        let mut others: Vec<Juels> = Vec::new();
        for fee in earlier.iter().chain([&Juels::ZERO]) {
            if *fee != present && !others.contains(fee) {
                others.push(*fee);
            }
        }
        let mut receipts = Vec::new();
        for part in commitments.chunks(TIMEOUTS_PER_TRANSACTION) {
            let call = timeouts(part.iter().map(|one| (one, present)));
            let receipt = match self.chain.send(from, self.router, &call).await {
                Err(error) if !others.is_empty() && is_refused(&error, "InvalidCalldata") => {
                    let mut under = Vec::with_capacity(part.len());
                    for one in part {
                        under.push((one, self.fee_of(from, one, present, &others).await?));
                    }
                    self.chain.send(from, self.router, &timeouts(under.into_iter())).await?
                }
                other => other?,
            };
            receipts.push(receipt);
        }
        Ok(receipts)
    }

    /// Under which fee the Router knows a request: one of the `others`, or else the `present` one. Nothing is sent.
    async fn fee_of(
        &self,
        from: &Account,
        commitment: &Commitment,
        present: Juels,
        others: &[Juels],
    ) -> Result<Juels, ClientError> {
        for fee in others {
            let call = timeouts([(commitment, *fee)].into_iter());
            match self.chain.call_from(from.address(), self.router, &call).await {
                Err(error) if is_refused(&error, "InvalidCalldata") => {}
                Err(error) => return Err(error),
                Ok(_) => return Ok(*fee),
            }
        }
        Ok(present)
    }
}

/// The call that times requests out, each in the form it has under a fee.
fn timeouts<'a>(requests: impl Iterator<Item = (&'a Commitment, Juels)>) -> Router::timeoutRequestsCall {
    let form = |(commitment, fee): (&Commitment, Juels)| commitment.with_admin_fee(fee).into();
    Router::timeoutRequestsCall { requestsToTimeoutByCommitment: requests.map(form).collect() }
}

/// Whether a contract refused with the error of this name.
pub fn is_refused(error: &ClientError, name: &str) -> bool {
    error.revert().and_then(|revert| revert.name()) == Some(name)
}
