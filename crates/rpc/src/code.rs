//! What an answer to eth_getCode says of an address.

use std::fmt;

/// What the code of an account begins with that has delegated to a contract (EIP-7702).
const DELEGATION: [u8; 3] = [0xef, 0x01, 0x00];

/// Whether it is a contract's. An account that has delegated to code is none: its key moves what it holds.
fn is_contract(code: &[u8]) -> bool {
    !code.is_empty() && !code.starts_with(&DELEGATION)
}

/// What is to be said of an address with this code that is to get LINK: of a contract, that it must be able to pass it
/// on.
#[must_use]
pub fn warning_of_payee(to: impl fmt::Display, code: &[u8]) -> Option<String> {
    is_contract(code)
        .then(|| format!("{to} is a contract: LINK comes back from it only if it has a way to move it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_no_contracts() {
        let delegated = [&DELEGATION[..], &[7; 20]].concat();
        let codes: [&[u8]; 4] = [&[], &delegated, &[0x60], &[0xef, 0xf0, 0x00]];
        assert_eq!(codes.map(is_contract), [false, false, true, true]);
    }
}
