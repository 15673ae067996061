//! This machine: files, database, sandbox.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use alloy::primitives::{Address, B256};
use functions_types::limits::{Limits, RunOptions};
use oracle_keys::KeyError;
use oracle_runner::{RunOutcome, RunRequest, Runner, RunnerConfig};

use super::{Line, ports::Running};
use crate::{
    app,
    config::Config,
    don::Identity,
    executor,
    journal::{self, Journal, JournalError, Place},
    keys,
    lock::FileLock,
};

/// What to do about a file of keys that others may read.
const LOOSE: &str = "run `chmod 600` on it; then think of who may have read it";
/// Descriptors a node should be allowed to have.
const DESCRIPTORS: u64 = 1_024;
/// What the script of the check returns.
const ANSWER: u8 = 42;

/// Log filter, keys and folder. The public keys, when they can be read.
pub(super) fn files(config: &Config, lines: &mut Vec<Line>) -> Option<Identity> {
    lines.push(match config.log.filter() {
        Ok(_) => Line::ok("log.level", &config.log.level),
        Err(words) => {
            Line::fail("log.level", words, "write for example \"info\" or \"info,functions_node=debug\"")
        }
    });
    let loose = keys::loose_files(&config.keys);
    lines.push(if loose.is_empty() {
        Line::ok("keys.modes", "only this user reads keystore and password")
    } else {
        Line::warn("keys.modes", loose.join("; "), LOOSE)
    });
    lines.extend(keys::weak_password(&config.keys).map(|words| {
        Line::warn(
            "keys.password",
            words,
            "stop the node and give the keys another: `functions-node keys password`",
        )
    }));
    let identity = match keys::open(&config.keys) {
        Ok(unlocked) => {
            let identity = keys::identity(&unlocked);
            let words = format!(
                "signer {}, transmitter {}, peer {}",
                identity.signer, identity.transmitter, identity.peer_id
            );
            lines.push(Line::ok("keys.keystore", words));
            Some(identity)
        }
        Err(err) => {
            let absent =
                "make keys with `functions-node keygen`, or correct keys.keystore and keys.password_file";
            let said = err.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
            let is_loose = err
                .chain()
                .any(|cause| matches!(cause.downcast_ref::<KeyError>(), Some(KeyError::Permissions { .. })));
            let remedy =
                if is_loose { LOOSE } else { said.map_or(absent, |said| keys::remedy(said, absent)) };
            lines.push(Line::fail("keys.keystore", format!("{err:#}"), remedy));
            None
        }
    };
    lines.push(match writable(&config.data_dir) {
        Ok(words) => Line::ok("data.folder", words),
        Err(refused) => {
            refused.line("data.folder", "give the node's user a folder it may write, or correct data_dir")
        }
    });
    let transcripts = config.data_dir.join("transcripts");
    if config.runner.transcripts > 0
        && transcripts.exists()
        && let Err(refused) = writable(&transcripts)
    {
        let remedy = "give the node's user a folder it may write there, or set runner.transcripts = 0";
        lines.push(Line::warn("data.transcripts", refused.words, remedy));
    }
    let allowed = descriptors();
    lines.push(match allowed {
        Some(allowed) if allowed < DESCRIPTORS => Line::warn(
            "limits.descriptors",
            format!("this user may open {allowed} files"),
            format!("raise the limit to {DESCRIPTORS} or more (`ulimit -n`, LimitNOFILE)"),
        ),
        _ => Line::ok("limits.descriptors", allowed.map_or_else(|| "unknown".to_owned(), |n| n.to_string())),
    });
    identity
}

/// The process that runs on this keystore now, if one does.
pub(super) fn in_use(config: &Config, lines: &mut Vec<Line>) -> Option<Running> {
    let running = FileLock::holder_of(&config.keys.keystore).map(|pid| Running { pid });
    let words =
        running.as_ref().map_or_else(|| "no".to_owned(), |node| format!("{node} runs on this keystore"));
    lines.push(Line::ok("keys.in-use", words));
    running
}

/// Why a folder takes no file.
struct Refused {
    words: String,
    is_full: bool,
}

impl Refused {
    /// `otherwise` helps where room would not.
    fn line(self, id: &str, otherwise: &str) -> Line {
        Line::fail(id, self.words, if self.is_full { "make room on this disk" } else { otherwise })
    }
}

