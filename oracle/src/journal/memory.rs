//! How a node notices that its journal is not the newest one.
//!
//! A journal that was put back to an earlier state lacks what the keys said since; a node that goes on from it would
//! say something else about the same request. So everything said is counted twice: in the journal, in the same
//! transaction as the record, and afterwards in a small file beside the keystore. At a start the two are compared. A
//! journal that counts less than the file, that is another than the file names, or that says itself that it is a
//! backup, remembers nothing from before this start: the node is silent about everything older
//! ([`Journal::start_remembering`]).
//!
//! The counter also fences: a record is stored only when the counter still is what this process last wrote, so that two
//! processes on one database cannot both speak. When a connection breaks while a transaction ends, the counter and the
//! name of who wrote last tell whether it stands.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use alloy::primitives::hex;
use serde::Deserialize;
use sqlx::{Any, Connection as _, Transaction};

use super::{Journal, JournalError, corrupt, write_meta};

/// Longest file read, in bytes.
const MAX_FILE_BYTES: u64 = 1_024;
/// Name of the journal's own id in `meta`.
const JOURNAL_ID: &str = "journal id";
/// Name of the counter in `meta`.
const SAID: &str = "said";
/// Name of the process that counts, in `meta`.
const WRITER: &str = "writer";
/// Name of the mark of a journal that was put back from a backup.
pub(super) const RESTORED: &str = "restored";

/// The counter of this process, and where else it is written.
#[derive(Debug)]
pub(super) struct Said {
    count: u64,
    journal_id: String,
    /// A name that no other process has.
    writer: String,
    file: Option<File>,
}

/// What counting found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// One more is counted in the transaction.
    Now,
    /// It was counted, with all that belongs to it, in a transaction whose answer got lost.
    Before,
}

/// The file's content; numbers as text of fixed length, so that a rewrite never changes the length.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Line {
    journal: String,
    said: String,
}

enum Found {
    Nothing,
    Line { journal: String, said: u64 },
    Damaged(String),
}

/// Where the file lies: beside the keystore, so that it goes where the keys go.
#[must_use]
pub fn memory_file(keystore: &Path) -> PathBuf {
    let mut name = keystore.file_name().unwrap_or_default().to_owned();
    name.push(".memory");
    keystore.with_file_name(name)
}

impl Journal {
    /// Ties the journal to the keys whose memory file is `file`. Gives the reason when what was said with `signer`
    /// before `now_seconds` is not all remembered here; then everything partial is forgotten, and
    /// [`Journal::start_remembering`] says `now_seconds`.
    ///
    /// # Errors
    /// [`JournalError`], also when the file is there and cannot be read: what the keys said is not lost then. A file
    /// that cannot be written is only logged: then older copies of the journal go unnoticed.
    pub async fn tie_to_keys(
        &self,
        file: &Path,
        signer: &str,
        now_seconds: u64,
    ) -> Result<Option<String>, JournalError> {
        let mut said = self.said.lock().await;
        let count = self.meta(SAID).await?.map_or(Ok(0), |text| parse_count(&text))?;
        let known = self.meta(JOURNAL_ID).await?;
        let amnesia = match (read(file)?, &known) {
            _ if self.meta(RESTORED).await?.is_some() => Some("it was restored from a backup".to_owned()),
            (Found::Nothing, _) => None,
            (Found::Damaged(problem), _) => Some(format!("{} is damaged ({problem})", file.display())),
            (Found::Line { journal, .. }, known) if known.as_ref() != Some(&journal) => {
                Some("these keys have spoken with another journal".to_owned())
            }
            (Found::Line { said, .. }, _) if said > count => {
                Some("these keys have said more than it holds: it is an older copy".to_owned())
            }
            (Found::Line { .. }, _) => None,
        };
        let journal_id = match known.filter(|_| amnesia.is_none()) {
            Some(id) => id,
            None => new_id()?,
        };
        let mut held = self.writer.hold().await?;
        let mut transaction = held.begin().await?;
        if amnesia.is_some() {
            forget(&mut transaction, signer, now_seconds).await?;
        }
        write_meta(&mut transaction, JOURNAL_ID, &journal_id).await?;
        write_meta(&mut transaction, SAID, &count.to_string()).await?;
        let writer = new_id()?;
        write_meta(&mut transaction, WRITER, &writer).await?;
        transaction.commit().await?;
        let file = match create(file, &line(&journal_id, count)) {
            Ok(file) => Some(file),
            Err(err) => {
                tracing::warn!(file = %file.display(), %err, "cannot be written: an older copy of the journal would go unnoticed");
                None
            }
        };
        *said = Some(Said { count, journal_id, writer, file });
        Ok(amnesia)
    }

