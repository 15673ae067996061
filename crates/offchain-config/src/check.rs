//! The ranges a configuration must keep.

use std::collections::BTreeSet;

use functions_types::members::{MAX_MEMBERS, MIN_MEMBERS};

use crate::{
    MAX_ADDRESSES, MAX_BYTES, Member, OffchainConfig, VERSION,
    place::{check_address, is_peer_id},
};

/// Most bytes of a request's CBOR that any configuration may allow.
pub const MAX_REQUEST_BYTES: usize = 10 << 20;

/// Why a configuration is refused. The operator who calls `setConfig` must act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Another kind of configuration.
    #[error("offchainConfigVersion is {version}, this node reads {VERSION}")]
    Version {
        /// The version of the event.
        version: u64,
    },
    /// More bytes than any valid configuration has.
    #[error("offchainConfig has {bytes} bytes, at most {MAX_BYTES} are read")]
    TooLong {
        /// The length met.
        bytes: usize,
    },
    /// Not a protobuf message of this kind.
    #[error("offchainConfig cannot be decoded: {0}")]
    Malformed(String),
    /// A required part is absent.
    #[error("offchainConfig has no {0}")]
    Missing(&'static str),
    /// Too few or too many members.
    #[error("{members} members; there must be {MIN_MEMBERS} to {MAX_MEMBERS}")]
    Members {
        /// The count met.
        members: usize,
    },
    /// A peer id that is not the base58 form of an Ed25519 identity.
    #[error("member {index}: peer id {peer_id:?} is not an Ed25519 peer id (12D3KooW…, 52 characters)")]
    PeerId {
        /// Position of the member.
        index: usize,
        /// The text met, cut to 64 characters.
        peer_id: String,
    },
    /// No address, too many, or one that is not a multiaddress.
    #[error("member {index}: {reason}")]
    Address {
        /// Position of the member.
        index: usize,
        /// What is wrong.
        reason: String,
    },
    /// An off-chain key that is not 32 bytes, or is zero.
    #[error("member {index}: the off-chain public key must be 32 bytes, not all zero")]
    OffchainKey {
        /// Position of the member.
        index: usize,
    },
    /// Two members share an identity.
    #[error("members {first} and {second} have the same {what}")]
    Repeated {
        /// Position of the first member.
        first: usize,
        /// Position of the second member.
        second: usize,
        /// The field they share.
        what: &'static str,
    },
    /// A number outside of its range.
    #[error("{field} is {value}; it must be {least} to {most}")]
    Range {
        /// Name of the field.
        field: &'static str,
        /// The value met.
        value: u64,
        /// Smallest value allowed.
        least: u64,
        /// Largest value allowed.
        most: u64,
    },
    /// A method this version does not know.
    #[error("aggregation method {code} is unknown")]
    Method {
        /// The number met.
        code: u32,
    },
}

/// Everything that is asked of a configuration before it is set.
pub(crate) fn check(config: &OffchainConfig) -> Result<(), ConfigError> {
    check_usable(config)?;
    check_reachability(config)
}

/// What a configuration in force must keep for any node to work by it. How single members are reached is not part of
/// it: one member's mistake is no reason for the others to stop.
pub(crate) fn check_usable(config: &OffchainConfig) -> Result<(), ConfigError> {
    check_members(config)?;
    let timing = &config.timing;
    range("t_obs_ms", timing.t_obs_ms, 100, 300_000)?;
    range("t_grace_ms", timing.t_grace_ms, 10, 60_000)?;
    range("attempt_base_ms", timing.attempt_base_ms, 50, 60_000)?;
    range("delta_stage_ms", timing.delta_stage_ms, 100, 600_000)?;
    let limits = &config.limits;
    range("response_bytes", limits.response_bytes as u64, 1, 4_096)?;
    range("execution_ms", limits.execution_ms, 10, 120_000)?;
    range("memory_bytes", limits.memory_bytes, 1 << 20, 1 << 32)?;
    range("request_bytes", limits.request_bytes as u64, 256, MAX_REQUEST_BYTES as u64)?;
    range("http_queries", u64::from(limits.http_queries), 0, 100)?;
    range("http_query_ms", limits.http_query_ms, 10, 120_000)?;
    range("http_url_chars", limits.http_url_chars as u64, 16, 16_384)?;
    range("http_request_bytes", limits.http_request_bytes as u64, 0, 10 << 20)?;
    range("http_response_bytes", limits.http_response_bytes as u64, 1, 64 << 20)?;
    range("import_modules", u64::from(limits.import_modules), 0, 1_000)?;
    range("import_module_bytes", limits.import_module_bytes as u64, 1, 16 << 20)?;
    range("console_bytes", limits.console_bytes as u64, 0, 10 << 20)?;
    range("console_line_bytes", limits.console_line_bytes as u64, 0, 1 << 20)
}

fn check_members(config: &OffchainConfig) -> Result<(), ConfigError> {
    let members = &config.members;
    if !(MIN_MEMBERS..=MAX_MEMBERS).contains(&members.len()) {
        return Err(ConfigError::Members { members: members.len() });
    }
    for (index, member) in members.iter().enumerate() {
        if member.offchain_public_key == [0; 32] {
            return Err(ConfigError::OffchainKey { index });
        }
        for (first, other) in members.iter().enumerate().take(index) {
            if other.offchain_public_key == member.offchain_public_key {
                return Err(ConfigError::Repeated { first, second: index, what: "off-chain public key" });
            }
        }
    }
    Ok(())
}

/// How members reach each other: what a node can do without for one member, but nobody should set.
fn check_reachability(config: &OffchainConfig) -> Result<(), ConfigError> {
    for (index, member) in config.members.iter().enumerate() {
        if !is_peer_id(&member.peer_id) {
            let peer_id = member.peer_id.chars().take(64).collect();
            return Err(ConfigError::PeerId { index, peer_id });
        }
        check_addresses(member).map_err(|reason| ConfigError::Address { index, reason })?;
        for (first, other) in config.members.iter().enumerate().take(index) {
            let what = if other.peer_id == member.peer_id {
                "peer id"
            } else if other.addresses.iter().any(|address| member.addresses.contains(address)) {
                "address"
            } else {
                continue;
            };
            return Err(ConfigError::Repeated { first, second: index, what });
        }
    }
    Ok(())
}

fn check_addresses(member: &Member) -> Result<(), String> {
    let addresses = &member.addresses;
    if !(1..=MAX_ADDRESSES).contains(&addresses.len()) {
        return Err(format!("{} addresses; there must be 1 to {MAX_ADDRESSES}", addresses.len()));
    }
    for address in addresses {
        check_address(address, &member.peer_id)?;
    }
    let distinct: BTreeSet<_> = addresses.iter().collect();
    if distinct.len() != addresses.len() {
        return Err("an address is listed twice".into());
    }
    Ok(())
}

fn range(field: &'static str, value: u64, least: u64, most: u64) -> Result<(), ConfigError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(ConfigError::Range { field, value, least, most })
}
