//! Arbitrum's precompiles: contracts that the chain itself answers for.
//!
//! Common rules: an unknown selector, malformed arguments, value sent to a method that takes none, a write in a static call, and a
//! delegate call to anything but a pure method revert and take all gas. Solidity-style errors keep the rest of it.
//!
//! Upstream: `precompiles/precompile.go` (Nitro v3.9.5). The prices per word and per storage access are those of that file.

mod arb_gas_info;
mod arb_owner;
mod arb_sys;
mod arb_wasm;
mod arb_wasm_cache;
mod call;

use alloy::primitives::{Address, Bytes};
use revm::{
    context_interface::{ContextTr, JournalTr},
    handler::{EthPrecompiles, PrecompileProvider},
    interpreter::{CallInputs, Gas, InstructionResult, InterpreterResult},
    primitives::{AddressSet, hardfork::SpecId},
};

pub(super) use arb_wasm::unusable_error;
use call::{Answer, Call, Fail};

use super::ArbContext;

/// A precompile: what it does with a call.
type Run = fn(&mut Call<'_, '_>) -> Answer;

/// The precompile at an address.
fn find(address: &Address) -> Option<Run> {
    let (zeros, last) = address.split_at(19);
    if zeros.iter().any(|byte| *byte != 0) {
        return None;
    }
    Some(match last[0] {
        0x64 => arb_sys::arb_sys,
        0x65 => arb_sys::arb_info,
        0x6b => arb_owner::arb_owner_public,
        0x6c => arb_gas_info::arb_gas_info,
        0x6d => arb_gas_info::arb_aggregator,
        0x70 => arb_owner::arb_owner,
        0x71 => arb_wasm::arb_wasm,
        0x72 => arb_wasm_cache::arb_wasm_cache,
        0xff => arb_owner::arb_debug,
        // ArbAddressTable, ArbRetryableTx, ArbStatistics, the filtered and native token managers: nothing here needs them.
        0x66 | 0x6e | 0x6f | 0x73 | 0x74 => |_| Err(Fail::Refused),
        _ => return None,
    })
}

/// Ethereum's precompiles and Arbitrum's.
#[derive(Debug)]
pub(super) struct ArbPrecompiles {
    ethereum: EthPrecompiles,
    warm: AddressSet,
}

impl ArbPrecompiles {
    pub(super) fn new() -> Self {
        let ethereum = EthPrecompiles::new(SpecId::OSAKA);
        let mut warm = ethereum.warm_addresses().clone();
        warm.extend((0..=u8::MAX).map(Address::with_last_byte).filter(|address| find(address).is_some()));
        Self { ethereum, warm }
    }
}

impl<'a> PrecompileProvider<ArbContext<'a>> for ArbPrecompiles {
    type Output = InterpreterResult;

    fn set_spec(&mut self, _spec: SpecId) -> bool {
        // The rules do not change within a transaction; the addresses must still be made warm at its start.
        true
    }

    fn run(
        &mut self,
        ctx: &mut ArbContext<'a>,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        let Some(run) = find(&inputs.bytecode_address) else {
            return self.ethereum.run(ctx, inputs);
        };
        let input = inputs.input.bytes(ctx);
        let mut call = Call::new(ctx, inputs, input);
        let answer = run(&mut call);
        let mut gas = Gas::new(inputs.gas_limit);
        gas.set_remaining(call.gas_left());
        let (result, output) = match answer {
            Ok(output) => (InstructionResult::Return, output),
            Err(Fail::Error(data)) => (InstructionResult::Revert, data),
            Err(Fail::Refused) => {
                gas.set_remaining(0);
                (InstructionResult::Revert, Bytes::new())
            }
            Err(Fail::OutOfGas) => {
                gas.set_remaining(0);
                (InstructionResult::PrecompileOOG, Bytes::new())
            }
        };
        Ok(Some(InterpreterResult { result, output, gas }))
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.warm
    }
}

/// Whether the running call is the transaction's own or one below it.
fn is_top_level(ctx: &ArbContext<'_>) -> bool {
    ctx.journal_ref().depth() <= 2
}
