//! How a generation of keys is made with the other members: two ceremonies side by side, whose outcome stays here.

use alloy::primitives::{B256, keccak256};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead as _, KeyInit as _, Payload},
};
use ed25519_dalek::{Signer as _, SigningKey};
use oracle_ceremony::{
    Ceremony, Culprit, Effect, Input, Keys, MAX_STATE_BYTES, RestoreError, StartError, Terms, TermsError,
};
use zeroize::Zeroizing;

use crate::{
    KeyError, Keystore,
    generation::{Generation, SecretsKeys},
};

/// Most bytes of a message.
pub const MAX_MESSAGE_BYTES: usize = 1 + oracle_ceremony::MAX_MESSAGE_BYTES;
/// Most bytes of a sealed state.
pub const MAX_SEALED_BYTES: usize = NONCE + 2 * (4 + MAX_STATE_BYTES) + TAG;
const NONCE: usize = 24;
const TAG: usize = 16;

/// What keys are made for, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Digest of the configuration.
    pub digest: B256,
    /// Tells repetitions apart.
    pub attempt: u32,
    /// The members' off-chain keys, by index.
    pub members: Vec<[u8; 32]>,
    /// Members that open a ciphertext together.
    pub needed: u8,
}

impl Plan {
    /// What tells this making of keys from all others: who takes part in the same one has the same.
    ///
    /// # Errors
    /// [`CeremonyError::Terms`].
    pub fn id(&self) -> Result<B256, CeremonyError> {
        Ok(id(&self.terms()?))
    }

    /// Of the threshold key and of the DON key.
    fn terms(&self) -> Result<[Terms; 2], TermsError> {
        let Self { digest, attempt, members, needed } = self;
        Ok([
            Terms::threshold_key(digest.0, *attempt, members, *needed)?,
            Terms::don_key(digest.0, *attempt, members)?,
        ])
    }
}

fn id([threshold, don]: &[Terms; 2]) -> B256 {
    keccak256([b"osa/secrets-keys/plan/1".as_slice(), threshold.session(), don.session()].concat())
}

/// Why no ceremony begins, or goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CeremonyError {
    /// There can be no such ceremony.
    #[error(transparent)]
    Terms(#[from] TermsError),
    /// This node is none of its participants.
    #[error("this node's off-chain key is none of the members': check the configuration and the keystore")]
    NotAMember,
    /// The participant cannot begin.
    #[error(transparent)]
    Start(#[from] StartError),
    /// What was stored is not taken up.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// What was stored does not open.
    #[error(
        "the stored ceremony is not of these keys, or was changed: repeat the ceremony as another attempt"
    )]
    Sealed,
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random bytes")]
    Random,
}

/// Something to say to one member, for its eyes alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Said {
    /// Its index.
    pub to: u8,
    /// Which ceremony (1), and a message of it.
    pub bytes: Zeroizing<Vec<u8>>,
}

/// Signs what is said in a ceremony.
struct Signer(SigningKey);

impl oracle_ceremony::Signer for Signer {
    fn sign(&self, text: &[u8]) -> [u8; 64] {
        self.0.sign(text).to_bytes()
    }
}

/// A member's part in making one generation: the threshold key and the DON key.
///
/// It never waits and touches neither disk nor network. Channels keep the order of messages; a peer that may have
/// missed some is told [`Ceremonies::said`] again. [`Ceremonies::seal`] is stored before what a step gives is said.
pub struct Ceremonies {
    plan: Plan,
    me: u8,
    id: B256,
    parts: [Ceremony<Signer>; 2],
    disk: XChaCha20Poly1305,
}

impl Keystore {
    /// Begins to make keys, or goes on from what was stored.
    ///
    /// # Errors
    /// [`CeremonyError`].
    pub fn make_secrets_keys(&self, plan: Plan, stored: Option<&[u8]>) -> Result<Ceremonies, CeremonyError> {
        let terms = plan.terms()?;
        let own = self.offchain.verifying_key().to_bytes();
        let me = plan.members.iter().position(|key| *key == own).and_then(|index| u8::try_from(index).ok());
        let me = me.ok_or(CeremonyError::NotAMember)?;
        let id = id(&terms);
        let disk = self.state_cipher();
        let parts = match stored {
            Some(sealed) => {
                let states = open(&disk, id, sealed).ok_or(CeremonyError::Sealed)?;
                let (threshold, don) = split(&states).ok_or(CeremonyError::Sealed)?;
                let [first, second] = terms;
                [self.restore(first, threshold)?, self.restore(second, don)?]
            }
            None => {
                let [first, second] = terms;
                [self.begin(first, me)?, self.begin(second, me)?]
            }
        };
        Ok(Ceremonies { plan, me, id, parts, disk })
    }

