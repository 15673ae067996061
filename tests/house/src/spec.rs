//! Specifications and code hold to each other: cited steps exist, steps are cited, the rows of a document are numbered
//! once, and the tests that they name are there.

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

/// What is wrong with the rows of a document's tables that begin with the letter `rows` (such as `I`) and a number:
/// they count from 1, each number once, and name a test as `path.rs::test` that is there and is one. Other tests and
/// files that the document names must be there too.
#[must_use]
pub fn unshown(root: &Path, name: &str, text: &str, rows: char) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut numbers = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let place = format!("{name}:{}", at + 1);
        let quoted: Vec<&str> = line.split('`').skip(1).step_by(2).collect();
        let tests: Vec<_> = quoted.iter().filter_map(|quoted| quoted.split_once(".rs::")).collect();
        for (path, test) in &tests {
            let source = std::fs::read_to_string(root.join(format!("{path}.rs"))).unwrap_or_default();
            if !has_test(&source, test) {
                wrong.push(format!("{place}: {path}.rs has no test {test}"));
            }
        }
        for path in quoted.iter().filter(|quoted| quoted.contains('/') && !quoted.contains("::")) {
            let is_of_ours = root.join(path.split('/').next().unwrap_or_default()).exists();
            if is_of_ours && !root.join(path).exists() {
                wrong.push(format!("{place}: {path} is not there"));
            }
        }
        let Some(number) = row_number(line, rows) else { continue };
        if numbers.contains(&number) {
            wrong.push(format!("{place}: {rows}{number} is there already"));
        }
        if tests.is_empty() {
            wrong.push(format!("{place}: {rows}{number} is shown by no test"));
        }
        numbers.push(number);
    }
    let missing = (1..=numbers.iter().copied().max().unwrap_or(0)).filter(|number| !numbers.contains(number));
    wrong.extend(missing.map(|number| format!("{name}: {rows}{number} is not there")));
    wrong
}

/// The number of a table's row that begins with the letter and a number.
fn row_number(line: &str, letter: char) -> Option<u32> {
    line.strip_prefix("| ")?.strip_prefix(letter)?.split_once(' ')?.0.parse().ok()
}

/// Whether a source has a function of that name and an attribute above it makes it a test.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let head = format!("fn {name}(");
    let is_test = |at: usize| {
        let above = lines[..at].iter().rev().take_while(|line| !line.is_empty() && **line != "}");
        above.into_iter().any(|line| line.starts_with("#[") && line.contains("test"))
    };
    lines.iter().enumerate().any(|(at, line)| line.contains(&head) && is_test(at))
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
    fn rows_that_nothing_shows_are_found() {
        let here = "tests/house/src/spec.rs";
        let text = format!(
            "| I1 | a | `{here}::rows_that_nothing_shows_are_found` |\n| I2 | b | `{here}::nothing` |\n| I3 | c | - |\n\
             | I5 | d | `tests/nowhere/x.rs` |\n| I2 | e | `{here}::has_test` |"
        );
        let wrong = unshown(&crate::root(), "x.md", &text, 'I');
        let expected = [
            "x.md:2: tests/house/src/spec.rs has no test nothing",
            "x.md:3: I3 is shown by no test",
            "x.md:4: tests/nowhere/x.rs is not there",
            "x.md:4: I5 is shown by no test",
            "x.md:5: tests/house/src/spec.rs has no test has_test",
            "x.md:5: I2 is there already",
            "x.md: I4 is not there",
        ];
        assert_eq!(wrong, expected);
    }
}
