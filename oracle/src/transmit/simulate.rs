//! Asks the newest block what a transmit would do.
//!
//! Two calls: the exact `transmit` from the transmitter's account shows whether the transaction as a whole reverts, at
//! the gas limit and price it would be sent with. It returns nothing, so a second call asks the router, in the
//! coordinator's name and with the amounts the coordinator would compute, for the result code of the entry.

use alloy::{
    primitives::{Address, Bytes, U256, aliases::U96},
    sol_types::SolCall,
};
use functions_types::{Commitment, Juels, abi::Router, chains::bills_l1_fee};

use super::{
    gas::{gas_before_router, l1_fee_wei},
    gate::Simulated,
    price::Quote,
};
use crate::chain::{CallRequest, Rejection, Rpc, RpcFailure};

/// Chain gas information of Arbitrum chains.
const ARB_GAS_INFO: Address = Address::new([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x6c]);

/// Juels of one LINK.
const LINK: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

alloy::sol! {
    /// The part of Arbitrum's gas information that is read.
    interface ArbGasInfo {
        /// Wei per unit of calldata, 16 units a byte.
        function getL1BaseFeeEstimate() external view returns (uint256);
    }
}

/// What is simulated.
#[derive(Clone, Debug)]
pub(super) struct Subject<'a> {
    pub chain_id: u64,
    pub router: Address,
    pub transmitter: Address,
    pub calldata: &'a Bytes,
    pub signatures: u64,
    pub result: &'a Bytes,
    pub error: &'a Bytes,
    /// The event's form: the operation fee is in `admin_fee`.
    pub commitment: &'a Commitment,
}

/// Wei per unit of calldata; `None` on chains without Arbitrum's gas information.
///
/// # Errors
/// [`RpcFailure`] when no endpoint answered.
pub(super) async fn l1_price_wei(rpc: &Rpc) -> Result<Option<u128>, RpcFailure> {
    match crate::chain::view(rpc, ARB_GAS_INFO, ArbGasInfo::getL1BaseFeeEstimateCall {}).await {
        Ok(price) => Ok(Some(u128::try_from(price).unwrap_or(u128::MAX))),
        Err(err) if err.is_transient() => Err(err),
        Err(_) => Ok(None),
    }
}

/// Runs both calls, at the price the next block takes.
///
/// # Errors
/// [`RpcFailure`] when no endpoint answered; a revert is an answer.
pub(super) async fn simulate(
    rpc: &Rpc,
    subject: &Subject<'_>,
    gas_limit: u64,
    quote: &Quote,
) -> Result<Simulated, RpcFailure> {
    let transmit = CallRequest {
        from: subject.transmitter,
        to: subject.commitment.coordinator,
        data: subject.calldata.clone(),
        gas: Some(gas_limit),
        gas_price_wei: Some(quote.fees.market.effective_wei()),
    };
    match rpc.agreed_answer(&transmit, |_| ()).await {
        Ok(()) => entry_code(rpc, subject, gas_limit, quote).await,
        Err(err) => verdict(err),
    }
}

/// Runs the second call alone. Without LINK's price the coordinator would refuse the transaction.
///
/// # Errors
/// [`RpcFailure`] when no endpoint answered; a revert is an answer.
pub(super) async fn entry_code(
    rpc: &Rpc,
    subject: &Subject<'_>,
    gas_limit: u64,
    quote: &Quote,
) -> Result<Simulated, RpcFailure> {
    let Some(price) = quote.wei_per_link else {
        return Ok(Simulated::Reverts("the coordinator does not give LINK's price".to_owned()));
    };
    let fees = &quote.fees;
    let Some(amounts) = amounts(subject, fees.market.effective_wei(), fees.l1_price_wei, price) else {
        return Ok(Simulated::Reverts("the cost in juels overflows".to_owned()));
    };
    let fulfill = Router::fulfillCall {
        response: subject.result.clone(),
        err: subject.error.clone(),
        juelsPerGas: amounts.juels_per_gas,
        costWithoutCallback: amounts.cost_without_callback,
        transmitter: subject.transmitter,
        // The router stores and compares the on-chain form, without the coordinator's operation fee.
        commitment: subject.commitment.with_admin_fee(Juels::ZERO).into(),
    };
    let request = CallRequest {
        from: subject.commitment.coordinator,
        to: subject.router,
        data: fulfill.abi_encode().into(),
        gas: Some(gas_limit.saturating_sub(gas_before_router(subject.signatures))),
        // The coordinator has no ether; a price would make the endpoint refuse the call.
        gas_price_wei: None,
    };
    // What the callback would cost depends on the block; the code is what is asked for.
    let code = |answer: Bytes| {
        let returned = Router::fulfillCall::abi_decode_returns(&answer);
        returned.map(|returned| returned.resultCode).map_err(|err| err.to_string())
    };
    match rpc.agreed_answer(&request, code).await {
        Ok(Ok(code)) => Ok(Simulated::Code(code)),
        Ok(Err(err)) => Ok(Simulated::Reverts(format!("the router's answer does not decode: {err}"))),
        Err(err) => verdict(err),
    }
}

