//! One chain behind one RPC URL: typed calls, transactions and logs.

use std::time::{Duration, Instant};

use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, TxKind, U256, address, keccak256};
use alloy::providers::{Provider, ProviderBuilder, RootProvider};
use alloy::rpc::client::RpcClient;
use alloy::rpc::types::state::AccountOverride;
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::sol;
use alloy::sol_types::SolCall;
use alloy::transports::TransportError;
use functions_rpc::{Fault, Rejection, of_error};
use functions_types::abi::Coordinator;

use crate::account::Account;
use crate::error::ClientError;
use crate::transport::{Patience, Patient, trouble};
use crate::turns::Turn;

/// How long a transaction may take to be included.
const RECEIPT_TIMEOUT: Duration = Duration::from_secs(120);

/// Arbitrum's precompile of gas information.
const ARB_GAS_INFO: Address = address!("000000000000000000000000000000000000006C");

sol! {
    interface ArbGasInfo {
        function getPricesInWei() external view returns (uint256, uint256 perDataByte, uint256, uint256, uint256, uint256);
    }
}

/// A chain the client talks to.
#[derive(Clone, Debug)]
pub struct Chain {
    provider: RootProvider,
    id: u64,
    poll: Duration,
}

/// What a transaction carries besides its sender.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// Called contract; `None` creates one.
    pub to: Option<Address>,
    /// Calldata or init code.
    pub input: Bytes,
    /// Wei sent along.
    pub value: U256,
    /// Gas limit; estimated when absent.
    pub gas: Option<u64>,
}

impl Chain {
    /// Connects to `url` (http or https) and reads the chain id.
    ///
    /// # Errors
    /// [`ClientError::Url`] for another scheme, [`ClientError::Rpc`] when nobody answers.
    pub async fn connect(url: &str) -> Result<Self, ClientError> {
        Self::connect_with(url, Patience::default()).await
    }

    /// Like [`Self::connect`], with the caller's patience for every question.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn connect_with(url: &str, patience: Patience) -> Result<Self, ClientError> {
        let refuse = |reason: String| ClientError::Url { url: functions_rpc::shown_text(url), reason };
        let parsed: url::Url = url.parse().map_err(|e: url::ParseError| refuse(e.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(refuse("the scheme must be http or https".to_owned()));
        }
        let local = matches!(parsed.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        let client = functions_trust::http_client().redirect(reqwest::redirect::Policy::none()).build();
        let client = client.map_err(|e| refuse(format!("no HTTP client: {e}")))?;
        let shown = functions_rpc::shown(&parsed);
        let transport = RpcClient::new(Patient::new(client, parsed, patience), local);
        let provider = ProviderBuilder::new().disable_recommended_fillers().connect_client(transport);
        let id = provider.get_chain_id().await.map_err(|source| ClientError::Rpc {
            what: format!("connect to {shown}"),
            source: source.into(),
        })?;
        let poll = Duration::from_millis(if local { 20 } else { 500 });
        Ok(Self { provider, id, poll })
    }

    /// The chain id.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// How often a waiting caller should look again.
    pub const fn poll_interval(&self) -> Duration {
        self.poll
    }

    /// Calls a view of `to` at the latest block.
    ///
    /// # Errors
    /// [`ClientError::Reverted`] with the contract's error, [`ClientError::Answer`] when the answer does not decode.
    pub async fn call<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, ClientError> {
        let request = TransactionRequest::default().with_to(to).with_input(call.abi_encode());
        self.decode::<C>(to, self.provider.call(request).await)
    }

    /// Like [`Self::call`], with `from` as sender.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn call_from<C: SolCall>(
        &self,
        from: Address,
        to: Address,
        call: &C,
    ) -> Result<C::Return, ClientError> {
        let request = TransactionRequest::default().with_from(from).with_to(to).with_input(call.abi_encode());
        self.decode::<C>(to, self.provider.call(request).await)
    }

    /// Like [`Self::call`], as if `code` stood at `at`.
    ///
    /// # Errors
    /// As [`Self::call`]; [`ClientError::Rpc`] also when the endpoint cannot do that.
    pub async fn call_with_code<C: SolCall>(
        &self,
        (to, at, code): (Address, Address, Bytes),
        call: &C,
    ) -> Result<C::Return, ClientError> {
        let request = TransactionRequest::default().with_to(to).with_input(call.abi_encode());
        let there = AccountOverride::default().with_code(code);
        self.decode::<C>(to, self.provider.call(request).account_override(at, there).await)
    }

