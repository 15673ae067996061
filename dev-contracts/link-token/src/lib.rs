//! A LINK token for development chains: ERC-20 with ERC-677 `transferAndCall`.
//!
//! Nobody can send to, or approve, the zero address or the token itself. An allowance of 2²⁵⁶ − 1 is never used up.
//!
//! | slot | holds |
//! | --- | --- |
//! | 0 | total supply |
//! | keccak256(holder ‖ 1) | balance |
//! | keccak256(spender ‖ keccak256(owner ‖ 2)) | allowance |
//! | keccak256("stylus_constructor") | 1 once constructed |
//!
//! # Deviations
//!
//! * The whole supply belongs to the constructor's first argument from the beginning. Minting, burning, their roles,
//!   the owner, `maxSupply` and `supportsInterface` are absent.
//! * An array length of absurd size in the arguments ends the call without data, not with `Panic(0x41)`.
//!
//! Upstream: `LinkToken` (shared, 0.8), `BurnMintERC677`, `ERC677`. The token of the public chains, older, has the same
//! functions, but refuses without a text.

use functions_contract::{
    Address, B256,
    abi::{Buf, Tuple, tail},
    construction, dispatch, host,
    revert::{ERROR_STRING, OVERFLOW, error_text, malformed, panic},
};
use functions_types::selectors::{
    events::link as ev,
    functions::{any, link as f, router::ON_TOKEN_TRANSFER},
};

mod amount;
mod storage;

use amount::{UNLIMITED, add, subtract};
use storage::Amount;

/// Gas of moving an amount, at the most.
const MOVE_GAS: u64 = 33_000;
/// Gas that is wanted besides when a receiver is told: what a Router takes with which a subscription is funded.
const RECEIVER_GAS: u64 = 75_000;

dispatch! {
    /// Runs the function that `selector` names; an unknown one ends the call without data.
    pub fn route(args) {
        f::NAME => Buf::of_bytes(b"ChainLink Token"),
        f::SYMBOL => Buf::of_bytes(b"LINK"),
        f::DECIMALS => Buf::of(18),
        f::TOTAL_SUPPLY => Buf::of_word(&storage::supply()),
        f::BALANCE_OF => Buf::of_word(&Amount::balance(&args.head(1).address(0)).load()),
        f::ALLOWANCE => allowance(args.head(2)),
        f::APPROVE => approve(args.head(2)),
        f::INCREASE_ALLOWANCE => increase_allowance(args.head(2)),
        f::DECREASE_ALLOWANCE => decrease_allowance(args.head(2)),
        f::INCREASE_APPROVAL => { increase_allowance(args.head(2)); Buf::empty() },
        f::DECREASE_APPROVAL => decrease_allowance(args.head(2)),
        f::TRANSFER => transfer(args.head(2)),
        f::TRANSFER_FROM => transfer_from(args.head(3)),
        f::TRANSFER_AND_CALL => transfer_and_call(args.head(3)),
        any::STYLUS_CONSTRUCTOR => construct(args.head(2)),
    }
}

/// `constructor(address owner, uint256 supply)`, once: the whole supply is the owner's.
///
/// # Errors
/// No data (constructed already).
///
/// # Events
/// `Transfer`.
fn construct(args: Tuple<'_>) -> Buf {
    let (owner, supply) = (args.address(0), args.b256(1));
    construction::once();
    storage::set_supply(&supply);
    Amount::balance(&owner).store(&supply);
    log(&ev::TRANSFER, &Address::ZERO, &owner, &supply);
    Buf::empty()
}

/// `allowance(address owner, address spender) view returns (uint256)`.
fn allowance(args: Tuple<'_>) -> Buf {
    Buf::of_word(&Amount::allowance(&args.address(0), &args.address(1)).load())
}

/// `approve(address spender, uint256 value) returns (bool)`.
///
/// # Errors
/// No data (`spender` is the token itself), `Error("ERC20: approve from the zero address")`, `Error("ERC20: approve to
/// the zero address")`; in this order.
///
/// # Events
/// `Approval`.
fn approve(args: Tuple<'_>) -> Buf {
    allow(&host::sender(), &args.address(0), &args.b256(1));
    Buf::of(1)
}

/// `increaseAllowance(address spender, uint256 addedValue) returns (bool)`.
///
/// # Errors
/// `Panic(0x11)` (the sum takes more than 256 bits), those of [`approve`]; in this order.
///
/// # Events
/// `Approval`.
fn increase_allowance(args: Tuple<'_>) -> Buf {
    let (owner, spender, value) = (host::sender(), args.address(0), args.b256(1));
    match add(&Amount::allowance(&owner, &spender).load(), &value) {
        Some(sum) => allow(&owner, &spender, &sum),
        None => panic(OVERFLOW),
    }
    Buf::of(1)
}

