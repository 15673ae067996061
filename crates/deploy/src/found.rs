//! What the chain says of the contracts that stand.

use alloy::primitives::{Address, B256};
use functions_client::abi::{AllowList, AllowListConfig, BillingConfig, Coordinator, Router, RouterConfig};
use functions_client::{Addresses, Chain, Contracts};
use functions_failure::{Result, WrapErr as _, failure};

use crate::book::Entries;
use crate::plan::Plan;

/// Settings and routes; none of a contract that does not stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// The Router's settings.
    pub(crate) router: Option<RouterConfig>,
    /// The Coordinator's settings.
    pub(crate) billing: Option<BillingConfig>,
    /// Gas of the overhead that the entries of a report share, of a Coordinator that knows of it.
    pub(crate) shared: Option<u32>,
    /// The allow list's settings.
    pub(crate) list: Option<AllowListConfig>,
    /// Where the Router leads requests of the plan's DON.
    pub(crate) route: Option<Address>,
    /// The list that the Router asks.
    pub(crate) asked: Option<Address>,
    /// Digest of the plan's oracle configuration, when it is in force.
    pub(crate) digest: Option<B256>,
}

impl Found {
    /// Asks the chain.
    ///
    /// # Errors
    /// What the endpoint refused, or a DON id that the Router has another use for.
    pub(crate) async fn look(chain: &Chain, plan: &Plan, entries: &Entries) -> Result<Self> {
        let mut found = Self::default();
        let contracts = contracts(chain, entries);
        if let Some(router) = entries.router {
            let asked = chain.call(router, &Router::getConfigCall {}).await;
            found.router = Some(asked.wrap_err("read the Router's configuration")?);
            found.route = contracts.route(plan.don_id).await.wrap_err("read the DON's route")?;
            let list = chain.call(router, &Router::getAllowListIdCall {}).await;
            if list.wrap_err("read the Router's allow list")? == plan.don_id.0 {
                return Err(failure!(
                    help = "take another `don_id`",
                    "the Router keeps its allow list under {}, so that no DON can have that id",
                    plan.don_id
                ));
            }
            found.asked = contracts.allow_list().await.wrap_err("read the Router's allow list")?;
            found.is_known(plan, entries)?;
        }
        if let Some(coordinator) = entries.coordinator {
            let asked = chain.call(coordinator, &Coordinator::getConfigCall {}).await;
            found.billing = Some(asked.wrap_err("read the Coordinator's configuration")?);
            let asked = contracts.shared_overhead().await;
            found.shared = asked.wrap_err("read what the entries of a report share")?;
            if let Some(don) = &plan.don {
                let asked = contracts.config_in_force(&don.oracle_config()?).await;
                found.digest = asked.wrap_err("read the oracle configuration")?;
            }
        }
        if let Some(list) = entries.allow_list {
            let asked = chain.call(list, &AllowList::getConfigCall {}).await;
            found.list = Some(asked.wrap_err("read the allow list's configuration")?);
        }
        Ok(found)
    }

    /// Whether what the Router leads to and asks is the entries' to keep or to replace. A file that has lost one would
    /// put a new one in its place, and stop a network that works; a list that nobody names would go on to shut out.
    fn is_known(&self, plan: &Plan, entries: &Entries) -> Result<()> {
        if let (Some(there), None) = (self.route, entries.coordinator) {
            return Err(failure!(
                help = format!(
                    "write \"coordinator\": \"{there}\" into the addresses file, take another `don_id`, or deploy anew \
                     into another `addresses_file`"
                ),
                "the Router leads DON {} to the Coordinator {there}, which the addresses file does not have",
                plan.don_id
            ));
        }
        let is_kept = entries.allow_list.is_none() || plan.allow_list.is_none();
        if let Some(there) = self.asked.filter(|there| is_kept && entries.allow_list != Some(*there)) {
            return Err(failure!(
                help = format!("write \"allowList\": \"{there}\" into the addresses file"),
                "the Router asks the allow list {there}, which the addresses file does not have"
            ));
        }
        Ok(())
    }
}

/// The contracts of the entries; what does not stand yet must not be asked.
pub(crate) fn contracts(chain: &Chain, entries: &Entries) -> Contracts {
    let Entries { link, router, coordinator, .. } = entries;
    let addresses = Addresses {
        link: link.unwrap_or_default(),
        router: router.unwrap_or_default(),
        coordinator: coordinator.unwrap_or_default(),
    };
    Contracts::new(chain.clone(), addresses)
}

#[cfg(test)]
mod tests {
    use functions_types::DonId;

    use super::*;
    use crate::Book;

    #[test]
    fn what_the_router_leads_to_and_the_file_lacks_is_refused() {
        let mut plan = Plan::local(DonId::parse("fun-test-1").unwrap(), 3);
        let (here, there) = (Some(Address::repeat_byte(1)), Some(Address::repeat_byte(2)));
        let settings = Some(AllowListConfig { enabled: true, signerPublicKey: Address::repeat_byte(9) });
        let mut is_taken = |[route, coordinator, asked, list]: [Option<Address>; 4], wanted| {
            let mut entries = Book::in_memory(7, Address::ZERO).entries().clone();
            (entries.coordinator, entries.allow_list) = (coordinator, list);
            plan.allow_list = wanted;
            let found = Found { route, asked, ..Found::default() };
            match found.is_known(&plan, &entries) {
                Ok(()) => true,
                Err(error) => {
                    let said: String = error.chain().collect();
                    assert!(said.contains("which the addresses file does not have"), "{said}");
                    assert!(said.contains(&there.unwrap().to_string()), "{said}");
                    false
                }
            }
        };
        for wanted in [None, settings.clone()] {
            assert!(is_taken([None; 4], wanted.clone()));
            assert!(is_taken([here, here, here, here], wanted.clone()));
            // A route may be moved to another one that is named.
            assert!(is_taken([there, here, None, here], wanted.clone()));
            assert!(!is_taken([there, None, None, None], wanted.clone()));
            assert!(!is_taken([here, here, there, None], wanted));
        }
        // A list takes another's place only where one is wanted.
        assert!(is_taken([here, here, there, here], settings));
        assert!(!is_taken([here, here, there, here], None));
    }
}
