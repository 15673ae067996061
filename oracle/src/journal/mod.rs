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

mod protocol;
mod requests;
mod schema;
#[cfg(test)]
mod tests;
mod transmissions;

use std::{str::FromStr, time::Duration};

use alloy::primitives::B256;
use sqlx::{
    AnyPool, Row,
    any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers},
};

pub use requests::{ObservationView, OutcomeView, RequestRow, RequestView, State, TimesMs, TransmissionView};
pub use transmissions::{Transmission, TransmissionState};

/// Why durable state could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The database refused or is gone.
    #[error("the journal's database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// A stored row does not parse: the file was changed by something else, or by a newer version.
    #[error(
        "the journal holds {what} that does not parse: {problem}; restore a backup or start with an empty journal"
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

/// Handle to the durable state; clones share the connections.
#[derive(Clone, Debug)]
pub struct Journal {
    pool: AnyPool,
}

impl Journal {
    /// Opens or creates the journal at `url` and brings its schema up to date.
    ///
    /// # Errors
    /// [`JournalError::Database`] when it cannot be opened.
    pub async fn open(url: &str) -> Result<Self, JournalError> {
        install_default_drivers();
        let sqlite = url.starts_with("sqlite:");
        let full_url = if sqlite && !url.contains('?') && !url.contains(":memory:") {
            format!("{url}?mode=rwc")
        } else {
            url.to_owned()
        };
        // One connection makes SQLite's writes sequential, so that a busy database is never an error.
        let connections = if sqlite { 1 } else { 8 };
        let options = AnyConnectOptions::from_str(&full_url)?;
        let pool = AnyPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(30))
            .idle_timeout(None)
            .max_lifetime(None)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if sqlite {
                        sqlx::raw_sql("PRAGMA journal_mode = WAL").execute(&mut *connection).await?;
                        sqlx::raw_sql("PRAGMA synchronous = FULL").execute(&mut *connection).await?;
                        sqlx::raw_sql("PRAGMA busy_timeout = 10000").execute(&mut *connection).await?;
                    }
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        schema::migrate(&pool, sqlite).await?;
        Ok(Self { pool })
    }

    /// Ends all connections after the writes under way.
    pub async fn close(&self) {
        self.pool.close().await;
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

    /// First block whose logs were not yet processed finally, for one coordinator.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn cursor(&self, coordinator: &str) -> Result<Option<u64>, JournalError> {
        let Some(text) = self.meta(&format!("cursor/{coordinator}")).await? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| corrupt("cursor", &text))
    }

    /// Moves the cursor; everything below `next_block` has been processed.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn set_cursor(&self, coordinator: &str, next_block: u64) -> Result<(), JournalError> {
        self.set_meta(&format!("cursor/{coordinator}"), &next_block.to_string()).await
    }

    async fn meta(&self, name: &str) -> Result<Option<String>, JournalError> {
        let row = sqlx::query("SELECT value FROM meta WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    async fn set_meta(&self, name: &str, value: &str) -> Result<(), JournalError> {
        sqlx::query("INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
            .bind(name)
            .bind(value)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
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
