//! The journal as an operator meets it: who may open it, what is said when it cannot be opened, backups, amnesia.

#[path = "journal/rows.rs"]
mod rows;
#[path = "journal/server.rs"]
mod server;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    str::FromStr,
};

use alloy::primitives::B256;
use functions_node::journal::{
    self, Journal, JournalError, RequestRow, RequestView, State, memory_file, sqlite_url,
};
use oracle_ocr::{Record, RecordId, RequestKey, Slot};
use sqlx::{ConnectOptions, Connection, any::AnyConnectOptions};

const SIGNER: &str = "0x00000000000000000000000000000000000000AA";
const OWNER: &[(&str, &str)] = &[("signer", SIGNER)];
const DIGEST: B256 = B256::repeat_byte(0xd1);

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn url(&self) -> String {
        sqlite_url(&self.path("journal.sqlite"))
    }

    fn memory(&self) -> PathBuf {
        memory_file(&self.path("keystore.json"))
    }

    async fn open(&self) -> Journal {
        Journal::open(&self.url()).await.expect("the journal opens")
    }

    /// Opens as a node does at `now` seconds: the reason of an amnesia, and since when everything is remembered.
    async fn start(&self, now: u64) -> (Journal, Option<String>, u64) {
        let journal = self.open().await;
        let reason = journal.tie_to_keys(&self.memory(), SIGNER, now).await.expect("tied");
        let since = journal.start_remembering(SIGNER, now).await.expect("a time");
        (journal, reason, since)
    }
}

fn key(byte: u8) -> RequestKey {
    RequestKey { request: B256::repeat_byte(byte), commitment: B256::repeat_byte(0xcc) }
}

fn record(byte: u8, slot: Slot, attempt: u32, body: &[u8]) -> Record {
    Record { id: RecordId { key: key(byte), slot, attempt }, body: body.to_vec() }
}

fn row(byte: u8, state: State) -> RequestRow {
    let mut view = RequestView::seen(B256::repeat_byte(byte), 1_000 + u64::from(byte));
    view.state = state;
    RequestRow {
        commitment_hash: B256::repeat_byte(0xcc),
        block_number: 7,
        block_hash: B256::repeat_byte(0xbb),
        timeout_timestamp: 2_000,
        event: "{}".to_owned(),
        view,
    }
}

async fn say(journal: &Journal, byte: u8, slot: Slot) {
    journal.commit(DIGEST, &[record(byte, slot, 0, &[byte])], &[], None).await.expect("stored");
}

/// The error of opening, which must come without waiting for anything.
async fn refusal(url: &str) -> JournalError {
    match Journal::open(url).await {
        Ok(_) => panic!("{url} opens"),
        Err(err) => err,
    }
}

#[tokio::test]
async fn open_says_the_true_reason_once() {
    let home = Home::new();
    let damaged = home.path("damaged.sqlite");
    fs::write(&damaged, b"SQLite format 3\0 but then something else, long enough to be a header of one hundred bytes and more than that.").expect("a file");
    fs::create_dir(home.path("folder.sqlite")).expect("a folder");
    let no_server = "postgres://node:secret@127.0.0.1:1/journal".to_owned();
    for (url, words) in [
        (sqlite_url(&damaged), "journal restore"),
        (sqlite_url(&home.path("absent/journal.sqlite")), "No such file"),
        (sqlite_url(&home.path("folder.sqlite")), "it is a folder"),
        ("sqlite::memory:".to_owned(), "would not survive"),
        ("mysql://host/x".to_owned(), "mysql"),
        (no_server, "refused"),
    ] {
        let text = refusal(&url).await.to_string();
        assert!(text.contains(words), "{url}: {text}");
        assert!(!text.contains("timed out") && !text.contains("secret"), "{text}");
    }
}

#[tokio::test]
async fn open_refuses_what_a_newer_version_wrote() {
    let home = Home::new();
    let journal = home.open().await;
    journal.claim("schema/99", "applied").await.expect("stored");
    journal.close().await;
    let text = refusal(&home.url()).await.to_string();
    assert!(text.contains("99") && text.contains("newer version"), "{text}");
}

