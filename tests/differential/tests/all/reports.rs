//! Reports: who may send them, who must have signed them, what is in them.

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::{SolCall, SolError, SolValue},
};
use differential_tests::scene::*;
use functions_report::transmit::Signature;
use functions_types::abi::{self, Coordinator as C, Reverts};

use crate::{scene, text};

fn invalid(message: &str) -> Vec<u8> {
    C::ReportInvalid { message: message.into() }.abi_encode()
}

fn panic(code: u8) -> Vec<u8> {
    Reverts::Panic { code: U256::from(code) }.abi_encode()
}

#[test]
fn the_order_of_refusals() {
    let mut s = scene!();
    s.free_gas();
    let request = s.request(&[1; 73], 100_000);
    let good = s.report(&[(&request, &[5; 32], &[])]);
    let c = s.coordinator;
    let send = |s: &mut Scene, from: Address, data: Vec<u8>, error: Vec<u8>| {
        let receipt = s.twin.send("transmit", from, c, &data);
        s.twin.reverted("transmit", &receipt, error);
    };
    let (sender, signer) = (s.oracles[1].transmitter, s.oracles[1].signer);
    let sign = |s: &Scene, oracles: &[usize]| s.sign(good.report.clone(), oracles);

    // Every later error is there too.
    let mut bad = sign(&s, &[0, 0]);
    bad.signatures[0].v = 255;
    let mut longer = bad.calldata();
    longer.push(0);
    send(&mut s, STRANGER, longer, invalid("calldata length mismatch"));
    send(&mut s, STRANGER, bad.calldata(), invalid("wrong number of signatures"));
    for oracles in [vec![], vec![0], vec![0, 1, 2, 3], vec![0; 32]] {
        let data = sign(&s, &oracles).calldata();
        send(&mut s, sender, data, invalid("wrong number of signatures"));
    }
    // Three r, two s: the calldata is shorter by a word.
    let mut data = good.calldata();
    let at = data.len() - 4 * 32;
    data[at..at + 32].copy_from_slice(&U256::from(2).to_be_bytes::<32>());
    data.truncate(data.len() - 32);
    send(&mut s, STRANGER, data, invalid("report rs and ss must be of equal length"));
    for from in [STRANGER, signer, OWNER, CONSUMER] {
        send(&mut s, from, good.calldata(), invalid("unauthorized transmitter"));
    }

    let damaged = |change: &dyn Fn(&mut Vec<Signature>)| {
        let mut report = good.clone();
        change(&mut report.signatures);
        report.calldata()
    };
    for v in [2, 27, 28, 100, 228] {
        send(&mut s, sender, damaged(&|list| list[1].v = v), invalid("address not authorized to sign"));
    }
    for v in [229, 255] {
        send(&mut s, sender, damaged(&|list| list[1].v = v), panic(0x11));
        // The first that is wrong counts.
        send(
            &mut s,
            sender,
            damaged(&|list| {
                list[1].v = v;
                list[0].r[5] ^= 1;
            }),
            invalid("address not authorized to sign"),
        );
    }
    send(&mut s, sender, damaged(&|list| list[1] = list[0]), invalid("non-unique signature"));
    send(
        &mut s,
        sender,
        damaged(&|list| {
            list[1] = list[0];
            list[2].r = [0; 32];
        }),
        invalid("non-unique signature"),
    );
    for word in [[0; 32], [0xff; 32], [1; 32]] {
        send(&mut s, sender, damaged(&|list| list[2].r = word), invalid("address not authorized to sign"));
        send(&mut s, sender, damaged(&|list| list[2].s = word), invalid("address not authorized to sign"));
    }
    let other = Oracle::new(9).sign(&B256::ZERO);
    send(&mut s, sender, damaged(&|list| list[2] = other), invalid("address not authorized to sign"));
    let mut wrong_epoch = good.clone();
    wrong_epoch.context[1][31] ^= 1;
    send(&mut s, sender, wrong_epoch.calldata(), invalid("address not authorized to sign"));

    // High s, any order of signers, any digest, bytes of rawVs beyond the signatures: accepted.
    let n = U256::from_be_bytes(alloy::primitives::hex!(
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
    ));
    let high = damaged(&|list| {
        list.reverse();
        list[0].s = (n - U256::from_be_bytes(list[0].s)).to_be_bytes();
        list[0].v ^= 1;
    });
    let _ = s.twin.call("high s", sender, c, &high);
    s.digest = B256::repeat_byte(0x77);
    let foreign = s.report(&[(&request, &[5; 32], &[])]);
    let mut data = foreign.calldata();
    data[4 + 6 * 32 + 20] = 0xff;
    let receipt = s.twin.send("foreign digest", sender, c, &data);
    assert!(receipt.success);
    // Now it is closed: anyone may send it again, in any state.
    for from in [STRANGER, sender] {
        let receipt = s.twin.send("again", from, c, &data);
        assert!(receipt.success && receipt.logs.is_empty());
    }
    let receipt = s.twin.send("again", STRANGER, c, &[data.as_slice(), &[1, 2, 3]].concat());
    assert!(receipt.success);
}

