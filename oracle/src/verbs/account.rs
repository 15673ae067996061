//! A transmitter's account on the chain: what it has and what it sends.

use std::time::Duration;

use alloy::{
    consensus::{TxEip1559, TxEnvelope, TypedTransaction},
    eips::eip2718::Encodable2718,
    network::{Ethereum, EthereumWallet, NetworkWallet},
    primitives::{Address, B256, Bytes, Log, TxKind, U64, U256, aliases::U96},
    sol_types::{SolCall, SolError, SolEvent},
};
use eyre::{Result, WrapErr, bail, eyre};
use functions_types::abi::{Coordinator, Link};
use serde::Deserialize;
use serde_json::json;
use tokio::time::sleep;

use crate::chain::{CallRequest, Reach, Rpc, RpcFailure};

/// Time a transaction may take to be mined.
const RECEIPT_PATIENCE: Duration = Duration::from_secs(120);
/// Pause between two questions for it.
const RECEIPT_PAUSE: Duration = Duration::from_millis(250);

/// A mined transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Mined {
    pub(super) transaction_hash: B256,
    pub(super) status: U64,
    logs: Vec<Emitted>,
}

/// An event of it, without what not every endpoint tells of a log.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
struct Emitted {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
}

impl Emitted {
    /// The LINK that moved to `to`, in juels.
    fn moved_to(&self, to: Address) -> Option<U256> {
        let log = Log::new(self.address, self.topics.clone(), self.data.clone())?;
        let transfer = Link::Transfer_0::decode_log(&log).ok()?;
        (transfer.data.to == to).then_some(transfer.data.value)
    }
}

/// What a transaction does.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) to: Address,
    pub(super) input: Bytes,
    pub(super) wei: U256,
}

impl Call {
    /// Withdraws juels (zero: all) that a coordinator owes the sender.
    pub(super) fn withdrawal(coordinator: Address, to: Address, juels: U256) -> Self {
        let call = Coordinator::oracleWithdrawCall { recipient: to, amount: U96::from(juels) };
        Self { to: coordinator, input: call.abi_encode().into(), wei: U256::ZERO }
    }

    /// Moves LINK the sender holds.
    pub(super) fn link(token: Address, to: Address, juels: U256) -> Self {
        let call = Link::transferCall { to, amount: juels };
        Self { to: token, input: call.abi_encode().into(), wei: U256::ZERO }
    }

    /// Moves ether.
    pub(super) fn ether(to: Address, wei: U256) -> Self {
        Self { to, input: Bytes::new(), wei }
    }
}

/// One account.
pub(super) struct Account<'a> {
    pub(super) rpc: &'a Rpc,
    pub(super) chain_id: u64,
    pub(super) address: Address,
    pub(super) wallet: EthereumWallet,
}

