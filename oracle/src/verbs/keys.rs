//! `functions-node keys`: show, export, import, change the password, rotate the transmitter.
//!
//! A key is printed by none of them; it leaves the keystore only into a private file.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use alloy::primitives::{Address, B256, U256};
use eyre::{Result, WrapErr, bail, ensure, eyre};
use functions_input::address;
use oracle_keys::{Export, KeyError, Keystore, PublicKeys, TransmitterKey};
use serde_json::json;

use super::{amount, withdraw};
use crate::{
    chain,
    config::Config,
    keys::{self, generation_json, public_json},
};

/// What is done with the keys.
#[derive(clap::Subcommand, Debug)]
pub enum Verb {
    /// Prints the public keys
    Show(OnlyConfig),
    /// Writes a key to a new file, encrypted as every Ethereum wallet reads it (Web3 secret storage, version 3)
    Export(ExportOptions),
    /// Makes a keystore whose transmitter is an existing key; the other keys are new
    Import(ImportOptions),
    /// Encrypts the keystore with another password, and puts that into the password file
    Password(PasswordOptions),
    /// Adds a new transmitter key; the node uses it once the Coordinator's configuration names it
    RotateTransmitter(RotateOptions),
    /// Forgets an earlier transmitter key, when nothing is left on its account
    DropTransmitter(DropOptions),
    /// Forgets a generation of keys for secrets, when no stored secret needs it
    DropSecrets(DropSecretsOptions),
}

/// Options of verbs that need nothing else.
#[derive(clap::Args, Debug)]
pub struct OnlyConfig {
    /// The configuration file
    #[arg(long)]
    config: PathBuf,
}

/// Options of `keys export`.
#[derive(clap::Args, Debug)]
pub struct ExportOptions {
    /// The configuration file
    #[arg(long)]
    config: PathBuf,
    /// The new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Address of the key, the signer's or a transmitter's; the present transmitter when left out
    #[arg(long, value_name = "ADDRESS", value_parser = address::parse)]
    key: Option<Address>,
    /// A file whose trimmed content is the new file's password; the keystore's own when left out
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Write the key in the clear: 64 hexadecimal digits
    #[arg(long, conflicts_with = "password_file")]
    raw: bool,
}