/// `decreaseAllowance(address spender, uint256 subtractedValue) returns (bool)`.
///
/// # Errors
/// `Error("ERC20: decreased allowance below zero")`, those of [`approve`]; in this order.
///
/// # Events
/// `Approval`.
fn decrease_allowance(args: Tuple<'_>) -> Buf {
    let (owner, spender, value) = (host::sender(), args.address(0), args.b256(1));
    match subtract(&Amount::allowance(&owner, &spender).load(), &value) {
        Some(rest) => allow(&owner, &spender, &rest),
        None => error_text(ERROR_STRING, "ERC20: decreased allowance below zero"),
    }
    Buf::of(1)
}

/// `transfer(address to, uint256 value) returns (bool)`.
///
/// # Errors
/// No data (too little gas, or `to` is the token itself), `Error("ERC20: transfer from the zero address")`,
/// `Error("ERC20: transfer to the zero address")`, `Error("ERC20: transfer amount exceeds balance")`; in this order.
///
/// # Events
/// `Transfer`.
fn transfer(args: Tuple<'_>) -> Buf {
    shift(&host::sender(), &args.address(0), &args.b256(1), 0);
    Buf::of(1)
}

/// `transferFrom(address from, address to, uint256 value) returns (bool)`: spends the caller's allowance.
///
/// # Errors
/// `Error("ERC20: insufficient allowance")`, those of [`approve`] and of [`transfer`]; in this order.
///
/// # Events
/// `Approval`, unless the allowance is without end; `Transfer`.
fn transfer_from(args: Tuple<'_>) -> Buf {
    let (from, to, value) = (args.address(0), args.address(1), args.b256(2));
    let spender = host::sender();
    let allowed = Amount::allowance(&from, &spender).load();
    if allowed != UNLIMITED {
        match subtract(&allowed, &value) {
            Some(rest) => allow(&from, &spender, &rest),
            None => error_text(ERROR_STRING, "ERC20: insufficient allowance"),
        }
    }
    shift(&from, &to, &value, 0);
    Buf::of(1)
}

/// `transferAndCall(address to, uint256 value, bytes data) returns (bool)`: transfers, then tells the
/// receiver, if it is a contract.
///
/// # Errors
/// Those of [`transfer`], then what the receiver raises.
///
/// # Events
/// `Transfer`, `Transfer` with data.
fn transfer_and_call(args: Tuple<'_>) -> Buf {
    let (from, to, value, data) = (host::sender(), args.address(0), args.b256(1), args.bytes(2));
    shift(&from, &to, &value, RECEIVER_GAS);
    let mut event = Buf::event(&ev::TRANSFER_AND_CALL, 4, tail(data.len()));
    event.address(&from);
    event.address(&to);
    event.raw(value.as_slice());
    event.num(64);
    event.bytes(data);
    host::log(&event, 3);
    if host::code_size(&to) != 0 {
        let mut call = Buf::call(ON_TOKEN_TRANSFER, 3, tail(data.len()));
        call.address(&from);
        call.raw(value.as_slice());
        call.num(96);
        call.bytes(data);
        host::must_call(&to, call.as_bytes());
    }
    Buf::of(1)
}

/// Refuses the token itself without a text.
fn not_this(address: &Address) {
    if *address == host::this() {
        malformed();
    }
}

/// Refuses the zero address.
fn not_zero(address: &Address, refusal: &str) {
    if *address == Address::ZERO {
        error_text(ERROR_STRING, refusal);
    }
}

/// Sets an allowance and logs it.
#[inline(never)]
fn allow(owner: &Address, spender: &Address, value: &B256) {
    not_this(spender);
    not_zero(owner, "ERC20: approve from the zero address");
    not_zero(spender, "ERC20: approve to the zero address");
    Amount::allowance(owner, spender).store(value);
    log(&ev::APPROVAL, owner, spender, value);
}

/// Moves `value` and logs it.
#[inline(never)]
fn shift(from: &Address, to: &Address, value: &B256, receiver_gas: u64) {
    // Both accounts may be empty when it runs, whatever an estimate saw.
    host::demand(MOVE_GAS + receiver_gas);
    not_this(to);
    not_zero(from, "ERC20: transfer from the zero address");
    not_zero(to, "ERC20: transfer to the zero address");
    let balance = Amount::balance(from);
    match subtract(&balance.load(), value) {
        Some(rest) => balance.store(&rest),
        None => error_text(ERROR_STRING, "ERC20: transfer amount exceeds balance"),
    }
    let balance = Amount::balance(to);
    // The supply bounds the sum of all balances, so this cannot overflow.
    if let Some(sum) = add(&balance.load(), value) {
        balance.store(&sum);
    }
    log(&ev::TRANSFER, from, to, value);
}

fn log(signature: &B256, from: &Address, to: &Address, value: &B256) {
    let mut event = Buf::event(signature, 3, 0);
    event.address(from);
    event.address(to);
    event.raw(value.as_slice());
    host::log(&event, 3);
}
