//! The right to write an addresses file: two runs at once would make two deployments and keep the addresses of one.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use functions_failure::{Result, WrapErr as _, failure};

use crate::place::{beside, in_place, is_file_or_absent};

/// Held as long as the value. What is locked is a file beside the addresses file, which is replaced at every step; it
/// goes when the value does, and one that a killed run left behind hinders nobody.
pub struct Lock(Option<(File, PathBuf)>);

impl Lock {
    /// Takes the right, or finds that somebody has it.
    ///
    /// # Errors
    /// When another run has it, or what lies in the lock's place is no file.
    pub fn take(addresses_file: &Path) -> Result<Self> {
        let path = beside(&in_place(addresses_file), ".lock");
        let place = || format!("cannot lock {}", path.display());
        loop {
            is_file_or_absent(&path).wrap_err_with(place)?;
            let file = match File::options().read(true).write(true).create(true).truncate(false).open(&path) {
                // Who cannot write here deploys nothing: the first entry of the addresses file says so.
                Err(_) if !path.exists() => return Ok(Self(None)),
                file => file.wrap_err_with(place)?,
            };
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => {
                    return Err(failure!(
                        help = "wait until it has ended, and run this again to see what stands",
                        "another `functions deploy` that writes {} is running",
                        addresses_file.display()
                    ));
                }
                // Some file systems have no locks.
                Err(TryLockError::Error(_)) | Ok(()) => {}
            }
            // One who ended meanwhile has removed it: then this is nobody's any more.
            if is_at(&file, &path) {
                return Ok(Self(Some((file, path))));
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while it is held, so that nobody else's is.
        if let Some((file, path)) = self.0.take() {
            let _ = fs::remove_file(path);
            drop(file);
        }
    }
}

fn is_at(file: &File, path: &Path) -> bool {
    let of = |about: &fs::Metadata| (about.dev(), about.ino());
    matches!((file.metadata(), fs::symlink_metadata(path)), (Ok(ours), Ok(there)) if of(&ours) == of(&there))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    fn refused(path: &Path) -> String {
        Lock::take(path).err().expect("it is taken").chain().collect()
    }

    #[test]
    fn one_run_at_a_time_writes_an_addresses_file_whatever_it_is_called() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("addresses.json");
        let held = Lock::take(&file).unwrap();
        assert!(refused(&file).contains("is running"));
        // The file appears, and is replaced.
        fs::write(&file, "1").unwrap();
        fs::write(folder.path().join("new"), "2").unwrap();
        fs::rename(folder.path().join("new"), &file).unwrap();
        symlink(&file, folder.path().join("link")).unwrap();
        for name in ["addresses.json", "link", "../addresses.json"] {
            fs::create_dir_all(folder.path().join("deep")).unwrap();
            let from = if name.starts_with('.') { folder.path().join("deep") } else { folder.path().into() };
            assert!(refused(&from.join(name)).contains("is running"), "{name}");
        }
        drop(Lock::take(&folder.path().join("others.json")).unwrap());
        // Before the file is there, a link to it is the same, too.
        fs::remove_file(&file).unwrap();
        assert!(refused(&folder.path().join("link")).contains("is running"));
        fs::write(&file, "3").unwrap();
        drop(held);
        drop(Lock::take(&file).unwrap());
        let mut left: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["addresses.json", "deep", "link"]);
    }

    #[test]
    fn a_killed_runs_lock_is_taken_and_what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("addresses.json");
        let lock = folder.path().join("addresses.json.lock");
        fs::write(&lock, "").unwrap();
        drop(Lock::take(&file).unwrap());
        assert!(!lock.exists());
        assert!(Command::new("mkfifo").arg(&lock).status().unwrap().success());
        assert!(refused(&file).contains("is no file"));
        fs::remove_file(&lock).unwrap();
        for target in ["/dev/zero", "nowhere"] {
            symlink(target, &lock).unwrap();
            assert!(refused(&file).contains("is no file"), "{target}");
            fs::remove_file(&lock).unwrap();
        }
        fs::create_dir(&lock).unwrap();
        assert!(refused(&file).contains("is no file"));
    }
}