/// Options of `keys import`.
#[derive(clap::Args, Debug)]
pub struct ImportOptions {
    /// The configuration file
    #[arg(long)]
    config: PathBuf,
    /// A file with the transmitter's key: Web3 secret storage, or 64 hexadecimal digits
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// A file whose trimmed content is that file's password; the keystore's own when left out
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// Options of `keys password`.
#[derive(clap::Args, Debug)]
pub struct PasswordOptions {
    /// The configuration file
    #[arg(long)]
    config: PathBuf,
    /// A file whose trimmed content is the new password
    #[arg(long, value_name = "FILE")]
    new_password_file: PathBuf,
}

/// Options of `keys rotate-transmitter`.
#[derive(clap::Args, Debug)]
pub struct RotateOptions {
    /// The configuration file
    #[arg(long)]
    config: PathBuf,
    /// Take this key instead of drawing one: Web3 secret storage, or 64 hexadecimal digits
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// A file whose trimmed content is that file's password; the keystore's own when left out
    #[arg(long, value_name = "FILE", requires = "from")]
    password_file: Option<PathBuf>,
}

/// Options of `keys drop-transmitter`.
#[derive(clap::Args, Debug)]
pub struct DropOptions {
    /// The configuration file
    #[arg(long)]
    config: PathBuf,
    /// The earlier transmitter
    #[arg(value_name = "ADDRESS", value_parser = address::parse)]
    transmitter: Address,
    /// Another Coordinator that may owe it something
    #[arg(long, value_name = "ADDRESS", value_parser = address::parse)]
    coordinator: Option<Address>,
    /// The LINK token, to see whether the account itself holds any
    #[arg(long, value_name = "ADDRESS", value_parser = address::parse, required_unless_present = "abandon")]
    link: Option<Address>,
    /// Forget the key although LINK or ether is left on the account, which nobody can then move
    #[arg(long)]
    abandon: bool,
}

/// Options of `keys drop-secrets`.
#[derive(clap::Args, Debug)]
pub struct DropSecretsOptions {
    /// The configuration file
    #[arg(long)]
    config: PathBuf,
    /// The generation's transcript, which `keys show` lists
    #[arg(value_name = "TRANSCRIPT")]
    transcript: B256,
}

/// Runs a verb.
///
/// # Errors
/// What stands in the way, in words.
pub async fn run(verb: Verb) -> Result<()> {
    match verb {
        Verb::Show(options) => show(&options),
        Verb::Export(options) => export(&options),
        Verb::Import(options) => import(&options).await,
        Verb::Password(options) => password(&options),
        Verb::RotateTransmitter(options) => rotate(&options),
        Verb::DropTransmitter(options) => drop_transmitter(&options).await,
        Verb::DropSecrets(options) => drop_secrets(&options),
    }
}

fn show(options: &OnlyConfig) -> Result<()> {
    let config = Config::load(&options.config)?;
    let unlocked = keys::open(&config.keys)?;
    let mut public = public_json(&unlocked, &config);
    let generations: Vec<_> = unlocked.secrets_keys().map(generation_json).collect();
    if !generations.is_empty() {
        public["secretsKeys"] = generations.into();
    }
    super::print_line(&public)
}

fn export(options: &ExportOptions) -> Result<()> {
    let not_exported = |error: KeyError| {
        let words = match &error {
            KeyError::Io { source, .. } => {
                let out = options.out.display();
                format!("--out {out} is not written; {}", not_written(source))
            }
            KeyError::Unknown(_) => "--key; `keys show` lists the signer and the transmitters".to_owned(),
            _ => format!("--out {}", options.out.display()),
        };
        eyre!(error).wrap_err(words)
    };
    let config = Config::load(&options.config)?;
    let unlocked = keys::open(&config.keys)?;
    let address = options.key.unwrap_or_else(|| unlocked.public().transmitter);
    if options.raw {
        unlocked.export(address, &options.out, &Export::Raw).map_err(not_exported)?;
        crate::told::say(format!(
            "{} holds a private key in the clear; whoever reads it owns the account",
            options.out.display()
        ));
    } else {
        let password = match &options.password_file {
            Some(file) => new_password(file)?,
            // The key is as safe in the new file as in the keystore.
            None => keys::password(&config.keys.password_file)?,
        };
        unlocked.export(address, &options.out, &Export::Encrypted(&password)).map_err(not_exported)?;
    }
    super::print(&json!({ "address": address.to_string(), "file": options.out, "encrypted": !options.raw }))
}

/// What helps against a file that cannot be made.
fn not_written(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "name a file in a folder that you may write to",
        _ => keys::remedy(error, "make the folder first, for its owner alone, or name another"),
    }
}

async fn import(options: &ImportOptions) -> Result<()> {
    let config = Config::load(&options.config)?;
    if config.keys.keystore.exists() {
        bail!(
            "keys.keystore: {} exists already and is not overwritten; `keys rotate-transmitter --from {}` adds the key to it",
            config.keys.keystore.display(),
            options.from.display()
        );
    }
    let password = keys::password(&config.keys.password_file)?;
    let key = transmitter_key(&config, &options.from, options.password_file.as_deref())?;
    let made = Keystore::create_with_transmitter(&config.keys.keystore, &password, key)
        .map_err(|error| keys::not_made(&config.keys, error))?;
    if let Err(err) = crate::memory::begin(&config, made.public().signer).await {
        crate::told::say(format!("the journal could not be made together with the keys ({err:#})"));
    }
    super::print_line(&public_json(&made, &config))
}

fn password(options: &PasswordOptions) -> Result<()> {
    let config = Config::load(&options.config)?;
    let _hold = keys::hold(&config.keys)?;
    let new = new_password(&options.new_password_file)?;
    let path = &config.keys.keystore;
    // Where an earlier run was cut short between the two files, the keystore has the new password already.
    let unlocked = match Keystore::open(path, &new) {
        Ok(unlocked) => unlocked,
        Err(_) => {
            let unlocked = keys::unlock(&config.keys, &keys::password(&config.keys.password_file)?)?;
            unlocked.save(path, &new)?;
            unlocked
        }
    };
    put_password(&config.keys.password_file, &new)?;
    super::print(
        &json!({ "keystore": path, "passwordFile": config.keys.password_file, "signer": unlocked.public().signer.to_string() }),
    )
}

/// The key in the file `--from`, opened with the password in `password_file` or else the keystore's own.
fn transmitter_key(config: &Config, from: &Path, password_file: Option<&Path>) -> Result<TransmitterKey> {
    refuse_key(from)?;
    let tried = password_file.unwrap_or(&config.keys.password_file);
    TransmitterKey::read(from, &keys::password(tried)?).map_err(|error| {
        let shown = from.display();
        let words = match &error {
            KeyError::WrongPassword { .. } if password_file.is_some() => {
                format!("--from {shown} is not opened by the password in --password-file {}", tried.display())
            }
            KeyError::WrongPassword { .. } => format!(
                "--from {shown} is not opened by the password in keys.password_file {}; give its own with --password-file",
                tried.display()
            ),
            KeyError::Io { source, .. } => {
                format!("--from {shown} is not read; {}", keys::remedy(source, "correct --from"))
            }
            _ => format!("--from {shown} is not taken"),
        };
        eyre!(error).wrap_err(words)
    })
}