/// Writes and removes a file in a folder, or in the nearest one above it that exists.
fn writable(folder: &Path) -> Result<String, Refused> {
    let existing = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    if !existing.is_dir() {
        return Err(Refused { words: format!("{} is no folder", existing.display()), is_full: false });
    }
    let probe = existing.join(format!(".functions-check-{}", std::process::id()));
    let tried = fs::write(&probe, [0; 4_096]);
    // It must not stay, whether or not all of it was written.
    let _ = fs::remove_file(&probe);
    tried.map_err(|err| Refused {
        words: format!("{} cannot be written ({err})", existing.display()),
        is_full: matches!(err.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded),
    })?;
    let made = if existing == folder { "" } else { ", will be made" };
    Ok(format!("{}{made}", folder.display()))
}

fn descriptors() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

/// The database: opens, takes a write, has a schema this version knows, belongs to this node.
pub(super) async fn database(config: &Config, signer: Option<Address>) -> Vec<Line> {
    let id = "database";
    let url = &config.database.url;
    let place = match Place::parse(url) {
        Ok(place) => place,
        Err(err) => return vec![failed(id, &err)],
    };
    // Of the data folder its own line says whether it takes a file.
    let refused = |folder: &Path| if folder == config.data_dir { None } else { writable(folder).err() };
    let remedy = "give the node's user a folder it may write";
    if let Place::File(path) = &place
        && !path.exists()
    {
        let folder = path.parent().map_or_else(|| PathBuf::from("/"), Path::to_owned);
        // The data folder is made by the node, others are not.
        if !folder.is_dir() && folder != config.data_dir {
            let words = format!("the folder {} of the journal does not exist", folder.display());
            return vec![Line::fail(id, words, "make it, or correct database.url")];
        }
        return vec![match refused(&folder) {
            None => Line::ok(id, format!("{place} will be made")),
            Some(refused) => refused.line(id, remedy),
        }];
    }
    let contents = match journal::probe(url).await {
        Ok(contents) => contents,
        Err(err) => return vec![failed(id, &err)],
    };
    // A write that is taken back needs no room on the disk.
    let no_room = match &place {
        Place::File(path) => path.parent().and_then(refused),
        Place::Server(_) => None,
    };
    let mut lines = vec![match no_room {
        None => Line::ok(id, format!("{place} opens and takes a write")),
        Some(refused) => refused.line(id, remedy),
    }];
    let ours = [
        ("chain id", Some(config.chain.chain_id.to_string())),
        ("router", Some(config.chain.router.to_string())),
        ("signer", signer.map(|signer| signer.to_string())),
    ];
    let foreign = ours.into_iter().find_map(|(name, ours)| {
        let stored = contents.claims.iter().find(|(claim, _)| claim == name)?.1.clone();
        let ours = ours?;
        (stored != ours).then(|| JournalError::OtherOwner { name: name.to_owned(), stored, ours })
    });
    lines.push(match (foreign, contents.restored) {
        (Some(err), _) => Line::fail(
            "database.owner",
            err.to_string(),
            "correct the configuration, or give the node a journal of its own",
        ),
        (None, Some(restored)) => Line::warn(
            "database.owner",
            format!("the journal was put back ({restored})"),
            "nothing: the node will stay silent about requests made before its next start",
        ),
        (None, None) => Line::ok("database.owner", "this node's, or nobody's yet"),
    });
    lines
}

/// The identity block's hash as the journal has it; `None` too when the journal cannot be read, which has a line of
/// its own.
pub(super) async fn stored_identity(config: &Config) -> Option<B256> {
    let journal = Journal::look_at(&config.database.url).await.ok()?;
    let stored = journal.claimed(&app::identity_claim(config.chain.identity_block)).await;
    journal.close().await;
    stored.ok()??.parse().ok()
}

fn failed(id: &str, err: &JournalError) -> Line {
    match err {
        JournalError::Open { place, problem, remedy } => {
            Line::fail(id, format!("{place}: {problem}"), *remedy)
        }
        other => Line::fail(id, other.to_string(), "see docs/node.md on the journal"),
    }
}

