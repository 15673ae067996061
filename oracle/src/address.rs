//! Addresses as people write them.

use alloy::primitives::Address;
use serde::Deserialize;

/// Reads 0x and 40 hexadecimal digits; in mixed case their checksum (EIP-55) must be right.
///
/// # Errors
/// What is wrong with the text.
pub(crate) fn parse(text: &str) -> Result<Address, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.len() != 40 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("an address is 0x and 40 hexadecimal digits".to_owned());
    }
    let is_mixed = digits.bytes().any(|byte| byte.is_ascii_uppercase())
        && digits.bytes().any(|byte| byte.is_ascii_lowercase());
    if is_mixed {
        return Address::parse_checksummed(format!("0x{digits}"), None)
            .map_err(|_| "the checksum in its capitals is wrong: a digit is mistyped".to_owned());
    }
    digits.parse().map_err(|_| "that is no address".to_owned())
}

/// [`parse`] for a value of a configuration file.
pub(crate) fn deserialize<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Address, D::Error> {
    parse(&String::deserialize(input)?).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistyped_digit_is_found_where_there_is_a_checksum() {
        let right = "0x3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E";
        let upper = format!("0x{}", right[2..].to_uppercase());
        for good in [right, &right[2..], &right.to_lowercase(), &upper] {
            assert_eq!(parse(good).map(|address| address.to_string()).as_deref(), Ok(right), "{good}");
        }
        assert!(parse(&right.replace("3f1E", "3f1e")).expect_err("a capital").contains("checksum"));
        assert!(parse(&right.replace("2d0E", "2d1E")).expect_err("a digit").contains("checksum"));
        for bad in ["", "0x", "0x12", "router", &right[..41], &format!("{right}0")] {
            assert!(parse(bad).expect_err("no address").contains("40 hexadecimal"), "{bad}");
        }
    }
}
