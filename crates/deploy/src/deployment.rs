//! The deployment itself, step by step; a step whose result stands already is skipped.

use alloy::primitives::{Address, Bytes, I256, U256};
use alloy::sol_types::SolCall;
use functions_client::abi::{AllowListConfig, Constructors};
use functions_client::{Account, Addresses, Chain, Contracts, stylus};
use functions_failure::{Result, WrapErr as _, failure};

use crate::Say;
use crate::book::{Book, Entries};
use crate::existing;
use crate::oracles::Don;
use crate::plan::{Plan, Source};
use crate::programs::{CONTRACTS, Programs};
use crate::settings;

/// What the Router does once the allow list is installed.
const ASKED: &str = "the Router asks the allow list";

/// One run of the deployment.
pub struct Deployment<'a> {
    /// Where to.
    pub chain: &'a Chain,
    /// Who pays and owns.
    pub owner: &'a Account,
    /// What.
    pub plan: &'a Plan,
    /// The contracts.
    pub programs: &'a Programs,
    /// Told each step.
    pub say: Say<'a>,
}

impl Deployment<'_> {
    /// Deploys and configures everything the book lacks.
    ///
    /// # Errors
    /// What the chain refused, or a contract of the plan or the book that is not there; what was done before is in the
    /// book.
    pub async fn run(&self, book: &mut Book) -> Result<Contracts> {
        let owner = self.owner.address();
        existing::check(self.chain, self.plan, book.entries()).await?;
        if book.entries().start_block.is_none() {
            let block = self.chain.block_number().await?;
            book.note(|e| e.start_block = Some(block))?;
        }

        let link = match self.plan.link {
            Source::Existing(address) => self.existing(book, "LINK token", address, |e| &mut e.link).await?,
            Source::Deploy(supply) => {
                let call = Constructors::linkTokenCall { owner, supply };
                self.program(book, "link_token", arguments(&call), |e| &mut e.link).await?
            }
        };
        let native = self
            .feed(book, existing::NATIVE_DECIMALS, self.plan.link_to_native_feed, |e| {
                &mut e.link_to_native_feed
            })
            .await?;
        let usd = self
            .feed(book, existing::USD_DECIMALS, self.plan.link_to_usd_feed, |e| &mut e.link_to_usd_feed)
            .await?;

        let call = Constructors::routerCall { owner, link, config: self.plan.router.clone() };
        let router = self.program(book, "router", arguments(&call), |e| &mut e.router).await?;
        let call = Constructors::coordinatorCall {
            owner,
            router,
            config: self.plan.billing.clone(),
            linkToNativeFeed: native,
            linkToUsdFeed: usd,
        };
        let coordinator = self.program(book, "coordinator", arguments(&call), |e| &mut e.coordinator).await?;
        if self.plan.consumer {
            let call = Constructors::consumerExampleCall { owner, router };
            self.program(book, "consumer_example", arguments(&call), |e| &mut e.consumer).await?;
        }

        let contracts = Contracts::new(self.chain.clone(), Addresses { link, router, coordinator });
        let entries = book.entries();
        for change in settings::changes(self.chain, self.plan, entries).await? {
            change.send(self.chain, self.owner).await?;
            (self.say)(&format!("{} now", change.words));
        }
        self.route(book, &contracts).await?;
        if let Some(config) = &self.plan.allow_list {
            self.allow_list(book, &contracts, config).await?;
        }
        if let Some(don) = &self.plan.don {
            self.configure(book, &contracts, don).await?;
        }
        Ok(contracts)
    }

    /// What [`Self::run`] would do, sending nothing: told as its steps are.
    ///
    /// # Errors
    /// What the endpoint refused.
    pub async fn rehearse(&self, entries: &Entries) -> Result<()> {
        existing::check(self.chain, self.plan, entries).await?;
        for name in CONTRACTS.into_iter().filter(|name| self.plan.wants(name)) {
            if let Some(address) = entries.contract(name) {
                (self.say)(&format!("{name} stands at {address}"));
                continue;
            }
            let program = self.programs.get(name).await?;
            let fee = stylus::quote_data_fee(self.chain, &program).await?;
            (self.say)(&format!(
                "{name}: {} bytes, {} on chain, activation costs {fee} wei",
                program.wasm_bytes(),
                program.runtime().len()
            ));
        }
        let would = |words: &str| (self.say)(&format!("{words}, when this is run without --dry-run"));
        for change in settings::changes(self.chain, self.plan, entries).await? {
            would(change.words);
        }
        let (Some(link), Some(router), Some(coordinator)) =
            (entries.link, entries.router, entries.coordinator)
        else {
            return Ok(());
        };
        let contracts = Contracts::new(self.chain.clone(), Addresses { link, router, coordinator });
        if contracts.route(self.plan.don_id).await? != Some(coordinator) {
            would(&self.routed());
        }
        if self.plan.allow_list.is_some() && contracts.allow_list().await? != entries.allow_list {
            would(ASKED);
        }
        if let Some(don) = &self.plan.don
            && contracts.config_in_force(&don.oracle_config()?).await?.is_none()
        {
            would(&configured(don));
        }
        Ok(())
    }

    fn routed(&self) -> String {
        format!("route {} leads to the Coordinator", self.plan.don_id)
    }

    async fn route(&self, book: &mut Book, contracts: &Contracts) -> Result<()> {
        let don = self.plan.don_id;
        let what = || format!("route {don} to the Coordinator");
        if contracts.route(don).await.wrap_err_with(what)? != Some(contracts.addresses.coordinator) {
            contracts.set_route(self.owner, don).await.wrap_err_with(what)?;
            (self.say)(&self.routed());
        }
        book.note(|e| e.don_id = Some(don.to_string()))
    }

    /// Deploys the allow list and has the Router ask it, unless it does.
    async fn allow_list(
        &self,
        book: &mut Book,
        contracts: &Contracts,
        config: &AllowListConfig,
    ) -> Result<()> {
        let call = Constructors::allowListCall {
            owner: self.owner.address(),
            config: config.clone(),
            initialAllowedSenders: vec![],
            initialBlockedSenders: vec![],
        };
        let list = self.program(book, "allow_list", arguments(&call), |e| &mut e.allow_list).await?;
        let what = "have the Router ask the allow list";
        if contracts.allow_list().await.wrap_err(what)? != Some(list) {
            contracts.set_allow_list(self.owner, list).await.wrap_err(what)?;
            (self.say)(ASKED);
        }
        Ok(())
    }

    /// Installs the oracle set, unless it is in force.
    async fn configure(&self, book: &mut Book, contracts: &Contracts, don: &Don) -> Result<()> {
        let config = don.oracle_config()?;
        let what = "set the oracle configuration";
        if let Some(digest) = contracts.config_in_force(&config).await.wrap_err(what)? {
            return book.note(|e| e.config_digest = Some(digest));
        }
        let digest = contracts.set_config(self.owner, &config).await.wrap_err(what)?;
        (self.say)(&configured(don));
        book.note(|e| e.config_digest = Some(digest))
    }

    async fn feed(
        &self,
        book: &mut Book,
        decimals: u8,
        source: Source<I256>,
        entry: fn(&mut Entries) -> &mut Option<Address>,
    ) -> Result<Address> {
        match source {
            Source::Existing(address) => self.existing(book, "price feed", address, entry).await,
            Source::Deploy(answer) => {
                let call = Constructors::priceFeedCall { owner: self.owner.address(), decimals, answer };
                self.program(book, "price_feed", arguments(&call), entry).await
            }
        }
    }

    async fn existing(
        &self,
        book: &mut Book,
        what: &str,
        address: Address,
        entry: fn(&mut Entries) -> &mut Option<Address>,
    ) -> Result<Address> {
        if self.chain.code(address).await?.is_empty() {
            return Err(failure!(
                help = "correct its address in the configuration or in the addresses file, or name another endpoint",
                "the {what} {address} has no code on chain {}",
                self.chain.id()
            ));
        }
        book.note(|e| *entry(e) = Some(address))?;
        Ok(address)
    }

    async fn program(
        &self,
        book: &mut Book,
        name: &'static str,
        arguments: Bytes,
        entry: fn(&mut Entries) -> &mut Option<Address>,
    ) -> Result<Address> {
        let mut known = book.entries().clone();
        if let Some(address) = *entry(&mut known) {
            return self.existing(book, name, address, entry).await;
        }
        let program = self.programs.get(name).await?;
        let deployed =
            stylus::deploy(self.chain, self.owner, self.plan.stylus_deployer, &program, &arguments).await?;
        book.note(|e| *entry(e) = Some(deployed.address))?;
        (self.say)(&format!(
            "{name} at {} ({} bytes on chain, {} gas, data fee {} gwei)",
            deployed.address,
            program.runtime().len(),
            deployed.gas_used,
            deployed.data_fee_wei / U256::from(1_000_000_000)
        ));
        Ok(deployed.address)
    }
}

fn configured(don: &Don) -> String {
    format!("oracle configuration of {} members, f = {}", don.oracles.len(), don.f)
}

/// The ABI-encoded arguments of a constructor, without a selector.
pub fn arguments(call: &impl SolCall) -> Bytes {
    call.abi_encode().split_off(4).into()
}
