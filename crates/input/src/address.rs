//! Addresses as people write them.

use alloy_primitives::Address;
use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

use crate::nobody;

/// Reads 0x and 40 hexadecimal digits; in mixed case their checksum (EIP-55) must be right.
///
/// # Errors
/// What is wrong with the text.
pub fn parse(text: &str) -> Result<Address, String> {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let Some(digits) = text.strip_prefix("0x") else {
        return Err(if text.len() == 40 && is_hex(text) {
            "an address is 0x and 40 hexadecimal digits; write 0x before these".to_owned()
        } else if text.contains('.') {
            "names are not resolved; an address is 0x and 40 hexadecimal digits".to_owned()
        } else {
            "an address is 0x and 40 hexadecimal digits; this does not begin with 0x".to_owned()
        });
    };
    if !is_hex(digits) {
        return Err("an address is 0x and 40 hexadecimal digits; this has other signs".to_owned());
    }
    if digits.len() != 40 {
        return Err(format!("an address is 0x and 40 hexadecimal digits; this has {}", digits.len()));
    }
    let is_mixed = digits.bytes().any(|byte| byte.is_ascii_uppercase())
        && digits.bytes().any(|byte| byte.is_ascii_lowercase());
    if is_mixed {
        return Address::parse_checksummed(format!("0x{digits}"), None)
            .map_err(|_| "the checksum in its capitals is wrong: a digit is mistyped".to_owned());
    }
    digits.parse().map_err(|_| "that is no address".to_owned())
}

/// [`parse`] for an address that somebody may be behind: not zero.
///
/// # Errors
/// What is wrong with the text.
pub fn somebody(text: &str) -> Result<Address, String> {
    match parse(text)? {
        Address::ZERO => Err("this is the zero address, which is nobody's".to_owned()),
        address => Ok(address),
    }
}

/// [`parse`] for an address that is paid: one that is not [`nobody`]'s.
///
/// # Errors
/// What is wrong with the text.
pub fn payee(text: &str) -> Result<Address, String> {
    let address = parse(text)?;
    match nobody::is(address) {
        Some(what) => Err(format!("this is {what}: what it gets is lost; give your own address")),
        None => Ok(address),
    }
}

/// [`parse`] for a value of a file.
///
/// # Errors
/// As the file's format tells of them.
pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Address, D::Error> {
    parse(&String::deserialize(input)?).map_err(D::Error::custom)
}

/// [`parse`] for a value that may be null; to be used with `#[serde(default)]` where it may be missing.
///
/// # Errors
/// As [`deserialize`].
pub fn deserialize_optional<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Address>, D::Error> {
    Option::<String>::deserialize(input)?.map(|text| parse(&text).map_err(D::Error::custom)).transpose()
}

/// Writes an address with its checksum (EIP-55), so that a digit mistyped on its way is found.
///
/// # Errors
/// As the output's format tells of them.
pub fn serialize<S: Serializer>(address: &Address, output: S) -> Result<S::Ok, S::Error> {
    output.collect_str(address)
}

/// [`serialize`] for an address that may be missing: null.
///
/// # Errors
/// As [`serialize`].
pub fn serialize_optional<S: Serializer>(address: &Option<Address>, output: S) -> Result<S::Ok, S::Error> {
    match address {
        Some(address) => serialize(address, output),
        None => output.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_a_party_or_paid() {
        let zero = "0x0000000000000000000000000000000000000000";
        assert_eq!(parse(zero), Ok(Address::ZERO));
        assert!(somebody(zero).expect_err("zero").contains("zero address"));
        assert!(payee(zero).expect_err("zero").contains("zero address"));
        let precompile = "0x0000000000000000000000000000000000000064";
        assert!(somebody(precompile).is_ok());
        assert!(payee(precompile).expect_err("nobody").contains("precompiles: what it gets is lost"));
        let right = "0x3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E";
        assert!(somebody(right).is_ok() && somebody(right) == payee(right));
        assert!(payee("0x12").expect_err("no address").contains("this has 2"));
    }

    #[test]
    fn mistyped_digit_is_found_where_there_is_a_checksum() {
        let right = "0x3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E";
        let upper = format!("0x{}", right[2..].to_uppercase());
        for good in [right, &right.to_lowercase(), &upper] {
            assert_eq!(parse(good).map(|address| address.to_string()).as_deref(), Ok(right), "{good}");
        }
        assert!(parse(&right.replace("3f1E", "3f1e")).expect_err("a capital").contains("checksum"));
        assert!(parse(&right.replace("2d0E", "2d1E")).expect_err("a digit").contains("checksum"));
        for bad in
            ["", "0x", "0x12", "router", &right[..41], &format!("{right}0"), &right[2..], "vitalik.eth"]
        {
            assert!(parse(bad).expect_err("no address").contains("40 hexadecimal"), "{bad}");
        }
        for (bad, words) in [
            (&right[..41], "this has 39"),
            (&right[2..], "write 0x before these"),
            ("vitalik.eth", "names are not resolved"),
            ("0X00000000000000000000000000000000000000aa", "does not begin with 0x"),
            ("0x0000000000000000000000000000000000000g", "other signs"),
        ] {
            let said = parse(bad).expect_err("no address");
            assert!(said.contains(words), "{bad}: {said}");
        }
    }
}
