//! What became of requests, read from a Router's logs.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use alloy::primitives::{Address, B256};
use alloy::rpc::types::{Filter, Log, TransactionReceipt};
use alloy::sol_types::SolEvent;
use functions_types::abi::{Coordinator, Router};
use functions_types::{Commitment, DonId, Juels, RequestId, SubscriptionId};

use crate::answer::{Fulfilled, NotProcessed};
use crate::chain::Chain;
use crate::contracts::juels;
use crate::error::ClientError;

/// Logs of one Router from a block on.
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    /// The chain.
    pub chain: &'a Chain,
    /// The Router.
    pub router: Address,
    /// The first block looked at.
    pub from_block: u64,
}

/// A request as the Router announced it.
#[derive(Clone, Debug)]
pub struct Started {
    /// Its id.
    pub id: RequestId,
    /// The DON asked.
    pub don: DonId,
    /// Who pays.
    pub subscription: SubscriptionId,
    /// Who asked.
    pub consumer: Address,
    /// Gas of the callback.
    pub callback_gas_limit: u32,
    /// Juels reserved.
    pub reserved: Juels,
    /// The transaction.
    pub transaction: B256,
    /// The block it is in.
    pub block: u64,
}

/// What became of a request.
#[derive(Clone, Debug)]
pub enum Fate {
    /// Neither answered nor timed out.
    Open,
    /// Answered and charged.
    Fulfilled(Box<Fulfilled>),
    /// Its reservation was released by `timeoutRequests` in this transaction.
    TimedOut(B256),
}

/// Requests that were not answered.
#[derive(Clone, Debug, Default)]
pub struct Unanswered {
    /// Those that still may be.
    pub open: Vec<Started>,
    /// Those whose reservation was released by `timeoutRequests`.
    pub timed_out: Vec<Started>,
}

