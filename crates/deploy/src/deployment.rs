//! The deployment itself, step by step; a step whose result stands already is skipped.

use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::SolCall;
use functions_client::abi::Constructors;
use functions_client::chain::Transaction;
use functions_client::{Account, Chain, Contracts, stylus};
use functions_failure::{Result, WrapErr as _, failure};

use crate::Say;
use crate::book::{Book, Entries};
use crate::contract::Contract;
use crate::cost::Bill;
use crate::existing::{self, NATIVE_DECIMALS, USD_DECIMALS};
use crate::found::{Found, contracts};
use crate::halt::{Halt, Place, UNSENT};
use crate::plan::{Plan, Source};
use crate::programs::Programs;
use crate::steps::{Step, steps};
use crate::wiring;

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

/// What was found, and what is to be done about it.
struct Way {
    /// What stands, with what the plan names.
    entries: Entries,
    found: Found,
    steps: Vec<Step>,
    bill: Bill,
}

impl Deployment<'_> {
    /// Deploys and configures everything the book lacks.
    ///
    /// # Errors
    /// What the chain refused, contracts of the plan or the book that are not there or do not belong together, and an
    /// owner who cannot pay or does not own them; what was done before is in the book.
    pub async fn run(&self, book: &mut Book) -> Result<Contracts> {
        let Way { found, steps, .. } = self.begin(book).await.wrap_err(UNSENT)?;
        for (done, step) in steps.iter().enumerate() {
            if let Err(halt) = self.take(step, book).await {
                let (words, is_one) = (&step.words(self.plan)[..], step.is_one());
                return Err(halt.at(&Place { words, done, all: steps.len(), is_one, file: book.file() }));
            }
        }
        let all = steps.len();
        book.note(|known| {
            known.don_id = Some(self.plan.don_id.to_string());
            known.config_digest = found.digest.or(known.config_digest);
        })
        .wrap_err_with(|| format!("{all} of {all} steps are done"))?;
        Ok(contracts(self.chain, book.entries()))
    }

    /// What [`Self::run`] would do and cost, sending nothing: told as its steps are.
    ///
    /// # Errors
    /// What [`Self::run`] would refuse before it sends.
    pub async fn rehearse(&self, entries: &Entries) -> Result<()> {
        let Way { entries, steps, bill, .. } = self.way(entries).await?;
        for contract in Contract::ALL {
            if let Some(address) = contract.at(&entries) {
                (self.say)(&format!("{} stands at {address}", contract.name()));
            }
        }
        let mut deployed = bill.deployed.iter();
        for step in &steps {
            match step {
                Step::Deploy(_) => deployed.by_ref().take(1).for_each(|(contract, program, fee)| {
                    (self.say)(&format!(
                        "{}: {} bytes, {} on chain, activation costs {fee} wei",
                        contract.name(),
                        program.wasm_bytes(),
                        program.runtime().len()
                    ));
                }),
                _ => (self.say)(&format!("{}, when this is run without --dry-run", step.words(self.plan))),
            }
        }
        match steps.is_empty() {
            true => (self.say)("there is nothing to do"),
            false => (self.say)(&format!("this costs at most {bill}")),
        }
        bill.check(self.chain, self.owner).await
    }

    /// Looks at everything, and shows that the book can be written, before anything is sent.
    async fn begin(&self, book: &mut Book) -> Result<Way> {
        let way = self.way(book.entries()).await?;
        way.bill.check(self.chain, self.owner).await?;
        let block = self.chain.block_number().await?;
        book.note(|known| {
            known.clone_from(&way.entries);
            known.start_block.get_or_insert(block);
        })?;
        Ok(way)
    }

    /// Looks at what stands.
    async fn way(&self, known: &Entries) -> Result<Way> {
        let entries = self.plan.named_in(known);
        wiring::check(self.chain, &entries).await?;
        if let Some(first) = entries.start_block {
            is_there(first, self.chain.block_number().await?)?;
        }
        existing::check(self.chain, &entries).await?;
        let found = Found::look(self.chain, self.plan, &entries).await?;
        let steps = steps(self.plan, &entries, &found);
        for contract in Contract::ALL {
            if let Some(at) = contract.at(&entries).filter(|_| steps.iter().any(|s| s.of() == Some(contract)))
            {
                wiring::owned(self.chain, contract, at, self.owner.address()).await?;
            }
        }
        let bill = Bill::of(self.chain, self.plan, self.programs, &steps).await?;
        Ok(Way { entries, found, steps, bill })
    }

    async fn take(&self, step: &Step, book: &mut Book) -> Result<(), Halt> {
        let words = step.words(self.plan);
        let contracts = contracts(self.chain, book.entries());
        match step {
            Step::Deploy(contract) => return self.deploy(*contract, book).await,
            Step::Follow(change) => {
                let (to, input) = (Some(change.to), change.input.clone());
                let tx = Transaction { to, input, value: U256::ZERO, gas: None };
                self.chain.transact(self.owner, change.of.name(), tx).await?;
                (self.say)(&format!("{words} now"));
                return Ok(());
            }
            Step::Share if contracts.shared_overhead().await?.is_none() => {
                (self.say)("the Coordinator knows of no overhead to share: each request is billed all of it");
                return Ok(());
            }
            Step::Share => {
                contracts.set_shared_overhead(self.owner, self.plan.shared_overhead_gas).await?;
            }
            Step::Route(_) => contracts.set_route(self.owner, self.plan.don_id).await?,
            Step::Ask(_) => {
                let list = book.entries().allow_list.unwrap_or_default();
                contracts.set_allow_list(self.owner, list).await?;
            }
            Step::Configure => {
                if let Some(don) = &self.plan.don {
                    let digest = contracts.set_config(self.owner, &don.oracle_config()?).await?;
                    book.note(|known| known.config_digest = Some(digest)).map_err(Halt::Unwritten)?;
                }
            }
        }
        (self.say)(&words);
        Ok(())
    }

    async fn deploy(&self, contract: Contract, book: &mut Book) -> Result<(), Halt> {
        let program = self.programs.get(contract.program()).await?;
        let arguments = constructor(contract, self.plan, self.owner.address(), book.entries());
        let deployer = self.plan.stylus_deployer;
        let deployed = stylus::deploy(self.chain, self.owner, deployer, &program, &arguments).await?;
        let at = deployed.address;
        (self.say)(&format!(
            "{} at {at} ({} bytes on chain, {} gas, data fee {} gwei)",
            contract.name(),
            program.runtime().len(),
            deployed.gas_used,
            deployed.data_fee_wei / U256::from(1_000_000_000)
        ));
        book.note(|known| *contract.entry(known) = Some(at))
            .map_err(|failure| Halt::Unnoted(contract, at, failure))
    }
}

