//! The file a run is recorded in: what may be written over, and how it is read again.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use functions_failure::{Result, failure, misuse, of_io};
use oracle_runner::{TRANSCRIPT_MAX, Transcript};

use super::secrets::Secrets;

/// What to do about a place where nothing is written.
const ELSEWHERE: &str = "name another file for the recording";

/// The recording in a file.
///
/// # Errors
/// When it cannot be read, or is none that this version reads.
pub(crate) fn read(path: &Path) -> Result<Transcript> {
    let place = path.display();
    let mut bytes = Vec::new();
    functions_input::file::open(path)
        .and_then(|file| file.take(TRANSCRIPT_MAX as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| failure!(help = of_io(&error), "cannot read the recording {place}: {error}"))?;
    Transcript::from_json(&bytes).map_err(|error| {
        failure!(
            help = "make a recording with: functions simulate --source FILE --record RECORDING",
            "{place}: {error}"
        )
    })
}

/// Whether a recording may be written there: into a new file, an empty one, or over an earlier recording. Anything else
/// is somebody's, or never takes it.
///
/// # Errors
/// What is there instead.
pub(super) fn check(path: &Path) -> Result<()> {
    let place = path.display();
    if path == Path::new("-") {
        return Err(misuse!(
            help = "name a file, or ./- if it shall be called so",
            "a recording is not written to standard output"
        ));
    }
    let about = match fs::metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == ErrorKind::NotFound => return check_folder(path),
        Err(error) => {
            return Err(failure!(help = of_io(&error), "cannot write the recording {place}: {error}"));
        }
    };
    if about.is_dir() {
        return Err(failure!(help = "name a file in it", "cannot write the recording: {place} is a folder"));
    }
    if !about.is_file() {
        return Err(failure!(
            help = ELSEWHERE,
            "cannot write the recording: {place} is a pipe, device or socket, not a file"
        ));
    }
    if about.len() > 0 && read(path).is_err() {
        return Err(failure!(
            help = format!("{ELSEWHERE}, or remove this one first"),
            "{place} is no recording of this version, so it is not overwritten"
        ));
    }
    Ok(())
}

/// Whether the folder of a file that is not there yet is.
fn check_folder(path: &Path) -> Result<()> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) if !folder.is_dir() => Err(failure!(
            help = format!("make it with: mkdir -p {}", folder.display()),
            "cannot write the recording: there is no folder {}",
            folder.display()
        )),
        _ => Ok(()),
    }
}

/// Writes a recording that only its owner may read, over an earlier one if there is one. No secret's value stands in
/// it, also not in an error.
///
/// # Errors
/// As [`check`], and what the system says.
pub(super) fn write(path: &Path, recording: &Transcript, secrets: &Secrets) -> Result<()> {
    check(path)?;
    let veiled = Transcript { outcome: secrets.veil_end(&recording.outcome), ..recording.clone() };
    private(path).and_then(|mut file| file.write_all(&veiled.to_json())).map_err(|error| {
        failure!(help = of_io(&error), "cannot write the recording {}: {error}", path.display())
    })
}

/// An empty file, closed to others before anything is in it.
fn private(path: &Path) -> io::Result<File> {
    let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}
