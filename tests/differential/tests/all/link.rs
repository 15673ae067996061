//! The LINK token of development chains beside the shared LinkToken.

use alloy::{
    primitives::{Address, Bytes, U256},
    sol,
    sol_types::{SolCall, SolError},
};
use contract_tests::system::arguments;
use differential_tests::{Twin, puppet, scene::*, twin::reference_code};
use functions_types::abi::{self, Link as L, Reverts};
use proptest::prelude::*;

use crate::{malformed::damage, text};

sol! {
    interface Minting {
        function grantMintRole(address minter) external;
        function mint(address account, uint256 amount) external;
    }
}

const SUPPLY: u128 = 1_000 * LINK;
const TO_ZERO: &str = "ERC20: transfer to the zero address";
const TOO_MUCH: &str = "ERC20: transfer amount exceeds balance";
const NOT_ALLOWED: &str = "ERC20: insufficient allowance";

fn user(index: u8) -> Address {
    Address::repeat_byte(index + 0x11)
}

fn juels(amount: u128) -> U256 {
    U256::from(amount)
}

/// The tokens at one address, the whole supply with the owner; `None` when the reference has not been built.
fn token() -> Option<(Twin, Address)> {
    let code = reference_code("link_token")?;
    let mut twin = Twin::new(412_346, 0);
    let call = abi::Constructors::linkTokenCall { owner: OWNER, supply: juels(SUPPLY) };
    let (at, receipt) = twin.ours.deploy(OWNER, "link_token", &arguments(&call));
    receipt.ok();
    let (same, receipt) = twin.reference.create(OWNER, code);
    receipt.ok();
    assert_eq!(at, same, "the tokens stand at the same address");
    twin.reference.send(OWNER, at, Minting::grantMintRoleCall { minter: OWNER }.abi_encode()).ok();
    twin.reference
        .send(OWNER, at, Minting::mintCall { account: OWNER, amount: juels(SUPPLY) }.abi_encode())
        .ok();
    let watched = [OWNER, user(0), user(1), user(2), at, Address::ZERO];
    watched.into_iter().for_each(|account| twin.watch_link(at, account));
    for (owner, spender) in [(OWNER, user(0)), (user(0), user(1)), (OWNER, OWNER), (Address::ZERO, user(0))] {
        twin.watched.push((at, L::allowanceCall { owner, spender }.abi_encode()));
    }
    Some((twin, at))
}

macro_rules! token {
    () => {
        match token() {
            Some(token) => token,
            None => return,
        }
    };
}

#[test]
fn views() {
    let (mut t, at) = token!();
    t.ask(at, &L::nameCall {});
    t.ask(at, &L::symbolCall {});
    t.ask(at, &L::decimalsCall {});
    t.ask(at, &L::totalSupplyCall {});
    for account in [OWNER, user(0), Address::ZERO, at] {
        t.ask(at, &L::balanceOfCall { account });
        t.ask(at, &L::allowanceCall { owner: account, spender: user(0) });
    }
}

#[test]
fn transfers() {
    let (mut t, at) = token!();
    let transfer = |to, amount| L::transferCall { to, amount: juels(amount) };
    t.ok(OWNER, at, &transfer(user(0), 5));
    t.ok(OWNER, at, &transfer(user(0), 0));
    t.ok(user(0), at, &transfer(user(0), 5));
    t.ok(user(0), at, &transfer(user(1), 5));
    t.fails(user(0), at, &transfer(user(1), 1), text(TOO_MUCH));
    t.ok(user(0), at, &transfer(user(1), 0));
    t.fails(OWNER, at, &transfer(user(1), SUPPLY), text(TOO_MUCH));
    t.fails(OWNER, at, &L::transferCall { to: user(1), amount: U256::MAX }, text(TOO_MUCH));
    t.fails(OWNER, at, &transfer(Address::ZERO, 1), text(TO_ZERO));
    t.fails(OWNER, at, &transfer(at, 1), []);
    let _ = t.call("from the zero address", Address::ZERO, at, &transfer(user(1), 0).abi_encode());
    let _ = t.call("from the token", at, at, &transfer(user(1), 0).abi_encode());
    t.ok(OWNER, at, &transfer(user(2), SUPPLY - 5));
}

