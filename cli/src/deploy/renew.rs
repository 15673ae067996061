//! `functions deploy --renew`: activates again what a chain upgrade has outdated or a year has ended, and keeps alive
//! what nears its end.
//!
//! Run twice, it does nothing the second time: each contract is asked how it stands right before.

use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::SolError;
use functions_client::renewal::{self, Remedy, Renewed};
use functions_client::{Account, Chain, ClientError};
use functions_deploy::{Contract, Entries};
use functions_failure::{Result, WrapErr as _, failure};
use functions_types::programs::{ArbWasm, Standing};
use serde::Serialize;

use crate::output::Progress;

/// What was found and done about one contract.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line {
    contract: &'static str,
    address: Address,
    /// How it stood before: active, outdated, expired, notActivated.
    found: &'static str,
    /// Whole days it runs from now on; 0 when it does not run.
    days_left: u64,
    /// activated, keptAlive or none; with `--dry-run` what would be done.
    action: &'static str,
    /// Wei of data fee, paid or quoted, in decimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_fee_wei: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gas_used: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction: Option<B256>,
}

/// The contracts of a deployment by name.
fn contracts(entries: &Entries) -> impl Iterator<Item = (&'static str, Address)> {
    use Contract::{AllowList, Consumer, Coordinator, Link, NativeFeed, Router, UsdFeed};
    [Router, Coordinator, AllowList, Link, NativeFeed, UsdFeed, Consumer]
        .into_iter()
        .filter_map(|contract| Some((contract.name(), contract.at(entries)?)))
}

/// Renews what needs it, or only says what would be done. Contracts that are no programs are left out.
///
/// # Errors
/// When the chain cannot be asked or refuses; what was renewed before stays renewed.
pub(crate) async fn run(
    chain: &Chain,
    payer: &Account,
    entries: &Entries,
    dry_run: bool,
    progress: &Progress,
) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (contract, address) in contracts(entries) {
        let place = || format!("{contract} at {address}");
        if chain.code(address).await.wrap_err_with(place)?.is_empty() {
            return Err(failure!(
                help =
                    "is this the chain that the addresses file was written for? Chains of one id may differ",
                "{contract} at {address} has no code on chain {}",
                chain.id()
            ));
        }
        let Some(standing) = renewal::standing(chain, address).await.wrap_err_with(place)? else {
            continue;
        };
        let mut line = Line {
            contract,
            address,
            found: word(&standing),
            days_left: standing.days_left(),
            action: "none",
            data_fee_wei: None,
            gas_used: None,
            transaction: None,
        };
        let Some(remedy) = Remedy::of(&standing) else {
            progress.step(format!("{contract} at {address}: {standing}; nothing to do"));
            lines.push(line);
            continue;
        };
        let quoted = match renewal::quote(chain, address, remedy).await {
            Ok(quoted) => quoted,
            Err(error) if is_too_soon(&error) => {
                progress
                    .step(format!("{contract} at {address}: {standing}; the chain does not extend it yet"));
                lines.push(line);
                continue;
            }
            Err(error) => return Err(error).wrap_err_with(place),
        };
        line.action = match remedy {
            Remedy::Activate => "activated",
            Remedy::KeepAlive => "keptAlive",
        };
        line.data_fee_wei = Some(quoted.to_string());
        if dry_run {
            let verb = match remedy {
                Remedy::Activate => "activation",
                Remedy::KeepAlive => "keepalive",
            };
            progress
                .step(format!("{contract} at {address}: {standing}; {verb} costs {quoted} wei and its gas"));
            lines.push(line);
            continue;
        }
        let renewed = renewal::renew(chain, payer, address, remedy).await;
        let renewed = renewed.wrap_err_with(place)?;
        let now = renewal::standing(chain, address).await.wrap_err_with(place)?;
        line.days_left = now.map_or(0, |standing| standing.days_left());
        progress.step(format!("{contract} at {address}: {standing}; {}", bill(&line, &renewed)));
        line.data_fee_wei = Some(renewed.data_fee_wei.to_string());
        line.gas_used = Some(renewed.gas_used);
        line.transaction = Some(renewed.transaction);
        lines.push(line);
    }
    Ok(lines)
}

const fn word(standing: &Standing) -> &'static str {
    match standing {
        Standing::Active { .. } => "active",
        Standing::Outdated { .. } => "outdated",
        Standing::Expired { .. } => "expired",
        Standing::NotActivated => "notActivated",
    }
}

fn bill(line: &Line, renewed: &Renewed) -> String {
    let verb = if line.action == "activated" { "activated again" } else { "kept alive" };
    let gas_wei = U256::from(renewed.gas_used) * U256::from(renewed.gas_price_wei);
    format!(
        "{verb}, runs for {} days; paid {} wei of data fee and {} gas ({gas_wei} wei)",
        line.days_left, renewed.data_fee_wei, renewed.gas_used
    )
}

/// Whether the chain extends no life yet: a chain with a short life or a late first keepalive.
fn is_too_soon(error: &ClientError) -> bool {
    let selector = ArbWasm::ProgramKeepaliveTooSoon::SELECTOR;
    matches!(error, ClientError::Reverted { revert, .. } if revert.data().starts_with(&selector))
}
