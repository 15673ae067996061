//! Addresses that mean the same on every chain, and that nobody sends a transaction from: what they are given is lost.

use alloy_primitives::{Address, address};

/// The last of the addresses that chains keep for themselves (EIP-1352): Ethereum's precompiles begin at 1, Arbitrum's
/// at 0x64.
const LAST_RESERVED: Address = address!("000000000000000000000000000000000000ffff");

/// Contracts at one address everywhere that only make other contracts.
const FACTORIES: [(Address, &str); 2] = [
    (address!("4e59b44847b379578588920cA78FbF26c0B4956C"), "the CREATE2 factory"),
    (address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990"), "the StylusDeployer"),
];

/// What such an address is, in words; nothing of any other.
#[must_use]
pub fn is(address: Address) -> Option<&'static str> {
    match address {
        Address::ZERO => Some("the zero address"),
        _ if address <= LAST_RESERVED => Some("an address kept for the chain's precompiles"),
        _ => FACTORIES.iter().find(|(factory, _)| *factory == address).map(|(_, what)| *what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precompiles_and_factories_are_nobodys() {
        let at = |number: u64| Address::left_padding_from(&number.to_be_bytes());
        for number in [0x01, 0x11, 0x64, 0x6c, 0x72, 0xff, 0x100, 0xffff] {
            assert!(is(at(number)).is_some_and(|what| what.contains("precompiles")), "{number:#x}");
        }
        assert_eq!(is(at(0)), Some("the zero address"));
        assert_eq!(is(FACTORIES[0].0), Some("the CREATE2 factory"));
        for somebody in [at(0x1_0000), Address::repeat_byte(1), Address::repeat_byte(0xff)] {
            assert_eq!(is(somebody), None, "{somebody}");
        }
    }
}
