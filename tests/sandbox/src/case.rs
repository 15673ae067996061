//! One attack: a script whose first comment lines say what it tries and how it must end.
//!
//! ```js
//! // What is tried, in one sentence.
//! // limit: execution_ms 300
//! // expect: error script runtime exceeded
//! while (true) {}
//! ```
//!
//! Each `expect` line is one acceptable end; several stand for an attack whose end depends on the machine's speed:
//! `error TEXT`, `text TEXT` (a result that is UTF-8), `result 0xHEX`.

use std::path::Path;

use functions_types::limits::Limits;
use oracle_runner::RunOutcome;

/// How an attack may end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// These bytes are returned.
    Result(Vec<u8>),
    /// This text is the error.
    Error(String),
}

impl Expected {
    /// Whether a run ended so.
    #[must_use]
    pub fn matches(&self, outcome: &RunOutcome) -> bool {
        match (self, outcome) {
            (Self::Result(bytes), RunOutcome::Result(got)) => bytes == got,
            (Self::Error(text), RunOutcome::UserError(got)) => text.as_bytes() == got,
            _ => false,
        }
    }
}

/// An attack read from its file.
#[derive(Clone, Debug)]
pub struct Case {
    /// File name without its ending.
    pub name: String,
    /// The whole file: what runs.
    pub source: String,
    /// What the run is held to.
    pub limits: Limits,
    /// The acceptable ends; at least one.
    pub expected: Vec<Expected>,
}

impl Case {
    /// Reads every case of a folder, in order of name.
    ///
    /// # Errors
    /// What is wrong with the folder or with the first malformed case.
    pub fn read_all(folder: &Path, limits: &Limits) -> Result<Vec<Self>, String> {
        let list = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut paths = list
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| error.to_string())?;
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "js"));
        paths.sort();
        paths.iter().map(|path| Self::read(path, limits.clone())).collect()
    }

    fn read(path: &Path, limits: Limits) -> Result<Self, String> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let source = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        Self::parse(name, source, limits)
    }

    /// Reads a case from its text. Limits it does not name stay as given.
    ///
    /// # Errors
    /// Which line is not understood, or that no end is named.
    pub fn parse(name: String, source: String, mut limits: Limits) -> Result<Self, String> {
        let mut expected = Vec::new();
        for line in source.lines().map_while(|line| line.strip_prefix("//")).map(str::trim_start) {
            let wrong = || format!("{name}: cannot read {line:?}");
            if let Some(limit) = line.strip_prefix("limit: ") {
                set(&mut limits, limit).ok_or_else(wrong)?;
            } else if let Some(end) = line.strip_prefix("expect: ") {
                expected.push(end_of(end).ok_or_else(wrong)?);
            }
        }
        if expected.is_empty() {
            return Err(format!("{name}: no line says what to expect"));
        }
        Ok(Self { name, source, limits, expected })
    }
}

fn set(limits: &mut Limits, text: &str) -> Option<()> {
    let (name, value) = text.split_once(' ')?;
    match name {
        "execution_ms" => limits.execution_ms = value.parse().ok()?,
        "http_query_ms" => limits.http_query_ms = value.parse().ok()?,
        _ => return None,
    }
    Some(())
}

fn end_of(text: &str) -> Option<Expected> {
    let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
    match kind {
        "error" => Some(Expected::Error(rest.to_owned())),
        "text" => Some(Expected::Result(rest.as_bytes().to_vec())),
        "result" => bytes(rest.strip_prefix("0x")?).map(Expected::Result),
        _ => None,
    }
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if !hex.is_ascii() || !hex.len().is_multiple_of(2) {
        return None;
    }
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(source: &str) -> Result<Case, String> {
        Case::parse("case".into(), source.into(), Limits::DEFAULT)
    }

    #[test]
    fn a_header_names_limits_and_ends() {
        let case =
            parse("// why\n// limit: execution_ms 300\n// expect: error a b\n// expect: result 0x00ff\n// expect: text\nx\n// expect: text late")
                .unwrap();
        assert_eq!(case.limits.execution_ms, 300);
        let expected =
            [Expected::Error("a b".into()), Expected::Result(vec![0, 255]), Expected::Result(vec![])];
        assert_eq!(case.expected, expected);
        assert!(case.expected[1].matches(&RunOutcome::Result(vec![0, 255])));
        assert!(!case.expected[0].matches(&RunOutcome::Result(b"a b".to_vec())));
    }

    #[test]
    fn a_header_that_cannot_be_read_is_refused() {
        for source in [
            "",
            "return 1",
            "// expect: nothing",
            "// limit: speed 1\n// expect: text",
            "// expect: result 0x1",
        ] {
            assert!(parse(source).is_err(), "{source}");
        }
    }
}
