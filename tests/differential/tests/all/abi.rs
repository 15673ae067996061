//! The ABI that is handed out, beside the reference's and beside what the programs answer.

use std::collections::{BTreeMap, BTreeSet};

use alloy::{
    primitives::{Address, U256},
    sol_types::{SolCall, SolValue},
};
use alloy_json_abi::{Event, EventParam, Function, JsonAbi, Param};
use differential_tests::{Scene, scene::*, twin::reference_abi};
use functions_abi::Contract;
use functions_report::transmit;
use functions_types::{abi, selectors::functions::any::STYLUS_CONSTRUCTOR};

use crate::scene;

/// What the reference does not have, of both Coordinators.
const ADDED: [&str; 3] = [
    "function getSharedOverhead()",
    "function setSharedOverhead(uint32)",
    "event SharedOverheadUpdated(uint32)",
];

/// The contracts that have a counterpart.
const COMPARED: [Contract; 4] =
    [Contract::Router, Contract::Coordinator, Contract::Coordinator131, Contract::AllowList];

/// Every item by what names it, written out: names, argument names and types, mutability, what is indexed. The
/// compiler's own names of structs and enums are no part of the ABI.
fn items(abi: &JsonAbi) -> BTreeMap<String, String> {
    let functions = abi
        .functions()
        .map(|function| (format!("function {}", function.signature()), shown_function(function)));
    let events = abi.events().map(|event| (format!("event {}", event.signature()), shown_event(event)));
    let errors = abi.errors().map(|error| (format!("error {}", error.signature()), shown(&error.inputs)));
    functions.chain(events).chain(errors).collect()
}

fn shown_function(function: &Function) -> String {
    format!(
        "{} {:?} returns {}",
        shown(&function.inputs),
        function.state_mutability,
        shown(&function.outputs)
    )
}

fn shown_event(event: &Event) -> String {
    let inputs = event.inputs.iter().map(|EventParam { ty, name, indexed, components, .. }| {
        format!("{ty} {} indexed={indexed} {name}", shown(components))
    });
    format!("anonymous={} ({})", event.anonymous, inputs.collect::<Vec<_>>().join(", "))
}

fn shown(params: &[Param]) -> String {
    let params =
        params.iter().map(|Param { ty, name, components, .. }| format!("{ty} {} {name}", shown(components)));
    format!("({})", params.collect::<Vec<_>>().join(", "))
}

