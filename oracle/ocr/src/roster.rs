//! Who takes part, how many must agree, and in which order they act.

use alloy_primitives::{Address, B256, keccak256};
use functions_offchain_config::{Method, OffchainConfig, Timing};
use functions_types::members::{self, MAX_MEMBERS};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::OracleIndex;

/// Largest DON that still sends signatures and reports to everybody; above it, collectors take over.
pub const FULL_ECHO_ORACLES: usize = 16;

/// One oracle of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oracle {
    /// Address that its report signatures recover to.
    pub signer: Address,
    /// Account that sends its transactions.
    pub transmitter: Address,
    /// Ed25519 public key of its protocol messages.
    pub offchain_public_key: [u8; 32],
}

/// Why a configuration makes no roster. The operator who set it must act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RosterError {
    /// The three lists have different lengths.
    #[error("{signers} signers, {transmitters} transmitters and {members} members do not match")]
    Lengths {
        /// Signers of the event.
        signers: usize,
        /// Transmitters of the event.
        transmitters: usize,
        /// Members of the off-chain part.
        members: usize,
    },
    /// `n > 3f`, `f > 0` or `n <=` [`MAX_MEMBERS`] does not hold.
    #[error("{n} oracles cannot tolerate {f} faulty ones (1 <= f, 3f < n <= {MAX_MEMBERS})")]
    Faults {
        /// Number of oracles.
        n: usize,
        /// Faults to tolerate.
        f: usize,
    },
}

/// All oracles of a roster in the order of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order(Vec<OracleIndex>);

impl Order {
    /// The leader of slow-path `attempt` (from 1): the one at place `(attempt - 1) mod n`.
    pub fn leader(&self, attempt: u32) -> OracleIndex {
        let place = (attempt.max(1) - 1) as usize % self.0.len();
        self.0.get(place).copied().expect("place is below n")
    }

    /// The transmission stage of an oracle: its place; `n` for one that is no member.
    pub fn stage(&self, index: OracleIndex) -> usize {
        self.0.iter().position(|&other| other == index).unwrap_or(self.0.len())
    }

    /// The oracles, first to last.
    pub fn iter(&self) -> impl Iterator<Item = OracleIndex> {
        self.0.iter().copied()
    }
}

/// The DON under one on-chain configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    config_digest: B256,
    faulty: usize,
    oracles: Vec<Oracle>,
    order_key: [u8; 32],
    method: Method,
    timing: Timing,
    response_bytes: usize,
}

impl Roster {
    /// The roster of one `ConfigSet` event and its decoded off-chain part. Spec: agreement A1.
    ///
    /// # Errors
    /// [`RosterError`] if lengths differ or the fault bound is impossible.
    pub fn new(
        config_digest: B256,
        f: u8,
        signers: &[Address],
        transmitters: &[Address],
        config: &OffchainConfig,
    ) -> Result<Self, RosterError> {
        let (n, f) = (signers.len(), usize::from(f));
        if transmitters.len() != n || config.members.len() != n {
            let members = config.members.len();
            return Err(RosterError::Lengths { signers: n, transmitters: transmitters.len(), members });
        }
        if f == 0 || !members::tolerates(n, f) || n > MAX_MEMBERS {
            return Err(RosterError::Faults { n, f });
        }
        let oracles = signers.iter().zip(transmitters).zip(&config.members);
        let oracles = oracles.map(|((&signer, &transmitter), member)| Oracle {
            signer,
            transmitter,
            offchain_public_key: member.offchain_public_key,
        });
        Ok(Self {
            config_digest,
            faulty: f,
            oracles: oracles.collect(),
            order_key: keccak256([b"osa/order/1".as_slice(), config_digest.as_slice()].concat()).0,
            method: config.method,
            timing: config.timing,
            response_bytes: config.limits.response_bytes,
        })
    }

    /// Number of oracles.
    pub fn n(&self) -> usize {
        self.oracles.len()
    }

    /// Faulty oracles tolerated.
    pub fn f(&self) -> usize {
        self.faulty
    }

    /// Signatures that make a report, and equal answers that make a certificate: [`members::quorum`].
    pub fn quorum(&self) -> usize {
        members::quorum(self.n(), self.faulty)
    }

    /// Oracles whose answer can be waited for without depending on a faulty one: `n - f`.
    pub fn live(&self) -> usize {
        self.n() - self.faulty
    }

    /// Digest of the on-chain configuration, part of every signature.
    pub fn config_digest(&self) -> B256 {
        self.config_digest
    }

    /// How results are combined.
    pub fn method(&self) -> Method {
        self.method
    }

    /// Waiting times.
    pub fn timing(&self) -> &Timing {
        &self.timing
    }

    /// Longest result or user error, in bytes.
    pub fn response_bytes(&self) -> usize {
        self.response_bytes
    }

    /// The oracle at `index`, if there is one.
    pub fn oracle(&self, index: OracleIndex) -> Option<&Oracle> {
        self.oracles.get(usize::from(index.get()))
    }

    /// All positions, ascending.
    pub fn indexes(&self) -> impl Iterator<Item = OracleIndex> + use<> {
        let n = u8::try_from(self.oracles.len()).expect("at most MAX_MEMBERS oracles");
        (0..n).map(OracleIndex::new)
    }

    /// The position of the oracle with this off-chain key.
    pub fn index_of(&self, offchain_public_key: &[u8; 32]) -> Option<OracleIndex> {
        self.indexes()
            .zip(&self.oracles)
            .find(|(_, o)| &o.offchain_public_key == offchain_public_key)
            .map(|(i, _)| i)
    }

    /// The order in which oracles lead and transmit a request: ascending by
    /// `HMAC-SHA256(orderKey, D ‖ R ‖ index)`, which nobody can bias without another request id.
    ///
    /// `orderKey` is derived from the config digest, so outsiders can compute the order too. It takes `n` hashes:
    /// whoever asks more than once keeps it. Spec: agreement A2.
    pub fn order(&self, request: &B256) -> Order {
        let mut keyed: Vec<([u8; 32], OracleIndex)> =
            self.indexes().map(|i| (self.rank(request, i), i)).collect();
        keyed.sort_unstable();
        Order(keyed.into_iter().map(|(_, index)| index).collect())
    }

    fn rank(&self, request: &B256, index: OracleIndex) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.order_key).expect("HMAC takes any key length");
        mac.update(self.config_digest.as_slice());
        mac.update(request.as_slice());
        mac.update(&[index.get()]);
        mac.finalize().into_bytes().into()
    }
}
