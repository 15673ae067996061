//! Gas around an execution: what the calldata poster takes before it, what is held during it, and who is paid after it.

use std::{cell::Cell, convert::Infallible, marker::PhantomData};

use alloy::primitives::U256;
use revm::{
    context::{
        ContextTr,
        result::{EVMError, HaltReason, InvalidTransaction},
    },
    context_interface::{Block, Cfg, JournalTr, Transaction, journaled_state::account::JournaledAccountTr},
    handler::{EvmTr, FrameResult, Handler, MainnetHandler},
    interpreter::{GasTracker, InitialAndFloorGas},
};

use super::{Frame, NETWORK_FEE_ACCOUNT, POSTER_FEE_ACCOUNT, TX_COMPUTE_GAS, machine::StylusEvm};

type Error = EVMError<Infallible>;
type Mainnet<'a> = MainnetHandler<StylusEvm<'a>, Error, Frame>;

/// Mainnet's phases with the gas rules of an Arbitrum chain.
pub(super) struct ArbHandler<'a> {
    poster_gas: u64,
    limits_compute: bool,
    held_gas: Cell<u64>,
    evm: PhantomData<fn() -> StylusEvm<'a>>,
}

impl ArbHandler<'_> {
    /// `poster_gas` is taken before execution; `limits_compute` holds what exceeds [`TX_COMPUTE_GAS`].
    pub(super) fn new(poster_gas: u64, limits_compute: bool) -> Self {
        Self { poster_gas, limits_compute, held_gas: Cell::new(0), evm: PhantomData }
    }
}

impl<'a> Handler for ArbHandler<'a> {
    type Evm = StylusEvm<'a>;
    type Error = Error;
    type HaltReason = HaltReason;

    fn validate_initial_tx_gas(&self, evm: &mut Self::Evm) -> Result<InitialAndFloorGas, Self::Error> {
        let mut initial = Mainnet::default().validate_initial_tx_gas(evm)?;
        let gas_limit = evm.ctx_ref().tx().gas_limit();
        let initial_gas = initial.initial_total_gas().saturating_add(self.poster_gas);
        if initial_gas > gas_limit {
            return Err(InvalidTransaction::CallGasCostMoreThanGasLimit { initial_gas, gas_limit }.into());
        }
        initial.set_initial_regular_gas(initial_gas);
        Ok(initial)
    }

    fn tx_gas(&self, evm: &mut Self::Evm, initial: &InitialAndFloorGas) -> GasTracker {
        let gas_limit = evm.ctx_ref().tx().gas_limit();
        let remaining = gas_limit.saturating_sub(initial.initial_total_gas());
        let intrinsic = initial.initial_total_gas().saturating_sub(self.poster_gas);
        let budget = if self.limits_compute { TX_COMPUTE_GAS.saturating_sub(intrinsic) } else { u64::MAX };
        let held = remaining.saturating_sub(budget);
        self.held_gas.set(held);
        GasTracker::new(gas_limit, remaining - held, 0)
    }

    fn last_frame_result(
        &mut self,
        evm: &mut Self::Evm,
        frame_result: &mut FrameResult,
        parent_gas: &mut GasTracker,
    ) -> Result<(), Self::Error> {
        Mainnet::default().last_frame_result(evm, frame_result, parent_gas)?;
        frame_result.gas_mut().tracker_mut().erase_cost(self.held_gas.get());
        Ok(())
    }

    /// At most a fifth of what was computed comes back; what paid the poster does not count.
    fn refund(
        &self,
        evm: &mut Self::Evm,
        exec_result: &mut FrameResult,
        eip7702_refund: i64,
    ) -> Result<(), Self::Error> {
        let gas = exec_result.gas_mut();
        gas.record_refund(eip7702_refund);
        let quotient = evm.ctx_ref().cfg().gas_params().max_refund_quotient();
        let refundable = gas.total_gas_spent().saturating_sub(self.poster_gas);
        let most = refundable.checked_div(quotient).unwrap_or_default();
        gas.set_refund(gas.refunded().clamp(0, i64::try_from(most).unwrap_or(i64::MAX)));
        Ok(())
    }

    fn reward_beneficiary(
        &self,
        evm: &mut Self::Evm,
        exec_result: &mut FrameResult,
    ) -> Result<(), Self::Error> {
        let ctx = evm.ctx_mut();
        let price = U256::from(ctx.block().basefee());
        let fee = price * U256::from(exec_result.gas().used());
        let poster_fee = (price * U256::from(self.poster_gas)).min(fee);
        for (account, amount) in [(NETWORK_FEE_ACCOUNT, fee - poster_fee), (POSTER_FEE_ACCOUNT, poster_fee)] {
            if !amount.is_zero() {
                ctx.journal_mut().load_account_mut(account)?.incr_balance(amount);
            }
        }
        Ok(())
    }
}
