//! What a transaction offers per gas, in wei. Pure arithmetic.

/// The offer of a first version: the base fee may double before it is taken.
pub(super) fn offer(base_fee_wei: u128) -> u128 {
    base_fee_wei.saturating_mul(2).max(1)
}

/// The offer of a version that replaces one of `before`: more by a quarter, because pools refuse less than a tenth.
pub(super) fn raised(before_wei: u128, base_fee_wei: u128) -> u128 {
    offer(base_fee_wei).max(before_wei.saturating_add((before_wei / 4).max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offer_lets_the_base_fee_double_and_is_never_nothing() {
        assert_eq!([0, 1, 100].map(offer), [1, 2, 200]);
        assert_eq!(offer(u128::MAX), u128::MAX);
    }

    #[test]
    fn raised_is_a_quarter_more_or_what_the_base_fee_asks_for() {
        assert_eq!(raised(1_000, 10), 1_250);
        assert_eq!(raised(1_000, 5_000), 10_000);
        for before in [0, 1, 2, 3, 7, 1_000, u128::MAX - 1] {
            let after = raised(before, 0);
            assert!(after > before, "{before}");
            assert!(after == u128::MAX || after >= before + before / 10, "{before}: pools refuse it");
        }
        assert_eq!(raised(u128::MAX, 0), u128::MAX);
    }
}