#[test]
fn allowances() {
    let (mut t, at) = token!();
    let approve = |spender, value| L::approveCall { spender, amount: value };
    let more = |spender, value| L::increaseAllowanceCall { spender, addedValue: value };
    let less = |spender, value| L::decreaseAllowanceCall { spender, subtractedValue: value };
    t.ok(OWNER, at, &approve(user(0), juels(10)));
    t.ok(OWNER, at, &approve(user(0), juels(4)));
    t.ok(OWNER, at, &more(user(0), juels(3)));
    t.ok(OWNER, at, &L::increaseApprovalCall { spender: user(0), addedValue: juels(3) });
    t.ok(OWNER, at, &less(user(0), juels(1)));
    t.ok(OWNER, at, &L::decreaseApprovalCall { spender: user(0), subtractedValue: juels(1) });
    let below = text("ERC20: decreased allowance below zero");
    t.fails(OWNER, at, &less(user(0), juels(9)), below.clone());
    t.fails(OWNER, at, &L::decreaseApprovalCall { spender: user(0), subtractedValue: juels(9) }, below);
    let overflow = Reverts::Panic { code: U256::from(0x11) }.abi_encode();
    t.fails(OWNER, at, &more(user(0), U256::MAX), overflow.clone());
    t.fails(OWNER, at, &L::increaseApprovalCall { spender: user(0), addedValue: U256::MAX }, overflow);
    let zero = text("ERC20: approve to the zero address");
    for amount in [U256::ZERO, juels(1), U256::MAX] {
        t.fails(OWNER, at, &approve(Address::ZERO, amount), zero.clone());
        t.fails(OWNER, at, &more(Address::ZERO, amount), zero.clone());
        t.fails(OWNER, at, &approve(at, amount), []);
        t.fails(OWNER, at, &more(at, amount), []);
    }
    t.fails(OWNER, at, &less(Address::ZERO, U256::ZERO), zero);
    t.fails(OWNER, at, &less(at, U256::ZERO), []);
    let _ = t.call("from the zero address", Address::ZERO, at, &approve(user(1), juels(1)).abi_encode());
}

#[test]
fn spending() {
    let (mut t, at) = token!();
    let take = |from, to, amount| L::transferFromCall { from, to, amount: juels(amount) };
    t.fails(user(0), at, &take(OWNER, user(1), 1), text(NOT_ALLOWED));
    t.ok(user(0), at, &take(OWNER, user(1), 0));
    t.ok(OWNER, at, &L::approveCall { spender: user(0), amount: juels(10) });
    t.ok(user(0), at, &take(OWNER, user(1), 4));
    t.fails(user(0), at, &take(OWNER, user(1), 7), text(NOT_ALLOWED));
    t.fails(user(0), at, &take(OWNER, Address::ZERO, 1), text(TO_ZERO));
    t.fails(user(0), at, &take(OWNER, at, 1), []);
    t.ok(user(0), at, &take(OWNER, OWNER, 6));
    // What is allowed need not be there, and an owner needs an allowance too.
    t.ok(user(1), at, &L::approveCall { spender: user(0), amount: juels(100) });
    t.fails(user(0), at, &take(user(1), user(2), 5), text(TOO_MUCH));
    t.fails(OWNER, at, &take(OWNER, user(2), 5), text(NOT_ALLOWED));
    // An allowance without end is not used up.
    t.ok(OWNER, at, &L::approveCall { spender: user(0), amount: U256::MAX });
    let receipt = t.ok(user(0), at, &take(OWNER, user(2), 5));
    assert_eq!(receipt.logs.len(), 1, "no approval is announced");
    t.ok(OWNER, at, &L::decreaseAllowanceCall { spender: user(0), subtractedValue: juels(1) });
    t.ok(user(0), at, &take(OWNER, user(2), 5));
    for from in [Address::ZERO, at] {
        for amount in [0, 1] {
            t.run(user(0), at, &take(from, user(2), amount));
            let _ =
                t.call("by the zero address", Address::ZERO, at, &take(from, user(2), amount).abi_encode());
        }
    }
}

