//! What writes, and what must see its own writes.
//!
//! A file is written over one connection, so that writes come one after the other and a busy database is never an
//! error. A pool would ask that connection whether it is alive each time it comes back, which costs a file as much as a
//! short statement. A server is written over a pool: connections to it break.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use sqlx::{Any, AnyConnection, AnyPool, Connection as _, pool::PoolConnection};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

/// See the module's documentation.
#[derive(Clone, Debug)]
pub(super) enum Writer {
    /// None after the end.
    File(Arc<Mutex<Option<AnyConnection>>>),
    Pool(AnyPool),
}

/// A connection of the writer's; nobody else has it meanwhile.
pub(crate) enum Held<'a> {
    File(MappedMutexGuard<'a, AnyConnection>),
    Pool(PoolConnection<Any>),
}

impl Writer {
    pub(super) fn file(connection: AnyConnection) -> Self {
        Self::File(Arc::new(Mutex::new(Some(connection))))
    }

    /// Waits for a connection.
    ///
    /// # Errors
    /// When it was ended, or no connection to the server comes about.
    pub(super) async fn hold(&self) -> Result<Held<'_>, sqlx::Error> {
        match self {
            Self::File(connection) => {
                let held = MutexGuard::try_map(connection.lock().await, Option::as_mut);
                held.map(Held::File).map_err(|_| sqlx::Error::PoolClosed)
            }
            Self::Pool(pool) => pool.acquire().await.map(Held::Pool),
        }
    }

    /// Ends after the writes under way.
    pub(super) async fn close(&self) {
        match self {
            Self::File(connection) => {
                if let Some(connection) = connection.lock().await.take()
                    && let Err(err) = connection.close().await
                {
                    tracing::warn!(%err, "the journal's file was not closed well");
                }
            }
            Self::Pool(pool) => pool.close().await,
        }
    }
}

impl Deref for Held<'_> {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        match self {
            Self::File(connection) => connection,
            Self::Pool(connection) => connection,
        }
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        match self {
            Self::File(connection) => connection,
            Self::Pool(connection) => connection,
        }
    }
}
