//! Requests that a transaction of another carries: while it may be mined, nothing is sent beside it.
//!
//! The journal has a row of a transaction under its first request only; which others it carries stands in its signed
//! bytes. After a restart they are read from there.

use std::collections::HashMap;

use alloy::{primitives::B256, sol_types::SolCall};
use functions_types::abi::Coordinator;
use tokio::sync::Mutex;

use super::sender::{SendError, Sender, carried_by};
use crate::journal::{Journal, JournalError, Transmission};

/// Entries after which ended ones are looked for.
const MANY: usize = 4_096;

/// The first request of the transaction that carries a request, by the latter; none before the journal was asked.
#[derive(Debug, Default)]
pub(super) struct Carried(Mutex<Option<HashMap<B256, B256>>>);

impl Carried {
    /// A transaction of `first` carries these.
    pub(super) async fn note(
        &self,
        journal: &Journal,
        first: B256,
        others: &[B256],
    ) -> Result<(), JournalError> {
        let mut known = self.0.lock().await;
        let mut now = match known.take() {
            Some(now) if now.len() < MANY => now,
            _ => read(journal).await?,
        };
        now.extend(others.iter().map(|id| (*id, first)));
        *known = Some(now);
        Ok(())
    }

    /// Whether an open transaction of this node carries the request in another's name, and may still be mined.
    pub(super) async fn is_carried(
        &self,
        journal: &Journal,
        sender: &Sender,
        id: B256,
    ) -> Result<bool, SendError> {
        let first = {
            let mut known = self.0.lock().await;
            if known.is_none() {
                *known = Some(read(journal).await?);
            }
            known.as_ref().and_then(|known| known.get(&id).copied())
        };
        let Some(first) = first else { return Ok(false) };
        let rows = journal.transmissions_of(first).await?;
        let carries = |row: &&Transmission| row.state.is_open() && requests_in(row).contains(&id);
        match rows.iter().find(carries) {
            Some(row) => Ok(!sender.is_out_of_turn(row).await?),
            None => Ok(false),
        }
    }
}

async fn read(journal: &Journal) -> Result<HashMap<B256, B256>, JournalError> {
    let rows = journal.open_transmissions(0).await?;
    let others = |row: &Transmission| {
        let (first, mut ids) = (row.request_id, requests_in(row));
        ids.retain(|id| *id != first);
        ids.into_iter().map(move |id| (id, first)).collect::<Vec<_>>()
    };
    Ok(rows.iter().flat_map(others).collect())
}

/// The requests whose reports the newest version of a stored transaction carries.
fn requests_in(row: &Transmission) -> Vec<B256> {
    let Some(calldata) = carried_by(row) else { return Vec::new() };
    let Ok(call) = Coordinator::transmitCall::abi_decode(&calldata) else { return Vec::new() };
    oracle_ocr::report::decided_in(&call.report).into_iter().map(|(id, _)| id).collect()
}
