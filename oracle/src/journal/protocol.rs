//! Records of the agreement protocol: written before the message they stand for leaves the node.

use alloy::primitives::B256;
use sqlx::Row;

use super::{Journal, JournalError, hash_from, to_sql};

/// One record. A record with the same request and slot replaces the older one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The request it belongs to.
    pub request_id: B256,
    /// What it is, for example `observation` or `lock/0`; unique within the request.
    pub slot: String,
    /// The protocol's own encoding.
    pub body: Vec<u8>,
}

impl Journal {
    /// Makes `records` durable together: all or none.
    ///
    /// # Errors
    /// [`JournalError`]; then nothing was written.
    pub async fn put_records(&self, records: &[Record]) -> Result<(), JournalError> {
        let mut transaction = self.pool.begin().await?;
        for record in records {
            let id = record.request_id.to_string();
            let next: i64 =
                sqlx::query("SELECT COALESCE(MAX(seq), 0) + 1 FROM protocol WHERE request_id = $1")
                    .bind(&id)
                    .fetch_one(&mut *transaction)
                    .await?
                    .try_get(0)?;
            sqlx::query(
                "INSERT INTO protocol (request_id, slot, seq, body) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (request_id, slot) DO UPDATE SET seq = excluded.seq, body = excluded.body",
            )
            .bind(&id)
            .bind(&record.slot)
            .bind(next)
            .bind(record.body.clone())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The records of one request, in the order written.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn records(&self, request_id: B256) -> Result<Vec<Record>, JournalError> {
        let rows =
            sqlx::query("SELECT request_id, slot, body FROM protocol WHERE request_id = $1 ORDER BY seq")
                .bind(request_id.to_string())
                .fetch_all(&self.pool)
                .await?;
        rows.iter()
            .map(|row| {
                Ok(Record {
                    request_id: hash_from("a request id", &row.try_get::<String, _>(0)?)?,
                    slot: row.try_get(1)?,
                    body: row.try_get(2)?,
                })
            })
            .collect()
    }

    /// Forgets the records of a request whose commitment changed: its signatures must never be used again.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn forget_records(&self, request_id: B256) -> Result<u64, JournalError> {
        let done = sqlx::query("DELETE FROM protocol WHERE request_id = $1")
            .bind(request_id.to_string())
            .execute(&self.pool)
            .await?;
        Ok(to_sql(done.rows_affected()).unsigned_abs())
    }
}
