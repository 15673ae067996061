//! The terms-of-service allow list, alone and as the Router asks it.

use alloy::{
    primitives::{Address, B256, U256, keccak256},
    sol_types::{SolCall, SolError, SolValue},
};
use contract_tests::system::arguments;
use differential_tests::{Receipt, Twin, puppet, scene::*, twin::reference_code};
use functions_types::abi::{self, AllowList as A, Router as R};
use proptest::prelude::*;

use crate::{malformed::damage, scene, text};

const HEIR: Address = Address::repeat_byte(0x88);
const UNKNOWN_OWNER: &str = "Only callable by owner";

fn user(index: u8) -> Address {
    Address::repeat_byte(index + 1)
}

/// Both lists, at the same address.
struct Lists {
    twin: Twin,
    at: Address,
    signer: Oracle,
}

impl Lists {
    /// Lists in force without anybody; `None` when the reference has not been built.
    fn new() -> Option<Self> {
        Self::with(&[], &[])
    }

    fn with(allowed: &[Address], blocked: &[Address]) -> Option<Self> {
        let mut twin = Twin::new(412_346, 0);
        let signer = Oracle::new(9);
        let at = place_list(&mut twin, config(&signer), allowed, blocked)?;
        Some(Self { twin, at, signer })
    }

    /// Everything that can be read, compared.
    fn look(&mut self) {
        let (t, at) = (&mut self.twin, self.at);
        t.ask(at, &A::getConfigCall {});
        t.ask(at, &A::getAllAllowedSendersCall {});
        t.ask(at, &A::getAllowedSendersCountCall {});
        t.ask(at, &A::getBlockedSendersCountCall {});
        for (a, b) in [
            (0, 0),
            (0, 1),
            (1, 1),
            (0, 3),
            (2, 3),
            (3, 2),
            (0, 7),
            (4, 8),
            (8, 8),
            (u64::MAX, u64::MAX),
            (0, u64::MAX),
        ] {
            t.ask(at, &A::getAllowedSendersInRangeCall { allowedSenderIdxStart: a, allowedSenderIdxEnd: b });
            t.ask(at, &A::getBlockedSendersInRangeCall { blockedSenderIdxStart: a, blockedSenderIdxEnd: b });
        }
        for index in 0..10 {
            t.ask(at, &A::hasAccessCall { user: user(index), _1: vec![index; usize::from(index)].into() });
            t.ask(at, &A::isBlockedSenderCall { sender: user(index) });
        }
        t.ask(at, &A::hasAccessCall { user: Address::ZERO, _1: vec![].into() });
    }

    /// Acceptance signed by the configured signer.
    fn acceptance(&self, acceptor: Address, recipient: Address) -> A::acceptTermsOfServiceCall {
        accepted_by(&self.signer, acceptor, recipient)
    }

    fn accept(&mut self, user: Address) -> Receipt {
        let call = self.acceptance(user, user);
        self.twin.run(user, self.at, &call)
    }
}

fn config(signer: &Oracle) -> abi::AllowListConfig {
    abi::AllowListConfig { enabled: true, signerPublicKey: signer.signer }
}

fn place_list(
    twin: &mut Twin,
    config: abi::AllowListConfig,
    allowed: &[Address],
    blocked: &[Address],
) -> Option<Address> {
    let code = reference_code("allow_list")?;
    let (allowed, blocked) = (allowed.to_vec(), blocked.to_vec());
    let code = [code, (config.clone(), allowed.clone(), blocked.clone()).abi_encode_params()].concat();
    let call = abi::Constructors::allowListCall {
        owner: OWNER,
        config,
        initialAllowedSenders: allowed,
        initialBlockedSenders: blocked,
    };
    Some(place(twin, Some("allow_list"), &arguments(&call), code))
}

fn accepted_by(signer: &Oracle, acceptor: Address, recipient: Address) -> A::acceptTermsOfServiceCall {
    let message = keccak256([acceptor.as_slice(), recipient.as_slice()].concat());
    let hash = keccak256([b"\x19Ethereum Signed Message:\n32", message.as_slice()].concat());
    let signature = signer.sign(&hash);
    A::acceptTermsOfServiceCall {
        acceptor,
        recipient,
        r: signature.r.into(),
        s: signature.s.into(),
        v: signature.v + 27,
    }
}

macro_rules! lists {
    ($($argument:expr),*) => {
        match lists!(@ $($argument),*) {
            Some(lists) => lists,
            None => return,
        }
    };
    (@) => { Lists::new() };
    (@ $allowed:expr, $blocked:expr) => { Lists::with($allowed, $blocked) };
}

