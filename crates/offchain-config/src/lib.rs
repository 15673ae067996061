//! The off-chain part of the DON's configuration, as the coordinator's `ConfigSet` event carries it.
//!
//! `setConfig` stores the digest of `(signers, transmitters, f, onchainConfig, offchainConfigVersion,
//! offchainConfig)`. The last field is opaque to the contract; in this system it is the protobuf message of
//! this crate: who the members are on the network, how long they wait, what a script may use, and how answers
//! are combined. Every node reads the same bytes, so every node follows the same rules.
//!
//! The crate decodes bounded bytes, checks every range, and encodes; it knows neither keys nor sockets.
//! Start with [`OffchainConfig::decode`].

mod check;
mod directive;
mod place;
mod wire;

pub use check::{ConfigError, MAX_REQUEST_BYTES};
pub use directive::UnknownAggregation;
pub use place::{check_address, is_peer_id};

use functions_types::limits::{Limits, RunOptions};

/// `offchainConfigVersion` of this message. OCR libraries use 2, 30 and 310; nodes refuse any other value.
pub const VERSION: u64 = 4_100;
/// Longest encoded configuration, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;
/// Most addresses of one member.
pub const MAX_ADDRESSES: usize = 8;
/// Longest address of a member, in bytes.
pub const MAX_ADDRESS_BYTES: usize = 256;

/// How results of the members become one result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// The value that most members returned, with a minimum count. The default.
    #[default]
    Mode,
    /// The middle value, ordered by length and then by bytes.
    Median,
    /// The middle value of 32-byte unsigned integers.
    MedianUint256,
    /// The middle value of 32-byte two's-complement integers.
    MedianInt256,
    /// Plurality without a minimum count, for migration from the upstream plugin only.
    PluralityCompat,
}

impl Method {
    /// The number on the wire.
    pub const fn code(self) -> u32 {
        match self {
            Self::Mode => 0,
            Self::Median => 1,
            Self::MedianUint256 => 2,
            Self::MedianInt256 => 3,
            Self::PluralityCompat => 4,
        }
    }

    /// The method of a number on the wire.
    pub const fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            0 => Self::Mode,
            1 => Self::Median,
            2 => Self::MedianUint256,
            3 => Self::MedianInt256,
            4 => Self::PluralityCompat,
            _ => return None,
        })
    }

    /// The name used in configuration files and in error texts on chain.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mode => "mode",
            Self::Median => "median",
            Self::MedianUint256 => "median-uint256",
            Self::MedianInt256 => "median-int256",
            Self::PluralityCompat => "plurality-compat",
        }
    }

    /// The method of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        (0..=4).filter_map(Self::from_code).find(|method| method.name() == name)
    }
}

/// One member of the DON, at the index its signer has in the on-chain configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// libp2p peer id of its network identity, base58 (`12D3Koo…`).
    pub peer_id: String,
    /// Multiaddresses at which it listens, at least one (`/ip4/…/tcp/…`).
    pub addresses: Vec<String>,
    /// Ed25519 public key that signs its protocol messages.
    pub offchain_public_key: [u8; 32],
}

/// How long members wait, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From meeting a request to saying everything about it again and to trying the slow path with the outcome
    /// function's minimum of answers; a node that met it late has as long to answer; 100 to 300 000.
    pub t_obs_ms: u64,
    /// From n - f observations to the slow path; 10 to 60 000.
    pub t_grace_ms: u64,
    /// First attempt of the slow path; doubles with each attempt up to 8 000; 50 to 60 000.
    pub attempt_base_ms: u64,
    /// Between two transmission stages; 100 to 600 000.
    pub delta_stage_ms: u64,
}

impl Default for Timing {
    /// The execution limit and five seconds; 400 ms; 500 ms; 2 s.
    fn default() -> Self {
        Self {
            t_obs_ms: Limits::DEFAULT.execution_ms + 5_000,
            t_grace_ms: 400,
            attempt_base_ms: 500,
            delta_stage_ms: 2_000,
        }
    }
}

/// The whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffchainConfig {
    /// Members in the order of the on-chain signers.
    pub members: Vec<Member>,
    /// Waiting times.
    pub timing: Timing,
    /// What a script may use; a node never runs a request under another table.
    pub limits: Limits,
    /// Error texts, clock and features of scripts.
    pub options: RunOptions,
    /// How results are combined.
    pub method: Method,
    /// Whether nodes open secrets whose ciphertext is bound to nobody, which is all that the published toolkit makes:
    /// for the owner that stored it first, whoever that is.
    pub allow_unbound_secrets: bool,
}

impl OffchainConfig {
    /// Checks every range and encodes the message for `setConfig`.
    ///
    /// # Errors
    /// The first rule of [`ConfigError`] that the configuration breaks.
    pub fn encode(&self) -> Result<Vec<u8>, ConfigError> {
        self.validate()?;
        let bytes = wire::encode(self);
        if bytes.len() > MAX_BYTES {
            return Err(ConfigError::TooLong { bytes: bytes.len() });
        }
        Ok(bytes)
    }

    /// Decodes and checks the `offchainConfig` of a `ConfigSet` event.
    ///
    /// Peer ids and addresses are as they were set, which need not be usable ([`is_peer_id`], [`check_address`]): a
    /// member that cannot be reached is one faulty member, not the end of the DON.
    ///
    /// # Errors
    /// [`ConfigError::Version`] for another message, [`ConfigError::Malformed`] for bytes that are no such message,
    /// else the first rule the content breaks.
    pub fn decode(version: u64, bytes: &[u8]) -> Result<Self, ConfigError> {
        if version != VERSION {
            return Err(ConfigError::Version { version });
        }
        if bytes.len() > MAX_BYTES {
            return Err(ConfigError::TooLong { bytes: bytes.len() });
        }
        let config = wire::decode(bytes)?;
        check::check_usable(&config)?;
        Ok(config)
    }

    /// Checks every range, and that every member can be reached where it says.
    ///
    /// # Errors
    /// The first rule of [`ConfigError`] that the configuration breaks.
    pub fn validate(&self) -> Result<(), ConfigError> {
        check::check(self)
    }
}

#[cfg(test)]
mod tests;
