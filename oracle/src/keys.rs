//! Opening the keystore, and the public half of it that the rest of the node may know.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
    sync::Arc,
};

use eyre::{Report, Result, bail, eyre};
use oracle_keys::{KeyError, Keystore, SecretsKeys};
use serde_json::json;

use crate::{
    config::{Config, KeysSection},
    don::Identity,
    lock::{FileLock, LockError},
    peers,
};

/// Largest password file read, in bytes.
const MAX_PASSWORD_BYTES: u64 = 4_096;

/// Unlocks the keystore.
///
/// # Errors
/// Which file is missing or wrong, and what to do.
pub fn open(config: &KeysSection) -> Result<Arc<Keystore>> {
    Ok(Arc::new(unlock(config, &password(&config.password_file)?)?))
}

/// Unlocks the keystore with this password.
///
/// # Errors
/// As [`open`].
pub(crate) fn unlock(config: &KeysSection, password: &str) -> Result<Keystore> {
    Keystore::open(&config.keystore, password).map_err(|error| {
        let words = match &error {
            KeyError::Io { source, .. } => {
                format!("keys.keystore cannot be opened; {}", remedy(source, "correct the path"))
            }
            KeyError::WrongPassword { .. } => format!(
                "keys.keystore cannot be opened; put its password into keys.password_file {}, or restore the keystore from a copy",
                config.password_file.display()
            ),
            KeyError::Damaged { .. } => {
                "keys.keystore cannot be opened; name the right file, or restore it from a copy".to_owned()
            }
            _ => "keys.keystore cannot be opened".to_owned(),
        };
        eyre!(error).wrap_err(words)
    })
}

/// Unlocks the keystore or makes a new one where there is none. The flag tells whether it was made.
///
/// # Errors
/// As [`open`].
pub fn open_or_create(config: &KeysSection) -> Result<(Arc<Keystore>, bool)> {
    let password = password(&config.password_file)?;
    let (keys, created) =
        Keystore::open_or_create(&config.keystore, &password).map_err(|error| {
            match config.keystore.exists() {
                true => eyre!(error).wrap_err("keys.keystore"),
                false => not_made(config, error),
            }
        })?;
    if created {
        crate::told::say(format!("new keys are in {}", config.keystore.display()));
    } else if let Some(words) = weak_password(config) {
        crate::told::say(format!("warning: {words}"));
    }
    Ok((Arc::new(keys), created))
}

/// Which new file was not made, and the password's place where the password is at fault.
pub(crate) fn not_made(config: &KeysSection, error: KeyError) -> Report {
    let made = format!("keys.keystore {} is not made", config.keystore.display());
    let words = match &error {
        KeyError::EmptyPassword | KeyError::WeakPassword(_) => {
            format!("{made} with the password in keys.password_file {}", config.password_file.display())
        }
        KeyError::Io { source, .. } => format!("{made}; {}", remedy(source, "correct the path")),
        _ => made,
    };
    eyre!(error).wrap_err(words)
}

/// Keeps every other process from using the keystore, under whatever path.
///
/// # Errors
/// The process that uses it now, and what to do.
pub fn hold(config: &KeysSection) -> Result<FileLock> {
    FileLock::take(&config.keystore).map_err(|err| match err {
        err @ LockError::Held { .. } => {
            eyre!("keys.keystore: {err}; end that process first, or give this node keys of its own")
        }
        LockError::Io { path, source } => {
            let remedy = remedy(&source, "`functions-node keygen` makes one");
            eyre!("keys.keystore: {} cannot be locked: {source}; {remedy}", path.display())
        }
    })
}

/// What helps against a file that cannot be opened; `absent` when there is none.
pub(crate) fn remedy(error: &io::Error, absent: &'static str) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => absent,
        io::ErrorKind::PermissionDenied => {
            "it belongs to another user: give it to the node's user (`chown`), and its folder, or run as the user it \
             belongs to"
        }
        io::ErrorKind::IsADirectory => "it is a folder: give the path of the file",
        io::ErrorKind::InvalidInput => "give the path of a file",
        io::ErrorKind::InvalidData => "it holds something else than text: give the path of the right file",
        _ => "look at the disk and the path",
    }
}

/// Unlocks the keystore and holds it.
///
/// # Errors
/// As [`open`] and [`hold`].
pub fn open_and_hold(config: &KeysSection) -> Result<(Arc<Keystore>, FileLock)> {
    let hold = hold(config)?;
    Ok((open(config)?, hold))
}

/// The files of the keys that others than this user may read, in words. What is no file is not judged by its mode.
#[must_use]
pub fn loose_files(config: &KeysSection) -> Vec<String> {
    let files = [("keys.keystore", &config.keystore), ("keys.password_file", &config.password_file)];
    let loose = files.into_iter().filter_map(|(key, path)| {
        let mode = functions_input::file::mode_open_to_others(&fs::metadata(path).ok()?)?;
        Some(format!("{key}: {} is open to others (mode {mode:03o})", path.display()))
    });
    loose.collect()
}

