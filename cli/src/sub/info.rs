//! `functions sub info`.

use std::fmt::Write as _;

use alloy::primitives::Address;
use functions_client::abi::{Consumer, RouterConfig, Subscription};
use functions_client::history::{Started, Unanswered};
use functions_client::subscriptions::{deposit_kept, most_gas};
use functions_failure::Result;
use functions_types::{Commitment, Juels, SubscriptionId};
use serde_json::{Value, json};

use crate::copied;
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

/// What a consumer asked, and what became of it.
struct Used {
    consumer: Address,
    about: Consumer,
    /// Requests released without an answer, as far as the logs read tell; the Router counts them as completed.
    timed_out: u64,
}

impl Used {
    const fn answered(&self) -> u64 {
        self.about.completedRequests.saturating_sub(self.timed_out)
    }
}

/// What is known about a subscription.
struct Known {
    id: SubscriptionId,
    router: Address,
    chain_id: u64,
    held: Subscription,
    rules: RouterConfig,
    consumers: Vec<Used>,
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
    let history = at.history();
    let Unanswered { open, timed_out } = history.unanswered(id).await.map_err(remedy::report)?;
    let mut consumers = Vec::new();
    for consumer in &held.consumers {
        let about = subscriptions.consumer(id, *consumer).await.map_err(remedy::report)?;
        let timed_out = timed_out.iter().filter(|request| request.consumer == *consumer).count() as u64;
        consumers.push(Used { consumer: *consumer, about, timed_out });
    }
    let terms = history.commitments(&open).await.map_err(remedy::report)?;
    let known = Known {
        id,
        router: at.router,
        chain_id: at.chain.id(),
        rules: subscriptions.rules().await.map_err(remedy::report)?,
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

    /// What a cancel would cost now.
    fn deposit_kept(&self) -> Juels {
        let completed = self.consumers.iter().map(|used| used.about.completedRequests).sum();
        deposit_kept(&self.rules, &self.held, completed)
    }

    fn proposed_owner(&self) -> Option<Address> {
        Some(self.held.proposedOwner).filter(|address| *address != Address::ZERO)
    }

    fn json(&self) -> Value {
        let consumer = |used: &Used| {
            json!({
                "address": used.consumer.to_string(),
                "initiatedRequests": used.about.initiatedRequests,
                "completedRequests": used.about.completedRequests,
                "answeredRequests": used.answered(),
                "timedOutRequests": used.timed_out,
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
            "maxCallbackGas": most_gas(&self.rules, &self.held),
            "depositKeptJuels": self.deposit_kept().to_string(),
            "depositMinimumRequests": self.rules.subscriptionDepositMinimumRequests,
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
        if self.deposit_kept() != Juels::ZERO {
            writeln!(
                out,
                "  deposit    {} of it the Router would keep if canceled now: {} fewer than {} requests answered or timed out",
                link(self.deposit_kept().get()),
                super::whose(&self.held.consumers),
                self.rules.subscriptionDepositMinimumRequests
            )?;
        }
        match most_gas(&self.rules, &self.held) {
            Some(gas) => writeln!(out, "  callbacks  at most {gas} gas")?,
            None => writeln!(out, "  callbacks  none: its gas tier is not in the Router's list")?,
        }
        if self.consumers.is_empty() {
            writeln!(
                out,
                "  consumers  none; add one with: functions sub add {} ADDRESS{}{}",
                self.id,
                copied::at(),
                copied::key()
            )?;
        }
        for used in &self.consumers {
            let (asked, answered) = (used.about.initiatedRequests, used.answered());
            write!(out, "  consumer   {}: {asked} requests, {answered} answered", used.consumer)?;
            match used.timed_out {
                0 => writeln!(out)?,
                count => writeln!(out, ", {count} timed out")?,
            }
        }
        for (request, terms) in &self.open {
            let due = u64::from(terms.timeout_timestamp);
            let when = match due.checked_sub(self.now) {
                None | Some(0) => format!(
                    "overdue; release it with: functions sub timeout {}{}{}",
                    self.id,
                    copied::at(),
                    copied::key()
                ),
                Some(seconds) => format!("can be timed out in {seconds} s"),
            };
            writeln!(out, "  open       {} ({} reserved), {when}", request.id, link(request.reserved.get()))?;
        }
        Ok(())
    }
}
