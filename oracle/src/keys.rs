//! Opening the keystore, and the public half of it that the rest of the node may know.

use std::{fs, path::Path, sync::Arc};

use eyre::{Result, WrapErr, bail};
use oracle_keys::Keystore;

use crate::{config::KeysConfig, engine::Identity, lock::FileLock, peers};

/// Largest password file read, in bytes.
const MAX_PASSWORD_BYTES: u64 = 4_096;

/// Unlocks the keystore.
///
/// # Errors
/// Which file is missing or wrong, and what to do.
pub fn open(config: &KeysConfig) -> Result<Arc<Keystore>> {
    let password = password(&config.password_file)?;
    let keys = Keystore::open(&config.keystore, &password).wrap_err("keys.keystore cannot be opened")?;
    Ok(Arc::new(keys))
}

/// Unlocks the keystore or makes a new one where there is none. The flag tells whether it was made.
///
/// # Errors
/// As [`open`].
pub fn open_or_create(config: &KeysConfig) -> Result<(Arc<Keystore>, bool)> {
    let password = password(&config.password_file)?;
    if let Some(folder) = config.keystore.parent() {
        fs::create_dir_all(folder)
            .wrap_err_with(|| format!("keys.keystore: {} cannot be made", folder.display()))?;
    }
    let (keys, created) = Keystore::open_or_create(&config.keystore, &password).wrap_err("keys.keystore")?;
    if created {
        eprintln!("new keys are in {}", config.keystore.display());
    }
    Ok((Arc::new(keys), created))
}

/// Keeps every other process from using the keystore, under whatever path.
///
/// # Errors
/// The process that uses it now, and what to do.
pub fn hold(config: &KeysConfig) -> Result<FileLock> {
    FileLock::take(&config.keystore)
        .wrap_err("keys.keystore: end the other process first, or give this node keys of its own")
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
    }
}

fn password(path: &Path) -> Result<String> {
    let remedy =
        || format!("keys.password_file: {} cannot be read; write the password into it", path.display());
    if fs::metadata(path).wrap_err_with(remedy)?.len() > MAX_PASSWORD_BYTES {
        bail!("keys.password_file: {} is longer than a password can be", path.display());
    }
    let text = fs::read_to_string(path).wrap_err_with(remedy)?;
    Ok(text.trim().to_owned())
}
