//! Where the addresses file lies, and what lies beside it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Most links followed to a file, as many as the system follows.
const MOST_LINKS: usize = 40;

/// Where a file lies or will lie, links followed, also one that leads to a file which is not there yet.
pub(crate) fn in_place(file: &Path) -> PathBuf {
    let mut at = file.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(leads) = fs::read_link(&at) else { break };
        at = folder_of(&at).join(leads);
    }
    let anew = || Ok(folder_of(&at).canonicalize()?.join(at.file_name().unwrap_or_default()));
    at.canonicalize().or_else(|_| anew()).unwrap_or_else(|_: io::Error| at.clone())
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
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