impl Account<'_> {
    pub(super) async fn ether_wei(&self) -> Result<U256> {
        Ok(self.rpc.balance(self.address).await?)
    }

    pub(super) async fn link_juels(&self, link: Address) -> Result<U256> {
        let call = Link::balanceOfCall { account: self.address };
        crate::chain::view(self.rpc, link, call).await.wrap_err("the LINK token's balance")
    }

    /// Juels this account could withdraw from a coordinator now, its share of the DON's fees included.
    ///
    /// The coordinator has no view of it, so its answers to withdrawals are asked for, which change nothing.
    pub(super) async fn earned_juels(&self, coordinator: Address) -> Result<U256> {
        let most = U256::from(U96::MAX);
        if !self.could_withdraw(coordinator, U256::from(1)).await? {
            return Ok(U256::ZERO);
        }
        // It can withdraw `low`, and not `high`.
        let (mut low, mut high): (U256, U256) = (U256::from(1), U256::from(1u64 << 60));
        while high < most && self.could_withdraw(coordinator, high).await? {
            low = high;
            high = high.saturating_mul(U256::from(64)).min(most);
        }
        while high - low > U256::from(1) {
            let middle = low + (high - low) / U256::from(2);
            if self.could_withdraw(coordinator, middle).await? { low = middle } else { high = middle }
        }
        Ok(low)
    }

    async fn could_withdraw(&self, coordinator: Address, juels: U256) -> Result<bool> {
        let call = Coordinator::oracleWithdrawCall { recipient: self.address, amount: U96::from(juels) };
        let request = CallRequest {
            from: self.address,
            to: coordinator,
            data: call.abi_encode().into(),
            gas: None,
            gas_price_wei: None,
        };
        match self.rpc.agreed_answer(&request, |_| ()).await {
            Ok(()) => Ok(true),
            Err(RpcFailure::Reverted { data, .. })
                if data.starts_with(&Coordinator::InsufficientBalance::SELECTOR) =>
            {
                Ok(false)
            }
            Err(RpcFailure::Reverted { data, .. })
                if data.starts_with(&Coordinator::NoTransmittersSet::SELECTOR) =>
            {
                bail!(
                    "the coordinator {coordinator} has no configuration; nothing can be withdrawn before it has one"
                )
            }
            Err(RpcFailure::Reverted { message, data }) => {
                let words = alloy::sol_types::decode_revert_reason(&data).unwrap_or(message);
                bail!("the coordinator {coordinator} refuses withdrawals: {words}")
            }
            Err(err) => Err(err.into()),
        }
    }

    /// Withdraws juels (zero: all) to `to`; what the Router paid out, and the transaction.
    pub(super) async fn withdraw(
        &self,
        coordinator: Address,
        to: Address,
        juels: U256,
    ) -> Result<(U256, B256)> {
        let mined = self.send(&Call::withdrawal(coordinator, to, juels)).await?;
        let paid = mined.logs.iter().find_map(|log| log.moved_to(to));
        let paid =
            paid.ok_or_else(|| eyre!("transaction {} moved no LINK to {to}", mined.transaction_hash))?;
        Ok((paid, mined.transaction_hash))
    }

    /// Wei that can be moved to `to` when the price of moving them is kept back; zero when nothing is left.
    pub(super) async fn movable_wei(&self, to: Address) -> Result<U256> {
        let balance = self.ether_wei().await?;
        let price = U256::from(self.max_fee_wei().await?);
        // Estimated with one wei, for an estimate with all of it fails where the price must be covered too.
        let gas = match self.gas(&Call::ether(to, U256::from(1))).await {
            Err(RpcFailure::Reverted { message, .. }) => {
                bail!(
                    "{to} is a contract that takes no ether ({message}); leave --ether out, or give the address of an account"
                )
            }
            gas => gas.unwrap_or(21_000),
        };
        Ok(balance.saturating_sub(price * U256::from(gas)))
    }

    /// Looks whether all of these can be sent, one after the other, as the chain is now.
    pub(super) async fn can_send(&self, calls: &[Call]) -> Result<()> {
        let max_fee_wei = U256::from(self.max_fee_wei().await?);
        let mut cost = U256::ZERO;
        for call in calls {
            let gas = self.gas(call).await.wrap_err("the transaction would fail")?;
            cost = cost.saturating_add(max_fee_wei.saturating_mul(U256::from(gas))).saturating_add(call.wei);
        }
        self.can_pay(cost).await
    }

    async fn can_pay(&self, cost: U256) -> Result<()> {
        let balance = self.ether_wei().await?;
        if balance < cost {
            bail!(
                "{} has {} ether and may need {} for what it is to send; send it some, or name another with --transmitter",
                self.address,
                super::amount::show(balance),
                super::amount::show(cost)
            );
        }
        Ok(())
    }

    /// Sends a transaction and waits until it is mined.
    pub(super) async fn send(&self, call: &Call) -> Result<Mined> {
        let max_fee_wei = self.max_fee_wei().await?;
        let gas_limit = self.gas(call).await.wrap_err("the transaction would fail")?;
        self.can_pay(U256::from(max_fee_wei) * U256::from(gas_limit) + call.wei).await?;
        let transaction = TypedTransaction::Eip1559(TxEip1559 {
            chain_id: self.chain_id,
            nonce: self.rpc.nonce(self.address, "pending").await?,
            gas_limit,
            max_fee_per_gas: max_fee_wei,
            max_priority_fee_per_gas: 0,
            to: TxKind::Call(call.to),
            value: call.wei,
            access_list: Default::default(),
            input: call.input.clone(),
        });
        let signed: TxEnvelope = NetworkWallet::<Ethereum>::sign_transaction(&self.wallet, transaction)
            .await
            .wrap_err("the transmitter key did not sign")?;
        let hash = *signed.tx_hash();
        match self.rpc.send_raw(&signed.encoded_2718().into(), Reach::First).await {
            Err(err) if err.is_transient() => {
                bail!("transaction {hash} may be on its way; look for it before trying again: {err}")
            }
            taken => taken.wrap_err("the transaction was not taken")?,
        }
        let mined = tokio::time::timeout(RECEIPT_PATIENCE, self.mined(hash)).await.map_err(|_| {
            eyre!(
                "transaction {hash} is not mined after {} s; look for it before trying again",
                RECEIPT_PATIENCE.as_secs()
            )
        })??;
        if mined.status.is_zero() {
            bail!("transaction {hash} was mined and failed");
        }
        Ok(mined)
    }

    async fn mined(&self, hash: B256) -> Result<Mined, RpcFailure> {
        loop {
            match self.rpc.agreed_value("eth_getTransactionReceipt", json!([hash])).await {
                Ok(Some(mined)) => return Ok(mined),
                Ok(None) => {}
                // It was sent: trouble of the endpoints, or one that lags, is waited out.
                Err(err) if err.is_transient() => {}
                Err(err) => return Err(err),
            }
            sleep(RECEIPT_PAUSE).await;
        }
    }

    /// Twice the price of the newest block.
    async fn max_fee_wei(&self) -> Result<u128> {
        let price: U256 = self.rpc.reached("eth_gasPrice", json!([])).await?;
        Ok(u128::try_from(price).unwrap_or(u128::MAX / 2).saturating_mul(2).max(1))
    }

    /// The estimate and a fifth.
    async fn gas(&self, call: &Call) -> Result<u64, RpcFailure> {
        let (from, value) = (self.address, format!("{:#x}", call.wei));
        let call = json!({ "from": from, "to": call.to, "data": call.input, "value": value });
        let gas: U64 = self.rpc.reached("eth_estimateGas", json!([call])).await?;
        Ok(gas.to::<u64>().saturating_mul(6) / 5)
    }
}
