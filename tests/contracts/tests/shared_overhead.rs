//! What the entries of one report are billed when they share a part of the overhead, and what their transmitter paid.

use alloy::{
    primitives::{Address, B256, U256, address, keccak256},
    sol_types::{SolCall, SolEvent},
};
use contract_tests::{GAS_PRICE, Receipt, log, system::*};
use functions_client::config;
use functions_rules::{FulfillmentCost, Software, fulfillment::shared_overhead_gas};
use functions_types::{
    Juels,
    abi::{self, Coordinator, Router},
};

const STRANGER: Address = address!("0000000000000000000000000000000000005791");
/// The overheads of [`billing_config`], added.
const OVERHEAD: u64 = 105_000 + 93_942;
/// Shared parts: none, little, about the default, all, more than there is.
const SHARED: [u32; 6] = [0, 1, 99_999, 114_000, OVERHEAD as u32, u32::MAX];

/// A system whose reports share so much gas.
fn sharing(gas: u32) -> System {
    let mut system = System::new(billing_config());
    set(&mut system, gas);
    system
}

fn set(system: &mut System, gas: u32) {
    let call = Coordinator::setSharedOverheadCall { sharedOverheadGas: gas };
    let updated = Coordinator::SharedOverheadUpdated { sharedOverheadGas: gas };
    system.world.run(OWNER, system.coordinator, &call).logs_are(&[log(system.coordinator, &updated)]);
    assert_eq!(system.world.view(system.coordinator, &Coordinator::getSharedOverheadCall {}), gas);
}

/// Opens `count` requests and answers them in one report.
fn report(system: &mut System, count: usize, answer: &[u8]) -> Receipt {
    let requests: Vec<_> = (0..count).map(|_| system.request("return 1", 100_000).1).collect();
    let entries: Vec<_> = requests.iter().map(|seen| (seen, answer, &b""[..])).collect();
    let transmission = system.transmission(&entries);
    system.transmit(0, &transmission)
}

/// Juels of each entry without its callback, in order.
fn billed(receipt: &Receipt) -> Vec<u128> {
    let logs = &receipt.ok().logs;
    let totals = logs.iter().filter_map(|log| Router::RequestProcessed::decode_log(log).ok());
    let callbacks = logs.iter().filter_map(|log| Coordinator::RequestBilled::decode_log(log).ok());
    let both = totals.zip(callbacks);
    both.map(|(total, bill)| (total.totalCostJuels - bill.callbackCostJuels).to()).collect()
}

/// What upstream bills for so much gas, at the chain's price.
fn price(gas: u64) -> u128 {
    let fee = Juels::from_uint96;
    let cost = FulfillmentCost::new::<Software>(
        U256::from(GAS_PRICE),
        U256::ZERO,
        U256::from(WEI_PER_LINK),
        gas,
        fee(1_333_333_333_333_333),
        fee(666_666_666_666_666),
    );
    cost.expect("the figures fit").without_callback.get()
}

/// The books are what the Router holds: the subscription, both pools and every oracle can be paid in full.
fn assert_conserved(system: &mut System) {
    let held = system.link_of(system.router);
    assert_eq!(held, system.world.view(system.router, &Router::getTotalBalanceCall {}).to::<u128>());
    system.world.run(OWNER, system.coordinator, &Coordinator::oracleWithdrawAllCall {}).ok();
    let fees = Coordinator::oracleWithdrawCall { recipient: OWNER, amount: Default::default() };
    system.world.run(OWNER, system.coordinator, &fees); // refused when there are none
    let left = system.link_of(system.router) - system.subscription().balance.to::<u128>();
    assert!(left < 4, "{left} juels are nobody's");
}

#[test]
fn the_owner_alone_says_what_is_shared() {
    let mut system = System::new(billing_config());
    let (coordinator, ask) = (system.coordinator, Coordinator::getSharedOverheadCall {});
    assert_eq!(system.world.view(coordinator, &ask), 0);
    let call = Coordinator::setSharedOverheadCall { sharedOverheadGas: 7 };
    system.world.run(STRANGER, coordinator, &call).fails_text("Only callable by owner");
    let mut dirty = call.abi_encode();
    dirty[4 + 27] = 1;
    system.world.send(OWNER, coordinator, dirty).fails_empty();
    assert_eq!(system.world.view(coordinator, &ask), 0);
    for gas in [7, u32::MAX, 0] {
        set(&mut system, gas);
    }
}

#[test]
fn a_report_of_one_and_one_that_shares_nothing_are_billed_as_upstream_bills() {
    for gas in SHARED {
        assert_eq!(billed(&report(&mut sharing(gas), 1, b"r")), [price(OVERHEAD)], "{gas}");
    }
    assert_eq!(billed(&report(&mut System::new(billing_config()), 4, b"r")), [price(OVERHEAD); 4]);
}

#[test]
fn entries_of_one_report_are_billed_the_shared_part_together() {
    for gas in SHARED {
        let mut system = sharing(gas);
        for count in [2, 3, 7, 10] {
            let shared = OVERHEAD.min(gas.into());
            let each = OVERHEAD - shared + shared.div_ceil(count);
            let receipt = report(&mut system, count as usize, b"r");
            assert_eq!(billed(&receipt), vec![price(each); count as usize], "{count} share {gas}");
            assert!(system.subscription().blockedBalance.is_zero());
        }
        // Nothing that is paid in or out touches the setting, which shares its word.
        assert_conserved(&mut system);
        let left = system.world.view(system.coordinator, &Coordinator::getSharedOverheadCall {});
        assert_eq!(left, gas);
    }
}

