//! One-file backups of a journal, their verification and return, and the removal of what is old.
//!
//! A backup is a consistent copy made beside a running node. It carries the mark of a backup, so that a node which
//! opens it, by whatever way it came into its place, knows that its keys may have said more since.
//!
//! PostgreSQL has its own tools: `pg_dump` and `pg_restore`; see docs/node.md.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use alloy::primitives::B256;
use futures::TryStreamExt;
use oracle_ocr::RequestKey;
use sqlx::{Connection, Row};

use super::{
    Journal, JournalError, Place, content, corrupt, hash_from, memory::RESTORED, place, protocol, requests,
    schema, sqlite_url, transmissions, vault,
};
use crate::{
    clock::now_ms,
    lock::{FileLock, LockError},
};

/// Requests removed in one step.
const PRUNE_STEP: u32 = 500;

/// A backup made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// What it holds.
    pub contents: Contents,
    /// Its length in bytes.
    pub bytes: u64,
}

/// What a journal holds, all of which parses.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Contents {
    /// Requests.
    pub requests: u64,
    /// Records of the agreement protocol.
    pub records: u64,
    /// Transactions.
    pub transmissions: u64,
    /// What owners stored with the DON.
    pub vault_rows: u64,
    /// Chain, router and signer it belongs to, as far as they are known.
    pub claims: Vec<(String, String)>,
    /// Set when it is a backup, or was put back from one and not yet taken up by a node.
    pub restored: Option<String>,
}

impl Contents {
    /// Whether it says whose it is, as a journal does from a node's first start on.
    fn names_a_node(&self) -> bool {
        self.claims.iter().any(|(name, _)| name == "signer")
    }
}

/// Copies the journal at `url` into the new file `to`, while a node may go on writing.
///
/// # Errors
/// When `to` exists, when no node has used the journal yet, when the database is no file, or what the database says.
pub async fn backup(url: &str, to: &Path) -> Result<Backup, JournalError> {
    let place = file_of(url, "pg_dump makes backups of it, see docs/node.md")?;
    // A link that leads nowhere is in the place as much as a file.
    if let Ok(there) = fs::symlink_metadata(to) {
        let what = if there.is_symlink() { "exists already as a symbolic link" } else { "exists already" };
        return Err(JournalError::Refused {
            problem: format!("{} {what}", to.display()),
            remedy: "name a new file; a backup never replaces another",
        });
    }
    if let Place::File(journal) = &place {
        look_for(
            journal,
            "the node makes it at its first start; otherwise correct database.url or data_dir",
        )?;
    }
    let part = Part::of(to);
    copy(&place, &part.0).await?;
    let contents = verify(&sqlite_url(&part.0)).await?;
    if !contents.names_a_node() {
        return Err(JournalError::Refused {
            problem: format!("the journal {place} names no node yet, so there is nothing to keep"),
            remedy: "start the node once: it writes its name into the journal as soon as it knows its chain",
        });
    }
    let failed = |err: io::Error| in_the_way(to, &err);
    part.put(to).map_err(failed)?;
    let bytes = fs::metadata(to).map_err(failed)?.len();
    Ok(Backup { contents, bytes })
}

/// A file that is not whole yet: put in its place, or removed.
struct Part(PathBuf);

impl Part {
    fn of(path: &Path) -> Self {
        Self(beside(path, ".part"))
    }