/// Refuses a key in place of the name of its file, without showing it.
fn refuse_key(from: &Path) -> Result<()> {
    ensure!(
        from.exists() || !functions_input::secret::holds_key(from.as_os_str().as_encoded_bytes()),
        "--from takes the name of a file, not the key itself, which is not shown here; put it into a file that only you may read, and name that file"
    );
    Ok(())
}

/// The password in a file, when it may encrypt a new one.
fn new_password(file: &Path) -> Result<String> {
    let password = keys::password(file)?;
    oracle_keys::check_password(&password)
        .wrap_err_with(|| format!("the new password in {}", file.display()))?;
    Ok(password)
}

/// Puts the password in its file, as a whole and private.
fn put_password(path: &Path, password: &str) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut file| {
            file.write_all(password.as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, path)
        })
        .wrap_err_with(|| {
            format!(
                "the keystore has the new password, but keys.password_file {} cannot be written; put the password there or run this again",
                path.display()
            )
        })
}

fn rotate(options: &RotateOptions) -> Result<()> {
    let config = Config::load(&options.config)?;
    let _hold = keys::hold(&config.keys)?;
    let password = keys::password(&config.keys.password_file)?;
    let path = &config.keys.keystore;
    let mut unlocked = keys::unlock(&config.keys, &password)?;
    let next = match &options.from {
        Some(from) => Some(transmitter_key(&config, from, options.password_file.as_deref())?),
        None => None,
    };
    unlocked.rotate_transmitter(next)?;
    unlocked.save(path, &password)?;
    crate::told::say(after_rotation(&unlocked.public()));
    super::print_line(&public_json(&unlocked, &config))
}

/// What is to be done after a rotation. The chain is not asked, so of several earlier transmitters nobody knows here
/// which one the configuration names.
fn after_rotation(keys: &PublicKeys) -> String {
    let now = keys.transmitter;
    let (kept, goes_on, each, old) = match keys.earlier_transmitters.as_slice() {
        [before] => ("both keys".to_owned(), before.to_string(), "", before.to_string()),
        earlier => (
            format!("{} transmitters' keys", 1 + earlier.len()),
            format!(
                "the one of these that the configuration names: {}",
                earlier.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            ),
            " for each of them",
            "ADDRESS".to_owned(),
        ),
    };
    format!(
        "the keystore has {kept}. Next: send ether to {now}; start the node; have the Coordinator's owner replace this\n\
         member's entry in the oracles file with the one below and deploy again. Until then the node goes on as {goes_on}.\n\
         Afterwards: stop the node, and{each} `withdraw --transmitter {old} --to … --link … --ether all`, then\n\
         `keys drop-transmitter {old} --link …`."
    )
}

async fn drop_transmitter(options: &DropOptions) -> Result<()> {
    let config = Config::load(&options.config)?;
    let _hold = keys::hold(&config.keys)?;
    let password = keys::password(&config.keys.password_file)?;
    let path = &config.keys.keystore;
    let mut unlocked = keys::unlock(&config.keys, &password)?;
    let gone = options.transmitter;
    if !unlocked.public().earlier_transmitters.contains(&gone) {
        bail!("{gone} is no earlier transmitter of this keystore; `keys show` lists them");
    }
    let left = left_on(&config, &unlocked, options).await?;
    if !left.worth_moving.is_empty() && !options.abandon {
        bail!(
            "{} still has {}; move it with `withdraw --transmitter {gone} --to … --link … --ether all`, or give --abandon",
            gone,
            left.worth_moving.join(" and ")
        );
    }
    unlocked.drop_transmitter(gone);
    unlocked.save(path, &password)?;
    super::print(&json!({
        "dropped": gone.to_string(),
        "abandoned": left.worth_moving,
        "etherLeft": amount::show(left.wei),
        "keys": public_json(&unlocked, &config),
    }))
}

