//! Specifications and code hold to each other: cited steps exist, steps are cited, and the tests that a document names
//! are there.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Numbers of the steps of a specification: list items that begin with a bold letter and number, such as `* **A7**`.
#[must_use]
pub fn steps(text: &str, letter: char) -> Vec<u32> {
    let start = format!("* **{letter}");
    text.lines()
        .filter_map(|line| line.strip_prefix(&start)?.split_once("**"))
        .filter_map(|(number, _)| number.parse().ok())
        .collect()
}

/// Steps that a source cites after `Spec: NAME`: `A7`, `A7, A9`, `A7 to A9`.
#[must_use]
pub fn cited(source: &str, name: &str, letter: char) -> Vec<u32> {
    let mut cited = Vec::new();
    for rest in source.split(&format!("Spec: {name} ")).skip(1) {
        let mut words = rest.split([' ', ',', '.', ':', '\n']).filter(|word| !word.is_empty());
        let number = |word: &str| word.strip_prefix(letter).and_then(|number| number.parse::<u32>().ok());
        let mut last = None;
        while let Some(word) = words.next() {
            match (number(word), last) {
                (Some(step), _) => {
                    cited.push(step);
                    last = Some(step);
                }
                (None, Some(from)) if word == "to" => {
                    let Some(to) = words.next().and_then(number) else { break };
                    cited.extend(from + 1..=to);
                }
                _ => break,
            }
        }
    }
    cited
}

/// What does not fit between a specification's steps and the citations in sources, given by name.
#[must_use]
pub fn mismatches(text: &str, name: &str, letter: char, sources: &BTreeMap<String, String>) -> Vec<String> {
    let steps = steps(text, letter);
    let mut wrong = Vec::new();
    if !steps.iter().copied().eq(1..=u32::try_from(steps.len()).unwrap_or(u32::MAX)) || steps.is_empty() {
        wrong.push(format!("the steps of {name} are not numbered from 1 without gaps: {steps:?}"));
    }
    let mut used = BTreeSet::new();
    for (file, source) in sources {
        for step in cited(source, name, letter) {
            used.insert(step);
            if !steps.contains(&step) {
                wrong.push(format!("{file} cites {name} {letter}{step}, which is not there"));
            }
        }
    }
    let uncited = steps.iter().filter(|step| !used.contains(step));
    wrong.extend(uncited.map(|step| format!("no code cites {name} {letter}{step}")));
    wrong
}

/// Tests that a document names as `path.rs::test` and that are not there, and rows of its tables that begin with one of
/// `rows` (such as `I`) and a number but name neither a test nor a file.
#[must_use]
pub fn missing_tests(root: &Path, name: &str, text: &str, rows: char) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let place = format!("{name}:{}", number + 1);
        let quoted: Vec<&str> = line.split('`').skip(1).step_by(2).collect();
        let mut named = 0;
        for (path, test) in quoted.iter().filter_map(|quoted| quoted.split_once(".rs::")) {
            named += 1;
            let source = std::fs::read_to_string(root.join(format!("{path}.rs"))).unwrap_or_default();
            if !source.contains(&format!("fn {test}(")) {
                wrong.push(format!("{place}: {path}.rs has no {test}"));
            }
        }
        for path in quoted.iter().filter(|quoted| quoted.contains('/') && !quoted.contains("::")) {
            let is_file = root.join(path.split('/').next().unwrap_or_default()).exists();
            named += usize::from(is_file);
            if is_file && !root.join(path).exists() {
                wrong.push(format!("{place}: {path} is not there"));
            }
        }
        let is_row = line.strip_prefix("| ").and_then(|line| line.strip_prefix(rows)).is_some_and(|rest| {
            rest.split_once(' ').is_some_and(|(number, _)| number.parse::<u32>().is_ok())
        });
        if is_row && named == 0 {
            wrong.push(format!("{place}: shown by nothing"));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mismatches_are_found_both_ways() {
        let text = "* **A1** one\n* **A2** two\n* **A3** three\n";
        let sources = |source: &str| BTreeMap::from([("a.rs".to_owned(), source.to_owned())]);
        let judge = |source| mismatches(text, "thing", 'A', &sources(source));
        assert_eq!(judge("/// Spec: thing A1 to A3."), [""; 0]);
        assert_eq!(judge("/// Spec: thing A1, A2. More\n/// Spec: thing A3: why"), [""; 0]);
        assert_eq!(judge("/// Spec: thing A1, A2"), ["no code cites thing A3"]);
        assert_eq!(judge("/// Spec: thing A1 to A4."), ["a.rs cites thing A4, which is not there"]);
        assert_eq!(judge("/// Spec: other A1 to A3.").len(), 3);
        assert!(mismatches("* **A2** two\n", "thing", 'A', &sources(""))[0].contains("without gaps"));
    }

    #[test]
    fn tests_that_do_not_exist_are_found() {
        let here = "tests/house/src/spec.rs";
        let text = format!(
            "| I1 | a | `{here}::tests_that_do_not_exist_are_found` |\n| I2 | b | `{here}::nothing` |\n| I3 | c | - |\n\
             | I4 | d | `tests/nowhere/x.rs` |"
        );
        let wrong = missing_tests(&crate::root(), "x.md", &text, 'I');
        let expected = [
            "x.md:2: tests/house/src/spec.rs has no nothing",
            "x.md:3: shown by nothing",
            "x.md:4: tests/nowhere/x.rs is not there",
        ];
        assert_eq!(wrong, expected);
    }
}