    pub(crate) fn decode<C: SolCall>(
        &self,
        to: Address,
        answer: Result<Bytes, TransportError>,
    ) -> Result<C::Return, ClientError> {
        let what = C::SIGNATURE;
        let bytes = answer.map_err(|e| ClientError::from_rpc(what, e))?;
        C::abi_decode_returns(&bytes).map_err(|e| ClientError::Answer {
            what: what.to_owned(),
            address: to,
            reason: if bytes.is_empty() {
                "no bytes; is there a contract at this address?".to_owned()
            } else {
                e.to_string()
            },
        })
    }

    /// Sends `call` to `to` from `from` and waits for its receipt.
    ///
    /// # Errors
    /// [`ClientError::Reverted`] when the estimate shows a revert (nothing is sent then), [`ClientError::Failed`] when
    /// the included transaction failed, [`ClientError::NoReceipt`] after two minutes.
    pub async fn send<C: SolCall>(
        &self,
        from: &Account,
        to: Address,
        call: &C,
    ) -> Result<TransactionReceipt, ClientError> {
        let tx = Transaction { to: Some(to), input: call.abi_encode().into(), value: U256::ZERO, gas: None };
        self.transact(from, C::SIGNATURE, tx).await
    }

    /// Sends wei.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn transfer(
        &self,
        from: &Account,
        to: Address,
        wei: U256,
    ) -> Result<TransactionReceipt, ClientError> {
        let tx = Transaction { to: Some(to), input: Bytes::new(), value: wei, gas: None };
        self.transact(from, "transfer ether", tx).await
    }

    /// Sends one transaction and waits for its receipt; `what` names it in errors.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn transact(
        &self,
        from: &Account,
        what: &str,
        tx: Transaction,
    ) -> Result<TransactionReceipt, ClientError> {
        let turn = self.turn(from).await;
        let hash = self.hand_in(from, what, tx.clone()).await?;
        let receipt = self.receipt(what, hash).await?;
        drop(turn);
        if receipt.status() {
            return Ok(receipt);
        }
        let revert = match self.provider.call(self.request(from.address(), &tx)).await {
            Ok(_) => Box::default(),
            Err(e) => match ClientError::from_rpc(what, e) {
                ClientError::Reverted { revert, .. } => revert,
                _ => Box::default(),
            },
        };
        Err(ClientError::Failed { what: what.to_owned(), hash, revert })
    }

    /// Gas that a transaction takes as the chain is now; `what` names it in errors.
    ///
    /// # Errors
    /// [`ClientError::Reverted`] when it would fail.
    pub async fn estimate(&self, from: &Account, what: &str, tx: &Transaction) -> Result<u64, ClientError> {
        let gas = self.provider.estimate_gas(self.request(from.address(), tx)).await;
        gas.map_err(|error| ClientError::from_rpc(what, error))
    }

    /// Gas a transaction is given of which this much is estimated: a fifth on top, as the part paid for calldata moves
    /// with the parent chain's price.
    #[must_use]
    pub const fn limit_of(estimate: u64) -> u64 {
        estimate.saturating_mul(6) / 5
    }

    /// Signs and sends a transaction without waiting; returns its hash.
    ///
    /// # Errors
    /// As [`Self::send`], without the errors of waiting.
    pub async fn submit(&self, from: &Account, what: &str, tx: Transaction) -> Result<B256, ClientError> {
        let _turn = self.turn(from).await;
        self.hand_in(from, what, tx).await
    }

    /// Waits until nobody else sends with this key; none when senders do not take turns.
    async fn turn<'a>(&self, from: &'a Account) -> Option<Turn<'a>> {
        let turns = from.turns()?;
        if turns.is_apart() {
            // Chains of one id, as development chains are, begin with blocks of their own.
            let first = self.provider.get_block(alloy::eips::BlockId::earliest()).await.ok().flatten();
            let hash = first.map_or_else(String::new, |block| format!("-{:x}", block.header.hash));
            turns.meet(from.address(), &format!("{}{hash}", self.id)).await;
        }
        Some(turns.take().await)
    }

    /// [`Self::submit`], by whose turn it is.
    async fn hand_in(&self, from: &Account, what: &str, tx: Transaction) -> Result<B256, ClientError> {
        let rpc = |e| ClientError::from_rpc(what, e);
        let mut request = self.request(from.address(), &tx);
        let gas = match tx.gas {
            Some(gas) => gas,
            None => Self::limit_of(self.estimate(from, what, &tx).await?),
        };
        let price = self.provider.get_gas_price().await.map_err(rpc)?;
        let nonce = match from.next_nonce() {
            Some(nonce) if !from.has_others() => nonce,
            own => {
                let asked = self.provider.get_transaction_count(from.address()).pending().await;
                asked.map_err(rpc)?.max(own.unwrap_or_default())
            }
        };
        request = request
            .with_gas_limit(gas)
            .with_max_fee_per_gas(price.saturating_mul(2))
            .with_max_priority_fee_per_gas(0)
            .with_chain_id(self.id)
            .with_nonce(nonce);
        let raw = from.sign(request).await?;
        match self.provider.send_raw_transaction(&raw).await {
            Ok(pending) => {
                from.set_next_nonce(Some(nonce + 1));
                Ok(*pending.tx_hash())
            }
            Err(e) => {
                from.set_next_nonce(None);
                let hash = keccak256(&raw);
                if !self.is_there(&e, hash).await {
                    return Err(match refusal(&e) {
                        Some(fault) if fault.may_pass() => {
                            ClientError::Unclear { what: what.to_owned(), hash, source: Box::new(e) }
                        }
                        _ => rpc(e),
                    });
                }
                // A refusal is a trouble at the first attempt only: then the transaction that is there is another's.
                // After a lost answer it is ours.
                let is_refused = matches!(refusal(&e), Some(Fault::Rejected { .. }));
                if is_refused && trouble(&e).is_some() {
                    return Err(ClientError::SentByOther { what: what.to_owned(), hash });
                }
                from.set_next_nonce(Some(nonce + 1));
                Ok(hash)
            }
        }
    }

    /// Whether the chain refused a transaction because it has it.
    async fn is_there(&self, error: &TransportError, hash: B256) -> bool {
        let may_be = match refusal(error) {
            Some(Fault::Rejected { why: Rejection::AlreadyKnown, .. }) => return true,
            Some(Fault::Rejected { why: Rejection::NonceTooLow, .. }) => true,
            // One that says nothing was waited for long enough.
            Some(Fault::Silent(_)) | None => false,
            Some(fault) => fault.may_pass(),
        };
        may_be && matches!(self.provider.get_transaction_by_hash(hash).await, Ok(Some(_)))
    }

    fn request(&self, from: Address, tx: &Transaction) -> TransactionRequest {
        TransactionRequest { to: Some(tx.to.map_or(TxKind::Create, TxKind::Call)), ..Default::default() }
            .with_from(from)
            .with_input(tx.input.clone())
            .with_value(tx.value)
    }

    /// Waits for the receipt of a sent transaction.
    ///
    /// # Errors
    /// [`ClientError::NoReceipt`] after two minutes, [`ClientError::Unclear`] when the endpoint fails meanwhile.
    pub async fn receipt(&self, what: &str, hash: B256) -> Result<TransactionReceipt, ClientError> {
        let begin = Instant::now();
        let unclear = |e| ClientError::Unclear { what: what.to_owned(), hash, source: Box::new(e) };
        loop {
            let answer = self.provider.get_transaction_receipt(hash).await;
            if let Some(receipt) = answer.map_err(unclear)? {
                return Ok(receipt);
            }
            if begin.elapsed() > RECEIPT_TIMEOUT {
                let seconds = RECEIPT_TIMEOUT.as_secs();
                return Err(ClientError::NoReceipt { what: what.to_owned(), hash, seconds });
            }
            tokio::time::sleep(self.poll).await;
        }
    }

    /// Ether of an account, in wei.
    ///
    /// # Errors
    /// [`ClientError::Rpc`].
    pub async fn balance(&self, address: Address) -> Result<U256, ClientError> {
        self.provider.get_balance(address).await.map_err(|e| ClientError::from_rpc("eth_getBalance", e))
    }

    /// What the endpoint takes for a usual gas price, in wei.
    ///
    /// # Errors
    /// [`ClientError::Rpc`].
    pub async fn gas_price(&self) -> Result<u128, ClientError> {
        self.provider.get_gas_price().await.map_err(|e| ClientError::from_rpc("eth_gasPrice", e))
    }

    /// Wei that a byte of a transaction costs on the parent chain; zero on a chain that has none.
    ///
    /// # Errors
    /// [`ClientError::Rpc`].
    pub async fn data_price(&self) -> Result<U256, ClientError> {
        match self.call(ARB_GAS_INFO, &ArbGasInfo::getPricesInWeiCall {}).await {
            Err(error) if error.is_no_answer() => Ok(U256::ZERO),
            prices => Ok(prices?.perDataByte),
        }
    }

    /// Code at an address; empty when there is none.
    ///
    /// # Errors
    /// [`ClientError::Rpc`].
    pub async fn code(&self, address: Address) -> Result<Bytes, ClientError> {
        self.provider.get_code_at(address).await.map_err(|e| ClientError::from_rpc("eth_getCode", e))
    }

    /// The latest block's number.
    ///
    /// # Errors
    /// [`ClientError::Rpc`].
    pub async fn block_number(&self) -> Result<u64, ClientError> {
        self.provider.get_block_number().await.map_err(|e| ClientError::from_rpc("eth_blockNumber", e))
    }

    /// The calldata of an included transaction.
    ///
    /// # Errors
    /// [`ClientError::Rpc`]; `None` when the chain does not know it.
    pub async fn calldata(&self, hash: B256) -> Result<Option<Bytes>, ClientError> {
        use alloy::consensus::Transaction as _;
        let answer = self.provider.get_transaction_by_hash(hash).await;
        let tx = answer.map_err(|e| ClientError::from_rpc("eth_getTransactionByHash", e))?;
        Ok(tx.map(|tx| tx.inner.input().clone()))
    }

    /// Signatures under the report a transaction carried; zero when its calldata is no direct `transmit` call.
    ///
    /// # Errors
    /// As [`Self::calldata`].
    pub async fn signatures_in(&self, transaction: B256) -> Result<usize, ClientError> {
        let calldata = self.calldata(transaction).await?.unwrap_or_default();
        Ok(Coordinator::transmitCall::abi_decode(&calldata).map_or(0, |call| call.rs.len()))
    }

    /// Transactions of `address` that are in blocks.
    ///
    /// # Errors
    /// [`ClientError::Rpc`].
    pub async fn nonce(&self, address: Address) -> Result<u64, ClientError> {
        let answer = self.provider.get_transaction_count(address).await;
        answer.map_err(|e| ClientError::from_rpc("eth_getTransactionCount", e))
    }

    /// Moves a development chain's clock forward and mines a block.
    ///
    /// # Errors
    /// [`ClientError::Rpc`], also when the chain is no development chain.
    pub async fn advance_time(&self, seconds: u64) -> Result<(), ClientError> {
        self.cheat("evm_increaseTime", (U256::from(seconds),)).await?;
        self.cheat("evm_mine", ()).await?;
        Ok(())
    }

    /// Calls a method of development chains that changes what no user could. `params` serialise to an array or to
    /// nothing.
    ///
    /// # Errors
    /// [`ClientError::Rpc`], also when the chain is no development chain.
    ///
    /// # Panics
    /// When `params` have no JSON.
    pub async fn cheat(
        &self,
        method: &'static str,
        params: impl serde::Serialize,
    ) -> Result<serde_json::Value, ClientError> {
        let params = serde_json::json!(params);
        let params = if params.is_null() { serde_json::json!([]) } else { params };
        let answer = self.provider.raw_request(method.into(), params).await;
        answer.map_err(|e| ClientError::from_rpc(method, e))
    }

    /// Timestamp of the latest block, unix seconds.
    ///
    /// # Errors
    /// [`ClientError::Rpc`].
    pub async fn now(&self) -> Result<u64, ClientError> {
        let answer = self.provider.get_block(alloy::eips::BlockId::latest()).await;
        let block = answer.map_err(|e| ClientError::from_rpc("eth_getBlockByNumber", e))?;
        Ok(block.map_or(0, |b| b.header.timestamp))
    }

    pub(crate) const fn provider(&self) -> &RootProvider {
        &self.provider
    }
}

/// What became of handing a transaction in, when the endpoint's answer is the error.
fn refusal(error: &TransportError) -> Option<Fault> {
    match trouble(error) {
        Some(trouble) => Some(trouble.fault.clone()),
        None => {
            let refusal = error.as_error_resp()?;
            Some(of_error("eth_sendRawTransaction", refusal.code, &refusal.message, None))
        }
    }
}
