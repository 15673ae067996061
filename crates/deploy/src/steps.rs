//! What is to be done, from what shall stand and what does: a list that a rehearsal tells and a run walks.

use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolCall;
use functions_client::abi::{AllowList, AllowListConfig, Coordinator, Router};

use crate::book::Entries;
use crate::contract::Contract;
use crate::found::Found;
use crate::plan::Plan;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A contract is deployed.
    Deploy(Contract),
    /// A contract's settings follow the plan.
    Follow(Change),
    /// The entries of a report share what the plan says.
    Share,
    /// The DON's requests are led to the Coordinator, and no longer to the other one that is named.
    Route(Option<Address>),
    /// The Router asks the allow list, and no longer the other one that is named.
    Ask(Option<Address>),
    /// The oracle set is put in force.
    Configure,
}

/// One transaction that makes a contract follow the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// What is so afterwards.
    words: &'static str,
    /// Whose settings they are.
    pub(crate) of: Contract,
    /// Where it stands.
    pub(crate) to: Address,
    /// The call.
    pub(crate) input: Bytes,
}

impl Step {
    /// The contract whose owner alone may do it; none for a new one.
    pub(crate) const fn of(&self) -> Option<Contract> {
        match self {
            Self::Deploy(_) => None,
            Self::Follow(change) => Some(change.of),
            Self::Route(_) | Self::Ask(_) => Some(Contract::Router),
            Self::Share | Self::Configure => Some(Contract::Coordinator),
        }
    }

    /// Whether it is one transaction, which is sent or not.
    pub(crate) const fn is_one(&self) -> bool {
        !matches!(self, Self::Route(_) | Self::Ask(_))
    }

    /// What is so afterwards, in words.
    pub(crate) fn words(&self, plan: &Plan) -> String {
        match self {
            Self::Deploy(contract) => format!("{} stands", contract.name()),
            Self::Follow(change) => change.words.to_owned(),
            Self::Share => match plan.shared_overhead_gas {
                0 => "each request of a report is billed its whole overhead".to_owned(),
                gas => format!("the requests of a report share {gas} gas of its overhead"),
            },
            Self::Route(other) => {
                format!("route {} leads to the Coordinator{}", plan.don_id, instead_of(*other))
            }
            Self::Ask(other) => format!("the Router asks the allow list{}", instead_of(*other)),
            Self::Configure => {
                let (members, f) = plan.don.as_ref().map_or((0, 0), |don| (don.oracles.len(), don.f));
                format!("oracle configuration of {members} members, f = {f}")
            }
        }
    }
}

fn instead_of(other: Option<Address>) -> String {
    other.map_or_else(String::new, |other| format!(" instead of {other}"))
}

/// All that is to be done, in order.
pub(crate) fn steps(plan: &Plan, entries: &Entries, found: &Found) -> Vec<Step> {
    let is_missing = |contract: Contract| plan.wants(contract) && contract.at(entries).is_none();
    let (list, others): (Vec<_>, Vec<_>) =
        Contract::ALL.into_iter().filter(|c| is_missing(*c)).partition(|c| *c == Contract::AllowList);
    let mut steps: Vec<_> = others.into_iter().map(Step::Deploy).collect();
    steps.extend(changes(plan, entries, found).into_iter().map(Step::Follow));
    // A new one shares nothing; one that knows nothing of it stays as it is.
    let shared = if entries.coordinator.is_none() { Some(0) } else { found.shared };
    if shared.is_some_and(|gas| gas != plan.shared_overhead_gas) {
        steps.push(Step::Share);
    }
    if entries.coordinator.is_none() || found.route != entries.coordinator {
        steps.push(Step::Route(found.route));
    }
    steps.extend(list.into_iter().map(Step::Deploy));
    if plan.allow_list.is_some() && (entries.allow_list.is_none() || found.asked != entries.allow_list) {
        steps.push(Step::Ask(found.asked));
    }
    if plan.don.is_some() && found.digest.is_none() {
        steps.push(Step::Configure);
    }
    steps
}

