//! `functions sub info`.

use std::fmt::Write as _;

use alloy::primitives::Address;
use functions_client::abi::{Consumer, Subscription};
use functions_client::history::Started;
use functions_failure::Result;
use functions_types::{Commitment, SubscriptionId};
use serde_json::{Value, json};

use crate::network::Reading;
use crate::output::link;
use crate::remedy;

/// What to show.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// The subscription
    id: u64,
    #[command(flatten)]
    reading: Reading,
}

/// What is known about a subscription.
struct Known {
    id: SubscriptionId,
    router: Address,
    chain_id: u64,
    held: Subscription,
    max_callback_gas: Option<u32>,
    consumers: Vec<(Address, Consumer)>,
    open: Vec<(Started, Commitment)>,
    /// Unix seconds of the newest block.
    now: u64,
}

/// Runs the verb.
///
/// # Errors
/// When there is no such subscription or the endpoint fails.
pub(super) async fn run(options: Options) -> Result<()> {
    let at = options.reading.connect().await?;
    let id = SubscriptionId(options.id);
    let subscriptions = at.subscriptions();
    let held = subscriptions.get(id).await.map_err(remedy::report)?;
    let mut consumers = Vec::new();
    for address in &held.consumers {
        consumers.push((*address, subscriptions.consumer(id, *address).await.map_err(remedy::report)?));
    }
    let history = at.history();
    let open = history.open(id).await.map_err(remedy::report)?;
    let terms = history.commitments(&open).await.map_err(remedy::report)?;
    let known = Known {
        id,
        router: at.router,
        chain_id: at.chain.id(),
        max_callback_gas: subscriptions.max_callback_gas(&held).await.map_err(remedy::report)?,
        held,
        consumers,
        open: open.into_iter().zip(terms).collect(),
        now: at.now().await.map_err(remedy::report)?,
    };
    options.reading.say(&known.json(), || known.text());
    Ok(())
}

impl Known {
    /// Juels new requests may reserve; nothing when open ones reserved more than is left.
    fn available(&self) -> u128 {
        self.held.balance.to::<u128>().saturating_sub(self.held.blockedBalance.to())
    }

    fn proposed_owner(&self) -> Option<Address> {
        Some(self.held.proposedOwner).filter(|address| *address != Address::ZERO)
    }

    fn json(&self) -> Value {
        let consumer = |(address, about): &(Address, Consumer)| {
            json!({
                "address": address.to_string(),
                "initiatedRequests": about.initiatedRequests,
                "completedRequests": about.completedRequests,
            })
        };
        let open = |(request, terms): &(Started, Commitment)| {
            json!({
                "requestId": request.id.to_string(),
                "consumer": request.consumer.to_string(),
                "block": request.block,
                "reservedJuels": request.reserved.to_string(),
                "timeoutAt": terms.timeout_timestamp,
                "overdue": u64::from(terms.timeout_timestamp) <= self.now,
            })
        };
        json!({
            "subscriptionId": self.id.0,
            "chainId": self.chain_id,
            "router": self.router.to_string(),
            "owner": self.held.owner.to_string(),
            "proposedOwner": self.proposed_owner().map(|address| address.to_string()),
            "balanceJuels": self.held.balance.to_string(),
            "blockedJuels": self.held.blockedBalance.to_string(),
            "availableJuels": self.available().to_string(),
            "maxCallbackGas": self.max_callback_gas,
            "consumers": self.consumers.iter().map(consumer).collect::<Vec<_>>(),
            "openRequests": self.open.iter().map(open).collect::<Vec<_>>(),
        })
    }

    fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out).expect("writing to a string does not fail");
        out.trim_end().to_owned()
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "Subscription {} at Router {} on chain {}", self.id, self.router, self.chain_id)?;
        writeln!(out, "  owner      {}", self.held.owner)?;
        if let Some(address) = self.proposed_owner() {
            writeln!(out, "  offered to {address}")?;
        }
        writeln!(out, "  balance    {}", link(self.held.balance.to()))?;
        writeln!(out, "  reserved   {}", link(self.held.blockedBalance.to()))?;
        writeln!(out, "  available  {}", link(self.available()))?;
        match self.max_callback_gas {
            Some(gas) => writeln!(out, "  callbacks  at most {gas} gas")?,
            None => writeln!(out, "  callbacks  none: its gas tier is not in the Router's list")?,
        }
        if self.consumers.is_empty() {
            writeln!(out, "  consumers  none; add one with: functions sub add {} ADDRESS", self.id)?;
        }
        for (address, about) in &self.consumers {
            let (asked, answered) = (about.initiatedRequests, about.completedRequests);
            writeln!(out, "  consumer   {address}: {asked} requests, {answered} answered")?;
        }
        for (request, terms) in &self.open {
            let due = u64::from(terms.timeout_timestamp);
            let when = match due.checked_sub(self.now) {
                None | Some(0) => format!("overdue; release it with: functions sub timeout {}", self.id),
                Some(seconds) => format!("can be timed out in {seconds} s"),
            };
            writeln!(out, "  open       {} ({} reserved), {when}", request.id, link(request.reserved.get()))?;
        }
        Ok(())
    }
}
