//! LINK in and out: funding a subscription, paying out what was earned, recovering what is in no book.

use functions_contract::{
    Address,
    abi::{Buf, Tuple, WORD, halves},
    host, refuse,
    revert::{ERROR_STRING, OVERFLOW, add, error, error_num, malformed, panic, sub},
    word::{self, number},
};
use functions_types::{
    Juels, SubscriptionId,
    selectors::{errors::router as e, events::router as ev, functions::link as l},
};

use crate::{
    account::Subscription,
    admin::{not_paused, only_owner},
    storage::{Book, Withdrawable},
};

/// `onTokenTransfer(address,uint256,bytes)`, by LINK: `data` is the id of the subscription to fund.
///
/// The amount enters the books cut to 96 bits and the event as it is.
///
/// # Errors
/// `Error("Pausable: paused")`, `OnlyCallableFromLink`, `InvalidCalldata`, no data (no id, or too little gas),
/// `InvalidSubscription`, `Panic(0x11)`; in this order.
///
/// # Events
/// `SubscriptionFunded`.
pub fn on_token_transfer(args: Tuple<'_>) -> Buf {
    args.address(0);
    let (amount, data) = (args.word(1), args.bytes(2));
    not_paused();
    let mut book = Book::load();
    if host::sender() != book.link() {
        error(e::ONLY_CALLABLE_FROM_LINK);
    }
    if data.len() != WORD {
        error(e::INVALID_CALLDATA);
    }
    let id = SubscriptionId(Tuple::new(data, 1).u64(0));
    // The subscription may have become empty, which makes its word fresh.
    host::demand(36_000);
    let (high, low) = halves(amount);
    let juels = Juels::cut(low);
    let (_, mut funds) = Subscription::existing_funds(id);
    let before = funds.balance();
    funds.set_balance(add(before, juels));
    funds.store();
    book.set_total(add(book.total(), juels));
    book.store();
    let (new_low, carry) = low.overflowing_add(before.get());
    let Some(new_high) = high.checked_add(carry.into()) else { panic(OVERFLOW) };
    let mut event = Buf::event(&ev::SUBSCRIPTION_FUNDED, 3, 0);
    event.num(id.0.into());
    event.juels(before);
    event.raw(&word::write(new_high));
    event.raw(&word::write(new_low));
    host::log(&event, 2);
    Buf::empty()
}

/// Gas of paying out, at the most, on LINK's side: an address that has none yet.
pub(crate) const LINK_TRANSFER_GAS: u64 = 80_000;
/// Gas of a withdrawal, at the most.
const WITHDRAWAL_GAS: u64 = 15_000 + LINK_TRANSFER_GAS;

/// `oracleWithdraw(address,uint96)`: pays out of the caller's withdrawable balance.
///
/// # Errors
/// `Error("Pausable: paused")`, `InvalidCalldata`, no data (too little gas), `InsufficientBalance`,
/// what LINK raises; in this order.
pub fn oracle_withdraw(args: Tuple<'_>) -> Buf {
    let (to, amount) = (args.address(0), args.juels(1, 96));
    not_paused();
    if amount.is_zero() {
        error(e::INVALID_CALLDATA);
    }
    withdraw(&host::sender(), &to, amount);
    Buf::empty()
}

/// `ownerWithdraw(address,uint96)`, by the owner: pays out admin fees and deposits; 0 means all of it.
///
/// # Errors
/// `Error("Only callable by owner")`, no data (too little gas), `InsufficientBalance`,
/// what LINK raises; in this order.
pub fn owner_withdraw(args: Tuple<'_>) -> Buf {
    let (to, amount) = (args.address(0), args.juels(1, 96));
    only_owner();
    let this = host::this();
    let amount = if amount.is_zero() { Withdrawable::of(&this).load() } else { amount };
    withdraw(&this, &to, amount);
    Buf::empty()
}

#[inline(never)]
fn withdraw(holder: &Address, to: &Address, amount: Juels) {
    host::demand(WITHDRAWAL_GAS);
    let withdrawable = Withdrawable::of(holder);
    let balance = withdrawable.load();
    let Some(rest) = balance.checked_sub(amount) else {
        error_num(e::INSUFFICIENT_BALANCE, balance.get());
    };
    withdrawable.store(rest);
    take_from_book(to, amount);
}

/// Pays juels out of the book.
#[inline(never)]
pub(crate) fn take_from_book(to: &Address, juels: Juels) {
    let mut book = Book::load();
    book.set_total(sub(book.total(), juels));
    book.store();
    transfer_link(&book.link(), to, &number(juels.get()));
}

/// `recoverFunds(address)`, by the owner: sends on LINK that is in no book.
///
/// # Errors
/// `Error("Only callable by owner")`, no data (too little gas), what LINK raises; in this order.
///
/// # Events
/// `FundsRecovered`, when there is something.
pub fn recover_funds(args: Tuple<'_>) -> Buf {
    let to = args.address(0);
    only_owner();
    // Others may send LINK meanwhile: asking for the balance, then paying.
    host::demand(30_000 + LINK_TRANSFER_GAS);
    let mut call = Buf::call(l::BALANCE_OF, 1, 0);
    call.address(&host::this());
    let book = Book::load();
    let (total, link) = (book.total().get(), book.link());
    host::ask_static(&link, call.as_bytes());
    let answer = host::return_data(WORD);
    let (high, low) = halves(Tuple::new(answer, 1).word(0));
    if high == 0 && low <= total {
        return Buf::empty();
    }
    let (rest, borrow) = low.overflowing_sub(total);
    let mut amount = number(rest);
    // The held amount is above the total, so a borrow finds something in the high half.
    amount[..16].copy_from_slice(&word::write(high.wrapping_sub(borrow.into())));
    transfer_link(&link, &to, &amount);
    let mut event = Buf::event(&ev::FUNDS_RECOVERED, 2, 0);
    event.address(&to);
    event.raw(amount.as_slice());
    host::log(&event, 1);
    Buf::empty()
}

/// Sends LINK as a safe wrapper does: a token without code, a failure and a `false` are all refusals.
#[inline(never)]
fn transfer_link(token: &Address, to: &Address, amount: &[u8; WORD]) {
    let mut call = Buf::call(l::TRANSFER, 2, 0);
    call.address(to);
    call.raw(amount);
    if !host::has_code(token) {
        refuse!(ERROR_STRING, "Address: call to non-contract");
    }
    let succeeded = host::call(token, call.as_bytes(), u64::MAX);
    let answer = host::return_data(if succeeded { WORD } else { usize::MAX });
    if !succeeded {
        if answer.is_empty() {
            refuse!(ERROR_STRING, "SafeERC20: low-level call failed");
        }
        host::revert(answer);
    }
    if answer.is_empty() {
        return;
    }
    match Tuple::new(answer, 1).uint(0, 8) {
        0 => refuse!(ERROR_STRING, "SafeERC20: ERC20 operation did not succeed"),
        1 => {}
        _ => malformed(),
    }
}
