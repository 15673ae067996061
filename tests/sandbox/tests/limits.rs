//! The table of limits in `oracle/runner/src/lib.rs` names every limit and every place that enforces it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const TABLE: &str = include_str!("../../../oracle/runner/src/lib.rs");
const LIMITS: &str = include_str!("../../../crates/types/src/limits.rs");
/// Where limits are enforced.
const ROOMS: [&str; 3] = ["oracle/sandbox/src", "oracle/runner/src", "oracle/src/executor"];
/// Reads every limit, to hash it.
const HASH: &str = "oracle/runner/src/record.rs";

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this crate lies in tests/sandbox")
}

/// The fields of `Limits`.
fn fields() -> BTreeSet<String> {
    let (_, body) = LIMITS.split_once("pub struct Limits {").expect("it is defined there");
    let (body, _) = body.split_once("\n}").expect("it ends");
    let lines = body.lines().filter_map(|line| line.trim().strip_prefix("pub "));
    lines.filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect()
}

/// What stands between back-quotes.
fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The places the table names, by limit.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let rows = TABLE.lines().skip_while(|line| !line.contains("| limit | enforced in")).skip(2);
    let mut table: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows.map_while(|line| line.strip_prefix("//! | ")) {
        let [limit, place] = quoted(row).try_into().expect("a limit and a place in each row");
        assert!(table.entry(limit).or_default().insert(format!("oracle/{place}")), "twice: {row}");
    }
    table
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// A file's code, without comments and tests.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Whether the code has `word`, not as a part of a longer one.
fn has(code: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word)
        .any(|(at, _)| !code[..at].ends_with(part) && !code[at + word.len()..].starts_with(part))
}

#[test]
fn every_limit_names_where_it_is_enforced() {
    let table = table();
    assert_eq!(table.keys().cloned().collect::<BTreeSet<_>>(), fields());
    for (limit, places) in &table {
        for place in places {
            assert!(has(&code(&workspace().join(place)), limit), "{place} knows nothing of {limit}");
        }
    }
}

#[test]
fn no_limit_is_enforced_elsewhere() {
    let table = table();
    let mut files = Vec::new();
    ROOMS.iter().for_each(|room| sources(&workspace().join(room), &mut files));
    assert!(files.len() > 40, "{} files", files.len());
    for path in files {
        let place = path.strip_prefix(workspace()).expect("below it").display().to_string();
        let code = code(&path);
        for (limit, places) in table.iter().filter(|_| place != HASH) {
            let uses = has(&code, &format!("limits.{limit}"));
            assert!(!uses || places.contains(&place), "{place} uses {limit}, and the table does not name it");
        }
    }
}
