//! `ACCEPTANCE.md` names tests that exist.

use std::fs;
use std::path::Path;

/// Rows of the runtime's acceptance list.
const ROWS: u32 = 10;

#[test]
fn every_row_of_the_acceptance_list_names_tests_that_exist() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(package.join("ACCEPTANCE.md")).expect("the table");
    let mut missing = Vec::new();
    let mut rows = Vec::new();
    for line in table.lines() {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let Some(row) = cells.next().and_then(|cell| cell.parse::<u32>().ok()) else { continue };
        rows.push(row);
        let names = cells.nth(1).unwrap_or_default().split('`').skip(1).step_by(2);
        let mut count = 0;
        for name in names {
            count += 1;
            if !exists(package, name) {
                missing.push(format!("row {row}: {name}"));
            }
        }
        assert!(count > 0, "row {row} names no test: {line}");
    }
    assert!(missing.is_empty(), "no such tests:\n{}", missing.join("\n"));
    rows.dedup();
    assert_eq!(rows, (1..=ROWS).collect::<Vec<_>>(), "a row is missing or out of order");
}

/// Whether a name is a function of a file of this repository, or an attack.
fn exists(package: &Path, name: &str) -> bool {
    match name.split_once("::") {
        None => package.join(name).is_file(),
        Some((path, function)) => fs::read_to_string(package.join("../..").join(path))
            .is_ok_and(|text| text.contains(&format!("fn {function}()"))),
    }
}
