//! Accepting the terms of service.

use functions_contract::{
    Address, B256,
    abi::{Buf, Tuple, WORD},
    host,
    recover::recover,
    revert::error,
};
use functions_types::selectors::{errors::allow_list as e, events::allow_list as ev};

use crate::{
    members::log_user,
    storage::{Member, Set, State},
};

/// `getMessage(address acceptor, address recipient)`: what the signer signs, before the prefix of signed messages.
pub fn get_message(args: Tuple<'_>) -> Buf {
    Buf::of_word(&message(&args.address(0), &args.address(1)))
}

/// keccak256 of both addresses, 40 bytes.
fn message(acceptor: &Address, recipient: &Address) -> B256 {
    let mut preimage = [0; 40];
    preimage[..20].copy_from_slice(acceptor.as_slice());
    preimage[20..].copy_from_slice(recipient.as_slice());
    host::keccak(&preimage)
}

/// `acceptTermsOfService(address acceptor, address recipient, bytes32 r, bytes32 s, uint8 v)`, by the recipient: a
/// person, who is then the acceptor too, or a contract.
///
/// # Errors
/// In this order:
/// * `RecipientIsBlocked()` - also while the list is not in force.
/// * `InvalidSignature()` - not the configured signer's signature of this acceptor and recipient.
/// * `InvalidUsage()` - called by somebody else, or by a person for somebody else's acceptance.
///
/// # Events
/// `AddedAccess`, unless the recipient has access already.
///
/// Upstream: `TermsOfServiceAllowList.acceptTermsOfService` (1.1.0).
pub fn accept(args: Tuple<'_>) -> Buf {
    let (acceptor, recipient) = (args.address(0), args.address(1));
    let (r, s, v) = (args.word(2), args.word(3), args.uint(4, 8) as u8);
    if Set::Blocked.has(&Member::load(&recipient)) {
        error(e::RECIPIENT_IS_BLOCKED);
    }
    let mut signed = [0; 28 + WORD];
    signed[..28].copy_from_slice(b"\x19Ethereum Signed Message:\n32");
    signed[28..].copy_from_slice(message(&acceptor, &recipient).as_slice());
    // A malformed signature is that of the zero address.
    if recover(&host::keccak(&signed), v, r, s).unwrap_or(Address::ZERO) != State::load().signer() {
        error(e::INVALID_SIGNATURE);
    }
    let sender = host::sender();
    if sender != recipient || (sender != acceptor && host::code_size(&sender) == 0) {
        error(e::INVALID_USAGE);
    }
    if Set::Allowed.insert(&recipient) {
        log_user(&ev::ADDED_ACCESS, &recipient);
    }
    Buf::empty()
}
