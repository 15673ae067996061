//! The storage layout: where it is known, and that it has not moved.
//!
//! Slots and byte offsets are known in one file of each contract: its `storage.rs`.
#![allow(clippy::unwrap_used)]

use std::{collections::BTreeMap, fs, path::Path};

use alloy::{
    primitives::{Address, B256, U256, b256, keccak256},
    sol_types::SolCall,
};
use contract_tests::system::*;
use functions_types::abi;

/// Hashes of all storage words of Router, Coordinator, LINK, feed and allow list after [`the_layout_has_not_moved`] did
/// its work.
const LAYOUT: [B256; 5] = [
    b256!("0x3e003bcd69cb88b87678e15a14f5686b6916ba92b132dafc5398f72148ecd303"),
    b256!("0x7ba163da67239b47577d30da225ad00a2f2c643357da911af7caad71a0ab225a"),
    b256!("0xcabe695a6df56a8a61e7859ed3f8539f649322681ee343948380927b0c43c80a"),
    b256!("0xb93f82168ddee1ffa21e4bf88783160b2a1555816e814ff7204aa051f3fa6f4a"),
    b256!("0x82536437337d998f56a4ede448505c160691f4a6bb5da166d50607cf1a540f80"),
];

const CONTRACTS: [&str; 5] =
    ["router", "coordinator", "allow-list", "dev-contracts/link-token", "dev-contracts/price-feed"];

/// What a source file would need to reach into storage by slot and offset; a word's bytes are private to the file that
/// declares it.
fn reaches(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in source.match_indices("functions_contract::") {
        // A `use` ends with a semicolon, a path in an expression before anything that is no path.
        let imported = source[..at].trim_end().ends_with("use");
        let end = |c: char| if imported { c == ';' } else { !c.is_alphanumeric() && c != '_' && c != ':' };
        let path = source[at..].split(end).next().unwrap_or_default();
        let names = path.split(|c: char| !c.is_alphanumeric() && c != '_');
        let forbidden = names.filter(|name| ["storage", "packed", "fields"].contains(name));
        found.extend(forbidden.map(|name| format!("functions_contract::{name}")));
    }
    found.extend(
        ["word::get(", "word::put("].iter().filter(|call| source.contains(**call)).map(|&c| c.into()),
    );
    found
}

#[test]
fn storage_is_known_in_one_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut wrong = Vec::new();
    for contract in CONTRACTS {
        let folder = root.join(contract).join("src");
        assert!(!reaches(&fs::read_to_string(folder.join("storage.rs")).unwrap()).is_empty(), "{contract}");
        for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if file.file_name().unwrap() != "storage.rs" {
                let found = reaches(&fs::read_to_string(&file).unwrap());
                wrong.extend(found.iter().map(|what| format!("{}: {what}", file.display())));
            }
        }
    }
    assert!(wrong.is_empty(), "storage is laid out in storage.rs alone:\n  {}", wrong.join("\n  "));
}

#[test]
fn a_file_that_reaches_into_storage_is_found() {
    assert_eq!(
        reaches("use functions_contract::{\n    host,\n    storage::load,\n};"),
        ["functions_contract::storage"]
    );
    assert_eq!(
        reaches("functions_contract::storage::clear(&slot); storage"),
        ["functions_contract::storage"]
    );
    assert_eq!(reaches("use functions_contract::packed;"), ["functions_contract::packed"]);
    assert_eq!(reaches("let f = word::get(&word, 3, 4);"), ["word::get("]);
    assert!(reaches("use functions_contract::{host, word};\nuse crate::storage::Settings; functions_contract::host::flush(); storage").is_empty());
}

/// Every word of a contract that is not zero, by slot.
fn words(system: &System, contract: Address) -> BTreeMap<U256, U256> {
    system.world.chain.storage(contract).collect()
}

/// The hash of all words; they are printed for whoever has to find what moved.
fn hash(name: &str, words: &BTreeMap<U256, U256>) -> B256 {
    let mut bytes = Vec::new();
    for (slot, word) in words {
        println!("{name} {slot:064x} {word:064x}");
        bytes.extend_from_slice(&slot.to_be_bytes::<32>());
        bytes.extend_from_slice(&word.to_be_bytes::<32>());
    }
    keccak256(bytes)
}

