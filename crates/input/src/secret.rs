//! What may be secret where something else was asked for.

/// So many hexadecimal digits in a row are taken for a key, perhaps one cut short, and are shown nowhere. An address
/// has 40.
pub const DIGITS_OF_KEY: usize = 56;

/// Whether a text holds what is taken for a key.
#[must_use]
pub fn holds_key(text: &[u8]) -> bool {
    text.split(|byte| !byte.is_ascii_hexdigit()).any(|row| row.len() >= DIGITS_OF_KEY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_more_digits_than_an_address() {
        let key = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
        assert!(holds_key(format!("/k/0x{key}").as_bytes()) && holds_key(&key.as_bytes()[..DIGITS_OF_KEY]));
        assert!(!holds_key(&key.as_bytes()[..50]) && !holds_key(b"2c7536e3605d9c16a7a3d7b1898e529396a65c23"));
    }
}
