//! The contracts of a development chain: LINK and a price feed.

use alloy::{
    primitives::{Address, Bytes, I256, U256, address},
    sol_types::{SolCall, SolValue},
};
use contract_tests::{Receipt, World, log, puppet};
use functions_types::abi::{Constructors, Feed, Link, Router};

const OWNER: Address = address!("00000000000000000000000000000000000000b0");
const ALICE: Address = address!("00000000000000000000000000000000000000b1");
const BOB: Address = address!("00000000000000000000000000000000000000b2");

fn link(supply: u64) -> (World, Address) {
    let mut world = World::new();
    let call = Constructors::linkTokenCall { owner: OWNER, supply: U256::from(supply) }.abi_encode();
    let (link, receipt) = world.deploy("link_token", &call[4..]);
    receipt.logs_are(&[log(link, &moved(Address::ZERO, OWNER, supply))]);
    (world, link)
}

fn moved(from: Address, to: Address, value: u64) -> Link::Transfer_0 {
    Link::Transfer_0 { from, to, value: U256::from(value) }
}

fn balance(world: &World, link: Address, account: Address) -> U256 {
    world.view(link, &Link::balanceOfCall { account })
}

#[track_caller]
fn says_true(receipt: &Receipt) {
    assert_eq!(U256::abi_decode(&receipt.ok().output).expect("a word"), U256::from(1));
}

#[test]
fn link_says_who_it_is() {
    let (world, link) = link(7);
    assert_eq!(world.view(link, &Link::nameCall {}), "ChainLink Token");
    assert_eq!(world.view(link, &Link::symbolCall {}), "LINK");
    assert_eq!(world.view(link, &Link::decimalsCall {}), 18);
    assert_eq!(world.view(link, &Link::totalSupplyCall {}), U256::from(7));
}

#[test]
fn link_transfers_what_is_there() {
    let (mut world, link) = link(100);
    let transfer = |to, value| Link::transferCall { to, amount: U256::from(value) };
    let receipt = world.run(OWNER, link, &transfer(ALICE, 60));
    says_true(receipt.logs_are(&[log(link, &moved(OWNER, ALICE, 60))]));
    world.run(OWNER, link, &transfer(BOB, 41)).fails_text("ERC20: transfer amount exceeds balance");
    world.run(OWNER, link, &transfer(Address::ZERO, 1)).fails_text("ERC20: transfer to the zero address");
    world.run(OWNER, link, &transfer(link, 1)).fails_empty();
    world.run(ALICE, link, &transfer(ALICE, 60)).ok();
    assert_eq!(balance(&world, link, ALICE), U256::from(60));
    assert_eq!(balance(&world, link, OWNER), U256::from(40));
}

#[test]
fn link_allowances_are_spent() {
    let (mut world, link) = link(100);
    let take = |value| Link::transferFromCall { from: OWNER, to: BOB, amount: U256::from(value) };
    world.run(ALICE, link, &take(1)).fails_text("ERC20: insufficient allowance");
    let approve = Link::approveCall { spender: ALICE, amount: U256::from(30) };
    let event = Link::Approval { owner: OWNER, spender: ALICE, value: U256::from(30) };
    says_true(world.run(OWNER, link, &approve).logs_are(&[log(link, &event)]));
    let rest = Link::Approval { owner: OWNER, spender: ALICE, value: U256::from(10) };
    let taken = [log(link, &rest), log(link, &moved(OWNER, BOB, 20))];
    says_true(world.run(ALICE, link, &take(20)).logs_are(&taken));
    let left = world.view(link, &Link::allowanceCall { owner: OWNER, spender: ALICE });
    assert_eq!(left, U256::from(10));
    world.run(ALICE, link, &take(11)).fails_text("ERC20: insufficient allowance");
}

#[test]
fn link_transfer_and_call_tells_the_receiver() {
    let (mut world, link) = link(100);
    let call =
        Link::transferAndCallCall { to: BOB, amount: U256::from(9), data: Bytes::from_static(b"hello") };
    let with_data =
        Link::Transfer_1 { from: OWNER, to: BOB, value: U256::from(9), data: Bytes::from_static(b"hello") };
    let expected = [log(link, &moved(OWNER, BOB, 9)), log(link, &with_data)];
    says_true(world.run(OWNER, link, &call).logs_are(&expected)); // a receiver without code is not told

    // It reverts with its calldata, so that the caller sees what it was told.
    world.chain.set_code(BOB, alloy::primitives::hex!("365f5f37365ffd").into());
    let told =
        Router::onTokenTransferCall { _0: OWNER, amount: U256::from(9), data: Bytes::from_static(b"hello") };
    world.run(OWNER, link, &call).fails_with(&told.abi_encode());
    world.chain.set_code(BOB, puppet::returns(&[]));
    says_true(world.run(OWNER, link, &call).logs_are(&expected));
    assert_eq!(balance(&world, link, BOB), U256::from(18));
}

#[test]
fn feed_answers_what_its_owner_set() {
    let mut world = World::new();
    let answer = I256::try_from(-5).expect("small");
    let call = Constructors::priceFeedCall { owner: OWNER, decimals: 8, answer }.abi_encode();
    let (feed, receipt) = world.deploy("price_feed", &call[4..]);
    receipt.ok();
    assert_eq!(world.view(feed, &Feed::decimalsCall {}), 8);
    let round = world.view(feed, &Feed::latestRoundDataCall {});
    assert_eq!((round.answer, round.updatedAt), (answer, U256::from(world.now())));
    world.advance(1_000);
    let set = Feed::setAnswerCall { answer: I256::MAX };
    world.run(ALICE, feed, &set).fails_text("Only callable by owner");
    world.run(OWNER, feed, &set).ok();
    let next = world.view(feed, &Feed::latestRoundDataCall {});
    assert_eq!((next.answer, next.updatedAt), (I256::MAX, U256::from(world.now())));
    assert_eq!(next.roundId, round.roundId + alloy::primitives::Uint::from(1));
    assert!(next.updatedAt > round.updatedAt);
}
