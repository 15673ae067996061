//! Rules about the tree itself, so that it stays as ARCHITECTURE says: who may know whom, no circles between modules,
//! which foreign crates there are, how long files and lines are, that documents name what exists, and that contracts
//! say how they fail.
//!
//! Every rule is a function that takes what it judges and returns what is wrong, one line each; the tests beside it
//! show that it bites, those in `tests/` hold it against this repository.

pub mod documents;
pub mod modules;
pub mod packages;
pub mod spec;
pub mod text;
pub mod verbs;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Folders that hold nothing of ours.
const FOREIGN: [&str; 5] = ["target", ".git", "node_modules", "third_party", "dist"];

/// The repository's folder.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository is there")
}

/// All files of ours with one of the extensions, paths relative to `root`, sorted.
#[must_use]
pub fn files(root: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|err| panic!("{}: {err}", folder.display()));
        for entry in entries {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                if !FOREIGN.contains(&name) {
                    folders.push(path);
                }
            } else if path
                .extension()
                .and_then(|ext| ext.to_str())
                .is_some_and(|ext| extensions.contains(&ext))
            {
                found.push(path.strip_prefix(root).expect("it lies below").to_path_buf());
            }
        }
    }
    found.sort();
    found
}

/// The text of a file of the repository.
#[must_use]
pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

/// Fails with what is wrong, one line each.
///
/// # Panics
/// When something is.
pub fn expect_nothing(rule: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{rule}\n  {}", wrong.join("\n  "));
}
