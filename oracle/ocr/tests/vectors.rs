//! Reports, hashes and calldata against fixed vectors, and the wire form against every kind of damage.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use alloy_primitives::{Address, B256, hex, keccak256};
use functions_offchain_config::{Member, Method, OffchainConfig, Timing};
use functions_types::abi::Coordinator::ConfigSet;
use functions_types::limits::Limits;
use oracle_ocr::{
    AnnouncedError, Curves, OracleIndex, Outcome, ReportSignature, RequestEvent, Roster, Verifier, layout,
    report,
};
use serde_json::Value;

mod by_hand;

/// Of Ed25519 keys of 32 times the same byte.
const PEER_IDS: [&str; 4] = [
    "12D3KooW9pNAk8aiBuGVQtWRdbkLmo5qVL3e2h5UxbN2Nz9ttwiw",
    "12D3KooW9tHTtS3inCZiYykw4u5G4frbjVFqhkmJX12gSNCVeH3e",
    "12D3KooW9xCm2jWjNVrwh51SWCQBMYdMyeU3NpT85QhLVkF6PcNM",
    "12D3KooWA284B2yjxoAAqAFwwVj6eRQ8DogF3t8wdpMzZ8Hh8wh4",
];

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../crates/report/tests/fixtures/ocr2-report.json")).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn word(value: &Value) -> B256 {
    B256::from_slice(&bytes(value))
}

fn addresses(value: &Value) -> Vec<Address> {
    value.as_array().unwrap().iter().map(|address| Address::from_slice(&bytes(address))).collect()
}

fn roster(vectors: &Value) -> Roster {
    let (signers, transmitters) =
        (addresses(&vectors["config"]["signers"]), addresses(&vectors["config"]["transmitters"]));
    let member =
        |index| Member { peer_id: String::new(), addresses: vec![], offchain_public_key: [index; 32] };
    let config = OffchainConfig {
        members: (0..4).map(member).collect(),
        timing: Timing::default(),
        limits: Limits::DEFAULT,
        options: functions_types::limits::RunOptions::default(),
        method: Method::Mode,
        allow_unbound_secrets: false,
    };
    Roster::new(word(&vectors["config_digest"]), 1, &signers, &transmitters, &config).unwrap()
}

#[test]
fn an_announced_configuration_counts_when_its_digest_is_that_of_its_content() {
    let vectors = vectors();
    let config = &vectors["config"];
    let chain_id = config["chainId"].as_u64().unwrap();
    let coordinator = Address::from_slice(&bytes(&config["contract"]));
    let event = ConfigSet {
        previousConfigBlockNumber: 0,
        configDigest: word(&vectors["config_digest"]),
        configCount: config["configCount"].as_u64().unwrap(),
        signers: addresses(&config["signers"]),
        transmitters: addresses(&config["transmitters"]),
        f: 1,
        onchainConfig: bytes(&config["onchainConfig"]).into(),
        offchainConfigVersion: config["offchainConfigVersion"].as_u64().unwrap(),
        offchainConfig: bytes(&config["offchainConfig"]).into(),
    };
    let read = |event: &ConfigSet, chain_id| Roster::announced(event, chain_id, coordinator);
    // The vector's off-chain part is nobody's configuration: its digest is right and it is refused for what it says.
    assert!(matches!(read(&event, chain_id), Err(AnnouncedError::Offchain(_))));
    assert!(matches!(read(&event, chain_id + 1), Err(AnnouncedError::Digest { .. })));
    let mut swapped = event.clone();
    swapped.signers.swap(0, 1);
    assert!(matches!(read(&swapped, chain_id), Err(AnnouncedError::Digest { .. })));

    let mut offchain = by_hand::config(4);
    for (index, (member, peer_id)) in offchain.members.iter_mut().zip(PEER_IDS).enumerate() {
        member.peer_id = peer_id.into();
        member.addresses = vec![format!("/ip4/127.0.0.1/tcp/{}", 9_000 + index)];
    }
    let mut ours = event;
    ours.offchainConfigVersion = functions_offchain_config::VERSION;
    ours.offchainConfig = offchain.encode().unwrap().into();
    let Err(AnnouncedError::Digest { computed, .. }) = read(&ours, chain_id) else {
        panic!("the digest is the vector's still");
    };
    ours.configDigest = computed;
    let (roster, decoded) = read(&ours, chain_id).unwrap();
    assert_eq!((roster.n(), roster.f(), roster.config_digest()), (4, 1, computed));
    assert_eq!(decoded, offchain);
}

