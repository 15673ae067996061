//! A journal on a PostgreSQL server: one owner, no second writer, and a dump put back is noticed.

use std::str::FromStr as _;

use functions_node::journal::{self, Journal, JournalError, State};
use oracle_ocr::Slot;
use sqlx::{ConnectOptions as _, Connection as _, any::AnyConnectOptions};
use test_support::{Postgres, Schemas};

use super::{DIGEST, Home, SIGNER, key, record, refusal, row, say};

/// Room for journals on the server that `DATABASE_URL` names, else on one of our own, where that is installed.
pub(super) async fn server() -> Option<(Schemas, Option<Postgres>)> {
    if let Some(schemas) = Schemas::of_env() {
        return Some((schemas, None));
    }
    let server = Postgres::start().await?;
    Some((Schemas::on(&server.url()), Some(server)))
}

#[tokio::test]
async fn postgres_has_one_owner_and_remembers_like_a_file() {
    let Some((mut schemas, _server)) = server().await else { return };
    let (url, beside) = (schemas.make().await, schemas.make().await);
    let home = Home::new();
    let options = AnyConnectOptions::from_str(&beside).expect("a URL");
    let mut another = options.connect().await.expect("connected");
    let lease = "SET application_name = 'functions-node of another schema';
         SELECT pg_advisory_lock(1718971252, hashtext(current_schema()))";
    sqlx::raw_sql(lease).execute(&mut another).await.expect("free");
    let journal = Journal::open(&url).await.expect("the journal opens");
    let err = refusal(&url).await;
    let ours = format!("functions-node {}", std::process::id());
    assert!(matches!(&err, JournalError::Busy { holder, .. } if holder.contains(&ours)), "{err}");
    let err = refusal(&beside).await;
    assert!(
        matches!(&err, JournalError::Busy { holder, .. } if holder == "functions-node of another schema"),
        "{err}"
    );
    another.close().await.expect("closed");
    assert_eq!(journal.tie_to_keys(&home.memory(), SIGNER, 100).await.expect("tied"), None);
    assert_eq!(journal.start_remembering(SIGNER, 100).await.expect("a time"), 100);
    journal.claim("signer", SIGNER).await.expect("claimed");
    journal.put_request(&row(1, State::Observed)).await.expect("row");
    say(&journal, 1, Slot::Event).await;
    say(&journal, 1, Slot::Observation).await;
    let page = journal.page(&journal::Page { limit: 10, ..journal::Page::default() }).await.expect("a page");
    assert_eq!(page.len(), 1);
    assert_eq!(journal::probe(&url).await.expect("takes a write").claims.len(), 1);
    let contents = journal::verify(&url).await.expect("whole");
    assert_eq!((contents.requests, contents.records), (1, 2));
    let refused = journal::backup(&url, &home.path("x")).await.expect_err("another tool does it").to_string();
    assert!(refused.contains("pg_dump"), "{refused}");

    // Another process on the same database cannot speak, whatever it holds.
    let options = AnyConnectOptions::from_str(&url).expect("a URL");
    let mut other = options.connect().await.expect("connected");
    sqlx::raw_sql("UPDATE meta SET value = '77' WHERE name = 'said'")
        .execute(&mut other)
        .await
        .expect("changed");
    let lost = journal.commit(DIGEST, &[record(1, Slot::Attest, 0, b"a")], &[], None).await;
    assert!(matches!(lost, Err(JournalError::Lost)), "{lost:?}");
    sqlx::raw_sql("UPDATE meta SET value = '1' WHERE name = 'said'")
        .execute(&mut other)
        .await
        .expect("older");
    other.close().await.expect("closed");

    // Ended without a word, the lease is free; and a dump put back is noticed.
    journal.close().await;
    let journal = Journal::open(&url).await.expect("the lease is free");
    let reason = journal.tie_to_keys(&home.memory(), SIGNER, 300).await.expect("tied");
    assert!(reason.expect("noticed").contains("older copy"));
    assert_eq!(journal.records(DIGEST, key(1)).await.expect("records"), []);
    journal.close().await;
    assert_eq!(journal::prune(&url, 5_000).await.expect("pruned"), 0);
}
