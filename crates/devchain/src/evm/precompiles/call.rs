//! One call of a precompile: its arguments, its gas, and the ways it can end.

use alloy::{
    primitives::{Address, B256, Bytes, Log, U256},
    sol_types::{SolError, SolEvent, SolInterface},
};
use revm::{
    context_interface::{ContextTr, JournalTr},
    interpreter::CallInputs,
};

use super::super::{ArbContext, arbos};

const COPY_WORD: u64 = 3;
const STORAGE_READ: u64 = 800;
const STORAGE_WRITE: u64 = 20_000;
const STORAGE_WRITE_ZERO: u64 = 5_000;
const LOG: u64 = 375;
const LOG_TOPIC: u64 = 375;
const LOG_BYTE: u64 = 8;

/// How a method treats the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purity {
    Pure,
    View,
    Write,
    Payable,
}

/// Why a call does not return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fail {
    /// A Solidity-style error; unused gas is kept.
    Error(Bytes),
    /// A revert that takes all gas.
    Refused,
    /// Gas used up.
    OutOfGas,
}

impl Fail {
    pub(super) fn error(error: &impl SolError) -> Self {
        Self::Error(error.abi_encode().into())
    }
}

/// What a call returns.
pub(super) type Answer = Result<Bytes, Fail>;

/// A call on its way.
pub(super) struct Call<'c, 'd> {
    pub(super) ctx: &'c mut ArbContext<'d>,
    pub(super) caller: Address,
    pub(super) value: U256,
    address: Address,
    acting: Address,
    is_static: bool,
    input: Bytes,
    gas: u64,
}

impl<'c, 'd> Call<'c, 'd> {
    pub(super) fn new(ctx: &'c mut ArbContext<'d>, inputs: &CallInputs, input: Bytes) -> Self {
        Self {
            ctx,
            caller: inputs.caller,
            value: inputs.value.get(),
            address: inputs.bytecode_address,
            acting: inputs.target_address,
            is_static: inputs.is_static,
            input,
            gas: inputs.gas_limit,
        }
    }

    pub(super) fn gas_left(&self) -> u64 {
        self.gas
    }

    /// Decodes the call, applies the common rules by the method's purity, and pays for arguments and state.
    pub(super) fn decode<C: SolInterface>(&mut self, purity: impl Fn(&C) -> Purity) -> Result<C, Fail> {
        let call = C::abi_decode(&self.input).map_err(|_| Fail::Refused)?;
        let purity = purity(&call);
        let refused = (purity >= Purity::View && self.acting != self.address)
            || (purity >= Purity::Write && self.is_static)
            || (purity < Purity::Payable && !self.value.is_zero());
        if refused {
            return Err(Fail::Refused);
        }
        let words = self.input.len().saturating_sub(4).div_ceil(32) as u64;
        self.burn(COPY_WORD * words)?;
        if purity > Purity::Pure {
            self.burn(STORAGE_READ)?;
        }
        Ok(call)
    }

    pub(super) fn burn(&mut self, gas: u64) -> Result<(), Fail> {
        match self.gas.checked_sub(gas) {
            Some(left) => {
                self.gas = left;
                Ok(())
            }
            None => {
                self.gas = 0;
                Err(Fail::OutOfGas)
            }
        }
    }

    /// Pays for reading a storage word of the chain.
    pub(super) fn burn_read(&mut self) -> Result<(), Fail> {
        self.burn(STORAGE_READ)
    }

    /// Pays for writing a storage word of the chain.
    pub(super) fn burn_write(&mut self, is_zero: bool) -> Result<(), Fail> {
        self.burn(if is_zero { STORAGE_WRITE_ZERO } else { STORAGE_WRITE })
    }

    /// Pays for the result and returns it.
    pub(super) fn returns(&mut self, output: Vec<u8>) -> Answer {
        self.burn(COPY_WORD * output.len().div_ceil(32) as u64)?;
        Ok(output.into())
    }

    /// Emits an event in the precompile's name.
    pub(super) fn emit(&mut self, event: &impl SolEvent) -> Result<(), Fail> {
        let data = event.encode_log_data();
        let bytes = LOG_BYTE * data.data.len() as u64;
        self.burn(LOG + LOG_TOPIC * data.topics().len() as u64 + bytes)?;
        self.ctx.journal_mut().log(Log { address: self.address, data });
        Ok(())
    }

    /// Moves wei out of what was sent with the call.
    pub(super) fn pay(&mut self, to: Address, amount: U256) -> Result<(), Fail> {
        let Ok(failure) = self.ctx.journal_mut().transfer(self.address, to, amount);
        if failure.is_some() { Err(Fail::Refused) } else { Ok(()) }
    }

    /// Hash and bytes of an account's code.
    pub(super) fn code(&mut self, address: Address) -> (B256, Bytes) {
        let Ok(account) = self.ctx.journal_mut().load_account_with_code(address);
        let code = account.info.code.as_ref().map(|code| code.original_bytes()).unwrap_or_default();
        (account.info.code_hash, code)
    }

    pub(super) fn is_owner(&mut self) -> bool {
        let caller = self.caller;
        arbos::set::OWNERS.contains(self.ctx, caller)
    }

    /// Gives back everything paid so far: the owner's calls are free.
    pub(super) fn refund_to(&mut self, gas: u64) {
        self.gas = gas;
    }
}