/// Whether the newest block would take the exact transaction, `from` whom `to` whom.
///
/// # Errors
/// [`RpcFailure`] when no endpoint answered; a revert is an answer.
pub(super) async fn is_taken(
    rpc: &Rpc,
    (from, to): (Address, Address),
    calldata: &Bytes,
    gas_limit: u64,
    gas_price_wei: u128,
) -> Result<bool, RpcFailure> {
    let (gas, gas_price_wei) = (Some(gas_limit), Some(gas_price_wei));
    let call = CallRequest { from, to, data: calldata.clone(), gas, gas_price_wei };
    match rpc.agreed_answer(&call, |_| ()).await {
        Ok(()) => Ok(true),
        Err(err) => verdict(err).map(|_| false),
    }
}

/// A failed call as an answer, where it is one.
fn verdict(failure: RpcFailure) -> Result<Simulated, RpcFailure> {
    match failure {
        RpcFailure::Reverted { message, data } => Ok(Simulated::Reverts(words(&message, &data))),
        RpcFailure::Rejected { why: Rejection::Unfunded, message, .. } => Ok(Simulated::Unfunded(message)),
        RpcFailure::Rejected { message, .. } | RpcFailure::Refused { message, .. } => {
            Ok(Simulated::Reverts(message))
        }
        other => Err(other),
    }
}

/// What the coordinator hands to the router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Amounts {
    juels_per_gas: U96,
    cost_without_callback: U96,
}

/// Of a report alone; one that goes with others is billed less where the coordinator's entries share overhead.
///
/// Upstream: `FunctionsBilling._fulfillAndBill` of Coordinator 1.3.0; floor division, narrowing is checked.
fn amounts(
    subject: &Subject<'_>,
    gas_price_wei: u128,
    l1_price_wei: u128,
    wei_per_link: U256,
) -> Option<Amounts> {
    let commitment = subject.commitment;
    let price = U256::from(gas_price_wei);
    let overhead_gas = overhead_gas(subject);
    let overhead_wei = overhead_gas.checked_mul(price)?.checked_add(billed_l1_wei(subject, l1_price_wei))?;
    let overhead_juels = overhead_wei.checked_mul(LINK)?.checked_div(wei_per_link)?;
    let juels_per_gas = price.checked_mul(LINK)?.checked_div(wei_per_link)?;
    let cost = overhead_juels
        .checked_add(U256::from(commitment.don_fee.get()))?
        .checked_add(U256::from(commitment.admin_fee.get()))?;
    Some(Amounts { juels_per_gas: narrow(juels_per_gas)?, cost_without_callback: narrow(cost)? })
}

/// The highest price per gas at which the request's reservation pays for its report, rounded down: above it the router
/// refuses the entry with code 3, and the transaction is the transmitter's expense.
pub(super) fn affordable_wei(subject: &Subject<'_>, l1_price_wei: u128, wei_per_link: U256) -> u128 {
    let commitment = subject.commitment;
    let fixed = U256::from(commitment.don_fee.get()) + U256::from(commitment.admin_fee.get());
    let gas = overhead_gas(subject) + U256::from(commitment.callback_gas_limit);
    let wei = U256::from(commitment.estimated_total_cost_juels.get())
        .checked_sub(fixed)
        .and_then(|juels| juels.checked_mul(wei_per_link))
        .map(|product| product / LINK)
        .and_then(|wei| wei.checked_sub(billed_l1_wei(subject, l1_price_wei)))
        .unwrap_or_default();
    let price = wei.checked_div(gas).unwrap_or(U256::MAX);
    u128::try_from(price).unwrap_or(u128::MAX)
}

fn overhead_gas(subject: &Subject<'_>) -> U256 {
    U256::from(subject.commitment.gas_overhead_before_callback)
        + U256::from(subject.commitment.gas_overhead_after_callback)
}

/// What the coordinator adds for the parent chain's data.
fn billed_l1_wei(subject: &Subject<'_>, l1_price_wei: u128) -> U256 {
    let billed_price = if bills_l1_fee(subject.chain_id) { l1_price_wei } else { 0 };
    U256::from(l1_fee_wei(subject.calldata, billed_price))
}

