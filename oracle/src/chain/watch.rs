//! The task that looks at the chain again and again.

use std::time::Duration;

use tokio::{sync::mpsc, time::sleep};

use super::{
    cursor::{Batch, LogCursor},
    rpc::Backoff,
};

/// Polls until the receiver is gone. `on_failure` hears of every failed look; pauses grow until one succeeds.
pub async fn watch(
    mut cursor: LogCursor,
    pause: Duration,
    batches: mpsc::Sender<Batch>,
    on_failure: impl Fn() + Send + 'static,
) {
    let mut backoff = Backoff::default();
    loop {
        let before = cursor.next_block();
        match cursor.poll().await {
            Ok(batch) => {
                backoff.reset();
                // A look that got nowhere is repeated at the usual pace.
                let more = !batch.caught_up && cursor.next_block() != before;
                if batches.send(batch).await.is_err() {
                    return;
                }
                if more {
                    continue;
                }
                sleep(pause).await;
            }
            Err(err) => {
                on_failure();
                let wait = backoff.next_pause();
                tracing::warn!(%err, ?wait, "the chain could not be read");
                sleep(wait).await;
            }
        }
    }
}
