//! Nonces, signatures and sending: one nonce per report, signed bytes durable before they leave.

use std::sync::Arc;

use alloy::{
    consensus::{Transaction as _, TxEip1559, TxEnvelope, TypedTransaction},
    eips::eip2718::{Decodable2718, Encodable2718},
    network::{Ethereum, EthereumWallet, NetworkWallet},
    primitives::{Address, B256, Bytes, TxKind, U256, keccak256},
};
use tokio::sync::{Mutex, MutexGuard};

use super::price::Price;
use crate::{
    chain::{Reach, Receipt, Rpc, RpcFailure},
    clock::now_ms,
    journal::{Journal, JournalError, Transmission, TransmissionState},
};

/// Nonces below an open transaction that nobody has a transaction for, up to which these are worth filling. More of
/// them come from an endpoint that told a wrong nonce.
const MAX_GAP: u64 = 16;

/// Why a transaction was not handed over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The chain could not be asked, or refused the transaction.
    #[error(transparent)]
    Rpc(#[from] RpcFailure),
    /// Durable state failed; nothing was sent.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The key did not sign.
    #[error("the transmitter key did not sign: {0}")]
    Signer(String),
}

/// What is to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub request_id: B256,
    pub attempt: u64,
    pub stage: u64,
    pub to: Address,
    pub calldata: Bytes,
    pub gas_limit: u64,
    pub price: Price,
}

/// What the newest version of a stored transaction offers. Its signed bytes say it; ours always decode.
pub(super) fn price_of(row: &Transmission) -> Price {
    let tip_wei = decoded(row).map_or(0, |signed| signed.max_priority_fee_per_gas().unwrap_or(0));
    Price { max_fee_wei: row.max_fee_wei, tip_wei }
}

/// The calldata of the newest version of a stored transaction; none when it does nothing but use its nonce.
pub(super) fn carried_by(row: &Transmission) -> Option<Bytes> {
    decoded(row).map(|signed| signed.input().clone()).filter(|calldata| !calldata.is_empty())
}

fn decoded(row: &Transmission) -> Option<TxEnvelope> {
    TxEnvelope::decode_2718(&mut row.raw.as_ref()).ok()
}

/// The right to choose a nonce and send, one report at a time.
pub(crate) struct Turn<'a>(#[expect(dead_code, reason = "held, not read")] MutexGuard<'a, ()>);

/// The transmitter's account.
pub(crate) struct Sender {
    rpc: Arc<Rpc>,
    journal: Journal,
    wallet: EthereumWallet,
    chain_id: u64,
    /// Held from choosing a nonce until the chain answered, so that two reports never share one.
    turn: Mutex<()>,
}

impl Sender {
    pub(crate) fn new(rpc: Arc<Rpc>, journal: Journal, wallet: EthereumWallet, chain_id: u64) -> Self {
        Self { rpc, journal, wallet, chain_id, turn: Mutex::new(()) }
    }

    pub(crate) fn address(&self) -> Address {
        NetworkWallet::<Ethereum>::default_signer_address(&self.wallet)
    }