/// Starts the sandbox as the node would, and runs a script in it.
pub(super) async fn sandbox(config: &Config) -> Vec<Line> {
    let program = match executor::sandbox_path(config.runner.sandbox.as_deref()) {
        Ok(program) => program,
        Err(err) => {
            let remedy = "put functions-sandbox beside functions-node, or set runner.sandbox";
            return vec![Line::fail("sandbox.program", format!("{err:#}"), remedy)];
        }
    };
    let mut lines = vec![Line::ok("sandbox.program", program.display().to_string())];
    let settings = match config.runner.config(program) {
        Ok(settings) => RunnerConfig { pool: 0, ..settings },
        Err(err) => {
            lines.push(Line::fail("sandbox.start", format!("{}: {}", err.key, err.problem), err.remedy));
            return lines;
        }
    };
    let remedy =
        "see docs/node.md on how scripts are run; the program must be whole and the kernel 5.10 or later";
    let runner = match Runner::start(settings).await {
        Ok(runner) => runner,
        Err(err) => {
            lines.push(Line::fail("sandbox.start", err.to_string(), remedy));
            return lines;
        }
    };
    let layers: Vec<_> = runner.layers().iter().map(|(name, state)| format!("{name}={state}")).collect();
    lines.push(Line::ok("sandbox.start", layers.join(" ")));
    let request = RunRequest {
        request_id: [0; 32],
        source: format!("return Functions.encodeUint256({ANSWER})"),
        args: Vec::new(),
        bytes_args: Vec::new(),
        secrets: Default::default(),
        block_timestamp: 0,
        limits: Limits::DEFAULT,
        options: RunOptions::default(),
    };
    let ran = runner.run(request).await;
    runner.shutdown().await;
    lines.push(match ran {
        Ok(report) => match report.outcome {
            RunOutcome::Result(bytes) if bytes.last() == Some(&ANSWER) && bytes.len() == 32 => {
                Line::ok("sandbox.script", format!("a script ran in {} ms", report.wall.as_millis()))
            }
            other => Line::fail("sandbox.script", format!("a script gave {other:?}"), remedy),
        },
        Err(err) => Line::fail("sandbox.script", err.to_string(), remedy),
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    fn config(journal: &str, home: &Path) -> Config {
        let text = format!(
            "data_dir = \"data\"\n[database]\nurl = \"sqlite://{journal}\"\n\
             [keys]\nkeystore = \"k\"\npassword_file = \"p\"\n\
             [chain]\nrpc_urls = [\"http://127.0.0.1:1\"]\nchain_id = 1\n\
             router = \"0x3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E\"\ndon_id = \"d\"\n\
             [net]\nlisten = \"/ip4/127.0.0.1/tcp/9001\"\n"
        );
        Config::parse(&text, "node.toml", home).expect("valid")
    }

    #[tokio::test]
    async fn a_folder_is_tried_once() {
        let home = tempfile::tempdir().expect("a folder");
        fs::write(home.path().join("data"), []).expect("a file where the folder should be");
        for (journal, verdict) in [("data/j.sqlite", Verdict::Ok), ("other/j.sqlite", Verdict::Fail)] {
            let config = config(journal, home.path());
            let mut lines = Vec::new();
            files(&config, &mut lines);
            let of_folder = lines.iter().find(|line| line.id == "data.folder").expect("a line");
            assert!(of_folder.verdict == Verdict::Fail && of_folder.words.ends_with("is no folder"));
            assert_eq!(database(&config, None).await[0].verdict, verdict, "{journal}");
        }
    }

    #[test]
    fn transcripts_that_cannot_be_kept_are_told() {
        let home = tempfile::tempdir().expect("a folder");
        let config = config("data/j.sqlite", home.path());
        let told = || {
            let mut lines = Vec::new();
            files(&config, &mut lines);
            lines.into_iter().find(|line| line.id == "data.transcripts")
        };
        let transcripts = home.path().join("data/transcripts");
        fs::create_dir_all(&transcripts).expect("made");
        assert!(told().is_none());
        fs::remove_dir(&transcripts).expect("removed");
        fs::write(&transcripts, []).expect("a file where the folder should be");
        let line = told().expect("a line");
        assert!(line.verdict == Verdict::Warn && line.words.ends_with("is no folder"));
    }
}
