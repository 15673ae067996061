//! What tests of other rooms want of a journal. Its own tests are in `tests/journal.rs`.

use sqlx::{Connection as _, Row};

use super::{Journal, open::WRITE_PATIENCE, place::connect, write_meta, writer::Held};

impl Journal {
    /// How SQLite finds the rows of a page.
    pub(crate) async fn plan_of_page(&self, condition: &'static str) -> String {
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT * FROM requests WHERE {condition} (seen_ms, request_id) < (9, '~')
             ORDER BY seen_ms DESC, request_id DESC LIMIT 10"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.reads).await.expect("a plan");
        rows.iter().map(|row| row.get::<String, _>(3) + "; ").collect()
    }

    /// A reader's transaction that has begun to read.
    pub(crate) async fn read_slowly(&self) -> sqlx::Transaction<'static, sqlx::Any> {
        let mut reading = self.reads.begin().await.expect("a reader");
        sqlx::query("SELECT request_id FROM requests").fetch_all(&mut *reading).await.expect("rows");
        reading
    }

    /// The writer's transaction that has begun to write.
    pub(crate) async fn write_slowly(&self) -> Held<'_> {
        let mut writing = self.writer.hold().await.expect("the writer");
        sqlx::raw_sql("BEGIN").execute(&mut *writing).await.expect("begun");
        sqlx::query("UPDATE requests SET state = 'FINAL'").execute(&mut *writing).await.expect("written");
        writing
    }
}

#[tokio::test]
async fn a_write_waits_for_a_locked_file_as_long_as_for_a_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = format!("sqlite://{}", folder.path().join("journal.sqlite").display());
    let journal = Journal::open(&place).await.expect("a journal");
    let mut held = journal.writer.hold().await.expect("the writer");
    let row = sqlx::query("PRAGMA busy_timeout").fetch_one(&mut *held).await.expect("an answer");
    drop(held);
    assert_eq!(u128::from(row.get::<i32, _>(0).unsigned_abs()), WRITE_PATIENCE.as_millis());

    let options = journal.place().options("rw").expect("options");
    let mut other = connect(journal.place(), &options).await.expect("another connection");
    sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut other).await.expect("locked");
    let unlock = sqlx::raw_sql("COMMIT").execute(&mut other);
    let (written, unlocked) = tokio::join!(journal.set_meta("name", "value"), unlock);
    written.expect("it waited");
    unlocked.expect("unlocked");
}

#[tokio::test]
async fn what_is_given_up_in_the_middle_leaves_nothing_and_the_next_write_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = format!("sqlite://{}", folder.path().join("journal.sqlite").display());
    let journal = Journal::open(&place).await.expect("a journal");
    let mut held = journal.writer.hold().await.expect("the writer");
    let mut transaction = held.begin().await.expect("begun");
    write_meta(&mut transaction, "half", "done").await.expect("written");
    drop(transaction);
    drop(held);
    for _ in 0..100 {
        let mut write = Box::pin(journal.set_meta("name", "value"));
        drop(futures::poll!(&mut write));
    }
    journal.set_meta("next", "value").await.expect("written");
    assert_eq!(journal.meta("half").await.expect("read"), None);
    assert_eq!(journal.meta("next").await.expect("read").as_deref(), Some("value"));
    journal.close().await;
    assert!(journal.set_meta("next", "late").await.is_err(), "it was closed");
}
