//! The file: private, bounded, and replaced only as a whole.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use crate::KeyError;

/// Longest keystore that is read, in bytes.
const MAX_BYTES: u64 = 16 * 1024;

fn failed<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> KeyError + 'a {
    move |source| KeyError::Io { action, path: path.to_owned(), source }
}

/// Reads a keystore that only its owner may read.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, KeyError> {
    let opened = fs::metadata(path).and_then(|about| match about.is_file() || about.is_dir() {
        true => File::open(path),
        // A pipe would be waited for, and a device may have no end.
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a pipe or a device, not a file")),
    });
    let file = opened.map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => KeyError::Missing { path: path.to_owned() },
        _ => failed("open", path)(source),
    })?;
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

/// Writes a new file with mode 0600; it appears complete and durable, or not at all.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed("create the folder of", path))?;
    let temporary = temporary(path);
    let written = write_and_link(path, folder, &temporary, bytes);
    // The link, if it was made, keeps the content.
    let _ = fs::remove_file(&temporary);
    written
}

/// Puts a file with mode 0600 in the place of another: at every moment one of the two is there, whole and durable.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
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

fn temporary(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    path.with_file_name(name)
}
