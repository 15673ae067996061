//! The state of ceremonies on the disk: sealed by the keystore, in the data folder, one file for each making of keys.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use alloy::primitives::B256;
use eyre::{Result, WrapErr, eyre};
use oracle_keys::MAX_SEALED_BYTES;

const PREFIX: &str = "ceremony-";

/// The file of one making.
pub(crate) struct Store {
    folder: PathBuf,
    path: PathBuf,
}

impl Store {
    pub(crate) fn new(folder: &Path, id: B256) -> Self {
        let name = format!("{PREFIX}{}", hex::encode(&id[..8]));
        Self { folder: folder.to_owned(), path: folder.join(name) }
    }

    /// What was written last; `None` when nothing was.
    ///
    /// # Errors
    /// When there is a file that cannot be read.
    pub(crate) fn read(&self) -> Result<Option<Vec<u8>>> {
        let read = || -> io::Result<Vec<u8>> {
            let mut bytes = Vec::new();
            let most = u64::try_from(MAX_SEALED_BYTES).unwrap_or(u64::MAX);
            File::open(&self.path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        match read() {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(eyre!(error).wrap_err(self.refused())),
        }
    }

    /// Puts it there, whole and durable, for this user alone.
    ///
    /// # Errors
    /// When the disk refuses: then nothing that follows from it may be said.
    pub(crate) fn write(&self, sealed: &[u8]) -> Result<()> {
        let new = self.path.with_extension("new");
        let written = || -> io::Result<()> {
            let mut file =
                OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
            file.write_all(sealed)?;
            file.sync_all()?;
            fs::rename(&new, &self.path)?;
            File::open(&self.folder)?.sync_all()
        };
        written().wrap_err_with(|| self.refused())
    }

    /// Removes it and those of tries that failed: the keys are made.
    pub(crate) fn clear(&self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(PREFIX) {
                // What stays is sealed.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn refused(&self) -> String {
        format!(
            "data_dir: {} cannot be read or written; give the node's user a folder it may write",
            self.path.display()
        )
    }
}
