//! Every way a transmission is refused, in the order of the checks.

use alloy::{
    primitives::{Address, Bytes, I256, U256, address},
    sol_types::{SolEvent, SolValue},
};
use contract_tests::{log, system::*};
use functions_types::{abi, word};

const STRANGER: Address = address!("0000000000000000000000000000000000005791");

fn invalid(message: &str) -> abi::Coordinator::ReportInvalid {
    abi::Coordinator::ReportInvalid { message: message.into() }
}

/// A system with one open request and a good transmission for it.
fn ready() -> (System, abi::Coordinator::OracleRequest, Transmission) {
    let mut system = System::new(billing_config());
    let (_, seen) = system.request("return Functions.encodeUint256(42);", 100_000);
    let transmission = system.transmission(&[(&seen, b"r", b"")]);
    (system, seen, transmission)
}

#[test]
fn transmit_fails_when_bytes_do_not_decode() {
    let (mut system, _, good) = ready();
    let calldata = good.calldata();
    let from = system.oracles[0].transmitter;
    for end in [3, 4, 100, 227, 300, calldata.len() - 1] {
        system.world.send(from, system.coordinator, calldata[..end].to_vec()).fails_empty();
    }
    for (at, hostile) in [
        (4 + 96, word::from_u128(1 << 40)),          // report elsewhere
        (4 + 128, [0xff; 32]),                       // rs elsewhere
        (4 + 224, word::from_u128(u64::MAX.into())), // report too long
        (4 + 256, word::from_u128(1 << 20)),         // ids elsewhere
        (4 + 256 + 160, word::from_u128(1 << 33)),   // too many ids
    ] {
        let mut bad = calldata.clone();
        bad[at..at + 32].copy_from_slice(&hostile);
        system.world.send(from, system.coordinator, bad).fails_empty();
    }
    system.world.send_value(from, system.coordinator, calldata, U256::ONE).fails_empty();
}

#[test]
fn transmit_fails_when_fields_differ_in_length() {
    let (mut system, seen, _) = ready();
    let report = |ids: usize, results: usize| {
        abi::Report {
            requestIds: vec![seen.requestId; ids],
            results: vec![Bytes::new(); results],
            errors: vec![Bytes::new(); ids],
            onchainMetadata: vec![seen.commitment.abi_encode().into(); ids],
            offchainMetadata: vec![Bytes::new(); ids],
        }
        .abi_encode_params()
    };
    for (ids, results) in [(0, 0), (1, 2), (2, 1)] {
        let transmission = system.sign(report(ids, results), &[0, 1, 2]);
        system.transmit(0, &transmission).fails(invalid("Fields must be equal length"));
    }
}

#[test]
fn transmit_fails_when_calldata_has_another_length() {
    let (mut system, _, good) = ready();
    let from = system.oracles[0].transmitter;
    let longer = [good.calldata(), vec![0]].concat();
    system.world.send(from, system.coordinator, longer).fails(invalid("calldata length mismatch"));
    let odd = system.sign([good.report, vec![0]].concat(), &[0, 1, 2]);
    system.transmit(0, &odd).fails(invalid("calldata length mismatch"));
}

#[test]
fn transmit_fails_when_signatures_are_too_few_or_too_many() {
    let (mut system, _, good) = ready();
    for oracles in [&[][..], &[0, 1], &[0, 1, 2, 3]] {
        let transmission = system.sign(good.report.clone(), oracles);
        system.transmit(0, &transmission).fails(invalid("wrong number of signatures"));
    }
}

#[test]
fn transmit_fails_when_r_and_s_differ_in_number() {
    let (mut system, _, good) = ready();
    let call = abi::Coordinator::transmitCall {
        reportContext: good.context.map(Into::into),
        report: good.report.clone().into(),
        rs: good.signatures.iter().map(|s| s.r.into()).collect(),
        ss: good.signatures.iter().take(2).map(|s| s.s.into()).collect(),
        rawVs: Default::default(),
    };
    let from = system.oracles[0].transmitter;
    let error = invalid("report rs and ss must be of equal length");
    system.world.run(from, system.coordinator, &call).fails(error);
}

#[test]
fn transmit_fails_when_the_sender_is_no_transmitter() {
    let (mut system, _, good) = ready();
    let signer = system.oracles[0].signer;
    for from in [STRANGER, OWNER, signer] {
        let receipt = system.world.send(from, system.coordinator, good.calldata());
        receipt.fails(invalid("unauthorized transmitter"));
    }
}

