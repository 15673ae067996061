//! What was written is there after the process forgot everything, and goes when its time is over: the same on a file of
//! SQLite and on a PostgreSQL server.

use alloy::primitives::{B256, Bytes};
use functions_node::journal::{
    Journal, JournalError, Page, RequestRow, State, Transmission, TransmissionState, sqlite_url,
};
use oracle_ocr::{Record, Slot};
use prometheus_client::metrics::counter::Counter;

use super::{DIGEST, Home, change, key, record, row, server::server};

fn transmission(byte: u8, nonce: u64, state: TransmissionState) -> Transmission {
    Transmission {
        request_id: B256::repeat_byte(byte),
        attempt: 0,
        nonce,
        stage: 1,
        state,
        hashes: vec![B256::repeat_byte(1), B256::repeat_byte(2)],
        raw: Bytes::from_static(&[2, 0xf8, 0]),
        gas_limit: 500_000,
        max_fee_wei: u128::MAX,
        sent_ms: 12,
    }
}

async fn open(url: &str) -> Journal {
    Journal::open(url).await.expect("the journal opens")
}

async fn reopen_returns_everything_written(url: &str) {
    let first = open(url).await;
    first.put_request(&row(1, State::Observed)).await.expect("request");
    let put = [
        record(1, Slot::Observation, 0, b"a"),
        record(1, Slot::Lock, 2, b"b"),
        record(1, Slot::Lock, 1, b"c"),
    ];
    first.commit(DIGEST, &put, &[], Some(("0xc0".into(), 41))).await.expect("records");
    let later = RequestRow { event: String::new(), ..row(1, State::Locked) };
    let again = [record(1, Slot::Observation, 0, b"d")];
    first.commit(DIGEST, &again, &[later], Some(("0xc0".into(), 42))).await.expect("records");
    first.put_transmission(&transmission(1, 9, TransmissionState::Prepared)).await.expect("transmission");
    first.close().await;

    let second = open(url).await;
    assert_eq!(second.cursor("0xc0").await.expect("cursor"), Some(42));
    assert_eq!(second.cursor("0xc1").await.expect("cursor"), None);
    assert_eq!(
        second.request(B256::repeat_byte(1)).await.expect("request"),
        Some(row(1, State::Locked)),
        "with its event"
    );
    assert_eq!(second.request(B256::repeat_byte(2)).await.expect("request"), None);
    let records = second.records(DIGEST, key(1)).await.expect("records");
    let expected = [
        record(1, Slot::Observation, 0, b"d"),
        record(1, Slot::Lock, 1, b"c"),
        record(1, Slot::Lock, 2, b"b"),
    ];
    assert_eq!(records, expected);
    assert!(second.records(B256::ZERO, key(1)).await.expect("other configuration").is_empty());
    assert_eq!(
        second.open_transmissions(0).await.expect("transmissions"),
        [transmission(1, 9, TransmissionState::Prepared)]
    );
    second.close().await;
}

async fn unfinished_requests_leave_out_the_settled_ones(url: &str) {
    let journal = open(url).await;
    for (index, state) in State::ALL.into_iter().enumerate() {
        journal.put_request(&row(u8::try_from(index).expect("few states"), state)).await.expect("request");
    }
    let states: Vec<_> = journal
        .unfinished_requests()
        .await
        .expect("requests")
        .into_iter()
        .map(|row| row.view.state.name())
        .collect();
    assert_eq!(
        states,
        ["SEEN", "EXECUTING", "OBSERVED", "LOCKED", "REPORTED", "SUBMITTED", "INCLUDED", "ORPHANED"]
    );
    let newest = journal.page(&Page { limit: 2, ..Page::default() }).await.expect("requests");
    assert_eq!(
        newest.iter().map(|row| row.view.state).collect::<Vec<_>>(),
        [State::Orphaned, State::Undeliverable]
    );
    journal.close().await;
}