fn narrow(value: U256) -> Option<U96> {
    (value.bit_len() <= 96).then(|| U96::from(value))
}

/// Revert data in words: `Error(string)` and `ReportInvalid(string)` are decoded, anything else is shown as hex.
fn words(message: &str, data: &Bytes) -> String {
    use alloy::sol_types::SolError;
    use functions_types::abi::Coordinator::ReportInvalid;
    if let Ok(invalid) = ReportInvalid::abi_decode(data) {
        return format!("ReportInvalid({})", invalid.message.chars().take(128).collect::<String>());
    }
    if let Some(reason) = alloy::sol_types::decode_revert_reason(data) {
        return reason.chars().take(256).collect();
    }
    if data.is_empty() { message.to_owned() } else { format!("{message} {data}").chars().take(256).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commitment(estimate: u64) -> Commitment {
        Commitment {
            estimated_total_cost_juels: Juels::from_uint96(estimate.into()),
            callback_gas_limit: 100_000,
            admin_fee: Juels::from_uint96(7),
            don_fee: Juels::from_uint96(11),
            gas_overhead_before_callback: 70_000,
            gas_overhead_after_callback: 60_000,
            ..Commitment::default()
        }
    }

    fn subject<'a>(empty: &'a Bytes, commitment: &'a Commitment) -> Subject<'a> {
        Subject {
            chain_id: 412_346,
            router: Address::ZERO,
            transmitter: Address::ZERO,
            calldata: empty,
            signatures: 3,
            result: empty,
            error: empty,
            commitment,
        }
    }

    /// What the router demands of the reservation at this price.
    fn cost(subject: &Subject<'_>, price: u128, l1: u128, wei_per_link: U256) -> Option<U256> {
        let amounts = amounts(subject, price, l1, wei_per_link)?;
        let callback = U256::from(amounts.juels_per_gas) * U256::from(subject.commitment.callback_gas_limit);
        Some(callback + U256::from(amounts.cost_without_callback))
    }

    #[test]
    fn t2_a_reservation_pays_for_the_affordable_price_and_hardly_for_more() {
        let empty = Bytes::new();
        for estimate in [0, 17, 18, 1_000, 5_000_000_000_000_000, u64::MAX] {
            for link in [1_u64, 3, 5_000_000_000_000_000, u64::MAX] {
                for (chain_id, l1) in [(412_346, 1_000_000_000), (421_614, 0), (421_614, 1_000_000_000)] {
                    let (commitment, link) = (commitment(estimate), U256::from(link));
                    let subject = Subject { chain_id, ..subject(&empty, &commitment) };
                    let most = affordable_wei(&subject, l1, link);
                    let (estimate, case) = (U256::from(estimate), (estimate, link, chain_id, l1, most));
                    if most > 0 {
                        assert!(cost(&subject, most, l1, link).expect("fits") <= estimate, "{case:?}");
                    }
                    // Elsewhere the rounding of juels per gas is coarser.
                    let above = cost(&subject, most.saturating_add(2), l1, link);
                    let is_fine = link == U256::from(5_000_000_000_000_000_u64);
                    assert!(!is_fine || above.expect("fits") > estimate, "{case:?} {above:?}");
                }
            }
        }
    }

    #[test]
    fn amounts_equal_the_coordinators_arithmetic() {
        let (commitment, empty) = (commitment(0), Bytes::new());
        let mut subject = subject(&empty, &commitment);
        // 0.1 gwei a gas, 1 LINK = 0.005 ether: 130 000 gas cost 13e12 wei = 2.6e15 juels.
        let found = amounts(&subject, 100_000_000, 0, U256::from(5_000_000_000_000_000u64)).expect("fits");
        assert_eq!(found.cost_without_callback, U96::from(2_600_000_000_000_000u64 + 18));
        assert_eq!(found.juels_per_gas, U96::from(20_000_000_000u64));
        // Whatever the parent chain costs, it is billed only where the coordinator bills it: 180 bytes at 16 units of 1
        // gwei there.
        assert_eq!(
            amounts(&subject, 100_000_000, 1_000_000_000, U256::from(5_000_000_000_000_000u64)),
            Some(found)
        );
        subject.chain_id = 421_614;
        let billed = amounts(&subject, 100_000_000, 1_000_000_000, U256::from(5_000_000_000_000_000u64));
        assert_eq!(
            billed.expect("fits").cost_without_callback,
            U96::from(2_600_000_000_000_000u64 + 18 + 576_000_000_000_000)
        );
        assert_eq!(amounts(&subject, 1, 0, U256::ZERO), None);
        assert_eq!(amounts(&subject, u128::MAX, 0, U256::from(1)), None);
    }
}