impl History<'_> {
    /// A request and what became of it; `None` when it was not sent in or after the first block.
    ///
    /// # Errors
    /// As [`Chain::find`].
    pub async fn request(&self, id: RequestId) -> Result<Option<(Started, Fate)>, ClientError> {
        let found = self.events::<Router::RequestStart>(|filter| filter.topic1(id.0)).await?;
        let Some((event, log)) = found.into_iter().next() else { return Ok(None) };
        let started = started(event, &log);
        let timed_out = self.events::<Router::RequestTimedOut>(|filter| filter.topic1(id.0)).await?;
        let fate = match (self.fulfillment(id).await?, timed_out.first()) {
            (Some(fulfilled), _) => Fate::Fulfilled(Box::new(fulfilled)),
            (None, Some((_, log))) => Fate::TimedOut(log.transaction_hash.unwrap_or_default()),
            (None, None) => Fate::Open,
        };
        Ok(Some((started, fate)))
    }

    /// Requests of a subscription that were not answered, oldest first.
    ///
    /// # Errors
    /// As [`Chain::find`].
    pub async fn unanswered(&self, subscription: SubscriptionId) -> Result<Unanswered, ClientError> {
        let topic = B256::left_padding_from(&subscription.0.to_be_bytes());
        let sent = self.events::<Router::RequestStart>(|filter| filter.topic3(topic)).await?;
        if sent.is_empty() {
            return Ok(Unanswered::default());
        }
        let answered = self.events::<Router::RequestProcessed>(|filter| filter.topic2(topic)).await?;
        let timed_out = self.events::<Router::RequestTimedOut>(|filter| filter).await?;
        let answered: HashSet<B256> = answered.into_iter().map(|(event, _)| event.requestId).collect();
        let timed_out: HashSet<B256> = timed_out.into_iter().map(|(event, _)| event.requestId).collect();
        let (timed_out, open) = sent
            .into_iter()
            .filter(|(event, _)| !answered.contains(&event.requestId))
            .map(|(event, log)| started(event, &log))
            .partition(|request| timed_out.contains(&request.id.0));
        Ok(Unanswered { open, timed_out })
    }

    /// What the Router charged for a request, by its configurations from the first block on, the newest first.
    ///
    /// # Errors
    /// As [`Chain::find`].
    pub async fn admin_fees(&self) -> Result<Vec<Juels>, ClientError> {
        let configured = self.events::<Router::ConfigUpdated>(|filter| filter).await?;
        let fee = |(event, _): &(Router::ConfigUpdated, Log)| Juels::from_uint96(event._0.adminFee.to());
        Ok(configured.iter().rev().map(fee).collect())
    }

    /// How a request was settled; `None` while it is pending.
    ///
    /// # Errors
    /// As [`Chain::find`].
    pub async fn fulfillment(&self, id: RequestId) -> Result<Option<Fulfilled>, ClientError> {
        let found = self.events::<Router::RequestProcessed>(|filter| filter.topic1(id.0)).await?;
        let Some((event, log)) = found.into_iter().next() else { return Ok(None) };
        let transaction = log.transaction_hash.unwrap_or_default();
        Ok(Some(Fulfilled {
            result_code: event.resultCode,
            response: event.response,
            error: event.err,
            callback_return: event.callbackReturnData,
            charged: juels(event.totalCostJuels),
            transmitter: event.transmitter,
            transaction,
            block: log.block_number.unwrap_or_default(),
            signatures: self.chain.signatures_in(transaction).await?,
        }))
    }

    /// Fulfillments of a request that were refused and not charged, as reported by its `coordinator`.
    ///
    /// # Errors
    /// As [`Chain::find`].
    pub async fn refusals(
        &self,
        id: RequestId,
        coordinator: Address,
    ) -> Result<Vec<NotProcessed>, ClientError> {
        let found = self.events::<Router::RequestNotProcessed>(|filter| filter.topic1(id.0)).await?;
        // Anyone may make the Router emit this event with a coordinator of their own.
        Ok(found
            .into_iter()
            .filter(|(event, _)| event.coordinator == coordinator)
            .map(|(event, _)| NotProcessed { result_code: event.resultCode, transmitter: event.transmitter })
            .collect())
    }

    /// The terms of requests in event form, from the transactions that sent them, in the order given.
    ///
    /// # Errors
    /// [`ClientError::MissingEvent`] when a transaction carries no terms, otherwise as [`Chain::receipt`].
    pub async fn commitments(&self, requests: &[Started]) -> Result<Vec<Commitment>, ClientError> {
        let what = "read the terms of a request";
        // Several requests may have come in one transaction.
        let mut known: HashMap<B256, Vec<Coordinator::OracleRequest>> = HashMap::new();
        let mut commitments = Vec::with_capacity(requests.len());
        for request in requests {
            let events = match known.entry(request.transaction) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => {
                    entry.insert(terms_in(&self.chain.receipt(what, request.transaction).await?))
                }
            };
            let event = events.iter().find(|event| event.requestId == request.id.0);
            let event = event.ok_or_else(|| ClientError::MissingEvent {
                what: what.to_owned(),
                hash: request.transaction,
                event: "OracleRequest",
            })?;
            commitments.push(event.commitment.clone().into());
        }
        Ok(commitments)
    }

    async fn events<E: SolEvent>(
        &self,
        narrow: impl FnOnce(Filter) -> Filter,
    ) -> Result<Vec<(E, Log)>, ClientError> {
        let filter = Filter::new().address(self.router).event_signature(E::SIGNATURE_HASH);
        self.chain.find(narrow(filter), self.from_block).await
    }
}

/// The requests Coordinators announced in a transaction.
fn terms_in(receipt: &TransactionReceipt) -> Vec<Coordinator::OracleRequest> {
    let decoded =
        |log: &Log| Some((log.address(), Coordinator::OracleRequest::decode_log(&log.inner).ok()?.data));
    // The terms name the contract that made them; another one in the same transaction may claim anything.
    let own =
        |(address, event): &(Address, Coordinator::OracleRequest)| event.commitment.coordinator == *address;
    receipt.logs().iter().filter_map(decoded).filter(own).map(|(_, event)| event).collect()
}

fn started(event: Router::RequestStart, log: &Log) -> Started {
    Started {
        id: RequestId(event.requestId),
        don: DonId(event.donId),
        subscription: SubscriptionId(event.subscriptionId),
        consumer: event.requestingContract,
        callback_gas_limit: event.callbackGasLimit,
        reserved: juels(event.estimatedTotalCostJuels),
        transaction: log.transaction_hash.unwrap_or_default(),
        block: log.block_number.unwrap_or_default(),
    }
}
