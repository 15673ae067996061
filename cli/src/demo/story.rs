//! One request from send to settlement, or to its timeout when too few nodes are left.

use std::time::{Duration, Instant};

use functions_client::config::REQUEST_TIMEOUT_SECONDS;
use functions_client::{Fulfilled, Sent};
use functions_failure::{Failure, Result, WrapErr as _, failure};
use functions_network::{Network, RequestStatus};
use functions_types::FulfillResult;

use super::findings::{Findings, Timings, shown};
use super::price_api::PriceApi;
use super::script::Script;
use crate::clock;
use crate::output::{self, Progress};

/// How long a request may take when enough nodes live: nobody can answer once it has timed out on chain.
const PATIENCE: Duration = Duration::from_secs(REQUEST_TIMEOUT_SECONDS as u64);
/// How long the living nodes are watched after the last of them answered when they are too few.
const LAST_HOPE: Duration = Duration::from_secs(4);
/// How often everything is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How often a node that is to die is looked at.
const LURK: Duration = Duration::from_millis(3);

/// Milliseconds since 1970.
pub(crate) fn unix_ms() -> u64 {
    u64::try_from(clock::now().as_millis()).unwrap_or(u64::MAX)
}

/// What is done to the nodes while the request is under way.
pub(crate) struct Violence {
    /// Nodes killed once they have seen the request.
    pub(crate) kill: usize,
    /// Whether they are started again.
    pub(crate) restart: bool,
}

/// Does `violence` to the nodes and follows the request, sent at `begin_ms`, to its end.
pub(crate) async fn run(
    network: &mut Network,
    script: &Script,
    sent: &Sent,
    begin_ms: u64,
    violence: &Violence,
    prices: &PriceApi,
    progress: &Progress,
) -> Result<Findings> {
    let subscription = network.contracts.subscription(network.subscription).await?;
    progress.step(format!(
        "request {} sent, {} reserved of {}",
        sent.id,
        output::link(sent.reserved.get()),
        output::link(subscription.balance.to())
    ));
    let mut findings = Findings::begin(network, sent, script);
    if violence.kill > 0 {
        kill_when_seen(network, sent, violence.kill, progress).await;
        prices.open();
        if violence.restart {
            for node in network.nodes.iter_mut().filter(|node| !node.is_running()) {
                node.start()?;
                progress.step(format!("node {} started again", node.index));
            }
        }
    }
    let fulfilled = follow(network, sent, &mut findings, begin_ms, progress).await?;
    match fulfilled {
        Some(fulfilled) => settle(network, sent, &fulfilled, &mut findings, progress).await?,
        None => time_out(network, sent, &mut findings, progress).await?,
    }
    let after = network.contracts.subscription(network.subscription).await?;
    findings.blocked_after = after.blockedBalance.to();
    findings.balance_after = after.balance.to();
    Ok(findings)
}

/// Sends the request through the consumer.
///
/// # Errors
/// What the contracts refused it for, with what to do about it.
pub(crate) async fn send(network: &Network, script: &Script) -> Result<Sent> {
    let contracts = &network.contracts;
    let sent = contracts
        .send_request(&network.owner, network.consumer, network.subscription, network.don, &script.request)
        .await;
    let error = match sent {
        Ok(sent) => return Ok(sent),
        Err(error) => error,
    };
    let name = error.revert().and_then(|revert| revert.name()).map(str::to_owned);
    if name.as_deref() != Some("InsufficientBalance") {
        return Err(error).wrap_err("the request was refused");
    }
    let subscription = contracts.subscription(network.subscription).await?;
    let free = subscription.balance.saturating_sub(subscription.blockedBalance).to::<u128>();
    let needed = contracts
        .estimate_cost(network.subscription, script.request.callback_gas_limit, 0)
        .await
        .map_or_else(|_| String::from("more"), |juels| output::link(juels.get()));
    Err(failure!(
        help = "fund the subscription with more LINK (--fund), or ask for less callback gas (--gas-limit)",
        "InsufficientBalance: subscription {} has {} free and the request must reserve at least {needed}; \
         nothing was sent to the nodes",
        network.subscription,
        output::link(free)
    ))
}

/// Kills the last `kill` nodes, each the moment it has seen the request.
async fn kill_when_seen(network: &mut Network, sent: &Sent, kill: usize, progress: &Progress) {
    let http = network.http.clone();
    let first = network.nodes.len() - kill;
    let victims = network.nodes[first..].iter_mut().map(|node| {
        let http = http.clone();
        async move {
            let begin = Instant::now();
            while begin.elapsed() < PATIENCE && node.request(&http, sent.id).await.is_none() {
                tokio::time::sleep(LURK).await;
            }
            node.kill().await;
            node.index
        }
    });
    for index in futures::future::join_all(victims).await {
        progress.step(format!("node {index} saw the request and was killed"));
    }
}

