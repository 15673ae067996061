//! A LINK token for development chains: ERC-20 with ERC-677 `transferAndCall`.
//!
//! As in the real token, neither the zero address nor the token itself can receive.
//!
//! | slot | holds |
//! | --- | --- |
//! | 0 | total supply |
//! | keccak(holder, 1) | balance |
//! | keccak(spender, keccak(owner, 2)) | allowance |
//! | [`GUARD`] | 1 once constructed |
//!
//! # Deviations
//! * Refusals carry a text; the real token reverts without one.
//! * The supply is chosen at construction; there is no minting afterwards.
//!
//! Upstream: LinkToken 0.0.3 (`LinkTokenInterface`), ERC-20, ERC-677.

use alloy_primitives::{Address, B256, U256, b256};
use functions_contract::{
    abi::{Buf, Tuple, tail},
    entrypoint, host,
    revert::{ERROR_STRING, error_text, malformed},
};

entrypoint!(route);

/// keccak256 of `stylus_constructor`: where the Stylus SDK, too, remembers that construction is over.
pub const GUARD: B256 = b256!("d719fb9eca6bd48044bf2b38d80aea3dd666511b0236081cd9a2b95555fe7c8c");

const SUPPLY: B256 = B256::ZERO;
const BALANCES: B256 = B256::with_last_byte(1);
const ALLOWANCES: B256 = B256::with_last_byte(2);

const TRANSFER: B256 = b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
const TRANSFER_WITH_DATA: B256 = b256!("e19260aff97b920c7df27010903aeb9c8d2be5d310a2c67824cf3f15396e4c16");
const APPROVAL: B256 = b256!("8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925");

/// `onTokenTransfer(address,uint256,bytes)`, what `transferAndCall` calls.
const ON_TOKEN_TRANSFER: u32 = 0xa4c0ed36;

/// Runs the function that `selector` names; an unknown one ends the call without data.
pub fn route(selector: u32, args: Tuple<'_>) -> Buf {
    match selector {
        0x5585258d => construct(args.head(2)),
        0x06fdde03 => Buf::of_bytes(b"ChainLink Token"),
        0x95d89b41 => Buf::of_bytes(b"LINK"),
        0x313ce567 => Buf::of(18),
        0x18160ddd => Buf::of_word(&host::load(&SUPPLY)),
        0x70a08231 => Buf::of_word(&host::load(&balance_of(&args.head(1).address(0)))),
        0xdd62ed3e => {
            let args = args.head(2);
            Buf::of_word(&host::load(&allowance_of(&args.address(0), &args.address(1))))
        }
        0x095ea7b3 => approve(args.head(2)),
        0xa9059cbb => transfer(args.head(2)),
        0x23b872dd => transfer_from(args.head(3)),
        0x4000aea0 => transfer_and_call(args.head(3)),
        _ => malformed(),
    }
}

/// `constructor(address owner, uint256 supply)`, once: the whole supply is the owner's.
fn construct(args: Tuple<'_>) -> Buf {
    let (owner, supply) = (args.address(0), args.b256(1));
    if host::load(&GUARD) != B256::ZERO {
        malformed();
    }
    host::store(&GUARD, &B256::with_last_byte(1));
    host::store(&SUPPLY, &supply);
    host::store(&balance_of(&owner), &supply);
    log(&TRANSFER, &Address::ZERO, &owner, &supply);
    Buf::empty()
}

/// `approve(address spender, uint256 value) returns (bool)`.
fn approve(args: Tuple<'_>) -> Buf {
    let (owner, spender, value) = (host::sender(), args.address(0), args.b256(1));
    host::store(&allowance_of(&owner, &spender), &value);
    log(&APPROVAL, &owner, &spender, &value);
    Buf::of(1)
}

/// `transfer(address to, uint256 value) returns (bool)`.
fn transfer(args: Tuple<'_>) -> Buf {
    shift(&host::sender(), &args.address(0), &args.b256(1));
    Buf::of(1)
}

/// `transferFrom(address from, address to, uint256 value) returns (bool)`: spends the caller's allowance.
fn transfer_from(args: Tuple<'_>) -> Buf {
    let (from, to, value) = (args.address(0), args.address(1), args.b256(2));
    let slot = allowance_of(&from, &host::sender());
    subtract(&slot, &value, "LINK: transfer amount exceeds allowance");
    shift(&from, &to, &value);
    Buf::of(1)
}

/// `transferAndCall(address to, uint256 value, bytes data) returns (bool)`: transfers, then tells the
/// receiver, if it is a contract. What the receiver raises is passed on.
fn transfer_and_call(args: Tuple<'_>) -> Buf {
    let (from, to, value, data) = (host::sender(), args.address(0), args.b256(1), args.bytes(2));
    shift(&from, &to, &value);
    let mut event = Buf::event(&TRANSFER_WITH_DATA, 4, tail(data.len()));
    event.address(&from);
    event.address(&to);
    event.raw(&*value);
    event.num(64);
    event.bytes(data);
    host::log(&event, 3);
    if host::code_size(&to) != 0 {
        let mut call = Buf::call(ON_TOKEN_TRANSFER, 3, tail(data.len()));
        call.address(&from);
        call.raw(&*value);
        call.num(96);
        call.bytes(data);
        host::must_call(&to, call.as_bytes());
    }
    Buf::of(1)
}

/// Moves `value` and logs it.
fn shift(from: &Address, to: &Address, value: &B256) {
    if *to == Address::ZERO || *to == host::this() {
        error_text(ERROR_STRING, "LINK: invalid recipient");
    }
    subtract(&balance_of(from), value, "LINK: transfer amount exceeds balance");
    let slot = balance_of(to);
    // The supply bounds the sum of all balances, so this cannot overflow.
    let sum = U256::from_be_bytes(host::load(&slot).0).wrapping_add(U256::from_be_bytes(value.0));
    host::store(&slot, &sum.to_be_bytes().into());
    log(&TRANSFER, from, to, value);
}

fn subtract(slot: &B256, value: &B256, refusal: &str) {
    let held = U256::from_be_bytes(host::load(slot).0);
    match held.checked_sub(U256::from_be_bytes(value.0)) {
        Some(rest) => host::store(slot, &rest.to_be_bytes().into()),
        None => error_text(ERROR_STRING, refusal),
    }
}

fn log(signature: &B256, from: &Address, to: &Address, value: &B256) {
    let mut event = Buf::new(128);
    event.raw(signature.as_slice());
    event.address(from);
    event.address(to);
    event.raw(value.as_slice());
    host::log(&event, 3);
}

fn balance_of(holder: &Address) -> B256 {
    entry(holder, &BALANCES)
}

fn allowance_of(owner: &Address, spender: &Address) -> B256 {
    entry(spender, &entry(owner, &ALLOWANCES))
}

/// The slot of `key` in the mapping at `slot`, as Solidity lays it out.
fn entry(key: &Address, slot: &B256) -> B256 {
    let mut preimage = Buf::new(64);
    preimage.address(key);
    preimage.raw(slot.as_slice());
    host::keccak(preimage.as_bytes())
}
