//! The file: private, bounded, and replaced only as a whole.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use crate::KeyError;

/// Longest keystore that is read, in bytes.
const MAX_BYTES: u64 = 64 * 1024;

fn failed<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> KeyError + 'a {
    move |source| KeyError::Io { action, path: path.to_owned(), source }
}

/// Reads a file that only its owner may read. What it is comes before who may read it.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, KeyError> {
    let opened = fs::metadata(path).and_then(|about| {
        let (kind, words) = match about.file_type() {
            it if it.is_file() => return File::open(path),
            it if it.is_dir() => (io::ErrorKind::IsADirectory, "it is a folder, not a file"),
            // A pipe would be waited for, and a device may have no end.
            _ => (io::ErrorKind::InvalidInput, "it is a pipe or a device, not a file"),
        };
        Err(io::Error::new(kind, words))
    });
    let file = opened.map_err(failed("open", path))?;
    let mode = file.metadata().map_err(failed("inspect", path))?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Permissions { path: path.to_owned(), mode });
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed("read", path))?;
    if bytes.len() as u64 > MAX_BYTES {
        let reason = format!("it is longer than {MAX_BYTES} bytes");
        return Err(KeyError::Damaged { path: path.to_owned(), reason });
    }
    Ok(bytes)
}

/// Makes the folder of `path` where there is none, for its owner alone.
pub(crate) fn make_folder_of(path: &Path) -> Result<(), KeyError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder_of(path));
    made.map_err(failed("create the folder of", path))
}

/// Writes a new file with mode 0600 into an existing folder; it appears complete and durable, or not at all.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let folder = folder_of(path);
    if !folder.exists() {
        let absent = io::Error::new(io::ErrorKind::NotFound, "its folder does not exist");
        return Err(failed("create", path)(absent));
    }
    let temporary = temporary(path);
    let written = write_and_link(path, folder, &temporary, bytes);
    // The link, if it was made, keeps the content.
    let _ = fs::remove_file(&temporary);
    written
}

/// Puts a file with mode 0600 in the place of another: at every moment one of the two is there, whole and durable.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let folder = folder_of(path);
    let temporary = temporary(path);
    let written = write_synced(&temporary, bytes).and_then(|()| {
        fs::rename(&temporary, path).map_err(failed("write", path))?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("sync the folder of", path))
    });
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(failed("create", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed("write", path))
}

fn write_and_link(path: &Path, folder: &Path, temporary: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    write_synced(temporary, bytes)?;
    // Unlike a rename, a link fails if the place is taken.
    fs::hard_link(temporary, path).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists { path: path.to_owned() },
        _ => failed("write", path)(source),
    })?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("sync the folder of", path))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn temporary(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    path.with_file_name(name)
}
