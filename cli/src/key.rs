//! The key file of whoever sends a transaction.

use std::io::Read as _;
use std::path::Path;

use functions_client::Account;
use functions_failure::{Result, WrapErr as _, failure};
use functions_input::file::open;

use crate::output;

/// Largest key file read, in bytes.
const MAX_KEY_BYTES: u64 = 1024;

/// Where commands with copies of one key meet, in the user's home.
const TURNS: &str = ".local/state/functions/turns";

/// What to do about a file that holds no key.
const KEY_FORM: &str =
    "put the key's 64 hexadecimal digits into the file and nothing else, or name another file";

/// The account of a key file, which sends while no other command with this file or this key does. A file that others
/// may read is used, with a warning.
///
/// # Errors
/// When the file cannot be read or holds no key, or a key stands where the file's name should.
pub(crate) fn account(path: &Path) -> Result<Account> {
    let shown = shown(path);
    let place = || format!("cannot read the key file {shown}");
    let about = match std::fs::metadata(path) {
        Err(_) if holds_key(path) => return Err(is_key()),
        about => about.wrap_err_with(place)?,
    };
    if about.is_dir() {
        return Err(failure!(
            help = "name the file in it that holds the key",
            "the key file {shown} is a folder"
        ));
    }
    if functions_input::file::mode_open_to_others(&about).is_some() {
        output::say(&format!("warning: others may read {shown}; run: chmod 600 {shown}"));
    }
    let mut file = open(path).wrap_err_with(place)?;
    let mut text = Vec::new();
    (&mut file).take(MAX_KEY_BYTES + 1).read_to_end(&mut text).wrap_err_with(place)?;
    if text.len() as u64 > MAX_KEY_BYTES {
        return Err(failure!(help = KEY_FORM, "{shown} is more than {MAX_KEY_BYTES} bytes: that is no key"));
    }
    let text = std::str::from_utf8(&text)
        .map_err(|_| failure!(help = KEY_FORM, "{shown} is no text: that is no key"))?;
    let account = Account::from_hex(text).wrap_err_with(|| format!("in {shown}"))?;
    // A pipe is this command's own: it is nobody's to wait for.
    let own = about.is_file().then_some(file);
    Ok(account.in_turns(own, std::env::home_dir().map(|home| home.join(TURNS)), output::say))
}

/// A key file's path as it may be shown: not when it holds what is taken for a key.
pub(crate) fn shown(path: &Path) -> String {
    if holds_key(path) { "(a name like a key, not shown)".to_owned() } else { path.display().to_string() }
}

/// That somebody gave the key itself for the name of its file.
pub(crate) fn is_key() -> functions_failure::Failure {
    failure!(
        help = "put the key into a file that only you may read, and name that file; who saw the command line may have \
                seen the key",
        "the key file's name is a key itself, which is not shown here"
    )
}

/// Whether a path holds what is taken for a key.
pub(crate) fn holds_key(path: &Path) -> bool {
    functions_input::secret::holds_key(path.as_os_str().as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::OpenOptionsExt as _;

    use super::*;

    #[test]
    fn a_key_file_that_is_none_is_named_for_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        assert!(account(folder.path()).err().unwrap().to_string().contains("is a folder"));
        let zeros = folder.path().join("zeros");
        std::fs::write(&zeros, "0".repeat(64)).unwrap();
        let error = account(&zeros).err().unwrap();
        assert!(
            error.chain().any(|cause| cause.to_string().contains("not a valid private key")),
            "{error:?}"
        );
    }

    #[test]
    fn a_key_in_place_of_its_file_is_not_shown() {
        let digits = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
        let folder = tempfile::tempdir().unwrap();
        for name in [digits.to_owned(), format!("0x{digits}"), format!("{digits}\n"), digits[1..].to_owned()]
        {
            for path in [Path::new(&name).to_owned(), folder.path().join(&name)] {
                let error = account(&path).err().unwrap();
                let said = format!("{error:?} {} {}", error.help(), shown(&path));
                assert!(said.contains("is a key itself") && !said.contains(&digits[1..60]), "{said}");
            }
        }
        // A file that has such a name is read.
        let named = folder.path().join(digits);
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create(true).mode(0o600).open(&named).unwrap();
        std::io::Write::write_all(&mut file, digits.as_bytes()).unwrap();
        assert!(account(&named).is_ok());
        assert_eq!(shown(Path::new("/k/0x2c7536e3605d9c16a7a3d7b1898e529396a65c23")).len(), 45);
    }
}
