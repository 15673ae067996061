//! Opening the keystore, and the public half of it that the rest of the node may know.

use std::{fs, io::Read as _, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc};

use eyre::{Result, WrapErr, bail, eyre};
use oracle_keys::Keystore;
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
    let password = password(&config.password_file)?;
    let keys = Keystore::open(&config.keystore, &password).wrap_err("keys.keystore cannot be opened")?;
    Ok(Arc::new(keys))
}

/// Unlocks the keystore or makes a new one where there is none. The flag tells whether it was made.
///
/// # Errors
/// As [`open`].
#[expect(clippy::disallowed_macros, reason = "who asked for keys is told where they are")]
pub fn open_or_create(config: &KeysSection) -> Result<(Arc<Keystore>, bool)> {
    let password = password(&config.password_file)?;
    if let Some(folder) = config.keystore.parent() {
        fs::create_dir_all(folder)
            .wrap_err_with(|| format!("keys.keystore: {} cannot be made", folder.display()))?;
    }
    let (keys, created) = Keystore::open_or_create(&config.keystore, &password).wrap_err_with(|| {
        if config.keystore.exists() { "keys.keystore".to_owned() } else { new_keystore(config) }
    })?;
    if created {
        eprintln!("new keys are in {}", config.keystore.display());
    } else if let Some(words) = weak_password(config) {
        eprintln!("warning: {words}");
    }
    Ok((Arc::new(keys), created))
}

/// Which new file was not made, and the password's place.
pub(crate) fn new_keystore(config: &KeysSection) -> String {
    format!(
        "keys.keystore {} is not made with the password in keys.password_file {}",
        config.keystore.display(),
        config.password_file.display()
    )
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
        err => eyre!("keys.keystore: {err}; `functions-node keygen` makes one"),
    })
}

/// Unlocks the keystore and holds it.
///
/// # Errors
/// As [`open`] and [`hold`].
pub fn open_and_hold(config: &KeysSection) -> Result<(Arc<Keystore>, FileLock)> {
    let hold = hold(config)?;
    Ok((open(config)?, hold))
}

/// The files of the keys that others than this user may read, in words.
#[must_use]
pub fn loose_files(config: &KeysSection) -> Vec<String> {
    let files = [("keys.keystore", &config.keystore), ("keys.password_file", &config.password_file)];
    let loose = files.into_iter().filter_map(|(key, path)| {
        let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
        (mode & 0o077 != 0).then(|| format!("{key}: {} is open to others (mode {mode:03o})", path.display()))
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
#[must_use]
pub fn public_json(keys: &Keystore, config: &Config) -> serde_json::Value {
    let identity = identity(keys);
    let mut public = json!({
        "signer": identity.signer,
        "transmitter": identity.transmitter,
        "peerId": identity.peer_id,
        "offchainPublicKey": format!("0x{}", hex::encode(identity.offchain_public_key)),
        "listen": config.net.listen,
    });
    if !identity.earlier_transmitters.is_empty() {
        public["earlierTransmitters"] = json!(identity.earlier_transmitters);
    }
    public
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
    }
}

/// Reads a password file: its trimmed content.
///
/// # Errors
/// When it cannot be read or is longer than a password.
pub fn password(path: &Path) -> Result<String> {
    let remedy =
        || format!("the password file {} cannot be read; write the password into it", path.display());
    let mut text = String::new();
    let file = fs::File::open(path).wrap_err_with(remedy)?;
    file.take(MAX_PASSWORD_BYTES + 1).read_to_string(&mut text).wrap_err_with(remedy)?;
    if text.len() as u64 > MAX_PASSWORD_BYTES {
        bail!("the password file {} is longer than a password can be", path.display());
    }
    Ok(text.trim().to_owned())
}
