//! The address policy: whatever passes is plain HTTP to a public place, however it was spelled.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use oracle_runner::http_policy::{is_public, redirect, vet};
use url::{Host, Url};

/// IPv4 networks no script may reach, as the specification lists them.
const REFUSED_V4: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];
/// IPv6 networks of which the same is true.
const REFUSED_V6: [([u16; 8], u32); 6] = [
    ([0, 0, 0, 0, 0, 0, 0, 0], 128),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
];
/// IPv6 networks that stand for an IPv4 address, and the byte where it begins.
const EMBEDDED: [([u16; 8], u32, usize); 3] = [
    ([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, 12),
    ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, 12),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, 2),
];

/// Takes `data` as addresses, as a URL, and as a URL and the place it redirects to, parted by a line's end.
pub(crate) fn check(data: &[u8]) {
    if let Some(bytes) = data.first_chunk::<4>() {
        let address = Ipv4Addr::from(*bytes);
        assert_eq!(is_public(address.into()), !is_refused_v4(address), "{address}");
    }
    if let Some(bytes) = data.first_chunk::<16>() {
        check_v6(Ipv6Addr::from(*bytes));
    }
    let (from, location) = match data.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&data[..at], Some(&data[at + 1..])),
        None => (data, None),
    };
    let Some(from) = vet(&String::from_utf8_lossy(from)) else { return };
    check_vetted(&from);
    if let Some(target) = location.and_then(|location| redirect(&from, location)) {
        check_vetted(&target);
    }
}

fn check_vetted(url: &Url) {
    assert!(matches!(url.scheme(), "http" | "https"), "{url}");
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none(), "{url}");
    let port = url.port_or_known_default().expect("HTTP has a port");
    assert!(matches!(port, 80 | 443 | 1024..), "{url}");
    match url.host().expect("HTTP has a host") {
        Host::Ipv4(address) => assert!(!is_refused_v4(address), "{url}"),
        Host::Ipv6(address) => assert!(is_public(address.into()), "{url}"),
        // A name that is an address in disguise would skip the resolver's judgement.
        Host::Domain(name) => assert!(name.trim_end_matches('.').parse::<IpAddr>().is_err(), "{url}"),
    }
    assert_eq!(vet(url.as_str()).as_ref(), Some(url), "what passed once passes again");
}

fn check_v6(address: Ipv6Addr) {
    let public = is_public(address.into());
    let bits = address.to_bits();
    let within = |network: [u16; 8], len: u32| {
        let mask = u128::MAX.checked_shl(128 - len).unwrap_or(0);
        Ipv6Addr::from(network).to_bits() & mask == bits & mask
    };
    if REFUSED_V6.iter().any(|(network, len)| within(*network, *len)) {
        assert!(!public, "{address}");
    }
    for (network, len, at) in EMBEDDED {
        if within(network, len) {
            let octets = address.octets();
            let inner = Ipv4Addr::new(octets[at], octets[at + 1], octets[at + 2], octets[at + 3]);
            assert_eq!(public, !is_refused_v4(inner), "{address}");
        }
    }
}

fn is_refused_v4(address: Ipv4Addr) -> bool {
    REFUSED_V4.iter().any(|(network, len)| {
        let mask = u32::MAX << (32 - len);
        Ipv4Addr::from(*network).to_bits() & mask == address.to_bits() & mask
    })
}
