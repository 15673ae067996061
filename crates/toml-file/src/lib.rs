//! Configuration files in TOML: read with a bound, and explained with file, line, key, problem and remedy.
//!
//! Node and tool read their files through this crate, so that a misspelt key is answered alike everywhere. It knows no
//! file in particular and checks no value; that is for whoever owns the file.

use std::path::Path;

use serde::de::DeserializeOwned;

/// A problem with a configuration file: where, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {key}: {problem}; {remedy}")]
pub struct FileError {
    /// The file read, with the line where it is known.
    pub file: String,
    /// The key at fault, dotted; `file` when it is the file itself.
    pub key: String,
    /// What is wrong with it.
    pub problem: String,
    /// What to write instead.
    pub remedy: String,
}

/// Reads a text of at most `most` bytes.
///
/// # Errors
/// [`FileError`] when it cannot be read, is too long or no UTF-8.
pub fn read(path: &Path, most: u64) -> Result<String, FileError> {
    let fail = |problem: String, remedy: &str| FileError {
        file: path.display().to_string(),
        key: "file".to_owned(),
        problem,
        remedy: remedy.to_owned(),
    };
    let bytes = functions_input::file::read_at_most(path, most).map_err(|err| {
        fail(format!("cannot be read ({err})"), "give the path of an existing file that this user may read")
    })?;
    let Some(bytes) = bytes else {
        return Err(fail(format!("has more than {most} bytes"), "no such file is that long; give another"));
    };
    String::from_utf8(bytes).map_err(|_| fail("is not UTF-8".to_owned(), "make it readable UTF-8 text"))
}

/// Parses `text`, the content of `file`.
///
/// # Errors
/// [`FileError`] with the line, the key and, for a misspelt key, the one that was probably meant.
pub fn parse<T: DeserializeOwned>(text: &str, file: &str) -> Result<T, FileError> {
    toml::from_str(text).map_err(|err| describe(file, text, &err))
}

/// The candidate that `text` was probably meant to be.
#[must_use]
pub fn nearest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = text.to_ascii_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&lower, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Turns the parser's complaint into key, problem and remedy; the key is read from the offending line.
fn describe(file: &str, text: &str, err: &toml::de::Error) -> FileError {
    let offset = err.span().map_or(0, |span| span.start.min(text.len()));
    let before = text.get(..offset).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let here = text.lines().nth(line - 1).unwrap_or_default().trim();
    let header = |line: &str| {
        let inner = line.trim().strip_prefix('[')?;
        Some(inner.strip_prefix('[').unwrap_or(inner).split_once(']')?.0.to_owned())
    };
    let section = header(here).or_else(|| before.lines().rev().find_map(header));
    let message = err.message();
    let quoted = |start: &str| message.strip_prefix(start).and_then(|rest| rest.split_once('`'));
    let missing = quoted("missing field `");
    let unknown = quoted("unknown field `");
    let name = match missing.or(unknown) {
        Some((name, _)) => Some(name.to_owned()),
        None => here.split_once('=').map(|(name, _)| name.trim().to_owned()),
    };
    let key = match (section, name) {
        // The complaint may be about the section itself.
        (Some(section), Some(name)) if unknown.is_some() && section == name => section,
        (Some(section), Some(name)) => format!("{section}.{name}"),
        (Some(section), None) => section,
        (None, Some(name)) => name,
        (None, None) => "file".to_owned(),
    };
    let remedy = match (unknown, missing) {
        // "unknown field `a`, expected one of `b`, `c`"
        (Some((name, expected)), _) => match nearest(name, expected.split('`').skip(1).step_by(2)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "remove the key or correct its spelling".to_owned(),
        },
        (None, Some(_)) => "add the key".to_owned(),
        (None, None) => "correct the value".to_owned(),
    };
    FileError { file: format!("{file}:{line}"), key, problem: message.to_owned(), remedy }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "read by the parser alone")]
    struct Outer {
        rpc_urls: Vec<String>,
        #[serde(default)]
        inner: Inner,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    #[allow(dead_code, reason = "read by the parser alone")]
    struct Inner {
        max_concurrent: u32,
        listen: String,
    }

    #[test]
    fn parse_names_line_key_and_what_was_meant() {
        for (text, key, remedy) in [
            ("rpc_url = []", "rpc_url", "did you mean `rpc_urls`?"),
            ("rpc_urls = []\n[iner]\n", "iner", "did you mean `inner`?"),
            (
                "rpc_urls = []\n[inner]\nmaxconcurrent = 1",
                "inner.maxconcurrent",
                "did you mean `max_concurrent`?",
            ),
            ("rpc_urls = []\n[inner]\nlisten = 1", "inner.listen", "correct the value"),
            ("rpc_urls = []\ninner = { lisen = \"x\" }", "lisen", "did you mean `listen`?"),
            ("rpc_urls = []\nxyzzy = 1", "xyzzy", "remove the key or correct its spelling"),
            ("[inner]", "inner.rpc_urls", "add the key"),
            ("rpc_urls = [", "rpc_urls", "correct the value"),
        ] {
            let err = parse::<Outer>(text, "a.toml").expect_err(text);
            assert!(err.file.starts_with("a.toml:"), "{err}");
            assert_eq!((err.remedy.as_str(), err.key.as_str()), (remedy, key), "{text}: {err}");
        }
    }

    #[test]
    fn nearest_prefers_the_most_alike_and_refuses_strangers() {
        let names = ["fun-local-1", "fun-sepolia-1", "other"];
        assert_eq!(nearest("fun-lcal-1", names), Some("fun-local-1"));
        assert_eq!(nearest("FUN-SEPOLIA-1", names), Some("fun-sepolia-1"));
        assert_eq!(nearest("qqqq", names), None);
    }

    #[test]
    fn read_is_bounded() {
        let err = read(Path::new("/proc/self/exe"), 100).expect_err("too long");
        assert!(err.problem.contains("100"), "{err}");
        assert!(read(Path::new("/dev/zero"), 100).expect_err("endless").problem.contains("a device"));
        assert!(read(Path::new("/nowhere"), 1).expect_err("absent").problem.contains("No such file"));
    }
}