#[test]
fn transmit_fails_when_a_signature_is_not_a_signers() {
    let (mut system, _, good) = ready();
    let mut overflow = good.clone();
    overflow.signatures[1].v = 229;
    system.transmit(0, &overflow).fails_panic(0x11);
    let refused = || invalid("address not authorized to sign");
    let mut no_id = good.clone();
    no_id.signatures[0].v = 228;
    system.transmit(0, &no_id).fails(refused());
    let mut zero = good.clone();
    zero.signatures[2].r = [0; 32];
    system.transmit(0, &zero).fails(refused());
    let mut other_report = good.clone();
    let last = other_report.report.len() - 1;
    other_report.report[last] ^= 1;
    system.transmit(0, &other_report).fails(refused());
    let mut other_context = good.clone();
    other_context.context[2] = [1; 32];
    system.transmit(0, &other_context).fails(refused());
    let hash = functions_report::context::signed_hash(&good.report, &good.context);
    let mut stranger = good.clone();
    stranger.signatures[1] = Oracle::new(99).sign(&hash);
    system.transmit(0, &stranger).fails(refused());
}

#[test]
fn transmit_fails_when_one_signer_signs_twice() {
    let (mut system, _, good) = ready();
    let twice = system.sign(good.report, &[0, 2, 0]);
    system.transmit(0, &twice).fails(invalid("non-unique signature"));
}

#[test]
fn transmit_works_with_any_quorum_in_any_order_and_any_digest() {
    for oracles in [[3, 1, 0], [2, 3, 1]] {
        let (mut system, seen, good) = ready();
        system.digest = alloy::primitives::B256::repeat_byte(9);
        let transmission = system.sign(good.report, &oracles);
        let receipt = system.transmit(oracles[1], &transmission);
        let transmitted = abi::Coordinator::Transmitted { configDigest: system.digest, epoch: 7 };
        assert_eq!(receipt.ok().logs[0], log(system.coordinator, &transmitted));
        let transmitter = system.oracles[oracles[1]].transmitter;
        let response = abi::Coordinator::OracleResponse { requestId: seen.requestId, transmitter };
        assert_eq!(receipt.logs.last(), Some(&log(system.coordinator, &response)));
    }
}

#[test]
fn transmit_fails_whole_when_one_entry_is_malformed() {
    let (mut system, seen, _) = ready();
    let (_, other) = system.request("return Functions.encodeUint256(1);", 100_000);
    let good: Bytes = other.commitment.abi_encode().into();
    let mut dirty = seen.commitment.abi_encode();
    dirty[32] = 1;
    for bad in [seen.commitment.abi_encode()[..351].to_vec(), dirty] {
        let report = abi::Report {
            requestIds: vec![other.requestId, seen.requestId],
            results: vec![b"r".into(), b"r".into()],
            errors: vec![Bytes::new(); 2],
            onchainMetadata: vec![good.clone(), bad.into()],
            offchainMetadata: vec![Bytes::new(); 2],
        };
        let transmission = system.sign(report.abi_encode_params(), &[0, 1, 2]);
        system.transmit(0, &transmission).fails_empty();
    }
    let transmission = system.transmission(&[(&other, b"r", b"")]);
    system.transmit(0, &transmission).ok();
}

#[test]
fn transmit_fails_when_the_feed_has_no_price() {
    let (mut system, _, good) = ready();
    let answer = I256::ZERO;
    system.world.run(OWNER, system.native_feed, &abi::Feed::setAnswerCall { answer }).ok();
    system.transmit(0, &good).fails(abi::Coordinator::InvalidLinkWeiPrice { linkWei: answer });
    // A day later the feed is stale and the fallback counts.
    system.world.advance(86_401);
    let receipt = system.transmit(0, &good);
    let billed =
        receipt.ok().logs.iter().find_map(|log| abi::Coordinator::RequestBilled::decode_log(log).ok());
    assert_eq!(billed.unwrap().juelsPerGas.to::<u64>(), 20_000_000_000);
}

