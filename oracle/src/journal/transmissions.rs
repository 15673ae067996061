//! Transactions that carry reports: signed bytes are durable before they are sent.

use alloy::primitives::{Address, B256, Bytes};
use sqlx::{Connection as _, Row, any::AnyRow};

use super::{Journal, JournalError, corrupt, from_sql, hash_from, to_sql};

/// Where a transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransmissionState {
    /// Signed and durable; whether it was sent is unknown.
    Prepared,
    /// An endpoint took it; it may be in a block that is not final.
    Sent,
    /// In a final block, and the request was processed by it.
    Included,
    /// In a final block, and the request was already answered or was not processed.
    Unpaid,
    /// Its nonce was used by something else, or it was never needed.
    Dropped,
}

impl TransmissionState {
    const fn name(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Sent => "sent",
            Self::Included => "included",
            Self::Unpaid => "unpaid",
            Self::Dropped => "dropped",
        }
    }

    fn parse(text: &str) -> Result<Self, JournalError> {
        [Self::Prepared, Self::Sent, Self::Included, Self::Unpaid, Self::Dropped]
            .into_iter()
            .find(|state| state.name() == text)
            .ok_or_else(|| corrupt("a transmission state", text))
    }

    /// Whether its fate is open.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Prepared | Self::Sent)
    }
}

/// One report's transaction: one nonce, and every version signed with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmission {
    /// The request reported; the first, where one transaction carries several.
    pub request_id: B256,
    /// 0 for the first; a later attempt exists only after the one before was mined without processing the request.
    pub attempt: u64,
    /// The account's nonce.
    pub nonce: u64,
    /// Stage in the request's order.
    pub stage: u64,
    /// Where it stands.
    pub state: TransmissionState,
    /// Hashes of all versions, oldest first; a later one replaces the earlier with a higher fee.
    pub hashes: Vec<B256>,
    /// The newest version, signed, as sent.
    pub raw: Bytes,
    /// Gas limit.
    pub gas_limit: u64,
    /// Highest price per gas, in wei.
    pub max_fee_wei: u128,
    /// Unix milliseconds of the newest version.
    pub sent_ms: u64,
}

/// Every row, for verification.
pub(super) const ALL: &str = "SELECT request_id, attempt, nonce, stage, state, hashes, raw, gas_limit, max_fee_wei, sent_ms FROM transmissions";

