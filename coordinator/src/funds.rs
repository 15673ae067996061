//! What oracles and owner may take out. The LINK lies in the Router.

use functions_contract::{
    Address,
    abi::{Buf, Tuple},
    host, revert,
    revert::add,
};
use functions_rules::split::share_down;
use functions_types::{
    Juels,
    selectors::{errors::coordinator as e, functions::router::ORACLE_WITHDRAW},
};

use crate::{
    admin::only_owner,
    storage::{Account, Owner, Pool, Role, Settings},
};

/// Gas of one holder's withdrawal, at the most: its books here, the Router's, and LINK for an address that has none.
const WITHDRAWAL_GAS: u64 = 150_000;

/// Gas of [`disperse_pool`], at the most.
pub fn dispersal_gas(settings: &Settings) -> u64 {
    10_000 + u64::from(settings.oracles()) * 8_000
}

/// Shares the fee pool equally among the transmitters; less than one juel each stays.
///
/// # Errors
/// `NoTransmittersSet()` when there is something to share and nobody to share it with.
#[inline(never)]
pub fn disperse_pool(oracles: u8) {
    let mut pool = Pool::load();
    if pool.juels().is_zero() {
        return;
    }
    if oracles == 0 {
        revert::error(e::NO_TRANSMITTERS_SET);
    }
    let (share, rest) = share_down(pool.juels(), oracles);
    for index in 0..oracles {
        Account::credit(&Role::Transmitter.oracle(index), share);
    }
    pool.set_juels(rest);
    pool.store();
}

/// The operation fees in the pool if they are this holder's; they are taken out of it. With what the holder's account
/// has they are not more than the Router holds for this Coordinator, which is 96 bits.
#[inline(never)]
fn take_operation_fees(holder: &Address) -> Juels {
    let mut pool = Pool::load();
    let fees = pool.operation_fees();
    if fees.is_zero() || *holder != Owner::load().address() {
        return Juels::ZERO;
    }
    pool.set_operation_fees(Juels::ZERO);
    pool.store();
    fees
}

/// `oracleWithdraw(address recipient, uint96 amount)`: pays out of the caller's balance; amount 0 means all of it.
///
/// # Errors
/// No data (too little gas), `NoTransmittersSet()`, `InsufficientBalance()`, what the Router says (`InvalidCalldata()`
/// when there is nothing); in this order.
pub fn oracle_withdraw(args: Tuple<'_>) -> Buf {
    let (recipient, amount) = (args.address(0), args.juels(1, 96));
    let (settings, sender) = (Settings::load(), host::sender());
    host::demand(dispersal_gas(&settings) + WITHDRAWAL_GAS);
    disperse_pool(settings.oracles());
    let fees = take_operation_fees(&sender);
    let mut account = Account::load(&sender);
    let balance = add(fees, account.juels());
    let amount = if amount.is_zero() { balance } else { amount };
    let Some(rest) = balance.checked_sub(amount) else {
        revert::error(e::INSUFFICIENT_BALANCE);
    };
    account.set_juels(rest);
    account.store();
    pay(&settings.router(), &recipient, amount);
    Buf::empty()
}

/// `oracleWithdrawAll()`, by the owner: pays every transmitter its balance. The owner's own fees stay.
///
/// # Errors
/// `Error("Only callable by owner")`, no data (too little gas), `NoTransmittersSet()`, what the Router says;
/// in this order.
pub fn oracle_withdraw_all() -> Buf {
    only_owner();
    let settings = Settings::load();
    host::demand(dispersal_gas(&settings) + u64::from(settings.oracles()) * WITHDRAWAL_GAS);
    disperse_pool(settings.oracles());
    for index in 0..settings.oracles() {
        let transmitter = Role::Transmitter.oracle(index);
        let fees = take_operation_fees(&transmitter);
        let mut account = Account::load(&transmitter);
        let balance = add(fees, account.juels());
        if !balance.is_zero() {
            account.set_juels(Juels::ZERO);
            account.store();
            pay(&settings.router(), &transmitter, balance);
        }
    }
    Buf::empty()
}

/// Has the Router pay LINK out of what it owes this Coordinator.
fn pay(router: &Address, recipient: &Address, juels: Juels) {
    let mut call = Buf::call(ORACLE_WITHDRAW, 2, 0);
    call.address(recipient);
    call.juels(juels);
    host::must_call(router, call.as_bytes());
}
