//! Commands with one key take turns at sending, by an exclusive hold on the key's file.
//!
//! The hold is advisory and on the file itself, so other paths to it find it too; the kernel gives it back when a
//! process ends, however it ends.

use std::fs::{File, TryLockError};
use std::io;

use tokio::sync::{Mutex, MutexGuard};

/// Where the turns of one key are taken.
pub(crate) struct Turns {
    /// Two holds by one process on one open file are one, so senders within it wait for each other here.
    file: Mutex<File>,
    say: fn(&str),
}

/// The right to send, until it is dropped.
pub(crate) struct Turn<'a> {
    file: MutexGuard<'a, File>,
}

impl Turns {
    pub(crate) fn new(file: File, say: fn(&str)) -> Self {
        Self { file: Mutex::new(file), say }
    }

    /// Waits for the turn. A file that the system gives no hold on, as on some network file systems, is used without.
    pub(crate) async fn take(&self) -> Turn<'_> {
        let file = self.file.lock().await;
        let held = match file.try_lock() {
            Ok(()) => Ok(()),
            Err(TryLockError::Error(error)) => Err(error),
            Err(TryLockError::WouldBlock) => {
                (self.say)("waiting for another command that sends with this key");
                wait(&file).await
            }
        };
        if let Err(error) = held {
            (self.say)(&format!(
                "warning: the key file cannot be held ({error}): let no other command send with this key meanwhile"
            ));
        }
        Turn { file }
    }
}

async fn wait(file: &File) -> io::Result<()> {
    let file = file.try_clone()?;
    tokio::task::spawn_blocking(move || file.lock()).await.map_err(io::Error::other)?
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // A hold that cannot be given back ends with the process.
        let _ = self.file.unlock();
    }
}