#[test]
fn reports_hashes_and_signatures_equal_the_vectors() {
    let vectors = vectors();
    let roster = roster(&vectors);
    let event = RequestEvent {
        request: word(&vectors["commitment_fields"]["requestId"]),
        coordinator: Address::from_slice(&bytes(&vectors["config"]["contract"])),
        commitment: bytes(&vectors["commitment_abi"]),
        aggregation: None,
        event_seconds: 0,
        seen_at: 0,
    };
    assert_eq!(event.key().commitment, word(&vectors["commitment_hash"]));
    for vector in vectors["reports"].as_array().unwrap() {
        let (result, error) = (bytes(&vector["result"]), bytes(&vector["error"]));
        let outcome = if error.is_empty() { Outcome::Result(result) } else { Outcome::Error(error) };
        assert_eq!(report::encode(&event, &outcome), bytes(&vector["report"]));
        let attempt = u32::try_from(vector["epoch"].as_u64().unwrap()).unwrap();
        let evidence = word(&vector["extra_hash"]);
        let context = report::context(&roster, attempt, evidence);
        let words: Vec<B256> = vector["report_context"].as_array().unwrap().iter().map(word).collect();
        assert_eq!(context.words().map(B256::from).to_vec(), words);
        let hash = report::signed_hash(&roster, &event, attempt, &outcome, evidence);
        assert_eq!(hash, word(&vector["signed_hash"]));
        for signature in vector["signatures"].as_array().unwrap() {
            let index = OracleIndex::new(signature["signer_index"].as_u64().unwrap() as u8);
            let signed = ReportSignature {
                r: word(&signature["r"]).0,
                s: word(&signature["s"]).0,
                v: signature["v"].as_u64().unwrap() as u8,
            };
            let oracle = roster.oracle(index).unwrap();
            assert!(Curves.verify_report(oracle, &hash, &signed));
            assert!(!Curves.verify_report(oracle, &keccak256(hash), &signed));
            assert!(!Curves.verify_report(oracle, &hash, &ReportSignature { v: 1 - signed.v, ..signed }));
            assert!(!Curves.verify_report(oracle, &hash, &ReportSignature { v: 255, ..signed }));
        }
    }
}

#[test]
fn order_is_a_permutation_that_the_request_decides() {
    let roster = roster(&vectors());
    let mut firsts = [0; 4];
    for request in 0..200_u8 {
        let request = keccak256([request]);
        let order = roster.order(&request);
        assert_eq!(order, roster.order(&request));
        let mut members: Vec<OracleIndex> = order.iter().collect();
        assert_eq!(order.leader(1), members[0]);
        assert_eq!(order.leader(4), members[3]);
        assert_eq!(order.leader(5), members[0]);
        assert_eq!(order.stage(members[2]), 2);
        firsts[usize::from(members[0].get())] += 1;
        members.sort_unstable();
        assert_eq!(members, roster.indexes().collect::<Vec<_>>());
    }
    assert!(firsts.iter().all(|&count| count > 25), "every oracle is first for some: {firsts:?}");
}

#[test]
fn signed_bytes_have_not_moved() {
    let domain = layout::Domain {
        config_digest: B256::repeat_byte(0xd),
        key: oracle_ocr::RequestKey { request: B256::repeat_byte(1), commitment: B256::repeat_byte(2) },
    };
    let me = OracleIndex::new(3);
    let observation = oracle_ocr::Observation::result(vec![0xaa, 0xbb], B256::repeat_byte(4));
    let expected =
        [b"osa/obs/1".as_slice(), &[0xd; 32], &[1; 32], &[2; 32], &[3, 0, 0, 0, 0, 2, 0xaa, 0xbb], &[4; 32]];
    assert_eq!(layout::observation(&domain, me, &observation), expected.concat());
    let choice = oracle_ocr::Choice { outcome: B256::repeat_byte(5), evidence: B256::repeat_byte(6) };
    let digest = keccak256([[5; 32], [6; 32]].concat());
    let expected = [
        b"osa/prep/1".as_slice(),
        &[0xd; 32],
        &[1; 32],
        &[2; 32],
        &[3],
        &9_u32.to_be_bytes(),
        digest.as_slice(),
    ];
    assert_eq!(layout::prepare(&domain, me, 9, &choice), expected.concat());
    let fast = keccak256([b"osa/fast/1".as_slice(), &[1; 32]].concat());
    assert_eq!(layout::fast_evidence(&domain.key.request), fast);
}
