//! The digest of everything a journal in a file holds. A backup carries it, so that one whose rows were changed or
//! removed since is told from the one that was made.

use alloy::primitives::{B256, Keccak256};
use futures::TryStreamExt;
use sqlx::{AnyConnection, Row};

use super::{JournalError, memory::RESTORED, schema};

/// All rows of all tables in their order, each as one text that no other row has; the mark itself is left out.
const ROWS: [&str; 4] = [
    "SELECT quote(name) || quote(value) FROM meta WHERE name <> 'restored' ORDER BY name",
    "SELECT quote(request_id) || quote(commitment_hash) || quote(state) || quote(block_number) || quote(block_hash)
        || quote(timeout_timestamp) || quote(seen_ms) || quote(event) || quote(view_json)
     FROM requests ORDER BY request_id",
    "SELECT quote(config_digest) || quote(request_id) || quote(commitment_hash) || '/' || quote(slot) || '/'
        || quote(attempt) || quote(body)
     FROM protocol ORDER BY config_digest, request_id, commitment_hash, slot, attempt",
    "SELECT quote(request_id) || quote(attempt) || '/' || quote(nonce) || '/' || quote(stage) || quote(state)
        || quote(hashes) || quote(raw) || quote(gas_limit) || quote(max_fee_wei) || quote(sent_ms)
     FROM transmissions ORDER BY request_id, attempt",
];

/// The rows of the vault, where there is one: a backup of an earlier version has the digest it had then.
const VAULT: [&str; 2] = [
    "SELECT quote(kind) || '/' || quote(owner) || quote(slot) || quote(version) || quote(expiration_ms)
        || '/' || quote(contested) || quote(signature) || quote(payload)
     FROM vault ORDER BY kind, owner, slot, version",
    "SELECT quote(digest) || quote(owner) FROM unbound ORDER BY digest",
];

/// What stands before the digest in the mark of a backup.
const MARKED: &str = ", its content is ";

/// The digest of the rows that `connection` sees.
///
/// # Errors
/// [`JournalError`].
pub(super) async fn digest(connection: &mut AnyConnection) -> Result<B256, JournalError> {
    let mut hasher = Keccak256::new();
    let vault = schema::has_vault(connection).await?.then_some(VAULT);
    for rows in ROWS.into_iter().chain(vault.into_iter().flatten()) {
        let mut rows = sqlx::query(rows).fetch(&mut *connection);
        while let Some(row) = rows.try_next().await? {
            hasher.update(row.try_get::<String, _>(0)?);
            hasher.update("\n");
        }
        hasher.update("\n");
    }
    Ok(hasher.finalize())
}

/// Marks a copy as a backup made at `now_seconds`.
///
/// # Errors
/// [`JournalError`].
pub(super) async fn mark(connection: &mut AnyConnection, now_seconds: u64) -> Result<(), JournalError> {
    let content = digest(connection).await?;
    let mark = format!("backup of unix time {now_seconds}{MARKED}{content}");
    super::write_meta(connection, RESTORED, &mark).await
}

/// The digest in the mark of a backup; `None` when it names none.
pub(super) fn of_mark(mark: &str) -> Option<B256> {
    mark.rsplit_once(MARKED)?.1.parse().ok()
}
