//! Requests: state, the event they came from, and what operators are shown.

use std::fmt;

use alloy::primitives::{B256, Bytes};
use serde::{Deserialize, Serialize};
use sqlx::{Row, any::AnyRow};

use super::{Journal, JournalError, corrupt, from_sql, hash_from, to_sql};

/// Where a request stands.
///
/// SEEN, EXECUTING, OBSERVED, LOCKED, REPORTED, SUBMITTED, INCLUDED and FINAL follow each other; a state may be
/// skipped when peers are ahead. Backward: any state to ORPHANED when the event's block left the chain, INCLUDED or
/// SUBMITTED to REPORTED when the response left the chain or the entry was not processed, ORPHANED to SEEN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// The event is known.
    Seen,
    /// The script runs.
    Executing,
    /// Our observation is durable.
    Observed,
    /// A quorum observed the same; we are locked on it.
    Locked,
    /// A report with a quorum of signatures exists.
    Reported,
    /// A transaction of ours carries it.
    Submitted,
    /// The chain shows the response.
    Included,
    /// The response's block is final.
    Final,
    /// Refused by local policy before execution.
    Refused,
    /// Its time ran out on chain.
    Expired,
    /// The chain will not accept it: cost or commitment.
    Undeliverable,
    /// Its block left the chain.
    Orphaned,
}

impl State {
    /// All states, in the order of the enum.
    pub const ALL: [Self; 12] = [
        Self::Seen,
        Self::Executing,
        Self::Observed,
        Self::Locked,
        Self::Reported,
        Self::Submitted,
        Self::Included,
        Self::Final,
        Self::Refused,
        Self::Expired,
        Self::Undeliverable,
        Self::Orphaned,
    ];

    /// The name on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seen => "SEEN",
            Self::Executing => "EXECUTING",
            Self::Observed => "OBSERVED",
            Self::Locked => "LOCKED",
            Self::Reported => "REPORTED",
            Self::Submitted => "SUBMITTED",
            Self::Included => "INCLUDED",
            Self::Final => "FINAL",
            Self::Refused => "REFUSED",
            Self::Expired => "EXPIRED",
            Self::Undeliverable => "UNDELIVERABLE",
            Self::Orphaned => "ORPHANED",
        }
    }

    /// Whether nothing more is to be done for the request unless the chain takes something back.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        matches!(
            self,
            Self::Included
                | Self::Final
                | Self::Refused
                | Self::Expired
                | Self::Undeliverable
                | Self::Orphaned
        )
    }

    /// Whether `self` comes later than `other` on the way to FINAL.
    #[must_use]
    pub fn is_after(self, other: Self) -> bool {
        self <= Self::Final && other <= Self::Final && self > other
    }

    /// The state with this name.
    #[must_use]
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == text)
    }

    fn parse(text: &str) -> Result<Self, JournalError> {
        Self::from_name(text).ok_or_else(|| corrupt("a state", text))
    }
}

impl fmt::Display for State {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// What this node saw, as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservationView {
    /// `result`, `userError` or `nodeFailure`.
    pub kind: String,
    /// The bytes; for a node failure one byte, its code.
    pub data: Bytes,
    /// The bytes as text when they are an error's UTF-8.
    pub text: Option<String>,
}

/// What a quorum agreed on, as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeView {
    /// `result` or `error`.
    pub kind: String,
    /// The bytes that go on chain.
    pub data: Bytes,
}

/// The transaction that carried the report, as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransmissionView {
    /// Transaction hash.
    pub tx_hash: B256,
    /// Stage in the request's order that sent it; `None` when another node's.
    pub stage: Option<u64>,
    /// Whether this node sent it.
    pub by_us: bool,
    /// The transmitting account, once known from the chain.
    pub transmitter: Option<String>,
}

/// Unix milliseconds of each step on this node's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimesMs {
    /// Event read.
    pub seen: Option<u64>,
    /// Observation durable.
    pub observed: Option<u64>,
    /// Report complete.
    pub reported: Option<u64>,
    /// Transaction handed to the chain.
    pub submitted: Option<u64>,
    /// Response read.
    pub included: Option<u64>,
}