    /// Puts the file in its place, durably.
    fn put(&self, path: &Path) -> io::Result<()> {
        fs::rename(&self.0, path)?;
        sync_folder(path)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Reads everything in the journal at `url`: the database's own check, the schema, and every row.
///
/// # Errors
/// The first thing that is wrong.
pub async fn verify(url: &str) -> Result<Contents, JournalError> {
    let journal = Journal::look_at(url).await?;
    let found = journal.read_all().await;
    journal.close().await;
    found.map_err(|err| match err {
        JournalError::Database(err) => journal.place().refused(&err),
        other => other,
    })
}

/// Reads everything in the file `copy` that shall come back as the journal of the keys whose memory file is `memory`,
/// and that names the chain id, router and signer which `owner` does.
///
/// # Errors
/// As [`verify`]; when it is another node's; when rows of a backup were changed since it was made; and when it is a
/// part of a journal that somebody copied beside a running node: what a node wrote last is in another file, so such a
/// copy holds nothing, or less than the keys have said.
pub async fn verify_copy(
    copy: &Path,
    owner: &[(&str, &str)],
    memory: &Path,
) -> Result<Contents, JournalError> {
    look_for(copy, "name the file of a backup")?;
    let contents = verify(&sqlite_url(copy)).await?;
    let part = |problem: String| JournalError::Refused {
        problem: format!("{} is no backup: {problem}", copy.display()),
        remedy: "its log (-wal) was left behind, or it is an old copy; `functions-node journal backup` makes whole ones, \
                 also beside a running node",
    };
    if !contents.names_a_node() {
        return Err(part("it names no node that it belongs to".to_owned()));
    }
    for (name, ours) in owner {
        let stored = contents.claims.iter().find(|(claimed, _)| claimed == name);
        if let Some((_, stored)) = stored.filter(|(_, stored)| stored != ours) {
            return Err(JournalError::OtherOwner {
                name: (*name).to_owned(),
                stored: stored.clone(),
                ours: (*ours).to_owned(),
            });
        }
    }
    if let Some(made) = contents.restored.as_deref().and_then(content::of_mark) {
        let journal = Journal::look_at(&sqlite_url(copy)).await?;
        let found = journal.content().await;
        journal.close().await;
        if found? != made {
            return Err(JournalError::Refused {
                problem: format!(
                    "{} is not the backup that was made: rows of it were changed or removed since",
                    copy.display()
                ),
                remedy: "do not restore it: take another backup",
            });
        }
    }
    if contents.restored.is_none() {
        let journal = Journal::look_at(&sqlite_url(copy)).await?;
        let behind = journal.is_behind(memory).await;
        journal.close().await;
        if let Some((holds, said)) = behind? {
            return Err(part(format!("it holds {holds} of {said} things these keys have said")));
        }
    }
    Ok(contents)
}

/// Opens an existing journal and writes to it without leaving a trace; the claims it holds. Beside a running node.
///
/// # Errors
/// What would keep a node from using it.
pub async fn probe(url: &str) -> Result<Contents, JournalError> {
    let place = Place::parse(url)?;
    let mut connection = place::connect(&place, &place.options("rw")?).await?;
    let tried = async {
        let mut transaction = connection.begin().await?;
        sqlx::raw_sql("CREATE TABLE functions_probe (n BIGINT)").execute(&mut *transaction).await?;
        sqlx::raw_sql("INSERT INTO functions_probe VALUES (1)").execute(&mut *transaction).await?;
        transaction.rollback().await
    }
    .await;
    let has_meta = sqlx::query("SELECT name FROM meta").fetch_optional(&mut connection).await.is_ok();
    let _ = connection.close().await;
    tried.map_err(|err| place.refused(&err))?;
    if !has_meta {
        return Ok(Contents::default());
    }
    let journal = Journal::look_at(url).await?;
    let contents = journal.claims().await;
    journal.close().await;
    contents
}

/// Puts the backup `from` in the place of the journal at `url`, marked so that the node stays silent about what it may
/// have said since. An existing journal is refused unless `replace`; then it is kept under the name returned.
///
/// # Errors
/// When the backup does not verify ([`verify_copy`]), or a node runs on the journal.
pub async fn restore(
    url: &str,
    from: &Path,
    owner: &[(&str, &str)],
    memory: &Path,
    replace: bool,
) -> Result<(Contents, Option<PathBuf>), JournalError> {
    let remedy = "use pg_restore, then `functions-node journal mark-restored`";
    let Place::File(path) = file_of(url, remedy)? else { unreachable!("file_of gives files") };
    let hold = match FileLock::take(&path) {
        Ok(hold) => Some(hold),
        Err(LockError::Held { pid, .. }) => {
            let holder = pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
            return Err(JournalError::Busy { place: path.display().to_string(), holder });
        }
        Err(LockError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => None,
        Err(LockError::Io { source, .. }) => return Err(in_the_way(&path, &source)),
    };
    look_for(from, "correct --from")?;
    let contents = verify_copy(from, owner, memory).await?;
    if hold.is_some() && !replace {
        return Err(JournalError::Refused {
            problem: format!("there is a journal at {}", path.display()),
            remedy: "the node knows more with it than with any backup; give --replace if it is lost or damaged",
        });
    }
    let part = Part::of(&path);
    copy(&Place::File(from.to_owned()), &part.0).await?;
    let kept = hold.is_some().then(|| free_name(&path, now_ms() / 1_000));
    let moved = (|| {
        if let Some(kept) = &kept {
            fs::hard_link(&path, kept)?;
            // The log of the replaced file would be played into the new one: it goes first.
            for suffix in ["-wal", "-shm"] {
                match fs::rename(beside(&path, suffix), beside(kept, suffix)) {
                    Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(err),
                    _ => {}
                }
            }
        }
        part.put(&path)
    })();
    moved.map_err(|err: io::Error| in_the_way(&path, &err))?;
    Ok((contents, kept))
}

/// Removes finished requests seen before `before_ms` from a journal no node runs on, and gives the room back to the
/// disk.
///
/// # Errors
/// [`JournalError`].
pub async fn prune(url: &str, before_ms: u64) -> Result<u64, JournalError> {
    let journal = Journal::open(url).await?;
    let result = async {
        let mut removed = 0;
        loop {
            let step = journal.prune(before_ms, PRUNE_STEP).await?;
            removed += step;
            if step < u64::from(PRUNE_STEP) {
                break;
            }
        }
        let mut held = journal.writer.hold().await?;
        sqlx::raw_sql("VACUUM").execute(&mut *held).await?;
        if journal.place.is_file() {
            sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *held).await?;
        }
        Ok(removed)
    }
    .await;
    journal.close().await;
    result
}

impl Journal {
    async fn claims(&self) -> Result<Contents, JournalError> {
        let mut contents = Contents { restored: self.meta(RESTORED).await?, ..Contents::default() };
        for name in ["chain id", "router", "signer"] {
            if let Some(value) = self.meta(name).await? {
                contents.claims.push((name.to_owned(), value));
            }
        }
        Ok(contents)
    }

    /// The digest of every row.
    async fn content(&self) -> Result<B256, JournalError> {
        content::digest(&mut *self.reads.acquire().await?).await
    }

    async fn read_all(&self) -> Result<Contents, JournalError> {
        if self.place.is_file() {
            let row = sqlx::query("PRAGMA integrity_check(1)").fetch_one(&self.reads).await?;
            let words: String = row.try_get(0)?;
            if words != "ok" {
                return Err(corrupt("a damaged page", words));
            }
            // Either would have the database do something else than it is told.
            let foreign = "SELECT type || ' ' || name FROM sqlite_master WHERE type IN ('trigger', 'view')";
            if let Some(row) = sqlx::query(foreign).fetch_optional(&self.reads).await? {
                return Err(corrupt("something no node puts there", row.try_get::<String, _>(0)?));
            }
        }
        let mut contents = self.claims().await?;
        let mut rows = sqlx::query(requests::ALL).fetch(&self.reads);
        while let Some(row) = rows.try_next().await? {
            requests::parse(&row)?;
            contents.requests += 1;
        }
        drop(rows);
        let all = "SELECT slot, attempt, body, request_id, commitment_hash FROM protocol";
        let mut rows = sqlx::query(all).fetch(&self.reads);
        while let Some(row) = rows.try_next().await? {
            let hash = |index| -> Result<B256, JournalError> {
                hash_from("a record's request", &row.try_get::<String, _>(index)?)
            };
            protocol::parse(RequestKey { request: hash(3)?, commitment: hash(4)? }, &row)?;
            contents.records += 1;
        }
        drop(rows);
        let mut rows = sqlx::query(transmissions::ALL).fetch(&self.reads);
        while let Some(row) = rows.try_next().await? {
            transmissions::parse(&row)?;
            contents.transmissions += 1;
        }
        drop(rows);
        if schema::has_vault(&mut *self.reads.acquire().await?).await? {
            let mut rows = sqlx::query(vault::ALL).fetch(&self.reads);
            while let Some(row) = rows.try_next().await? {
                vault::parse(&row)?;
                contents.vault_rows += 1;
            }
        }
        Ok(contents)
    }
}

/// A consistent copy in one file, marked, private and on the disk.
async fn copy(from: &Place, to: &Path) -> Result<(), JournalError> {
    let Some(name) = to.to_str() else {
        return Err(JournalError::Refused {
            problem: format!("{} is no UTF-8 text", to.display()),
            remedy: "choose another name",
        });
    };
    match fs::remove_file(to) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(in_the_way(to, &err)),
        _ => {}
    }
    let mut connection = place::connect(from, &from.options("rw")?).await?;
    // The database would name its source whichever file is at fault: an empty file it takes as its target.
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    if let Err(err) = made {
        let _ = connection.close().await;
        return Err(in_the_way(to, &err));
    }
    let copied = sqlx::query("VACUUM INTO $1").bind(name).execute(&mut connection).await;
    let _ = connection.close().await;
    if let Err(err) = copied {
        let _ = fs::remove_file(to);
        let target = Place::File(to.to_owned());
        return Err(if is_of_target(&err) { target.refused(&err) } else { from.refused(&err) });
    }
    let copy = Place::File(to.to_owned());
    let mut connection = place::connect(&copy, &copy.options("rw")?).await?;
    let marked = content::mark(&mut connection, now_ms() / 1_000).await;
    let _ = connection.close().await;
    marked.map_err(|err| match err {
        JournalError::Database(err) => copy.refused(&err),
        other => other,
    })?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o600))
        .and_then(|()| File::open(to)?.sync_all())
        .map_err(|err| in_the_way(to, &err))
}

