//! Says in time when the chain will stop running the contracts: programs end a year after their activation, or when the
//! chain is upgraded to a newer Stylus version.

use std::{sync::Arc, time::Duration};

use alloy::primitives::Address;
use functions_types::programs::{ARB_WASM, ArbWasm, Standing};
use tokio::time::sleep;

use crate::{
    admin::Metrics,
    chain::{self, Backoff, Rpc, RpcFailure},
};

/// How often the chain is asked: an upgrade shows within the hour.
const PAUSE: Duration = Duration::from_secs(3_600);

/// How the program at `contract` stands; `None` when it is none, or the chain runs no programs.
///
/// # Errors
/// [`RpcFailure`] when no endpoint answered.
pub async fn standing(rpc: &Rpc, contract: Address) -> Result<Option<Standing>, RpcFailure> {
    match chain::view(rpc, ARB_WASM, ArbWasm::programTimeLeftCall { program: contract }).await {
        Ok(seconds_left) => Ok(Some(Standing::Active { seconds_left })),
        // A contract that is no program was never activated either.
        Err(RpcFailure::Reverted { data, .. }) => {
            Ok(Standing::from_revert(&data).filter(|standing| *standing != Standing::NotActivated))
        }
        Err(err) if err.is_transient() => Err(err),
        Err(_) => Ok(None),
    }
}

/// Asks every hour about these contracts, keeps the days that are left as a gauge, and warns when one should be
/// renewed.
pub async fn watch(rpc: Arc<Rpc>, contracts: Vec<(&'static str, Address)>, metrics: Arc<Metrics>) {
    let mut backoff = Backoff::default();
    loop {
        let mut pause = PAUSE;
        for (name, address) in &contracts {
            match standing(&rpc, *address).await {
                Ok(Some(standing)) => {
                    backoff.reset();
                    metrics.describe_program(name, &standing);
                    warn(name, *address, &standing);
                }
                Ok(None) => {}
                Err(err) => {
                    metrics.rpc_failures.inc();
                    tracing::debug!(%err, contract = name, "the chain did not say how long it runs this program");
                    pause = backoff.next_pause();
                }
            }
        }
        sleep(pause).await;
    }
}

/// What a read of a contract that the chain does not run waits for, in words; `None` when it failed for another reason.
pub fn stopped(failure: &RpcFailure) -> Option<String> {
    let RpcFailure::Reverted { data, .. } = failure else { return None };
    let standing = Standing::from_revert(data)?;
    Some(format!(
        "the contracts, which the chain does not run ({standing}): `functions deploy --renew` activates them again"
    ))
}

fn warn(contract: &str, address: Address, standing: &Standing) {
    if !standing.runs() {
        tracing::error!(contract, %address, %standing, "the chain does not run this contract: `functions deploy --renew` activates it again");
    } else if standing.needs_renewal() {
        tracing::warn!(contract, %address, days_left = standing.days_left(), "the chain will stop running this contract: `functions deploy --renew` keeps it alive");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::sol_types::SolError;

    #[test]
    fn a_contract_that_does_not_run_is_told_from_other_refusals() {
        let reverted =
            |data: Vec<u8>| RpcFailure::Reverted { message: "execution reverted".into(), data: data.into() };
        let outdated = ArbWasm::ProgramNeedsUpgrade { version: 2, stylusVersion: 3 }.abi_encode();
        let words = stopped(&reverted(outdated)).expect("about programs");
        assert!(words.contains("Stylus version 2") && words.contains("deploy --renew"), "{words}");
        assert_eq!(stopped(&reverted(vec![])), None);
        assert_eq!(stopped(&RpcFailure::RangeTooLarge("1".into())), None);
    }

    #[test]
    fn days_left_are_a_gauge() {
        let metrics = Metrics::new();
        metrics.describe_program("router", &Standing::Active { seconds_left: 12 * 86_400 + 5 });
        metrics.describe_program("coordinator", &Standing::Expired { age_seconds: 366 * 86_400 });
        let text = metrics.render();
        assert!(text.contains("functions_program_days_left{kind=\"router\"} 12"), "{text}");
        assert!(text.contains("functions_program_days_left{kind=\"coordinator\"} 0"), "{text}");
    }
}