    /// How much of what was said this journal holds, and how much was said, when `file` remembers more of this very
    /// journal.
    ///
    /// # Errors
    /// [`JournalError`].
    pub(super) async fn is_behind(&self, file: &Path) -> Result<Option<(u64, u64)>, JournalError> {
        let count = self.meta(SAID).await?.map_or(Ok(0), |text| parse_count(&text))?;
        let known = self.meta(JOURNAL_ID).await?;
        Ok(match read(file)? {
            Found::Line { journal, said } if Some(&journal) == known.as_ref() && said > count => {
                Some((count, said))
            }
            _ => None,
        })
    }

    /// Marks the journal as put back from a backup: the next start remembers nothing from before it.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn mark_restored(&self, from: &str) -> Result<(), JournalError> {
        self.set_meta(RESTORED, from).await
    }
}

impl Said {
    /// Counts one more in the transaction that stores what is about to be said.
    pub(super) async fn count_in(
        &self,
        transaction: &mut Transaction<'_, Any>,
    ) -> Result<Counted, JournalError> {
        let next = (self.count + 1).to_string();
        let changed = sqlx::query("UPDATE meta SET value = $1 WHERE name = 'said' AND value = $2")
            .bind(&next)
            .bind(self.count.to_string())
            .execute(&mut **transaction)
            .await?;
        if changed.rows_affected() == 1 {
            return Ok(Counted::Now);
        }
        let ours = "SELECT 1 FROM meta AS said, meta AS writer
             WHERE said.name = 'said' AND said.value = $1 AND writer.name = 'writer' AND writer.value = $2";
        let ours = sqlx::query(ours).bind(next).bind(&self.writer).fetch_optional(&mut **transaction).await?;
        if ours.is_some() { Ok(Counted::Before) } else { Err(JournalError::Lost) }
    }

    /// Notes that the transaction stands.
    pub(super) fn counted(&mut self) {
        self.count += 1;
        let text = line(&self.journal_id, self.count);
        if let Some(file) = &self.file
            && let Err(err) = file.write_all_at(text.as_bytes(), 0)
        {
            tracing::warn!(%err, "the keys' memory file cannot be written");
            self.file = None;
        }
    }
}

/// Drops what is only a part of the truth. A finished report stays: it binds nobody and may still be delivered.
async fn forget(
    transaction: &mut Transaction<'_, Any>,
    signer: &str,
    now_seconds: u64,
) -> Result<(), JournalError> {
    const PARTIAL: [&str; 3] = [
        "DELETE FROM protocol WHERE slot NOT IN (1, 8)",
        "DELETE FROM protocol WHERE slot = 1 AND NOT EXISTS (SELECT 1 FROM protocol AS done WHERE done.slot = 8
             AND done.config_digest = protocol.config_digest AND done.request_id = protocol.request_id
             AND done.commitment_hash = protocol.commitment_hash)",
        "DELETE FROM meta WHERE name = 'restored'",
    ];
    for statement in PARTIAL {
        sqlx::query(statement).execute(&mut **transaction).await?;
    }
    write_meta(transaction, &format!("since/{signer}"), &now_seconds.to_string()).await
}

#[expect(clippy::disallowed_methods, reason = "no two journals may share their name")]
fn new_id() -> Result<String, JournalError> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|_| JournalError::Refused {
        problem: "the operating system gives no random bytes".to_owned(),
        remedy: "look at the machine",
    })?;
    Ok(hex::encode(id))
}

fn parse_count(text: &str) -> Result<u64, JournalError> {
    text.parse().map_err(|_| corrupt("the counter of what was said", text))
}

fn line(journal_id: &str, count: u64) -> String {
    format!("{{\"journal\":\"{journal_id}\",\"said\":\"{count:020}\"}}\n")
}

fn read(path: &Path) -> Result<Found, JournalError> {
    let text = match functions_input::file::read_at_most(path, MAX_FILE_BYTES) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(err) => {
            return Err(JournalError::Refused {
                problem: format!("the keys' memory file {} cannot be read: {err}", path.display()),
                remedy: crate::keys::remedy(&err, ""),
            });
        }
        Ok(None) => return Ok(Found::Damaged(format!("it is longer than {MAX_FILE_BYTES} bytes"))),
        Ok(Some(text)) => text,
    };
    Ok(match serde_json::from_slice::<Line>(&text) {
        Ok(Line { journal, said }) => match said.parse() {
            Ok(said) => Found::Line { journal, said },
            Err(_) => Found::Damaged("its counter is no number".to_owned()),
        },
        Err(err) => Found::Damaged(err.to_string()),
    })
}

/// Puts the file in place as a whole, and keeps it open to be rewritten.
fn create(path: &Path, text: &str) -> io::Result<File> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    Ok(file)
}