#[tokio::test]
async fn open_refuses_a_journal_in_use_and_names_the_process() {
    let home = Home::new();
    let journal = home.open().await;
    fs::hard_link(home.path("journal.sqlite"), home.path("other-name.sqlite")).expect("a second name");
    for url in [home.url(), sqlite_url(&home.path("other-name.sqlite"))] {
        let err = refusal(&url).await;
        assert!(
            matches!(&err, JournalError::Busy { holder, .. } if holder.contains(&std::process::id().to_string())),
            "{err}"
        );
    }
    assert!(matches!(
        journal::restore(&home.url(), &home.path("journal.sqlite"), OWNER, &home.memory(), true).await,
        Err(JournalError::Busy { .. })
    ));
    journal.close().await;
    home.open().await.close().await;
}

#[tokio::test]
async fn restart_remembers_everything_when_nothing_was_put_back() {
    let home = Home::new();
    let (journal, reason, since) = home.start(100).await;
    assert_eq!((reason, since), (None, 100));
    say(&journal, 1, Slot::Observation).await;
    // Killed: nothing is closed in order.
    drop(journal);
    let (journal, reason, since) = home.start(200).await;
    assert_eq!((reason, since), (None, 100));
    assert_eq!(journal.records(DIGEST, key(1)).await.expect("records").len(), 1);
}

#[tokio::test]
async fn older_copy_put_back_by_hand_is_amnesia() {
    let home = Home::new();
    let (journal, ..) = home.start(100).await;
    journal.put_request(&row(1, State::Observed)).await.expect("row");
    say(&journal, 1, Slot::Event).await;
    say(&journal, 1, Slot::Observation).await;
    say(&journal, 2, Slot::Event).await;
    say(&journal, 2, Slot::Report).await;
    journal.close().await;
    fs::copy(home.path("journal.sqlite"), home.path("copy")).expect("copied");

    // Given a copy from before the node said one more thing,
    let (journal, reason, _) = home.start(200).await;
    assert_eq!(reason, None);
    say(&journal, 1, Slot::Attest).await;
    journal.close().await;
    fs::copy(home.path("copy"), home.path("journal.sqlite")).expect("put back");

    // when the node starts on it, then it forgets what is partial, keeps finished reports, and is silent about the
    // past.
    let (journal, reason, since) = home.start(300).await;
    assert!(reason.expect("noticed").contains("older copy"));
    assert_eq!(since, 300);
    assert_eq!(journal.records(DIGEST, key(1)).await.expect("records"), []);
    assert_eq!(journal.records(DIGEST, key(2)).await.expect("records").len(), 2);
    journal.close().await;
    // And only once: from now on it remembers.
    let (journal, reason, since) = home.start(400).await;
    assert_eq!((reason, since), (None, 300));
    journal.close().await;
}

#[tokio::test]
async fn new_journal_under_old_keys_is_amnesia() {
    let home = Home::new();
    let (journal, ..) = home.start(100).await;
    say(&journal, 1, Slot::Observation).await;
    journal.close().await;
    fs::remove_file(home.path("journal.sqlite")).expect("lost");
    let (journal, reason, since) = home.start(300).await;
    assert!(reason.expect("noticed").contains("another journal"));
    assert_eq!(since, 300);
    journal.close().await;
    fs::write(home.memory(), "{").expect("damaged");
    let (_, reason, _) = home.start(400).await;
    assert!(reason.expect("noticed").contains("damaged"));
}

#[tokio::test]
async fn second_writer_is_stopped_before_it_speaks() {
    let home = Home::new();
    let (journal, ..) = home.start(100).await;
    say(&journal, 1, Slot::Observation).await;
    // The lock does not reach over every file system; the counter does.
    change(&home.path("journal.sqlite"), "UPDATE meta SET value = '77' WHERE name = 'said'").await;
    let refused = journal.commit(DIGEST, &[record(1, Slot::Attest, 0, b"a")], &[], None).await;
    assert!(matches!(refused, Err(JournalError::Lost)), "{refused:?}");
    assert_eq!(journal.records(DIGEST, key(1)).await.expect("records").len(), 1, "nothing was stored");
}

/// Another program's hand in the file.
async fn change(path: &Path, statement: &'static str) {
    let url = format!("{}?mode=rw", sqlite_url(path));
    let options = AnyConnectOptions::from_str(&url).expect("a URL");
    let mut connection = options.connect().await.expect("connected");
    sqlx::raw_sql(statement).execute(&mut connection).await.expect("changed");
    connection.close().await.expect("closed");
}

