//! What is done when a connection to the database breaks: the same on another one.
//!
//! A PostgreSQL server that dies and comes back costs time and nothing else. Every statement of this module writes what
//! it was told in place of what was there, so that one which was done, although its answer got lost, may be repeated.
//! The counter of what was said tells the exception: see [`super::memory`].

use tokio::time::{Duration, Instant, sleep};

use super::{Journal, JournalError, open::WRITE_PATIENCE};

/// Pause before the next connection is tried.
const PAUSE: Duration = Duration::from_millis(100);

/// Whether the connection is gone, or its server is ending or beginning; a refusal is none.
fn is_broken(err: &JournalError) -> bool {
    match err {
        JournalError::Database(sqlx::Error::Io(_) | sqlx::Error::Tls(_)) => true,
        JournalError::Database(sqlx::Error::Database(err)) => err
            .code()
            .is_some_and(|code| code.starts_with("08") || matches!(&*code, "57P01" | "57P02" | "57P03")),
        _ => false,
    }
}

impl Journal {
    /// What `once` gives, again and again while connections to a server break, for as long as a write may wait.
    pub(super) async fn again<T, E, F>(&self, once: impl Fn() -> F) -> Result<T, JournalError>
    where
        JournalError: From<E>,
        F: Future<Output = Result<T, E>>,
    {
        let until = Instant::now() + WRITE_PATIENCE;
        loop {
            match once().await.map_err(JournalError::from) {
                Err(err) if !self.place.is_file() && is_broken(&err) && Instant::now() < until => {
                    tracing::warn!(%err, "the journal is written and read over another connection");
                    sleep(PAUSE).await;
                }
                done => return done,
            }
        }
    }
}
