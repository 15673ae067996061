//! What a run costs at most, so that nobody is left with half a deployment for want of ether.

use std::fmt;

use alloy::primitives::utils::format_ether;
use alloy::primitives::{Address, U256};
use functions_client::{Account, Chain, ClientError, Program, stylus};
use functions_failure::{Result, WrapErr as _, failure};

use crate::contract::Contract;
use crate::plan::Plan;
use crate::programs::Programs;
use crate::steps::Step;

/// The bill of a list of steps.
pub(crate) struct Bill {
    /// The programs to deploy; each with the wei that its activation costs, once a program.
    pub(crate) deployed: Vec<(Contract, Program, U256)>,
    /// Gas without the parent chain's data.
    gas: u64,
    /// Wei of the parent chain's data.
    data_wei: U256,
    /// Wei of a gas, at the most.
    price_wei: U256,
}

/// Most gas of a step, measured with a tenth to spare; `deploy_says_what_it_does_and_costs` of the end-to-end tests
/// holds what is spent against it.
fn gas(step: &Step, plan: &Plan) -> u64 {
    match step {
        Step::Deploy(Contract::Link) => 3_500_000,
        Step::Deploy(Contract::NativeFeed | Contract::UsdFeed) => 3_000_000,
        Step::Deploy(Contract::Router) => 6_500_000,
        Step::Deploy(Contract::Coordinator) => 13_000_000,
        Step::Deploy(Contract::Consumer) => 8_500_000,
        Step::Deploy(Contract::AllowList) => 3_800_000,
        Step::Follow(_) | Step::Share => 200_000,
        Step::Route(_) | Step::Ask(_) => 250_000,
        Step::Configure => 100_000 + 60_000 * members(plan),
    }
}

/// Bytes of a step's transactions besides a program, at the most.
fn bytes(step: &Step, plan: &Plan) -> u64 {
    match step {
        Step::Deploy(_) | Step::Follow(_) | Step::Share | Step::Route(_) | Step::Ask(_) => 1_000,
        Step::Configure => 1_000 + 600 * members(plan),
    }
}

fn members(plan: &Plan) -> u64 {
    plan.don.as_ref().map_or(0, |don| don.oracles.len() as u64)
}

impl Bill {
    /// Asks the chain for its prices, and every program's for its activation.
    ///
    /// # Errors
    /// When the chain has no contract that deploys programs, or refuses one.
    pub(crate) async fn of(chain: &Chain, plan: &Plan, programs: &Programs, steps: &[Step]) -> Result<Self> {
        let mut bill = Self { deployed: Vec::new(), gas: 0, data_wei: U256::ZERO, price_wei: U256::ZERO };
        let mut sent = 0;
        for step in steps {
            bill.gas += gas(step, plan);
            sent += bytes(step, plan);
            let Step::Deploy(contract) = step else { continue };
            let program = programs.get(contract.program()).await?;
            sent += program.init_code().len() as u64;
            // What is active once is so for all with this code.
            let is_new = bill.deployed.iter().all(|(other, ..)| other.program() != contract.program());
            let fee = if is_new { stylus::quote_data_fee(chain, &program).await? } else { U256::ZERO };
            bill.deployed.push((*contract, program, fee));
        }
        let deployer = plan.stylus_deployer;
        if !bill.deployed.is_empty() && chain.code(deployer).await?.is_empty() {
            return Err(ClientError::NoDeployer { chain_id: chain.id(), address: deployer }.into());
        }
        if !steps.is_empty() {
            // A transaction offers twice the price, and is charged for data by the same rise.
            bill.price_wei = U256::from(chain.gas_price().await?) * U256::from(2);
            bill.data_wei = chain.data_price().await? * U256::from(2 * sent);
        }
        Ok(bill)
    }

    /// Wei of activations, with what is sent on top in case they become dearer.
    fn fees_wei(&self) -> U256 {
        self.deployed.iter().map(|(.., fee)| *fee).sum::<U256>() * U256::from(6) / U256::from(5)
    }

    /// Wei of everything.
    fn most_wei(&self) -> U256 {
        U256::from(self.gas) * self.price_wei + self.data_wei + self.fees_wei()
    }

    /// Refuses who cannot pay it.
    ///
    /// # Errors
    /// When the account has less.
    pub(crate) async fn check(&self, chain: &Chain, payer: &Account) -> Result<()> {
        let (address, most): (Address, _) = (payer.address(), self.most_wei());
        let balance = chain.balance(address).await.wrap_err("ask for the owner's ether")?;
        if balance >= most {
            return Ok(());
        }
        Err(failure!(
            help = format!(
                "send {address} {} ether on chain {}, or run this when gas is cheaper",
                ether(most - balance),
                chain.id()
            ),
            "the owner {address} has {} ether, and this costs at most {self}",
            ether(balance)
        ))
    }
}

impl fmt::Display for Bill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ether: {} gas at up to {} wei, {} ether for the parent chain's data, {} ether for activations",
            ether(self.most_wei()),
            self.gas,
            self.price_wei,
            ether(self.data_wei),
            ether(self.fees_wei())
        )
    }
}

/// Wei as ether, without zeros at its end.
fn ether(wei: U256) -> String {
    let text = format_ether(wei);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ether_is_written_to_the_last_wei_and_no_further() {
        for (wei, text) in
            [(0, "0"), (1, "0.000000000000000001"), (10u64.pow(18), "1"), (15 * 10u64.pow(17), "1.5")]
        {
            assert_eq!(ether(U256::from(wei)), text);
        }
    }

    #[test]
    fn a_bill_is_the_sum_of_its_parts() {
        let program = Program::from_wasm("empty", b"\0asm\x01\0\0\0").unwrap();
        let fee = U256::from(100);
        let bill = Bill {
            deployed: vec![(Contract::Router, program, fee)],
            gas: 1_000,
            data_wei: U256::from(7),
            price_wei: U256::from(2),
        };
        assert_eq!(bill.most_wei(), U256::from(2_000 + 7 + 120));
    }
}
