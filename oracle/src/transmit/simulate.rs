//! Asks the newest block what a transmit would do.
//!
//! Two calls: the exact `transmit` from the transmitter's account shows whether the transaction as a whole reverts, at
//! the gas limit and price it would be sent with. It returns nothing, so a second call asks the router, in the
//! coordinator's name and with the amounts the coordinator would compute, for the result code of the entry.

use alloy::{
    primitives::{Address, Bytes, U256, aliases::U96},
    sol_types::SolCall,
};
use functions_types::{Commitment, abi::Router, chains::bills_l1_fee};

use super::{
    gas::{gas_before_router, l1_fee_wei},
    gate::Simulated,
};
use crate::chain::{CallRequest, Rejection, Rpc, RpcFailure, wei_per_link};

/// Chain gas information of Arbitrum chains.
const ARB_GAS_INFO: Address = Address::new([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x6c]);

alloy::sol! {
    /// The part of Arbitrum's gas information that is read.
    interface ArbGasInfo {
        /// Wei per unit of calldata, 16 units a byte.
        function getL1BaseFeeEstimate() external view returns (uint256);
    }
}

/// What is simulated.
#[derive(Clone, Debug)]
pub(crate) struct Subject<'a> {
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

/// Wei per unit of calldata; zero on chains without Arbitrum's gas information.
///
/// # Errors
/// [`RpcFailure`] when no endpoint answered.
pub(crate) async fn l1_price_wei(rpc: &Rpc) -> Result<u128, RpcFailure> {
    match crate::chain::view(rpc, ARB_GAS_INFO, ArbGasInfo::getL1BaseFeeEstimateCall {}).await {
        Ok(price) => Ok(u128::try_from(price).unwrap_or(u128::MAX)),
        Err(err) if err.is_transient() => Err(err),
        Err(_) => Ok(0),
    }
}

/// Runs both calls.
///
/// # Errors
/// [`RpcFailure`] when no endpoint answered; a revert is an answer.
pub(crate) async fn simulate(
    rpc: &Rpc,
    subject: &Subject<'_>,
    gas_limit: u64,
    gas_price_wei: u128,
    l1_price_wei: u128,
) -> Result<Simulated, RpcFailure> {
    let transmit = CallRequest {
        from: subject.transmitter,
        to: subject.commitment.coordinator,
        data: subject.calldata.clone(),
        gas: Some(gas_limit),
        gas_price_wei: Some(gas_price_wei),
    };
    match rpc.eth_call(&transmit).await {
        Ok(_) => {}
        Err(err) => return verdict(err),
    }
    let price = wei_per_link(rpc, subject.commitment.coordinator).await?;
    let Some(amounts) = amounts(subject, gas_price_wei, l1_price_wei, price) else {
        return Ok(Simulated::Reverts("the cost in juels overflows".to_owned()));
    };
    let fulfill = Router::fulfillCall {
        response: subject.result.clone(),
        err: subject.error.clone(),
        juelsPerGas: amounts.juels_per_gas,
        costWithoutCallback: amounts.cost_without_callback,
        transmitter: subject.transmitter,
        // The router stores and compares the on-chain form, without the coordinator's operation fee.
        commitment: subject.commitment.with_admin_fee(0).into(),
    };
    let request = CallRequest {
        from: subject.commitment.coordinator,
        to: subject.router,
        data: fulfill.abi_encode().into(),
        gas: Some(gas_limit.saturating_sub(gas_before_router(subject.signatures))),
        // The coordinator has no ether; a price would make the endpoint refuse the call.
        gas_price_wei: None,
    };
    match rpc.eth_call(&request).await {
        Ok(answer) => match Router::fulfillCall::abi_decode_returns(&answer) {
            Ok(returned) => Ok(Simulated::Code(returned.resultCode)),
            Err(err) => Ok(Simulated::Reverts(format!("the router's answer does not decode: {err}"))),
        },
        Err(err) => verdict(err),
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

/// Upstream: `FunctionsBilling._fulfillAndBill` of Coordinator 1.3.0; floor division, narrowing is checked.
fn amounts(
    subject: &Subject<'_>,
    gas_price_wei: u128,
    l1_price_wei: u128,
    wei_per_link: U256,
) -> Option<Amounts> {
    let commitment = subject.commitment;
    let link = U256::from(1_000_000_000_000_000_000u64);
    let price = U256::from(gas_price_wei);
    let overhead_gas = U256::from(commitment.gas_overhead_before_callback)
        + U256::from(commitment.gas_overhead_after_callback);
    let billed_price = if bills_l1_fee(subject.chain_id) { l1_price_wei } else { 0 };
    let l1_share = U256::from(l1_fee_wei(subject.calldata, billed_price));
    let overhead_wei = overhead_gas.checked_mul(price)?.checked_add(l1_share)?;
    let overhead_juels = overhead_wei.checked_mul(link)?.checked_div(wei_per_link)?;
    let juels_per_gas = price.checked_mul(link)?.checked_div(wei_per_link)?;
    let cost = overhead_juels
        .checked_add(U256::from(commitment.don_fee))?
        .checked_add(U256::from(commitment.admin_fee))?;
    Some(Amounts { juels_per_gas: narrow(juels_per_gas)?, cost_without_callback: narrow(cost)? })
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

    #[test]
    fn amounts_equal_the_coordinators_arithmetic() {
        let commitment = Commitment {
            admin_fee: 7,
            don_fee: 11,
            gas_overhead_before_callback: 70_000,
            gas_overhead_after_callback: 60_000,
            ..Commitment::default()
        };
        let empty = Bytes::new();
        let mut subject = Subject {
            chain_id: 412_346,
            router: Address::ZERO,
            transmitter: Address::ZERO,
            calldata: &empty,
            signatures: 3,
            result: &empty,
            error: &empty,
            commitment: &commitment,
        };
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
