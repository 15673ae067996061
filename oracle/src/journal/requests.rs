//! Requests: state, the event they came from, and what operators are shown.

use alloy::primitives::B256;
use sqlx::{AssertSqlSafe, Connection as _, Row, any::AnyRow};

use super::{
    Journal, JournalError, corrupt, from_sql, hash_from,
    many::{MOST_ROWS, places},
    to_sql,
};
use crate::lifecycle::{RequestRow, RequestView, State};

/// Which requests are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Only those in this state.
    pub state: Option<State>,
    /// Only those seen before this one: its unix milliseconds and id.
    pub before: Option<(u64, B256)>,
    /// At most so many.
    pub limit: u32,
}

/// A selection of whole rows, in the column order [`parse`] reads.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT commitment_hash, block_number, block_hash, timeout_timestamp, event, view_json, state, request_id FROM requests ",
            $rest
        )
    };
}

/// Every row, for verification.
pub(super) const ALL: &str = select!("");

impl Journal {
    /// Writes a request's row, replacing an older one. An empty event leaves the stored one in place.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn put_request(&self, row: &RequestRow) -> Result<(), JournalError> {
        self.again(|| self.put_request_once(row)).await
    }

    async fn put_request_once(&self, row: &RequestRow) -> Result<(), JournalError> {
        write_requests(&mut *self.writer.hold().await?, std::slice::from_ref(row)).await?;
        self.commits.inc();
        Ok(())
    }

    /// The request with this id.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn request(&self, request_id: B256) -> Result<Option<RequestRow>, JournalError> {
        let select = || async {
            let mut held = self.writer.hold().await?;
            sqlx::query(select!("WHERE request_id = $1"))
                .bind(request_id.to_string())
                .fetch_optional(&mut *held)
                .await
        };
        let row = self.again(select).await?;
        row.as_ref().map(parse).transpose()
    }

    /// Requests that still need work, oldest first; INCLUDED ones too, as the chain may take the response back.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn unfinished_requests(&self) -> Result<Vec<RequestRow>, JournalError> {
        let select = || async {
            let mut held = self.writer.hold().await?;
            sqlx::query(select!(
            "WHERE state IN ('SEEN', 'EXECUTING', 'OBSERVED', 'LOCKED', 'REPORTED', 'SUBMITTED', 'INCLUDED', 'ORPHANED')
                OR (state = 'EXPIRED' AND view_json LIKE '%\"timedOutBlock\":%') ORDER BY seen_ms"
        ))
        .fetch_all(&mut *held)
        .await
        };
        let rows = self.again(select).await?;
        rows.iter().map(parse).collect()
    }

    /// At most `page.limit` requests, newest first.
    ///
    /// Reads beside the writer: an index finds the rows, and no write waits.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn page(&self, page: &Page) -> Result<Vec<RequestRow>, JournalError> {
        let (seen_ms, id) =
            page.before.map_or((i64::MAX, "~".to_owned()), |(seen_ms, id)| (to_sql(seen_ms), id.to_string()));
        let limit = i64::from(page.limit);
        let rows = match page.state {
            Some(state) => {
                sqlx::query(select!(
                    "WHERE state = $1 AND (seen_ms, request_id) < ($2, $3) ORDER BY seen_ms DESC, request_id DESC LIMIT $4"
                ))
                .bind(state.name())
                .bind(seen_ms)
                .bind(id)
                .bind(limit)
                .fetch_all(&self.reads)
                .await?
            }
            None => {
                sqlx::query(select!(
                    "WHERE (seen_ms, request_id) < ($1, $2) ORDER BY seen_ms DESC, request_id DESC LIMIT $3"
                ))
                .bind(seen_ms)
                .bind(id)
                .bind(limit)
                .fetch_all(&self.reads)
                .await?
            }
        };
        rows.iter().map(parse).collect()
    }

    /// The request with this id as it is shown; reads beside the writer.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn shown(&self, request_id: B256) -> Result<Option<RequestRow>, JournalError> {
        let row = sqlx::query(select!("WHERE request_id = $1"))
            .bind(request_id.to_string())
            .fetch_optional(&self.reads)
            .await?;
        row.as_ref().map(parse).transpose()
    }

    /// Removes at most `most` finished requests seen before `before_ms`, with all their records; returns how many.
    ///
    /// A small step, so that nothing waits long for it: call it again while it removes `most`. A file of SQLite shrinks
    /// with it.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn prune(&self, before_ms: u64, most: u32) -> Result<u64, JournalError> {
        self.again(|| self.prune_once(before_ms, most)).await
    }

    async fn prune_once(&self, before_ms: u64, most: u32) -> Result<u64, JournalError> {
        const OLD: &str = "SELECT request_id FROM requests WHERE seen_ms < $1 AND state IN ('FINAL', 'REFUSED', 'EXPIRED', 'UNDELIVERABLE', 'ORPHANED') LIMIT $2";
        let mut held = self.writer.hold().await?;
        let mut transaction = held.begin().await?;
        let old = sqlx::query(OLD)
            .bind(to_sql(before_ms))
            .bind(i64::from(most))
            .fetch_all(&mut *transaction)
            .await?;
        for row in &old {
            let id: String = row.try_get(0)?;
            for statement in [
                "DELETE FROM protocol WHERE request_id = $1",
                "DELETE FROM transmissions WHERE request_id = $1",
                "DELETE FROM requests WHERE request_id = $1",
            ] {
                sqlx::query(statement).bind(&id).execute(&mut *transaction).await?;
            }
        }
        transaction.commit().await?;
        self.commits.inc();
        if !old.is_empty() && self.place.is_file() {
            // Bounded like the step itself; a row with its records fills a few pages.
            sqlx::raw_sql("PRAGMA incremental_vacuum(2000)").execute(&mut *held).await?;
        }
        Ok(old.len() as u64)
    }
}