#[tokio::test]
async fn backup_of_a_running_node_verifies_and_comes_back_as_amnesia() {
    let home = Home::new();
    let (journal, ..) = home.start(100).await;
    journal.claim("signer", SIGNER).await.expect("claimed");
    journal.put_request(&row(1, State::Observed)).await.expect("row");
    say(&journal, 1, Slot::Event).await;
    say(&journal, 1, Slot::Observation).await;

    // Given a backup of a journal in use: one private file that holds everything, even what is still in the log,
    let copy = home.path("backup.sqlite");
    let made = journal::backup(&home.url(), &copy).await.expect("a backup");
    assert_eq!((made.contents.requests, made.contents.records), (1, 2));
    assert!(made.contents.restored.is_some());
    assert_eq!(fs::metadata(&copy).expect("the file").permissions().mode() & 0o777, 0o600);
    assert!(matches!(journal::backup(&home.url(), &copy).await, Err(JournalError::Refused { .. })));
    // What a link leads to is not written, and the link stays.
    let (link, nowhere) = (home.path("link"), home.path("nowhere"));
    std::os::unix::fs::symlink(&nowhere, &link).expect("a link");
    let said = journal::backup(&home.url(), &link).await.expect_err("a link").to_string();
    assert!(said.contains("symbolic link"), "{said}");
    assert!(!nowhere.exists() && fs::symlink_metadata(&link).expect("there").is_symlink());
    // What cannot be written is named, not the journal that was read.
    for target in ["/proc/x", "/nonexistent/x", "/dev/null/x"] {
        let said = journal::backup(&home.url(), Path::new(target)).await.expect_err("nowhere").to_string();
        assert!(said.contains(target) && !said.contains("journal.sqlite"), "{target}: {said}");
    }
    journal.close().await;

    // when it is restored, then an existing journal is not replaced without being asked to, and is kept,
    let refused = journal::restore(&home.url(), &copy, OWNER, &home.memory(), false).await;
    assert!(matches!(refused, Err(JournalError::Refused { .. })), "{refused:?}");
    let foreign = journal::restore(&home.url(), &copy, &[("signer", "0xbb")], &home.memory(), true).await;
    assert!(matches!(foreign, Err(JournalError::OtherOwner { .. })), "{foreign:?}");
    let (_, kept) =
        journal::restore(&home.url(), &copy, OWNER, &home.memory(), true).await.expect("restored");
    assert_eq!(journal::verify(&sqlite_url(&kept.expect("kept"))).await.expect("whole").requests, 1);

    // and the node is silent about what it may have said since.
    let (journal, reason, since) = home.start(300).await;
    assert!(reason.expect("noticed").contains("backup"));
    assert_eq!(since, 300);
    assert_eq!(journal.records(DIGEST, key(1)).await.expect("records"), []);
    assert!(journal.request(B256::repeat_byte(1)).await.expect("a row").is_some());
    journal.close().await;

    // The same when the file is put there by hand, on a machine that has no memory of the keys.
    fs::copy(&copy, home.path("journal.sqlite")).expect("by hand");
    fs::remove_file(home.memory()).expect("another machine");
    let (_, reason, since) = home.start(400).await;
    assert!(reason.is_some());
    assert_eq!(since, 400);
}

#[tokio::test]
async fn journal_of_no_node_yet_is_not_backed_up() {
    let home = Home::new();
    // As `keygen` makes it.
    let journal = home.open().await;
    journal.start_remembering(SIGNER, 0).await.expect("begun");
    let copy = home.path("backup.sqlite");
    let said = journal::backup(&home.url(), &copy).await.expect_err("nobody's").to_string();
    assert!(said.contains("names no node yet") && said.contains("start the node once"), "{said}");
    assert_eq!(
        fs::read_dir(home.0.path())
            .expect("a folder")
            .filter(|file| {
                file.as_ref().is_ok_and(|file| file.file_name().to_string_lossy().contains("backup"))
            })
            .count(),
        0
    );
    // Once it is somebody's, what is made verifies.
    journal.claim("signer", SIGNER).await.expect("claimed");
    journal::backup(&home.url(), &copy).await.expect("a backup");
    journal::verify_copy(&copy, OWNER, &home.memory()).await.expect("a whole one");
}

