//! The contracts of one deployment, and what owners and operators do with them.

use alloy::primitives::aliases::U96;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::rpc::types::TransactionReceipt;
use functions_report::digest::OcrConfig;
use functions_types::abi::{Coordinator, Router, Subscription};
use functions_types::{DonId, Juels, SubscriptionId, word};
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::chain::Chain;
use crate::error::ClientError;
use crate::subscriptions::Subscriptions;

/// Where the contracts of one deployment are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// The LINK token.
    pub link: Address,
    /// The Router.
    pub router: Address,
    /// The Coordinator.
    pub coordinator: Address,
}

/// A deployment on a chain.
#[derive(Clone, Debug)]
pub struct Contracts {
    /// The chain.
    pub chain: Chain,
    /// The contracts.
    pub addresses: Addresses,
}

/// One OCR configuration of the Coordinator.
#[derive(Clone, Debug)]
pub struct OracleConfig {
    /// Addresses that sign reports, in oracle order.
    pub signers: Vec<Address>,
    /// Addresses that transmit, in the same order.
    pub transmitters: Vec<Address>,
    /// Faulty oracles tolerated; `signers.len() > 3 * f`.
    pub f: u8,
    /// Version of the off-chain part.
    pub offchain_version: u64,
    /// The off-chain part, opaque to the contract.
    pub offchain: Bytes,
}

/// Juels of a 96-bit number of the wire.
pub(crate) fn juels(value: U96) -> Juels {
    Juels::new(value.to::<u128>()).expect("a uint96 fits")
}

impl Contracts {
    /// A deployment at known addresses.
    pub const fn new(chain: Chain, addresses: Addresses) -> Self {
        Self { chain, addresses }
    }

    // ---- subscriptions ----

