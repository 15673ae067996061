//! Documents name what exists: links lead somewhere, and paths in the tables are there.

use std::path::{Component, Path, PathBuf};

/// Links of a Markdown text to files that are not there. `file` is the text's own path below `root`.
#[must_use]
pub fn dead_links(root: &Path, file: &Path, text: &str) -> Vec<String> {
    let folder = root.join(file).parent().map(Path::to_path_buf).unwrap_or_default();
    let mut wrong = Vec::new();
    for (line, target, path) in links(text) {
        if !folder.join(path).exists() {
            wrong.push(format!("{}:{line}: {target} is not there", file.display()));
        }
    }
    wrong
}

/// Links of a Markdown text to files: line, whole target, and its path.
fn links(text: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    text.lines().enumerate().flat_map(|(number, line)| {
        line.split("](").skip(1).filter_map(move |rest| {
            let target = rest.split(')').next().unwrap_or_default();
            let path = target.split('#').next().unwrap_or_default();
            let is_outside = target.contains("://") || target.starts_with("mailto:");
            (!is_outside && !path.is_empty()).then_some((number + 1, target, path))
        })
    })
}

/// Links of a Markdown text that lead out of `folders`, which are handed on without the rest of the repository. `file`
/// is the text's own path.
#[must_use]
pub fn links_out(folders: &[&str], file: &Path, text: &str) -> Vec<String> {
    let is_within = |path: &Path| folders.iter().any(|folder| path.starts_with(folder));
    if !is_within(file) {
        return Vec::new();
    }
    let folder = file.parent().unwrap_or(Path::new(""));
    let leads_out = links(text).filter(|(_, _, path)| !is_within(&plain(&folder.join(path))));
    leads_out
        .map(|(line, target, _)| format!("{}:{line}: {target} is not in the archive", file.display()))
        .collect()
}

/// A path without the detours of `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

/// Paths between backticks in the last column of a text's tables that do not exist below `root`; `{a,b}` stands for
/// both.
#[must_use]
pub fn dead_paths(root: &Path, file: &Path, text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| line.starts_with('|')) {
        let Some(cell) = line.trim_end_matches(['|', ' ']).rsplit('|').next() else { continue };
        for quoted in cell.split('`').skip(1).step_by(2).filter(|quoted| quoted.contains('/')) {
            for path in spread(quoted) {
                if !is_there(root, &path) {
                    wrong.push(format!("{}:{}: {path} is not there", file.display(), number + 1));
                }
            }
        }
    }
    wrong
}

/// Whether a path, perhaps without its extension or, as of numbered records, with the number only, is there. What does
/// not begin with a folder of the repository speaks of another place.
fn is_there(root: &Path, path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    if root.join(path).exists() || !root.join(first).exists() {
        return true;
    }
    let Some((folder, name)) = path.rsplit_once('/') else { return false };
    let is_meant = |entry: &str| entry.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', '-']));
    let entries = std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).any(|entry| is_meant(&entry))
}

/// `a/{b,c}/d` as `a/b/d` and `a/c/d`.
fn spread(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
    let Some((within, after)) = rest.split_once('}') else { return vec![path.to_owned()] };
    within.split(',').flat_map(|one| spread(&format!("{before}{}{after}", one.trim()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_out_of_the_archive_are_found() {
        let text = "[a](../README.md) [b](adr/1.md#x)\n[c](https://x.y) [d](../../crates) [e](#here)";
        let found = links_out(&["docs", "README.md"], Path::new("docs/a.md"), text);
        assert_eq!(found, ["docs/a.md:2: ../../crates is not in the archive"]);
        assert!(links_out(&["docs"], Path::new("CONTRIBUTING.md"), text).is_empty());
    }

    #[test]
    fn dead_links_and_paths_are_found() {
        let root = crate::root();
        let text = "[a](README.md#x) [b](nowhere.md) [c](https://example.com/x) [d](#here)";
        assert_eq!(dead_links(&root, Path::new("README.md"), text), ["README.md:1: nowhere.md is not there"]);
        let text = "| a | `crates/{types,nothing}/src`, `word`, `cli/src/main`, `docs/adr/001` |\n| b | `scripts/nothing` |";
        let wrong = dead_paths(&root, Path::new("X.md"), text);
        assert_eq!(
            wrong,
            ["X.md:1: crates/nothing/src is not there", "X.md:2: scripts/nothing is not there"]
        );
    }
}
