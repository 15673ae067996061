//! Where a network keeps its files.

use std::path::{Path, PathBuf};

use functions_deploy::Say;
use functions_failure::{Result, failure};
use tempfile::TempDir;

use crate::process::tail;

/// The folder of everything a network writes; removed on drop unless kept.
pub struct Folder(TempDir);

impl Folder {
    /// Makes it.
    ///
    /// # Errors
    /// When there is no room for temporary files.
    pub fn create() -> Result<Self> {
        Self::create_in(&std::env::temp_dir())
    }

    fn create_in(parent: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("functions-").tempdir_in(parent).map_err(|error| {
            failure!(
                help = "set TMPDIR to a folder that may be written to, for example TMPDIR=$HOME",
                "cannot make a folder for temporary files in {}: {error}",
                parent.display()
            )
        })?;
        Ok(Self(folder))
    }

    /// Its place.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Keeps it after a failure and shows the last `lines` of each of its logs.
    pub fn keep(self, lines: usize, say: Say<'_>) {
        let path = self.0.keep();
        let mut logs: Vec<PathBuf> = std::fs::read_dir(&path)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_cannot_be_written_names_the_variable_to_set() {
        let error = Folder::create_in(Path::new("/proc/nowhere")).err().expect("nobody makes files there");
        assert!(error.to_string().contains("/proc/nowhere"), "{error}");
        assert!(error.help().contains("TMPDIR"));
    }
}
