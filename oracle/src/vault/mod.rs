//! What owners stored with the DON, and their secrets for the requests that name them.
//!
//! One task holds the index of all rows, tells the other members what it has, and starts a task for each request whose
//! secrets are wanted. The rules are in [`oracle_vault`]; rows lie in the journal.
//!
//! | when | what |
//! | --- | --- |
//! | a request that names secrets was seen on chain | its row is looked up, then this member's share goes to all |
//! | the row is not here | all members are asked; what `n - f` of them lack is not found |
//! | a request names hosted code | its row is looked for in the same way |
//! | a request names URLs | this member reads them itself, and says so where it cannot |
//! | too many members read something else, or nothing | no threshold of shares can come: the request ends in an error |
//! | a member lacks shares | it says its own again each second, and is answered with the others' |
//! | the request has ended | its shares and its secrets are forgotten, and no more are given |
//! | every ten seconds, and when a member connects | what this one's rows come to is told, and the difference exchanged |
//! | every minute | rows that expired an hour ago are removed |

mod looking;
mod member;
mod opening;
mod remote;
mod task;
mod unbound;
mod wanted;

use std::{collections::BTreeMap, pin::Pin, sync::Arc, time::Duration};

use alloy::primitives::{Address, B256};
use oracle_keys::Keystore;
use oracle_ocr::OracleIndex;
use oracle_runner::Fetcher;
use oracle_vault::{Key, Kind, Limits, Listed, Row};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::timeout,
};

pub use opening::{DECRYPTION_TEXT, MISMATCH_TEXT, Opened};
pub use remote::{FETCH_TEXT, Fetch, URLS_TEXT, encrypted_secrets};
pub use wanted::{Place, REFERENCE_TEXT, Wanted};

use crate::{
    don::Don,
    journal::{Journal, JournalError},
    peers::Voice,
};

/// Things told to the task that wait for it, at most.
const WAITING: usize = 1_024;
/// How long a run waits for its secrets before it is put off.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is said when nobody is there any more.
const ENDED: &str = "the node is stopping";

/// Error bytes of a request whose hosted secrets no member has.
pub const NOT_FOUND_TEXT: &str = "failed to fetch DONHosted secrets: not found";

/// What a vault is made of.
pub struct Parts {
    /// The member's share of the threshold key, and the DON key.
    pub keys: Arc<Keystore>,
    /// Where rows lie.
    pub journal: Journal,
    /// To the other members.
    pub voice: Voice,
    /// To URLs that requests name.
    pub fetch: Fetch,
    /// This member.
    pub me: OracleIndex,
    /// Members.
    pub n: usize,
    /// Faulty members tolerated.
    pub f: usize,
    /// The chain.
    pub chain_id: u64,
    /// The Coordinator in force: labels of ciphertexts name it.
    pub coordinator: Address,
    /// Bounds.
    pub limits: Limits,
    /// Whether ciphertexts that are bound to nobody are opened.
    pub allow_unbound: bool,
}

/// A handle of the vault's task. The task ends with the last one.
#[derive(Clone)]
pub struct Vault {
    told: mpsc::Sender<Told>,
}

/// What the task is told.
enum Told {
    Heard { from: OracleIndex, bytes: Vec<u8> },
    Connected(OracleIndex),
    Begin { wanted: Wanted, reply: Option<oneshot::Sender<watch::Receiver<Option<Opened>>>> },
    End(B256),
    Find(looking::Look),
    Put { row: Box<Row>, reply: oneshot::Sender<Result<(), String>> },
    List { kind: Kind, owner: Address, reply: oneshot::Sender<Vec<Listed>> },
    Ask { message: Arc<str>, answer: mpsc::Sender<(usize, String)> },
    OpenDesk(Desk),
}

/// What this member says to a message of an owner's that the gateway of a member hands on; nothing to what is nobody's.
pub type Desk =
    Arc<dyn Fn(OracleIndex, String) -> Pin<Box<dyn Future<Output = Option<String>> + Send>> + Send + Sync>;

/// A handle that does not keep the vault's task from ending.
#[derive(Clone)]
pub struct WeakVault(mpsc::WeakSender<Told>);

impl WeakVault {
    /// The vault.
    ///
    /// # Errors
    /// When it has ended.
    pub fn vault(&self) -> Result<Vault, String> {
        self.0.upgrade().map(|told| Vault { told }).ok_or_else(|| ENDED.to_owned())
    }
}

