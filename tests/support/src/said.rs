//! What a run of the program `functions` left behind, and what is expected of it.

use std::path::PathBuf;
use std::process::Output;

use serde_json::Value;

use crate::place;

/// The tool `functions`, as built.
///
/// # Panics
/// When it or a program it starts is not built.
pub fn functions() -> PathBuf {
    let program = place::programs().join("functions");
    assert!(program.is_file(), "{} is not built; run ./scripts/test", program.display());
    program
}

/// Exit code and texts of a run.
#[derive(Clone, Debug)]
pub struct Said {
    /// Exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error with line breaks and frames of the report taken out, so that texts can be searched for.
    pub stderr: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("programs write UTF-8");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: flat(&text(output.stderr)) }
    }
}

fn flat(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| !matches!(*word, "│" | "×" | "╰─▶" | "├─▶"));
    words.collect::<Vec<_>>().join(" ")
}

impl Said {
    /// The one JSON object on standard output.
    ///
    /// # Panics
    /// When there is anything else.
    pub fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "one line: {}\n{}", self.stdout, self.stderr);
        serde_json::from_str(&self.stdout).expect("JSON on standard output")
    }

    /// The JSON on standard output of a verb that prints it on many lines.
    ///
    /// # Panics
    /// When there is anything else.
    pub fn document(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|_| panic!("JSON alone: {}\n{}", self.stdout, self.stderr))
    }

    /// The same of a run that went well.
    ///
    /// # Panics
    /// When it did not.
    pub fn done(&self) -> Value {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self.json()
    }

    /// Asserts that nothing was done and that standard error says why.
    ///
    /// # Panics
    /// When that is not so.
    pub fn refused(&self, why: &str) {
        assert!(matches!(self.code, Some(1 | 2)), "{}{}", self.stdout, self.stderr);
        if !self.stdout.is_empty() {
            let said = self.json();
            assert!(
                said["error"]["message"].is_string(),
                "nothing or the failure on standard output: {said}"
            );
            assert_eq!(said.as_object().map(serde_json::Map::len), Some(1), "{said}");
        }
        assert!(self.stderr.contains(why), "expected {why:?} in:\n{}", self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
    }
}
