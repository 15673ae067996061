//! The reference run's figures, and properties of the rules.

use alloy_primitives::U256;
use functions_rules::{
    Estimate, FulfillmentCost, RuleError, Settlement, Software,
    fulfillment::{can_forward, gas_needed, l1_share_down, overhead_gas, shared_overhead_gas, worst_case},
    juels::{from_cents_down, from_wei_down},
    split::share_down,
    time::{is_timed_out, timeout_timestamp},
};
use functions_types::{Juels, JuelsPerGas};
use proptest::prelude::*;

const LINK: u128 = 1_000_000_000_000_000_000;

fn n(value: u128) -> U256 {
    U256::from(value)
}

fn j(value: u128) -> Juels {
    Juels::new(value).expect("96 bits")
}

/// Gas price 1e8 wei, feeds 6e15 wei and 15 USD per LINK, L1 fee 1e12 wei, fees of 2 and 1 cents (Coordinator 1.3.0).
fn reference() -> Estimate {
    Estimate {
        gas_price_wei: n(100_000_000),
        minimum_gas_price_wei: 100_000_000,
        over_estimation_bp: 5_000,
        gas_overhead_before_callback: 105_000,
        gas_overhead_after_callback: 93_942,
        callback_gas_limit: 100_000,
        l1_fee_wei: n(1_000_000_000_000),
        wei_per_link: n(6_000_000_000_000_000),
        don_fee: j(1_333_333_333_333_333),
        admin_fee: Juels::ZERO,
        operation_fee: j(666_666_666_666_666),
    }
}

#[test]
fn fees_are_the_reference_ones() {
    let price = n(1_500_000_000);
    assert_eq!(from_cents_down::<Software>(2, price, 8), Ok(j(1_333_333_333_333_333)));
    assert_eq!(from_cents_down::<Software>(1, price, 8), Ok(j(666_666_666_666_666)));
    assert_eq!(from_cents_down::<Software>(0, price, 8), Ok(Juels::ZERO));
}

#[test]
fn estimate_is_the_reference_one() {
    assert_eq!(reference().juels::<Software>(), Ok(j(9_640_216_666_666_665)));
}

#[test]
fn estimate_of_1_3_1_raises_the_l1_fee_too() {
    let e = reference();
    let fees = e.don_fee.get() + e.admin_fee.get() + e.operation_fee.get();
    let wei = 100_000_000 * 298_942 + 1_000_000_000_000;
    let expected = (wei + wei / 2) * LINK / 6_000_000_000_000_000 + fees;
    assert_eq!(e.juels_v1_3_1::<Software>(), Ok(j(expected)));
    // Without an L1 fee the two rules differ in where they round, not in what they raise.
    let free = Estimate { l1_fee_wei: U256::ZERO, ..e };
    assert_eq!(free.juels_v1_3_1::<Software>(), free.juels::<Software>());
    let odd = Estimate { gas_price_wei: n(100_000_001), over_estimation_bp: 1, ..free };
    assert!(odd.juels_v1_3_1::<Software>().unwrap() >= odd.juels::<Software>().unwrap());
}

#[test]
fn settlement_is_the_reference_one() {
    let e = reference();
    let cost = FulfillmentCost::new::<Software>(
        e.gas_price_wei,
        l1_share_down::<Software>(e.l1_fee_wei, 1),
        e.wei_per_link,
        overhead_gas(105_000, 93_942).unwrap(),
        e.don_fee,
        e.operation_fee,
    );
    let cost = cost.unwrap();
    assert_eq!(cost.juels_per_gas, JuelsPerGas(j(16_666_666_666)));
    assert_eq!(cost.gas_overhead, j(3_482_366_666_666_666));
    assert_eq!(cost.without_callback, j(5_482_366_666_666_665));
    let settlement = Settlement::new(Juels::ZERO, cost.without_callback, cost.juels_per_gas, 4_858).unwrap();
    assert_eq!(settlement.callback_cost, j(80_966_666_663_428));
    assert_eq!(settlement.total_cost, j(5_563_333_333_330_093));
    let reserved = j(9_640_216_666_666_665);
    assert_eq!(
        settlement.apply(j(100 * LINK), reserved, reserved),
        Some((j(99_994_436_666_666_669_907), Juels::ZERO))
    );
}

