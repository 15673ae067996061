//! Runs the real program and keeps what it says.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;

/// What a run of the program left.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    /// Standard error with line breaks and frames of the report taken out, so that texts can be searched for.
    pub(crate) stderr: String,
}

impl Said {
    /// The one JSON object on standard output.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "one line: {}\n{}", self.stdout, self.stderr);
        serde_json::from_str(&self.stdout).expect("JSON on standard output")
    }

    /// Asserts that nothing was done and that standard error says why.
    pub(crate) fn refused(&self, why: &str) {
        assert_eq!(self.code, Some(1), "{}", self.stderr);
        assert_eq!(self.stdout, "", "nothing on standard output");
        assert!(self.stderr.contains(why), "expected {why:?} in:\n{}", self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
    }
}

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
    let program = Path::new(env!("CARGO_BIN_EXE_functions"));
    let sandbox = program.with_file_name("functions-sandbox");
    assert!(
        sandbox.is_file(),
        "{} is missing: run `cargo build --profile node -p functions-sandbox` first",
        sandbox.display()
    );
    let output = tokio::process::Command::new(program)
        .args(args)
        .envs(variables.iter().copied())
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .await
        .expect("the program starts");
    let stderr = String::from_utf8(output.stderr).expect("UTF-8 on standard error");
    let words = stderr.split_whitespace().filter(|word| !matches!(*word, "│" | "×" | "╰─▶" | "├─▶"));
    Said {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
        stderr: words.collect::<Vec<_>>().join(" "),
    }
}
