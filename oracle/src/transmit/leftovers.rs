//! Transactions that no job watches any more: every nonce comes to an end, and only a final block is one.
//!
//! A job goes when its request is answered, leaves the chain or is given up, or when the process does. What it sent
//! stays open in the journal. A transaction that waits for ever holds up every later one of the account; one that was
//! mined may leave its block again. So this task looks at them now and then; at one that was seen in a block not before
//! that block is final, or the account's nonces show that it is gone:
//!
//! | its receipt | its nonce | its age | done |
//! | --- | --- | --- | --- |
//! | in a final block | | | stored as included or unpaid |
//! | in another block | | | nothing |
//! | none | used by another transaction, or far above the account's next one | | stored as dropped |
//! | none | free | young | handed over again, unless the pool has it |
//! | none | free | old | replaced by a transfer of nothing to the account itself, at a higher price |
//!
//! Nonces below all of them that nobody has a transaction for are filled in the same way, unless they are many: then an
//! endpoint told a wrong nonce.

use std::{sync::Arc, time::Duration};

use alloy::primitives::{B256, Bytes};
use tokio::time::sleep;

use super::{
    delivery::stuck_after,
    fees::{fees, payable_wei},
    mined::{self, Deed},
    price,
    sender::{Draft, SendError, Turn, price_of},
    shared::Shared,
};
use crate::{
    chain::Reach,
    clock::now_ms,
    journal::{JournalError, Transmission, TransmissionState},
};

/// Pause between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Gas of a transfer of nothing; more than the least because some chains add their data's share.
const TRANSFER_GAS: u64 = 100_000;

/// What is known about an open transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Facts {
    /// Its block and deed, as every endpoint was asked for them.
    mined: Option<(u64, Deed)>,
    final_block: u64,
    nonce: u64,
    /// Its turn does not come.
    is_far_above: bool,
    /// The account's next nonces, by the newest block and with the pool.
    latest: u64,
    pending: u64,
    is_old: bool,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remedy {
    Wait,
    Settle(TransmissionState),
    Resend,
    Cancel,
}

/// The table of the module.
const fn remedy(facts: Facts) -> Remedy {
    match facts.mined {
        Some((block, _)) if block > facts.final_block => Remedy::Wait,
        Some((_, Deed::Paid)) => Remedy::Settle(TransmissionState::Included),
        Some(_) => Remedy::Settle(TransmissionState::Unpaid),
        None if facts.nonce < facts.latest || facts.is_far_above => {
            Remedy::Settle(TransmissionState::Dropped)
        }
        None if facts.is_old => Remedy::Cancel,
        None if facts.nonce < facts.pending => Remedy::Wait,
        None => Remedy::Resend,
    }
}

/// Looks until the process ends.
pub(super) async fn watch(shared: Arc<Shared>) {
    loop {
        if let Err(err) = look(&shared).await {
            tracing::debug!(%err, "open transactions are looked at later");
        }
        sleep(LOOK_EVERY).await;
    }
}

async fn look(shared: &Shared) -> Result<(), SendError> {
    if !shared.journal.has_open_transmissions().await? {
        return Ok(());
    }
    let latest = shared.rpc.nonce(shared.sender.address(), "latest").await?;
    let rows = shared.journal.due_transmissions(shared.final_block(), latest).await?;
    // First, for chains without a pool take nothing behind a gap.
    if let Some(lowest) = rows.iter().map(|row| row.nonce).filter(|nonce| *nonce >= latest).min() {
        fill_gap(shared, lowest, latest).await?;
    }
    let mut mined = Vec::new();
    let tended = tend_all(shared, &rows, latest, &mut mined).await;
    shared.journal.note_mined(&mined).await?;
    tended
}

/// Transactions by request and attempt, and the blocks they were seen in.
type Seen = Vec<((B256, u64), u64)>;

async fn tend_all(
    shared: &Shared,
    rows: &[Transmission],
    latest: u64,
    mined: &mut Seen,
) -> Result<(), SendError> {
    for row in rows {
        if unwatched(shared, row).await?.is_some() {
            tend(shared, row, latest, mined).await?;
        }
    }
    Ok(())
}

/// The transaction as it is stored now, unless it has come to its end or a job watches it: the newest of its request.
async fn unwatched(shared: &Shared, row: &Transmission) -> Result<Option<Transmission>, JournalError> {
    let mut stored = shared.journal.transmissions_of(row.request_id).await?;
    if shared.has_job(row.request_id) {
        stored.pop();
    }
    Ok(stored.into_iter().find(|stored| stored.attempt == row.attempt && stored.state.is_open()))
}

