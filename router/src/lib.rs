//! The Router: subscriptions and their LINK, requests and their reservations, fulfillment and its callback.
//!
//! Consumers call [`requests`], Coordinators call [`fulfill`], owners of subscriptions call
//! [`subscriptions`], the owner of the Router calls [`admin`] and [`routes`]. LINK stays here until
//! [`funds`] pays it out: the sum of all subscription balances and all withdrawable balances is the
//! book balance `getTotalBalance()`.
//!
//! The Router is not locked while it calls out: a callback may send the next request. State that a call
//! depends on is written before the call, and read again after it.
//!
//! # Storage layout
//!
//! Slots are packed by hand; bytes count from the most significant end. A mapping's entry lies at
//! `keccak256(key ‖ slot)` as in Solidity; `base[i]` is `base` with its last four bytes replaced by `i`.
//! What one request changes lies together: a request and a fulfillment write one word of the
//! subscription and one of the consumer, and those are never zero while requests come.
//!
//! | slot | holds |
//! | --- | --- |
//! | 0 | [`storage::Settings`]: what nearly every call reads: marks (1), gas for the exact-gas check (2), callback selector (4), limit of tier 0 (4), 0 (1), owner (20) |
//! | 1 | [`storage::Limits`]: subscription count (8), most consumers (2), completed requests for a full refund (2), deposit (9), admin fee (9), number of tiers (2) |
//! | 2 | [`storage::Book`]: total balance (12), LINK (20) |
//! | 3 | proposed owner |
//! | 4 | allow-list id |
//! | 5 | length of the proposed contract set |
//! | 7 | mapping route id → contract |
//! | 8 | mapping subscription id → `base` |
//! | `base[0]` | [`storage::Funds`]: balance (12), blocked balance (12), number of consumers (4), whether the zero address owns it (1), 0 (3) |
//! | `base[1]` | [`storage::Holder`]: the first bytes of the flags (11), whether `base[3]` holds them all (1), owner (20) |
//! | `base[2]` | proposed owner |
//! | `base[3]` | flags, if one of their last 21 bytes is not zero |
//! | `base[16 + i]` | consumer `i` |
//! | 9 | mapping consumer (20) ‖ 0 (4) ‖ subscription id (8) → allowed (1, at 15), initiated (8), completed (8) |
//! | 10 | mapping request id → hash of its commitment |
//! | 11 | mapping holder → withdrawable juels |
//! | 12 · 2³² + i | callback gas limits of tiers `8i` to `8i + 7` (4 each) |
//! | 13 · 2³² + 2i, + 2i + 1 | proposed contract set: id and contract of entry `i` |
//! | keccak256("stylus_constructor") | 1 once constructed |
//!
//! The marks of slot 0: 1 paused, 2 the route of the allow-list id leads to a contract, 4 the admin fee is not zero, 8
//! tier 0 exists.
//!
//! # Deviations
//!
//! * The owner is the constructor's first argument: the caller of a constructor is the deployer contract.
//!   Construction is possible once.
//! * The callback's gas is measured on this engine, so the billed gas differs from an EVM Router's by the
//!   call's own overhead. Before the call at least 200 gas (and more for long responses) are set aside even
//!   if `gasForCallExactCheck` is lower, so the consumer never gets less than it asked for.
//! * `timeoutRequests` deletes the commitment before it calls the Coordinator, not after.
//! * An array length of absurd size in the arguments ends the call without data, not with `Panic(0x41)`.
//! * A write attempted in a static call reverts without data and keeps the remaining gas.
//!
//! Upstream: `FunctionsRouter` 1.0.0, `FunctionsSubscriptions`, `ConfirmedOwner`, `Pausable`.

extern crate alloc;

pub mod account;
pub mod admin;
pub mod callback;
pub mod fulfill;
pub mod funds;
pub mod requests;
pub mod routes;
pub mod storage;
pub mod subscriptions;
pub mod timeouts;

use functions_contract::{abi::Buf, constant, dispatch};
use functions_types::{
    commitment::FULFILL_WORDS,
    selectors::functions::{any, router as f},
};

