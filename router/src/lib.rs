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
//!
//! | slot | holds |
//! | --- | --- |
//! | 0 | [`storage::Settings`]: what every request reads |
//! | 1 | [`storage::Limits`]: subscription count and the rest of the configuration |
//! | 2 | total balance (12), owner (20) |
//! | 3 | proposed owner |
//! | 4 | LINK |
//! | 5 | allow-list id |
//! | 6 | length of the proposed contract set |
//! | 7 | mapping route id → contract |
//! | 8 | mapping subscription id → `base`; `base[0]` balance (12) and owner (20), `base[1]` blocked balance (12) and proposed owner (20), `base[2]` flags, `base[3]` number of consumers, `base[16 + i]` consumer `i` |
//! | 9 | mapping consumer (20) ‖ 0 (4) ‖ subscription id (8) → allowed (1, at 15), initiated (8), completed (8) |
//! | 10 | mapping request id → hash of its commitment |
//! | 11 | mapping holder → withdrawable juels |
//! | 12 · 2³² + i | callback gas limit of tier `i`, from tier 3 on |
//! | 13 · 2³² + 2i, + 2i + 1 | proposed contract set: id and contract of entry `i` |
//! | keccak256("stylus_constructor") | 1 once constructed |
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

pub mod admin;
pub mod callback;
pub mod fulfill;
pub mod funds;
pub mod requests;
pub mod routes;
pub mod storage;
pub mod subscriptions;
pub mod timeouts;

use functions_contract::{abi::Buf, dispatch, host};
use functions_types::selectors::functions::{any, router as f};

dispatch! {
    /// Runs the function that `selector` names; an unknown one ends the call without data.
    ///
    /// Arguments are decoded before anything else happens, so malformed calldata never reaches a check.
    pub fn route(args) {
        // Requests
        f::SEND_REQUEST => requests::send_request(args.head(5), routes::contract_by_id),
        f::SEND_REQUEST_TO_PROPOSED => requests::send_request(args.head(5), routes::proposed_contract_by_id),
        f::FULFILL => fulfill::fulfill(args.head(16)),
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
        f::GET_SUBSCRIPTION_COUNT => Buf::of(storage::limits().count().into()),
        f::GET_CONSUMER => subscriptions::get_consumer(args.head(2)),
        f::GET_FLAGS => Buf::of_word(&subscriptions::flags(args.head(1))),
        f::PENDING_REQUEST_EXISTS => subscriptions::pending_request_exists(args.head(1)),

        // Funds
        f::ON_TOKEN_TRANSFER => funds::on_token_transfer(args.head(3)),
        f::ORACLE_WITHDRAW => funds::oracle_withdraw(args.head(2)),
        f::OWNER_WITHDRAW => funds::owner_withdraw(args.head(2)),
        f::RECOVER_FUNDS => funds::recover_funds(args.head(1)),
        f::GET_TOTAL_BALANCE => Buf::of(storage::Purse::load(&storage::OWNER).juels),

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
        f::GET_ADMIN_FEE => Buf::of(storage::settings().admin_fee()),
        f::GET_ALLOW_LIST_ID => Buf::of_word(&host::load(&storage::ALLOW_LIST_ID)),
        f::SET_ALLOW_LIST_ID => admin::set_allow_list_id(args.head(1)),
        f::PAUSE => admin::set_paused(true),
        f::UNPAUSE => admin::set_paused(false),
        f::PAUSED => Buf::of(storage::settings().is_paused().into()),
        f::OWNER => Buf::of_address(&storage::Purse::load(&storage::OWNER).holder),
        f::TRANSFER_OWNERSHIP => admin::transfer_ownership(args.head(1)),
        f::ACCEPT_OWNERSHIP => admin::accept_ownership(),
        f::MAX_CALLBACK_RETURN_BYTES => Buf::of(callback::MAX_RETURN_BYTES as u128),
        f::TYPE_AND_VERSION => Buf::of_bytes(b"Functions Router v1.0.0"),
        any::STYLUS_CONSTRUCTOR => admin::construct(args.head(3)),
    }
}
