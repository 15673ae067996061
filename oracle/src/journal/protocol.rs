//! Records of the agreement protocol: durable before the message they stand for leaves the node.
//!
//! Records belong to one configuration: what was signed under another digest is another protocol run.

use std::collections::BTreeMap;

use alloy::primitives::B256;
use oracle_ocr::{Record, RecordId, RequestKey, Slot};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row, any::AnyRow};

use super::{
    Journal, JournalError, RequestRow, corrupt, cursor_name, hash_from,
    many::{MOST_ROWS, places},
    memory::{Counted, Said},
    requests::write_requests,
    write_meta,
};

impl Journal {
    /// Makes `records`, `rows` and the cursor of a coordinator durable together: all or none. A record replaces the one
    /// with the same id, a row as [`Journal::put_request`] says. One commit for many costs the disk no more than for
    /// one.
    ///
    /// # Errors
    /// [`JournalError`]; then nothing was written. [`JournalError::Lost`] when another process wrote meanwhile.
    pub async fn commit(
        &self,
        config_digest: B256,
        records: &[Record],
        rows: &[RequestRow],
        cursor: Option<(String, u64)>,
    ) -> Result<(), JournalError> {
        let mut said = self.said.lock().await;
        let speaks = !records.is_empty();
        let counter = said.as_ref().filter(|_| speaks);
        self.again(|| self.commit_once(counter, config_digest, records, rows, cursor.as_ref())).await?;
        self.commits.inc();
        if let Some(said) = said.as_mut().filter(|_| speaks) {
            said.counted();
        }
        Ok(())
    }

    async fn commit_once(
        &self,
        counter: Option<&Said>,
        config_digest: B256,
        records: &[Record],
        rows: &[RequestRow],
        cursor: Option<&(String, u64)>,
    ) -> Result<(), JournalError> {
        let mut held = self.writer.hold().await?;
        let mut transaction = held.begin().await?;
        if let Some(counter) = counter
            && counter.count_in(&mut transaction).await? == Counted::Before
        {
            return Ok(());
        }
        write_records(&mut transaction, config_digest, records).await?;
        write_requests(&mut transaction, rows).await?;
        if let Some((coordinator, next_block)) = cursor {
            write_meta(&mut transaction, &cursor_name(coordinator), &next_block.to_string()).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The records of one request under one configuration.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn records(&self, config_digest: B256, key: RequestKey) -> Result<Vec<Record>, JournalError> {
        Ok(self.said(config_digest, key).await?.0)
    }

    /// The records of one request: those under this configuration, and those under all others.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn said(
        &self,
        config_digest: B256,
        key: RequestKey,
    ) -> Result<(Vec<Record>, Vec<Record>), JournalError> {
        let rows = self.again(|| async { rows_of(&mut *self.writer.hold().await?, key).await }).await?;
        let digest = config_digest.to_string();
        let (mut ours, mut others) = (Vec::new(), Vec::new());
        for row in &rows {
            let place = if row.try_get::<String, _>(3)? == digest { &mut ours } else { &mut others };
            place.push(parse(key, row)?);
        }
        Ok((ours, others))
    }

    /// The records of one request under each configuration that it was worked on with; reads beside the writer.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn records_shown(&self, key: RequestKey) -> Result<BTreeMap<B256, Vec<Record>>, JournalError> {
        let rows = rows_of(&mut *self.reads.acquire().await?, key).await?;
        let mut found: BTreeMap<B256, Vec<Record>> = BTreeMap::new();
        for row in &rows {
            let digest = hash_from("a configuration's digest", &row.try_get::<String, _>(3)?)?;
            found.entry(digest).or_default().push(parse(key, row)?);
        }
        Ok(found)
    }

    /// Since when everything said with this signer is remembered here, in unix seconds of the chain; `now_seconds` at
    /// the first call, and never later than that of any call: what is written now remembers from now on at the latest.
    ///
    /// A node with old keys and a new journal may have said things before that it does not remember. Keys that were
    /// made together with the journal have said nothing before: then the first call is made with 0.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn start_remembering(&self, signer: &str, now_seconds: u64) -> Result<u64, JournalError> {
        let name = format!("since/{signer}");
        if let Some(text) = self.meta(&name).await? {
            let since: u64 = text.parse().map_err(|_| corrupt("the time of the first start", &text))?;
            if since <= now_seconds {
                return Ok(since);
            }
        }
        self.set_meta(&name, &now_seconds.to_string()).await?;
        Ok(now_seconds)
    }
}

/// Writes records, each replacing the one with its id; of several with one id the last counts.
async fn write_records(
    connection: &mut AnyConnection,
    config_digest: B256,
    records: &[Record],
) -> Result<(), JournalError> {
    let digest = config_digest.to_string();
    let newest: BTreeMap<RecordId, &Record> = records.iter().map(|record| (record.id, record)).collect();
    let newest: Vec<&Record> = newest.into_values().collect();
    for records in newest.chunks(MOST_ROWS) {
        let statement = format!(
            "INSERT INTO protocol (config_digest, request_id, commitment_hash, slot, attempt, body)
             VALUES {}
             ON CONFLICT (config_digest, request_id, commitment_hash, slot, attempt)
             DO UPDATE SET body = excluded.body",
            places(records.len(), 6)
        );
        let mut query = sqlx::query(AssertSqlSafe(statement));
        for record in records {
            query = query
                .bind(&digest)
                .bind(record.id.key.request.to_string())
                .bind(record.id.key.commitment.to_string())
                .bind(i64::from(record.id.slot as u8))
                .bind(i64::from(record.id.attempt))
                .bind(record.body.clone());
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// A request's records under every configuration, with its digest as the last column.
async fn rows_of(connection: &mut AnyConnection, key: RequestKey) -> Result<Vec<AnyRow>, sqlx::Error> {
    sqlx::query(
        "SELECT slot, attempt, body, config_digest FROM protocol
         WHERE request_id = $1 AND commitment_hash = $2 ORDER BY slot, attempt",
    )
    .bind(key.request.to_string())
    .bind(key.commitment.to_string())
    .fetch_all(connection)
    .await
}

pub(super) fn parse(key: RequestKey, row: &AnyRow) -> Result<Record, JournalError> {
    let number: i64 = row.try_get(0)?;
    let slot = u8::try_from(number)
        .ok()
        .and_then(Slot::from_number)
        .ok_or_else(|| corrupt("a record slot", number))?;
    let attempt: i64 = row.try_get(1)?;
    let attempt = u32::try_from(attempt).map_err(|err| corrupt("a record's attempt", err))?;
    Ok(Record { id: RecordId { key, slot, attempt }, body: row.try_get(2)? })
}