/// Brings one transaction further. Nobody else sends meanwhile, and a job that begins meanwhile finds what is stored.
async fn tend(shared: &Shared, row: &Transmission, latest: u64, seen: &mut Seen) -> Result<(), SendError> {
    let receipt = shared.sender.receipt(row, Reach::All).await?;
    let turn = shared.sender.turn().await;
    let Some(mut row) = unwatched(shared, row).await? else { return Ok(()) };
    let mined = receipt.map(|receipt| {
        let mined = mined::read(&receipt, row.request_id, shared.config.coordinator, shared.config.router);
        (mined.block, mined.deed)
    });
    if let Some((block, _)) = mined.filter(|(block, _)| *block > shared.final_block()) {
        seen.push(((row.request_id, row.attempt), block));
    }
    let facts = Facts {
        mined,
        final_block: shared.final_block(),
        nonce: row.nonce,
        is_far_above: mined.is_none() && shared.sender.is_far_above(row.nonce, latest).await?,
        latest,
        pending: shared.rpc.nonce(shared.sender.address(), "pending").await?,
        is_old: Duration::from_millis(now_ms().saturating_sub(row.sent_ms))
            > stuck_after(shared.config.delta_stage),
    };
    match remedy(facts) {
        Remedy::Wait => Ok(()),
        Remedy::Settle(state) => Ok(shared.sender.settle(&mut row, state).await?),
        Remedy::Resend => shared.sender.resend(&turn, &mut row).await,
        Remedy::Cancel => cancel(shared, &turn, &mut row).await,
    }
}

async fn cancel(shared: &Shared, turn: &Turn<'_>, row: &mut Transmission) -> Result<(), SendError> {
    let fees = fees(&shared.rpc, &shared.rpc.agreed_head().await?).await?;
    let ceiling_wei = payable_wei(shared, row.gas_limit).await?;
    let Some(price) = price::raised(price_of(row), fees.market, ceiling_wei) else {
        return shared.sender.resend(turn, row).await;
    };
    tracing::info!(request_id = %row.request_id, nonce = row.nonce, "a stuck transaction that nobody needs is cancelled");
    shared.sender.replace(turn, row, price, None).await
}

/// Sends a transfer of nothing with the account's next nonce when that lies below the `lowest` that is open.
async fn fill_gap(shared: &Shared, lowest: u64, latest: u64) -> Result<(), SendError> {
    let account = shared.sender.address();
    if shared.rpc.nonce(account, "pending").await? >= lowest
        || shared.sender.is_far_above(lowest, latest).await?
    {
        return Ok(());
    }
    let turn = shared.sender.turn().await;
    let nonce = shared.rpc.nonce(account, "pending").await?;
    let open = shared.journal.open_transmissions(nonce).await?;
    if open.first().is_none_or(|row| row.nonce <= nonce) {
        return Ok(());
    }
    let fees = fees(&shared.rpc, &shared.rpc.agreed_head().await?).await?;
    let Some(price) = price::offer(fees.market, payable_wei(shared, TRANSFER_GAS).await?) else {
        return Ok(());
    };
    tracing::info!(nonce, "a nonce that holds up later transactions is used by a transfer of nothing");
    let draft = Draft {
        request_id: B256::ZERO,
        attempt: nonce,
        stage: 0,
        to: account,
        calldata: Bytes::new(),
        gas_limit: TRANSFER_GAS,
        price,
    };
    shared.sender.send_new(&turn, &draft).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Facts = Facts {
        mined: None,
        final_block: 40,
        nonce: 7,
        is_far_above: false,
        latest: 7,
        pending: 8,
        is_old: false,
    };

    #[test]
    fn l5_only_a_final_block_is_the_end_of_a_transaction() {
        for deed in [Deed::Paid, Deed::Refused(2), Deed::Refused(6), Deed::CameSecond, Deed::Reverted] {
            let mined = |block| remedy(Facts { mined: Some((block, deed)), latest: 8, is_old: true, ..OPEN });
            assert_eq!(mined(41), Remedy::Wait, "{deed:?}");
            let state =
                if deed == Deed::Paid { TransmissionState::Included } else { TransmissionState::Unpaid };
            assert_eq!(mined(40), Remedy::Settle(state), "{deed:?}");
        }
    }

    #[test]
    fn t3_an_open_nonce_without_a_job_is_brought_to_its_end() {
        assert_eq!(remedy(OPEN), Remedy::Wait, "the pool has it");
        assert_eq!(remedy(Facts { pending: 7, ..OPEN }), Remedy::Resend, "it was forgotten, or never sent");
        assert_eq!(remedy(Facts { is_old: true, ..OPEN }), Remedy::Cancel);
        assert_eq!(remedy(Facts { is_old: true, pending: 7, ..OPEN }), Remedy::Cancel);
        let used = Facts { latest: 8, pending: 9, is_old: true, ..OPEN };
        assert_eq!(remedy(used), Remedy::Settle(TransmissionState::Dropped));
        let far = Facts { is_far_above: true, ..OPEN };
        assert_eq!(remedy(far), Remedy::Settle(TransmissionState::Dropped));
        assert_eq!(remedy(Facts { mined: Some((41, Deed::Paid)), ..far }), Remedy::Wait);
    }
}
