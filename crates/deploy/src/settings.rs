//! Settings of contracts that stand already, which follow the plan.

use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::SolCall;
use functions_client::abi::{AllowList, AllowListConfig, Coordinator, Router};
use functions_client::chain::Transaction;
use functions_client::{Account, Chain};
use functions_failure::{Result, WrapErr as _};

use crate::book::Entries;
use crate::plan::Plan;

/// One transaction that makes a contract follow the plan.
pub(crate) struct Change {
    /// What it does, in words.
    pub(crate) words: &'static str,
    /// What failed when it does.
    what: &'static str,
    to: Address,
    input: Bytes,
}

impl Change {
    fn new(words: &'static str, what: &'static str, to: Address, call: &impl SolCall) -> Self {
        Self { words, what, to, input: call.abi_encode().into() }
    }

    /// Sends it.
    ///
    /// # Errors
    /// What the contract or the endpoint refused.
    pub(crate) async fn send(&self, chain: &Chain, owner: &Account) -> Result<()> {
        let tx = Transaction { to: Some(self.to), input: self.input.clone(), value: U256::ZERO, gas: None };
        chain.transact(owner, self.what, tx).await.map(drop).wrap_err(self.what)
    }
}

/// What has to be sent to the contracts of the entries.
///
/// # Errors
/// What the endpoint refused.
pub(crate) async fn changes(chain: &Chain, plan: &Plan, entries: &Entries) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    if let Some(router) = entries.router {
        let found = chain.call(router, &Router::getConfigCall {}).await;
        if found.wrap_err("read the Router's configuration")? != plan.router {
            let call = Router::updateConfigCall { config: plan.router.clone() };
            let what = "update the Router's configuration";
            changes.push(Change::new("the Router's settings follow [router]", what, router, &call));
        }
    }
    if let Some(coordinator) = entries.coordinator {
        let found = chain.call(coordinator, &Coordinator::getConfigCall {}).await;
        if found.wrap_err("read the Coordinator's configuration")? != plan.billing {
            let call = Coordinator::updateConfigCall { config: plan.billing.clone() };
            let words = "the Coordinator's settings follow [coordinator]";
            changes.push(Change::new(words, "update the Coordinator's configuration", coordinator, &call));
        }
    }
    if let Some(list) = entries.allow_list {
        let found = chain.call(list, &AllowList::getConfigCall {}).await;
        let found = found.wrap_err("read the allow list's configuration")?;
        let (words, wanted) = match &plan.allow_list {
            Some(wanted) => ("the allow list's settings follow [allow_list]", wanted.clone()),
            // It stays where it is, and its owner can put it to work again.
            None => (
                "the allow list lets everybody in, as there is no [allow_list]",
                AllowListConfig { enabled: false, ..found.clone() },
            ),
        };
        if found != wanted {
            let call = AllowList::updateConfigCall { config: wanted };
            changes.push(Change::new(words, "update the allow list's configuration", list, &call));
        }
    }
    Ok(changes)
}
