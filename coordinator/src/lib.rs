//! The Coordinator: opens requests for the Router, checks the oracles' reports, and bills what they fulfill.
//!
//! The Router calls [`requests`]; oracles call [`transmit`], which settles through [`billing`]; the owner calls
//! [`config`], [`ocr2`] and [`admin`]; everybody may read the prices of [`fees`] and take out what is theirs through
//! [`funds`]. LINK itself always lies in the Router; here are only books.
//!
//! The Coordinator is not locked while it calls out: a callback may open the next request. State is written before a
//! call and read again after it.
//!
//! # Storage layout
//!
//! Slots are packed by hand; bytes count from the most significant end. The addresses a request needs share their words
//! with the numbers it needs; what every report changes lies in one word and the transmitter's own.
//!
//! | slot | holds |
//! | --- | --- |
//! | 0 | [`storage::Pool`]: fee pool (12), operation fees of the owner (12), gas of the overhead that the entries of a report share (4), 0 (4) |
//! | 1 | [`storage::Settings`]: Router (20), oracles n (1), faulty f (1), feed staleness (4), minimum gas price (5), decimals of the USD fallback (1) |
//! | 2 | LINK/native feed (20), over-estimation (4), gas overhead before (4) and after (4) the callback |
//! | 3 | LINK/USD feed (20), highest data version (2), request timeout (4), DON fee (2), operation fee (2), size of a transmit (2, in 1.3.1) |
//! | 4 | native fallback (28), 0 (4) |
//! | 5 | [`storage::Owner`]: OCR configurations so far (4), block of the latest (4), 0 (4), owner (20) |
//! | 6 | digest of the latest OCR configuration |
//! | 7 | USD fallback (8), 0 (4), proposed owner (20) |
//! | 8 · 2³² + i, 9 · 2³² + i | DON key, threshold key: length at i = 0, then the bytes |
//! | 10 · 2³² + i, 11 · 2³² + i | address (20) of signer `i`, of transmitter `i` |
//! | 13 · 2³² + i, i < 256 | fingerprints of open requests: [`open`] |
//! | keccak256(request id ‖ 12) | 1 while the request is open and its words in row 13 are full |
//! | 1 ‖ 0 (11) ‖ address (20) | [`storage::Account`]: withdrawable juels (12), role (1), oracle index (1) |
//! | keccak256("stylus_constructor") | 1 once constructed |
//!
//! An account's role and balance share a word because a transmit checks the one and raises the other. The owner's
//! operation fees wait in slot 0 until the owner withdraws or hands the Coordinator on.
//!
//! # Deviations
//!
//! * The owner is the constructor's first argument: the caller of a constructor is the deployer contract. Construction
//!   is possible once.
//! * The owner may have the entries of one report share a part of the overhead that they are billed
//!   (`setSharedOverhead`); while that is zero, as it is at first, each is billed all of it.
//! * The native feed is read once in a transmit, not twice for every entry: a callback that changes the feed's answer
//!   does not change the price of later entries.
//! * An array length of absurd size, in arguments or report, ends the call without data, not with `Panic(0x41)`.
//! * `transmit` wants gas for the worst case of all its entries, so that an estimate of it suffices; the reference goes
//!   on with less and has entries answered `InsufficientGasProvided`.
//! * A report on a request that is no longer open is taken for one that is once in about three million; it then ends at
//!   the Router.
//! * A request that a Router starts twice is open until it is closed twice. No Router does: the id contains the number
//!   of the consumer's request.
//! * The L1 fee is that of Arbitrum chains; the OP-stack chains the reference also knows cannot run this program.
//!
//! The feature `v1_3_1` selects the rules of 1.3.1: [`version`] has the differences.
//!
//! Upstream: `FunctionsCoordinator` 1.3.0, `FunctionsBilling`, `OCR2Base`, `Routable`, `ConfirmedOwner`.

extern crate alloc;

pub mod admin;
pub mod billing;
pub mod config;
pub mod feeds;
pub mod fees;
pub mod funds;
pub mod ocr2;
pub mod open;
pub mod requests;
pub mod storage;
pub mod transmit;
pub mod u256;
pub mod version;

use functions_contract::{abi::Buf, dispatch};
use functions_types::selectors::functions::{any, coordinator as f};

use storage::Key;

dispatch! {
    /// Runs the function that `selector` names; an unknown one ends the call without data.
    ///
    /// Arguments are decoded before anything else happens, so malformed calldata never reaches a check; only
    /// `startRequest` looks at its caller first, as upstream does.
    pub fn route(args) {
        // Requests and reports
        f::START_REQUEST => requests::start_request(args.head(1)),
        f::DELETE_COMMITMENT => requests::delete_commitment(args.head(1)),
        f::TRANSMIT => transmit::transmit(args.head(7)),

        // OCR2 configuration
        f::SET_CONFIG => ocr2::set_config(args.head(6)),
        f::LATEST_CONFIG_DETAILS => ocr2::latest_config_details(),
        f::LATEST_CONFIG_DIGEST_AND_EPOCH => ocr2::latest_config_digest_and_epoch(),
        f::TRANSMITTERS => ocr2::transmitters(),

        // Prices
        f::GET_WEI_PER_UNIT_LINK => feeds::get_wei_per_unit_link(),
        f::GET_USD_PER_UNIT_LINK => feeds::get_usd_per_unit_link(),
        f::GET_DON_FEE_JUELS => fees::get_don_fee_juels(args.head(1)),
        f::GET_OPERATION_FEE_JUELS => fees::get_operation_fee_juels(),
        f::GET_ADMIN_FEE_JUELS => Buf::of_juels(fees::admin_fee()),
        f::ESTIMATE_COST => fees::estimate_cost(args.head(4)),

        // Funds
        f::ORACLE_WITHDRAW => funds::oracle_withdraw(args.head(2)),
        f::ORACLE_WITHDRAW_ALL => funds::oracle_withdraw_all(),

        // Billing configuration, keys, ownership
        f::GET_CONFIG => config::get_config(),
        version::UPDATE_CONFIG => config::update_config(args.head(config::WORDS)),
        f::GET_SHARED_OVERHEAD => config::get_shared_overhead(),
        f::SET_SHARED_OVERHEAD => config::set_shared_overhead(args.head(1)),
        f::GET_DON_PUBLIC_KEY => admin::get_key(Key::Don),
        f::SET_DON_PUBLIC_KEY => admin::set_key(Key::Don, args.head(1)),
        f::GET_THRESHOLD_PUBLIC_KEY => admin::get_key(Key::Threshold),
        f::SET_THRESHOLD_PUBLIC_KEY => admin::set_key(Key::Threshold, args.head(1)),
        f::OWNER => Buf::of_address(&storage::OWNERSHIP.owner()),
        f::TRANSFER_OWNERSHIP => storage::OWNERSHIP.transfer(args.head(1)),
        f::ACCEPT_OWNERSHIP => admin::accept_ownership(),
        f::TYPE_AND_VERSION => version::type_and_version(),
        any::STYLUS_CONSTRUCTOR => config::construct(args.head(config::WORDS + 4)),
    }
}
