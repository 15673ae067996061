//! Transcripts of the newest runs, for `functions replay`: one file a request, the oldest removed.

use std::{
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
    /// Held while files change.
    turn: Arc<Mutex<()>>,
}

impl Recordings {
    /// Keeps at most `most` files in `folder`; 0 keeps none.
    #[must_use]
    pub fn new(folder: PathBuf, most: usize) -> Self {
        Self { folder, most, turn: Arc::default() }
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
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let unfinished = self.folder.join("unfinished");
        fs::write(&unfinished, json)?;
        fs::rename(unfinished, self.folder.join(format!("{request_id}.json")))?;
        self.prune()
    }

    /// Removes the oldest files beyond the number kept.
    fn prune(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if is_transcript(&path) {
                files.push((fs::metadata(&path)?.modified()?, path));
            }
        }
        files.sort();
        let excess = files.len().saturating_sub(self.most);
        files.into_iter().take(excess).try_for_each(|(_, path)| fs::remove_file(path))
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

    #[test]
    fn write_keeps_the_newest_files() {
        let folder = tempfile::tempdir().expect("temp folder");
        let recordings = Recordings::new(folder.path().join("transcripts"), 2);
        for byte in 1..=4 {
            recordings.write(B256::repeat_byte(byte), &transcript()).expect("written");
        }
        let files: Vec<_> = fs::read_dir(&recordings.folder).expect("folder").flatten().collect();
        assert_eq!(files.len(), 2);
        let newest =
            fs::read(recordings.folder.join(format!("{}.json", B256::repeat_byte(4)))).expect("kept");
        assert_eq!(Transcript::from_json(&newest).expect("a transcript"), transcript());
    }
}