/// A request as `/requests/{id}` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestView {
    /// The request.
    pub request_id: B256,
    /// Where it stands.
    pub state: State,
    /// Why, where the state alone does not say.
    pub reason: Option<String>,
    /// What this node saw.
    pub observation: Option<ObservationView>,
    /// What a quorum agreed on.
    pub outcome: Option<OutcomeView>,
    /// Oracle indexes whose signatures are in the report.
    pub signers: Option<Vec<u8>>,
    /// keccak256 of the report.
    pub report_hash: Option<B256>,
    /// The transaction.
    pub transmission: Option<TransmissionView>,
    /// The router's result code, once settled.
    pub result_code: Option<u8>,
    /// Block of the response, while it is in the chain.
    #[serde(default)]
    pub included_block: Option<u64>,
    /// When each step happened.
    pub times_ms: TimesMs,
}

impl RequestView {
    /// A request just seen.
    #[must_use]
    pub fn seen(request_id: B256, now_ms: u64) -> Self {
        Self {
            request_id,
            state: State::Seen,
            reason: None,
            observation: None,
            outcome: None,
            signers: None,
            report_hash: None,
            transmission: None,
            result_code: None,
            included_block: None,
            times_ms: TimesMs { seen: Some(now_ms), ..TimesMs::default() },
        }
    }
}

/// A row of `requests`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRow {
    /// keccak256 of the commitment in the event; with the id it identifies the request across reorganisations.
    pub commitment_hash: B256,
    /// Block of the event.
    pub block_number: u64,
    /// Hash of that block.
    pub block_hash: B256,
    /// Unix seconds after which the request can be timed out on chain.
    pub timeout_timestamp: u64,
    /// The event's log as JSON, to be decoded again after a restart.
    pub event: String,
    /// Everything shown.
    pub view: RequestView,
}

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
        let mut connection = self.pool.acquire().await?;
        write_request(&mut connection, row).await
    }

    /// The request with this id.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn request(&self, request_id: B256) -> Result<Option<RequestRow>, JournalError> {
        let row = sqlx::query(select!("WHERE request_id = $1"))
            .bind(request_id.to_string())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(parse).transpose()
    }

    /// Requests that still need work, oldest first; INCLUDED ones too, as the chain may take the response back.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn unfinished_requests(&self) -> Result<Vec<RequestRow>, JournalError> {
        let rows = sqlx::query(select!(
            "WHERE state IN ('SEEN', 'EXECUTING', 'OBSERVED', 'LOCKED', 'REPORTED', 'SUBMITTED', 'INCLUDED', 'ORPHANED') ORDER BY seen_ms"
        ))
        .fetch_all(&self.pool)
        .await?;
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
        const OLD: &str = "SELECT request_id FROM requests WHERE seen_ms < $1 AND state IN ('FINAL', 'REFUSED', 'EXPIRED', 'UNDELIVERABLE', 'ORPHANED') LIMIT $2";
        let mut transaction = self.pool.begin().await?;
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
        if !old.is_empty() && self.place.is_file() {
            // Bounded like the step itself; a row with its records fills a few pages.
            sqlx::raw_sql("PRAGMA incremental_vacuum(2000)").execute(&self.pool).await?;
        }
        Ok(old.len() as u64)
    }
}

/// As [`Journal::put_request`], on one connection.
pub(super) async fn write_request(
    connection: &mut sqlx::AnyConnection,
    row: &RequestRow,
) -> Result<(), JournalError> {
    let view = serde_json::to_string(&row.view).map_err(|err| corrupt("a request view", err))?;
    sqlx::query(
        "INSERT INTO requests (request_id, commitment_hash, state, block_number, block_hash, timeout_timestamp, seen_ms, event, view_json)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (request_id) DO UPDATE SET commitment_hash = excluded.commitment_hash, state = excluded.state,
            block_number = excluded.block_number, block_hash = excluded.block_hash,
            timeout_timestamp = excluded.timeout_timestamp, seen_ms = excluded.seen_ms,
            event = CASE WHEN excluded.event = '' THEN requests.event ELSE excluded.event END,
            view_json = excluded.view_json",
    )
    .bind(row.view.request_id.to_string())
    .bind(row.commitment_hash.to_string())
    .bind(row.view.state.name())
    .bind(to_sql(row.block_number))
    .bind(row.block_hash.to_string())
    .bind(to_sql(row.timeout_timestamp))
    .bind(to_sql(row.view.times_ms.seen.unwrap_or_default()))
    .bind(&row.event)
    .bind(view)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) fn parse(row: &AnyRow) -> Result<RequestRow, JournalError> {
    let view: String = row.try_get(5)?;
    let mut view: RequestView = serde_json::from_str(&view).map_err(|err| corrupt("a request view", err))?;
    view.state = State::parse(&row.try_get::<String, _>(6)?)?;
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
