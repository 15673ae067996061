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
        }
        if let Some(coordinator) = entries.coordinator {
            let asked = chain.call(coordinator, &Coordinator::getConfigCall {}).await;
            found.billing = Some(asked.wrap_err("read the Coordinator's configuration")?);
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