#[test]
fn no_configuration() {
    let mut s = scene!(Setup { configured: false, ..Setup::default() });
    s.free_gas();
    let request = s.request(&[1; 73], 100_000);
    let c = s.coordinator;
    for oracles in [vec![], vec![0], vec![0, 1, 2]] {
        let entries: [(&Request, &[u8], &[u8]); 1] = [(&request, &[5; 32], &[])];
        let report = s.report(&entries).report;
        let data = s.sign(report, &oracles).calldata();
        s.twin.send("transmit without oracles", s.oracles[0].transmitter, c, &data);
    }
    s.twin.ok(OWNER, c, &C::oracleWithdrawAllCall {});
    s.books();
}

/// Fees that nobody can have earned, put into the pool by hand: the layouts differ, what follows does not.
#[test]
fn a_pool_without_oracles() {
    let mut s = scene!(Setup { configured: false, ..Setup::default() });
    let c = s.coordinator;
    // Ours: the first twelve bytes of word 0. The reference: the last twelve of word 12, beside the native feed.
    s.twin.ours.0.set_storage(c, U256::ZERO, U256::ONE << 160);
    let slot = U256::from(12);
    let word = s.twin.reference.0.state_at(u64::MAX).slot(c, slot);
    s.twin.reference.0.set_storage(c, slot, word | U256::ONE);
    let none = C::NoTransmittersSet::SELECTOR;
    s.twin.fails(OWNER, c, &C::oracleWithdrawAllCall {}, none);
    let withdraw = C::oracleWithdrawCall { recipient: STRANGER, amount: U256::ZERO.to() };
    s.twin.fails(STRANGER, c, &withdraw, none);
    s.twin.fails(STRANGER, c, &C::oracleWithdrawAllCall {}, text("Only callable by owner"));
    // The first configuration disperses nothing: there was nobody to disperse to.
    s.configure();
    s.twin.ok(OWNER, c, &C::oracleWithdrawAllCall {});
}

