//! An exclusive hold on a file, so that two processes never use one journal or one keystore.
//!
//! The hold is on the file itself, not on a name: other paths and hard links to it find it too. The kernel gives it
//! back when the process ends, however it ends.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// Longest `/proc/locks` read, in bytes.
const MAX_LOCKS_BYTES: usize = 1 << 20;
/// How often the list of locks is read before the holder is called unknown.
const READS: usize = 5;

/// Why a file could not be held.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another process holds it.
    #[error("{} is in use by {}", path.display(), process(*pid))]
    Held {
        /// The file.
        path: PathBuf,
        /// Who holds it, where the system tells.
        pid: Option<u32>,
    },
    /// The file cannot be opened or held.
    #[error("{} cannot be locked: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A process in words.
fn process(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

/// A held file; dropping it gives the file free.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Holds `path`, which must exist.
    ///
    /// # Errors
    /// [`LockError::Held`] with the holder, or what the file system says.
    pub fn take(path: &Path) -> Result<Self, LockError> {
        let failed = |source| LockError::Io { path: path.to_owned(), source };
        loop {
            let file = functions_input::file::open(path).map_err(failed)?;
            let held = file.metadata().map_err(failed)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(fs::TryLockError::WouldBlock) => {
                    return Err(LockError::Held { path: path.to_owned(), pid: named(held.ino()) });
                }
                Err(fs::TryLockError::Error(source)) => return Err(failed(source)),
            }
            // The holder before may have put another file in this place.
            let now = fs::metadata(path).map_err(failed)?;
            if (now.dev(), now.ino()) == (held.dev(), held.ino()) {
                return Ok(Self { _file: file });
            }
        }
    }

    /// The process that holds `path` now, if one does; `Some(None)` when it cannot be named.
    #[must_use]
    pub fn holder_of(path: &Path) -> Option<Option<u32>> {
        match Self::take(path) {
            Err(LockError::Held { pid, .. }) => Some(pid),
            _ => None,
        }
    }
}

/// The process with a write lock on this inode. The list of locks is read in pieces: while other files are locked and
/// freed a line may be missed, so it is read again.
fn named(inode: u64) -> Option<u32> {
    (0..READS).find_map(|_| holder(inode))
}

fn holder(inode: u64) -> Option<u32> {
    let locks = fs::read_to_string("/proc/locks").ok().filter(|text| text.len() <= MAX_LOCKS_BYTES)?;
    locks.lines().find_map(|line| {
        // 1: FLOCK  ADVISORY  WRITE 4711 08:01:131074 0 EOF
        let mut words = line.split_whitespace().skip(1);
        let kind = words.next()?;
        let pid: u32 = words.nth(2)?.parse().ok()?;
        let same = words.next()?.rsplit(':').next()?.parse::<u64>().ok()? == inode;
        (kind == "FLOCK" && same && pid > 0).then_some(pid)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn take_refuses_a_held_file_under_any_name_and_names_the_holder() {
        let folder = tempfile::tempdir().expect("temp folder");
        let (first, second) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&first, "").expect("a file");
        fs::hard_link(&first, &second).expect("a second name");
        let held = FileLock::take(&first).expect("free");
        for path in [&first, &second] {
            match FileLock::take(path) {
                Err(LockError::Held { pid, .. }) => assert_eq!(pid, Some(std::process::id())),
                other => panic!("{other:?}"),
            }
        }
        drop(held);
        let device = FileLock::take(Path::new("/dev/null")).expect_err("no file");
        assert!(device.to_string().contains("it is a device, not a file"), "{device}");
        FileLock::take(&second).expect("free again");
        assert_eq!(FileLock::holder_of(&first), None);
    }
}
