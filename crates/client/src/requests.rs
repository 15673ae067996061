//! Requests: sending them through a consumer, following them, giving up on them.

use alloy::primitives::{Address, B256, Bytes, U256};
use functions_types::abi::{Commitment, Coordinator, Router};
use functions_types::{DonId, Juels, RequestId, SubscriptionId};

use crate::account::Account;
use crate::chain::{Chain, Transaction};
use crate::consumer::Consumer;
use crate::error::ClientError;
use crate::history::History;
use crate::system::{System, juels};

/// What a consumer asks for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The JavaScript: body of an async function.
    pub source: String,
    /// Its `args`.
    pub args: Vec<String>,
    /// Its `bytesArgs`.
    pub bytes_args: Vec<Bytes>,
    /// Gas of the callback.
    pub callback_gas_limit: u32,
}

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

/// A settled request.
#[derive(Clone, Debug)]
pub struct Fulfilled {
    /// 0 when the callback returned, 1 when it failed.
    pub result_code: u8,
    /// Response bytes the DON agreed on; empty on error.
    pub response: Bytes,
    /// Error bytes the DON agreed on; empty on success.
    pub error: Bytes,
    /// First bytes the callback returned or reverted with.
    pub callback_return: Bytes,
    /// Juels charged.
    pub charged: Juels,
    /// The node that sent the report.
    pub transmitter: Address,
    /// Its transaction.
    pub transaction: B256,
    /// The block it is in.
    pub block: u64,
    /// Signatures under the report; zero when its calldata is no direct `transmit` call.
    pub signatures: usize,
}

/// A fulfillment that was refused and not charged.
#[derive(Clone, Debug)]
pub struct NotProcessed {
    /// Why, 2 to 6.
    pub result_code: u8,
    /// The node that tried.
    pub transmitter: Address,
}

impl System {
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
            commitment: event.commitment,
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