#[test]
fn fields_and_entries() {
    let mut s = scene!();
    s.free_gas();
    let request = s.request(&[1; 73], 100_000);
    let other = s.request(&[2; 73], 100_000);
    let meta = request.commitment.abi_encode();
    let report = |ids: &[B256], results: usize, errors: usize, on: Vec<Vec<u8>>, off: usize| {
        let on: Vec<alloy::primitives::Bytes> = on.into_iter().map(Into::into).collect();
        abi::Report {
            requestIds: ids.to_vec(),
            results: vec![vec![5; 32].into(); results],
            errors: vec![vec![].into(); errors],
            onchainMetadata: on,
            offchainMetadata: vec![vec![9; 3].into(); off],
        }
        .abi_encode_params()
    };
    let id = request.requestId;
    let m = |n: usize| vec![meta.clone(); n];
    let mut dirty = meta.clone();
    dirty[32] = 1;
    let mut foreign = request.commitment.clone();
    foreign.coordinator = STRANGER;
    let mut wrong = request.commitment.clone();
    wrong.callbackGasLimit += 1;
    let mut unknown = request.commitment.clone();
    unknown.requestId = B256::repeat_byte(1);
    let mut dear = request.commitment.clone();
    dear.adminFee = U256::MAX.wrapping_to();
    let mut heavy = request.commitment.clone();
    heavy.gasOverheadBeforeCallback = U256::MAX.wrapping_to();
    heavy.gasOverheadAfterCallback = U256::MAX.wrapping_to();
    let reports = vec![
        report(&[], 0, 0, m(0), 0),
        report(&[id], 0, 1, m(1), 1),
        report(&[id], 1, 0, m(1), 1),
        report(&[id], 1, 1, m(0), 1),
        report(&[id], 1, 1, m(1), 0),
        report(&[id], 2, 2, m(2), 2),
        report(&[], 1, 1, m(1), 1),
        report(&[id], 1, 1, vec![vec![]], 1),
        report(&[id], 1, 1, vec![meta[..351].to_vec()], 1),
        report(&[id], 1, 1, vec![dirty], 1),
        report(&[id], 1, 1, vec![foreign.abi_encode()], 1),
        report(&[id], 1, 1, vec![wrong.abi_encode()], 1),
        report(&[id], 1, 1, vec![unknown.abi_encode()], 1),
        report(&[id], 1, 1, vec![dear.abi_encode()], 1),
        report(&[id], 1, 1, vec![heavy.abi_encode()], 1),
        report(&[id, other.requestId], 2, 2, vec![meta.clone(), vec![1]], 2),
        report(&[id; 256], 256, 256, m(256), 256),
        report(&[id; 257], 1, 1, m(1), 1),
        report(&[B256::ZERO], 1, 1, m(1), 1),
        report(&[B256::ZERO, id], 2, 2, m(2), 2),
        report(
            &[id, id, other.requestId],
            3,
            3,
            vec![meta.clone(), meta.clone(), other.commitment.abi_encode()],
            3,
        ),
        report(&[other.requestId], 1, 1, vec![[meta.clone(), vec![7; 32]].concat()], 1),
    ];
    let (from, c) = (s.oracles[2].transmitter, s.coordinator);
    for (index, report) in reports.iter().enumerate() {
        let data = s.sign(report.clone(), &[1, 2, 3]).calldata();
        let _ = s.twin.call(&format!("report {index}"), from, c, &data);
    }
    // The feeds fail, and everything else too.
    for answer in [U256::ZERO, U256::MAX] {
        s.feed(NATIVE_FEED, 18, answer, U256::from(s.twin.ours.0.latest().header.timestamp));
        let data = s.sign(reports[20].clone(), &[1, 2, 3]).calldata();
        let _ = s.twin.call("report with a broken feed", from, c, &data);
    }
    s.free_gas();
    for (index, report) in reports.into_iter().enumerate() {
        let data = s.sign(report, &[1, 2, 3]).calldata();
        s.twin.send(&format!("report {index}"), from, c, &data);
    }
    s.books();
}

/// What is wrong first counts: the first entry's metadata, then the feed, then the other entries.
#[test]
fn broken_feeds_and_broken_metadata() {
    let mut s = scene!();
    let (first, second) = (s.request(&[1; 73], 100_000), s.request(&[2; 73], 100_000));
    let good = first.commitment.abi_encode();
    let mut dirty = good.clone();
    dirty[32] = 1;
    let most = U256::from((1_u64 << 40) - 1).to();
    let heavy = abi::Commitment {
        gasOverheadBeforeCallback: most,
        gasOverheadAfterCallback: most,
        ..first.commitment.clone()
    };
    let metadata = [vec![], good[..351].to_vec(), dirty, heavy.abi_encode(), good];
    let ids = vec![first.requestId, second.requestId];
    let (from, c, now) = (s.oracles[2].transmitter, s.coordinator, s.now());
    let fresh = U256::from(now);
    let feeds = [
        (U256::ZERO, fresh),
        (U256::MAX, fresh),
        (U256::from(6_000_000_000_000_000_u64), fresh + U256::from(1_000)),
        (U256::from(6_000_000_000_000_000_u64), fresh),
    ];
    for feed in 0..=feeds.len() {
        match feeds.get(feed) {
            Some((answer, updated)) => s.feed(NATIVE_FEED, 18, *answer, *updated),
            None => s.twin.both(|side| side.0.set_code(NATIVE_FEED, Default::default())),
        }
        for (a, first) in metadata.iter().enumerate() {
            for (b, other) in metadata.iter().enumerate() {
                let report = abi::Report {
                    requestIds: ids.clone(),
                    results: vec![vec![5; 32].into(); 2],
                    errors: vec![vec![].into(); 2],
                    onchainMetadata: vec![first.clone().into(), other.clone().into()],
                    offchainMetadata: vec![vec![].into(); 2],
                };
                let data = s.sign(report.abi_encode_params(), &[1, 2, 3]).calldata();
                let _ = s.twin.call(&format!("feed {feed}, metadata {a} and {b}"), from, c, &data);
            }
        }
    }
}