async fn prune_removes_finished_requests_and_their_records(url: &str) {
    let journal = open(url).await;
    for (byte, state) in [(1, State::Final), (2, State::Observed)] {
        journal.put_request(&row(byte, state)).await.expect("request");
        journal.commit(DIGEST, &[record(byte, Slot::Observation, 0, b"x")], &[], None).await.expect("record");
    }
    assert_eq!(journal.prune(5_000, 100).await.expect("prune"), 1);
    assert!(journal.records(DIGEST, key(1)).await.expect("records").is_empty());
    assert_eq!(journal.records(DIGEST, key(2)).await.expect("records").len(), 1);
    journal.close().await;
}

async fn open_transmissions_come_by_nonce_and_only_while_pending(url: &str) {
    let journal = open(url).await;
    journal.put_transmission(&transmission(1, 9, TransmissionState::Sent)).await.expect("row");
    journal.put_transmission(&transmission(2, 8, TransmissionState::Prepared)).await.expect("row");
    journal.put_transmission(&transmission(3, 7, TransmissionState::Included)).await.expect("row");
    let nonces: Vec<_> =
        journal.open_transmissions(0).await.expect("rows").into_iter().map(|row| row.nonce).collect();
    assert_eq!(nonces, [8, 9]);
    assert_eq!(journal.open_transmissions(9).await.expect("rows").len(), 1);
    assert!(journal.has_open_transmissions().await.expect("an answer"));
    // One that is in a block is worth a look when that is final, or when its nonce is free again.
    let due = async |final_block, next| {
        let rows = journal.due_transmissions(final_block, next).await.expect("rows");
        rows.into_iter().map(|row| row.nonce).collect::<Vec<_>>()
    };
    assert_eq!(due(0, 10).await, [8, 9]);
    let sent = transmission(1, 9, TransmissionState::Sent);
    journal.note_mined(&[((sent.request_id, sent.attempt), 40)]).await.expect("noted");
    assert_eq!((due(39, 10).await, due(40, 10).await, due(39, 9).await), (vec![8], vec![8, 9], vec![8, 9]));
    // What else is written about it changes nothing about that.
    journal.put_transmission(&sent).await.expect("row");
    assert_eq!(due(39, 10).await, [8]);
    for (byte, nonce) in [(1, 9), (2, 8)] {
        journal.put_transmission(&transmission(byte, nonce, TransmissionState::Dropped)).await.expect("row");
    }
    assert!(!journal.has_open_transmissions().await.expect("an answer"));
    journal.close().await;
}

async fn claim_refuses_another_owner(url: &str) {
    let journal = open(url).await;
    journal.claim("signer", "0xaa").await.expect("first claim");
    journal.claim("signer", "0xaa").await.expect("same owner");
    assert!(matches!(journal.claim("signer", "0xbb").await, Err(JournalError::OtherOwner { .. })));
    journal.close().await;
}

async fn start_remembering_keeps_the_first_time(url: &str) {
    let journal = open(url).await;
    assert_eq!(journal.start_remembering("0xaa", 100).await.expect("first"), 100);
    assert_eq!(journal.start_remembering("0xaa", 200).await.expect("second"), 100);
    assert_eq!(journal.start_remembering("0xaa", 60).await.expect("a first clock that was wrong"), 60);
    assert_eq!(journal.start_remembering("0xaa", 200).await.expect("later"), 60);
    assert_eq!(journal.start_remembering("0xbb", 0).await.expect("born with the journal"), 0);
    assert_eq!(journal.start_remembering("0xbb", 200).await.expect("later"), 0);
    journal.close().await;
}

async fn b2_a_commit_is_one_whatever_it_holds(url: &str) {
    let count = Counter::default();
    let journal = open(url).await.counting(count.clone());
    let before = count.get();
    let mut many: Vec<Record> = (0..100).map(|byte| record(byte, Slot::Observation, 0, b"x")).collect();
    // Of two with one id the last counts.
    many.push(record(7, Slot::Observation, 0, b"y"));
    let rows: Vec<RequestRow> = (0..70).map(|byte| row(byte, State::Observed)).collect();
    journal.commit(DIGEST, &many, &rows, Some(("0xc0".into(), 7))).await.expect("stored");
    assert_eq!(count.get() - before, 1, "whatever it holds");
    for byte in 0..100 {
        let body: &[u8] = if byte == 7 { b"y" } else { b"x" };
        let stored = journal.records(DIGEST, key(byte)).await.expect("records");
        assert_eq!(stored, [record(byte, Slot::Observation, 0, body)]);
        let shown = journal.request(B256::repeat_byte(byte)).await.expect("request");
        assert_eq!(shown, (byte < 70).then(|| row(byte, State::Observed)));
    }
    journal.close().await;
}