    fn begin(&self, terms: Terms, me: u8) -> Result<Ceremony<Signer>, CeremonyError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(|_| CeremonyError::Random)?;
        let (ceremony, _) = Ceremony::start(terms, me, Signer(self.offchain.clone()), None, seed)?;
        Ok(ceremony)
    }

    fn restore(&self, terms: Terms, state: &[u8]) -> Result<Ceremony<Signer>, CeremonyError> {
        Ok(Ceremony::restore(terms, Signer(self.offchain.clone()), None, state)?)
    }

    /// What a state on the disk is encrypted with: whoever opened the keystore needs no password again.
    fn state_cipher(&self) -> XChaCha20Poly1305 {
        let seed = Zeroizing::new(self.offchain.to_bytes());
        let text = Zeroizing::new([b"osa/keys/ceremony-state/1".as_slice(), seed.as_slice()].concat());
        let key = Zeroizing::new(keccak256(text.as_slice()).0);
        XChaCha20Poly1305::new((&*key).into())
    }
}

impl Ceremonies {
    /// The plan's.
    pub const fn id(&self) -> B256 {
        self.id
    }

    /// This member's index.
    pub const fn me(&self) -> u8 {
        self.me
    }

    /// What it is for.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Hears a message of the member `from`, which the transport vouches for; what is to be said then.
    pub fn step(&mut self, from: u8, bytes: &[u8]) -> Vec<Said> {
        let Some((number, bytes)) = bytes.split_first() else { return Vec::new() };
        let Some(part) = self.parts.get_mut(usize::from(*number)) else { return Vec::new() };
        said(*number, &part.step(Input::Message { from, bytes }))
    }

    /// The time is up for whoever has not said what was due.
    pub fn expire(&mut self) -> Vec<Said> {
        let numbered = (0..).zip(&mut self.parts);
        numbered.flat_map(|(number, part)| said(number, &part.step(Input::Expire))).collect()
    }

    /// All that was said so far.
    pub fn said(&self) -> Vec<Said> {
        (0..).zip(&self.parts).flat_map(|(number, part)| said(number, part.said())).collect()
    }

    /// A hash of both ceremonies' transcripts, once both have an outcome. The keys count when all members tell the
    /// same.
    pub fn transcript(&self) -> Option<B256> {
        let [threshold, don] = &self.parts;
        let (threshold, don) = (threshold.outcome()?, don.outcome()?);
        let text = [b"osa/secrets-keys/transcript/1".as_slice(), &threshold.transcript, &don.transcript];
        Some(keccak256(text.concat()))
    }

    /// Who made it fail, unless nothing did; nobody where it is nobody's fault.
    pub fn failure(&self) -> Option<Vec<Culprit>> {
        let mut failures = self.parts.iter().filter_map(Ceremony::failure).peekable();
        failures.peek()?;
        let mut culprits: Vec<Culprit> = Vec::new();
        for culprit in failures.flatten() {
            if culprits.iter().all(|known| known.place != culprit.place) {
                culprits.push(*culprit);
            }
        }
        Some(culprits)
    }

    /// All that is needed to go on, for a disk: encrypted under a key of the keystore, at most [`MAX_SEALED_BYTES`].
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn seal(&self) -> Result<Vec<u8>, KeyError> {
        let states = [self.parts[0].state(), self.parts[1].state()];
        let length = states.iter().map(|state| 4 + state.len()).sum();
        let mut plain = Zeroizing::new(Vec::with_capacity(length));
        for state in &states {
            plain.extend(u32::try_from(state.len()).unwrap_or(u32::MAX).to_be_bytes());
            plain.extend_from_slice(state);
        }
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| KeyError::Random)?;
        let payload = Payload { msg: &plain, aad: self.id.as_slice() };
        let sealed = self.disk.encrypt(&XNonce::from(nonce), payload).expect("states are below the limit");
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// What came out; `None` before both ceremonies have an outcome.
    pub(crate) fn generation(&self) -> Option<Generation> {
        let [threshold, don] = &self.parts;
        let Keys::Threshold { public, share } = &threshold.outcome()?.keys else { return None };
        let Keys::Don(key) = &don.outcome()?.keys else { return None };
        let public = SecretsKeys {
            digest: self.plan.digest,
            attempt: self.plan.attempt,
            needed: self.plan.needed,
            index: self.me,
            threshold: functions_tdh2::PublicKey::clone(public),
            don: key.public(),
            transcript: self.transcript()?,
        };
        Generation::new(public, &share.as_ref()?.to_bytes(), &key.to_bytes())
    }
}

fn said(number: u8, effects: &[Effect]) -> Vec<Said> {
    let said = |effect: &Effect| match effect {
        Effect::Send { to, bytes } => {
            let mut all = Zeroizing::new(Vec::with_capacity(1 + bytes.len()));
            all.push(number);
            all.extend_from_slice(bytes);
            Some(Said { to: *to, bytes: all })
        }
        _ => None,
    };
    effects.iter().filter_map(said).collect()
}

fn open(disk: &XChaCha20Poly1305, id: B256, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if sealed.len() > MAX_SEALED_BYTES {
        return None;
    }
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    let payload = Payload { msg: sealed, aad: id.as_slice() };
    disk.decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
}

/// Two states, each after its length in four bytes.
fn split(states: &[u8]) -> Option<(&[u8], &[u8])> {
    let one = |bytes: &'_ [u8]| {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        (length <= rest.len()).then_some(length)
    };
    let first = one(states)?;
    let (first, rest) = states.get(4..)?.split_at_checked(first)?;
    let second = rest.get(4..)?;
    (one(rest)? == second.len()).then_some((first, second))
}
