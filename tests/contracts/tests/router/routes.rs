//! Routes, proposals, the allow list.

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::{SolCall, SolValue},
};
use contract_tests::{log, puppet};
use functions_types::abi::{AllowList, Router};

use crate::{ALICE, BOB, CONSUMER, COORDINATOR, DON, OWNER, Scene, propose, send};

fn proposed(id: B256, from: Address, to: Address) -> Router::ContractProposed {
    Router::ContractProposed {
        proposedContractSetId: id,
        proposedContractSetFromAddress: from,
        proposedContractSetToAddress: to,
    }
}

#[test]
fn a_proposal_becomes_live_when_updated() {
    let mut scene = Scene::bare();
    let (router, other) = (scene.router, B256::with_last_byte(9));
    scene.world.view_fails(
        router,
        &Router::getContractByIdCall { id: DON },
        Router::RouteNotFound { id: DON },
    );
    scene.run(OWNER, &propose(&[(DON, COORDINATOR), (other, BOB)])).logs_are(&[
        log(router, &proposed(DON, Address::ZERO, COORDINATOR)),
        log(router, &proposed(other, Address::ZERO, BOB)),
    ]);
    scene.world.view_fails(
        router,
        &Router::getContractByIdCall { id: DON },
        Router::RouteNotFound { id: DON },
    );
    assert_eq!(scene.view(&Router::getProposedContractByIdCall { id: other }), BOB);
    let set = scene.view(&Router::getProposedContractSetCall {});
    assert_eq!((set._0, set._1), (vec![DON, other], vec![COORDINATOR, BOB]));
    scene.run(BOB, &Router::updateContractsCall {}).fails_text("Only callable by owner");
    scene.run(OWNER, &Router::updateContractsCall {}).logs_are(&[
        log(router, &Router::ContractUpdated { id: DON, from: Address::ZERO, to: COORDINATOR }),
        log(router, &Router::ContractUpdated { id: other, from: Address::ZERO, to: BOB }),
    ]);
    assert_eq!(scene.view(&Router::getContractByIdCall { id: DON }), COORDINATOR);
    let missing = Router::RouteNotFound { id: DON };
    scene.world.view_fails(router, &Router::getProposedContractByIdCall { id: DON }, missing);
    let set = scene.view(&Router::getProposedContractSetCall {});
    assert!(set._0.is_empty() && set._1.is_empty());
    scene.run(OWNER, &Router::updateContractsCall {}).logs_are(&[]);
}

#[test]
fn a_proposal_replaces_the_former_one() {
    let mut scene = Scene::new();
    let ids: Vec<_> = (1..=8).map(|n| (B256::with_last_byte(n), BOB)).collect();
    scene.run(OWNER, &propose(&ids)).ok();
    assert_eq!(scene.view(&Router::getProposedContractSetCall {})._0.len(), 8);
    scene.run(OWNER, &propose(&[(DON, BOB), (DON, ALICE)])).logs_are(&[
        log(scene.router, &proposed(DON, COORDINATOR, BOB)),
        log(scene.router, &proposed(DON, COORDINATOR, ALICE)),
    ]);
    assert_eq!(scene.view(&Router::getProposedContractSetCall {})._1, [BOB, ALICE]);
    assert_eq!(scene.view(&Router::getProposedContractByIdCall { id: DON }), BOB, "the first match counts");
    scene.run(OWNER, &propose(&[])).logs_are(&[]);
    assert!(scene.view(&Router::getProposedContractSetCall {})._0.is_empty());
}

#[test]
fn propose_fails_when_a_rule_is_broken() {
    let mut scene = Scene::new();
    scene.run(BOB, &propose(&[(DON, BOB)])).fails_text("Only callable by owner");
    let nine: Vec<_> = (1..=9).map(|n| (B256::with_last_byte(n), BOB)).collect();
    scene.run(OWNER, &propose(&nine)).fails(Router::InvalidProposal {});
    scene.run(OWNER, &propose(&[(DON, Address::ZERO)])).fails(Router::InvalidProposal {});
    scene.run(OWNER, &propose(&[(DON, COORDINATOR)])).fails(Router::InvalidProposal {});
    let call = Router::proposeContractsUpdateCall {
        proposedContractSetIds: vec![DON],
        proposedContractSetAddresses: vec![],
    };
    scene.run(OWNER, &call).fails(Router::InvalidProposal {});
}

