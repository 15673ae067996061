//! Routes: which contract stands behind an id, and how the owner replaces it in two steps.

use functions_contract::{
    Address, B256,
    abi::{Buf, Tuple, WORD},
    host,
    revert::{error, error_address, error_word, malformed},
};
use functions_types::selectors::{errors::router as e, events::router as ev, functions::allow_list};

use crate::{
    admin::only_owner,
    storage::{self, ALLOW_LIST, Settings, allow_list_id, proposal, proposal_len, route},
};

/// Most entries of a proposed contract set.
const MAX_PROPOSAL: usize = 8;

/// `getContractById(bytes32)`: the live route of `id`.
///
/// # Errors
/// `RouteNotFound`.
#[inline(never)]
pub fn contract_by_id(id: &B256) -> Address {
    found(route(id), id)
}

/// `getProposedContractById(bytes32)`: the first entry for `id` in the proposed contract set. The live route plays no
/// part.
///
/// # Errors
/// `RouteNotFound`.
#[inline(never)]
pub fn proposed_contract_by_id(id: &B256) -> Address {
    let contract = (0..proposal_len()).map(proposal).find(|(entry, _)| entry == id);
    found(contract.map_or(Address::ZERO, |(_, contract)| contract), id)
}

fn found(contract: Address, id: &B256) -> Address {
    if contract == Address::ZERO {
        error_word(e::ROUTE_NOT_FOUND, id);
    }
    contract
}

/// `getProposedContractSet() returns (bytes32[] ids, address[] to)`.
pub fn get_proposed_contract_set() -> Buf {
    let len = proposal_len();
    let mut out = Buf::new((4 + 2 * len as usize) * WORD);
    out.num(2 * WORD as u128);
    out.num((3 + len as usize) as u128 * WORD as u128);
    out.num(len.into());
    for index in 0..len {
        out.raw(proposal(index).0.as_slice());
    }
    out.num(len.into());
    for index in 0..len {
        out.address(&proposal(index).1);
    }
    out
}

/// `proposeContractsUpdate(bytes32[] ids, address[] to)`, by the owner: replaces the proposal; empty
/// arrays withdraw it.
///
/// # Errors
/// `Error("Only callable by owner")`, `InvalidProposal` (lengths, then each entry); in this order.
///
/// # Events
/// `ContractProposed` per entry.
pub fn propose_contracts_update(args: Tuple<'_>) -> Buf {
    let (len, ids) = args.list(0, WORD);
    let (contracts_len, contracts) = args.list(1, WORD);
    (0..contracts_len).for_each(|index| _ = contracts.address(index));
    only_owner();
    if len != contracts_len || len > MAX_PROPOSAL {
        error(e::INVALID_PROPOSAL);
    }
    for index in 0..len {
        let (id, to) = (ids.b256(index), contracts.address(index));
        let from = route(&id);
        if to == Address::ZERO || to == from {
            error(e::INVALID_PROPOSAL);
        }
        storage::set_proposal(index as u32, &id, &to);
        route_event(&ev::CONTRACT_PROPOSED, &id, &from, &to);
    }
    clear_proposal(len as u32);
    storage::set_proposal_len(len as u32);
    Buf::empty()
}

/// `updateContracts()`, by the owner: makes the proposal live and forgets it.
///
/// # Errors
/// `Error("Only callable by owner")`.
///
/// # Events
/// `ContractUpdated` per entry.
pub fn update_contracts() -> Buf {
    let mut settings = only_owner();
    for index in 0..proposal_len() {
        let (id, to) = proposal(index);
        if !settings.is(ALLOW_LIST) && id == allow_list_id() {
            settings.mark(ALLOW_LIST, true);
            settings.store();
        }
        route_event(&ev::CONTRACT_UPDATED, &id, &route(&id), &to);
        storage::set_route(&id, &to);
    }
    clear_proposal(0);
    storage::set_proposal_len(0);
    Buf::empty()
}

/// Clears the entries from `from` on, up to the stored length.
#[inline(never)]
fn clear_proposal(from: u32) {
    for index in from..proposal_len() {
        storage::set_proposal(index, &B256::ZERO, &Address::ZERO);
    }
}

#[inline(always)]
fn route_event(signature: &B256, id: &B256, from: &Address, to: &Address) {
    let mut event = Buf::event(signature, 3, 0);
    event.raw(id.as_slice());
    event.address(from);
    event.address(to);
    host::log(&event, 1);
}

/// `setAllowListId(bytes32)`, by the owner.
///
/// # Errors
/// `Error("Only callable by owner")`.
pub fn set_allow_list_id(args: Tuple<'_>) -> Buf {
    let mut settings = only_owner();
    let id = args.b256(0);
    storage::set_allow_list_id(&id);
    settings.mark(ALLOW_LIST, route(&id) != Address::ZERO);
    settings.store();
    Buf::empty()
}

/// Asks the allow list, if a route leads to one, whether the caller accepted the terms of service.
///
/// # Errors
/// What the allow list raises, no data (it answers neither yes nor no), `SenderMustAcceptTermsOfService`.
#[inline(never)]
pub(crate) fn terms_of_service_accepted(settings: &Settings) {
    if !settings.is(ALLOW_LIST) {
        return;
    }
    let list = route(&allow_list_id());
    let sender = host::sender();
    let mut call = Buf::call(allow_list::HAS_ACCESS, 3, 0);
    call.address(&sender);
    call.num(2 * WORD as u128);
    call.num(0);
    host::ask_static(&list, call.as_bytes());
    let answer = host::return_data(WORD);
    match Tuple::new(answer, 1).uint(0, 8) {
        0 => error_address(e::SENDER_MUST_ACCEPT_TERMS_OF_SERVICE, &sender),
        1 => {}
        _ => malformed(),
    }
}