impl Vault {
    /// Reads the index and starts the task.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn start(parts: Parts) -> Result<Self, JournalError> {
        let (told, inbox) = mpsc::channel(WAITING);
        let task = task::Task::new(parts).await?;
        tokio::spawn(task.run(inbox));
        Ok(Self { told })
    }

    /// The vault of a member of `don`; none without keys for secrets.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn of(
        don: &Don,
        chain_id: u64,
        keys: &Arc<Keystore>,
        journal: &Journal,
        voice: Voice,
        fetcher: Fetcher,
    ) -> Result<Option<Self>, JournalError> {
        if keys.secrets_keys().next().is_none() {
            return Ok(None);
        }
        let (keys, journal, limits) = (keys.clone(), journal.clone(), Limits::default());
        let (me, n, f, coordinator) = (don.me, don.roster.n(), don.roster.f(), don.coordinator);
        let (allow_unbound, fetch) = (don.offchain.allow_unbound_secrets, remote::through(fetcher));
        let parts =
            Parts { keys, journal, voice, fetch, me, n, f, chain_id, coordinator, limits, allow_unbound };
        Self::start(parts).await.map(Some)
    }

    /// Whether a frame of a peer is for the vault.
    #[must_use]
    pub fn is_for(bytes: &[u8]) -> bool {
        oracle_vault::Message::is_marked(bytes)
    }

    /// A frame of a peer. What comes while too much waits is lost: it is said again.
    pub fn heard(&self, from: OracleIndex, bytes: Vec<u8>) {
        self.tell(Told::Heard { from, bytes });
    }

    /// A fresh stream to a peer is open.
    pub fn connected(&self, peer: OracleIndex) {
        self.tell(Told::Connected(peer));
    }

    /// A request that names secrets was seen on chain: they are opened beside all else.
    pub fn begin(&self, wanted: Wanted) {
        self.tell(Told::Begin { wanted, reply: None });
    }

    /// A request has ended.
    pub fn end(&self, request: B256) {
        self.tell(Told::End(request));
    }

    /// The secrets that a request names, or the error bytes that it ends with.
    ///
    /// # Errors
    /// Why they are not there yet: this node's trouble, not the request's.
    pub async fn secrets(
        &self,
        wanted: Wanted,
    ) -> Result<Result<BTreeMap<String, String>, String>, &'static str> {
        const LATE: &str = "too few members gave a decryption share of its secrets, or they are not here yet";
        let (reply, replied) = oneshot::channel();
        self.told.send(Told::Begin { wanted, reply: Some(reply) }).await.map_err(|_| ENDED)?;
        let mut result = replied.await.map_err(|_| "too many requests wait for their secrets")?;
        let opened = match timeout(PATIENCE, result.wait_for(Option::is_some)).await {
            Ok(Ok(opened)) => opened.clone(),
            Ok(Err(_)) => return Err(ENDED),
            Err(_) => return Err(LATE),
        };
        match opened.ok_or(LATE)? {
            // They were checked to be an object of texts.
            Ok(secrets) => Ok(serde_json::from_str(secrets.as_json()).map_err(|err| err.to_string())),
            Err(text) => Ok(Err(text)),
        }
    }

    /// The row that a request of this block time, in unix milliseconds, names; `None` when too few members have it, or
    /// it had expired.
    ///
    /// # Errors
    /// Why it is not there yet: this node's trouble, not the request's.
    pub async fn row(&self, key: Key, block_ms: u64) -> Result<Option<Row>, &'static str> {
        let (reply, replied) = oneshot::channel();
        self.told.send(Told::Find(looking::Look::new(key, block_ms, reply))).await.map_err(|_| ENDED)?;
        match timeout(PATIENCE, replied).await {
            Ok(Ok(row)) => Ok(row),
            Ok(Err(_)) => Err("too many requests wait for their code"),
            Err(_) => Err("the row of its code is not here yet"),
        }
    }

    /// A handle that does not keep the task from ending.
    #[must_use]
    pub fn downgrade(&self) -> WeakVault {
        WeakVault(self.told.downgrade())
    }

    /// Has messages of owners answered from now on.
    pub async fn open_desk(&self, desk: Desk) {
        let _ = self.told.send(Told::OpenDesk(desk)).await;
    }

    /// Hands a message of an owner's to all members, this one included. What each says goes to `answer`, with its
    /// place.
    pub fn ask(&self, message: Arc<str>, answer: mpsc::Sender<(usize, String)>) {
        self.tell(Told::Ask { message, answer });
    }

    /// Stores a row that its owner uploads.
    ///
    /// # Errors
    /// What the owner is told.
    pub async fn put(&self, row: Row) -> Result<(), String> {
        let (reply, replied) = oneshot::channel();
        self.told.send(Told::Put { row: Box::new(row), reply }).await.map_err(|_| ENDED)?;
        replied.await.map_err(|_| ENDED)?
    }

    /// The rows of an owner, by slot and version.
    pub async fn list(&self, kind: Kind, owner: Address) -> Vec<Listed> {
        let (reply, replied) = oneshot::channel();
        let _ = self.told.send(Told::List { kind, owner, reply }).await;
        replied.await.unwrap_or_default()
    }

    fn tell(&self, told: Told) {
        if self.told.try_send(told).is_err() {
            tracing::debug!("the vault has too much to do");
        }
    }
}
