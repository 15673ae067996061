//! What a ceremony is for, and who takes part: the same for all, or nobody understands another.

use ed25519_dalek::VerifyingKey;
use functions_tdh2::{PublicKey, coefficient};
use functions_types::members::MAX_MEMBERS;
use p256::ProjectivePoint;
use sha2::{Digest as _, Sha256};

/// Fewest members, and the least threshold: with less, one member would know the key.
const LEAST: usize = 2;

/// Somebody of a ceremony. Its place in the list of participants is what messages name it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Participant {
    /// The Ed25519 public key that its messages are signed with.
    pub key: [u8; 32],
    /// The index as whose member it deals, 0 to 30; in a resharing, among the old members.
    pub deals: Option<u8>,
    /// The index as whose member it gets a key or a share, 0 to 30; in a resharing, among the new members.
    pub receives: Option<u8>,
}

#[derive(Clone)]
pub(crate) enum Task {
    ThresholdKey,
    DonKey,
    Reshare(Box<PublicKey>),
}

/// The terms of one ceremony.
#[derive(Clone)]
pub struct Terms {
    pub(crate) task: Task,
    pub(crate) digest: [u8; 32],
    pub(crate) attempt: u32,
    pub(crate) threshold: u8,
    pub(crate) participants: Vec<Participant>,
    pub(crate) session: [u8; 32],
}

/// Why there can be no such ceremony.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TermsError {
    /// Fewer than two members or more than 31.
    #[error("{0} members: a ceremony is of 2 to 31")]
    Members(usize),
    /// Below two, or more than there are members.
    #[error("threshold {threshold} of {members} members: it is at least 2 and at most their number")]
    Threshold {
        /// The threshold.
        threshold: u8,
        /// Members that get a share.
        members: usize,
    },
    /// No Ed25519 key, or somebody else's.
    #[error("participant {0} has no Ed25519 public key of its own: check the roster")]
    Key(usize),
    /// An index is missing, there twice, or not of a member.
    #[error("indexes are not each of one member: those that get shares are numbered from 0 without gaps")]
    Indexes,
    /// Too few old members deal to make up the key.
    #[error(
        "the old members that deal do not make up the key: more of them are needed, or it is another key's"
    )]
    Dealers,
}

impl Terms {
    /// A new threshold key of `keys`, by index, of whom `threshold` open a ciphertext together.
    ///
    /// `digest` is of the configuration that the key is for. `attempt` tells repetitions apart: it never repeats with
    /// one digest.
    ///
    /// # Errors
    /// [`TermsError`].
    pub fn threshold_key(
        digest: [u8; 32],
        attempt: u32,
        keys: &[[u8; 32]],
        threshold: u8,
    ) -> Result<Self, TermsError> {
        Self::new(Task::ThresholdKey, digest, attempt, all(keys)?, threshold)
    }

    /// A new DON key, which all of `keys` get. `digest` and `attempt` as for [`Terms::threshold_key`].
    ///
    /// # Errors
    /// [`TermsError`].
    pub fn don_key(digest: [u8; 32], attempt: u32, keys: &[[u8; 32]]) -> Result<Self, TermsError> {
        let participants = all(keys)?;
        let all = u8::try_from(participants.len()).map_err(|_| TermsError::Members(keys.len()))?;
        Self::new(Task::DonKey, digest, attempt, participants, all)
    }

    /// New shares of the key `old` for the participants that receive, of whom `threshold` open a ciphertext together.
    /// As many old members deal as the old threshold says, or more. Old shares stay valid until they are discarded.
    ///
    /// # Errors
    /// [`TermsError`].
    pub fn reshare(
        digest: [u8; 32],
        attempt: u32,
        old: PublicKey,
        participants: Vec<Participant>,
        threshold: u8,
    ) -> Result<Self, TermsError> {
        let dealers: Vec<u8> = participants.iter().filter_map(|one| one.deals).collect();
        let mut sorted = dealers.clone();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.len() != dealers.len() {
            return Err(TermsError::Indexes);
        }
        let mut sum = ProjectivePoint::IDENTITY;
        for index in &dealers {
            sum += *old.member(*index).ok_or(TermsError::Indexes)? * coefficient(*index, &dealers);
        }
        if sum != *old.h() {
            return Err(TermsError::Dealers);
        }
        Self::new(Task::Reshare(Box::new(old)), digest, attempt, participants, threshold)
    }

