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
/// And at least so many times what the last one took: where looks take long there is much to do beside them, and one
/// that sees more blocks costs no more.
const PAUSE_OF_LOOKS: u32 = 2;

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
        let begun = Instant::now();
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
        let least = least_pause(looked - begun, pause);
        tokio::select! {
            () = sleep(pause) => {}
            () = wake.notified() => sleep_until(looked + least).await,
        }
    }
}

/// How long hints wait after a look that lasted so long; never longer than the pause without any.
fn least_pause(lasted: Duration, pause: Duration) -> Duration {
    LEAST_PAUSE.max(lasted * PAUSE_OF_LOOKS).min(pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_wait_longer_after_long_looks_and_never_longer_than_without_hints() {
        let millis = Duration::from_millis;
        let after = |lasted| least_pause(millis(lasted), millis(500)).as_millis();
        assert_eq!([0, 25, 26, 100, 250, 9_000].map(after), [50, 50, 52, 200, 500, 500]);
        assert_eq!(least_pause(millis(1), millis(20)), millis(20));
    }
}
