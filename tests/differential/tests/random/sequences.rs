//! Random sequences of everything everybody can do, honest or not: no difference, and nothing that was never tried.

use alloy::{
    primitives::{B256, U256},
    sol_types::{SolCall, SolError, SolEvent},
};
use differential_tests::{
    Scene, Tally,
    random::{Silent, fuzz::Plan},
};
use functions_types::abi::{Coordinator as C, Reverts, Router as R};

/// So many sequences reach everything there is.
const ENOUGH: u64 = 500;

/// Errors of the ABI that the reference never raises.
const NEVER: [[u8; 4]; 7] = [
    R::IdentifierIsReserved::SELECTOR,
    C::InconsistentReportData::SELECTOR,
    C::MustBeSubOwner::SELECTOR,
    C::OnlyCallableByRouterOwner::SELECTOR,
    C::PaymentTooLarge::SELECTOR,
    C::UnauthorizedPublicKeyChange::SELECTOR,
    C::UnauthorizedSender::SELECTOR,
];

/// Errors that take another contract in the Router's or a Coordinator's place, or a word of storage: scenarios raise
/// them.
const ELSEWHERE: [[u8; 4]; 3] = [
    // reports::a_pool_without_oracles
    C::NoTransmittersSet::SELECTOR,
    // requests::other_coordinators
    R::DuplicateRequestId::SELECTOR,
    // clients::a_router_must_be_set
    C::RouterMustBeSet::SELECTOR,
];

/// Functions that the reference does not have.
const OURS: [[u8; 4]; 2] = [C::getSharedOverheadCall::SELECTOR, C::setSharedOverheadCall::SELECTOR];

#[test]
fn random_sequences() {
    let Some(tally) = Plan::from_environment(500).play("random sequences", || Silent) else { return };
    if tally.sequences >= ENOUGH {
        everything_happened(&tally);
    }
}

fn everything_happened(tally: &Tally) {
    let scene = Scene::new().expect("the reference has been built");
    let mut missing = Vec::new();
    for (contract, functions) in
        [(scene.router, R::RouterCalls::SELECTORS), (scene.coordinator, C::CoordinatorCalls::SELECTORS)]
    {
        for selector in functions {
            // Only the token may tell of a transfer; `SubscriptionFunded` shows that it did.
            let told = *selector == R::onTokenTransferCall::SELECTOR;
            let is_ours = OURS.contains(selector);
            if !told && !is_ours && !tally.returned.contains_key(&(contract, *selector)) {
                let name = R::RouterCalls::name_by_selector(*selector);
                let name = name.or_else(|| C::CoordinatorCalls::name_by_selector(*selector));
                missing.push(format!("{} of {contract} never returned", name.unwrap_or_default()));
            }
        }
    }
    for selector in R::RouterErrors::SELECTORS.iter().chain(C::CoordinatorErrors::SELECTORS) {
        if ![&NEVER[..], &ELSEWHERE].concat().contains(selector) && !tally.errors.contains_key(&selector[..])
        {
            let name = R::RouterErrors::name_by_selector(*selector);
            let name = name.or_else(|| C::CoordinatorErrors::name_by_selector(*selector));
            missing.push(format!("{} was never raised", name.unwrap_or_default()));
        }
    }
    for topic in R::RouterEvents::SELECTORS.iter().chain(C::CoordinatorEvents::SELECTORS) {
        let is_ours = *topic == C::SharedOverheadUpdated::SIGNATURE_HASH.0;
        if !is_ours && !tally.events.contains_key(&B256::from(*topic)) {
            let name = R::RouterEvents::name_by_selector(*topic);
            let name = name.or_else(|| C::CoordinatorEvents::name_by_selector(*topic));
            missing.push(format!("{} was never logged", name.unwrap_or_default()));
        }
    }
    for message in [
        "Only callable by owner",
        "Cannot transfer to self",
        "Must be proposed owner",
        "Pausable: paused",
        "Pausable: not paused",
    ] {
        let error = Reverts::Error { message: message.into() }.abi_encode();
        if !tally.errors.contains_key(&error) {
            missing.push(format!("{message:?} was never raised"));
        }
    }
    if !tally.errors.contains_key(&Reverts::Panic { code: U256::from(0x11) }.abi_encode()) {
        missing.push("Panic(0x11) was never raised".into());
    }
    missing.extend(
        tally
            .results
            .iter()
            .enumerate()
            .filter(|(_, count)| **count == 0)
            .map(|(code, _)| format!("no fulfillment ended with {code}")),
    );
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
