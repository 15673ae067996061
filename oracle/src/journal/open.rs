//! Opening a journal: one owner at a time, the true reason at once when it cannot be, readers apart from the writer.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::Arc,
    time::Duration,
};

use prometheus_client::metrics::counter::Counter;
use sqlx::{
    AnyConnection, AnyPool, AssertSqlSafe, Connection,
    any::{AnyConnectOptions, AnyPoolOptions},
};
use tokio::sync::Mutex;

use super::{
    Journal, JournalError,
    lease::Lease,
    place::{Place, connect, unwritable},
    schema,
    writer::Writer,
};
use crate::lock::{FileLock, LockError};

/// Time a write waits for a connection, or for a file that somebody else has locked: as long as a request waits for its
/// answer. Meanwhile nothing is said, and the node is not ready; a server that restarts or fails over comes back within
/// it.
pub(super) const WRITE_PATIENCE: Duration = Duration::from_secs(300);
/// Time an opening waits for a file that somebody else has locked.
const OPEN_PATIENCE: Duration = Duration::from_secs(10);
/// Time a reader waits for a connection.
const READ_PATIENCE: Duration = Duration::from_secs(3);
/// Connections to a server that writes go over.
const WRITERS: u32 = 8;
/// Connections of readers.
const READERS: u32 = 2;

/// What keeps others away from the journal.
#[derive(Debug)]
pub(super) enum Hold {
    File(#[expect(dead_code, reason = "held, not read")] FileLock),
    Server(Lease),
}

impl Journal {
    /// Opens or creates the journal at `url`, keeps every other process out, and brings its schema up to date.
    ///
    /// # Errors
    /// [`JournalError::Busy`] when another process has it, [`JournalError::Open`] with the reason and a remedy, at
    /// once.
    pub async fn open(url: &str) -> Result<Self, JournalError> {
        let place = Place::parse(url)?;
        let hold = match &place {
            Place::File(path) => Hold::File(hold_file(path)?),
            Place::Server(_) => Hold::Server(Lease::take(&place, place.options("")?).await?),
        };
        let options = place.options("rwc")?;
        // A pool goes on trying; one connection says at once what is wrong.
        let mut first = connect(&place, &options).await?;
        prepare(&mut first, place.is_file(), OPEN_PATIENCE).await.map_err(|err| place.refused(&err))?;
        let migrated = schema::migrate(&mut first, place.is_file()).await;
        if let Err(err) = migrated {
            let _ = first.close().await;
            return Err(match err {
                JournalError::Database(err) => place.refused(&err),
                other => other,
            });
        }
        let writer = if place.is_file() {
            prepare(&mut first, true, WRITE_PATIENCE).await.map_err(|err| place.refused(&err))?;
            Writer::file(first)
        } else {
            first.close().await.map_err(|err| place.refused(&err))?;
            Writer::Pool(server(options).await?)
        };
        let reads = readers(&place)?;
        let hold = Arc::new(Mutex::new(Some(hold)));
        Ok(Self { place, writer, reads, commits: Counter::default(), hold, said: Arc::default() })
    }

    /// Opens an existing journal to look at it: nothing is changed and nobody is kept out.
    ///
    /// # Errors
    /// [`JournalError::Open`] with the reason and a remedy.
    pub async fn look_at(url: &str) -> Result<Self, JournalError> {
        let place = Place::parse(url)?;
        let mut first = connect(&place, &place.options("rw")?).await?;
        let known = schema::applied(&mut first).await;
        let _ = first.close().await;
        known.map_err(|err| match err {
            JournalError::Database(err) => place.refused(&err),
            other => other,
        })?;
        let reads = readers(&place)?;
        let (writer, commits) = (Writer::Pool(reads.clone()), Counter::default());
        Ok(Self { place, writer, reads, commits, hold: Arc::default(), said: Arc::default() })
    }

    /// Ends all connections after the writes under way, and lets others in.
    pub async fn close(&self) {
        self.reads.close().await;
        self.writer.close().await;
        if let Some(Hold::Server(lease)) = self.hold.lock().await.take() {
            lease.give_back().await;
        }
    }

    /// Where the journal lies.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }
}

/// Connections to a server, to write.
async fn server(options: AnyConnectOptions) -> Result<AnyPool, sqlx::Error> {
    AnyPoolOptions::new()
        .max_connections(WRITERS)
        .acquire_timeout(WRITE_PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(true)
        .connect_with(options)
        .await
}

/// Connections that change nothing, apart from the one that writes.
fn readers(place: &Place) -> Result<AnyPool, JournalError> {
    let sqlite = place.is_file();
    Ok(AnyPoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(READ_PATIENCE)
        .test_before_acquire(!sqlite)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                if sqlite {
                    sqlx::raw_sql("PRAGMA busy_timeout = 2000").execute(&mut *connection).await?;
                    sqlx::raw_sql("PRAGMA query_only = ON").execute(&mut *connection).await?;
                } else {
                    sqlx::raw_sql("SET default_transaction_read_only = on").execute(&mut *connection).await?;
                    sqlx::raw_sql("SET statement_timeout = 5000").execute(&mut *connection).await?;
                }
                Ok(())
            })
        })
        .connect_lazy_with(place.options("rw")?))
}

/// Settings of every connection that writes. It waits for a file that somebody else has locked: a backup tool, say.
async fn prepare(
    connection: &mut AnyConnection,
    sqlite: bool,
    patience: Duration,
) -> Result<(), sqlx::Error> {
    let settings: &[&'static str] = if sqlite {
        let waits = format!("PRAGMA busy_timeout = {}", patience.as_millis());
        sqlx::raw_sql(AssertSqlSafe(waits)).execute(&mut *connection).await?;
        &[
            // Only before the first table; `journal prune` converts older files.
            "PRAGMA auto_vacuum = INCREMENTAL",
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "PRAGMA journal_size_limit = 67108864",
            // What a statement of several rows would need to be taken back; else a file made and removed for each.
            "PRAGMA temp_store = MEMORY",
        ]
    } else {
        &[]
    };
    for setting in settings {
        sqlx::raw_sql(*setting).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Makes the file where there is none, and holds it.
fn hold_file(path: &Path) -> Result<FileLock, JournalError> {
    let refuse = |problem: String| JournalError::Open {
        place: path.display().to_string(),
        problem,
        remedy: unwritable(path),
    };
    if !path.exists() {
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(|err| refuse(format!("the file cannot be made ({err})")))?;
    }
    if fs::metadata(path).is_ok_and(|about| about.is_dir()) {
        return Err(refuse("it is a folder".to_owned()));
    }
    FileLock::take(path).map_err(|err| match err {
        LockError::Held { pid, .. } => JournalError::Busy {
            place: path.display().to_string(),
            holder: pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}")),
        },
        LockError::Io { source, .. } => refuse(format!("the file cannot be opened ({source})")),
    })
}
