//! What subscription owners do at a Router. Nothing here needs to know a Coordinator.

use alloy::primitives::{Address, U256, aliases::U72};
use alloy::rpc::types::TransactionReceipt;
use alloy::sol_types::SolValue;
use functions_types::abi::{Consumer, Link, Router, Subscription};
use functions_types::{Commitment, Juels, SubscriptionId};

use crate::account::Account;
use crate::chain::Chain;
use crate::error::ClientError;

/// Requests timed out by one transaction at most; the rest goes into further ones.
const TIMEOUTS_PER_TRANSACTION: usize = 20;

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

    /// Most gas a callback of this subscription may ask for: its tier of the Router's list.
    ///
    /// # Errors
    /// As [`Chain::call`]. `None` when its tier is not in the list, and every request is refused.
    pub async fn max_callback_gas(&self, subscription: &Subscription) -> Result<Option<u32>, ClientError> {
        let config = self.chain.call(self.router, &Router::getConfigCall {}).await?;
        Ok(config.maxCallbackGasLimits.get(usize::from(subscription.flags[0])).copied())
    }

    /// Releases the reservations of overdue requests, given by the commitments of their events. Anyone may.
    ///
    /// The Router hashes another form than the event carries: there `adminFee` is the Router's own fee, in the event it
    /// is the Coordinator's operation fee. The Router's present fee is tried, then none, in case it changed since.
    ///
    /// # Errors
    /// `TimeoutNotExceeded` before the time, `InvalidCalldata` when one is settled already, otherwise as
    /// [`Chain::send`].
    pub async fn time_out(
        &self,
        from: &Account,
        commitments: &[Commitment],
    ) -> Result<Vec<TransactionReceipt>, ClientError> {
        let present = self.chain.call(self.router, &Router::getAdminFeeCall {}).await?;
        let mut receipts = Vec::new();
        for part in commitments.chunks(TIMEOUTS_PER_TRANSACTION) {
            let stored = |fee: U72| {
                let form =
                    |commitment: &Commitment| commitment.with_admin_fee(Juels::from_uint96(fee.to())).into();
                Router::timeoutRequestsCall { requestsToTimeoutByCommitment: part.iter().map(form).collect() }
            };
            let sent = self.chain.send(from, self.router, &stored(present)).await;
            let receipt = match sent {
                Err(error) if !present.is_zero() && is_refused(&error, "InvalidCalldata") => {
                    self.chain.send(from, self.router, &stored(U72::ZERO)).await?
                }
                other => other?,
            };
            receipts.push(receipt);
        }
        Ok(receipts)
    }
}

/// Whether a contract refused with the error of this name.
pub fn is_refused(error: &ClientError, name: &str) -> bool {
    error.revert().and_then(|revert| revert.name()) == Some(name)
}