/// As [`Journal::put_request`], for rows of different requests on one connection.
pub(super) async fn write_requests(
    connection: &mut sqlx::AnyConnection,
    rows: &[RequestRow],
) -> Result<(), JournalError> {
    for rows in rows.chunks(MOST_ROWS) {
        let statement = format!(
            "INSERT INTO requests (request_id, commitment_hash, state, block_number, block_hash, timeout_timestamp, seen_ms, event, view_json)
             VALUES {}
             ON CONFLICT (request_id) DO UPDATE SET commitment_hash = excluded.commitment_hash, state = excluded.state,
                block_number = excluded.block_number, block_hash = excluded.block_hash,
                timeout_timestamp = excluded.timeout_timestamp, seen_ms = excluded.seen_ms,
                event = CASE WHEN excluded.event = '' THEN requests.event ELSE excluded.event END,
                view_json = excluded.view_json",
            places(rows.len(), 9)
        );
        let mut query = sqlx::query(AssertSqlSafe(statement));
        for row in rows {
            let view = serde_json::to_string(&row.view).map_err(|err| corrupt("a request view", err))?;
            query = query
                .bind(row.view.request_id.to_string())
                .bind(row.commitment_hash.to_string())
                .bind(row.view.state.name())
                .bind(to_sql(row.block_number))
                .bind(row.block_hash.to_string())
                .bind(to_sql(row.timeout_timestamp))
                .bind(to_sql(row.view.times_ms.seen.unwrap_or_default()))
                .bind(&row.event)
                .bind(view);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

pub(super) fn parse(row: &AnyRow) -> Result<RequestRow, JournalError> {
    let view: String = row.try_get(5)?;
    let mut view: RequestView = serde_json::from_str(&view).map_err(|err| corrupt("a request view", err))?;
    view.state = parse_state(&row.try_get::<String, _>(6)?)?;
    view.request_id = hash_from("a request id", &row.try_get::<String, _>(7)?)?;
    Ok(RequestRow {
        commitment_hash: hash_from("a commitment hash", &row.try_get::<String, _>(0)?)?,
        block_number: from_sql("a block number", row.try_get(1)?)?,
        block_hash: hash_from("a block hash", &row.try_get::<String, _>(2)?)?,
        timeout_timestamp: from_sql("a timeout", row.try_get(3)?)?,
        event: row.try_get(4)?,
        view,
    })
}

fn parse_state(text: &str) -> Result<State, JournalError> {
    State::from_name(text).ok_or_else(|| corrupt("a state", text))
}
