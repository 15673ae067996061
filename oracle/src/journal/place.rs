//! Where a journal lies, and the way there.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use sqlx::{
    AnyConnection, ConnectOptions,
    any::{AnyConnectOptions, install_default_drivers},
    sqlite::SqliteConnectOptions,
};
use tokio::time::timeout;
use url::Url;

use super::JournalError;
use crate::config::sqlite_url;

/// Time a database may take to answer the first question.
const FIRST_ANSWER: Duration = Duration::from_secs(10);

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
            (Self::File(_), Some(13)) => FULL,
            (Self::File(_), Some(5 | 6)) => "another program has it open: end that program",
            (Self::File(path), _) => unwritable(path),
            (Self::Server(_), _) => {
                "check host, port, user, password and database of database.url, and that the server runs"
            }
        };
        JournalError::Open { place: self.to_string(), problem: super::database_words(err), remedy }
    }
}

const FULL: &str = "the disk is full: make room";

/// What to do about a file that cannot be opened for writing. SQLite tells a full or protected disk from a missing
/// permission only sometimes; a few bytes written beside the file do always.
pub(super) fn unwritable(path: &Path) -> &'static str {
    let probe = path.with_extension("probe");
    let written = std::fs::write(&probe, [0; 8_192]);
    let _ = std::fs::remove_file(&probe);
    match written.map_err(|err| err.kind()) {
        Err(ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => FULL,
        Err(ErrorKind::ReadOnlyFilesystem) => "the file system is read-only: mount it writable",
        _ => "give the node's user a folder and a file it may write",
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

/// One connection, or the reason why not, within ten seconds.
pub(super) async fn connect(
    place: &Place,
    options: &AnyConnectOptions,
) -> Result<AnyConnection, JournalError> {
    if let Place::File(path) = place
        && let Err(err) = functions_input::file::open(path)
        && err.kind() == std::io::ErrorKind::InvalidInput
    {
        return Err(JournalError::Open {
            place: place.to_string(),
            problem: err.to_string(),
            remedy: "give the path of a file",
        });
    }
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