fn changes(plan: &Plan, entries: &Entries, found: &Found) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut change = |words, of: Contract, input: Vec<u8>| {
        changes.extend(of.at(entries).map(|to| Change { words, of, to, input: input.into() }));
    };
    if found.router.as_ref().is_some_and(|found| *found != plan.router) {
        let call = Router::updateConfigCall { config: plan.router.clone() };
        change("the Router's settings follow [router]", Contract::Router, call.abi_encode());
    }
    if found.billing.as_ref().is_some_and(|found| *found != plan.billing) {
        let call = Coordinator::updateConfigCall { config: plan.billing.clone() };
        change("the Coordinator's settings follow [coordinator]", Contract::Coordinator, call.abi_encode());
    }
    if let Some(found) = &found.list {
        let (words, wanted) = match &plan.allow_list {
            Some(wanted) => ("the allow list's settings follow [allow_list]", wanted.clone()),
            // It stays where it is, and its owner can put it to work again.
            None => (
                "the allow list lets everybody in, as there is no [allow_list]",
                AllowListConfig { enabled: false, ..found.clone() },
            ),
        };
        if *found != wanted {
            let call = AllowList::updateConfigCall { config: wanted };
            change(words, Contract::AllowList, call.abi_encode());
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use functions_types::DonId;

    use super::*;
    use crate::Book;

    fn plan() -> Plan {
        Plan::local(DonId::parse("fun-test-1").unwrap(), 3)
    }

    fn told(plan: &Plan, entries: &Entries, found: &Found) -> Vec<String> {
        steps(plan, entries, found).iter().map(|step| step.words(plan)).collect()
    }

    /// Everything stands and is as the plan says.
    fn done(plan: &Plan) -> (Entries, Found) {
        let mut entries = Book::in_memory(7, Address::ZERO).entries().clone();
        for (byte, contract) in (1..).zip(Contract::ALL) {
            *contract.entry(&mut entries) = Some(Address::repeat_byte(byte));
        }
        entries.allow_list = plan.allow_list.as_ref().and(entries.allow_list);
        let found = Found {
            router: Some(plan.router.clone()),
            billing: Some(plan.billing.clone()),
            shared: Some(plan.shared_overhead_gas),
            list: plan.allow_list.clone(),
            route: entries.coordinator,
            asked: entries.allow_list,
            digest: None,
        };
        (entries, found)
    }

    #[test]
    fn a_fresh_chain_needs_everything_and_a_whole_deployment_nothing() {
        let mut plan = plan();
        plan.allow_list = Some(AllowListConfig { enabled: true, signerPublicKey: Address::repeat_byte(9) });
        let none = Book::in_memory(7, Address::ZERO);
        let all = [
            "link_token stands",
            "link_to_native_feed stands",
            "link_to_usd_feed stands",
            "router stands",
            "coordinator stands",
            "consumer_example stands",
            "the requests of a report share 114000 gas of its overhead",
            "route fun-test-1 leads to the Coordinator",
            "allow_list stands",
            "the Router asks the allow list",
        ];
        assert_eq!(told(&plan, none.entries(), &Found::default()), all);
        let (entries, found) = done(&plan);
        assert_eq!(told(&plan, &entries, &found), [""; 0]);
    }

    #[test]
    fn what_differs_is_one_step_each() {
        let mut plan = plan();
        let (entries, found) = done(&plan);
        let elsewhere = Address::repeat_byte(77);
        for contract in [Contract::UsdFeed, Contract::Consumer] {
            let mut entries = entries.clone();
            *contract.entry(&mut entries) = None;
            assert_eq!(steps(&plan, &entries, &found), [Step::Deploy(contract)]);
        }
        let moved = format!("route fun-test-1 leads to the Coordinator instead of {elsewhere}");
        assert_eq!(told(&plan, &entries, &Found { route: Some(elsewhere), ..found.clone() }), [moved]);
        plan.router.maxConsumersPerSubscription += 1;
        plan.billing.donFeeCentsUsd += 1;
        let followed =
            ["the Router's settings follow [router]", "the Coordinator's settings follow [coordinator]"];
        assert_eq!(told(&plan, &entries, &found), followed);
    }

    #[test]
    fn what_is_shared_follows_the_plan_where_the_coordinator_knows_of_it() {
        let mut plan = plan();
        let (entries, found) = done(&plan);
        let with = |shared| steps(&plan, &entries, &Found { shared, ..found.clone() });
        assert_eq!(with(Some(0)), [Step::Share]);
        assert_eq!(with(Some(plan.shared_overhead_gas + 1)), [Step::Share]);
        assert_eq!(with(None), []);
        plan.shared_overhead_gas = 0;
        assert_eq!(steps(&plan, &entries, &found), [Step::Share]);
        let none = Book::in_memory(7, Address::ZERO);
        assert!(!steps(&plan, none.entries(), &Found::default()).contains(&Step::Share));
    }

    #[test]
    fn the_allow_list_follows_the_plan_and_lets_everybody_in_without_one() {
        let mut plan = plan();
        plan.allow_list = Some(AllowListConfig { enabled: true, signerPublicKey: Address::repeat_byte(9) });
        let (entries, found) = done(&plan);
        assert_eq!(steps(&plan, &entries, &Found { asked: None, ..found.clone() }), [Step::Ask(None)]);
        let other = Address::repeat_byte(77);
        let moved = format!("the Router asks the allow list instead of {other}");
        assert_eq!(told(&plan, &entries, &Found { asked: Some(other), ..found.clone() }), [moved]);
        plan.allow_list = None;
        let open = ["the allow list lets everybody in, as there is no [allow_list]"];
        assert_eq!(told(&plan, &entries, &found), open);
        let closed = found.list.clone().map(|list| AllowListConfig { enabled: false, ..list });
        assert_eq!(steps(&plan, &entries, &Found { list: closed, ..found }), []);
    }
}