    /// The Router's subscriptions.
    pub const fn subscriptions(&self) -> Subscriptions<'_> {
        Subscriptions { chain: &self.chain, router: self.addresses.router }
    }

    /// Opens a subscription owned by `owner`, empty, with one consumer.
    ///
    /// # Errors
    /// As [`Subscriptions::create`].
    pub async fn create_subscription(
        &self,
        owner: &Account,
        consumer: Address,
    ) -> Result<SubscriptionId, ClientError> {
        self.subscriptions().create(owner, Some(consumer)).await
    }

    /// Allows `consumer` to spend from a subscription.
    ///
    /// # Errors
    /// As [`Subscriptions::add_consumer`].
    pub async fn add_consumer(
        &self,
        owner: &Account,
        id: SubscriptionId,
        consumer: Address,
    ) -> Result<TransactionReceipt, ClientError> {
        self.subscriptions().add_consumer(owner, id, consumer).await
    }

    /// Moves LINK from `payer` into a subscription.
    ///
    /// # Errors
    /// As [`Subscriptions::fund`].
    pub async fn fund_subscription(
        &self,
        payer: &Account,
        id: SubscriptionId,
        amount: Juels,
    ) -> Result<TransactionReceipt, ClientError> {
        self.subscriptions().fund(payer, self.addresses.link, id, amount).await
    }

    /// Lets a subscription ask for callbacks of a higher gas tier; the Router's owner decides.
    ///
    /// # Errors
    /// As [`Chain::send`].
    pub async fn set_callback_tier(
        &self,
        router_owner: &Account,
        id: SubscriptionId,
        tier: u8,
    ) -> Result<TransactionReceipt, ClientError> {
        let mut flags = B256::ZERO;
        flags[0] = tier; // the first byte of the flags is the tier
        let call = Router::setFlagsCall { subscriptionId: id.0, flags };
        self.chain.send(router_owner, self.addresses.router, &call).await
    }

    /// A subscription as the Router keeps it.
    ///
    /// # Errors
    /// As [`Subscriptions::get`].
    pub async fn subscription(&self, id: SubscriptionId) -> Result<Subscription, ClientError> {
        self.subscriptions().get(id).await
    }

    /// Juels a request would reserve at `gas_price_wei`.
    ///
    /// # Errors
    /// `GasLimitTooBig` and others of the Coordinator's view, otherwise as [`Chain::call`].
    pub async fn estimate_cost(
        &self,
        id: SubscriptionId,
        callback_gas_limit: u32,
        gas_price_wei: u128,
    ) -> Result<Juels, ClientError> {
        let call = Coordinator::estimateCostCall {
            subscriptionId: id.0,
            data: Bytes::new(),
            callbackGasLimit: callback_gas_limit,
            gasPriceWei: U256::from(gas_price_wei),
        };
        Ok(juels(self.chain.call(self.addresses.coordinator, &call).await?))
    }

    // ---- operation ----

    /// Installs an OCR configuration.
    ///
    /// # Errors
    /// `InvalidConfig` with the reason, otherwise as [`Chain::send`].
    pub async fn set_config(&self, owner: &Account, config: &OracleConfig) -> Result<B256, ClientError> {
        let call = Coordinator::setConfigCall {
            _signers: config.signers.clone(),
            _transmitters: config.transmitters.clone(),
            _f: config.f,
            _onchainConfig: Bytes::new(),
            _offchainConfigVersion: config.offchain_version,
            _offchainConfig: config.offchain.clone(),
        };
        let coordinator = self.addresses.coordinator;
        let receipt = self.chain.send(owner, coordinator, &call).await?;
        let event: Coordinator::ConfigSet =
            Chain::event_in(&receipt, coordinator, "set the oracle configuration", "ConfigSet")?;
        Ok(event.configDigest)
    }

    /// Gas of the overhead that the entries of one report share; `None` for a Coordinator that does not know of it.
    ///
    /// # Errors
    /// As [`Chain::call`].
    pub async fn shared_overhead(&self) -> Result<Option<u32>, ClientError> {
        match self.chain.call(self.addresses.coordinator, &Coordinator::getSharedOverheadCall {}).await {
            Ok(gas) => Ok(Some(gas)),
            Err(error) if error.is_no_answer() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sets the gas of the overhead that the entries of one report share.
    ///
    /// # Errors
    /// As [`Chain::send`].
    pub async fn set_shared_overhead(
        &self,
        owner: &Account,
        gas: u32,
    ) -> Result<TransactionReceipt, ClientError> {
        let call = Coordinator::setSharedOverheadCall { sharedOverheadGas: gas };
        self.chain.send(owner, self.addresses.coordinator, &call).await
    }

    /// The Coordinator that serves a DON now, if any.
    ///
    /// # Errors
    /// As [`Chain::call`].
    pub async fn route(&self, don: DonId) -> Result<Option<Address>, ClientError> {
        self.contract_by_id(don.0).await
    }

    /// The allow list the Router asks, if any.
    ///
    /// # Errors
    /// As [`Chain::call`].
    pub async fn allow_list(&self) -> Result<Option<Address>, ClientError> {
        let id = self.chain.call(self.addresses.router, &Router::getAllowListIdCall {}).await?;
        self.contract_by_id(id).await
    }

    async fn contract_by_id(&self, id: B256) -> Result<Option<Address>, ClientError> {
        match self.chain.call(self.addresses.router, &Router::getContractByIdCall { id }).await {
            Ok(address) => Ok(Some(address)),
            Err(e) if e.revert().and_then(|r| r.name()) == Some("RouteNotFound") => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Routes a DON's requests to the Coordinator: proposes, then updates.
    ///
    /// # Errors
    /// As [`Chain::send`].
    pub async fn set_route(&self, owner: &Account, don: DonId) -> Result<(), ClientError> {
        self.install(owner, don.0, self.addresses.coordinator).await
    }

    /// Has the Router ask an allow list from now on: nobody manages a subscription without accepting its terms of
    /// service.
    ///
    /// # Errors
    /// As [`Chain::send`].
    pub async fn set_allow_list(&self, owner: &Account, list: Address) -> Result<(), ClientError> {
        let id = self.chain.call(self.addresses.router, &Router::getAllowListIdCall {}).await?;
        self.install(owner, id, list).await
    }

    async fn install(&self, owner: &Account, id: B256, contract: Address) -> Result<(), ClientError> {
        let router = self.addresses.router;
        let proposal = Router::proposeContractsUpdateCall {
            proposedContractSetIds: vec![id],
            proposedContractSetAddresses: vec![contract],
        };
        self.chain.send(owner, router, &proposal).await?;
        self.chain.send(owner, router, &Router::updateContractsCall {}).await?;
        Ok(())
    }

    /// The digest in force when it is that of exactly this configuration.
    ///
    /// # Errors
    /// As [`Chain::call`].
    pub async fn config_in_force(&self, config: &OracleConfig) -> Result<Option<B256>, ClientError> {
        let coordinator = self.addresses.coordinator;
        let latest = self.chain.call(coordinator, &Coordinator::latestConfigDetailsCall {}).await?;
        let digest = config.digest(self.chain.id(), coordinator, latest.configCount.into());
        Ok((latest.configDigest == digest).then_some(digest))
    }
}

impl OracleConfig {
    /// The digest `setConfig` gives this configuration as the `count`th of `coordinator`.
    pub fn digest(&self, chain_id: u64, coordinator: Address, count: u64) -> B256 {
        let words = |all: &[Address]| all.iter().copied().map(word::from_address).collect::<Vec<_>>();
        OcrConfig {
            signers: &words(&self.signers),
            transmitters: &words(&self.transmitters),
            f: self.f,
            onchain_config: &[],
            offchain_config_version: self.offchain_version,
            offchain_config: &self.offchain,
        }
        .digest(chain_id, coordinator, count)
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::{address, b256};

    use super::*;

    #[test]
    fn digest_is_the_one_measured_on_the_reference() {
        let config = OracleConfig {
            signers: vec![
                address!("15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
                address!("9965507D1a55bcC2695C58ba16FB37d819B0A4dc"),
                address!("976EA74026E726554dB657fA54763abd0C3a0aa9"),
                address!("14dC79964da2C08b23698B3D3cc7Ca32193d9955"),
            ],
            transmitters: vec![
                address!("23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"),
                address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720"),
                address!("Bcd4042DE499D14e55001CcbB24a551F3b954096"),
                address!("71bE63f3384f5fb98995898A86B02Fb2426c5788"),
            ],
            f: 1,
            offchain_version: 1,
            offchain: Bytes::new(),
        };
        assert_eq!(
            config.digest(421_614, address!("0165878A594ca255338adfa4d48449f69242Eb8F"), 1),
            b256!("0001dd06b0bb5f3224fa2a99d103e72e1b1442c2fd417d6e2a641e9f3da16069")
        );
    }
}
