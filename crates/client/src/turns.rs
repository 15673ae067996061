//! Commands with one key take turns at sending, by an exclusive hold on files: the key's own, so that every path to it
//! is found, and one named for account and chain, so that copies of the key are.
//!
//! The hold is advisory; the kernel gives it back when a process ends, however it ends. The key's file is held first,
//! so nobody who holds the other waits.

use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use alloy::primitives::Address;
use tokio::sync::{Mutex, MutexGuard};

/// Where the turns of one key are taken.
pub(crate) struct Turns {
    /// Where the file is that goes by the account.
    folder: Option<PathBuf>,
    /// Whether that file has been looked for.
    has_met: AtomicBool,
    /// Two holds by one process on one open file are one, so senders within it wait for each other here.
    files: Mutex<Vec<File>>,
    say: fn(&str),
}

/// The right to send, until it is dropped.
pub(crate) struct Turn<'a> {
    files: MutexGuard<'a, Vec<File>>,
}

impl Turns {
    pub(crate) fn new(own: Option<File>, folder: Option<PathBuf>, say: fn(&str)) -> Self {
        let has_met = AtomicBool::new(folder.is_none());
        Self { folder, has_met, files: Mutex::new(own.into_iter().collect()), say }
    }

    /// Whether it is still open where copies of the key meet.
    pub(crate) fn is_apart(&self) -> bool {
        !self.has_met.load(Ordering::Relaxed)
    }

    /// From now on copies of the key meet at this account on this chain, if the system has a place for them.
    pub(crate) async fn meet(&self, account: Address, chain: &str) {
        let mut files = self.files.lock().await;
        if let Some(folder) = &self.folder
            && !self.has_met.swap(true, Ordering::Relaxed)
        {
            files.extend(place(folder, &format!("{account}-{chain}")).ok());
        }
    }

    /// Waits for the turn. A file that the system gives no hold on, as on some network file systems, is used without.
    pub(crate) async fn take(&self) -> Turn<'_> {
        let files = self.files.lock().await;
        let mut has_said = false;
        for file in files.iter() {
            let held = match file.try_lock() {
                Ok(()) => Ok(()),
                Err(TryLockError::Error(error)) => Err(error),
                Err(TryLockError::WouldBlock) => {
                    if !std::mem::replace(&mut has_said, true) {
                        (self.say)("waiting for another command that sends with this key");
                    }
                    wait(file).await
                }
            };
            if let Err(error) = held {
                (self.say)(&format!(
                    "warning: the key file cannot be held ({error}): let no other command send with this key meanwhile"
                ));
            }
        }
        Turn { files }
    }
}

/// A file of this name that is its user's only.
fn place(folder: &Path, name: &str) -> io::Result<File> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut options = File::options();
    options.write(true).create(true).truncate(false).mode(0o600).open(folder.join(name))
}

async fn wait(file: &File) -> io::Result<()> {
    let file = file.try_clone()?;
    tokio::task::spawn_blocking(move || file.lock()).await.map_err(io::Error::other)?
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        for file in self.files.iter().rev() {
            // A hold that cannot be given back ends with the process.
            let _ = file.unlock();
        }
    }
}
