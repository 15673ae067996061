//! Configurations of the simulated DON: the same arithmetic and order as production, with the simulation's keys.

use alloy::primitives::{Address, B256, keccak256};
use functions_offchain_config::{Member, Method, OffchainConfig, Timing};
use functions_types::limits::{Limits, RunOptions};
use oracle_ocr::{OracleIndex, Roster};

use test_signing::Keys;

/// Coordinators that the route may lead to; the first does in the beginning.
pub const COORDINATORS: [Address; 3] =
    [Address::repeat_byte(0xc0), Address::repeat_byte(0xc1), Address::repeat_byte(0xc2)];
/// The DON's name.
pub const DON_ID: B256 = B256::repeat_byte(0xd0);

/// One configuration on chain.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whose it is.
    pub coordinator: Address,
    /// How many there have been, this one included.
    pub count: u64,
    /// Its digest.
    pub digest: B256,
    /// The nodes at their places.
    pub members: Vec<usize>,
    /// As the protocol uses it.
    pub roster: Roster,
}

impl Config {
    /// The `count`-th configuration, which is the first coordinator's.
    ///
    /// # Panics
    /// When so many members make no DON.
    #[must_use]
    pub fn new(count: u64, members: Vec<usize>, keys: &[Keys]) -> Self {
        let f = (members.len() - 1) / 3;
        let of = |who: &usize| &keys[*who];
        let signers: Vec<Address> = members.iter().map(|who| of(who).signer()).collect();
        let transmitters: Vec<Address> = members.iter().map(|who| account(*who)).collect();
        let offchain = OffchainConfig {
            members: members
                .iter()
                .map(|who| Member {
                    peer_id: String::new(),
                    addresses: vec![],
                    offchain_public_key: of(who).offchain(),
                })
                .collect(),
            timing: Timing { t_obs_ms: 5_000, ..Timing::default() },
            limits: Limits::DEFAULT,
            options: RunOptions::default(),
            method: Method::Mode,
            allow_unbound_secrets: false,
        };
        let digest = keccak256([b"configuration".as_slice(), &count.to_be_bytes()].concat());
        let f = u8::try_from(f).expect("at most 31 members");
        let roster = Roster::new(digest, f, &signers, &transmitters, &offchain).expect("a DON");
        Self { coordinator: COORDINATORS[0], count, digest, members, roster }
    }

    /// The same of another coordinator.
    #[must_use]
    pub fn of(self, coordinator: Address) -> Self {
        Self { coordinator, ..self }
    }

    /// The place of node `who`.
    #[must_use]
    pub fn place(&self, who: usize) -> Option<OracleIndex> {
        let place = self.members.iter().position(|member| *member == who)?;
        Some(OracleIndex::new(u8::try_from(place).ok()?))
    }

    /// The node at a place.
    #[must_use]
    pub fn node(&self, index: OracleIndex) -> usize {
        self.members[usize::from(index.get())]
    }
}

/// The account node `who` sends from.
#[must_use]
pub fn account(who: usize) -> Address {
    Address::left_padding_from(&(who as u64 + 0x1000).to_be_bytes())
}

/// The id of a request of the plan; `mark` is zero, or its block's hash where each block makes another of it.
#[must_use]
pub fn request_id(number: usize, mark: B256) -> B256 {
    keccak256([b"request".as_slice(), &number.to_be_bytes(), mark.as_slice()].concat())
}

/// The node that sends from an account.
#[must_use]
pub fn owner(account: &Address) -> usize {
    let word: [u8; 8] = account.as_slice()[12..].try_into().expect("eight bytes");
    usize::try_from(u64::from_be_bytes(word).saturating_sub(0x1000)).expect("a node")
}
