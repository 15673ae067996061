//! The task that looks at the chain again and again.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, sleep, sleep_until},
};

use super::{
    cursor::{Batch, LogCursor},
    failure::RpcFailure,
};

/// Least time between two looks, however many hints there are.
const LEAST_PAUSE: Duration = Duration::from_millis(50);

/// Polls until the receiver is gone, after each pause or when woken. `on_look` hears of every look. Trouble does not
/// lengthen the pause: endpoints that fail are left alone for pauses of their own, so a look at them costs nothing.
pub async fn watch(
    mut cursor: LogCursor,
    pause: Duration,
    wake: Arc<Notify>,
    batches: mpsc::Sender<Batch>,
    on_look: impl Fn(Result<&Batch, &RpcFailure>) + Send + 'static,
) {
    let mut failures = 0u32;
    loop {
        let before = cursor.next_block();
        match cursor.poll().await {
            Ok(batch) => {
                if failures > 0 {
                    tracing::info!(failures, "the chain is read again");
                    failures = 0;
                }
                on_look(Ok(&batch));
                // A look that got nowhere is repeated at the usual pace.
                let more = !batch.caught_up && cursor.next_block() != before;
                if batches.send(batch).await.is_err() {
                    return;
                }
                if more {
                    continue;
                }
            }
            Err(err) => {
                on_look(Err(&err));
                // Said at the first failure and then seldom.
                if failures.is_power_of_two() || failures == 0 {
                    tracing::warn!(%err, failures, "the chain could not be read");
                }
                failures = failures.saturating_add(1);
            }
        }
        let looked = Instant::now();
        tokio::select! {
            () = sleep(pause) => {}
            () = wake.notified() => sleep_until(looked + LEAST_PAUSE.min(pause)).await,
        }
    }
}
