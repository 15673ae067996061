//! Arbitrum's precompiles: contracts that the chain itself answers for.
//!
//! Common rules: an unknown selector, malformed arguments, value sent to a method that takes none, a write in a static
//! call, and a delegate call to anything but a pure method revert and take all gas. Solidity-style errors, and the
//! node's own failures within a method, keep the rest of it. A method pays for its arguments and its result by the
//! word, and for every word of the chain's state it reads or writes (`arbos::Store`).
//!
//! Upstream: `precompiles/precompile.go` (Nitro v3.10). The prices per word and per storage access are those of that
//! file.
//!
//! # Deviations
//! * Nothing goes to or comes from a parent chain: ArbSys sends nothing, and no retryable exists.
//! * Owners may change what is listed in `arb_owner.rs`; the node's other switches are "not supported".
//! * Words that are no event, error or result go to whoever simulates, as a revert with a reason; the node puts some of
//!   them into the message of its answer.

mod arb_address_table;
#[allow(missing_docs, reason = "the items are generated; the chain's own interface documents them")]
mod arb_debug;
mod arb_gas_info;
#[allow(missing_docs, reason = "the items are generated; the chain's own interface documents them")]
mod arb_owner;
mod arb_owner_public;
mod arb_retryable_tx;
mod arb_sys;
mod arb_wasm;
#[allow(missing_docs, reason = "the items are generated; the chain's own interface documents them")]
mod arb_wasm_cache;
mod call;
mod ecrecover;

use std::sync::LazyLock;

use alloy::primitives::{Address, Bytes, address};
use revm::{
    context_interface::{ContextTr, JournalTr},
    handler::{EthPrecompiles, PrecompileProvider},
    interpreter::{CallInputs, Gas, InstructionResult, InterpreterResult},
    primitives::{AddressSet, hardfork::SpecId},
};

pub use arb_debug::ArbDebug;
pub use arb_owner::ArbOwner;
pub(super) use arb_wasm::unusable_error;
pub use arb_wasm_cache::ArbWasmCache;
use call::{Answer, Call, Fail};

use super::ArbContext;

/// Where [`ArbOwner`] answers the chain's owners.
pub const ARB_OWNER: Address = address!("0000000000000000000000000000000000000070");
/// Where [`ArbWasmCache`] is.
pub const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");
/// Where [`ArbDebug`] makes anybody an owner.
pub const ARB_DEBUG: Address = address!("00000000000000000000000000000000000000ff");

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
        0x66 => arb_address_table::arb_address_table,
        0x6b => arb_owner_public::arb_owner_public,
        0x6c => arb_gas_info::arb_gas_info,
        0x6d => arb_gas_info::arb_aggregator,
        0x6e => arb_retryable_tx::arb_retryable_tx,
        0x6f => arb_sys::arb_statistics,
        0x70 => arb_owner::arb_owner,
        0x71 => arb_wasm::arb_wasm,
        0x72 => arb_wasm_cache::arb_wasm_cache,
        0xff => arb_debug::arb_debug,
        // The managers of the native token and of filtered transactions: nothing here needs them.
        0x73 | 0x74 => |_| Err(Fail::not_supported()),
        _ => return None,
    })
}

/// Ethereum's precompiles and Arbitrum's.
#[derive(Debug)]
pub(super) struct ArbPrecompiles {
    ethereum: EthPrecompiles,
}

/// Where all of them are.
static WARM: LazyLock<AddressSet> = LazyLock::new(|| {
    let mut warm = EthPrecompiles::new(SpecId::OSAKA).warm_addresses().clone();
    warm.extend((0..=u8::MAX).map(Address::with_last_byte).filter(|address| find(address).is_some()));
    warm
});

impl ArbPrecompiles {
    pub(super) fn new() -> Self {
        ecrecover::install();
        Self { ethereum: EthPrecompiles::new(SpecId::OSAKA) }
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
        let (result, output) = match run(&mut call) {
            Ok(output) => (InstructionResult::Return, output),
            Err(fail) => (InstructionResult::Revert, end(&mut call, fail)),
        };
        let mut gas = Gas::new(inputs.gas_limit);
        gas.set_remaining(call.gas_left());
        Ok(Some(InterpreterResult { result, output, gas }))
    }

    fn warm_addresses(&self) -> &AddressSet {
        &WARM
    }
}

/// What a call that fails hands to its caller; its gas is settled.
fn end(call: &mut Call<'_, '_>, fail: Fail) -> Bytes {
    let words = match fail {
        // A caller that cannot pay for the error gets none.
        Fail::Error(data) => match call.pay_for_copy(data.len()) {
            Ok(()) => return data,
            Err(_) => return Bytes::new(),
        },
        Fail::Reverted(words) => words,
        Fail::Refused(words) => {
            call.burn_out();
            words
        }
        Fail::OutOfGas => {
            call.burn_out();
            "out of gas".to_owned()
        }
    };
    if call.ctx.chain.callers_caller.is_none() {
        call.ctx.chain.refusal = Some(words);
    }
    Bytes::new()
}

/// Whether the running call is the transaction's own or one below it.
fn is_top_level(ctx: &ArbContext<'_>) -> bool {
    ctx.journal_ref().depth() <= 2
}