#[tokio::test]
async fn copy_without_its_log_is_no_backup() {
    let home = Home::new();
    let (journal, ..) = home.start(100).await;
    let elsewhere = sqlite_url(&home.path("elsewhere.sqlite"));
    let refuse = async |copy: &Path, words: &str| {
        for refused in [
            journal::verify_copy(copy, OWNER, &home.memory()).await,
            journal::restore(&elsewhere, copy, OWNER, &home.memory(), true).await.map(|(found, _)| found),
        ] {
            let said = refused.expect_err("a part of a journal").to_string();
            assert!(said.contains(words) && said.contains("`functions-node journal backup`"), "{said}");
        }
    };
    // Given a copy of the file alone, before the node wrote its name, and another after: what it says is in the log.
    let unnamed = home.path("unnamed.sqlite");
    flush(&home).await;
    fs::copy(home.path("journal.sqlite"), &unnamed).expect("a copy");
    journal.claim("signer", SIGNER).await.expect("claimed");
    say(&journal, 1, Slot::Event).await;
    flush(&home).await;
    let older = home.path("older.sqlite");
    fs::copy(home.path("journal.sqlite"), &older).expect("a copy");
    assert_eq!(journal::verify_copy(&older, OWNER, &home.memory()).await.expect("all there is").records, 1);
    say(&journal, 1, Slot::Observation).await;
    refuse(&unnamed, "names no node").await;
    refuse(&older, "it holds 1 of 2 things").await;
    // A backup may be older: it says of itself that it is one.
    let backup = home.path("backup.sqlite");
    journal::backup(&home.url(), &backup).await.expect("a backup");
    say(&journal, 2, Slot::Event).await;
    journal::verify_copy(&backup, OWNER, &home.memory()).await.expect("a backup");
}

#[tokio::test]
async fn backup_of_another_node_or_changed_since_is_none() {
    let home = Home::new();
    let (journal, ..) = home.start(100).await;
    for (name, value) in [("signer", SIGNER), ("chain id", "7"), ("router", "0xcc")] {
        journal.claim(name, value).await.expect("claimed");
    }
    journal.put_request(&row(1, State::Observed)).await.expect("row");
    say(&journal, 1, Slot::Event).await;
    say(&journal, 1, Slot::Observation).await;
    let backup = home.path("backup.sqlite");
    journal::backup(&home.url(), &backup).await.expect("a backup");
    journal.close().await;
    let elsewhere = sqlite_url(&home.path("elsewhere.sqlite"));
    // Verifying says what restoring says.
    let refusal = async |file: &Path, owner: &[(&str, &str)]| {
        let verified = journal::verify_copy(file, owner, &home.memory()).await.expect_err("none");
        let restored =
            journal::restore(&elsewhere, file, owner, &home.memory(), true).await.expect_err("none");
        assert_eq!(verified.to_string(), restored.to_string());
        assert!(!home.path("elsewhere.sqlite").exists() && !home.path("elsewhere.sqlite.part").exists());
        verified
    };
    for (name, ours) in [("signer", "0xbb"), ("chain id", "8"), ("router", "0xdd")] {
        let err = refusal(&backup, &[(name, ours)]).await;
        assert!(matches!(&err, JournalError::OtherOwner { name: named, .. } if named == name), "{err}");
    }
    let (changed_rows, foreign) = ("changed or removed since", "something no node puts there");
    for (hand, expected) in [
        ("DELETE FROM requests", changed_rows),
        ("DELETE FROM protocol WHERE slot = 1", changed_rows),
        ("DELETE FROM meta WHERE name = 'router'", changed_rows),
        ("UPDATE protocol SET body = X'ff'", changed_rows),
        ("UPDATE requests SET seen_ms = seen_ms + 1", changed_rows),
        ("CREATE TRIGGER less AFTER UPDATE ON requests BEGIN DELETE FROM protocol; END", foreign),
        ("CREATE VIEW more AS SELECT * FROM protocol", foreign),
    ] {
        let changed = home.path("changed.sqlite");
        fs::copy(&backup, &changed).expect("a copy");
        change(&changed, hand).await;
        let said = refusal(&changed, OWNER).await.to_string();
        assert!(said.contains(expected), "{hand}: {said}");
    }
    let contents = journal::verify_copy(&backup, OWNER, &home.memory()).await.expect("as it was made");
    assert_eq!((contents.requests, contents.records), (1, 2));

    // Twice within a second: both replaced journals are kept, and nothing half made is left.
    let mut kept = Vec::new();
    for _ in 0..3 {
        let restored = journal::restore(&home.url(), &backup, OWNER, &home.memory(), true).await;
        kept.push(restored.expect("restored").1.expect("kept"));
    }
    for path in &kept {
        journal::verify(&sqlite_url(path)).await.expect("whole");
    }
    kept.dedup();
    assert_eq!(kept.len(), 3, "{kept:?}");
    assert!(!home.path("journal.sqlite.part").exists());
    // A journal that was restored is one that can be backed up, and its backup is whole.
    let again = home.path("again.sqlite");
    journal::backup(&home.url(), &again).await.expect("a backup");
    journal::verify_copy(&again, OWNER, &home.memory()).await.expect("whole");
}

