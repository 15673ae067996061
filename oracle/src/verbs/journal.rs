//! `functions-node journal`: backup, verify, restore, prune.

use std::path::PathBuf;

use eyre::{Report, Result, eyre};
use serde_json::json;

use crate::{
    clock::now_ms,
    config::Config,
    journal::{self, Journal, JournalError, Place, memory_file, sqlite_url},
    keys,
};

/// What is done with the journal.
#[derive(clap::Subcommand, Debug)]
pub enum Verb {
    /// Copies the journal into one new file; the node may go on running
    Backup(BackupOptions),
    /// Reads all of a journal or backup and says the first thing that is wrong
    Verify(VerifyOptions),
    /// Puts a backup in the place of the journal; the node then stays silent about what it may have said since
    Restore(RestoreOptions),
    /// Marks the journal as put back by other means, for example by pg_restore
    MarkRestored(OnlyConfig),
    /// Removes old finished requests and gives the room back to the disk
    Prune(PruneOptions),
}

/// Options of verbs that need nothing else.
#[derive(clap::Args, Debug)]
pub struct OnlyConfig {
    /// The configuration file
    #[arg(long)]
    config: PathBuf,
}

/// Options of `journal backup`.
#[derive(clap::Args, Debug)]
pub struct BackupOptions {
    /// The configuration file
    #[arg(long)]
    config: PathBuf,
    /// The new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Options of `journal verify`.
#[derive(clap::Args, Debug)]
pub struct VerifyOptions {
    /// The configuration file
    #[arg(long)]
    config: PathBuf,
    /// A backup instead of the node's journal
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Options of `journal restore`.
#[derive(clap::Args, Debug)]
pub struct RestoreOptions {
    /// The configuration file
    #[arg(long)]
    config: PathBuf,
    /// The backup
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Replace an existing journal, which is kept under another name
    #[arg(long)]
    replace: bool,
}

/// Options of `journal prune`.
#[derive(clap::Args, Debug)]
pub struct PruneOptions {
    /// The configuration file
    #[arg(long)]
    config: PathBuf,
    /// Days a finished request stays; database.retention_days when left out
    #[arg(long, value_name = "DAYS", allow_negative_numbers = true)]
    older_than_days: Option<u64>,
}

/// Runs a verb.
///
/// # Errors
/// What stands in the way, in words.
pub async fn run(verb: Verb) -> Result<()> {
    match verb {
        Verb::Backup(options) => {
            let config = Config::load(&options.config)?;
            let made = journal::backup(&config.database.url, &options.out).await?;
            super::print(&json!({ "file": options.out, "bytes": made.bytes, "contents": made.contents }))
        }
        Verb::Verify(options) => {
            let config = Config::load(&options.config)?;
            let contents = match &options.file {
                Some(file) => {
                    let owner = Owner::of(&config)?;
                    let memory = memory_file(&config.keys.keystore);
                    let verified = journal::verify_copy(file, &owner.claims(), &memory).await;
                    verified.map_err(|err| not_whole(err, &sqlite_url(file), Some("--file")))?
                }
                None => {
                    let url = &config.database.url;
                    journal::verify(url).await.map_err(|err| not_whole(err, url, None))?
                }
            };
            if contents.claims.is_empty() {
                crate::told::say(
                    "the journal is nobody's yet: the node writes its name into it at its first start",
                );
            }
            super::print(&json!({ "contents": contents }))
        }
        Verb::Restore(options) => {
            let config = Config::load(&options.config)?;
            let owner = Owner::of(&config)?;
            let memory = memory_file(&config.keys.keystore);
            let url = &config.database.url;
            let (contents, kept) =
                journal::restore(url, &options.from, &owner.claims(), &memory, options.replace)
                    .await
                    .map_err(|err| match err {
                        // What is wrong with the backup is said as `verify` says it.
                        JournalError::Open { ref place, .. }
                            if *place != options.from.display().to_string() =>
                        {
                            err.into()
                        }
                        err => not_whole(err, &sqlite_url(&options.from), Some("--from")),
                    })?;
            crate::told::say(
                "the node will stay silent about requests made before its next start; its peers answer them",
            );
            super::print(&json!({ "contents": contents, "replaced": kept }))
        }
        Verb::MarkRestored(options) => {
            let config = Config::load(&options.config)?;
            let journal = Journal::open(&config.database.url).await?;
            let marked = journal.mark_restored("marked by the operator").await;
            journal.close().await;
            marked?;
            super::print(&json!({ "marked": true }))
        }
        Verb::Prune(options) => {
            let config = Config::load(&options.config)?;
            let days = options.older_than_days.unwrap_or(config.database.retention_days);
            let before_ms = now_ms().saturating_sub(days.saturating_mul(24 * 3_600_000));
            let removed = journal::prune(&config.database.url, before_ms).await?;
            super::print(&json!({ "removed": removed }))
        }
    }
}

/// Whose journal a backup must be.
struct Owner {
    chain_id: String,
    router: String,
    signer: String,
}

impl Owner {
    fn of(config: &Config) -> Result<Self> {
        Ok(Self {
            chain_id: config.chain.chain_id.to_string(),
            router: config.chain.router.to_string(),
            signer: keys::open(&config.keys)?.public().signer.to_string(),
        })
    }

    /// As a journal names them.
    fn claims(&self) -> [(&str, &str); 3] {
        [("chain id", &self.chain_id), ("router", &self.router), ("signer", &self.signer)]
    }
}

/// What is wrong with a file, and what to do: a backup is replaced by an older one, the node's journal by a backup.
fn not_whole(err: JournalError, url: &str, backup: Option<&str>) -> Report {
    let Ok(Place::File(path)) = Place::parse(url) else { return err.into() };
    let shown = path.display();
    if !path.exists() {
        let remedy = match backup {
            Some(option) => format!("correct {option}"),
            None => {
                "the node makes it at its first start; otherwise correct database.url or data_dir".to_owned()
            }
        };
        return eyre!("there is no journal at {shown}; {remedy}");
    }
    let problem = match err {
        JournalError::Open { problem, .. } => problem,
        JournalError::Corrupt { what, problem } => {
            format!("it holds {what} that does not parse ({problem}); a newer version may have written it")
        }
        other => return other.into(),
    };
    let remedy = match backup {
        Some(_) => "do not restore it: take another backup",
        None => {
            "stop the node and put a backup in its place, `functions-node journal restore --replace --from FILE`; without one move the file \
             away and start: the node leaves older requests to its peers"
        }
    };
    eyre!("{shown} is no whole journal: {problem}; {remedy}")
}
