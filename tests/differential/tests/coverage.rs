//! `COVERAGE.md` says what is: every test of ours it names exists, every test of the reference has its row.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Tests of the reference's suite without those of the zkSync Router.
const ROWS: usize = 241;

fn here() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

fn table() -> String {
    fs::read_to_string(here().join("COVERAGE.md")).expect("COVERAGE.md")
}

/// What stands between backticks in a text.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Rows of the reference's tests: `Contract.test`, and the rest of the row.
fn rows(table: &str) -> Vec<(&str, &str)> {
    let begins = |line: &&str| line.starts_with("| `");
    table.lines().filter(begins).filter_map(|line| line[3..].split_once("` |")).collect()
}

#[test]
fn every_test_of_ours_exists() {
    let table = table();
    let named = quoted(&table).filter(|name| name.contains("::") && *name != "file::test");
    let mut count = 0;
    for name in named {
        let (file, test) = name.split_once("::").unwrap();
        let path = match file.contains('/') {
            true => here().join("../..").join(file),
            false => here().join(format!("tests/all/{file}.rs")),
        };
        let source =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {}: {error}", path.display()));
        assert!(source.contains(&format!("#[test]\nfn {test}()")), "{} has no test {test}", path.display());
        count += 1;
    }
    assert!(count >= ROWS, "{count} names");
}

#[test]
fn every_row_names_a_test_of_ours() {
    let table = table();
    let rows = rows(&table);
    let names: BTreeSet<_> = rows.iter().map(|(name, _)| name).collect();
    assert_eq!((rows.len(), names.len()), (ROWS, ROWS));
    for (name, rest) in rows {
        assert!(quoted(rest).any(|ours| ours.contains("::")), "{name} has no test of ours");
    }
}

/// `Contract.test` of every test in the reference's suite.
fn reference(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let Some(name) = file.file_name().and_then(|name| name.to_str()) else { continue };
        if !name.ends_with(".t.sol") || name.starts_with("ZKSync") {
            continue;
        }
        let mut contract = "";
        let source = fs::read_to_string(&file).unwrap();
        for line in source.lines() {
            let word = |after: &str| {
                let rest = line.trim_start().strip_prefix(after)?;
                rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next()
            };
            if line.starts_with("contract ") {
                contract = word("contract ").unwrap_or_default();
            } else if let Some(test) = word("function ").filter(|test| test.starts_with("test")) {
                assert!(names.insert(format!("{contract}.{test}")), "{contract}.{test} stands twice");
            }
        }
    }
    names
}

#[test]
fn every_test_of_the_reference_has_its_row() {
    let root = std::env::var("REFERENCE_DIR")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/reference").into());
    let folder = Path::new(&root).join("sources/chainlink/src/v0.8/functions/tests/v1_X");
    if !folder.is_dir() {
        assert!(std::env::var_os("REFERENCE_REQUIRED").is_none(), "no {}", folder.display());
        eprintln!("SKIPPED: no {}; build it with tests/differential/reference/build", folder.display());
        return;
    }
    let table = table();
    let named: BTreeSet<_> = rows(&table).into_iter().map(|(name, _)| name.to_owned()).collect();
    let there = reference(&folder);
    let (missing, unknown): (Vec<_>, Vec<_>) =
        (there.difference(&named).collect(), named.difference(&there).collect());
    assert!(missing.is_empty() && unknown.is_empty(), "without a row: {missing:?}; unknown: {unknown:?}");
}
