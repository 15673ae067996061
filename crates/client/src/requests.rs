//! Requests: sending them through a consumer, following them, giving up on them.

use alloy::primitives::{B256, U256};
use functions_types::abi::{Coordinator, Router};
use functions_types::{Commitment, DonId, Juels, RequestId, SubscriptionId};

use crate::account::Account;
use crate::answer::{Fulfilled, NotProcessed};
use crate::chain::{Chain, Transaction};
use crate::consumer::{Consumer, Request};
use crate::contracts::{Contracts, juels};
use crate::error::ClientError;
use crate::history::History;

/// A request as the chain accepted it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its id.
    pub id: RequestId,
    /// The transaction.
    pub transaction: B256,
    /// The block it is in.
    pub block: u64,
    /// Juels reserved for it.
    pub reserved: Juels,
    /// Its terms in event form.
    pub commitment: Commitment,
}

impl Contracts {
    /// Sends `request` from `consumer`.
    ///
    /// # Errors
    /// [`ClientError::Unsupported`] when the consumer cannot express it, the Router's and Coordinator's refusals
    /// (`InsufficientBalance`, `InvalidConsumer`, …), otherwise as [`Chain::send`].
    pub async fn send_request(
        &self,
        from: &Account,
        consumer: Consumer,
        subscription: SubscriptionId,
        don: DonId,
        request: &Request,
    ) -> Result<Sent, ClientError> {
        let (what, input) = consumer.send_call(request, subscription, don)?;
        let tx = Transaction { to: Some(consumer.address()), input, value: U256::ZERO, gas: None };
        let receipt = self.chain.transact(from, what, tx).await?;
        let event: Coordinator::OracleRequest =
            Chain::event_in(&receipt, self.addresses.coordinator, "send a request", "OracleRequest")?;
        Ok(Sent {
            id: RequestId(event.requestId),
            transaction: receipt.transaction_hash,
            block: receipt.block_number.unwrap_or_default(),
            reserved: juels(event.commitment.estimatedTotalCostJuels),
            commitment: event.commitment.into(),
        })
    }

    /// The Router's logs since `from_block`.
    pub const fn history(&self, from_block: u64) -> History<'_> {
        History { chain: &self.chain, router: self.addresses.router, from_block }
    }

    /// How a request sent in or after `from_block` was settled; `None` while it is pending.
    ///
    /// # Errors
    /// As [`Chain::find`].
    pub async fn fulfillment(
        &self,
        id: RequestId,
        from_block: u64,
    ) -> Result<Option<Fulfilled>, ClientError> {
        self.history(from_block).fulfillment(id).await
    }

    /// Refused fulfillments of a request, as reported by our Coordinator.
    ///
    /// # Errors
    /// As [`Chain::find`].
    pub async fn refusals(&self, id: RequestId, from_block: u64) -> Result<Vec<NotProcessed>, ClientError> {
        self.history(from_block).refusals(id, self.addresses.coordinator).await
    }

    /// Releases the reservation of a request nobody answered. Anyone may do so once its timeout has passed.
    ///
    /// # Errors
    /// As [`crate::Subscriptions::time_out`].
    pub async fn timeout_request(&self, from: &Account, commitment: &Commitment) -> Result<(), ClientError> {
        let router = self.addresses.router;
        for receipt in self.subscriptions().time_out(from, std::slice::from_ref(commitment)).await? {
            let _: Router::RequestTimedOut =
                Chain::event_in(&receipt, router, "time out a request", "RequestTimedOut")?;
        }
        Ok(())
    }
}
