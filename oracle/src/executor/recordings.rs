//! Transcripts of the newest runs, for `functions replay`: one file a request, the oldest removed.

use std::{
    collections::VecDeque,
    fs,
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use alloy::primitives::B256;
use nix::fcntl::OFlag;
use oracle_runner::Transcript;

/// Files longer than this are not kept, in bytes.
const MAX_FILE_BYTES: usize = 32 << 20;

/// A folder of transcripts. They hold what servers answered, so only this user may read them.
#[derive(Clone, Debug)]
pub struct Recordings {
    folder: PathBuf,
    most: usize,
    /// Whose files are there, oldest first, once the folder has been read; held while they change.
    kept: Arc<Mutex<Option<VecDeque<B256>>>>,
    /// Whether the newest one could not be kept: said once, until one can.
    fails: Arc<AtomicBool>,
}

impl Recordings {
    /// Keeps at most `most` files in `folder`; 0 keeps none.
    #[must_use]
    pub fn new(folder: PathBuf, most: usize) -> Self {
        Self { folder, most, kept: Arc::default(), fails: Arc::default() }
    }

    /// Keeps the transcript of a request's run, in the background; a failure is only logged.
    pub fn keep(&self, request_id: B256, transcript: Transcript) {
        if self.most == 0 {
            return;
        }
        let own = self.clone();
        tokio::task::spawn_blocking(move || {
            let written = own.write(request_id, &transcript);
            let failed_before = own.fails.swap(written.is_err(), Ordering::Relaxed);
            match written {
                Err(err) if !failed_before => tracing::warn!(
                    %request_id, folder = %own.folder.display(), %err,
                    "transcripts of runs are not kept: give the node's user a folder it may write, without foreign files"
                ),
                Ok(()) if failed_before => tracing::info!("transcripts of runs are kept again"),
                _ => {}
            }
        });
    }

    fn write(&self, request_id: B256, transcript: &Transcript) -> io::Result<()> {
        let json = transcript.to_json();
        if json.len() > MAX_FILE_BYTES {
            return Err(io::Error::other(format!("it has {} bytes", json.len())));
        }
        let mut known = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // After a failure the folder is read again.
        let mut kept = match known.take() {
            Some(kept) => kept,
            None => self.read_folder()?,
        };
        // A request that was run again has one file, the newest.
        kept.retain(|other| *other != request_id);
        let unfinished = self.folder.join("unfinished");
        self.make_room(&mut kept, &unfinished)?;
        write_over(&unfinished, &json).map_err(|err| of(&unfinished, &err))?;
        let file = self.file(request_id);
        fs::rename(unfinished, &file).map_err(|err| of(&file, &err))?;
        kept.push_back(request_id);
        *known = Some(kept);
        Ok(())
    }

    fn file(&self, request_id: B256) -> PathBuf {
        self.folder.join(format!("{request_id}.json"))
    }

    /// What earlier processes left, oldest first; makes the folder where there is none.
    fn read_folder(&self) -> io::Result<VecDeque<B256>> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let mut kept = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let about = entry.metadata()?;
            if let Some(id) = request_of(&entry.path()).filter(|_| about.is_file()) {
                kept.push((about.modified()?, id));
            }
        }
        kept.sort();
        Ok(kept.into_iter().map(|(_, id)| id).collect())
    }

    /// Removes the oldest files until one more may be kept. The last one removed is not removed but written over:
    /// making and removing files costs a file system more than writing. One that has another name is only removed, and
    /// what is no file is left alone.
    fn make_room(&self, kept: &mut VecDeque<B256>, unfinished: &Path) -> io::Result<()> {
        while kept.len() >= self.most {
            let Some(oldest) = kept.pop_front().map(|id| self.file(id)) else { break };
            let done = match fs::symlink_metadata(&oldest) {
                Ok(about) if about.is_file() && about.nlink() == 1 => fs::rename(&oldest, unfinished),
                Ok(about) if about.is_file() => fs::remove_file(&oldest),
                Ok(_) => Ok(()),
                Err(err) => Err(err),
            };
            // One that somebody else removed is gone too.
            match done {
                Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(of(&oldest, &err)),
                _ => {}
            }
        }
        Ok(())
    }
}

/// An error with the file it is about.
fn of(path: &Path, err: &io::Error) -> io::Error {
    io::Error::new(err.kind(), format!("{}: {err}", path.display()))
}

/// Writes a file anew in the room that it has; never through a link.
fn write_over(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600).custom_flags(OFlag::O_NOFOLLOW.bits());
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.set_len(content.len() as u64)
}