    /// Waits until no other report of this node is on its way to the chain.
    pub(crate) async fn turn(&self) -> Turn<'_> {
        Turn(self.turn.lock().await)
    }

    /// The chain the transactions are signed for.
    pub(crate) const fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// Takes the next nonce, signs, stores, sends. On success the row is `Sent`; when no endpoint answered it stays
    /// `Prepared` and is sent again by [`Sender::resend`].
    pub(crate) async fn send_new(&self, _turn: &Turn<'_>, draft: &Draft) -> Result<Transmission, SendError> {
        let nonce = self.next_nonce().await?;
        let mut row = Transmission {
            request_id: draft.request_id,
            attempt: draft.attempt,
            nonce,
            stage: draft.stage,
            state: TransmissionState::Prepared,
            hashes: Vec::new(),
            raw: Bytes::new(),
            gas_limit: draft.gas_limit,
            max_fee_wei: draft.price.max_fee_wei,
            sent_ms: now_ms(),
        };
        self.sign(&mut row, draft.to, draft.calldata.clone(), draft.price).await?;
        self.journal.put_transmission(&row).await?;
        self.hand_over(&mut row).await?;
        Ok(row)
    }

    /// Signs the same nonce again at a higher price and sends it in place of the stuck version: `what` to whom, or a
    /// transfer of nothing to the account itself. When it is not taken, an older version may be mined all the same: the
    /// row stays `Sent`.
    pub(super) async fn replace(
        &self,
        _turn: &Turn<'_>,
        row: &mut Transmission,
        price: Price,
        what: Option<(Address, Bytes)>,
    ) -> Result<(), SendError> {
        let mut raised = row.clone();
        raised.max_fee_wei = price.max_fee_wei;
        raised.sent_ms = now_ms();
        let (to, calldata) = what.unwrap_or_else(|| (self.address(), Bytes::new()));
        self.sign(&mut raised, to, calldata, price).await?;
        self.journal.put_transmission(&raised).await?;
        *row = raised;
        match self.hand_over(row).await {
            Err(SendError::Rpc(err)) => {
                tracing::info!(request_id = %row.request_id, nonce = row.nonce, %err, "the replacement was not taken");
                Ok(self.settle(row, TransmissionState::Sent).await?)
            }
            done => done,
        }
    }

    /// Whether the newest version of a stored transaction does nothing but use its nonce.
    pub(super) fn is_cancelled(&self, row: &Transmission) -> bool {
        decoded(row).is_some_and(|signed| signed.to() == Some(self.address()))
    }

    /// Sends the stored bytes again; harmless when the chain has them.
    pub(super) async fn resend(&self, _turn: &Turn<'_>, row: &mut Transmission) -> Result<(), SendError> {
        self.hand_over(row).await
    }

    /// The receipt of whichever version was mined, as the endpoints of `reach` know it.
    pub(crate) async fn receipt(
        &self,
        row: &Transmission,
        reach: Reach,
    ) -> Result<Option<Receipt>, RpcFailure> {
        for hash in row.hashes.iter().rev() {
            if let Some(receipt) = self.rpc.receipt(*hash, reach).await? {
                return Ok(Some(receipt));
            }
        }
        Ok(None)
    }

    /// Whether no version of an unmined row can be mined any more: its nonce went to another transaction, or is so far
    /// above the account's next one that its turn does not come.
    pub(crate) async fn is_out_of_turn(&self, row: &Transmission) -> Result<bool, SendError> {
        let latest = self.rpc.nonce(self.address(), "latest").await?;
        Ok(latest > row.nonce || self.is_far_above(row.nonce, latest).await?)
    }

    /// Whether more than [`MAX_GAP`] nonces of those from the account's next one, which is `latest` or later, up to
    /// this one have no transaction.
    pub(super) async fn is_far_above(&self, nonce: u64, latest: u64) -> Result<bool, SendError> {
        if nonce.saturating_sub(latest) <= MAX_GAP {
            return Ok(false);
        }
        let next = self.rpc.nonce(self.address(), "pending").await?;
        let open = self.journal.open_transmissions(next).await?;
        let own = open.iter().filter(|row| row.nonce < nonce).count() as u64;
        Ok(nonce.saturating_sub(next).saturating_sub(own) > MAX_GAP)
    }

    pub(crate) async fn settle(
        &self,
        row: &mut Transmission,
        state: TransmissionState,
    ) -> Result<(), JournalError> {
        row.state = state;
        self.journal.put_transmission(row).await
    }

    /// The first nonce neither the chain nor an own pending transaction uses: a later one would wait for it for ever.
    /// A stored transaction that the chain does not know is sent first, for the same reason.
    async fn next_nonce(&self) -> Result<u64, SendError> {
        let account = self.address();
        let mut next = self.rpc.nonce(account, "pending").await?;
        for mut row in self.journal.open_transmissions(next).await? {
            if row.nonce > next {
                break;
            }
            match self.hand_over(&mut row).await {
                Ok(()) => next = row.nonce + 1,
                Err(SendError::Rpc(err)) if !err.is_transient() => {}
                Err(err) => return Err(err),
            }
        }
        Ok(next)
    }

    async fn sign(
        &self,
        row: &mut Transmission,
        to: Address,
        calldata: Bytes,
        price: Price,
    ) -> Result<(), SendError> {
        let transaction = TypedTransaction::Eip1559(TxEip1559 {
            chain_id: self.chain_id,
            nonce: row.nonce,
            gas_limit: row.gas_limit,
            max_fee_per_gas: price.max_fee_wei,
            max_priority_fee_per_gas: price.tip_wei,
            to: TxKind::Call(to),
            value: U256::ZERO,
            access_list: Default::default(),
            input: calldata,
        });
        let signed: TxEnvelope = NetworkWallet::<Ethereum>::sign_transaction(&self.wallet, transaction)
            .await
            .map_err(|err| SendError::Signer(err.to_string()))?;
        row.raw = signed.encoded_2718().into();
        row.hashes.push(keccak256(&row.raw));
        Ok(())
    }

    async fn hand_over(&self, row: &mut Transmission) -> Result<(), SendError> {
        // Whoever took it before may have kept it to itself.
        let reach = if row.state == TransmissionState::Prepared { Reach::First } else { Reach::All };
        match self.rpc.send_raw(&row.raw, reach).await {
            Ok(()) => {}
            Err(err) if err.is_transient() => return Err(err.into()),
            Err(err) => {
                // Some endpoints answer with the execution's error although the transaction was mined.
                if self.receipt(row, Reach::All).await?.is_none() {
                    self.settle(row, TransmissionState::Dropped).await?;
                    return Err(err.into());
                }
            }
        }
        if row.state == TransmissionState::Prepared {
            self.settle(row, TransmissionState::Sent).await?;
        }
        Ok(())
    }
}
