//! Addresses as operators type them: where money goes, a mistyped digit must not be an address.

use alloy::primitives::Address;

/// Reads 40 hexadecimal digits, with or without `0x`; in mixed case the checksum must be right.
///
/// # Errors
/// In words: what is wrong with the text.
pub(super) fn parse(text: &str) -> Result<Address, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.len() != 40 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!(
            "an address is 0x and 40 hexadecimal digits; this has {}",
            digits.chars().count()
        ));
    }
    let has = |kind: fn(&u8) -> bool| digits.bytes().any(|byte| kind(&byte));
    if has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) {
        return Address::parse_checksummed(format!("0x{digits}"), None)
            .map_err(|_| "the checksum in its capitals is wrong: a digit is mistyped".to_owned());
    }
    digits.parse().map_err(|_| "that is no address".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_address_is_none() {
        let right = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
        let address: Address = right.parse().expect("an address");
        for text in [right, &right[2..], &right.to_lowercase(), &format!("0x{}", right[2..].to_uppercase())] {
            assert_eq!(parse(text), Ok(address), "{text}");
        }
        assert!(parse(&right.replace("5Fb", "5Fc")).expect_err("mistyped").contains("checksum"));
        for text in ["0x0", "", "0x", &right[..41], "0x5FbDB2315678afecb367f032d93F642f64180aaé"] {
            assert!(parse(text).expect_err("too short").contains("40 hexadecimal"), "{text}");
        }
    }
}