#[test]
fn construction() {
    let full: Vec<_> = (0..5).map(user).collect();
    for (allowed, blocked) in [
        (vec![], vec![]),
        (full.clone(), vec![]),
        (vec![], full.clone()),
        (vec![user(0), user(1), user(0), Address::ZERO, user(1)], vec![user(2), user(2), HEIR]),
    ] {
        let mut lists = lists!(&allowed, &blocked);
        lists.look();
        lists.twin.ask(lists.at, &A::ownerCall {});
        lists.twin.ask(lists.at, &A::typeAndVersionCall {});
    }
    // A sender cannot be allowed and blocked; the zero address is a sender as any other.
    for conflict in [user(1), Address::ZERO] {
        lists!(&[user(0), conflict], &[user(3), conflict, user(4)]);
    }
}

#[test]
fn ownership() {
    let mut lists = lists!();
    let (t, at) = (&mut lists.twin, lists.at);
    let transfer = |to| A::transferOwnershipCall { to };
    t.fails(STRANGER, at, &transfer(HEIR), text(UNKNOWN_OWNER));
    t.fails(OWNER, at, &transfer(OWNER), text("Cannot transfer to self"));
    t.fails(HEIR, at, &A::acceptOwnershipCall {}, text("Must be proposed owner"));
    t.ok(OWNER, at, &transfer(HEIR));
    t.ok(OWNER, at, &transfer(Address::ZERO));
    t.fails(HEIR, at, &A::acceptOwnershipCall {}, text("Must be proposed owner"));
    t.ok(OWNER, at, &transfer(HEIR));
    t.ok(HEIR, at, &A::acceptOwnershipCall {});
    t.ask(at, &A::ownerCall {});
    t.fails(HEIR, at, &A::acceptOwnershipCall {}, text("Must be proposed owner"));
    t.fails(OWNER, at, &A::blockSenderCall { sender: user(0) }, text(UNKNOWN_OWNER));
    t.ok(HEIR, at, &A::blockSenderCall { sender: user(0) });
}

#[test]
fn configuration() {
    let mut lists = lists!(&[user(0), user(1)], &[user(2)]);
    for enabled in [false, true, false] {
        for signer in [Address::ZERO, Address::repeat_byte(0xff), lists.signer.signer] {
            let config = abi::AllowListConfig { enabled, signerPublicKey: signer };
            let call = A::updateConfigCall { config };
            lists.twin.fails(STRANGER, lists.at, &call, text(UNKNOWN_OWNER));
            lists.twin.ok(OWNER, lists.at, &call);
            lists.look();
        }
    }
    // Not in force, the lists go on being kept, and a blocked recipient stays out.
    lists.accept(user(3));
    let call = lists.acceptance(user(2), user(2));
    lists.twin.fails(user(2), lists.at, &call, A::RecipientIsBlocked::SELECTOR);
    lists.look();
}

