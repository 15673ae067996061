//! The OCR2 vectors, the reference run, and properties of the codec.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use alloy_primitives::{Address, B256, b256, hex, keccak256};
use alloy_sol_types::SolValue;
use functions_report::{
    Entry, Report, ReportContext,
    context::{epoch, signed_hash},
    digest::OcrConfig,
    quorum::{self, Recover, SignatureError},
    report,
    software::Software,
    transmit::{self, Signature},
};
use functions_types::{RequestId, abi, word};
use proptest::prelude::*;
use serde_json::Value;

fn fixture() -> Value {
    serde_json::from_str(include_str!("fixtures/ocr2-report.json")).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn word_of(value: &Value) -> [u8; 32] {
    bytes(value).try_into().unwrap()
}

fn addresses(value: &Value) -> Vec<Address> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().parse().unwrap()).collect()
}

fn words(addresses: &[Address]) -> Vec<[u8; 32]> {
    addresses.iter().copied().map(word::from_address).collect()
}

#[test]
fn config_digest_is_the_vector() {
    let all = fixture();
    let config = &all["config"];
    let (signers, transmitters) =
        (words(&addresses(&config["signers"])), words(&addresses(&config["transmitters"])));
    let offchain = bytes(&config["offchainConfig"]);
    let ours = OcrConfig {
        signers: &signers,
        transmitters: &transmitters,
        f: 1,
        onchain_config: &[],
        offchain_config_version: config["offchainConfigVersion"].as_u64().unwrap(),
        offchain_config: &offchain,
    };
    let contract: Address = config["contract"].as_str().unwrap().parse().unwrap();
    let preimage = ours.encode(&[], [word::from_u128(421_614), word::from_address(contract)], 1);
    assert_eq!(preimage, bytes(&all["config_digest_preimage"]));
    assert_eq!(ours.digest(421_614, contract, 1).0, word_of(&all["config_digest"]));
}

#[test]
fn reports_hash_recover_and_transmit_as_the_vectors() {
    let all = fixture();
    let signers = addresses(&all["config"]["signers"]);
    let metadata = bytes(&all["commitment_abi"]);
    let contract: Address = all["config"]["contract"].as_str().unwrap().parse().unwrap();
    for vector in all["reports"].as_array().unwrap() {
        let (result, error, expected) =
            (bytes(&vector["result"]), bytes(&vector["error"]), bytes(&vector["report"]));
        let entry = Entry {
            request_id: RequestId(B256::from_slice(&metadata[..32])),
            result: &result,
            error: &error,
            onchain_metadata: &metadata,
            offchain_metadata: contract.as_slice(),
        };
        assert_eq!(report::encode(&[entry]), expected);
        let parsed = Report::parse(&expected).unwrap();
        assert_eq!(parsed.entries(), Some(1));
        assert_eq!(parsed.entry(0), Ok(entry));

        let context = ReportContext {
            config_digest: word_of(&all["config_digest"]).into(),
            epoch: vector["epoch"].as_u64().unwrap() as u32,
            round: vector["round"].as_u64().unwrap() as u8,
            extra_hash: word_of(&vector["extra_hash"]).into(),
        };
        let hash = context.signed_hash(&expected);
        assert_eq!(hash.0, word_of(&vector["signed_hash"]));
        let signatures: Vec<_> = vector["signatures"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| Signature {
                r: word_of(&s["r"]),
                s: word_of(&s["s"]),
                v: s["v"].as_u64().unwrap() as u8,
            })
            .collect();
        assert_eq!(signatures.len(), quorum::size(4, 1));
        let rs: Vec<_> = signatures.iter().map(|s| s.r).collect();
        let ss: Vec<_> = signatures.iter().map(|s| s.s).collect();
        let raw_vs = word_of(&vector["rawVs"]);
        let roster = signers.as_slice();
        assert_eq!(quorum::verify(&hash, &rs, &ss, &raw_vs, &Software, &roster), Ok(()));
        let calldata = transmit::encode(&context.words(), &expected, &signatures);
        assert_eq!(calldata, bytes(&vector["transmit_calldata"]));
        assert_eq!(calldata.len(), transmit::CONSTANT_LEN + expected.len() + 64 * 3);

        let twice = [rs[0], rs[0], rs[2]];
        let twice_s = [ss[0], ss[0], ss[2]];
        let mut vs = raw_vs;
        vs[1] = vs[0];
        assert_eq!(
            quorum::verify(&hash, &twice, &twice_s, &vs, &Software, &roster),
            Err(SignatureError::NotUnique)
        );
        vs[0] = 229;
        assert_eq!(
            quorum::verify(&hash, &rs, &ss, &vs, &Software, &roster),
            Err(SignatureError::RecoveryByteOverflow)
        );
        let others = &signers[1..];
        assert_eq!(
            quorum::verify(&hash, &rs, &ss, &raw_vs, &Software, &others),
            Err(SignatureError::NotASigner)
        );
    }
}

