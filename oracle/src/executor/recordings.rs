//! Transcripts of the newest runs, for `functions replay`: one file a request, the oldest removed.

use std::{
    collections::VecDeque,
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use alloy::primitives::B256;
use oracle_runner::Transcript;

/// Files longer than this are not kept, in bytes.
const MAX_FILE_BYTES: usize = 32 << 20;

/// A folder of transcripts. They hold what servers answered, so only this user may read them.
#[derive(Clone, Debug)]
pub struct Recordings {
    folder: PathBuf,
    most: usize,
    /// The files, oldest first, once the folder has been read; held while they change.
    files: Arc<Mutex<Option<VecDeque<PathBuf>>>>,
}

impl Recordings {
    /// Keeps at most `most` files in `folder`; 0 keeps none.
    #[must_use]
    pub fn new(folder: PathBuf, most: usize) -> Self {
        Self { folder, most, files: Arc::default() }
    }

    /// Keeps the transcript of a request's run, in the background; a failure is only logged.
    pub fn keep(&self, request_id: B256, transcript: Transcript) {
        if self.most == 0 {
            return;
        }
        let own = self.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(err) = own.write(request_id, &transcript) {
                tracing::warn!(%request_id, %err, "the transcript of a run could not be kept");
            }
        });
    }

    fn write(&self, request_id: B256, transcript: &Transcript) -> io::Result<()> {
        let json = transcript.to_json();
        if json.len() > MAX_FILE_BYTES {
            return Err(io::Error::other(format!("it has {} bytes", json.len())));
        }
        let mut known = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let (unfinished, file) =
            (self.folder.join("unfinished"), self.folder.join(format!("{request_id}.json")));
        fs::write(&unfinished, json)?;
        let mut files = match known.take() {
            Some(files) => files,
            None => self.read_folder()?,
        };
        fs::rename(unfinished, &file)?;
        // A request that was run again has one file, the newest.
        files.retain(|other| *other != file);
        files.push_back(file);
        self.prune(&mut files)?;
        *known = Some(files);
        Ok(())
    }

    /// What earlier processes left, oldest first.
    fn read_folder(&self) -> io::Result<VecDeque<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if is_transcript(&path) {
                files.push((fs::metadata(&path)?.modified()?, path));
            }
        }
        files.sort();
        Ok(files.into_iter().map(|(_, path)| path).collect())
    }

    /// Removes the oldest files beyond the number kept. One that somebody else removed is gone too.
    fn prune(&self, files: &mut VecDeque<PathBuf>) -> io::Result<()> {
        while files.len() > self.most {
            let Some(oldest) = files.pop_front() else { break };
            match fs::remove_file(oldest) {
                Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(err),
                _ => {}
            }
        }
        Ok(())
    }
}

fn is_transcript(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

#[cfg(test)]
mod tests {
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
        for byte in 1..=4 {
            recordings.write(B256::repeat_byte(byte), &transcript()).expect("written");
        }
        assert_eq!(names(&recordings), [name(3), name(4)]);
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
}
