//! One request's secrets, from the ciphertext to what its script sees: a task of its own, as long as the request is
//! open.

use std::{collections::HashMap, sync::Arc};

use alloy::primitives::Address;
use functions_tdh2::{Ciphertext, Label, MAX_SECRETS_BYTES, Secrets};
use oracle_keys::Keystore;
use oracle_ocr::OracleIndex;
use oracle_vault::{Counted, Message, Opening, ShareOf};
use tokio::{
    sync::{mpsc, watch},
    task::spawn_blocking,
    time::{Duration, Instant, MissedTickBehavior, interval},
};

use crate::peers::Voice;

/// Error bytes of a request whose secrets do not open, whoever tries.
pub const DECRYPTION_TEXT: &str = "threshold decryption of secrets failed";
/// What follows it where members read different ciphertexts, or too few could read any.
pub const MISMATCH_TEXT: &str = "not enough matching decryption requests";

/// How often a member that lacks shares says its own again: whoever hears it once more answers with its own.
const REPEAT: Duration = Duration::from_secs(1);

/// What opening came to: the secrets, or error bytes that every member has alike.
pub type Opened = Result<Arc<Secrets>, String>;

/// A share that came.
pub(super) struct Given {
    pub(super) from: OracleIndex,
    pub(super) of: ShareOf,
    pub(super) share: Vec<u8>,
}

/// What is opened, and for whom.
pub(super) struct Task {
    pub(super) keys: Arc<Keystore>,
    pub(super) me: OracleIndex,
    pub(super) members: usize,
    pub(super) of: ShareOf,
    pub(super) payload: Vec<u8>,
    /// Longest payload, in bytes.
    pub(super) limit: usize,
    pub(super) labels: Vec<Label>,
    pub(super) owner: Address,
    pub(super) voice: Voice,
}

impl Task {
    /// Opens, tells the result once, and serves members that lack shares until the request has ended, which closes
    /// `given`.
    pub(super) async fn run(self, mut given: mpsc::Receiver<Given>, result: watch::Sender<Option<Opened>>) {
        let (keys, owner, voice, of) = (self.keys.clone(), self.owner, self.voice.clone(), self.of);
        let begun = spawn_blocking(move || self.begin());
        let (mut opening, own) = match begun.await {
            Ok(Ok(begun)) => begun,
            Ok(Err(text)) => {
                result.send_replace(Some(Err(text)));
                return;
            }
            Err(err) => return tracing::error!(%err, "secrets could not be looked at"),
        };
        let said = Message::Share { of, share: own }.encode();
        voice.say(None, said.clone());
        let mut answered: HashMap<OracleIndex, Instant> = HashMap::new();
        let mut repeat = interval(REPEAT);
        repeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        repeat.tick().await;
        let mut is_open = false;
        loop {
            let mut came = Vec::new();
            tokio::select! {
                first = given.recv() => match first {
                    Some(first) => came.push(first),
                    None => return,
                },
                _ = repeat.tick(), if !is_open => voice.say(None, said.clone()),
            }
            while let Ok(next) = given.try_recv() {
                came.push(next);
            }
            for one in came.iter().filter(|one| one.of.is_of_ciphertext()) {
                // Who says it again lacks shares, perhaps this one: it was away, or began later.
                let now = Instant::now();
                match answered.insert(one.from, now) {
                    Some(last) if now.duration_since(last) >= REPEAT / 2 => {
                        voice.say(Some(one.from), said.clone());
                    }
                    Some(last) => drop(answered.insert(one.from, last)),
                    None => {}
                }
            }
            if is_open || came.is_empty() {
                continue;
            }
            let keys = keys.clone();
            let taken = spawn_blocking(move || {
                let opened = match take(&mut opening, &came) {
                    Counted::Enough => Some(finish(&opening, &keys, owner)),
                    Counted::Never => Some(Err(format!("{DECRYPTION_TEXT}: {MISMATCH_TEXT}"))),
                    _ => None,
                };
                (opening, opened)
            });
            let opened;
            (opening, opened) = match taken.await {
                Ok(taken) => taken,
                Err(err) => return tracing::error!(%err, "secrets could not be opened"),
            };
            if let Some(opened) = opened {
                is_open = true;
                result.send_replace(Some(opened));
            }
        }
    }

    /// Checks the ciphertext and makes this member's share, which it gives because the request is on chain and the
    /// label is its owner's.
    fn begin(self) -> Result<(Opening, Vec<u8>), String> {
        let Self { keys, me, members, of, .. } = self;
        let failed = |why: &dyn std::fmt::Display| format!("{DECRYPTION_TEXT}: {why}");
        let ciphertext = Ciphertext::decode(&self.payload, self.limit).map_err(|err| failed(&err))?;
        let mut refused = None;
        for generation in keys.secrets_keys() {
            let key = Arc::new(generation.threshold.clone());
            let verified = match ciphertext.clone().verify(&key, &self.labels) {
                Ok(verified) => verified,
                Err(err) => {
                    refused.get_or_insert(err);
                    continue;
                }
            };
            let Some(share) = keys.decryption_share(&verified) else { continue };
            let own = share.encode().into_bytes();
            let mut opening = Opening::new(of, verified, usize::from(generation.needed), members);
            opening.take(me.get(), &of, &own);
            return Ok((opening, own));
        }
        Err(refused.map_or_else(|| DECRYPTION_TEXT.to_owned(), |err| failed(&err)))
    }
}

/// Takes shares, until they are enough or can never be.
fn take(opening: &mut Opening, came: &[Given]) -> Counted {
    for Given { from, of, share } in came {
        match opening.take(from.get(), of, share) {
            Counted::Wrong(problem) => {
                tracing::warn!(oracle = from.get(), problem, "a member gave a wrong decryption share");
            }
            decided @ (Counted::Enough | Counted::Never) => return decided,
            Counted::Yes | Counted::Not => {}
        }
    }
    Counted::Not
}

fn finish(opening: &Opening, keys: &Keystore, owner: Address) -> Opened {
    let failed = |why: &dyn std::fmt::Display| format!("{DECRYPTION_TEXT}: {why}");
    let middle = opening.open().map_err(|err| failed(&err))?;
    let secrets = keys.open_secrets(&middle, owner, MAX_SECRETS_BYTES).map_err(|err| failed(&err))?;
    Ok(Arc::new(secrets))
}
