//! The tables, as numbered steps applied once each.

use sqlx::{AnyPool, AssertSqlSafe, Row};

use super::JournalError;

/// Steps in order; a released step never changes. `BYTES` stands for the database's type of byte strings.
const STEPS: &[&[&str]] = &[&[
    "CREATE TABLE requests (
        request_id TEXT PRIMARY KEY,
        commitment_hash TEXT NOT NULL,
        state TEXT NOT NULL,
        block_number BIGINT NOT NULL,
        block_hash TEXT NOT NULL,
        timeout_timestamp BIGINT NOT NULL,
        seen_ms BIGINT NOT NULL,
        event TEXT NOT NULL,
        view_json TEXT NOT NULL
    )",
    "CREATE INDEX requests_by_state ON requests (state, seen_ms)",
    "CREATE TABLE protocol (
        config_digest TEXT NOT NULL,
        request_id TEXT NOT NULL,
        commitment_hash TEXT NOT NULL,
        slot BIGINT NOT NULL,
        attempt BIGINT NOT NULL,
        body BYTES NOT NULL,
        PRIMARY KEY (config_digest, request_id, commitment_hash, slot, attempt)
    )",
    "CREATE INDEX protocol_by_request ON protocol (request_id)",
    "CREATE TABLE transmissions (
        request_id TEXT NOT NULL,
        attempt BIGINT NOT NULL,
        nonce BIGINT NOT NULL,
        stage BIGINT NOT NULL,
        state TEXT NOT NULL,
        hashes TEXT NOT NULL,
        raw BYTES NOT NULL,
        gas_limit BIGINT NOT NULL,
        max_fee_wei TEXT NOT NULL,
        sent_ms BIGINT NOT NULL,
        PRIMARY KEY (request_id, attempt)
    )",
    "CREATE INDEX transmissions_by_state ON transmissions (state, nonce)",
]];

/// Applies the steps that are missing, each in one transaction.
pub(super) async fn migrate(pool: &AnyPool, sqlite: bool) -> Result<(), JournalError> {
    sqlx::query("CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
        .execute(pool)
        .await?;
    let bytes_type = if sqlite { "BLOB" } else { "BYTEA" };
    for (index, step) in STEPS.iter().enumerate() {
        let name = format!("schema/{}", index + 1);
        let done =
            sqlx::query("SELECT value FROM meta WHERE name = $1").bind(&name).fetch_optional(pool).await?;
        if done.map(|row| row.try_get::<String, _>(0)).transpose()?.is_some() {
            continue;
        }
        let mut transaction = pool.begin().await?;
        for statement in *step {
            // The text is a constant of this file.
            let sql = statement.replace("BYTES", bytes_type);
            sqlx::query(AssertSqlSafe(sql)).execute(&mut *transaction).await?;
        }
        sqlx::query("INSERT INTO meta (name, value) VALUES ($1, 'applied')")
            .bind(&name)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
    }
    Ok(())
}
