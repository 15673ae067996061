//! Secrets: where they come from, and how they stay out of what is printed.
//!
//! A secret's value of four or more characters is replaced by `[secret NAME]` wherever it would be shown: console,
//! URLs, errors. The terminal is the author's own, but logs of build servers are not.

use std::collections::BTreeMap;
use std::path::Path;

use functions_failure::{Result, failure, misuse};
use oracle_runner::RunOutcome;
use serde_json::Value;

use super::inputs::read_bounded;

/// What names of environment variables begin with that hold secrets: the rest is the secret's name.
const PREFIX: &str = "FUNCTIONS_SECRET_";
/// Largest file of secrets read, in bytes.
const FILE_MAX: usize = 64 * 1024;
/// Shortest value that is veiled, in bytes: shorter ones are everywhere by chance.
const VEILED_MIN: usize = 4;

/// Secrets by name. Never printed: it has no `Debug`.
#[derive(Default)]
pub(crate) struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// The secrets `--secrets` names: `env`, or a JSON file.
    ///
    /// # Errors
    /// When there are none, or they are no object of strings. Never shows what was read.
    #[expect(clippy::disallowed_methods, reason = "the environment was asked for by name")]
    pub(crate) fn read(from: Option<&str>) -> Result<Self> {
        match from {
            None => Ok(Self::default()),
            Some("env") => Self::from_environment(
                std::env::vars_os()
                    .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
            ),
            Some(text) if text.trim_start().starts_with('{') => Err(misuse!(
                help = "put the object into a file that only you may read, and name that file",
                "--secrets takes the name of a file, not the secrets themselves, which are not shown here"
            )),
            Some(path) => {
                let mut bytes = Vec::new();
                functions_input::file::open(Path::new(path))
                    .and_then(|file| read_bounded(file, FILE_MAX, &mut bytes))
                    .map_err(|error| {
                        failure!(
                            help = "name a JSON file like {\"apiKey\": \"…\"}, or write --secrets env",
                            "cannot read the secrets in {path}: {error}"
                        )
                    })?;
                if bytes.len() > FILE_MAX {
                    return Err(failure!(
                        help = "name the file that is meant: scripts have no use for so much",
                        "the secrets in {path} are longer than {FILE_MAX} bytes"
                    ));
                }
                Self::from_json(&bytes)
            }
        }
    }

    /// The JSON text of the object; wiped when dropped.
    pub(crate) fn to_json(&self) -> zeroize::Zeroizing<String> {
        zeroize::Zeroizing::new(serde_json::to_string(&self.0).expect("texts are JSON"))
    }

    fn from_environment(variables: impl Iterator<Item = (String, String)>) -> Result<Self> {
        let found: BTreeMap<String, String> = variables
            .filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_owned(), value)))
            .filter(|(name, _)| !name.is_empty())
            .collect();
        if found.is_empty() {
            return Err(failure!(
                help = format!("for a secret apiKey, write: export {PREFIX}apiKey=…"),
                "no environment variable begins with {PREFIX}"
            ));
        }
        Ok(Self(found))
    }

    fn from_json(bytes: &[u8]) -> Result<Self> {
        let invalid = |help: &str| {
            failure!(
                help = format!("{help}; write for example {{\"apiKey\": \"…\"}}"),
                "secrets param not a string map"
            )
        };
        let value: Value = serde_json::from_slice(bytes).map_err(|error| {
            // The parser's own words may quote the file.
            invalid(&format!("the file is no JSON: see line {}, column {}", error.line(), error.column()))
        })?;
        let Value::Object(entries) = value else { return Err(invalid("the file holds no JSON object")) };
        let secrets = entries.into_iter().map(|(name, value)| match value {
            Value::String(text) => Ok((name, text)),
            _ => Err(invalid(&format!("the value of {name:?} is no string"))),
        });
        secrets.collect::<Result<_>>().map(Self)
    }

    /// The secrets as a run takes them.
    pub(crate) const fn map(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// The text with every value replaced.
    pub(crate) fn veil(&self, text: &str) -> String {
        let mut values: Vec<_> = self.0.iter().filter(|(_, value)| value.len() >= VEILED_MIN).collect();
        // A secret that contains another goes first.
        values.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
        values.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(value.as_str(), &format!("[secret {name}]"))
        })
    }

    /// How a run ended, with every value in an error replaced. A result is what the script publishes, and stays.
    pub(crate) fn veil_end(&self, outcome: &RunOutcome) -> RunOutcome {
        match outcome {
            RunOutcome::UserError(text) if !self.found_in(text).is_empty() => {
                RunOutcome::UserError(self.veil(&String::from_utf8_lossy(text)).into_bytes())
            }
            other => other.clone(),
        }
    }

    /// Names of the secrets whose values stand in these bytes.
    pub(crate) fn found_in(&self, bytes: &[u8]) -> Vec<&str> {
        let stands = |value: &str| {
            value.len() >= VEILED_MIN && bytes.windows(value.len()).any(|part| part == value.as_bytes())
        };
        self.0.iter().filter(|(_, value)| stands(value)).map(|(name, _)| name.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(json: &str) -> Result<Secrets> {
        Secrets::from_json(json.as_bytes())
    }

    #[test]
    fn anything_but_an_object_of_strings_is_refused_without_quoting_it() {
        for wrong in ["[]", "\"hush\"", "{\"hush\": 1}", "hush", "{\"a\": hush}", "{\"a\": null}"] {
            let error = secrets(wrong).err().unwrap();
            assert_eq!(error.to_string(), "secrets param not a string map", "{wrong}");
        }
        let shown = format!("{:?}", secrets("{\"a\": hush}").err().unwrap());
        assert!(!shown.contains("hush"), "{shown}");
    }

    #[test]
    fn values_are_veiled_longest_first_and_short_ones_stay() {
        let secrets = secrets(r#"{"a": "abcd", "b": "abcdef", "c": "x"}"#).unwrap();
        assert_eq!(secrets.veil("x abcdef abcd"), "x [secret b] [secret a]");
        assert_eq!(secrets.found_in(b"..abcd.."), ["a"]);
        assert!(secrets.found_in(b"x").is_empty());
    }

    #[test]
    fn environment_variables_need_the_prefix() {
        let variables = |pairs: &[(&str, &str)]| {
            let owned: Vec<_> = pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
            Secrets::from_environment(owned.into_iter())
        };
        let found =
            variables(&[("PATH", "/bin"), ("FUNCTIONS_SECRET_apiKey", "k"), ("FUNCTIONS_SECRET_", "n")]);
        assert_eq!(
            found.unwrap().map().iter().collect::<Vec<_>>(),
            [(&"apiKey".to_owned(), &"k".to_owned())]
        );
        assert!(variables(&[("HOME", "/")]).is_err());
    }
}
