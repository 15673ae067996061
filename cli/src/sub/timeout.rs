//! `functions sub timeout`.

use alloy::primitives::B256;
use functions_failure::{Result, failure};
use functions_types::{RequestId, SubscriptionId};
use serde_json::json;

use crate::copied;
use crate::network::{Sending, request_id};
use crate::output::link;
use crate::remedy;

/// What to release.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// The subscription
    id: u64,
    /// Only these requests; all that are overdue unless given
    #[arg(value_name = "REQUEST_ID", value_parser = request_id)]
    requests: Vec<B256>,
    #[command(flatten)]
    sending: Sending,
}

/// Runs the verb.
///
/// # Errors
/// When there is no such subscription, a named request is not open or not overdue, and what the contracts or the
/// endpoint refused.
pub(super) async fn run(options: Options) -> Result<()> {
    let (at, from) = options.sending.connect().await?;
    let id = SubscriptionId(options.id);
    let history = at.history();
    let mut open = history.unanswered(id).await.map_err(remedy::report)?.open;
    if open.is_empty() {
        // It may be none at all.
        at.subscriptions().get(id).await.map_err(remedy::report)?;
    }
    if !options.requests.is_empty() {
        let is_open = |wanted: &B256| open.iter().any(|request| request.id == RequestId(*wanted));
        if let Some(missing) = options.requests.iter().find(|wanted| !is_open(wanted)) {
            return Err(failure!(
                help = format!("see: functions request status {missing}{}", copied::at()),
                "{missing} is no open request of subscription {id}"
            ));
        }
        open.retain(|request| options.requests.contains(&request.id.0));
    }
    let terms = history.commitments(&open).await.map_err(remedy::report)?;
    let now = at.now().await.map_err(remedy::report)?;
    let wait = |due: u32| u64::from(due).saturating_sub(now);
    if let Some(early) = terms.iter().find(|t| !options.requests.is_empty() && wait(t.timeout_timestamp) > 0)
    {
        return Err(failure!(
            help = "wait; it may still be answered",
            "{} can be timed out in {} s, not before",
            early.request_id,
            wait(early.timeout_timestamp)
        ));
    }
    let overdue: Vec<_> = terms.into_iter().filter(|terms| wait(terms.timeout_timestamp) == 0).collect();
    let fees = history.admin_fees().await.map_err(remedy::report)?;
    let receipts = at.subscriptions().time_out_under(&from, &overdue, &fees).await.map_err(remedy::report)?;
    let released: u128 = overdue.iter().map(|terms| terms.estimated_total_cost_juels.get()).sum();
    let still_open = open.len() - overdue.len();
    options.sending.say(
        &json!({
            "subscriptionId": id.0,
            "timedOut": overdue.iter().map(|terms| terms.request_id.to_string()).collect::<Vec<_>>(),
            "releasedJuels": released.to_string(),
            "notOverdue": still_open,
            "transactions": receipts.iter().map(|r| r.transaction_hash.to_string()).collect::<Vec<_>>(),
        }),
        || match overdue.len() {
            0 => format!("nothing is overdue; {still_open} requests of subscription {id} are open"),
            count => format!("{count} requests timed out, {} released", link(released)),
        },
    );
    Ok(())
}