/// Follows the request until it is settled; `None` when too few nodes live and they have had their time.
async fn follow(
    network: &Network,
    sent: &Sent,
    findings: &mut Findings,
    begin_ms: u64,
    progress: &Progress,
) -> Result<Option<Fulfilled>> {
    let enough = network.living() >= network.quorum();
    let begin = Instant::now();
    let mut answered_at: Option<Instant> = None;
    loop {
        let fulfilled = network.contracts.fulfillment(sent.id, sent.block).await?;
        let asked = network.nodes.iter().map(|node| node.request(&network.http, sent.id));
        for (index, status) in futures::future::join_all(asked).await.into_iter().enumerate() {
            let Some(status) = status else { continue };
            narrate(index, &findings.statuses[index], &status, begin_ms, progress);
            findings.statuses[index] = status;
        }
        findings.timings = Timings::from_statuses(&findings.statuses, begin_ms);
        if let Some(fulfilled) = fulfilled {
            let now = unix_ms().saturating_sub(begin_ms);
            findings.timings.callback = Some(findings.timings.callback.map_or(now, |known| known.min(now)));
            return Ok(Some(fulfilled));
        }
        if enough && begin.elapsed() > PATIENCE {
            return Err(unanswered(network, sent, findings).await);
        }
        if !enough {
            let all = network
                .nodes
                .iter()
                .zip(&findings.statuses)
                .all(|(n, s)| !n.is_running() || s.observation.is_some());
            if all && answered_at.is_none() {
                answered_at = Some(Instant::now());
            }
            let waited = answered_at.is_some_and(|at| at.elapsed() > LAST_HOPE);
            if waited || begin.elapsed() > PATIENCE {
                return Ok(None);
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn unanswered(network: &Network, sent: &Sent, findings: &Findings) -> Failure {
    let refusals = network.contracts.refusals(sent.id, sent.block).await.unwrap_or_default();
    let mut text = format!("no fulfillment within {} s", PATIENCE.as_secs());
    for refusal in refusals {
        text += &format!(
            "; the Router refused the report of {} with {:?}",
            refusal.transmitter,
            FulfillResult::from_code(refusal.result_code)
        );
    }
    for (index, status) in findings.statuses.iter().enumerate() {
        let state = if status.state.is_empty() { "knows nothing of it" } else { &status.state };
        text += &format!("\n  node {index}: {state}");
    }
    failure!(
        help = "the nodes' logs say what each waits for; with too few nodes left nobody can answer",
        "{text}"
    )
}

fn narrate(index: usize, before: &RequestStatus, now: &RequestStatus, begin_ms: u64, progress: &Progress) {
    if before.observation.is_none()
        && let Some(observation) = &now.observation
    {
        let at = now
            .times_ms
            .observed
            .map_or(String::new(), |ms| format!(" after {} ms", ms.saturating_sub(begin_ms)));
        progress.step(format!("node {index} observed {}{at}", shown(observation)));
    }
    if before.times_ms.submitted.is_none() && now.times_ms.submitted.is_some() {
        progress.step(format!("node {index} transmits the report"));
    }
}

async fn settle(
    network: &Network,
    sent: &Sent,
    fulfilled: &Fulfilled,
    findings: &mut Findings,
    progress: &Progress,
) -> Result<()> {
    // The nodes see the settlement a moment later; their times are worth that moment.
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(500) {
        let asked = network.nodes.iter().map(|node| node.request(&network.http, sent.id));
        for (index, status) in futures::future::join_all(asked).await.into_iter().enumerate() {
            if let Some(status) = status {
                findings.statuses[index] = status;
            }
        }
        let transmitter =
            network.nodes.iter().position(|node| node.oracle.transmitter == fulfilled.transmitter);
        if transmitter.is_none_or(|i| {
            !network.nodes[i].is_running() || findings.statuses[i].times_ms.submitted.is_some()
        }) {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    let callback = findings.timings.callback;
    findings.timings = Timings::from_statuses(&findings.statuses, findings.timings.begin_ms);
    findings.timings.callback = callback;
    findings.transmitted_by(network, fulfilled.transmitter);
    findings.timings.order();

    let stored = network.consumer.state(&network.contracts.chain).await?;
    if fulfilled.result_code == 0 && !stored.is_of(sent.id, fulfilled) {
        return Err(failure!(
            help = "this must not happen: report it with the logs",
            "the consumer stored something else than the Router delivered"
        ));
    }
    findings.fulfilled = Some(fulfilled.clone());
    findings.stored = Some(stored);
    progress.step(format!("callback with result code {}", fulfilled.result_code));
    Ok(())
}

async fn time_out(
    network: &Network,
    sent: &Sent,
    findings: &mut Findings,
    progress: &Progress,
) -> Result<()> {
    findings.answered = findings.statuses.iter().filter(|s| s.observation.is_some()).count();
    progress.step(format!(
        "no callback: {} of {} nodes answered, a report needs {} signatures",
        findings.answered,
        network.nodes.len(),
        network.quorum()
    ));
    let chain = &network.contracts.chain;
    let now = chain.now().await?;
    let seconds = u64::from(sent.commitment.timeout_timestamp).saturating_sub(now) + 1;
    chain.advance_time(seconds).await?;
    progress.step(format!("moved the chain's time {seconds} s forward, past the request's timeout"));
    network.contracts.timeout_request(&network.owner, &sent.commitment).await?;
    progress.step(format!(
        "request timed out, the reservation of {} is released",
        output::link(sent.reserved.get())
    ));
    findings.timed_out_after = Some(seconds);
    Ok(())
}