/// A number below `end`, from one that is replaced.
fn draw(random: &mut B256, end: u64) -> u64 {
    *random = keccak256(*random);
    U256::from_be_bytes(random.0).wrapping_rem(U256::from(end)).to()
}

#[test]
fn no_juel_is_lost_whatever_is_shared_in_whatever_order() {
    let seed = std::env::var("SHARED_SEED").map(|text| text.parse().expect("SHARED_SEED is a number"));
    let now = || std::time::UNIX_EPOCH.elapsed().expect("a clock after 1970").subsec_nanos();
    let seed: u32 = seed.unwrap_or_else(|_| now());
    println!("SHARED_SEED={seed}");
    let mut random = keccak256(seed.to_be_bytes());
    let mut system = System::new(billing_config());
    for _ in 0..60 {
        match draw(&mut random, 6) {
            0 | 1 => {
                let most = [1, 1_000, OVERHEAD, 1 << 32][draw(&mut random, 4) as usize];
                set(&mut system, draw(&mut random, most) as u32);
            }
            2 => assert_conserved(&mut system),
            3 => {
                let (_, seen) = system.request("return 1", 100_000);
                system.world.advance(301);
                let call = Router::timeoutRequestsCall {
                    requestsToTimeoutByCommitment: vec![System::stored(&seen)],
                };
                system.world.run(STRANGER, system.router, &call).ok();
            }
            _ => {
                let count = 1 + draw(&mut random, 10);
                let shared = system.world.view(system.coordinator, &Coordinator::getSharedOverheadCall {});
                let shared = OVERHEAD.min(shared.into());
                let each = OVERHEAD - shared + shared.div_ceil(count);
                let receipt = report(&mut system, count as usize, b"r");
                assert_eq!(billed(&receipt), vec![price(each); count as usize]);
            }
        }
        let book = system.world.view(system.router, &Router::getTotalBalanceCall {});
        assert_eq!(system.link_of(system.router), book.to::<u128>());
        assert!(system.subscription().blockedBalance.is_zero());
    }
    assert_conserved(&mut system);
}

#[test]
fn what_is_shared_changes_neither_reservations_nor_what_they_cost() {
    let (mut usual, mut other) = (System::new(billing_config()), sharing(u32::MAX));
    let [(receipt, seen), (same, shared)] = [&mut usual, &mut other].map(|s| s.request("return 1", 100_000));
    assert_eq!(receipt.gas_used, same.gas_used);
    assert_eq!(seen.commitment.estimatedTotalCostJuels, shared.commitment.estimatedTotalCostJuels);
    let gas = |seen: &abi::Coordinator::OracleRequest| {
        (seen.commitment.gasOverheadBeforeCallback, seen.commitment.gasOverheadAfterCallback)
    };
    assert_eq!(gas(&seen), gas(&shared));
}

#[test]
fn what_changes_while_requests_are_open_counts_for_their_report() {
    let mut system = sharing(u32::MAX);
    let requests: Vec<_> = (0..2).map(|_| system.request("return 1", 100_000).1).collect();
    set(&mut system, 0);
    let entries: Vec<_> = requests.iter().map(|seen| (seen, &b"r"[..], &b""[..])).collect();
    let transmission = system.transmission(&entries);
    assert_eq!(billed(&system.transmit(0, &transmission)), [price(OVERHEAD); 2]);
}

#[test]
fn the_default_halves_what_each_of_ten_is_billed() {
    let billing = config::billing_defaults(3);
    let overhead = u64::from(billing.gasOverheadBeforeCallback + billing.gasOverheadAfterCallback);
    let billed = |entries| shared_overhead_gas(overhead, config::shared_overhead_gas(3, &billing), entries);
    assert_eq!([1, 2, 3, 5, 10].map(billed), [198_942, 141_942, 122_942, 107_742, 96_342]);
}

/// Gas that the callbacks of a report are billed.
fn callbacks(receipt: &Receipt) -> u64 {
    let bills = receipt.ok().logs.iter().filter_map(|log| Coordinator::RequestBilled::decode_log(log).ok());
    bills.map(|bill| (bill.callbackCostJuels / bill.juelsPerGas).to::<u64>()).sum()
}

/// The default is what a report costs once: no transmitter of one to ten answers, short ones or the longest, pays more
/// than it is credited.
#[test]
fn transmitters_are_never_out_of_pocket_with_the_default() {
    let mut billing = config::billing_defaults(3);
    (billing.donFeeCentsUsd, billing.operationFeeCentsUsd) = (0, 0);
    let default = config::shared_overhead_gas(3, &billing);
    for bytes in [32, 512] {
        let paid = [1, 2, 5, 10].map(|count| {
            let mut system = System::new(billing.clone());
            set(&mut system, default);
            report(&mut system, 1, b"r"); // what is fresh at a first report is not measured
            let before = system.subscription().balance;
            let receipt = report(&mut system, count, &vec![7; bytes]);
            // Without fees all that is charged is the transmitter's.
            let credited = (before - system.subscription().balance).to::<u128>();
            let price = GAS_PRICE * LINK / u128::from(WEI_PER_LINK);
            let (gas, credited) = (receipt.gas_used, (credited / price) as u64);
            println!("{count} answers of {bytes} bytes: {gas} gas paid, {credited} credited");
            assert!(credited >= gas, "{count} answers of {bytes} bytes: {gas} gas paid, {credited} credited");
            gas - callbacks(&receipt)
        });
        let further = (paid[3] - paid[0]) / 9;
        let once = paid[0] - further;
        println!("besides callbacks: {once} once a report, {further} once an entry");
        assert!((once * 4 / 5..=once).contains(&default.into()), "a report costs {once} once");
    }
}