#[test]
fn acceptance() {
    let mut lists = lists!();
    let at = lists.at;
    let mine = lists.acceptance(user(0), user(0));
    // By somebody else; with another acceptor; twice.
    lists.twin.fails(user(1), at, &mine, A::InvalidUsage::SELECTOR);
    let for_another = lists.acceptance(user(1), user(0));
    lists.twin.fails(user(0), at, &for_another, A::InvalidUsage::SELECTOR);
    lists.twin.fails(user(1), at, &for_another, A::InvalidUsage::SELECTOR);
    lists.twin.ok(user(0), at, &mine);
    let again = lists.twin.ok(user(0), at, &mine);
    assert!(again.logs.is_empty(), "access is announced once");
    lists.look();
    // The signer's signature of something else, and somebody else's.
    let stolen = A::acceptTermsOfServiceCall { acceptor: user(3), recipient: user(3), ..mine.clone() };
    lists.twin.fails(user(3), at, &stolen, A::InvalidSignature::SELECTOR);
    let forged = accepted_by(&Oracle::new(8), user(3), user(3));
    lists.twin.fails(user(3), at, &forged, A::InvalidSignature::SELECTOR);
    // Every recovery byte, zero and huge scalars, the other half of the curve.
    let good = lists.acceptance(user(3), user(3));
    for v in (0..=255).filter(|v| *v != good.v) {
        lists.twin.fails(
            user(3),
            at,
            &A::acceptTermsOfServiceCall { v, ..good.clone() },
            A::InvalidSignature::SELECTOR,
        );
    }
    for word in [B256::ZERO, B256::with_last_byte(1), B256::repeat_byte(0xff)] {
        lists.twin.fails(
            user(3),
            at,
            &A::acceptTermsOfServiceCall { r: word, ..good.clone() },
            A::InvalidSignature::SELECTOR,
        );
        lists.twin.fails(
            user(3),
            at,
            &A::acceptTermsOfServiceCall { s: word, ..good.clone() },
            A::InvalidSignature::SELECTOR,
        );
    }
    let order =
        U256::from_str_radix("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16).unwrap();
    let other = order - U256::from_be_bytes(good.s.0);
    lists.twin.ok(user(3), at, &A::acceptTermsOfServiceCall { s: other.into(), v: good.v ^ 7, ..good });
    lists.look();
}

#[test]
fn acceptance_by_contracts() {
    let mut lists = lists!();
    let at = lists.at;
    let contract = Address::repeat_byte(0xcc);
    let place = |lists: &mut Lists, call: &A::acceptTermsOfServiceCall| {
        let code = puppet::calls(at, &call.abi_encode());
        lists.twin.both(|side| side.0.set_code(contract, code.clone()));
    };
    // A contract may accept for itself whoever the acceptor is, and for nobody else.
    for (acceptor, recipient) in
        [(user(0), user(0)), (contract, user(0)), (user(0), contract), (contract, contract)]
    {
        let call = lists.acceptance(acceptor, recipient);
        place(&mut lists, &call);
        let receipt = lists.twin.send("a contract accepts", STRANGER, contract, &[]);
        assert_eq!(receipt.success, recipient == contract, "{acceptor} {recipient}");
        lists.look();
    }
    let call = A::blockSenderCall { sender: contract };
    lists.twin.ok(OWNER, at, &call);
    lists.twin.send("a blocked contract accepts", STRANGER, contract, &[]);
    lists.look();
}

#[test]
fn a_signer_of_zero_accepts_what_cannot_be_recovered() {
    let mut lists = lists!();
    let at = lists.at;
    let config = abi::AllowListConfig { enabled: true, signerPublicKey: Address::ZERO };
    lists.twin.ok(OWNER, at, &A::updateConfigCall { config });
    let call = A::acceptTermsOfServiceCall {
        acceptor: user(0),
        recipient: user(0),
        r: B256::ZERO,
        s: B256::ZERO,
        v: 0,
    };
    lists.twin.ok(user(0), at, &call);
    let good = lists.acceptance(user(1), user(1));
    lists.twin.fails(user(1), at, &good, A::InvalidSignature::SELECTOR);
    lists.look();
}

#[test]
fn blocking() {
    let everybody: Vec<_> = (0..6).map(user).collect();
    let mut lists = lists!(&everybody, &[HEIR]);
    let at = lists.at;
    for sender in [user(0), user(5), user(2), user(2), user(9), Address::ZERO, HEIR] {
        lists.twin.fails(STRANGER, at, &A::blockSenderCall { sender }, text(UNKNOWN_OWNER));
        lists.twin.fails(STRANGER, at, &A::unblockSenderCall { sender }, text(UNKNOWN_OWNER));
        lists.twin.ok(OWNER, at, &A::blockSenderCall { sender });
        lists.look();
        let call = lists.acceptance(sender, sender);
        lists.twin.fails(sender, at, &call, A::RecipientIsBlocked::SELECTOR);
    }
    for sender in [user(5), user(5), user(1), HEIR, user(0)] {
        lists.twin.ok(OWNER, at, &A::unblockSenderCall { sender });
        lists.look();
        lists.accept(sender);
        lists.look();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_senders(steps in prop::collection::vec((0_u8..4, 0_u8..9), 1..60)) {
        let Some(mut lists) = Lists::with(&[user(0), user(1), user(2)], &[user(3), user(4)]) else { return Ok(()) };
        let at = lists.at;
        for (step, index) in steps {
            let sender = user(index);
            match step {
                0 => drop(lists.twin.run(OWNER, at, &A::blockSenderCall { sender })),
                1 => drop(lists.twin.run(OWNER, at, &A::unblockSenderCall { sender })),
                _ => drop(lists.accept(sender)),
            }
            lists.look();
        }
    }
}

#[test]
fn messages() {
    let mut lists = lists!();
    for acceptor in [user(0), Address::ZERO, Address::repeat_byte(0xff)] {
        for recipient in [user(0), user(1), Address::ZERO] {
            lists.twin.ask(lists.at, &A::getMessageCall { acceptor, recipient });
        }
    }
}

#[test]
fn damaged_calldata() {
    let mut lists = lists!(&[user(0), user(1), user(2)], &[user(3), user(4)]);
    let at = lists.at;
    let acceptance = lists.acceptance(user(5), user(5));
    let enabled = config(&lists.signer);
    let calls: Vec<(Address, &str, Vec<u8>)> = vec![
        (user(5), "acceptTermsOfService", acceptance.abi_encode()),
        (OWNER, "blockSender", A::blockSenderCall { sender: user(1) }.abi_encode()),
        (STRANGER, "blockSender", A::blockSenderCall { sender: user(1) }.abi_encode()),
        (OWNER, "unblockSender", A::unblockSenderCall { sender: user(3) }.abi_encode()),
        (STRANGER, "unblockSender", A::unblockSenderCall { sender: user(3) }.abi_encode()),
        (OWNER, "updateConfig", A::updateConfigCall { config: enabled.clone() }.abi_encode()),
        (STRANGER, "updateConfig", A::updateConfigCall { config: enabled }.abi_encode()),
        (OWNER, "transferOwnership", A::transferOwnershipCall { to: HEIR }.abi_encode()),
        (STRANGER, "transferOwnership", A::transferOwnershipCall { to: HEIR }.abi_encode()),
        (STRANGER, "acceptOwnership", A::acceptOwnershipCall {}.abi_encode()),
        (STRANGER, "getMessage", A::getMessageCall { acceptor: user(0), recipient: user(1) }.abi_encode()),
        (STRANGER, "hasAccess", A::hasAccessCall { user: user(0), _1: vec![7; 40].into() }.abi_encode()),
        (STRANGER, "isBlockedSender", A::isBlockedSenderCall { sender: user(3) }.abi_encode()),
        (STRANGER, "getAllAllowedSenders", A::getAllAllowedSendersCall {}.abi_encode()),
        (STRANGER, "getAllowedSendersCount", A::getAllowedSendersCountCall {}.abi_encode()),
        (STRANGER, "getBlockedSendersCount", A::getBlockedSendersCountCall {}.abi_encode()),
        (
            STRANGER,
            "getAllowedSendersInRange",
            A::getAllowedSendersInRangeCall { allowedSenderIdxStart: 0, allowedSenderIdxEnd: 2 }.abi_encode(),
        ),
        (
            STRANGER,
            "getBlockedSendersInRange",
            A::getBlockedSendersInRangeCall { blockedSenderIdxStart: 0, blockedSenderIdxEnd: 1 }.abi_encode(),
        ),
        (STRANGER, "getConfig", A::getConfigCall {}.abi_encode()),
        (STRANGER, "owner", A::ownerCall {}.abi_encode()),
        (STRANGER, "typeAndVersion", A::typeAndVersionCall {}.abi_encode()),
    ];
    for (from, label, data) in &calls {
        damage(&mut lists.twin, label, *from, at, data);
    }
    for data in [vec![], vec![1], vec![1, 2, 3], vec![0; 4], vec![0xff; 36]] {
        let _ = lists.twin.call("unknown selector", STRANGER, at, &data);
        let _ = lists.twin.call_value("plain transfer", STRANGER, at, &data, U256::ONE);
    }
}

#[test]
fn the_router_asks() {
    let mut s = scene!();
    let signer = Oracle::new(9);
    let list = place_list(&mut s.twin, config(&signer), &[], &[]).unwrap();
    let r = s.router;
    let refusal = |sender| R::SenderMustAcceptTermsOfService { sender }.abi_encode();
    // The allow list's id is zero until it is set, and a route under it is all it takes.
    s.route(B256::ZERO, list);
    s.twin.fails(SUBSCRIBER, r, &R::createSubscriptionCall {}, refusal(SUBSCRIBER));
    s.twin.ok(SUBSCRIBER, list, &accepted_by(&signer, SUBSCRIBER, SUBSCRIBER));
    s.twin.ok(SUBSCRIBER, r, &R::createSubscriptionCall {});
    let add = R::addConsumerCall { subscriptionId: SUBSCRIPTION, consumer: HEIR };
    s.twin.ok(SUBSCRIBER, r, &add);
    s.twin.ok(OWNER, list, &A::blockSenderCall { sender: SUBSCRIBER });
    s.twin.fails(SUBSCRIBER, r, &add, refusal(SUBSCRIBER));
    // Requests are not asked about.
    s.request(&[1; 40], 100_000);
    // Another id without a route, then the same list under it.
    let id = B256::repeat_byte(0xa1);
    s.twin.ok(OWNER, r, &R::setAllowListIdCall { allowListId: id });
    s.twin.ok(STRANGER, r, &R::createSubscriptionCall {});
    s.route(id, list);
    s.twin.fails(STRANGER, r, &R::createSubscriptionCall {}, refusal(STRANGER));
    let off = abi::AllowListConfig { enabled: false, signerPublicKey: signer.signer };
    s.twin.ok(OWNER, list, &A::updateConfigCall { config: off });
    s.twin.ok(STRANGER, r, &R::createSubscriptionCall {});
}
