//! Who is allowed and who is blocked: what can be read, and what the owner decides.

use functions_contract::{
    Address, B256,
    abi::{Buf, Tuple, WORD},
    host,
    revert::error,
};
use functions_types::selectors::{errors::allow_list as e, events::allow_list as ev};

use crate::storage::{Member, OWNERSHIP, Set, State};

/// `hasAccess(address user, bytes)`: everybody has while the list is not in force. The bytes are ignored.
pub fn has_access(args: Tuple<'_>) -> Buf {
    let user = args.address(0);
    args.bytes(1);
    Buf::of((!State::load().is_enabled() || Set::Allowed.has(&Member::load(&user))).into())
}

/// `isBlockedSender(address)`: nobody is while the list is not in force.
pub fn is_blocked_sender(args: Tuple<'_>) -> Buf {
    let sender = args.address(0);
    Buf::of((State::load().is_enabled() && Set::Blocked.has(&Member::load(&sender))).into())
}

/// Gas of taking a sender from a list, at the most: another takes its place, unless it is the last, which is others'
/// doing.
const LEAVE_GAS: u64 = 32_000;
/// Gas of putting it on one.
const JOIN_GAS: u64 = 60_000;

/// `blockSender(address)`, by the owner: takes access away and bars the way back.
///
/// # Errors
/// `Error("Only callable by owner")`, no data (too little gas); in this order.
///
/// # Events
/// `BlockedAccess`, for a sender that was blocked before, too.
pub fn block_sender(args: Tuple<'_>) -> Buf {
    let sender = args.address(0);
    OWNERSHIP.only_owner();
    host::demand(LEAVE_GAS + JOIN_GAS);
    Set::Allowed.remove(&sender);
    Set::Blocked.insert(&sender);
    log_user(&ev::BLOCKED_ACCESS, &sender);
    Buf::empty()
}

/// `unblockSender(address)`, by the owner: the sender may accept the terms of service again.
///
/// # Errors
/// `Error("Only callable by owner")`, no data (too little gas); in this order.
///
/// # Events
/// `UnblockedAccess`, for a sender that was not blocked, too.
pub fn unblock_sender(args: Tuple<'_>) -> Buf {
    let sender = args.address(0);
    OWNERSHIP.only_owner();
    host::demand(LEAVE_GAS);
    Set::Blocked.remove(&sender);
    log_user(&ev::UNBLOCKED_ACCESS, &sender);
    Buf::empty()
}

/// Emits an event whose one argument is a user.
#[inline(always)]
pub(crate) fn log_user(signature: &B256, user: &Address) {
    let mut event = Buf::event(signature, 1, 0);
    event.address(user);
    host::log(&event, 1);
}

/// `getAllAllowedSenders()`.
pub fn all(set: Set) -> Buf {
    list(set, 0, set.len(&State::load()))
}

/// `getAllowedSendersInRange(uint64,uint64)`, `getBlockedSendersInRange(uint64,uint64)`: both ends included, counted
/// from 0.
///
/// # Errors
/// `InvalidCalldata()` when the end is not on the list or before the start.
pub fn in_range(set: Set, args: Tuple<'_>) -> Buf {
    let (start, end) = (args.u64(0), args.u64(1));
    if start > end || end >= set.len(&State::load()).into() {
        error(e::INVALID_CALLDATA);
    }
    // Both are below the list's length, which has 32 bits.
    list(set, start as u32, end as u32 + 1)
}

/// The senders from `start` to before `end` as `address[]`.
#[inline(never)]
fn list(set: Set, start: u32, end: u32) -> Buf {
    let len = (end - start) as usize;
    let mut out = Buf::new((2 + len) * WORD);
    out.num(WORD as u128);
    out.num(len as u128);
    for index in start..end {
        out.raw(set.sender(index).as_slice());
    }
    out
}
