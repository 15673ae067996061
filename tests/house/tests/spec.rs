//! The specifications of this repository held against its code and its tests.

use std::{collections::BTreeMap, path::Path};

use house_tests::{expect_nothing, files, read, root, spec};

#[test]
fn the_protocol_cites_every_step_of_its_specification() {
    let root = root();
    let sources: BTreeMap<String, String> = files(&root, &["rs"])
        .into_iter()
        .filter(|path| path.starts_with("oracle/ocr/src"))
        .map(|path| (path.display().to_string(), read(&root.join(path))))
        .collect();
    let text = read(&root.join("docs/spec/agreement.md"));
    expect_nothing(
        "docs/spec/agreement.md and oracle/ocr do not fit",
        &spec::mismatches(&text, "agreement", 'A', &sources),
    );
}

#[test]
fn every_invariant_and_every_wall_is_shown_by_what_exists() {
    let root = root();
    for (name, rows) in [("docs/spec/invariants.md", 'I'), ("docs/threat-model.md", 'T')] {
        let text = read(&root.join(Path::new(name)));
        expect_nothing(
            "a document numbers rows badly, or names tests or files that are not there",
            &spec::unshown(&root, name, &text, rows),
        );
    }
}
