//! Keeping programs running: activation after a chain upgrade or at the end of their year, keepalive before it.
//!
//! Anybody may renew any program and pays for it; the surplus of what is sent comes back.

use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::{SolCall, SolError};
use functions_types::programs::{ARB_WASM, ArbWasm, CODE_PREFIX, Standing};

use crate::account::Account;
use crate::chain::{Chain, Transaction};
use crate::error::ClientError;

/// How the program at `address` stands; `None` when there is no program.
///
/// # Errors
/// [`ClientError::Rpc`], or [`ClientError::Reverted`] when the chain refuses to say.
pub async fn standing(chain: &Chain, address: Address) -> Result<Option<Standing>, ClientError> {
    if !chain.code(address).await?.starts_with(&CODE_PREFIX) {
        return Ok(None);
    }
    match chain.call(ARB_WASM, &ArbWasm::programTimeLeftCall { program: address }).await {
        Ok(seconds_left) => Ok(Some(Standing::Active { seconds_left })),
        Err(ClientError::Reverted { what, revert }) => match Standing::from_revert(revert.data()) {
            Some(standing) => Ok(Some(standing)),
            None => Err(ClientError::Reverted { what, revert }),
        },
        Err(other) => Err(other),
    }
}

/// What renews a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Activation: it does not run.
    Activate,
    /// Keepalive: it runs, but not for long.
    KeepAlive,
}

impl Remedy {
    /// What a program with this standing needs; `None` when it needs nothing.
    pub const fn of(standing: &Standing) -> Option<Self> {
        match (standing.runs(), standing.needs_renewal()) {
            (false, _) => Some(Self::Activate),
            (true, true) => Some(Self::KeepAlive),
            (true, false) => None,
        }
    }
}

/// A program that was renewed.
#[derive(Clone, Debug)]
pub struct Renewed {
    /// The transaction that did it.
    pub transaction: B256,
    /// Data fee that was paid, in wei.
    pub data_fee_wei: U256,
    /// Gas of the transaction.
    pub gas_used: u64,
    /// Wei paid for one gas.
    pub gas_price_wei: u128,
}

/// Wei of data fee that a remedy costs now.
///
/// # Errors
/// [`ClientError::Reverted`] when the chain refuses the remedy, otherwise as [`Chain::call`].
pub async fn quote(chain: &Chain, address: Address, remedy: Remedy) -> Result<U256, ClientError> {
    // Without a wei the precompile says how many it wants.
    let input = input(chain, address, remedy).await?;
    let request = TransactionRequest::default().with_to(ARB_WASM).with_input(input);
    match chain.provider().call(request).await.map_err(|error| ClientError::from_rpc(what(remedy), error)) {
        Ok(_) => Ok(U256::ZERO),
        Err(ClientError::Reverted { what, revert }) => {
            match ArbWasm::ProgramInsufficientValue::abi_decode_validate(revert.data()) {
                Ok(error) => Ok(error.want),
                Err(_) => Err(ClientError::Reverted { what, revert }),
            }
        }
        Err(other) => Err(other),
    }
}

/// Applies a remedy to the program at `address`; a fifth more than the quoted fee is sent, for the fee moves.
///
/// # Errors
/// As [`quote`] and [`Chain::transact`].
pub async fn renew(
    chain: &Chain,
    from: &Account,
    address: Address,
    remedy: Remedy,
) -> Result<Renewed, ClientError> {
    let value = quote(chain, address, remedy).await?.saturating_mul(U256::from(6)) / U256::from(5);
    let input = input(chain, address, remedy).await?;
    let what = what(remedy);
    let receipt = chain
        .transact(from, what, Transaction { to: Some(ARB_WASM), input: input.into(), value, gas: None })
        .await?;
    let data_fee_wei = match remedy {
        Remedy::Activate => {
            Chain::event_in::<ArbWasm::ProgramActivated>(&receipt, ARB_WASM, what, "ProgramActivated")?
                .dataFee
        }
        Remedy::KeepAlive => {
            let name = "ProgramLifetimeExtended";
            Chain::event_in::<ArbWasm::ProgramLifetimeExtended>(&receipt, ARB_WASM, what, name)?.dataFee
        }
    };
    Ok(Renewed {
        transaction: receipt.transaction_hash,
        data_fee_wei,
        gas_used: receipt.gas_used,
        gas_price_wei: receipt.effective_gas_price,
    })
}

const fn what(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::Activate => "activate a program again",
        Remedy::KeepAlive => "keep a program alive",
    }
}

async fn input(chain: &Chain, address: Address, remedy: Remedy) -> Result<Vec<u8>, ClientError> {
    Ok(match remedy {
        Remedy::Activate => ArbWasm::activateProgramCall { program: address }.abi_encode(),
        Remedy::KeepAlive => {
            let codehash = keccak256(chain.code(address).await?);
            ArbWasm::codehashKeepaliveCall { codehash }.abi_encode()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_activated_when_it_does_not_run_and_kept_alive_when_its_end_is_near() {
        let day = 86_400;
        assert_eq!(Remedy::of(&Standing::NotActivated), Some(Remedy::Activate));
        assert_eq!(Remedy::of(&Standing::Expired { age_seconds: 366 * day }), Some(Remedy::Activate));
        let outdated = Standing::Outdated { version: 2, stylus_version: 3 };
        assert_eq!(Remedy::of(&outdated), Some(Remedy::Activate));
        assert_eq!(Remedy::of(&Standing::Active { seconds_left: 89 * day }), Some(Remedy::KeepAlive));
        assert_eq!(Remedy::of(&Standing::Active { seconds_left: 91 * day }), None);
    }
}