dispatch! {
    /// Runs the function that `selector` names; an unknown one ends the call without data.
    ///
    /// Arguments are decoded before anything else happens, so malformed calldata never reaches a check.
    pub fn route(args) {
        // Requests
        f::SEND_REQUEST => requests::send_request(args.head(5), routes::contract_by_id),
        f::SEND_REQUEST_TO_PROPOSED => requests::send_request(args.head(5), routes::proposed_contract_by_id),
        f::FULFILL => fulfill::fulfill(args.head(FULFILL_WORDS)),
        f::TIMEOUT_REQUESTS => timeouts::timeout_requests(args.head(1)),
        f::IS_VALID_CALLBACK_GAS_LIMIT => requests::is_valid_callback_gas_limit(args.head(2)),

        // Subscriptions
        f::CREATE_SUBSCRIPTION => subscriptions::create(None),
        f::CREATE_SUBSCRIPTION_WITH_CONSUMER => subscriptions::create(Some(args.head(1).address(0))),
        f::ADD_CONSUMER => subscriptions::add_consumer(args.head(2)),
        f::REMOVE_CONSUMER => subscriptions::remove_consumer(args.head(2)),
        f::PROPOSE_SUBSCRIPTION_OWNER_TRANSFER => subscriptions::propose_owner_transfer(args.head(2)),
        f::ACCEPT_SUBSCRIPTION_OWNER_TRANSFER => subscriptions::accept_owner_transfer(args.head(1)),
        f::CANCEL_SUBSCRIPTION => subscriptions::cancel(args.head(2)),
        f::OWNER_CANCEL_SUBSCRIPTION => subscriptions::owner_cancel(args.head(1)),
        f::SET_FLAGS => subscriptions::set_flags(args.head(2)),
        f::GET_SUBSCRIPTION => subscriptions::get_subscription(args.head(1)),
        f::GET_SUBSCRIPTIONS_IN_RANGE => subscriptions::get_subscriptions_in_range(args.head(2)),
        f::GET_SUBSCRIPTION_COUNT => Buf::of(storage::Limits::load().count().into()),
        f::GET_CONSUMER => subscriptions::get_consumer(args.head(2)),
        f::GET_FLAGS => Buf::of_word(&subscriptions::flags(args.head(1))),
        f::PENDING_REQUEST_EXISTS => subscriptions::pending_request_exists(args.head(1)),

        // Funds
        f::ON_TOKEN_TRANSFER => funds::on_token_transfer(args.head(3)),
        f::ORACLE_WITHDRAW => funds::oracle_withdraw(args.head(2)),
        f::OWNER_WITHDRAW => funds::owner_withdraw(args.head(2)),
        f::RECOVER_FUNDS => funds::recover_funds(args.head(1)),
        f::GET_TOTAL_BALANCE => Buf::of_juels(storage::Book::load().total()),

        // Routes
        f::GET_CONTRACT_BY_ID => Buf::of_address(&routes::contract_by_id(&args.head(1).b256(0))),
        f::GET_PROPOSED_CONTRACT_BY_ID =>
            Buf::of_address(&routes::proposed_contract_by_id(&args.head(1).b256(0))),
        f::GET_PROPOSED_CONTRACT_SET => routes::get_proposed_contract_set(),
        f::PROPOSE_CONTRACTS_UPDATE => routes::propose_contracts_update(args.head(2)),
        f::UPDATE_CONTRACTS => routes::update_contracts(),

        // Configuration, pause, ownership
        f::GET_CONFIG => admin::get_config(),
        f::UPDATE_CONFIG => admin::update_config(args.head(1)),
        f::GET_ADMIN_FEE => Buf::of_juels(storage::Settings::load().admin_fee()),
        f::GET_ALLOW_LIST_ID => Buf::of_word(&storage::allow_list_id()),
        f::SET_ALLOW_LIST_ID => routes::set_allow_list_id(args.head(1)),
        f::PAUSE => admin::set_paused(true),
        f::UNPAUSE => admin::set_paused(false),
        f::PAUSED => Buf::of(storage::Settings::load().is(storage::PAUSED).into()),
        f::OWNER => Buf::of_address(&storage::OWNERSHIP.owner()),
        f::TRANSFER_OWNERSHIP => storage::OWNERSHIP.transfer(args.head(1)),
        f::ACCEPT_OWNERSHIP => storage::OWNERSHIP.accept(|_| ()),
        f::MAX_CALLBACK_RETURN_BYTES => Buf::of(callback::MAX_RETURN_BYTES as u128),
        f::TYPE_AND_VERSION => constant!("Functions Router v1.0.0"),
        any::STYLUS_CONSTRUCTOR => admin::construct(args.head(3)),
    }
}
