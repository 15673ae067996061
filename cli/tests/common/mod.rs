//! Runs the real program and keeps what it says.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
pub(crate) use test_support::Said;
use test_support::functions as program;

/// A folder of files for one test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file and gives its path as text.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), content).expect("the folder is writable");
        text(&self.path(name))
    }

    /// A file of this many zero bytes that takes no room on disk.
    pub(crate) fn hole(&self, name: &str, bytes: u64) -> String {
        let file = std::fs::File::create(self.path(name)).expect("the folder is writable");
        file.set_len(bytes).expect("sparse files");
        text(&self.path(name))
    }
}

pub(crate) fn text(path: &Path) -> String {
    path.to_str().expect("temporary folders have plain names").to_owned()
}

/// Runs `functions` with these arguments.
pub(crate) async fn functions(args: &[&str]) -> Said {
    functions_with(args, &[]).await
}

/// The same with these environment variables.
pub(crate) async fn functions_with(args: &[&str], variables: &[(&str, &str)]) -> Said {
    let output = tokio::process::Command::new(program())
        .args(args)
        .envs(variables.iter().copied())
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .await
        .expect("the program starts");
    output.into()
}