#[tokio::test]
async fn memory_that_cannot_be_read_is_not_lost() {
    let home = Home::new();
    let (journal, ..) = home.start(100).await;
    say(&journal, 1, Slot::Observation).await;
    journal.close().await;
    let aside = home.path("aside");
    fs::rename(home.memory(), &aside).expect("moved");
    fs::create_dir(home.memory()).expect("a folder in its place");
    let journal = home.open().await;
    let said = journal.tie_to_keys(&home.memory(), SIGNER, 200).await.expect_err("unreadable").to_string();
    assert!(
        said.contains("cannot be read") && said.contains("folder") && !said.contains("damaged"),
        "{said}"
    );
    journal.close().await;
    // Put right, nothing was forgotten.
    fs::remove_dir(home.memory()).expect("ours");
    fs::rename(&aside, home.memory()).expect("back");
    let (journal, reason, since) = home.start(300).await;
    assert_eq!((reason, since), (None, 100));
    assert_eq!(journal.records(DIGEST, key(1)).await.expect("records").len(), 1);
    journal.close().await;
}

/// Moves the log into the file.
async fn flush(home: &Home) {
    change(&home.path("journal.sqlite"), "PRAGMA wal_checkpoint(TRUNCATE)").await;
}

#[tokio::test]
async fn verify_names_what_is_wrong() {
    let home = Home::new();
    let journal = home.open().await;
    journal.put_request(&row(1, State::Observed)).await.expect("row");
    journal.close().await;
    assert_eq!(journal::verify(&home.url()).await.expect("whole").requests, 1);
    let path = home.path("journal.sqlite");
    change(&path, "UPDATE requests SET state = 'NONSENSE'").await;
    let text = journal::verify(&home.url()).await.expect_err("a bad row").to_string();
    assert!(text.contains("NONSENSE") && !text.contains("restore a backup or"), "{text}");

    // Bytes that changed on the disk, in the middle of the file.
    let mut bytes = fs::read(&path).expect("the file");
    let length = bytes.len();
    bytes[4_096..length].iter_mut().step_by(3).for_each(|byte| *byte ^= 0x5a);
    fs::write(&path, bytes).expect("written");
    journal::verify(&home.url()).await.expect_err("damage is found");
    journal::verify(&sqlite_url(&home.path("absent"))).await.expect_err("nothing is made");
    assert!(!home.path("absent").exists());
}

#[tokio::test]
async fn prune_removes_what_is_old_and_keeps_the_rest() {
    let home = Home::new();
    let journal = home.open().await;
    for byte in 1..=4 {
        let state = if byte < 3 { State::Final } else { State::Observed };
        journal.put_request(&row(byte, state)).await.expect("row");
    }
    journal.close().await;
    assert_eq!(journal::prune(&home.url(), 5_000).await.expect("pruned"), 2);
    assert_eq!(journal::verify(&home.url()).await.expect("whole").requests, 2);
}

#[tokio::test]
async fn what_was_stored_although_its_answer_got_lost_is_not_taken_for_anothers() {
    let home = Home::new();
    let (journal, ..) = home.start(100).await;
    say(&journal, 1, Slot::Event).await;
    // Given a transaction that the database finished and did not answer,
    change(&home.path("journal.sqlite"), "UPDATE meta SET value = '2' WHERE name = 'said'").await;
    // when it is repeated, then it is seen to stand, and the next one counts on from there.
    say(&journal, 1, Slot::Observation).await;
    say(&journal, 2, Slot::Event).await;
    assert_eq!(journal.records(DIGEST, key(2)).await.expect("records").len(), 1);
    // One that another process wrote is another's, whatever it counts.
    let other = "UPDATE meta SET value = CASE name WHEN 'said' THEN '4' ELSE 'another' END
         WHERE name IN ('said', 'writer')";
    change(&home.path("journal.sqlite"), other).await;
    let lost = journal.commit(DIGEST, &[record(3, Slot::Attest, 0, b"a")], &[], None).await;
    assert!(matches!(lost, Err(JournalError::Lost)), "{lost:?}");
}