/// Whether a copy failed at the file that is written: no room, no permission, a broken disk below it. What the source
/// may be is damaged, or in use.
fn is_of_target(err: &sqlx::Error) -> bool {
    let sqlx::Error::Database(err) = err else { return false };
    let code = err.code().and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, 8 | 10 | 13 | 14))
}

/// Whether there is a file at all, before a database says less about it, or waits for a pipe.
fn look_for(path: &Path, remedy: &'static str) -> Result<(), JournalError> {
    match functions_input::file::open(path) {
        Ok(_) => Ok(()),
        Err(err) => Err(JournalError::Refused {
            problem: format!("{} cannot be read ({err})", path.display()),
            remedy,
        }),
    }
}

/// Where a replaced journal is kept: a name that no earlier one of the same second has.
fn free_name(path: &Path, now_seconds: u64) -> PathBuf {
    let first = beside(path, &format!(".replaced-{now_seconds}"));
    let others = (2..).map(|number: u32| beside(path, &format!(".replaced-{now_seconds}-{number}")));
    let is_free = |name: &PathBuf| ["", "-wal", "-shm"].iter().all(|suffix| !beside(name, suffix).exists());
    std::iter::once(first).chain(others).find(is_free).expect("numbers do not end")
}

fn file_of(url: &str, remedy: &'static str) -> Result<Place, JournalError> {
    match Place::parse(url)? {
        Place::Server(_) => {
            Err(JournalError::Refused { problem: "the journal is on a PostgreSQL server".to_owned(), remedy })
        }
        file @ Place::File(_) => Ok(file),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn in_the_way(path: &Path, err: &io::Error) -> JournalError {
    JournalError::Refused {
        problem: format!("{} cannot be written ({err})", path.display()),
        remedy: "give the node's user a folder and a file it may write, on a disk with room",
    }
}
