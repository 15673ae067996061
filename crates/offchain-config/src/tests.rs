#![allow(clippy::unwrap_used)]

use functions_types::limits::{Limits, Mode, Profile, RunOptions};

use crate::{ConfigError, MAX_BYTES, Member, Method, OffchainConfig, Timing, VERSION};

/// The peer id of the Ed25519 key `[fill; 32]`.
fn peer_id(fill: u8) -> String {
    const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes = vec![0, 0x24, 8, 1, 0x12, 0x20];
    bytes.extend([fill; 32]);
    let mut digits = Vec::new();
    while bytes.iter().any(|byte| *byte != 0) {
        let mut rest = 0;
        for byte in &mut bytes {
            let value = rest * 256 + u32::from(*byte);
            *byte = u8::try_from(value / 58).unwrap();
            rest = value % 58;
        }
        digits.push(char::from(BASE58[rest as usize]));
    }
    // One leading zero byte.
    digits.push('1');
    digits.iter().rev().collect()
}

fn member(index: u8) -> Member {
    Member {
        peer_id: peer_id(index),
        addresses: vec![format!("/ip4/127.0.0.1/tcp/{}", 9_000 + u16::from(index))],
        offchain_public_key: [index + 1; 32],
    }
}

fn config(members: u8) -> OffchainConfig {
    OffchainConfig {
        members: (0..members).map(member).collect(),
        timing: Timing::default(),
        limits: Limits::DEFAULT,
        options: RunOptions::default(),
        method: Method::Mode,
        allow_unbound_secrets: false,
    }
}

#[test]
fn decode_returns_what_was_encoded() {
    for members in [4, 7, 31] {
        for code in 0..=4 {
            let allow_unbound_secrets = code % 2 == 0;
            let method = Method::from_code(code).unwrap();
            let config = OffchainConfig { method, allow_unbound_secrets, ..config(members) };
            let bytes = config.encode().unwrap();
            assert_eq!(OffchainConfig::decode(VERSION, &bytes), Ok(config));
        }
    }
}

#[test]
fn decode_returns_the_options_and_takes_absent_ones_for_the_default() {
    let options = RunOptions { profile: Profile::Classic, mode: Mode::Compat, wasm: true };
    let config = OffchainConfig { options, limits: Limits::CLASSIC, ..config(4) };
    let mut bytes = config.encode().unwrap();
    assert_eq!(OffchainConfig::decode(VERSION, &bytes), Ok(config));
    // The last field is the options: 2 bytes of tag and length, 3 fields of 2 bytes; here with an unknown mode.
    let mode = bytes.len() - 3;
    assert_eq!(bytes[mode - 1..=mode], [0x10, 1]);
    bytes[mode] = 9;
    let error = OffchainConfig::decode(VERSION, &bytes).unwrap_err().to_string();
    assert!(error.contains("mode is 9"), "{error}");
}

#[test]
fn wire_bytes_have_not_moved() {
    let bytes = config(4).encode().unwrap();
    // Field 1 (member), length 113: peer id (52), address (23), key (32), each with tag and length.
    assert_eq!(bytes[..4], [0x0a, 113, 0x0a, 52]);
    assert_eq!(Method::from_name("median-int256"), Some(Method::MedianInt256));
    assert_eq!(Method::from_name("mean"), None);
}

#[test]
fn decode_refuses_other_versions_and_garbage() {
    let bytes = config(4).encode().unwrap();
    for version in [0, 2, 30, 310] {
        assert_eq!(OffchainConfig::decode(version, &bytes), Err(ConfigError::Version { version }));
    }
    assert!(matches!(OffchainConfig::decode(VERSION, &[0xff; 40]), Err(ConfigError::Malformed(_))));
    assert!(matches!(
        OffchainConfig::decode(VERSION, &vec![0; MAX_BYTES + 1]),
        Err(ConfigError::TooLong { .. })
    ));
    assert!(matches!(OffchainConfig::decode(VERSION, &[]), Err(ConfigError::Missing(_))));
    for end in 0..bytes.len() {
        let _ = OffchainConfig::decode(VERSION, &bytes[..end]);
    }
}

/// One member's mistake is that member's alone: the others go on without it.
#[test]
fn decode_takes_members_that_cannot_be_reached() {
    type Break = fn(&mut Member);
    let breaks: [Break; 7] = [
        |member| member.addresses = vec!["/ip4/10.0.0.300/tcp/9001".into()],
        |member| member.addresses = vec![String::new()],
        |member| member.addresses = vec!["/ip4/10.0.0.1/tcp/0".into()],
        |member| member.addresses = vec!["/dns4/nowhere.invalid/tcp/9001".into()],
        |member| member.addresses = vec![format!("/ip4/10.0.0.1/tcp/9001/{}", "x".repeat(5_000))],
        |member| member.addresses = Vec::new(),
        |member| member.peer_id = "12D3KooWtypo".into(),
    ];
    for break_it in breaks {
        let mut config = config(4);
        break_it(&mut config.members[2]);
        let bytes = crate::wire::encode(&config);
        assert_eq!(OffchainConfig::decode(VERSION, &bytes), Ok(config.clone()));
        // Yet nobody sets such a one.
        let error = config.encode().unwrap_err().to_string();
        assert!(error.starts_with("member 2: "), "{error}");
    }
}

#[test]
fn validate_names_the_rule_that_is_broken() {
    type Break = fn(&mut OffchainConfig);
    let cases: [(&str, Break); 10] = [
        ("same address", |config| config.members[1].addresses = config.members[0].addresses.clone()),
        ("3 members", |config| config.members.truncate(3)),
        ("peer id", |config| config.members[1].peer_id = "12D3KooW0".into()),
        ("same peer id", |config| config.members[1].peer_id = config.members[0].peer_id.clone()),
        ("same off-chain public key", |config| config.members[3].offchain_public_key = [1; 32]),
        ("not all zero", |config| config.members[2].offchain_public_key = [0; 32]),
        ("0 addresses", |config| config.members[2].addresses.clear()),
        ("not a multiaddress", |config| config.members[2].addresses[0] = "127.0.0.1:9000".into()),
        ("t_obs_ms is 0", |config| config.timing.t_obs_ms = 0),
        ("response_bytes is 4097", |config| config.limits.response_bytes = 4_097),
    ];
    for (text, break_it) in cases {
        let mut config = config(4);
        break_it(&mut config);
        let error = config.encode().unwrap_err().to_string();
        assert!(error.contains(text), "{error:?} does not say {text:?}");
    }
}
