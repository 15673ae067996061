//! Durable state: requests seen, protocol records that must survive a crash, transactions, and the log cursor.
//!
//! One SQL subset serves SQLite (write-ahead log, `synchronous = FULL`) and PostgreSQL. A write that returns has
//! reached the disk: what the node says to peers or to the chain after it can rely on finding it again.
//!
//! | table | row | key |
//! | --- | --- | --- |
//! | `meta` | identity of the node, log cursor | name |
//! | `requests` | a request, its state, and what `/requests/{id}` shows | request id |
//! | `protocol` | a record of the agreement protocol | configuration, request id, commitment, slot, attempt |
//! | `transmissions` | a transaction carrying a report, with its signed bytes | request id, attempt |
//! | `unbound` | who first stored a ciphertext that is bound to nobody | digest of the ciphertext |
//! | `vault` | what an owner stored with the DON, signed by the owner | kind, owner, slot, version |

mod again;
mod backup;
mod content;
mod lease;
mod many;
mod memory;
mod open;
mod place;
mod protocol;
mod requests;
mod schema;
#[cfg(test)]
mod tests;
mod transmissions;
mod vault;
mod writer;

use std::sync::Arc;

use alloy::primitives::B256;
use prometheus_client::metrics::counter::Counter;
use sqlx::{AnyPool, Row};
use tokio::sync::Mutex;

use self::writer::Writer;

pub use backup::{Backup, Contents, backup, probe, prune, restore, verify, verify_copy};
pub use memory::memory_file;
pub use place::Place;
pub use requests::Page;
pub use transmissions::{Transmission, TransmissionState};

pub use crate::{
    config::sqlite_url,
    lifecycle::{RequestRow, RequestView, State},
};

/// Why durable state could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The database refused or is gone.
    #[error("the journal's database failed: {}", database_words(.0))]
    Database(sqlx::Error),
    /// It cannot be opened. The operator must act.
    #[error("the journal {place} cannot be opened: {problem}; {remedy}")]
    Open {
        /// File, or server and database.
        place: String,
        /// What the system or the database said.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Another process has it.
    #[error(
        "the journal {place} is in use by {holder}; end that one first, or give this node a journal and keys of its own"
    )]
    Busy {
        /// File, or server and database.
        place: String,
        /// Who has it.
        holder: String,
    },
    /// Another process wrote to it meanwhile; nothing was stored.
    #[error("another process writes to this journal; the node stops before it could contradict it")]
    Lost,
    /// A backup or restoration was refused.
    #[error("{problem}; {remedy}")]
    Refused {
        /// What is in the way.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A stored row does not parse: the file was changed by something else, or by a newer version.
    #[error(
        "the journal holds {what} that does not parse: {problem}; was it written by a newer version? A journal put back with `functions-node journal restore` is taken up safely: the node stays silent about what it may have said before"
    )]
    Corrupt {
        /// Which row.
        what: String,
        /// What did not fit.
        problem: String,
    },
    /// The journal belongs to another node, chain or router.
    #[error(
        "the journal was written for {name} {stored}, this node has {ours}; give every node a journal of its own"
    )]
    OtherOwner {
        /// Which property differs.
        name: String,
        /// As stored.
        stored: String,
        /// As configured.
        ours: String,
    },
}

impl From<sqlx::Error> for JournalError {
    fn from(err: sqlx::Error) -> Self {
        Self::Database(err)
    }
}

/// What the database said, once.
fn database_words(err: &sqlx::Error) -> String {
    match err {
        sqlx::Error::Database(err) => match err.code() {
            Some(code) if code == "13" => {
                format!("{} (code 13): make room; what was stored is whole", err.message())
            }
            Some(code) => format!("{} (code {code})", err.message()),
            None => err.message().to_owned(),
        },
        sqlx::Error::PoolTimedOut => "it did not answer in time".to_owned(),
        sqlx::Error::Io(err) => err.to_string(),
        other => other.to_string(),
    }
}

/// Handle to the durable state; clones share the connections.
#[derive(Clone, Debug)]
pub struct Journal {
    place: Place,
    writer: Writer,
    /// What only looks, and must never make a write wait.
    reads: AnyPool,
    commits: Counter,
    hold: Arc<Mutex<Option<open::Hold>>>,
    said: Arc<Mutex<Option<memory::Said>>>,
}

const PUT_META: &str =
    "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";

impl Journal {
    /// Counts commits there.
    #[must_use]
    pub fn counting(self, commits: Counter) -> Self {
        Self { commits, ..self }
    }

    /// Binds the journal to its owner at first use and refuses it to any other.
    ///
    /// # Errors
    /// [`JournalError::OtherOwner`] when `name` was stored with another value.
    pub async fn claim(&self, name: &str, ours: &str) -> Result<(), JournalError> {
        match self.meta(name).await? {
            Some(stored) if stored != ours => {
                Err(JournalError::OtherOwner { name: name.to_owned(), stored, ours: ours.to_owned() })
            }
            Some(_) => Ok(()),
            None => self.set_meta(name, ours).await,
        }
    }

    /// What a property of the owner was stored as; `None` before its [`Journal::claim`].
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn claimed(&self, name: &str) -> Result<Option<String>, JournalError> {
        self.meta(name).await
    }

    /// Writes a row and reads it: whether the database is there and takes writes.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn probe(&self) -> Result<(), JournalError> {
        let now = crate::clock::now_ms().to_string();
        self.set_meta("probe", &now).await?;
        match self.meta("probe").await? {
            Some(_) => Ok(()),
            None => Err(corrupt("probe", "a row just written is not there")),
        }
    }

    /// First block whose logs were not yet processed finally, for one coordinator.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn cursor(&self, coordinator: &str) -> Result<Option<u64>, JournalError> {
        let Some(text) = self.meta(&cursor_name(coordinator)).await? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| corrupt("cursor", &text))
    }

    async fn meta(&self, name: &str) -> Result<Option<String>, JournalError> {
        let select = || async {
            let mut held = self.writer.hold().await?;
            sqlx::query("SELECT value FROM meta WHERE name = $1").bind(name).fetch_optional(&mut *held).await
        };
        let row = self.again(select).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    async fn set_meta(&self, name: &str, value: &str) -> Result<(), JournalError> {
        let write = || async { write_meta(&mut *self.writer.hold().await?, name, value).await };
        self.again(write).await?;
        self.commits.inc();
        Ok(())
    }
}

async fn write_meta(
    connection: &mut sqlx::AnyConnection,
    name: &str,
    value: &str,
) -> Result<(), JournalError> {
    sqlx::query(PUT_META).bind(name).bind(value).execute(connection).await?;
    Ok(())
}

fn cursor_name(coordinator: &str) -> String {
    format!("cursor/{coordinator}")
}

fn corrupt(what: &str, problem: impl std::fmt::Display) -> JournalError {
    JournalError::Corrupt { what: what.to_owned(), problem: problem.to_string() }
}

fn hash_from(what: &str, text: &str) -> Result<B256, JournalError> {
    text.parse().map_err(|err| corrupt(what, err))
}

/// SQL integers are signed; block numbers, nonces and times of any real chain fit.
fn to_sql(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn from_sql(what: &str, value: i64) -> Result<u64, JournalError> {
    u64::try_from(value).map_err(|err| corrupt(what, err))
}