    fn new(
        task: Task,
        digest: [u8; 32],
        attempt: u32,
        participants: Vec<Participant>,
        threshold: u8,
    ) -> Result<Self, TermsError> {
        let mut receivers: Vec<u8> = participants.iter().filter_map(|one| one.receives).collect();
        receivers.sort_unstable();
        let members = receivers.len();
        if !(LEAST..=MAX_MEMBERS).contains(&members) || participants.len() > 2 * MAX_MEMBERS {
            return Err(TermsError::Members(members));
        }
        if !receivers.iter().copied().eq(0..u8::try_from(members).unwrap_or(u8::MAX)) {
            return Err(TermsError::Indexes);
        }
        if !(LEAST..=members).contains(&usize::from(threshold)) {
            return Err(TermsError::Threshold { threshold, members });
        }
        for (place, one) in participants.iter().enumerate() {
            let is_own = participants.iter().filter(|other| other.key == one.key).count() == 1;
            if !is_own || VerifyingKey::from_bytes(&one.key).is_err() {
                return Err(TermsError::Key(place));
            }
            if one.deals.is_none() && one.receives.is_none() {
                return Err(TermsError::Indexes);
            }
        }
        let (number, old) = match &task {
            Task::ThresholdKey => (1_u8, String::new()),
            Task::DonKey => (2, String::new()),
            Task::Reshare(old) => (3, old.encode()),
        };
        let mut hash = Sha256::new_with_prefix("osa/ceremony/session/1")
            .chain_update([number])
            .chain_update(digest)
            .chain_update(attempt.to_be_bytes())
            .chain_update([threshold, u8::try_from(participants.len()).unwrap_or(u8::MAX)]);
        for one in &participants {
            let role = |index: Option<u8>| index.map_or(0, |index| index + 1);
            hash.update(one.key);
            hash.update([role(one.deals), role(one.receives)]);
        }
        let session = hash.chain_update(old).finalize().into();
        Ok(Self { task, digest, attempt, threshold, participants, session })
    }

    /// What tells this ceremony from all others: a hash of the terms.
    pub const fn session(&self) -> &[u8; 32] {
        &self.session
    }

    /// The participants, by place.
    pub fn participants(&self) -> &[Participant] {
        &self.participants
    }

    pub(crate) fn at(&self, place: u8) -> Option<&Participant> {
        self.participants.get(usize::from(place))
    }

    pub(crate) fn places(&self) -> impl Iterator<Item = u8> + use<> {
        0..u8::try_from(self.participants.len()).unwrap_or(u8::MAX)
    }

    pub(crate) fn dealers(&self) -> impl Iterator<Item = u8> + '_ {
        self.places().filter(|place| self.at(*place).is_some_and(|one| one.deals.is_some()))
    }

    pub(crate) fn receivers(&self) -> impl Iterator<Item = u8> + '_ {
        self.places().filter(|place| self.at(*place).is_some_and(|one| one.receives.is_some()))
    }
}

fn all(keys: &[[u8; 32]]) -> Result<Vec<Participant>, TermsError> {
    if keys.len() > MAX_MEMBERS {
        return Err(TermsError::Members(keys.len()));
    }
    let member =
        |(index, key): (u8, &[u8; 32])| Participant { key: *key, deals: Some(index), receives: Some(index) };
    Ok((0_u8..).zip(keys).map(member).collect())
}