#[test]
fn equals_the_references() {
    let mut wrong = Vec::new();
    for contract in COMPARED {
        let Some(theirs) = reference_abi(contract.name()) else { return };
        let theirs: JsonAbi = serde_json::from_str(&theirs).expect("an ABI");
        let ours = contract.abi();
        let (mine, reference) = (items(&ours), items(&theirs));
        let mut note = |what: String| wrong.push(format!("{}: {what}", contract.name()));
        for (key, item) in &reference {
            match mine.get(key) {
                Some(same) if same == item => {}
                Some(other) => note(format!("{key}\n    ours      {other}\n    reference {item}")),
                None => note(format!("{key} is missing")),
            }
        }
        let is_coordinator = matches!(contract, Contract::Coordinator | Contract::Coordinator131);
        let added: BTreeSet<_> =
            mine.keys().filter(|key| !reference.contains_key(*key)).map(String::as_str).collect();
        let listed = if is_coordinator { BTreeSet::from(ADDED) } else { BTreeSet::new() };
        if added != listed {
            note(format!("{added:?} is added, not {listed:?}"));
        }
        assert!(theirs.fallback.is_none() && theirs.receive.is_none());

        // Constructors: ours are told who the owner is, and everything else is the same.
        let (ours, theirs) = (ours.constructor.unwrap().inputs, theirs.constructor.unwrap().inputs);
        let (owner, rest) = ours.split_first().unwrap();
        assert_eq!((owner.name.as_str(), owner.ty.as_str()), ("owner", "address"));
        let types =
            |params: &[Param]| params.iter().map(|p| p.selector_type().into_owned()).collect::<Vec<_>>();
        assert_eq!(types(rest), types(&theirs), "constructor of {}", contract.name());
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A development chain's LINK lacks minting, burning and roles; what it has is the shared token's.
#[test]
fn of_link_is_a_part_of_the_tokens() {
    let Some(theirs) = reference_abi(Contract::LinkToken.name()) else { return };
    let theirs: JsonAbi = serde_json::from_str(&theirs).expect("an ABI");
    let reference = items(&theirs);
    for (key, item) in items(&Contract::LinkToken.abi()) {
        assert_eq!(Some(&item), reference.get(&key), "{key}");
    }
}

#[test]
fn is_what_is_dispatched() {
    let tables = [
        (Contract::Router, router::SELECTORS),
        (Contract::Coordinator, coordinator::SELECTORS),
        (Contract::AllowList, allow_list::SELECTORS),
        (Contract::LinkToken, link_token::SELECTORS),
        (Contract::PriceFeed, price_feed::SELECTORS),
    ];
    for (contract, table) in tables {
        let constructor = STYLUS_CONSTRUCTOR.to_be_bytes();
        let abi = contract.abi();
        let handed_out: BTreeSet<[u8; 4]> =
            abi.functions().map(|function| function.selector().0).chain([constructor]).collect();
        let dispatched: BTreeSet<[u8; 4]> = table.iter().map(|selector| selector.to_be_bytes()).collect();
        assert_eq!(handed_out, dispatched, "{}", contract.name());
        assert_eq!(dispatched.len(), table.len(), "{} dispatches no selector twice", contract.name());
    }
}

#[test]
fn is_what_the_programs_answer() {
    let mut scene = scene!();
    let side = &mut scene.twin.ours;
    let argument = |call: Vec<u8>| call[4..].to_vec();
    let config = abi::AllowListConfig { enabled: true, signerPublicKey: OWNER };
    let lists = abi::Constructors::allowListCall {
        owner: OWNER,
        config,
        initialAllowedSenders: vec![OWNER],
        initialBlockedSenders: vec![STRANGER],
    };
    let allow_list = side.deploy(OWNER, "allow_list", &argument(lists.abi_encode())).0;
    let feed = abi::Constructors::priceFeedCall { owner: OWNER, decimals: 8, answer: U256::ONE.to() };
    let feed = side.deploy(OWNER, "price_feed", &argument(feed.abi_encode())).0;
    let consumer = abi::Constructors::consumerExampleCall { owner: OWNER, router: scene.router };
    let consumer = side.deploy(OWNER, "consumer_example", &argument(consumer.abi_encode())).0;
    for (contract, at) in [
        (Contract::Router, scene.router),
        (Contract::Coordinator, scene.coordinator),
        (Contract::AllowList, allow_list),
        (Contract::LinkToken, scene.link),
        (Contract::PriceFeed, feed),
        (Contract::ConsumerExample, consumer),
    ] {
        let unknown = scene.twin.ours.call(OWNER, at, &[0xff, 0xff, 0xff, 0xfe], U256::ZERO);
        assert!(unknown.is_err_and(|data| data.is_empty()), "{}", contract.name());
        for function in contract.abi().functions() {
            answers(&scene, contract, at, function);
        }
    }
}

/// Whatever a function says to a well-formed call, it is not what an unknown selector gets: a revert without data.
fn answers(scene: &Scene, contract: Contract, at: Address, function: &Function) {
    let mut data = [function.selector().0.to_vec(), zeros(&function.inputs)].concat();
    if data[..4] == abi::Coordinator::transmitCall::SELECTOR {
        // A report of no bytes is malformed; one of no entries is not.
        let report = abi::Report::default().abi_encode_params();
        data = transmit::encode(&[[0; 32]; 3], &report, &[]);
    }
    if let Err(error) = scene.twin.ours.call(OWNER, at, &data, U256::ZERO) {
        assert!(!error.is_empty(), "{} does not know {}", contract.name(), function.signature());
    }
}

/// The encoding of zeros and empty arrays.
fn zeros(params: &[Param]) -> Vec<u8> {
    let head: usize = params.iter().map(words).sum();
    let (mut heads, mut tails) = (Vec::new(), Vec::new());
    for param in params {
        if is_dynamic(param) {
            heads.extend(U256::from(32 * head + tails.len()).to_be_bytes::<32>());
            tails.extend(if param.ty == "tuple" { zeros(&param.components) } else { vec![0; 32] });
        } else {
            heads.extend(vec![0; 32 * words(param)]);
        }
    }
    [heads, tails].concat()
}

fn is_dynamic(param: &Param) -> bool {
    param.ty.ends_with("[]")
        || ["bytes", "string"].contains(&param.ty.as_str())
        || (param.ty == "tuple" && param.components.iter().any(is_dynamic))
}

/// Words in the head.
fn words(param: &Param) -> usize {
    match param.ty.as_str() {
        _ if is_dynamic(param) => 1,
        "tuple" => param.components.iter().map(words).sum(),
        ty => ty.strip_suffix(']').and_then(|ty| ty.rsplit_once('[')?.1.parse().ok()).unwrap_or(1),
    }
}