#[test]
fn reference_contexts_give_the_reference_hashes() {
    let digest = b256!("0001dd06b0bb5f3224fa2a99d103e72e1b1442c2fd417d6e2a641e9f3da16069");
    let report_hash = b256!("cf678aacde90fa9b7ce1c153fd80c31057020640c64ab4bf622cb181ddbf5bf9");
    for (low, expected, shown) in [
        (0x0105_u32, b256!("5f96777058ac4d621bdc60a9d1f3f0416f67cbcaeee399a1b3426c19f83a276f"), 1),
        (0x0405, b256!("2b878e3f4a361c46b572d3bca80b5f7ba61e3701c0323f2e82bc06477d8eb339"), 4),
    ] {
        let context = ReportContext {
            config_digest: digest,
            epoch: low >> 8,
            round: low as u8,
            extra_hash: B256::ZERO,
        };
        let words = context.words();
        assert_eq!(words[1], word::from_u128(low.into()));
        assert_eq!(keccak256([report_hash.0, words[0], words[1], words[2]].as_flattened()), expected);
        assert_eq!(epoch(&words), shown);
    }
}

#[test]
fn high_s_signatures_recover_as_on_chain() {
    let all = fixture();
    let vector = &all["reports"][0];
    let s = &vector["signatures"][0];
    let order =
        alloy_primitives::uint!(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256);
    let high = order - alloy_primitives::U256::from_be_bytes(word_of(&s["s"]));
    let v = s["v"].as_u64().unwrap() as u8;
    let hash = word_of(&vector["signed_hash"]).into();
    let signer = Software.recover(&hash, 27 + (v ^ 1), &word_of(&s["r"]), &high.to_be_bytes());
    assert_eq!(signer, Some(s["signer"].as_str().unwrap().parse().unwrap()));
    assert_eq!(Software.recover(&hash, 29, &word_of(&s["r"]), &word_of(&s["s"])), None);
    assert_eq!(Software.recover(&hash, 27, &[0; 32], &[0; 32]), None);
}

#[test]
fn parse_fails_when_offsets_are_hostile() {
    let entry = Entry {
        request_id: RequestId(B256::repeat_byte(1)),
        result: &[1, 2, 3],
        error: &[],
        onchain_metadata: &[7; 352],
        offchain_metadata: &[],
    };
    let good = report::encode(&[entry, entry]);
    assert_eq!(Report::parse(&good).unwrap().entries(), Some(2));
    for at in (0..good.len()).step_by(32) {
        for hostile in [[0xff; 32], word::from_u128(1 << 31), word::from_u128(good.len() as u128)] {
            let mut bad = good.clone();
            bad[at..at + 32].copy_from_slice(&hostile);
            if let Ok(report) = Report::parse(&bad) {
                for index in 0..report.entries().unwrap_or(0) {
                    assert!(report.entry(index.into()).is_ok());
                }
            }
        }
    }
    for cut in 0..good.len() - 32 {
        assert!(Report::parse(&good[..cut]).is_err(), "{cut}");
    }
    assert_eq!(Report::parse(&report::encode(&[])).unwrap().entries(), None);
}

#[test]
fn two_hundred_fifty_six_entries_count_as_none() {
    let entry = Entry {
        request_id: RequestId::default(),
        result: &[],
        error: &[],
        onchain_metadata: &[],
        offchain_metadata: &[],
    };
    assert_eq!(Report::parse(&report::encode(&vec![entry; 256])).unwrap().entries(), None);
    assert_eq!(Report::parse(&report::encode(&vec![entry; 255])).unwrap().entries(), Some(255));
}

proptest! {
    #[test]
    fn encode_equals_the_abi_and_parses_back(entries in prop::collection::vec((any::<[u8; 32]>(), prop::collection::vec(any::<u8>(), 0..80), prop::collection::vec(any::<u8>(), 0..80), prop::collection::vec(any::<u8>(), 0..400)), 1..6)) {
        let views: Vec<_> = entries.iter().map(|(id, result, error, metadata)| Entry {
            request_id: RequestId((*id).into()), result, error, onchain_metadata: metadata, offchain_metadata: &[],
        }).collect();
        let encoded = report::encode(&views);
        let theirs = abi::Report {
            requestIds: entries.iter().map(|e| e.0.into()).collect(),
            results: entries.iter().map(|e| e.1.clone().into()).collect(),
            errors: entries.iter().map(|e| e.2.clone().into()).collect(),
            onchainMetadata: entries.iter().map(|e| e.3.clone().into()).collect(),
            offchainMetadata: entries.iter().map(|_| Default::default()).collect(),
        };
        prop_assert_eq!(&encoded, &theirs.abi_encode_params());
        let parsed = Report::parse(&encoded).unwrap();
        prop_assert_eq!(parsed.entries(), Some(views.len() as u8));
        for (index, view) in views.iter().enumerate() {
            prop_assert_eq!(parsed.entry(index), Ok(*view));
        }
    }

    #[test]
    fn parse_never_panics(data in prop::collection::vec(any::<u8>(), 0..600), context in any::<[[u8; 32]; 3]>()) {
        let _ = Report::parse(&data);
        let _ = signed_hash(&data, &context);
        let _ = epoch(&context);
    }
}
