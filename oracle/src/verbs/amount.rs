//! Amounts of 18 decimals, LINK and ether alike, as people write them. Exact: nothing is rounded.

use alloy::primitives::U256;

/// Digits after the point.
const DECIMALS: usize = 18;

/// Reads `1`, `0.25` or `.5` as juels or wei.
///
/// # Errors
/// In words: what is wrong and how it is written.
pub fn parse(text: &str) -> Result<U256, String> {
    let bad =
        || format!("{text:?} is no amount; write for example 12.5, with at most 18 digits after the point");
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole)
        || !digits(part)
        || whole.len() + part.len() == 0
        || part.len() > DECIMALS
        || whole.len() > 30
    {
        return Err(bad());
    }
    format!("{whole}{part:0<DECIMALS$}").parse().map_err(|_| bad())
}

/// [`parse`] for what shall be moved.
///
/// # Errors
/// As [`parse`], and when it is nothing.
pub fn parse_some(text: &str) -> Result<U256, String> {
    match parse(text)? {
        U256::ZERO => Err("that is nothing; give an amount above 0".to_owned()),
        some => Ok(some),
    }
}

/// Writes juels or wei with all their digits, without trailing zeros.
#[must_use]
pub fn show(value: U256) -> String {
    let digits = format!("{value:0>width$}", width = DECIMALS + 1);
    let (whole, part) = digits.split_at(digits.len() - DECIMALS);
    let part = part.trim_end_matches('0');
    if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_and_show_agree_to_the_last_digit() {
        for (text, value) in [
            ("1", 1_000_000_000_000_000_000u128),
            ("0.000000000000000001", 1),
            ("0", 0),
            ("12.5", 12_500_000_000_000_000_000),
        ] {
            assert_eq!(parse(text), Ok(U256::from(value)));
            assert_eq!(show(U256::from(value)), text);
        }
        assert_eq!(parse(".5"), Ok(U256::from(500_000_000_000_000_000u64)));
        for bad in ["", ".", "-1", "1e3", "0x10", "1.0000000000000000001", "1,5", " 1", "1.5.2"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        for nothing in ["0", "0.0", ".000", "000"] {
            assert!(parse_some(nothing).expect_err(nothing).contains("above 0"), "{nothing}");
        }
        assert_eq!(parse_some("0.000000000000000001"), Ok(U256::from(1)));
        assert!(parse_some("-1").is_err());
    }
}
