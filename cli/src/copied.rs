//! Commands that people are advised to type next, so written that a copied line leads to the contracts this command was
//! told of.

use std::sync::OnceLock;

use clap::ArgMatches;
use clap::parser::ValueSource;
use functions_client::shown_text;

/// The options that say where the contracts are.
const PLACES: [&str; 5] = ["rpc_url", "addresses", "router", "link", "from_block"];

static GIVEN: OnceLock<Given> = OnceLock::new();

/// What a command was given, as the words of another.
#[derive(Debug, Default)]
struct Given {
    /// Where the contracts are.
    at: String,
    /// Whose key pays.
    key: String,
}

impl Given {
    /// Of what comes from the environment a copied command has its own. A verb that took no key needs one all the same,
    /// unless the environment `has_key`.
    fn read(verb: &ArgMatches, has_key: bool) -> Self {
        let at = PLACES.iter().filter_map(|option| word(verb, option)).collect();
        let takes_key = matches!(verb.try_contains_id("key_file"), Ok(true));
        let key =
            if takes_key { word(verb, "key_file") } else { (!has_key).then(|| " --key-file FILE".into()) };
        Self { at, key: key.unwrap_or_default() }
    }
}

/// An option with its value, if it stood on the command line.
fn word(verb: &ArgMatches, option: &str) -> Option<String> {
    if !verb.try_contains_id(option).ok()? || verb.value_source(option)? != ValueSource::CommandLine {
        return None;
    }
    let value = verb.get_raw(option)?.next_back()?.to_string_lossy();
    Some(format!(" --{} {}", option.replace('_', "-"), writable(option, &value)))
}

/// A value as a shell takes it; of an endpoint with a key in it, and of a key itself, only that there is one.
fn writable(option: &str, value: &str) -> String {
    let bare = |text: &str| text.trim_end_matches('/').to_owned();
    match option {
        "rpc_url" if bare(&shown_text(value)) != bare(value) => return "URL".to_owned(),
        "key_file" if functions_input::secret::holds_key(value.as_bytes()) => return "FILE".to_owned(),
        _ => {}
    }
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "/.:_-@%+=,".contains(sign);
    match !value.is_empty() && value.chars().all(is_plain) {
        true => value.to_owned(),
        false => format!("'{}'", value.replace('\'', r"'\''")),
    }
}

/// Keeps what the verb was given.
#[expect(clippy::disallowed_methods, reason = "it asks what the command's own options would read")]
pub(crate) fn keep(verb: &ArgMatches) {
    let _ = GIVEN.set(Given::read(verb, std::env::var_os("FUNCTIONS_KEY_FILE").is_some()));
}

/// Options that lead a command to the same contracts; each has a blank before it.
pub(crate) fn at() -> &'static str {
    GIVEN.get().map_or("", |given| &given.at)
}

/// The option that names who pays, with a blank before it.
pub(crate) fn key() -> &'static str {
    GIVEN.get().map_or("", |given| &given.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(line: &str, has_key: bool) -> Given {
        let words = std::iter::once("functions").chain(line.split(' '));
        let matches = crate::command().try_get_matches_from(words).expect("a command");
        Given::read(crate::innermost(&matches), has_key)
    }

    #[test]
    fn what_stood_on_the_command_line_is_repeated() {
        let router = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
        let line = format!("sub info 1 --router {router} --rpc-url http://127.0.0.1:8600 --from-block 7");
        let told = given(&line, false);
        assert_eq!(told.at, format!(" --rpc-url http://127.0.0.1:8600 --router {router} --from-block 7"));
        assert_eq!(told.key, " --key-file FILE", "it is needed for what pays");
        assert_eq!(given(&line, true).key, "");
        let told = given("sub timeout 1 --key-file it's --addresses a/b.json", false);
        assert_eq!((&*told.at, &*told.key), (" --addresses a/b.json", r" --key-file 'it'\''s'"));
        assert_eq!(given("sub info 1", true).at, "");
        assert_eq!(given("simulate --source x.js", true).at, "");
    }

    #[test]
    fn no_secret_is_repeated() {
        let told = given("sub info 1 --rpc-url https://user:pass@rpc.example/v2/0123456789abcdef0123", false);
        assert_eq!(told.at, " --rpc-url URL");
        let told = given(&format!("sub timeout 1 --key-file {}", "1b".repeat(32)), false);
        assert_eq!(told.key, " --key-file FILE");
    }
}