/// Whether a node that begins at the block sees what happens now.
fn is_there(first: u64, newest: u64) -> Result<()> {
    if first <= newest {
        return Ok(());
    }
    Err(failure!(
        help = "write the block before the Coordinator was deployed, or an earlier one; or name another endpoint, if this one is behind",
        "the addresses file's startBlock {first} is not there yet: the newest block is {newest}, and nodes would see no request"
    ))
}

/// The arguments of a contract's constructor; what it is built with stands.
fn constructor(contract: Contract, plan: &Plan, owner: Address, entries: &Entries) -> Bytes {
    let at = |contract: Contract| contract.at(entries).unwrap_or_default();
    let feed = |source, decimals| match source {
        Source::Deploy(answer) => arguments(&Constructors::priceFeedCall { owner, decimals, answer }),
        Source::Existing(_) => Bytes::new(),
    };
    match contract {
        Contract::Link => match plan.link {
            Source::Deploy(supply) => arguments(&Constructors::linkTokenCall { owner, supply }),
            Source::Existing(_) => Bytes::new(),
        },
        Contract::NativeFeed => feed(plan.link_to_native_feed, NATIVE_DECIMALS),
        Contract::UsdFeed => feed(plan.link_to_usd_feed, USD_DECIMALS),
        Contract::Router => {
            let (link, config) = (at(Contract::Link), plan.router.clone());
            arguments(&Constructors::routerCall { owner, link, config })
        }
        Contract::Coordinator => arguments(&Constructors::coordinatorCall {
            owner,
            router: at(Contract::Router),
            config: plan.billing.clone(),
            linkToNativeFeed: at(Contract::NativeFeed),
            linkToUsdFeed: at(Contract::UsdFeed),
        }),
        Contract::Consumer => {
            arguments(&Constructors::consumerExampleCall { owner, router: at(Contract::Router) })
        }
        Contract::AllowList => plan.allow_list.clone().map_or_else(Bytes::new, |config| {
            arguments(&Constructors::allowListCall {
                owner,
                config,
                initialAllowedSenders: vec![],
                initialBlockedSenders: vec![],
            })
        }),
    }
}

/// The ABI-encoded arguments of a constructor, without a selector.
pub fn arguments(call: &impl SolCall) -> Bytes {
    call.abi_encode().split_off(4).into()
}