#[test]
fn entries_share_what_the_owner_says_and_no_more_than_they_have() {
    let shared = |gas, entries| shared_overhead_gas(198_942, gas, entries);
    for entries in [1, 2, 10, u8::MAX] {
        assert_eq!(shared(0, entries), 198_942, "{entries}");
    }
    for gas in [0, 1, 100_000, u32::MAX] {
        assert_eq!(shared(gas, 1), 198_942, "{gas}");
    }
    assert_eq!([2, 3, 7, 10].map(|entries| shared(100_000, entries)), [148_942, 132_276, 113_228, 108_942]);
    assert_eq!((shared(198_942, 10), shared(u32::MAX, 10)), (19_895, 19_895));
    assert_eq!(shared_overhead_gas(0, u32::MAX, 10), 0);
}

#[test]
fn settlement_fails_when_the_books_do_not_cover_it() {
    let settlement = Settlement::new(Juels::ZERO, j(10), JuelsPerGas(j(1)), 5).unwrap();
    assert_eq!(settlement.apply(j(15), j(20), j(20)), Some((Juels::ZERO, Juels::ZERO)));
    assert_eq!(settlement.apply(j(14), j(20), j(20)), None);
    assert_eq!(settlement.apply(j(15), j(19), j(20)), None);
}

#[test]
fn conversions_fail_when_widths_are_exceeded() {
    use RuleError::*;
    assert_eq!(from_wei_down::<Software>(n(1), U256::ZERO), Err(DivisionByZero));
    assert_eq!(from_wei_down::<Software>(U256::MAX, n(1)), Err(Overflow));
    assert_eq!(from_wei_down::<Software>(n(1 << 96), n(LINK)), Err(Above96Bits));
    assert_eq!(from_wei_down::<Software>(n((1 << 96) - 1), n(LINK)), Ok(Juels::MAX));
    assert_eq!(from_cents_down::<Software>(1, n(1), 238), Err(Overflow)); // 8-bit exponent
    assert_eq!(from_cents_down::<Software>(1, n(1), 60), Err(Overflow)); // 10^78
    assert_eq!(from_cents_down::<Software>(0, n(1), 59), Ok(Juels::ZERO));
    assert_eq!(from_cents_down::<Software>(1, n(1), 59), Err(Above96Bits));
    assert_eq!(from_cents_down::<Software>(1, n(1), 5), Ok(j(1_000_000_000_000_000_000_000)));
    assert_eq!(from_cents_down::<Software>(u16::MAX, n(1), 5), Err(Above72Bits));
    let gas = Estimate { gas_overhead_before_callback: u32::MAX, ..reference() };
    assert_eq!(gas.juels::<Software>(), Err(Overflow));
    assert_eq!(gas_needed(u32::MAX, (1 << 40) - 1), Err(Overflow));
    assert_eq!(worst_case(Juels::ZERO, j(1), JuelsPerGas(Juels::MAX), 1), Err(Overflow));
}

#[test]
fn the_callback_gets_its_gas_or_nothing_happens() {
    assert!(!can_forward(4_999, 5_000, 0));
    assert!(!can_forward(5_000, 5_000, 0));
    assert!(can_forward(5_001, 5_000, 0));
    assert!(!can_forward(5_000 + 101_587, 5_000, 100_000)); // 101587 - 1587 = 100000: not above
    assert!(can_forward(5_000 + 101_588, 5_000, 100_000));
}

#[test]
fn time_out_begins_at_the_exact_second() {
    assert_eq!(timeout_timestamp(1_700_000_002, 300), 1_700_000_302);
    assert_eq!(timeout_timestamp(u32::MAX.into(), 1), 0);
    assert!(!is_timed_out(1_700_000_301, 1_700_000_302));
    assert!(is_timed_out(1_700_000_302, 1_700_000_302));
}

