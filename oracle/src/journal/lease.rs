//! One node at a time on a PostgreSQL database.
//!
//! The lease is an advisory lock of the server, held by a connection that does nothing else. The server gives it back
//! when that connection ends: a node that was killed is replaced at once, one that hangs or is cut off when the server
//! notices. A node that lost its connection takes the lease again; what it finds then is decided by the counter of what
//! was said (see the module `memory`), which lets no second writer through.

use std::{sync::Arc, time::Duration};

use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row, any::AnyConnectOptions};
use tokio::{
    sync::Mutex,
    task::JoinHandle,
    time::{interval, timeout},
};

use super::{
    JournalError,
    place::{Place, connect},
};

/// First half of the lock's number; the second is the schema's.
const LOCK: &str = "1718971252, hashtext(coalesce(current_schema(), ''))";
/// Pause between two looks whether the connection still stands.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A held lease.
#[derive(Debug)]
pub(super) struct Lease {
    connection: Arc<Mutex<Option<AnyConnection>>>,
    keeper: JoinHandle<()>,
}

impl Lease {
    /// Takes the lease.
    ///
    /// # Errors
    /// [`JournalError::Busy`] with the holder as the server knows it.
    pub(super) async fn take(place: &Place, options: AnyConnectOptions) -> Result<Self, JournalError> {
        let connection = acquire(place, &options).await?;
        let connection = Arc::new(Mutex::new(Some(connection)));
        let keeper = tokio::spawn(keep(place.clone(), options, connection.clone()));
        Ok(Self { connection, keeper })
    }

    /// Gives the lease back and ends the connection. The server would free it by itself, but only when it has seen the
    /// connection's end, which on a busy machine is after the next start.
    pub(super) async fn give_back(self) {
        self.keeper.abort();
        if let Some(mut connection) = self.connection.lock().await.take() {
            let free = AssertSqlSafe(format!("SELECT pg_advisory_unlock({LOCK})"));
            let _ = sqlx::raw_sql(free).execute(&mut connection).await;
            let _ = connection.close().await;
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

async fn acquire(place: &Place, options: &AnyConnectOptions) -> Result<AnyConnection, JournalError> {
    let mut connection = connect(place, options).await?;
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host: String =
        host.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.')).take(30).collect();
    let name = format!("SET application_name = 'functions-node {} on {host}'", std::process::id());
    sqlx::raw_sql(AssertSqlSafe(name)).execute(&mut connection).await?;
    let taken: bool = sqlx::query(AssertSqlSafe(format!("SELECT pg_try_advisory_lock({LOCK})")))
        .fetch_one(&mut connection)
        .await?
        .try_get(0)?;
    if taken {
        return Ok(connection);
    }
    let holder = sqlx::query(
        "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
         WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 1718971252
           AND l.objid::bigint = hashtext(coalesce(current_schema(), ''))::bigint & 4294967295
           AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1",
    )
    .fetch_optional(&mut connection)
    .await?;
    let holder = match holder {
        Some(row) => row.try_get::<String, _>(0)?,
        None => "another node".to_owned(),
    };
    let _ = connection.close().await;
    Err(JournalError::Busy { place: place.to_string(), holder })
}

/// Takes the lease again whenever its connection broke.
async fn keep(place: Place, options: AnyConnectOptions, held: Arc<Mutex<Option<AnyConnection>>>) {
    let mut look = interval(LOOK_EVERY);
    loop {
        look.tick().await;
        let mut held = held.lock().await;
        let stands = match held.as_mut() {
            Some(connection) => timeout(LOOK_EVERY, connection.ping()).await.is_ok_and(|pong| pong.is_ok()),
            None => false,
        };
        if stands {
            continue;
        }
        *held = None;
        match acquire(&place, &options).await {
            Ok(connection) => {
                tracing::info!(%place, "the journal's lease was taken again");
                *held = Some(connection);
            }
            Err(err) => tracing::error!(%err, "the journal's lease is lost"),
        }
    }
}