/// A deployed system survives an upgrade of the sources: every word lies where it lay, and means what it meant.
#[test]
fn the_layout_has_not_moved() {
    let mut s = System::new(billing_config());
    let (r, c, link) = (s.router, s.coordinator, s.link);
    let stranger = Address::repeat_byte(0x5e);
    let run = |s: &mut System, from: Address, to: Address, data: Vec<u8>| {
        s.world.send(from, to, data).ok();
    };

    // The Router: tiers in two words, both kinds of flags, consumers, proposals, owners to come, a request in flight.
    let tiers = (1..=11).map(|tier| tier * 100_000).collect();
    let config = abi::RouterConfig { maxCallbackGasLimits: tiers, ..router_config() };
    run(&mut s, OWNER, r, abi::Router::updateConfigCall { config }.abi_encode());
    for _ in 0..2 {
        let call = abi::Router::createSubscriptionWithConsumerCall { consumer: stranger };
        run(&mut s, SUBSCRIBER, r, call.abi_encode());
    }
    for (subscription, flags) in
        [(1, B256::ZERO), (2, B256::repeat_byte(3)), (3, B256::right_padding_from(&[1, 2]))]
    {
        let call = abi::Router::setFlagsCall { subscriptionId: subscription, flags };
        run(&mut s, OWNER, r, call.abi_encode());
    }
    let call = abi::Router::proposeSubscriptionOwnerTransferCall { subscriptionId: 3, newOwner: stranger };
    run(&mut s, SUBSCRIBER, r, call.abi_encode());
    let call = abi::Router::proposeContractsUpdateCall {
        proposedContractSetIds: vec![B256::repeat_byte(8), don_id()],
        proposedContractSetAddresses: vec![stranger, stranger],
    };
    run(&mut s, OWNER, r, call.abi_encode());
    run(&mut s, OWNER, r, abi::Router::setAllowListIdCall { allowListId: B256::repeat_byte(9) }.abi_encode());
    run(&mut s, OWNER, r, abi::Router::transferOwnershipCall { to: stranger }.abi_encode());
    s.request("return 1", 100_000);

    // The Coordinator: keys, an owner to come, an open request.
    let key = vec![7; 70];
    let call = abi::Coordinator::setDONPublicKeyCall { donPublicKey: key.clone().into() };
    run(&mut s, OWNER, c, call.abi_encode());
    let call = abi::Coordinator::setThresholdPublicKeyCall { thresholdPublicKey: key.into() };
    run(&mut s, OWNER, c, call.abi_encode());
    run(&mut s, OWNER, c, abi::Coordinator::transferOwnershipCall { to: stranger }.abi_encode());

    // LINK: an allowance. The allow list: both lists, an owner to come.
    run(
        &mut s,
        SUBSCRIBER,
        link,
        abi::Link::approveCall { spender: stranger, amount: U256::from(5) }.abi_encode(),
    );
    let constructor = abi::Constructors::allowListCall {
        owner: OWNER,
        config: abi::AllowListConfig { enabled: true, signerPublicKey: stranger },
        initialAllowedSenders: vec![SUBSCRIBER, OWNER, stranger],
        initialBlockedSenders: vec![Address::repeat_byte(1), Address::repeat_byte(2)],
    };
    let (list, _) = s.world.deploy("allow_list", &arguments(&constructor));
    run(&mut s, OWNER, list, abi::AllowList::blockSenderCall { sender: SUBSCRIBER }.abi_encode());
    run(&mut s, OWNER, list, abi::AllowList::transferOwnershipCall { to: stranger }.abi_encode());

    let contracts =
        [("router", r), ("coordinator", c), ("link", link), ("feed", s.native_feed), ("list", list)];
    let hashes = contracts.map(|(name, at)| hash(name, &words(&s, at)));
    assert_eq!(hashes, LAYOUT, "a word has moved; the words are printed above");

    // What a fulfillment leaves in the pool does not depend on the callback's gas.
    let (_, seen) = s.request("return 2", 100_000);
    let transmission = s.transmission(&[(&seen, &[5; 32], &[])]);
    s.transmit(1, &transmission).ok();
    let pool = U256::from(1_333_333_333_333_333_u64) << 160 | U256::from(666_666_666_666_666_u64) << 64;
    assert_eq!(words(&s, c)[&U256::ZERO], pool);
    let account = U256::ONE << 248 | U256::from_be_slice(s.oracles[1].transmitter.as_slice());
    let [juels, rest]: [U256; 2] = [words(&s, c)[&account] >> 160, words(&s, c)[&account] << 96];
    assert!(juels > U256::ZERO);
    assert_eq!(rest, U256::from(2 << 8 | 1) << 240, "a transmitter, the second");
}
