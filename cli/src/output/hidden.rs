//! What may be secret in a command line that is quoted back: the user part of a URL, and what has a key's length.

use functions_input::secret::DIGITS_OF_KEY;

/// The text without users and passwords of URLs, and without keys.
pub(super) fn hide(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split("://");
    out += &without_keys(parts.next().unwrap_or_default());
    for part in parts {
        let end =
            part.find(|c: char| c.is_whitespace() || matches!(c, '/' | '\'' | '"')).unwrap_or(part.len());
        let start = part[..end].rfind('@').map_or(0, |at| at + 1);
        out += "://";
        out += &without_keys(&part[start..]);
    }
    out
}

fn without_keys(text: &str) -> String {
    let mut rest = text;
    let mut out = String::with_capacity(text.len());
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
        out += if digits >= DIGITS_OF_KEY { "…" } else { &rest[..digits] };
        let others =
            rest[digits..].find(|c: char| c.is_ascii_hexdigit()).map_or(rest.len(), |at| digits + at);
        out += &rest[digits..others];
        rest = &rest[others..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_keys_are_left_out_and_the_rest_stays() {
        let key = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
        assert_eq!(hide(&format!("found '0x{key}', '{key}'")), "found '0x…', '…'");
        assert_eq!(hide(&key[..50]), key[..50]);
        assert_eq!(hide("'http://u:p@ss@host:1/a@b' and ftp://k@h"), "'http://host:1/a@b' and ftp://h");
        for same in ["", "é ://", "0x2c7536e3605d9c16a7a3d7b1898e529396a65c23", "a@b http://host/x"] {
            assert_eq!(hide(same), same);
        }
    }
}