fn drop_secrets(options: &DropSecretsOptions) -> Result<()> {
    let config = Config::load(&options.config)?;
    let _hold = keys::hold(&config.keys)?;
    let password = keys::password(&config.keys.password_file)?;
    let mut unlocked = keys::unlock(&config.keys, &password)?;
    let gone = options.transcript;
    ensure!(
        unlocked.drop_generation(gone),
        "no generation has the transcript {gone}; `keys show` lists them"
    );
    unlocked.save(&config.keys.keystore, &password)?;
    super::print(&json!({ "dropped": gone.to_string(), "left": unlocked.secrets_keys().count() }))
}

/// What would be lost with a key.
struct Left {
    /// In words, what can be moved for less than it is worth.
    worth_moving: Vec<String>,
    /// All the ether on the account, in wei.
    wei: U256,
}

/// What would be lost with the key of an earlier transmitter.
async fn left_on(config: &Config, unlocked: &Keystore, options: &DropOptions) -> Result<Left> {
    let rpc = withdraw::connect(config).await?;
    let gone = options.transmitter;
    let wallet = unlocked.wallet_of(gone).expect("it was found in the keystore");
    let account =
        super::account::Account { rpc: &rpc, chain_id: config.chain.chain_id, address: gone, wallet };
    let mut coordinators = vec![withdraw::coordinator(config, &rpc, None).await?];
    coordinators.extend(options.coordinator);
    let mut worth_moving = Vec::new();
    for coordinator in coordinators {
        let call = functions_types::abi::Coordinator::transmittersCall {};
        if chain::view(&rpc, coordinator, call).await?.contains(&gone) {
            bail!(
                "{gone} is a transmitter of the configuration in force at {coordinator}; change that first"
            );
        }
        let earned = account.earned_juels(coordinator).await?;
        if !earned.is_zero() {
            worth_moving.push(format!("{} LINK at the Coordinator {coordinator}", amount::show(earned)));
        }
    }
    match options.link {
        Some(link) => {
            withdraw::is_token(&rpc, link, gone).await?;
            let held = account.link_juels(link).await?;
            if !held.is_zero() {
                worth_moving.push(format!("{} LINK on the account itself", amount::show(held)));
            }
        }
        None => crate::told::say("without --link nobody looked for LINK on the account itself"),
    }
    let wei = account.ether_wei().await?;
    // Less than moving it may cost stays behind: nobody could send it.
    if !account.movable_wei(gone).await?.is_zero() {
        worth_moving.push(format!("{} ether", amount::show(wei)));
    }
    Ok(Left { worth_moving, wei })
}

#[cfg(test)]
mod tests {
    use functions_types::abi::Coordinator::ConfigSet;

    use super::*;

    #[test]
    fn a_key_in_place_of_its_file_is_not_said_again() {
        let key = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
        for given in [key.to_owned(), format!("0x{key}"), format!("./{key}.json")] {
            let said = format!("{:?}", refuse_key(Path::new(&given)).expect_err("no file"));
            assert!(said.contains("not shown") && !said.contains(&key[..8]), "{said}");
        }
        refuse_key(Path::new("0x2c7536e3605d9c16a7a3d7b1898e529396a65c23.json")).expect("a name");
        let folder = tempfile::tempdir().expect("a folder");
        let named_so = folder.path().join(key);
        fs::write(&named_so, "{}").expect("written");
        refuse_key(&named_so).expect("a file that is there");
    }

    #[test]
    fn a_rotation_before_the_last_one_took_effect_says_which_key_goes_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keystore.json");
        let mut keys = Keystore::create(&path, "correct horse battery").expect("made");
        let first = keys.public();
        keys.rotate_transmitter(None).expect("room");
        let said = after_rotation(&keys.public());
        assert!(said.contains(&format!("goes on as {}.", first.transmitter)), "{said}");
        assert!(said.contains(&format!("`keys drop-transmitter {} --link …`", first.transmitter)), "{said}");

        let second = keys.public().transmitter;
        keys.rotate_transmitter(None).expect("room");
        let third = keys.public().transmitter;
        let said = after_rotation(&keys.public());
        assert!(said.contains(&format!("send ether to {third}")), "{said}");
        let names =
            format!("the one of these that the configuration names: {second}, {}.", first.transmitter);
        assert!(said.contains(&format!("goes on as {names}")), "{said}");
        assert!(said.contains("for each of them `withdraw --transmitter ADDRESS"), "{said}");
        // And so it does.
        for named in [first.transmitter, second, third] {
            let (signers, transmitters) = (vec![first.signer], vec![named]);
            let event = ConfigSet { signers, transmitters, ..ConfigSet::default() };
            assert_eq!(crate::keys::identity(&keys).as_configured(&event).transmitter, named);
        }
    }
}