#[test]
fn send_request_to_proposed_uses_the_proposal_only() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let call = send(id);
    let call = Router::sendRequestToProposedCall {
        subscriptionId: id,
        data: call.data,
        dataVersion: 1,
        callbackGasLimit: 100_000,
        donId: DON,
    };
    scene.run(CONSUMER, &call).fails(Router::RouteNotFound { id: DON });
    scene.run(OWNER, &propose(&[(DON, BOB)])).ok();
    scene.run(CONSUMER, &call).fails_empty(); // no code there
    scene.world.chain.set_code(BOB, puppet::returns(&crate::priced(5).abi_encode()));
    let receipt = scene.run(CONSUMER, &call);
    assert_eq!(receipt.returns::<Router::sendRequestToProposedCall>(), crate::priced(5).requestId);
}

#[test]
fn the_allow_list_guards_subscriptions() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let list = Address::with_last_byte(0x77);
    let list_id = B256::with_last_byte(7);
    scene.run(BOB, &Router::setAllowListIdCall { allowListId: list_id }).fails_text("Only callable by owner");
    scene.run(OWNER, &Router::setAllowListIdCall { allowListId: list_id }).logs_are(&[]);
    assert_eq!(scene.view(&Router::getAllowListIdCall {}), list_id);
    scene.run(ALICE, &Router::createSubscriptionCall {}).ok(); // no route: no list
    scene.set_route(list_id, list);
    let create = Router::createSubscriptionCall {};
    scene.run(ALICE, &create).fails_empty(); // no code there
    scene.world.chain.set_code(list, puppet::returns(&U256::from(1).abi_encode()));
    scene.run(ALICE, &create).ok();
    scene.world.chain.set_code(list, puppet::returns(&U256::from(2).abi_encode()));
    scene.run(ALICE, &create).fails_empty();
    scene.world.chain.set_code(list, puppet::returns(&[1]));
    scene.run(ALICE, &create).fails_empty();
    scene.world.chain.set_code(list, puppet::reverts(b"why"));
    scene.run(ALICE, &create).fails_with(b"why");

    scene.world.chain.set_code(list, puppet::returns(&U256::ZERO.abi_encode()));
    let refused = |sender| Router::SenderMustAcceptTermsOfService { sender };
    scene.run(ALICE, &create).fails(refused(ALICE));
    scene.run(BOB, &Router::createSubscriptionWithConsumerCall { consumer: BOB }).fails(refused(BOB));
    scene.run(ALICE, &Router::addConsumerCall { subscriptionId: id, consumer: BOB }).fails(refused(ALICE));
    scene.run(ALICE, &Router::removeConsumerCall { subscriptionId: id, consumer: BOB }).fails(refused(ALICE));
    let call = Router::proposeSubscriptionOwnerTransferCall { subscriptionId: id, newOwner: BOB };
    scene.run(ALICE, &call).fails(refused(ALICE));
    scene.run(BOB, &Router::acceptSubscriptionOwnerTransferCall { subscriptionId: id }).fails(refused(BOB));
    scene.run(ALICE, &Router::cancelSubscriptionCall { subscriptionId: id, to: BOB }).fails(refused(ALICE));
    scene.run(CONSUMER, &send(id)).ok(); // requests do not ask
}

#[test]
fn the_allow_list_is_asked_with_empty_data() {
    let mut scene = Scene::new();
    let list = Address::with_last_byte(0x77);
    scene.set_route(B256::ZERO, list);
    // It reverts with its calldata, so that the caller sees what was asked.
    let code = [&[0x36, 0x5f, 0x5f, 0x37, 0x36, 0x5f, 0xfd][..]].concat();
    scene.world.chain.set_code(list, code.into());
    let asked = AllowList::hasAccessCall { user: ALICE, _1: Default::default() }.abi_encode();
    scene.run(ALICE, &Router::createSubscriptionCall {}).fails_with(&asked);
}
