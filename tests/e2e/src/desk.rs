//! Where somebody deploys from: a key and a configuration in a folder.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use functions_network::{DEV_KEYS, Folder};
use test_support::place::contracts;
use test_support::{DON, Said, functions};

/// A deployer's folder.
pub struct Desk(Folder);

impl Desk {
    /// The owner of development chains, who deploys a token and feeds, too.
    ///
    /// # Panics
    /// When there is no temporary folder.
    #[expect(clippy::new_without_default, reason = "it makes a folder")]
    pub fn new() -> Self {
        let desk = Self(Folder::create().expect("a folder"));
        desk.write("owner.key", DEV_KEYS[0]);
        desk.write("deploy.toml", &Self::config(""));
        desk
    }

    /// The configuration, with more lines at its beginning.
    pub fn config(first: &str) -> String {
        format!(
            "{first}owner_key_file = \"owner.key\"\ndon_id = \"{DON}\"\n[link]\ndev_supply_link = 1000\n\
             [feeds]\ndev_wei_per_link = 6000000000000000\ndev_usd_per_link = 1500000000\n"
        )
    }

    /// Its folder.
    pub const fn folder(&self) -> &Folder {
        &self.0
    }

    /// A file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file in it.
    ///
    /// # Panics
    /// When that fails.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file");
    }

    /// Runs `functions deploy` with `deploy.toml`.
    ///
    /// # Panics
    /// When the program does not run.
    pub fn deploy(&self, url: &str, options: &[&str]) -> Said {
        Command::new(functions())
            .args(["deploy", "--rpc-url", url, "--config"])
            .arg(self.path("deploy.toml"))
            .arg("--contracts")
            .arg(contracts())
            .args(options)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .output()
            .expect("the tool runs")
            .into()
    }
}
