//! Where the addresses file lies, and what lies beside it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where a file lies or will lie, links followed.
pub(crate) fn in_place(file: &Path) -> PathBuf {
    let folder = || {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(folder.canonicalize()?.join(file.file_name().unwrap_or_default()))
    };
    file.canonicalize().or_else(|_| folder()).unwrap_or_else(|_: io::Error| file.to_owned())
}

/// The file of this name and more.
pub(crate) fn beside(file: &Path, more: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(more);
    name.into()
}

/// Refuses what is no file where one shall be written: a pipe would be waited for, a link leads elsewhere.
pub(crate) fn is_file_or_absent(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(about) if about.is_file() => Ok(()),
        Ok(_) => Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{} is no file", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}