#[test]
fn crossed_ids() {
    // A quorum signs an id that is not that of the metadata: Router and Coordinator believe different ones.
    let mut s = scene!();
    s.free_gas();
    let first = s.request(&[1; 73], 100_000);
    let mut second = s.request(&[2; 73], 100_000);
    second.commitment = first.commitment.clone();
    for (request, label) in [(&second, "crossed"), (&first, "straight"), (&second, "again")] {
        let report = s.report(&[(request, &[1], &[])]);
        s.transmit(label, 0, &report);
    }
    s.books();
}

#[test]
fn batches_and_the_oracles_money() {
    let mut s = scene!();
    let c = s.coordinator;
    let r = s.router;
    for size in [1, 2, 3, 7, 10] {
        let requests: Vec<_> = (0..size).map(|i| s.request(&[i + 1; 40], 50_000)).collect();
        let result = [7; 64];
        let entries: Vec<(&Request, &[u8], &[u8])> =
            requests.iter().map(|request| (request, &result[..], &[][..])).collect();
        let report = s.report(&entries);
        s.transmit("batch", usize::from(size) % 4, &report);
        s.books();
        if size == 3 {
            // Dispersed by a new configuration.
            s.configure();
            s.books();
        }
        s.fund(SUBSCRIPTION, 10 * LINK);
    }
    let withdraw =
        |amount: u128| C::oracleWithdrawCall { recipient: STRANGER, amount: U256::from(amount).to() };
    for oracle in 0..4 {
        let from = s.oracles[oracle].transmitter;
        s.twin.run(from, c, &withdraw(1));
        s.twin.run(from, c, &withdraw(1_000 * LINK));
        if oracle % 2 == 0 {
            s.twin.run(from, c, &withdraw(0));
            s.twin.run(from, c, &withdraw(0));
        }
    }
    s.twin.run(OWNER, c, &withdraw(5));
    s.twin.run(STRANGER, c, &C::oracleWithdrawAllCall {});
    s.twin.run(OWNER, r, &abi::Router::pauseCall {});
    s.twin.run(OWNER, c, &C::oracleWithdrawAllCall {});
    s.twin.run(OWNER, c, &withdraw(0));
    s.twin.run(OWNER, r, &abi::Router::unpauseCall {});
    s.twin.run(OWNER, c, &C::oracleWithdrawAllCall {});
    s.twin.run(OWNER, c, &C::oracleWithdrawAllCall {});
    s.books();
    s.twin.run(OWNER, c, &withdraw(0));
    for oracle in 0..4 {
        let call = abi::Link::balanceOfCall { account: s.oracles[oracle].transmitter };
        let link = s.link;
        s.twin.ask(link, &call);
    }
    let _ = withdraw(0).abi_encode();
}

/// The Router pays a Coordinator's address whatever it asks for; what that address takes past its own code is missing
/// when oracles and owner withdraw. Nobody can make it do so on a chain; the random sequences do.
#[test]
fn juels_taken_by_hand_are_missing_in_the_coordinator() {
    let mut s = scene!();
    s.free_gas();
    let request = s.request(&[1], 100_000);
    let report = s.report(&[(&request, &[1; 32], &[])]);
    s.transmit("transmit", 0, &report).ok();
    let (r, c) = (s.router, s.coordinator);
    let taken =
        abi::Router::oracleWithdrawCall { recipient: STRANGER, amount: U256::from(LINK / 1_000).to() };
    s.twin.ok(c, r, &taken);
    assert!(!s.twin.run(OWNER, c, &C::oracleWithdrawAllCall {}).success);
}