impl Journal {
    /// Writes a transaction's row, replacing an older one.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn put_transmission(&self, row: &Transmission) -> Result<(), JournalError> {
        self.again(|| self.put_transmission_once(row)).await
    }

    async fn put_transmission_once(&self, row: &Transmission) -> Result<(), JournalError> {
        let hashes: Vec<String> = row.hashes.iter().map(ToString::to_string).collect();
        sqlx::query(
            "INSERT INTO transmissions (request_id, attempt, nonce, stage, state, hashes, raw, gas_limit, max_fee_wei, sent_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (request_id, attempt) DO UPDATE SET nonce = excluded.nonce, stage = excluded.stage,
                state = excluded.state, hashes = excluded.hashes, raw = excluded.raw, gas_limit = excluded.gas_limit,
                max_fee_wei = excluded.max_fee_wei, sent_ms = excluded.sent_ms",
        )
        .bind(row.request_id.to_string())
        .bind(to_sql(row.attempt))
        .bind(to_sql(row.nonce))
        .bind(to_sql(row.stage))
        .bind(row.state.name())
        .bind(hashes.join(","))
        .bind(row.raw.to_vec())
        .bind(to_sql(row.gas_limit))
        .bind(row.max_fee_wei.to_string())
        .bind(to_sql(row.sent_ms))
        .execute(&mut *self.writer.hold().await?)
        .await?;
        self.commits.inc();
        Ok(())
    }

    /// Notes the account transactions are sent from. After a change, those of the account before are given up: their
    /// nonces mean nothing for this one. True when it changed.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn start_account(&self, account: Address) -> Result<bool, JournalError> {
        const NAME: &str = "transmitter";
        let stored = self.meta(NAME).await?;
        let now = account.to_string();
        if stored.as_ref() == Some(&now) {
            return Ok(false);
        }
        if stored.is_some() {
            sqlx::query("UPDATE transmissions SET state = 'dropped' WHERE state IN ('prepared', 'sent')")
                .execute(&mut *self.writer.hold().await?)
                .await?;
        }
        self.set_meta(NAME, &now).await?;
        Ok(stored.is_some())
    }

    /// The transactions of one request, first attempt first.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn transmissions_of(&self, request_id: B256) -> Result<Vec<Transmission>, JournalError> {
        let select = || async {
            let mut held = self.writer.hold().await?;
            sqlx::query(
            "SELECT request_id, attempt, nonce, stage, state, hashes, raw, gas_limit, max_fee_wei, sent_ms
             FROM transmissions WHERE request_id = $1 ORDER BY attempt",
        )
        .bind(request_id.to_string())
        .fetch_all(&mut *held)
        .await
        };
        let rows = self.again(select).await?;
        rows.iter().map(parse).collect()
    }

    /// Transactions whose fate is open and whose nonce is at least `from_nonce`, lowest nonce first.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn open_transmissions(&self, from_nonce: u64) -> Result<Vec<Transmission>, JournalError> {
        let select = || async {
            let mut held = self.writer.hold().await?;
            sqlx::query(
            "SELECT request_id, attempt, nonce, stage, state, hashes, raw, gas_limit, max_fee_wei, sent_ms
             FROM transmissions WHERE state IN ('prepared', 'sent') AND nonce >= $1 ORDER BY nonce",
        )
        .bind(to_sql(from_nonce))
        .fetch_all(&mut *held)
        .await
        };
        let rows = self.again(select).await?;
        rows.iter().map(parse).collect()
    }

    /// Whether the fate of any transaction is open.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn has_open_transmissions(&self) -> Result<bool, JournalError> {
        let row = sqlx::query("SELECT 1 FROM transmissions WHERE state IN ('prepared', 'sent') LIMIT 1")
            .fetch_optional(&mut *self.writer.hold().await?)
            .await?;
        Ok(row.is_some())
    }

    /// Transactions whose fate is open and worth a look, lowest nonce first: those not known to be in a block, those
    /// in one up to `final_block`, and those from nonce `next` on, which are in none any more.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn due_transmissions(
        &self,
        final_block: u64,
        next: u64,
    ) -> Result<Vec<Transmission>, JournalError> {
        let select = || async {
            let mut held = self.writer.hold().await?;
            sqlx::query(
            "SELECT request_id, attempt, nonce, stage, state, hashes, raw, gas_limit, max_fee_wei, sent_ms
             FROM transmissions
             WHERE state IN ('prepared', 'sent') AND (mined_block <= $1 OR nonce >= $2) ORDER BY nonce",
        )
        .bind(to_sql(final_block))
        .bind(to_sql(next))
        .fetch_all(&mut *held)
        .await
        };
        let rows = self.again(select).await?;
        rows.iter().map(parse).collect()
    }

    /// Notes in which blocks open transactions, by request and attempt, were seen; in one commit.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn note_mined(&self, seen: &[((B256, u64), u64)]) -> Result<(), JournalError> {
        if seen.is_empty() {
            return Ok(());
        }
        let mut held = self.writer.hold().await?;
        let mut transaction = held.begin().await?;
        for ((request_id, attempt), block) in seen {
            sqlx::query("UPDATE transmissions SET mined_block = $1 WHERE request_id = $2 AND attempt = $3")
                .bind(to_sql(*block))
                .bind(request_id.to_string())
                .bind(to_sql(*attempt))
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        self.commits.inc();
        Ok(())
    }
}

pub(super) fn parse(row: &AnyRow) -> Result<Transmission, JournalError> {
    let hashes: String = row.try_get(5)?;
    let fee: String = row.try_get(8)?;
    Ok(Transmission {
        request_id: hash_from("a request id", &row.try_get::<String, _>(0)?)?,
        attempt: from_sql("an attempt", row.try_get(1)?)?,
        nonce: from_sql("a nonce", row.try_get(2)?)?,
        stage: from_sql("a stage", row.try_get(3)?)?,
        state: TransmissionState::parse(&row.try_get::<String, _>(4)?)?,
        hashes: hashes
            .split(',')
            .filter(|text| !text.is_empty())
            .map(|text| hash_from("a transaction hash", text))
            .collect::<Result<_, _>>()?,
        raw: row.try_get::<Vec<u8>, _>(6)?.into(),
        gas_limit: from_sql("a gas limit", row.try_get(7)?)?,
        max_fee_wei: fee.parse().map_err(|err| corrupt("a fee", err))?,
        sent_ms: from_sql("a time", row.try_get(9)?)?,
    })
}
