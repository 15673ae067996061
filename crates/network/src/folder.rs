//! Where a network keeps its files.
//!
//! A folder has a file that its process holds locked for as long as it runs. A process that was killed removes nothing,
//! but its lock goes with it: whoever makes the next folder removes those of this user that nobody holds any more.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use functions_deploy::Say;
use functions_failure::{Result, failure};
use tempfile::TempDir;

use crate::process::tail;

/// What the names of all these folders begin with.
const PREFIX: &str = "functions-";
/// The file that is held.
const LOCK: &str = "in-use";

/// The folder of everything a network writes; removed on drop unless kept.
pub struct Folder {
    folder: TempDir,
    _lock: File,
}

impl Folder {
    /// Makes it.
    ///
    /// # Errors
    /// When there is no room for temporary files.
    pub fn create() -> Result<Self> {
        Self::create_in(&std::env::temp_dir())
    }

    fn create_in(parent: &Path) -> Result<Self> {
        let refused = |error: io::Error| {
            failure!(
                help = "set TMPDIR to a folder that may be written to, for example TMPDIR=$HOME",
                "cannot make a folder for temporary files in {}: {error}",
                parent.display()
            )
        };
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent).map_err(refused)?;
        let lock = hold(folder.path()).map_err(refused)?;
        remove_abandoned(parent, folder.path());
        Ok(Self { folder, _lock: lock })
    }

    /// Its place.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Keeps it after a failure and shows the last `lines` of each of its logs.
    pub fn keep(self, lines: usize, say: Say<'_>) {
        let path = self.folder.keep();
        // What is kept is nobody's leftover.
        let _ = fs::remove_file(path.join(LOCK));
        let mut logs: Vec<PathBuf> = fs::read_dir(&path)
            .map(|entries| entries.flatten().map(|e| e.path()).collect())
            .unwrap_or_default();
        logs.retain(|p| p.extension().is_some_and(|e| e == "log"));
        logs.sort();
        for log in logs {
            say(&tail(&log, lines));
        }
        say(&format!("everything is kept in {}", path.display()));
    }
}

/// Puts the held file into a folder. It gets its name once it is held, so that nobody finds it free before.
fn hold(folder: &Path) -> io::Result<File> {
    let unnamed = folder.join(".in-use");
    let lock = File::create_new(&unnamed)?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::Error(error) => error,
        TryLockError::WouldBlock => io::ErrorKind::WouldBlock.into(),
    })?;
    fs::rename(unnamed, folder.join(LOCK))?;
    Ok(lock)
}

/// Removes the folders in `parent` whose processes have ended, of the user whose folder `own` is. What cannot be
/// removed stays.
fn remove_abandoned(parent: &Path, own: &Path) {
    let (Ok(entries), Ok(ours)) = (fs::read_dir(parent), fs::symlink_metadata(own)) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && path != own
            && fs::symlink_metadata(&path).is_ok_and(|about| about.is_dir() && about.uid() == ours.uid());
        if !is_ours || !fs::symlink_metadata(path.join(LOCK)).is_ok_and(|about| about.is_file()) {
            continue;
        }
        // Held until the folder is gone, so that of two who look at once one removes it.
        if let Ok(lock) = File::open(path.join(LOCK))
            && lock.try_lock().is_ok()
        {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_the_dead_are_removed_and_no_others() {
        let parent = tempfile::tempdir().expect("a folder");
        let at = |name: &str| parent.path().join(name);
        let living = Folder::create_in(parent.path()).expect("a folder");
        let kept = Folder::create_in(parent.path()).expect("a folder");
        let kept_at = kept.path().to_owned();
        kept.keep(1, &|_| {});
        // A killed process leaves the file, and nobody holds it.
        for dead in ["functions-dead", "another-dead"] {
            fs::create_dir_all(at(dead).join("node-0")).expect("a folder");
            fs::write(at(dead).join(LOCK), "").expect("a file");
        }
        fs::create_dir(at("functions-of-somebody")).expect("a folder");
        std::os::unix::fs::symlink(at("another-dead"), at("functions-link")).expect("a link");
        let next = Folder::create_in(parent.path()).expect("a folder");
        assert!(!at("functions-dead").exists());
        for stays in [living.path(), &kept_at, next.path(), &at("another-dead"), &at("functions-of-somebody")]
        {
            assert!(stays.is_dir(), "{}", stays.display());
        }
        assert!(at("another-dead").join(LOCK).exists());
        let gone = next.path().to_owned();
        drop(next);
        assert!(!gone.exists() && living.path().is_dir());
    }

    #[test]
    fn a_place_that_cannot_be_written_names_the_variable_to_set() {
        let error = Folder::create_in(Path::new("/proc/nowhere")).err().expect("nobody makes files there");
        assert!(error.to_string().contains("/proc/nowhere"), "{error}");
        assert!(error.help().contains("TMPDIR"));
    }
}