#[test]
fn transfers_that_tell() {
    let (mut t, at) = token!();
    let receiver = Address::repeat_byte(0xcc);
    let tell = |to, amount, data: &[u8]| L::transferAndCallCall {
        to,
        amount: juels(amount),
        data: data.to_vec().into(),
    };
    t.ok(OWNER, at, &tell(user(0), 5, b"hello"));
    t.ok(OWNER, at, &tell(user(0), 0, b""));
    t.fails(user(0), at, &tell(user(1), 6, b"hello"), text(TOO_MUCH));
    t.fails(OWNER, at, &tell(Address::ZERO, 1, b"hello"), text(TO_ZERO));
    t.fails(OWNER, at, &tell(at, 1, b"hello"), []);
    // A receiver that comes back takes from what it has just got.
    let back = puppet::calls(at, &L::transferCall { to: user(2), amount: juels(3) }.abi_encode());
    let too_much = puppet::calls(at, &L::transferCall { to: user(2), amount: juels(SUPPLY) }.abi_encode());
    for (code, returns) in [
        (puppet::returns(&[]), true),
        (puppet::returns(&[7; 40]), true),
        (puppet::echoes(), true),
        (puppet::reverts(&[]), false),
        (puppet::reverts(&[6; 40]), false),
        (puppet::burns(), false),
        (back, true),
        (too_much, false),
    ] {
        t.both(|side| side.0.set_code(receiver, code.clone()));
        for data in [&[][..], &[1], &[2; 32], &[3; 33]] {
            let receipt = t.run(OWNER, at, &tell(receiver, 7, data));
            assert_eq!(receipt.success, returns);
        }
    }
    t.ask(at, &L::balanceOfCall { account: receiver });
}

#[test]
fn damaged_calldata() {
    let (mut t, at) = token!();
    t.ok(OWNER, at, &L::approveCall { spender: user(0), amount: juels(50) });
    let (to, value) = (user(1), juels(9));
    for (from, label, data) in [
        (OWNER, "transfer", L::transferCall { to, amount: value }.abi_encode()),
        (user(0), "transferFrom", L::transferFromCall { from: OWNER, to, amount: value }.abi_encode()),
        (OWNER, "approve", L::approveCall { spender: to, amount: value }.abi_encode()),
        (
            OWNER,
            "increaseAllowance",
            L::increaseAllowanceCall { spender: user(0), addedValue: value }.abi_encode(),
        ),
        (
            OWNER,
            "decreaseAllowance",
            L::decreaseAllowanceCall { spender: user(0), subtractedValue: value }.abi_encode(),
        ),
        (
            OWNER,
            "increaseApproval",
            L::increaseApprovalCall { spender: user(0), addedValue: value }.abi_encode(),
        ),
        (
            OWNER,
            "decreaseApproval",
            L::decreaseApprovalCall { spender: user(0), subtractedValue: value }.abi_encode(),
        ),
        (
            OWNER,
            "transferAndCall",
            L::transferAndCallCall { to, amount: value, data: Bytes::from(vec![1; 40]) }.abi_encode(),
        ),
        (OWNER, "balanceOf", L::balanceOfCall { account: OWNER }.abi_encode()),
        (OWNER, "allowance", L::allowanceCall { owner: OWNER, spender: user(0) }.abi_encode()),
        (OWNER, "totalSupply", L::totalSupplyCall {}.abi_encode()),
    ] {
        damage(&mut t, label, from, at, &data);
    }
    for data in [vec![], vec![1], vec![0; 4], vec![0xff; 36]] {
        let _ = t.call("unknown selector", STRANGER, at, &data);
        let _ = t.call_value("plain transfer", STRANGER, at, &data, U256::ONE);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_operations(steps in prop::collection::vec((0_u8..8, 0_u8..4, 0_u8..4, 0_usize..7), 1..60)) {
        let Some((mut t, at)) = token() else { return Ok(()) };
        let party = |index| if index == 3 { OWNER } else { user(index) };
        for (operation, a, b, amount) in steps {
            let (a, b) = (party(a), party(b));
            let amounts = [U256::ZERO, juels(1), juels(LINK), juels(SUPPLY / 2), juels(SUPPLY), U256::MAX, U256::MAX >> 1];
            let value = amounts[amount];
            match operation {
                0 | 1 => drop(t.run(a, at, &L::transferCall { to: b, amount: value })),
                2 | 3 => drop(t.run(user(0), at, &L::transferFromCall { from: a, to: b, amount: value })),
                4 => drop(t.run(a, at, &L::approveCall { spender: b, amount: value })),
                5 => drop(t.run(a, at, &L::increaseApprovalCall { spender: b, addedValue: value })),
                6 => drop(t.run(a, at, &L::decreaseApprovalCall { spender: b, subtractedValue: value })),
                _ => drop(t.run(a, at, &L::transferAndCallCall { to: b, amount: value, data: Bytes::new() })),
            }
        }
    }
}
