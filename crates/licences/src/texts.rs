//! The licence texts a crate carries.

use std::io;
use std::path::Path;

/// How deep C libraries lie in the crates that carry them.
const DEPTH: usize = 3;
/// Longest licence text read, in bytes.
const LONGEST: u64 = 256 << 10;
/// How the names of such files begin, in lower case.
const NAMES: [&str; 6] = ["license", "licence", "copying", "copyright", "notice", "unlicense"];

/// The texts of `folder` and of the folders below it, in the order of their paths.
///
/// # Errors
/// When a folder or file cannot be read.
pub(crate) fn find(folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    search(folder, 0, &mut found)?;
    Ok(found)
}

fn search(folder: &Path, depth: usize, found: &mut Vec<String>) -> io::Result<()> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        paths.push(entry?.path());
    }
    paths.sort();
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        if path.is_dir() {
            if depth < DEPTH {
                search(&path, depth + 1, found)?;
            }
        } else if NAMES.iter().any(|begin| name.starts_with(begin))
            && !name.ends_with(".rs")
            && path.metadata()?.len() <= LONGEST
        {
            found.push(String::from_utf8_lossy(&std::fs::read(&path)?).replace("\r\n", "\n"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn find_reads_licences_of_a_crate_and_of_what_it_carries() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(folder.path().join("vendor/engine")).expect("a folder");
        for (file, text) in
            [("LICENSE-MIT", "mit\r\n"), ("vendor/engine/COPYING", "engine"), ("licenses.rs", "code")]
        {
            std::fs::write(folder.path().join(file), text).expect("a file");
        }
        assert_eq!(find(folder.path()).expect("readable"), ["mit\n", "engine"]);
    }
}