/// Why the password is easier to guess than new ones may be, in words; `None` too when it cannot be read.
#[must_use]
pub fn weak_password(config: &KeysSection) -> Option<String> {
    let weakness = oracle_keys::check_password(&password(&config.password_file).ok()?).err()?;
    Some(format!("keys.password_file: {weakness}"))
}

/// What `keygen` and `keys` print: the entry of this member for the oracles file, and the earlier transmitters.
/// Addresses carry their checksum, so that a digit mistyped on the way is found.
#[must_use]
pub fn public_json(keys: &Keystore, config: &Config) -> serde_json::Value {
    let identity = identity(keys);
    let mut public = json!({
        "signer": identity.signer.to_string(),
        "transmitter": identity.transmitter.to_string(),
        "peerId": identity.peer_id,
        "offchainPublicKey": format!("0x{}", hex::encode(identity.offchain_public_key)),
        "listen": config.net.listen,
    });
    if !identity.earlier_transmitters.is_empty() {
        let earlier = identity.earlier_transmitters.iter().map(ToString::to_string);
        public["earlierTransmitters"] = earlier.collect();
    }
    public
}

/// The public part of a generation of keys for secrets, for the Coordinator's owner: the threshold key's JSON as text,
/// the DON key's 64 bytes in hex.
#[must_use]
pub fn generation_json(keys: &SecretsKeys) -> serde_json::Value {
    json!({
        "digest": keys.digest.to_string(),
        "attempt": keys.attempt,
        "index": keys.index,
        "members": keys.threshold.members(),
        "threshold": keys.needed,
        "thresholdPublicKey": keys.threshold.encode(),
        "donPublicKey": format!("0x{}", hex::encode(keys.don.encode())),
        "transcript": keys.transcript.to_string(),
    })
}

/// The public halves.
#[must_use]
pub fn identity(keys: &Keystore) -> Identity {
    let public = keys.public();
    Identity {
        signer: public.signer,
        transmitter: public.transmitter,
        peer_id: peers::peer_id(keys),
        offchain_public_key: public.offchain_public_key.0,
        earlier_transmitters: public.earlier_transmitters,
        secrets_keys: keys.secrets_keys().cloned().collect(),
    }
}

/// Reads a password file: its trimmed content.
///
/// # Errors
/// When it cannot be read or is longer than a password.
pub fn password(path: &Path) -> Result<String> {
    let mut text = String::new();
    let read = functions_input::file::open(path)
        .and_then(|file| file.take(MAX_PASSWORD_BYTES + 1).read_to_string(&mut text));
    read.map_err(|error| {
        let remedy = remedy(&error, "write the password into it");
        eyre!(error).wrap_err(format!("the password file {} cannot be read; {remedy}", path.display()))
    })?;
    if text.len() as u64 > MAX_PASSWORD_BYTES {
        bail!("the password file {} is longer than a password can be", path.display());
    }
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn remedy_fits_what_the_system_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = KeysSection {
            keystore: folder.path().join("keystore.json"),
            password_file: folder.path().join("password"),
        };
        assert!(
            format!("{:#}", hold(&config).expect_err("absent")).contains("`functions-node keygen` makes one")
        );
        // A file that one may not read is there: who is told to make one would lose keys.
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let words = remedy(&denied, "`functions-node keygen` makes one");
        assert!(words.contains("give it to the node's user") && !words.contains("keygen"), "{words}");
        let missing = format!("{:#}", password(&config.password_file).expect_err("absent"));
        assert!(missing.contains("write the password into it"), "{missing}");
        fs::create_dir(&config.password_file).expect("a folder");
        let folder = format!("{:#}", password(&config.password_file).expect_err("a folder"));
        assert!(folder.contains("it is a folder") && !folder.contains("write the password"), "{folder}");
        assert!(!folder.contains("os error"), "{folder}");
        fs::write(&config.keystore, [0xff, 0xfe]).expect("a file");
        let bytes = format!("{:#}", password(&config.keystore).expect_err("no text"));
        assert!(bytes.contains("it holds something else than text"), "{bytes}");
    }

    #[test]
    fn loose_files_are_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let config =
            KeysSection { keystore: "/dev/zero".into(), password_file: folder.path().join("password") };
        fs::write(&config.password_file, "").expect("a file");
        fs::set_permissions(&config.password_file, fs::Permissions::from_mode(0o644)).expect("ours");
        let loose = loose_files(&config);
        assert!(loose.len() == 1 && loose[0].starts_with("keys.password_file"), "{loose:?}");
        let folders = KeysSection { keystore: folder.path().into(), password_file: "/dev/stdin".into() };
        assert!(loose_files(&folders).is_empty(), "nobody is told to change the mode of a folder or a pipe");
    }
}
