//! One call of a precompile: its arguments, its gas, and the ways it can end.

use alloy::{
    primitives::{Address, Bytes, Log, LogData, U256},
    sol_types::{SolError, SolEvent, SolInterface},
};
use revm::{
    context_interface::{ContextTr, JournalTr},
    interpreter::CallInputs,
};

use super::super::{ArbContext, arbos::Store};

const COPY_WORD: u64 = 3;
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
    /// A Solidity-style error, which is paid for like a result; unused gas is kept.
    Error(Bytes),
    /// A revert without data that keeps unused gas. The words are for whoever simulates; a contract does not see them.
    Reverted(String),
    /// A revert without data that takes all gas, with words as above.
    Refused(String),
    /// Gas used up: a revert too.
    OutOfGas,
}

impl Fail {
    pub(super) fn error(error: &impl SolError) -> Self {
        Self::Error(error.abi_encode().into())
    }

    pub(super) fn reverted(words: impl Into<String>) -> Self {
        Self::Reverted(words.into())
    }

    pub(super) fn refused(words: impl Into<String>) -> Self {
        Self::Refused(words.into())
    }

    /// For methods of the node that a development chain has no use for.
    pub(super) fn not_supported() -> Self {
        Self::refused("not supported: this chain has no such method")
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

impl<'d> Store<'d> for Call<'_, 'd> {
    type Error = Fail;

    fn ctx(&mut self) -> &mut ArbContext<'d> {
        self.ctx
    }

    fn burn(&mut self, gas: u64) -> Result<(), Fail> {
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

    fn require(&mut self, gas: u64) -> Result<(), Fail> {
        if self.gas < gas { self.burn(gas) } else { Ok(()) }
    }
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

    pub(super) fn is_static(&self) -> bool {
        self.is_static
    }

    pub(super) fn input(&self) -> &Bytes {
        &self.input
    }

    /// ArbOS version of the block.
    pub(super) fn arbos_version(&self) -> u64 {
        self.ctx.chain.env.arbos_version
    }

    /// Decodes the call, applies the common rules by the method's purity, and pays for arguments and for opening the
    /// state.
    pub(super) fn decode<C: SolInterface>(&mut self, purity: impl Fn(&C) -> Purity) -> Result<C, Fail> {
        let call = C::abi_decode(&self.input)
            .map_err(|_| Fail::refused("no such method, or arguments that do not fit it"))?;
        let purity = purity(&call);
        if purity >= Purity::View && self.acting != self.address {
            return Err(Fail::refused("delegate call of a method that reads the chain's state"));
        }
        if purity >= Purity::Write && self.is_static {
            return Err(Fail::refused("write in a static call"));
        }
        if purity < Purity::Payable && !self.value.is_zero() {
            return Err(Fail::refused("value sent to a method that takes none"));
        }
        if purity > Purity::Pure {
            self.burn_read()?;
        }
        let words = self.input.len().saturating_sub(4).div_ceil(32) as u64;
        self.burn(COPY_WORD * words)?;
        Ok(call)
    }

    /// Takes all gas.
    pub(super) fn burn_out(&mut self) {
        self.gas = 0;
    }

    /// Pays for the result and returns it.
    pub(super) fn returns(&mut self, output: Vec<u8>) -> Answer {
        self.pay_for_copy(output.len())?;
        Ok(output.into())
    }

    /// Pays for handing bytes to the caller.
    pub(super) fn pay_for_copy(&mut self, bytes: usize) -> Result<(), Fail> {
        self.burn(COPY_WORD * bytes.div_ceil(32) as u64)
    }

    /// Emits an event in the precompile's name.
    pub(super) fn emit(&mut self, event: &impl SolEvent) -> Result<(), Fail> {
        let data = event.encode_log_data();
        let bytes = LOG_BYTE * data.data.len() as u64;
        self.burn(LOG + LOG_TOPIC * data.topics().len() as u64 + bytes)?;
        self.emit_free(data);
        Ok(())
    }

    /// Emits an event nobody pays for.
    pub(super) fn emit_free(&mut self, data: LogData) {
        self.ctx.journal_mut().log(Log { address: self.address, data });
    }

    /// Moves wei out of what was sent with the call.
    pub(super) fn pay(&mut self, to: Address, amount: U256) -> Result<(), Fail> {
        let Ok(failure) = self.ctx.journal_mut().transfer(self.address, to, amount);
        if failure.is_some() { Err(Fail::reverted("the transfer fails")) } else { Ok(()) }
    }

    /// Gives back everything paid so far: the owner's calls are free.
    pub(super) fn refund_to(&mut self, gas: u64) {
        self.gas = gas;
    }
}
