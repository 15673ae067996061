//! Opening a journal: one owner at a time, the true reason at once when it cannot be, readers apart from the writer.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use sqlx::{
    AnyConnection, AnyPool, ConnectOptions, Connection,
    any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers},
    sqlite::SqliteConnectOptions,
};
use tokio::{sync::Mutex, time::timeout};
use url::Url;

use super::{Journal, JournalError, lease::Lease, schema};
use crate::{
    config::sqlite_url,
    lock::{FileLock, LockError},
};

/// Time a database may take to answer the first question.
const FIRST_ANSWER: Duration = Duration::from_secs(10);
/// Time a write waits for a connection: as long as a request waits for its answer. Meanwhile nothing is said, and the
/// node is not ready; a server that restarts or fails over comes back within it.
const WRITE_PATIENCE: Duration = Duration::from_secs(300);
/// Time a reader waits for a connection.
const READ_PATIENCE: Duration = Duration::from_secs(3);
/// Connections of readers.
const READERS: u32 = 2;

/// Where a journal lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file of SQLite.
    File(PathBuf),
    /// A PostgreSQL server, by URL.
    Server(String),
}

impl Place {
    /// Reads `sqlite:` and `postgres:` URLs.
    ///
    /// # Errors
    /// [`JournalError::Open`] for anything else, and for databases that live in memory.
    pub fn parse(url: &str) -> Result<Self, JournalError> {
        let refuse = |problem: String| JournalError::Open {
            place: "database.url".to_owned(),
            problem,
            remedy: "write sqlite:///absolute/path.sqlite or postgres://user@host/database",
        };
        if url.starts_with("sqlite:") {
            let options =
                SqliteConnectOptions::from_str(url).map_err(|err| refuse(super::database_words(&err)))?;
            let path = options.get_filename().to_owned();
            if path.as_os_str().is_empty() || url.contains(":memory:") || url.contains("mode=memory") {
                return Err(refuse("a journal in memory would not survive a restart".to_owned()));
            }
            return Ok(Self::File(path));
        }
        match Url::parse(url) {
            Ok(_) if url.starts_with("postgres") => Ok(Self::Server(url.to_owned())),
            Ok(other) => Err(refuse(format!("scheme {} is not supported", other.scheme()))),
            Err(err) => Err(refuse(format!("it is no URL ({err})"))),
        }
    }

    pub(super) fn options(&self, mode: &str) -> Result<AnyConnectOptions, JournalError> {
        install_default_drivers();
        let url = match self {
            Self::File(path) => format!("{}?mode={mode}", sqlite_url(path)),
            Self::Server(url) => url.clone(),
        };
        Ok(AnyConnectOptions::from_str(&url)?)
    }

    pub(super) const fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// Sorts what the database said while it was opened.
    pub(super) fn refused(&self, err: &sqlx::Error) -> JournalError {
        let code = match err {
            sqlx::Error::Database(err) => err.code().and_then(|code| code.parse::<u32>().ok()),
            _ => None,
        };
        let remedy = match (self, code.map(|code| code & 0xff)) {
            (Self::File(_), Some(11 | 26)) => {
                "the file is damaged: look at `functions-node journal verify`, and put a backup in its place with \
                 `functions-node journal restore`"
            }
            (Self::File(_), Some(13)) => "the disk is full: make room",
            (Self::File(_), Some(5 | 6)) => "another program has it open: end that program",
            (Self::File(_), _) => "give the node's user a folder and a file it may write",
            (Self::Server(_), _) => {
                "check host, port, user, password and database of database.url, and that the server runs"
            }
        };
        JournalError::Open { place: self.to_string(), problem: super::database_words(err), remedy }
    }
}

impl std::fmt::Display for Place {
    /// Never shows a password.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(out, "{}", path.display()),
            Self::Server(url) => match Url::parse(url) {
                Ok(url) => {
                    write!(out, "{}://{}{}", url.scheme(), url.host_str().unwrap_or("localhost"), url.path())
                }
                Err(_) => out.write_str("the PostgreSQL server"),
            },
        }
    }
}

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
        prepare(&mut first, place.is_file()).await.map_err(|err| place.refused(&err))?;
        let migrated = schema::migrate(&mut first, place.is_file()).await;
        first.close().await.map_err(|err| place.refused(&err))?;
        migrated.map_err(|err| match err {
            JournalError::Database(err) => place.refused(&err),
            other => other,
        })?;
        // One connection makes SQLite's writes sequential, so that a busy database is never an error.
        let sqlite = place.is_file();
        let pool = AnyPoolOptions::new()
            .max_connections(if sqlite { 1 } else { 8 })
            .acquire_timeout(WRITE_PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            .after_connect(move |connection, _| Box::pin(prepare(connection, sqlite)))
            .connect_with(options)
            .await?;
        let reads = readers(&place)?;
        Ok(Self { place, pool, reads, hold: Arc::new(Mutex::new(Some(hold))), said: Arc::default() })
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
        Ok(Self { place, pool: reads.clone(), reads, hold: Arc::default(), said: Arc::default() })
    }

    /// Ends all connections after the writes under way, and lets others in.
    pub async fn close(&self) {
        self.reads.close().await;
        self.pool.close().await;
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

/// Connections that change nothing, apart from the one that writes.
fn readers(place: &Place) -> Result<AnyPool, JournalError> {
    let sqlite = place.is_file();
    Ok(AnyPoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(READ_PATIENCE)
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

/// One connection, or the reason why not, within ten seconds.
pub(super) async fn connect(
    place: &Place,
    options: &AnyConnectOptions,
) -> Result<AnyConnection, JournalError> {
    match timeout(FIRST_ANSWER, options.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(err)) => Err(place.refused(&err)),
        Err(_) => Err(JournalError::Open {
            place: place.to_string(),
            problem: format!("no answer within {} s", FIRST_ANSWER.as_secs()),
            remedy: "check host and port of database.url, and that nothing between drops the connection",
        }),
    }
}

/// Settings of every connection that writes.
async fn prepare(connection: &mut AnyConnection, sqlite: bool) -> Result<(), sqlx::Error> {
    let settings: &[&'static str] = if sqlite {
        &[
            "PRAGMA busy_timeout = 10000",
            // Only before the first table; `journal prune` converts older files.
            "PRAGMA auto_vacuum = INCREMENTAL",
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "PRAGMA journal_size_limit = 67108864",
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
        remedy: "give the node's user a folder and a file it may write",
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
    if fs::metadata(path).is_ok_and(|data| data.is_dir()) {
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