async fn b2_a_newer_schema_is_refused_and_left_alone(url: &str) {
    let journal = open(url).await;
    journal.claim("schema/99", "applied").await.expect("stored");
    journal.close().await;
    for _ in 0..2 {
        let text = match Journal::open(url).await {
            Ok(_) => panic!("{url} opens"),
            Err(err) => err.to_string(),
        };
        assert!(text.contains("99") && text.contains("newer version"), "{text}");
    }
}

async fn s3_what_was_said_under_other_configurations_is_given_apart(url: &str) {
    let journal = open(url).await;
    let (now, before) = (DIGEST, B256::repeat_byte(0xd0));
    let (ours, theirs) = (record(1, Slot::Event, 0, b"now"), record(1, Slot::Attest, 2, b"before"));
    journal.commit(now, std::slice::from_ref(&ours), &[], None).await.expect("stored");
    let others = [theirs.clone(), record(2, Slot::Attest, 2, b"another request")];
    journal.commit(before, &others, &[], None).await.expect("stored");
    assert_eq!(journal.said(now, key(1)).await.expect("records"), (vec![ours.clone()], vec![theirs.clone()]));
    assert_eq!(journal.said(before, key(1)).await.expect("records"), (vec![theirs], vec![ours]));
    journal.close().await;
}

/// Every case on an empty database of its own, whose URL `database` makes.
async fn every_promise(mut database: impl AsyncFnMut(&str) -> String) {
    reopen_returns_everything_written(&database("reopen").await).await;
    unfinished_requests_leave_out_the_settled_ones(&database("unfinished").await).await;
    prune_removes_finished_requests_and_their_records(&database("prune").await).await;
    open_transmissions_come_by_nonce_and_only_while_pending(&database("transmissions").await).await;
    claim_refuses_another_owner(&database("claim").await).await;
    start_remembering_keeps_the_first_time(&database("remember").await).await;
    b2_a_commit_is_one_whatever_it_holds(&database("commit").await).await;
    b2_a_newer_schema_is_refused_and_left_alone(&database("schema").await).await;
    s3_what_was_said_under_other_configurations_is_given_apart(&database("said").await).await;
}

#[tokio::test]
async fn a_file_keeps_every_promise() {
    let home = Home::new();
    every_promise(async |name| sqlite_url(&home.path(name))).await;
}

#[tokio::test]
async fn a_server_keeps_every_promise() {
    let Some((mut schemas, _server)) = server().await else { return };
    every_promise(async |_| schemas.make().await).await;
}

#[tokio::test]
async fn prune_goes_in_steps_and_the_file_shrinks() {
    let home = Home::new();
    let journal = home.open().await;
    let file = home.path("journal.sqlite");
    let event = "e".repeat(20_000);
    for number in 0u16..300 {
        let mut row = row(1, State::Final);
        row.view.request_id = B256::left_padding_from(&number.to_be_bytes());
        row.event.clone_from(&event);
        journal.put_request(&row).await.expect("row");
    }
    let size = async || {
        change(&file, "PRAGMA wal_checkpoint(TRUNCATE)").await;
        std::fs::metadata(&file).expect("the file").len()
    };
    let before = size().await;
    assert_eq!(journal.prune(5_000, 100).await.expect("a step"), 100);
    assert_eq!(journal.prune(5_000, 250).await.expect("a step"), 200);
    assert_eq!(journal.prune(5_000, 250).await.expect("a step"), 0);
    let after = size().await;
    assert!(after * 4 < before, "{before} bytes became {after}");
}
