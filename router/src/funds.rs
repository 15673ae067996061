//! LINK in and out: funding a subscription, paying out what was earned, recovering what is in no book.

use functions_contract::{
    Address,
    abi::{Buf, Tuple, WORD, halves},
    host,
    revert::{ERROR_STRING, OVERFLOW, error, error_num, error_text, malformed, panic, sub},
};
use functions_types::{
    SubscriptionId,
    selectors::{errors::router as e, events::router as ev, functions::link as l},
};

use crate::{
    admin::{not_paused, only_owner},
    routes::link,
    storage::{OWNER, Purse, load_number, number, withdrawable_slot},
    subscriptions::fund,
};

/// `onTokenTransfer(address,uint256,bytes)`, by LINK: `data` is the id of the subscription to fund.
///
/// The amount enters the books cut to 96 bits and the event as it is.
pub fn on_token_transfer(args: Tuple<'_>) -> Buf {
    args.address(0);
    let (amount, data) = (args.word(1), args.bytes(2));
    not_paused();
    if host::sender() != link() {
        error(e::ONLY_CALLABLE_FROM_LINK);
    }
    if data.len() != WORD {
        error(e::INVALID_CALLDATA);
    }
    let id = SubscriptionId(Tuple::new(data, 1).u64(0));
    let (high, low) = halves(amount);
    let before = fund(id, low & ((1 << 96) - 1));
    let (new_low, carry) = low.overflowing_add(before);
    let Some(new_high) = high.checked_add(carry.into()) else { panic(OVERFLOW) };
    let mut event = Buf::event(&ev::SUBSCRIPTION_FUNDED, 3, 0);
    event.num(id.0.into());
    event.num(before);
    event.raw(&new_high.to_be_bytes());
    event.raw(&new_low.to_be_bytes());
    host::log(&event, 2);
    Buf::empty()
}

/// `oracleWithdraw(address,uint96)`: pays out of the caller's withdrawable balance.
pub fn oracle_withdraw(args: Tuple<'_>) -> Buf {
    let (to, amount) = (args.address(0), args.uint(1, 96));
    not_paused();
    if amount == 0 {
        error(e::INVALID_CALLDATA);
    }
    withdraw(&host::sender(), &to, amount);
    Buf::empty()
}

/// `ownerWithdraw(address,uint96)`, by the owner: pays out admin fees and deposits; 0 means all of it.
pub fn owner_withdraw(args: Tuple<'_>) -> Buf {
    let (to, amount) = (args.address(0), args.uint(1, 96));
    only_owner();
    let this = host::this();
    let amount = if amount == 0 { load_number(&withdrawable_slot(&this)) } else { amount };
    withdraw(&this, &to, amount);
    Buf::empty()
}

#[inline(never)]
fn withdraw(holder: &Address, to: &Address, amount: u128) {
    let slot = withdrawable_slot(holder);
    let balance = load_number(&slot);
    if balance < amount {
        error_num(e::INSUFFICIENT_BALANCE, balance);
    }
    host::store(&slot, &number(balance - amount));
    let mut total = Purse::load(&OWNER);
    total.juels = sub(total.juels, amount);
    total.store(&OWNER);
    transfer_link(to, &number(amount));
}

/// `recoverFunds(address)`, by the owner: sends on LINK that is in no book.
pub fn recover_funds(args: Tuple<'_>) -> Buf {
    let to = args.address(0);
    only_owner();
    let mut call = Buf::call(l::BALANCE_OF, 1, 0);
    call.address(&host::this());
    host::must_static_call(&link(), call.as_bytes());
    let answer = host::return_data(WORD);
    let (high, low) = halves(Tuple::new(&answer, 1).word(0));
    let total = Purse::load(&OWNER).juels;
    if high == 0 && low <= total {
        return Buf::empty();
    }
    let (rest, borrow) = low.overflowing_sub(total);
    let mut amount = number(rest);
    // The held amount is above the total, so a borrow finds something in the high half.
    amount[..16].copy_from_slice(&high.wrapping_sub(borrow.into()).to_be_bytes());
    transfer_link(&to, &amount);
    let mut event = Buf::event(&ev::FUNDS_RECOVERED, 2, 0);
    event.address(&to);
    event.raw(amount.as_slice());
    host::log(&event, 1);
    Buf::empty()
}

/// Sends LINK as a safe wrapper does: a token without code, a failure and a `false` are all refusals.
#[inline(never)]
pub(crate) fn transfer_link(to: &Address, amount: &[u8; WORD]) {
    let token = link();
    let mut call = Buf::call(l::TRANSFER, 2, 0);
    call.address(to);
    call.raw(amount);
    if host::code_size(&token) == 0 {
        error_text(ERROR_STRING, "Address: call to non-contract");
    }
    let succeeded = host::call(&token, call.as_bytes(), u64::MAX);
    let answer = host::return_data(if succeeded { WORD } else { usize::MAX });
    if !succeeded {
        if answer.is_empty() {
            error_text(ERROR_STRING, "SafeERC20: low-level call failed");
        }
        host::revert(&answer);
    }
    if answer.is_empty() {
        return;
    }
    match Tuple::new(&answer, 1).uint(0, 8) {
        0 => error_text(ERROR_STRING, "SafeERC20: ERC20 operation did not succeed"),
        1 => {}
        _ => malformed(),
    }
}
