//! `functions request explain`: who observed what, who signed, who transmitted, what it cost, and why it ended so.
//!
//! The chain shows the report, its signers, its transmitter and the costs; nodes that can be asked show who observed
//! what. With `--verify` no node is believed: every observation must have its author's signature, and lead to the
//! report that a quorum signed on chain.

mod cause;
mod nodes;
mod report;
mod shown;

use alloy::primitives::B256;
use functions_client::Consumer;
use functions_client::consumer::SOLIDITY_CALLBACK_GAS;
use functions_failure::{Result, failure};
use functions_types::RequestId;
use oracle_ocr::evidence::Flaw;

use self::cause::Gas;
use self::report::OnChain;
use self::shown::Explained;
use super::call::Kind;
use super::found::{Found, State};
use crate::copied;
use crate::network::{Connected, Reading, request_id};
use crate::remedy;

/// Which request, and whom to ask.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// The request's id: 0x and 64 hexadecimal digits
    #[arg(value_parser = request_id)]
    id: B256,
    /// Where a node serves its admin pages, to ask it who observed what (repeatable)
    #[arg(long = "node", value_name = "URL", value_parser = nodes::address)]
    nodes: Vec<url::Url>,
    /// Check what the nodes named with --node show against the report on chain; fails unless it holds
    #[arg(long, requires = "nodes")]
    verify: bool,
    #[command(flatten)]
    reading: Reading,
}

/// Runs the verb.
///
/// # Errors
/// When the chain does not know the request or the endpoint fails; with `--verify` when there is no report to check
/// against, what a node shows does not hold, or no node shows what the outcome rests on.
pub(super) async fn run(options: Options) -> Result<()> {
    let at = options.reading.connect().await?;
    let found = Found::look(&at, &at.history(), RequestId(options.id)).await.map_err(remedy::report)?;
    let found = found.ok_or_else(|| super::status::unknown(&at, options.id))?;
    let on_chain = OnChain::read(&at, &found).await.map_err(remedy::report)?;
    let answers = nodes::ask(&options.nodes, options.id).await?;
    let gas = gas(&at, &found).await;
    let mut explained = Explained { found, on_chain, gas, answers, checks: Vec::new() };
    if options.verify {
        explained.checks = check(&explained)?;
    }
    options.reading.say(&explained.json(), || explained.text());
    refuse_what_does_not_hold(&explained)
}

/// How much gas a further request may ask for. Help only: what the endpoint does not say stays open.
async fn gas(at: &Connected, found: &Found) -> Gas {
    if found.state() != State::CallbackFailed {
        return Gas::default();
    }
    let most = async {
        let held = at.subscriptions().get(found.started.subscription).await.ok()?;
        at.subscriptions().max_callback_gas(&held).await.ok()?
    };
    let kind = Kind::find(None, &at.chain, found.started.consumer).await;
    let is_example = matches!(kind, Ok(Consumer::Solidity(_)));
    Gas {
        most: most.await,
        is_fixed: is_example && found.started.callback_gas_limit == SOLIDITY_CALLBACK_GAS,
    }
}

/// What each node's evidence is worth, in the order of the nodes.
///
/// # Errors
/// When there is no report to check it against.
fn check(explained: &Explained) -> Result<Vec<Result<(), Flaw>>> {
    let Some(on_chain) = &explained.on_chain else {
        return Err(failure!(
            help = format!("see: functions request status {}{}", explained.found.started.id, copied::at()),
            "the chain shows no report of this request that could be checked"
        ));
    };
    let one = |answer: &nodes::Answer| match &answer.evidence {
        Ok(evidence) if evidence.key() != on_chain.key => Err(Flaw::Other("request")),
        Ok(evidence) => on_chain.check(evidence),
        Err(_) => Err(Flaw::NoBasis),
    };
    Ok(explained.answers.iter().map(one).collect())
}

/// What was shown stays shown; the exit code says that it is not to be believed.
fn refuse_what_does_not_hold(explained: &Explained) -> Result<()> {
    let named = || explained.answers.iter().zip(&explained.checks);
    for (answer, check) in named() {
        if let Err(flaw) = check
            && *flaw != Flaw::NoBasis
        {
            return Err(failure!(
                help = "believe another node's evidence; this one's records are damaged, or it lies",
                "the evidence of {} does not hold: {flaw}",
                answer.url
            ));
        }
    }
    if !explained.checks.is_empty() && named().all(|(_, check)| check.is_err()) {
        return Err(failure!(
            help = "name further nodes with --node: one that voted for the outcome holds them",
            "no node that was asked shows the observations that the outcome rests on"
        ));
    }
    Ok(())
}
