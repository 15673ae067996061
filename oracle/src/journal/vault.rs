//! What owners stored with the DON: their rows, whole.

use alloy::primitives::{Address, B256};
use oracle_vault::{Key, Kind, Row};
use sqlx::{Connection as _, Row as _, any::AnyRow};

use super::{Journal, JournalError, corrupt, from_sql, to_sql};

/// Every row, for verification.
pub(super) const ALL: &str =
    "SELECT kind, owner, slot, version, expiration_ms, contested, signature, payload FROM vault";

impl Journal {
    /// Writes a row in the place of one with its key, and removes those that made room for it, at once.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn put_vault_row(
        &self,
        row: &Row,
        contested: bool,
        removed: &[Key],
    ) -> Result<(), JournalError> {
        self.again(|| self.put_vault_row_once(row, contested, removed)).await
    }

    async fn put_vault_row_once(
        &self,
        row: &Row,
        contested: bool,
        removed: &[Key],
    ) -> Result<(), JournalError> {
        let mut held = self.writer.hold().await?;
        let mut transaction = held.begin().await?;
        for key in removed {
            remove(&mut transaction, key).await?;
        }
        sqlx::query(
            "INSERT INTO vault (kind, owner, slot, version, expiration_ms, contested, signature, payload)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (kind, owner, slot, version) DO UPDATE SET expiration_ms = excluded.expiration_ms,
                contested = excluded.contested, signature = excluded.signature, payload = excluded.payload",
        )
        .bind(i64::from(row.key.kind as u8))
        .bind(row.key.owner.to_string())
        .bind(i64::from(row.key.slot))
        .bind(version_text(row.key.version))
        .bind(to_sql(row.expiration_ms))
        .bind(i64::from(contested))
        .bind(row.signature.to_vec())
        .bind(row.payload.clone())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        self.commits.inc();
        Ok(())
    }

    /// Removes rows.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn remove_vault_rows(&self, keys: &[Key]) -> Result<(), JournalError> {
        self.again(|| self.remove_vault_rows_once(keys)).await
    }

    async fn remove_vault_rows_once(&self, keys: &[Key]) -> Result<(), JournalError> {
        let mut held = self.writer.hold().await?;
        let mut transaction = held.begin().await?;
        for key in keys {
            remove(&mut transaction, key).await?;
        }
        transaction.commit().await?;
        self.commits.inc();
        Ok(())
    }

    /// The row with this key.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn vault_row(&self, key: &Key) -> Result<Option<Row>, JournalError> {
        let select = || async {
            sqlx::query(
                "SELECT kind, owner, slot, version, expiration_ms, contested, signature, payload FROM vault
                 WHERE kind = $1 AND owner = $2 AND slot = $3 AND version = $4",
            )
            .bind(i64::from(key.kind as u8))
            .bind(key.owner.to_string())
            .bind(i64::from(key.slot))
            .bind(version_text(key.version))
            .fetch_optional(&mut *self.writer.hold().await?)
            .await
        };
        let row = self.again(select).await?;
        Ok(row.as_ref().map(parse).transpose()?.map(|(row, _)| row))
    }

    /// At most `most` rows after a key, in the order of keys; each with whether its owner signed another one of its
    /// version.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn vault_rows(&self, after: Option<Key>, most: u32) -> Result<Vec<(Row, bool)>, JournalError> {
        let (kind, owner, slot, version) = after.map_or((-1, String::new(), -1, String::new()), |key| {
            (i64::from(key.kind as u8), key.owner.to_string(), i64::from(key.slot), version_text(key.version))
        });
        let select = || async {
            sqlx::query(
                "SELECT kind, owner, slot, version, expiration_ms, contested, signature, payload FROM vault
                 WHERE (kind, owner, slot, version) > ($1, $2, $3, $4)
                 ORDER BY kind, owner, slot, version LIMIT $5",
            )
            .bind(kind)
            .bind(owner.clone())
            .bind(slot)
            .bind(version.clone())
            .bind(i64::from(most))
            .fetch_all(&mut *self.writer.hold().await?)
            .await
        };
        let rows = self.again(select).await?;
        rows.iter().map(parse).collect()
    }
}

/// Who first stored ciphertexts that are bound to nobody.
impl Journal {
    /// Notes the first owner of a ciphertext; nothing changes when there is one.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn note_unbound(&self, digest: B256, owner: Address) -> Result<(), JournalError> {
        let insert = || async {
            sqlx::query("INSERT INTO unbound (digest, owner) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING")
                .bind(digest.to_string())
                .bind(owner.to_string())
                .execute(&mut *self.writer.hold().await?)
                .await
        };
        self.again(insert).await?;
        self.commits.inc();
        Ok(())
    }

    /// The first owner of a ciphertext.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn first_owner(&self, digest: B256) -> Result<Option<Address>, JournalError> {
        let select = || async {
            sqlx::query("SELECT owner FROM unbound WHERE digest = $1")
                .bind(digest.to_string())
                .fetch_optional(&mut *self.writer.hold().await?)
                .await
        };
        let Some(row) = self.again(select).await? else { return Ok(None) };
        let owner = row.try_get::<String, _>(0)?.parse();
        owner.map(Some).map_err(|err| corrupt("the owner of a ciphertext", err))
    }
}

async fn remove(connection: &mut sqlx::AnyConnection, key: &Key) -> Result<(), JournalError> {
    sqlx::query("DELETE FROM vault WHERE kind = $1 AND owner = $2 AND slot = $3 AND version = $4")
        .bind(i64::from(key.kind as u8))
        .bind(key.owner.to_string())
        .bind(i64::from(key.slot))
        .bind(version_text(key.version))
        .execute(connection)
        .await?;
    Ok(())
}

/// SQL integers are signed, and a version is whatever its owner says: all digits, so that the order stays.
fn version_text(version: u64) -> String {
    format!("{version:020}")
}

pub(super) fn parse(row: &AnyRow) -> Result<(Row, bool), JournalError> {
    let what = "a row of the vault";
    let kind = match row.try_get::<i64, _>(0)? {
        0 => Kind::Secrets,
        1 => Kind::Code,
        other => return Err(corrupt(what, format!("kind {other}"))),
    };
    let owner: Address = row.try_get::<String, _>(1)?.parse().map_err(|err| corrupt(what, err))?;
    let slot = u32::try_from(row.try_get::<i64, _>(2)?).map_err(|err| corrupt(what, err))?;
    let version = row.try_get::<String, _>(3)?.parse().map_err(|err| corrupt(what, err))?;
    let signature: Vec<u8> = row.try_get(6)?;
    let stored = Row {
        key: Key { kind, owner, slot, version },
        expiration_ms: from_sql(what, row.try_get(4)?)?,
        signature: signature.try_into().map_err(|_| corrupt(what, "a signature of another length"))?,
        payload: row.try_get(7)?,
    };
    Ok((stored, row.try_get::<i64, _>(5)? != 0))
}