fn request_of(path: &Path) -> Option<B256> {
    path.file_name()?.to_str()?.strip_suffix(".json")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use functions_types::limits::{Limits, RunOptions};
    use oracle_runner::RunOutcome;

    fn transcript() -> Transcript {
        Transcript {
            runtime: "test".into(),
            runtime_hash: [0; 32],
            source: String::new(),
            args: vec![],
            bytes_args: vec![],
            secret_names: vec![],
            clock_ms: 0,
            seed: [0; 32],
            limits: Limits::DEFAULT,
            options: RunOptions::default(),
            http: vec![],
            modules: vec![],
            outcome: RunOutcome::Result(vec![]),
        }
    }

    fn names(recordings: &Recordings) -> Vec<String> {
        let files = fs::read_dir(&recordings.folder).expect("folder").flatten();
        let mut names: Vec<_> = files.map(|file| file.file_name().into_string().expect("text")).collect();
        names.sort();
        names
    }

    fn name(byte: u8) -> String {
        format!("{}.json", B256::repeat_byte(byte))
    }

    #[test]
    fn write_keeps_the_newest_files() {
        let folder = tempfile::tempdir().expect("temp folder");
        let recordings = Recordings::new(folder.path().join("transcripts"), 2);
        let inode = |byte| fs::metadata(recordings.folder.join(name(byte))).expect("kept").ino();
        let mut made = Vec::new();
        let long = Transcript { source: "x".repeat(20_000), ..transcript() };
        for (byte, transcript) in [(1, &long), (2, &long), (3, &transcript()), (4, &transcript())] {
            recordings.write(B256::repeat_byte(byte), transcript).expect("written");
            made.push(inode(byte));
        }
        assert_eq!(names(&recordings), [name(3), name(4)]);
        assert_eq!(made[2..], made[..2], "the oldest file becomes the newest");
        let newest = fs::read(recordings.folder.join(name(4))).expect("kept");
        assert_eq!(Transcript::from_json(&newest).expect("a transcript"), transcript());
        // A request that is run again is the newest; a file that somebody removed needs no removal.
        recordings.write(B256::repeat_byte(3), &transcript()).expect("written");
        recordings.write(B256::repeat_byte(5), &transcript()).expect("written");
        assert_eq!(names(&recordings), [name(3), name(5)]);
        fs::remove_file(recordings.folder.join(name(3))).expect("removed");
        recordings.write(B256::repeat_byte(6), &transcript()).expect("written");
        assert_eq!(names(&recordings), [name(5), name(6)]);
        // What an earlier process left counts.
        let later = Recordings::new(recordings.folder.clone(), 2);
        later.write(B256::repeat_byte(1), &transcript()).expect("written");
        assert_eq!(names(&later).len(), 2);
        assert!(names(&later).contains(&name(1)));
    }

    #[test]
    fn write_leaves_alone_what_is_not_its_own() {
        let folder = tempfile::tempdir().expect("temp folder");
        let recordings = Recordings::new(folder.path().join("transcripts"), 1);
        let write = |byte| recordings.write(B256::repeat_byte(byte), &transcript());
        fs::create_dir_all(recordings.folder.join(name(1)).join("within")).expect("made");
        let precious = folder.path().join("precious");
        fs::write(&precious, "theirs").expect("written");
        symlink(&precious, recordings.folder.join(name(2))).expect("linked");
        write(3).expect("kept");
        // Somebody keeps it under another name; while the node runs links and folders take its files' places.
        let copy = folder.path().join("copy");
        fs::hard_link(recordings.folder.join(name(3)), &copy).expect("linked");
        let of_three = fs::read(&copy).expect("there");
        recordings
            .write(B256::repeat_byte(4), &Transcript { source: "4".into(), ..transcript() })
            .expect("kept");
        assert_eq!(fs::read(&copy).expect("there"), of_three);
        fs::remove_file(recordings.folder.join(name(4))).expect("removed");
        symlink(&precious, recordings.folder.join(name(4))).expect("linked");
        write(5).expect("kept");
        assert_eq!(fs::read(&precious).expect("there"), b"theirs");
        assert_eq!(names(&recordings), [name(1), name(2), name(4), name(5)]);
        // What lies where it writes is named.
        symlink(&precious, recordings.folder.join("unfinished")).expect("linked");
        fs::hard_link(recordings.folder.join(name(5)), folder.path().join("other")).expect("linked");
        let refused = write(6).expect_err("it would be written through").to_string();
        assert!(refused.contains("unfinished: "), "{refused}");
        assert_eq!(fs::read(&precious).expect("there"), b"theirs");
        fs::remove_file(recordings.folder.join("unfinished")).expect("removed");
        write(6).expect("kept again");
    }
}
