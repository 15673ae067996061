//! Where a member is reached: its peer id and its addresses.
//!
//! Members connect by TCP to an IP address: `/ip4/A/tcp/P` or `/ip6/A/tcp/P`, optionally followed by `/p2p/` and the
//! member's own peer id. Names are not resolved.

use std::net::IpAddr;

use crate::MAX_ADDRESS_BYTES;

const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// Bytes of an identity multihash over an Ed25519 key, and how they begin.
const PEER_ID_BYTES: usize = 38;
const PEER_ID_START: [u8; 6] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

/// Whether other members can use `address` to reach the member with `peer_id`.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn check_address(address: &str, peer_id: &str) -> Result<(), String> {
    if address.len() > MAX_ADDRESS_BYTES {
        return Err(format!("an address has {} bytes, at most {MAX_ADDRESS_BYTES}", address.len()));
    }
    let refuse =
        |why: &str| Err(format!("address {address:?}: {why}; write for example /ip4/192.0.2.1/tcp/9001"));
    let Some(rest) = address.strip_prefix('/') else { return refuse("is not a multiaddress") };
    let parts: Vec<&str> = rest.split('/').collect();
    let [kind, host, transport, port, more @ ..] = parts.as_slice() else {
        return refuse("is not a whole multiaddress");
    };
    let ip = match *kind {
        "ip4" => host.parse().map(IpAddr::V4).ok(),
        "ip6" => host.parse().map(IpAddr::V6).ok(),
        "dns" | "dns4" | "dns6" | "dnsaddr" => {
            return refuse("names are not resolved, an IP address is needed");
        }
        _ => return refuse("must begin with /ip4/ or /ip6/"),
    };
    let Some(ip) = ip else { return refuse(&format!("{host:?} is no {kind} address")) };
    let is_broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    if ip.is_unspecified() || ip.is_multicast() || is_broadcast {
        return refuse("nobody can be reached there, write the address the other members connect to");
    }
    if *transport != "tcp" {
        return refuse("members speak TCP only");
    }
    let is_plain = !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit());
    if !is_plain || port.parse::<u16>().unwrap_or(0) == 0 {
        return refuse("the port must be 1 to 65535");
    }
    match more {
        [] => Ok(()),
        ["p2p", id] if *id == peer_id => Ok(()),
        ["p2p", _] => refuse("it ends in another peer id than the member's"),
        _ => refuse("only /p2p/ and the member's peer id may follow the port"),
    }
}

/// Whether `text` is the base58 form of an identity multihash over an Ed25519 key.
#[must_use]
pub fn is_peer_id(text: &str) -> bool {
    if text.len() != 52 {
        return false;
    }
    let mut bytes = [0u8; PEER_ID_BYTES];
    for digit in text.bytes() {
        let Some(value) = BASE58.iter().position(|known| *known == digit) else { return false };
        let mut carry = value;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = u8::try_from(carry % 256).unwrap_or_default();
            carry /= 256;
        }
        if carry > 0 {
            return false;
        }
    }
    bytes.starts_with(&PEER_ID_START)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: &str = "12D3KooWHEZ3YnZWcqrE91bnCGJZsUS3njYBJEh7QGK3NwzrGEKn";

    #[test]
    fn addresses_others_can_use_pass() {
        for good in [
            "/ip4/10.0.0.30/tcp/9001",
            "/ip4/127.0.0.1/tcp/1",
            "/ip6/2001:db8::1/tcp/65535",
            "/ip4/10.0.0.30/tcp/9001/p2p/12D3KooWHEZ3YnZWcqrE91bnCGJZsUS3njYBJEh7QGK3NwzrGEKn",
        ] {
            assert_eq!(check_address(good, PEER), Ok(()), "{good}");
        }
    }

    #[test]
    fn addresses_nobody_can_use_are_refused_with_a_reason() {
        let long = format!("/ip4/10.0.0.1/tcp/9001/{}", "x".repeat(300));
        for (bad, reason) in [
            ("", "not a multiaddress"),
            ("10.0.0.1:9001", "not a multiaddress"),
            ("/", "whole"),
            ("/ip4/10.0.0.1", "whole"),
            ("/ip4/10.0.0.1/tcp", "whole"),
            ("/ip4/10.0.0.300/tcp/9001", "no ip4 address"),
            ("/ip4/10.0.0/tcp/9001", "no ip4 address"),
            ("/ip4/ 10.0.0.1/tcp/9001", "no ip4 address"),
            ("/ip4/::1/tcp/9001", "no ip4 address"),
            ("/ip6/10.0.0.1/tcp/9001", "no ip6 address"),
            ("/ip4/0.0.0.0/tcp/9001", "nobody"),
            ("/ip6/::/tcp/9001", "nobody"),
            ("/ip4/255.255.255.255/tcp/9001", "nobody"),
            ("/ip4/224.0.0.1/tcp/9001", "nobody"),
            ("/ip4/10.0.0.1/tcp/0", "port"),
            ("/ip4/10.0.0.1/tcp/65536", "port"),
            ("/ip4/10.0.0.1/tcp/+9001", "port"),
            ("/ip4/10.0.0.1/tcp/", "port"),
            ("/ip4/10.0.0.1/tcp/90o1", "port"),
            ("/ip4/10.0.0.1/udp/9001", "TCP"),
            ("/dns4/nowhere.invalid/tcp/9001", "names"),
            ("/onion3/abc/tcp/9001", "begin"),
            ("/ip4/10.0.0.1/tcp/9001/ws", "follow"),
            ("/ip4/10.0.0.1/tcp/9001/", "follow"),
            ("/ip4/10.0.0.1/tcp/9001/p2p/12D3KooW", "another peer id"),
            (&long, "bytes"),
        ] {
            let refused = check_address(bad, PEER).expect_err(bad);
            assert!(refused.contains(reason), "{bad:?}: {refused}");
        }
    }

    #[test]
    fn peer_ids_are_whole_identities() {
        assert!(is_peer_id(PEER));
        for bad in [
            "",
            "12D3KooW",
            &PEER[1..],
            &PEER.replace('H', "0"),
            &format!("{PEER}1"),
            &format!("12D3KooW{}", "z".repeat(44)),
            &"1".repeat(52),
            &"z".repeat(52),
            "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",
        ] {
            assert!(!is_peer_id(bad), "{bad}");
        }
    }
}
