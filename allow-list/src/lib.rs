//! The terms-of-service allow list: who has accepted them, and who is blocked.
//!
//! The Router asks [`members::has_access`] before it lets anybody manage a subscription, once a route leads here (the
//! route's id is `getAllowListId()`, zero at first). A user gets in with [`terms_of_service::accept`], which takes a
//! signature of the key in the configuration; the owner blocks and unblocks through [`members`].
//!
//! # Storage layout
//!
//! Slots are packed by hand; bytes count from the most significant end. The whole answer to `hasAccess` lies in two
//! words.
//!
//! | slot | holds |
//! | --- | --- |
//! | 0 | signer (20), enabled (1), 0 (3), number of allowed senders (4), number of blocked senders (4) |
//! | 1 | owner |
//! | 2 | proposed owner |
//! | 3 · 2³² + i, 4 · 2³² + i | allowed sender `i`, blocked sender `i` |
//! | 1 ‖ 0 (11) ‖ address (20) | member: position + 1 among the allowed (4), among the blocked (4) |
//! | keccak256("stylus_constructor") | 1 once constructed |
//!
//! # Deviations
//!
//! * The owner is the constructor's first argument: the caller of a constructor is the deployer contract. Construction
//!   is possible once.
//! * An array length of absurd size in the constructor's arguments ends the call without data, not with `Panic(0x41)`.
//! * A list holds at most 2³² − 1 senders.
//!
//! A signer of zero accepts every malformed signature, as upstream; deployment tools refuse to configure it.
//!
//! Upstream: `TermsOfServiceAllowList` 1.1.0, `ConfirmedOwner`, `EnumerableSet`. The version before it has neither
//! ranges nor counts; the one after it adds migration from a previous list.

pub mod config;
pub mod lists;
pub mod members;
pub mod storage;
pub mod terms_of_service;

use functions_contract::{abi::Buf, dispatch};
use functions_types::selectors::functions::{allow_list as f, any};

use storage::{OWNERSHIP, Set, State};

dispatch! {
    /// Runs the function that `selector` names; an unknown one ends the call without data.
    ///
    /// Arguments are decoded before anything else happens, so malformed calldata never reaches a check.
    pub fn route(args) {
        // Terms of service
        f::GET_MESSAGE => terms_of_service::get_message(args.head(2)),
        f::ACCEPT_TERMS_OF_SERVICE => terms_of_service::accept(args.head(5)),

        // Members
        f::HAS_ACCESS => members::has_access(args.head(2)),
        f::IS_BLOCKED_SENDER => members::is_blocked_sender(args.head(1)),
        f::BLOCK_SENDER => members::block_sender(args.head(1)),
        f::UNBLOCK_SENDER => members::unblock_sender(args.head(1)),
        f::GET_ALL_ALLOWED_SENDERS => members::all(Set::Allowed),
        f::GET_ALLOWED_SENDERS_COUNT => Buf::of(State::load().allowed().into()),
        f::GET_ALLOWED_SENDERS_IN_RANGE => members::in_range(Set::Allowed, args.head(2)),
        f::GET_BLOCKED_SENDERS_COUNT => Buf::of(State::load().blocked().into()),
        f::GET_BLOCKED_SENDERS_IN_RANGE => members::in_range(Set::Blocked, args.head(2)),

        // Configuration, ownership
        f::GET_CONFIG => config::get_config(),
        f::UPDATE_CONFIG => config::update_config(args.head(config::WORDS)),
        f::OWNER => Buf::of_address(&OWNERSHIP.owner()),
        f::TRANSFER_OWNERSHIP => OWNERSHIP.transfer(args.head(1)),
        f::ACCEPT_OWNERSHIP => OWNERSHIP.accept(|_| ()),
        f::TYPE_AND_VERSION => Buf::of_bytes(b"Functions Terms of Service Allow List v1.1.0"),
        any::STYLUS_CONSTRUCTOR => config::construct(args.head(config::WORDS + 3)),
    }
}