proptest! {
    #[test]
    fn a_share_is_the_quotient(pool in 0..1_u128 << 96, oracles in 1..=31_u8) {
        let (share, rest) = (pool / u128::from(oracles), pool % u128::from(oracles));
        prop_assert_eq!(share_down(j(pool), oracles), (j(share), j(rest)));
        prop_assert_eq!(share_down(j(pool), 0), (Juels::ZERO, j(pool)));
    }

    #[test]
    fn the_estimate_covers_the_worst_case_at_the_same_prices(
        price in 1..1_000_000_000_000_u128, l1 in 0..1_000_000_000_000_000_u128, link in 1_000_000_000_000_u128..1 << 70,
        before in 0..1_000_000_u32, after in 0..1_000_000_u32, limit in 0..3_000_000_u32, bp in 0..20_000_u32,
        don in 0..1_u128 << 60, operation in 0..1_u128 << 60, entries in 1..=255_u8, shared in any::<u32>(),
    ) {
        let estimate = Estimate {
            gas_price_wei: n(price), minimum_gas_price_wei: 0, over_estimation_bp: bp, gas_overhead_before_callback: before,
            gas_overhead_after_callback: after, callback_gas_limit: limit, l1_fee_wei: n(l1), wei_per_link: n(link),
            don_fee: j(don), admin_fee: Juels::ZERO, operation_fee: j(operation),
        };
        let reserved = estimate.juels::<Software>().unwrap();
        let share = l1_share_down::<Software>(n(l1), entries);
        let gas = shared_overhead_gas(overhead_gas(before.into(), after.into()).unwrap(), shared, entries);
        let cost = FulfillmentCost::new::<Software>(n(price), share, n(link), gas, j(don), j(operation)).unwrap();
        prop_assert!(worst_case(Juels::ZERO, cost.without_callback, cost.juels_per_gas, limit).unwrap() <= reserved);
    }

    #[test]
    fn entries_pay_the_shared_part_at_least_once_and_hardly_more(
        gas in 0..1_u64 << 40, shared in any::<u32>(), entries in 1..=255_u8, more in any::<u32>(),
    ) {
        let billed = shared_overhead_gas(gas, shared, entries);
        let (count, common) = (u64::from(entries), gas.min(shared.into()));
        prop_assert!(billed <= gas);
        let all = (gas - common) * count + common;
        prop_assert!((all..all + count).contains(&(billed * count)), "{} for {}", billed * count, all);
        // The more go together, and the more is shared, the less each pays.
        prop_assert!(shared_overhead_gas(gas, shared, entries.saturating_add(1)) <= billed);
        prop_assert!(shared_overhead_gas(gas, shared.saturating_add(more), entries) <= billed);
    }

    #[test]
    fn rounding_loses_less_than_one_juel_a_step(wei in 0..1_u128 << 90, link in 1_000_000_000_000_000_u128..1 << 70) {
        let juels = from_wei_down::<Software>(n(wei), n(link));
        prop_assume!(juels.is_ok());
        let exact = n(wei) * n(LINK);
        let back = n(juels.unwrap().get()) * n(link);
        prop_assert!(back <= exact && exact - back < n(link));
    }

    #[test]
    fn a_settlement_splits_without_loss(admin in 0..1_u128 << 70, fixed in 0..1_u128 << 80, per_gas in 0..1_u128 << 50, gas in 0..5_000_000_u64) {
        let s = Settlement::new(j(admin), j(fixed), JuelsPerGas(j(per_gas)), gas).unwrap();
        prop_assert_eq!(s.coordinator_credit.checked_add(j(admin)), Some(s.total_cost));
        prop_assert!(s.callback_cost <= s.coordinator_credit);
    }

    #[test]
    fn rules_never_panic(a in any::<[u8; 32]>(), b in any::<[u8; 32]>(), c in any::<[u8; 32]>(), x in any::<[u32; 4]>(), fee in 0..1_u128 << 72, decimals in any::<u8>()) {
        let fee = j(fee);
        let (a, b, c) = (U256::from_be_bytes(a), U256::from_be_bytes(b), U256::from_be_bytes(c));
        let estimate = Estimate {
            gas_price_wei: a, minimum_gas_price_wei: u64::from(x[3]), over_estimation_bp: x[0], gas_overhead_before_callback: x[1],
            gas_overhead_after_callback: x[2], callback_gas_limit: x[3], l1_fee_wei: b, wei_per_link: c,
            don_fee: fee, admin_fee: fee, operation_fee: fee,
        };
        let _ = estimate.juels::<Software>();
        let _ = from_cents_down::<Software>(x[0] as u16, a, decimals);
        let _ = FulfillmentCost::new::<Software>(a, b, c, x[0].into(), fee, fee);
        let _ = overhead_gas(x[0].into(), x[1].into());
        let _ = shared_overhead_gas(u64::from(x[0]) << 32 | u64::from(x[1]), x[2], x[3] as u8);
    }
}
