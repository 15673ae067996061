//! Requests that the journal answers at once.

use alloy::primitives::{Address, Bytes, Log};
use revm::{
    context_interface::{Cfg, ContextTr, JournalTr},
    interpreter::gas::GasTracker,
};
use stylus_program::{Reply, Request};

use super::{acting, word};
use crate::evm::{ArbContext, Frame};

const COLD_SLOAD: u64 = 2_100;
const WARM_READ: u64 = 100;
const COLD_ACCOUNT: u64 = 2_600;
/// Price of loading code, on top of the touch. It scales with the size limit of contracts, which is the usual one here.
const CODE_GAS: u64 = 700;

/// Answers a request that needs no frame.
pub(super) fn answer(ctx: &mut ArbContext<'_>, frame: &mut Frame, request: Request) -> Reply {
    let contract = acting(frame);
    let journal = ctx.journal_mut();
    match request {
        Request::LoadStorage { key } => {
            let Ok(value) = journal.sload(contract, word(key));
            let gas = if value.is_cold { COLD_SLOAD } else { WARM_READ };
            Reply::Slot { value: value.data.into(), gas }
        }
        Request::FlushStorage { slots, gas_left } => flush(ctx, frame, contract, slots, gas_left),
        Request::LoadTransient { key } => Reply::Word(journal.tload(contract, word(key)).into()),
        Request::StoreTransient { key, value } => {
            journal.tstore(contract, word(key), word(value));
            Reply::Done
        }
        Request::Log { topics, data } => {
            journal.log(Log::new_unchecked(contract, topics, data));
            Reply::Done
        }
        Request::Balance(address) => {
            let Ok(account) = journal.load_account(address);
            Reply::Balance { value: account.info.balance, gas: touch(account.is_cold) }
        }
        Request::Code { address, gas_left } => code(ctx, address, gas_left),
        Request::CodeHash(address) => {
            let Ok(hash) = journal.code_hash(address);
            Reply::Hash { hash: hash.data, gas: touch(hash.is_cold) }
        }
        // The caller has taken calls and creations out.
        Request::Call { .. } | Request::Create { .. } => Reply::Done,
    }
}

fn touch(is_cold: bool) -> u64 {
    if is_cold { COLD_ACCOUNT } else { WARM_READ }
}

fn code(ctx: &mut ArbContext<'_>, address: Address, gas_left: u64) -> Reply {
    let Ok(account) = ctx.journal_mut().load_account_with_code(address);
    let gas = CODE_GAS + touch(account.is_cold);
    let code = match &account.info.code {
        Some(code) if gas <= gas_left => code.original_bytes(),
        _ => Bytes::new(),
    };
    Reply::Code { code, gas }
}

/// Writes dirty slots one by one until gas runs out; prices and refunds are those of SSTORE.
fn flush(
    ctx: &mut ArbContext<'_>,
    frame: &mut Frame,
    contract: Address,
    slots: Vec<(alloy::primitives::B256, alloy::primitives::B256)>,
    gas_left: u64,
) -> Reply {
    let mut budget = GasTracker::new(gas_left, gas_left, 0);
    for (key, value) in slots {
        let Ok(written) = ctx.journal_mut().sstore(contract, word(key), word(value));
        let prices = ctx.cfg().gas_params();
        let cost =
            prices.sstore_static_gas() + prices.sstore_dynamic_gas(true, &written.data, written.is_cold);
        if !budget.record_regular_cost(cost) {
            return Reply::Flushed { gas: gas_left, out_of_gas: true };
        }
        frame.interpreter.gas.record_refund(prices.sstore_refund(true, &written.data));
    }
    Reply::Flushed { gas: gas_left - budget.remaining(), out_of_gas: false }
}
