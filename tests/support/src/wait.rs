//! Waiting for something to become true.

use std::time::Duration;

/// How long anything may take: a loaded machine of two cores that does other work too. What waits says what for.
pub const PATIENCE: Duration = Duration::from_secs(300);
/// Pause between two questions.
const PAUSE: Duration = Duration::from_millis(50);

/// Asks again and again until there is an answer; an `Err` says what is seen instead.
///
/// # Panics
/// After [`PATIENCE`], with what was waited for and what was seen last.
pub async fn until<T>(what: &str, ask: impl AsyncFnMut() -> Result<T, String>) -> T {
    until_for(PATIENCE, what, ask).await
}

async fn until_for<T>(patience: Duration, what: &str, mut ask: impl AsyncFnMut() -> Result<T, String>) -> T {
    let mut seen = "nothing: not one question was answered".to_owned();
    let asking = async {
        let mut pause = tokio::time::interval(PAUSE);
        loop {
            pause.tick().await;
            match ask().await {
                Ok(answer) => return answer,
                Err(instead) => seen = instead,
            }
        }
    };
    match tokio::time::timeout(patience, asking).await {
        Ok(answer) => answer,
        Err(_) => panic!("waited {} s for {what}, and saw {seen}", patience.as_secs()),
    }
}

/// What a future gives.
///
/// # Panics
/// After [`PATIENCE`], with what was waited for.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(given) => given,
        Err(_) => panic!("waited {} s for {what}", PATIENCE.as_secs()),
    }
}

/// Whether a process handles SIGTERM: one that has just been started ends of it as of SIGKILL. One that is gone hears
/// nothing any more, which whoever waits for its end sees.
pub(crate) fn hears(id: u32) -> Result<(), String> {
    const SIGTERM: u64 = 1 << 14;
    let Ok(status) = std::fs::read_to_string(format!("/proc/{id}/status")) else { return Ok(()) };
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    match caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()) {
        Some(mask) if mask & SIGTERM == 0 && !status.contains("State:\tZ") => {
            Err("it has no handler yet".to_owned())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[should_panic(expected = "waited 1 s for a black swan, and saw white ones")]
    async fn until_says_what_was_seen_instead() {
        until_for(Duration::from_secs(1), "a black swan", async || Err::<(), _>("white ones".to_owned()))
            .await;
    }
}
