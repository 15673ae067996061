//! Files people name: read up to a bound, and only where reading comes to an end.
//!
//! A pipe with a name is waited for until somebody writes into it, and a device may have no end, so neither is taken
//! for a file. What the shell hands over as a descriptor (`/dev/stdin`, `/dev/fd/63` of `<(…)`) is read as meant.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    os::unix::fs::{FileTypeExt as _, PermissionsExt as _},
    path::Path,
};

/// Opens a file to read it.
///
/// # Errors
/// What the system says; [`io::ErrorKind::IsADirectory`] for a folder and [`io::ErrorKind::InvalidInput`] for anything
/// else that is no file, with the kind of what is there.
pub fn open(path: &Path) -> io::Result<File> {
    if let Some((kind, words)) = unreadable(path)? {
        return Err(io::Error::new(kind, format!("it is {words}, not a file")));
    }
    File::open(path)
}

/// A file's bytes; `None` when it has more than `most`.
///
/// # Errors
/// As [`open`].
pub fn read_at_most(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

/// The permission bits of a file that others than its owner may read, write or run. What is no file, such as a pipe or
/// a device, is not judged by its mode: nobody should change it.
#[must_use]
pub fn mode_open_to_others(about: &fs::Metadata) -> Option<u32> {
    let mode = about.permissions().mode() & 0o777;
    (about.is_file() && mode & 0o077 != 0).then_some(mode)
}

/// What is at `path`, in words, when it is nothing that can be read to an end.
///
/// # Errors
/// What the system says, when there is nothing.
fn unreadable(path: &Path) -> io::Result<Option<(io::ErrorKind, &'static str)>> {
    if path == Path::new("/dev/stdin") || path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd") {
        return Ok(None);
    }
    let kind = fs::metadata(path)?.file_type();
    Ok(if kind.is_dir() {
        Some((io::ErrorKind::IsADirectory, "a folder"))
    } else if kind.is_fifo() {
        Some((io::ErrorKind::InvalidInput, "a pipe"))
    } else if kind.is_char_device() || kind.is_block_device() {
        Some((io::ErrorKind::InvalidInput, "a device"))
    } else if kind.is_socket() {
        Some((io::ErrorKind::InvalidInput, "a socket"))
    } else {
        None
    })
}

#[cfg(test)]
mod tests {
    use std::{os::unix::net::UnixListener, process::Command};

    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        fs::write(&path, "1234").expect("written");
        assert_eq!(read_at_most(&path, 4).expect("readable"), Some(b"1234".to_vec()));
        assert_eq!(read_at_most(&path, 3).expect("readable"), None);
        let absent = read_at_most(&folder.path().join("absent"), 3).expect_err("absent");
        assert_eq!(absent.kind(), io::ErrorKind::NotFound);
        let said = read_at_most(folder.path(), 3).expect_err("a folder");
        assert_eq!(said.kind(), io::ErrorKind::IsADirectory);
        assert_eq!(said.to_string(), "it is a folder, not a file");
    }

    #[test]
    fn what_has_no_end_is_refused_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        let socket = folder.path().join("socket");
        let _listener = UnixListener::bind(&socket).expect("bound");
        for (path, words) in [
            (pipe.as_path(), "it is a pipe, not a file"),
            (&socket, "it is a socket, not a file"),
            (Path::new("/dev/zero"), "it is a device, not a file"),
            (Path::new("/dev/tty"), "it is a device, not a file"),
        ] {
            let said = read_at_most(path, 1_000).expect_err("no file");
            assert_eq!((said.kind(), said.to_string().as_str()), (io::ErrorKind::InvalidInput, words));
        }
    }

    #[test]
    fn only_files_are_judged_by_their_mode() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        let judged = |path: &Path| mode_open_to_others(&fs::metadata(path).expect("it is there"));
        fs::write(&path, "1234").expect("written");
        for (mode, open) in [(0o600, None), (0o400, None), (0o644, Some(0o644)), (0o610, Some(0o610))] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("ours");
            assert_eq!(judged(&path), open, "{mode:o}");
        }
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").args(["-m", "666"]).arg(&pipe).status().expect("mkfifo").success());
        for path in [Path::new("/dev/null"), Path::new("/dev/tty"), Path::new("/tmp"), &pipe] {
            assert_eq!(judged(path), None, "{}", path.display());
        }
    }

    #[test]
    fn what_the_shell_hands_over_is_read() {
        use std::{io::Write as _, os::fd::AsRawFd as _};
        let (read, mut write) = io::pipe().expect("a pipe");
        write.write_all(b"key").expect("written");
        drop(write);
        let path = format!("/dev/fd/{}", read.as_raw_fd());
        assert_eq!(read_at_most(Path::new(&path), 10).expect("readable"), Some(b"key".to_vec()));
    }
}
