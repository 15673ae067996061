//! A transmitter's account on the chain: what it has and what it sends.

use std::time::Duration;

use alloy::{
    consensus::{TxEip1559, TxEnvelope, TypedTransaction},
    eips::eip2718::Encodable2718,
    network::{Ethereum, EthereumWallet, NetworkWallet},
    primitives::{Address, B256, Bytes, TxKind, U64, U256, aliases::U96},
    rpc::types::Log,
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
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Mined {
    pub(super) transaction_hash: B256,
    pub(super) status: U64,
    pub(super) logs: Vec<Log>,
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
        Ok(self.rpc.call("eth_getBalance", (self.address, "latest")).await?)
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
        match self.rpc.eth_call(&request).await {
            Ok(_) => Ok(true),
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
        let call = Coordinator::oracleWithdrawCall { recipient: to, amount: U96::from(juels) };
        let mined = self.send(coordinator, call.abi_encode().into(), U256::ZERO).await?;
        let paid = mined
            .logs
            .iter()
            .filter_map(|log| Link::Transfer_0::decode_log(&log.inner).ok())
            .find(|transfer| transfer.data.to == to)
            .map(|transfer| transfer.data.value);
        let paid =
            paid.ok_or_else(|| eyre!("transaction {} moved no LINK to {to}", mined.transaction_hash))?;
        Ok((paid, mined.transaction_hash))
    }

    /// Moves LINK this account holds.
    pub(super) async fn move_link(&self, link: Address, to: Address, juels: U256) -> Result<B256> {
        let call = Link::transferCall { to, amount: juels };
        Ok(self.send(link, call.abi_encode().into(), U256::ZERO).await?.transaction_hash)
    }

    /// Wei that can be moved to `to` when the price of moving them is kept back; zero when nothing is left.
    pub(super) async fn movable_wei(&self, to: Address) -> Result<U256> {
        let balance = self.ether_wei().await?;
        let price = U256::from(self.max_fee_wei().await?);
        // Estimated with one wei, for an estimate with all of it fails where the price must be covered too.
        let gas = self.gas(to, &Bytes::new(), U256::from(1)).await.unwrap_or(21_000);
        Ok(balance.saturating_sub(price * U256::from(gas)))
    }

    /// Sends a transaction and waits until it is mined.
    pub(super) async fn send(&self, to: Address, input: Bytes, value: U256) -> Result<Mined> {
        let max_fee_wei = self.max_fee_wei().await?;
        let gas_limit = self.gas(to, &input, value).await.wrap_err("the transaction would fail")?;
        let cost = U256::from(max_fee_wei) * U256::from(gas_limit) + value;
        let balance = self.ether_wei().await?;
        if balance < cost {
            bail!(
                "{} has {} ether and may need {} for the transaction; send it some",
                self.address,
                super::amount::show(balance),
                super::amount::show(cost)
            );
        }
        let transaction = TypedTransaction::Eip1559(TxEip1559 {
            chain_id: self.chain_id,
            nonce: self.rpc.nonce(self.address, "pending").await?,
            gas_limit,
            max_fee_per_gas: max_fee_wei,
            max_priority_fee_per_gas: 0,
            to: TxKind::Call(to),
            value,
            access_list: Default::default(),
            input,
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

    async fn mined(&self, hash: B256) -> Result<Mined> {
        loop {
            if let Some(mined) = self.rpc.call("eth_getTransactionReceipt", (hash,)).await? {
                return Ok(mined);
            }
            sleep(RECEIPT_PAUSE).await;
        }
    }

    /// Twice the price of the newest block.
    async fn max_fee_wei(&self) -> Result<u128> {
        let price: U256 = self.rpc.call("eth_gasPrice", ()).await?;
        Ok(u128::try_from(price).unwrap_or(u128::MAX / 2).saturating_mul(2).max(1))
    }

    /// The estimate and a fifth.
    async fn gas(&self, to: Address, input: &Bytes, value: U256) -> Result<u64> {
        let call = json!({ "from": self.address, "to": to, "data": input, "value": format!("{value:#x}") });
        let gas: U64 = self.rpc.call("eth_estimateGas", (call,)).await?;
        Ok(gas.to::<u64>().saturating_mul(6) / 5)
    }
}