#[test]
fn set_config_fails_in_the_order_of_the_reference() {
    let (mut system, ..) = ready();
    let addresses = |from: u8, count: u8| (from..from + count).map(Address::repeat_byte).collect::<Vec<_>>();
    let call = |signers: Vec<Address>, transmitters: Vec<Address>, f| abi::Coordinator::setConfigCall {
        _signers: signers,
        _transmitters: transmitters,
        _f: f,
        _onchainConfig: Bytes::new(),
        _offchainConfigVersion: 1,
        _offchainConfig: Bytes::new(),
    };
    let (signers, transmitters) = (addresses(1, 4), addresses(50, 4));
    let mut repeated_signer = signers.clone();
    repeated_signer[3] = signers[0];
    let mut repeated_transmitter = transmitters.clone();
    repeated_transmitter[3] = signers[1];
    let (mut no_signer, mut no_transmitter) = (signers.clone(), transmitters.clone());
    no_signer[1] = Address::ZERO;
    no_transmitter[1] = Address::ZERO;
    for (from, call, message) in [
        (STRANGER, call(addresses(1, 32), addresses(50, 32), 0), "too many signers"),
        (STRANGER, call(signers.clone(), addresses(50, 3), 0), "f must be positive"),
        (STRANGER, call(signers.clone(), addresses(50, 3), 2), "oracle addresses out of registration"),
        (STRANGER, call(addresses(1, 3), addresses(50, 3), 1), "faulty-oracle f too high"),
        (OWNER, call(no_signer, transmitters.clone(), 1), "signer must not be empty"),
        (OWNER, call(signers.clone(), no_transmitter, 1), "transmitter must not be empty"),
        (OWNER, call(repeated_signer, transmitters.clone(), 1), "repeated signer address"),
        (OWNER, call(signers.clone(), repeated_transmitter, 1), "repeated transmitter address"),
    ] {
        let error = abi::Coordinator::InvalidConfig { message: message.into() };
        system.world.run(from, system.coordinator, &call).fails(error);
    }
    let good = call(signers, transmitters.clone(), 1);
    system.world.run(STRANGER, system.coordinator, &good).fails_text("Only callable by owner");
    system.world.run(OWNER, system.coordinator, &good).ok();
    let view = system.world.view(system.coordinator, &abi::Coordinator::transmittersCall {});
    assert_eq!(view, transmitters);
    let details = system.world.view(system.coordinator, &abi::Coordinator::latestConfigDetailsCall {});
    assert_eq!(details.configCount, 2);
}

#[test]
fn the_config_digest_is_the_one_nodes_compute() {
    let (system, ..) = ready();
    let words = |address: fn(&Oracle) -> Address| -> Vec<[u8; 32]> {
        system.oracles.iter().map(|oracle| word::from_address(address(oracle))).collect()
    };
    let (signers, transmitters) = (words(|o| o.signer), words(|o| o.transmitter));
    let config = functions_report::digest::OcrConfig {
        signers: &signers,
        transmitters: &transmitters,
        f: 1,
        onchain_config: &[],
        offchain_config_version: 1,
        offchain_config: &[1, 2],
    };
    let chain_id = system.world.chain.config().chain_id;
    assert_eq!(system.digest, config.digest(chain_id, system.coordinator, 1));
    let details = system.world.view(system.coordinator, &abi::Coordinator::latestConfigDetailsCall {});
    assert_eq!(details.configDigest, system.digest);
}

#[test]
fn a_new_configuration_disperses_the_pool_and_replaces_the_oracles() {
    let (mut system, _, good) = ready();
    system.transmit(0, &good).ok();
    let (_, open) = system.request("return Functions.encodeUint256(1);", 100_000);
    let transmission = system.transmission(&[(&open, b"r", b"")]);
    let old = std::mem::replace(&mut system.oracles, (11..=14).map(Oracle::new).collect());
    system.configure().ok();
    let receipt = system.world.send(old[0].transmitter, system.coordinator, transmission.calldata());
    receipt.fails(invalid("unauthorized transmitter"));
    system.transmit(0, &transmission).fails(invalid("address not authorized to sign"));
    let pay = abi::Coordinator::oracleWithdrawCall { recipient: STRANGER, amount: Default::default() };
    system.world.run(old[3].transmitter, system.coordinator, &pay).ok();
    assert_eq!(system.link_of(STRANGER), 1_333_333_333_333_333 / 4);
    let fresh = system.transmission(&[(&open, b"r", b"")]);
    system.transmit(2, &fresh).ok();
}
