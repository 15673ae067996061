//! The tables, as numbered steps applied once each.

use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};

use super::{JournalError, corrupt};

/// Steps in order; a released step never changes. `BYTES` stands for the database's type of byte strings.
const STEPS: &[&[&str]] = &[
    FIRST,
    &[
        "CREATE INDEX requests_by_time ON requests (seen_ms, request_id)",
        "CREATE INDEX requests_by_state_and_time ON requests (state, seen_ms, request_id)",
        "DROP INDEX requests_by_state",
    ],
    &[
        "ALTER TABLE transmissions ADD COLUMN mined_block BIGINT NOT NULL DEFAULT 0",
        "CREATE INDEX transmissions_by_state_and_block ON transmissions (state, mined_block)",
    ],
    &[
        "CREATE TABLE vault (
        kind BIGINT NOT NULL,
        owner TEXT NOT NULL,
        slot BIGINT NOT NULL,
        version TEXT NOT NULL,
        expiration_ms BIGINT NOT NULL,
        contested BIGINT NOT NULL,
        signature BYTES NOT NULL,
        payload BYTES NOT NULL,
        PRIMARY KEY (kind, owner, slot, version)
    )",
        "CREATE TABLE unbound (digest TEXT PRIMARY KEY, owner TEXT NOT NULL)",
    ],
];

/// The step since which there are the tables of the vault.
const VAULT: usize = 4;

const FIRST: &[&str] = &[
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
];

/// Applies the steps that are missing, each in one transaction.
pub(super) async fn migrate(connection: &mut AnyConnection, sqlite: bool) -> Result<(), JournalError> {
    sqlx::query("CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
        .execute(&mut *connection)
        .await?;
    let bytes_type = if sqlite { "BLOB" } else { "BYTEA" };
    let done = applied(connection).await?;
    for (index, step) in STEPS.iter().enumerate().skip(done) {
        let mut transaction = connection.begin().await?;
        for statement in *step {
            // The text is a constant of this file.
            let sql = statement.replace("BYTES", bytes_type);
            sqlx::query(AssertSqlSafe(sql)).execute(&mut *transaction).await?;
        }
        sqlx::query("INSERT INTO meta (name, value) VALUES ($1, 'applied')")
            .bind(format!("schema/{}", index + 1))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
    }
    Ok(())
}

/// Whether a journal has the tables of the vault: one that an earlier version wrote has none until it is opened.
pub(super) async fn has_vault(connection: &mut AnyConnection) -> Result<bool, JournalError> {
    Ok(applied(connection).await? >= VAULT)
}

/// How many steps a journal has.
///
/// # Errors
/// When it has more than this version knows, or no table `meta`.
pub(super) async fn applied(connection: &mut AnyConnection) -> Result<usize, JournalError> {
    let rows = sqlx::query("SELECT name FROM meta WHERE name LIKE 'schema/%'").fetch_all(connection).await?;
    let mut most = 0;
    for row in rows {
        let name: String = row.try_get(0)?;
        let number = name.strip_prefix("schema/").and_then(|digits| digits.parse::<usize>().ok());
        most = most.max(number.ok_or_else(|| corrupt("a schema step", &name))?);
    }
    if most > STEPS.len() {
        return Err(corrupt("schema", format!("it has step {most}, this version knows {}", STEPS.len())));
    }
    Ok(most)
}
