//! The addresses file: what stands on the chain, kept current after every step so that a failure loses nothing.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use alloy::primitives::{Address, B256};
use functions_failure::{OrHelp as _, Result, WrapErr as _, failure};
use functions_input::address;
use functions_input::file::read_at_most;
use serde::{Deserialize, Serialize};

use crate::place::{beside, in_place, is_file_or_absent};

/// What to do about a file that is none, where one is written.
pub const REPAIR: &str = "correct it, make it anew from the addresses that `functions deploy` printed, or name another with `addresses_file`";

/// Largest addresses file read, in bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// The file's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entries {
    /// The chain everything below is on.
    pub chain_id: u64,
    /// Owner of the contracts.
    #[serde(with = "address")]
    pub owner: Address,
    /// First block a node has to look at.
    pub start_block: Option<u64>,
    /// LINK token.
    #[serde(
        default,
        deserialize_with = "address::deserialize_optional",
        serialize_with = "address::serialize_optional"
    )]
    pub link: Option<Address>,
    /// Feed: wei per LINK.
    #[serde(
        default,
        deserialize_with = "address::deserialize_optional",
        serialize_with = "address::serialize_optional"
    )]
    pub link_to_native_feed: Option<Address>,
    /// Feed: US dollars per LINK.
    #[serde(
        default,
        deserialize_with = "address::deserialize_optional",
        serialize_with = "address::serialize_optional"
    )]
    pub link_to_usd_feed: Option<Address>,
    /// Router.
    #[serde(
        default,
        deserialize_with = "address::deserialize_optional",
        serialize_with = "address::serialize_optional"
    )]
    pub router: Option<Address>,
    /// Coordinator.
    #[serde(
        default,
        deserialize_with = "address::deserialize_optional",
        serialize_with = "address::serialize_optional"
    )]
    pub coordinator: Option<Address>,
    /// Terms-of-service allow list.
    #[serde(
        default,
        deserialize_with = "address::deserialize_optional",
        serialize_with = "address::serialize_optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub allow_list: Option<Address>,
    /// Example consumer.
    #[serde(
        default,
        deserialize_with = "address::deserialize_optional",
        serialize_with = "address::serialize_optional"
    )]
    pub consumer: Option<Address>,
    /// Name of the DON's route.
    pub don_id: Option<String>,
    /// Digest of the oracle configuration in force.
    pub config_digest: Option<B256>,
}

impl Entries {
    /// Reads an addresses file; `help` says what its reader can do about one that is none.
    ///
    /// # Errors
    /// When it cannot be read or is no such file.
    pub fn read(file: &Path, help: &'static str) -> Result<Self> {
        let place = || format!("the addresses file {}", file.display());
        let Some(text) = read_at_most(file, MAX_BYTES).wrap_err_with(place)? else {
            let over = format!("{} is more than {MAX_BYTES} bytes: that is no addresses file", place());
            return Err(failure!(help = help, "{over}"));
        };
        serde_json::from_slice(&text).or_help(help).wrap_err_with(place)
    }
}

/// The entries and where they are kept.
pub struct Book {
    file: Option<PathBuf>,
    entries: Entries,
}

impl Book {
    /// Opens or begins the file.
    ///
    /// # Errors
    /// When it belongs to another chain or owner, or is not such a file.
    pub fn open(file: &Path, chain_id: u64, owner: Address) -> Result<Self> {
        let mut book = Self::in_memory(chain_id, owner);
        book.file = Some(in_place(file));
        if !file.exists() {
            return Ok(book);
        }
        let entries = Entries::read(file, REPAIR)?;
        if entries.chain_id != chain_id || entries.owner != owner {
            return Err(failure!(
                help = "name another file with `addresses_file`, or move this one away",
                "the addresses file {} belongs to chain {} and owner {}, not to chain {chain_id} and owner {owner}",
                file.display(),
                entries.chain_id,
                entries.owner
            ));
        }
        book.entries = entries;
        Ok(book)
    }

    /// A book that is not written anywhere.
    pub const fn in_memory(chain_id: u64, owner: Address) -> Self {
        let entries = Entries {
            chain_id,
            owner,
            start_block: None,
            link: None,
            link_to_native_feed: None,
            link_to_usd_feed: None,
            router: None,
            coordinator: None,
            allow_list: None,
            consumer: None,
            don_id: None,
            config_digest: None,
        };
        Self { file: None, entries }
    }

    /// What is known.
    pub const fn entries(&self) -> &Entries {
        &self.entries
    }

    /// Where they are kept, if anywhere.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Changes the entries and writes the file, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note(&mut self, change: impl FnOnce(&mut Entries)) -> Result<()> {
        change(&mut self.entries);
        let Some(file) = &self.file else { return Ok(()) };
        let text = serde_json::to_string_pretty(&self.entries).expect("addresses have JSON");
        replace(file, &(text + "\n")).wrap_err_with(|| format!("cannot write {}", file.display()))
    }
}

fn replace(file: &Path, text: &str) -> io::Result<()> {
    let new = beside(file, ".new");
    is_file_or_absent(file)?;
    is_file_or_absent(&new)?;
    // One that a killed run left behind.
    let _ = fs::remove_file(&new);
    let mut written = File::create_new(&new)?;
    written.write_all(text.as_bytes())?;
    written.sync_all()?;
    fs::rename(&new, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_refuses_a_mistyped_address() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("addresses.json");
        let right = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
        let good = format!(r#"{{"chainId": 7, "owner": "{right}", "router": "{right}", "link": null}}"#);
        std::fs::write(&file, &good).unwrap();
        assert_eq!(Entries::read(&file, REPAIR).unwrap().router, Some(right.parse().unwrap()));
        for key in ["owner", "router"] {
            let bad = good.replace(&format!("\"{key}\": \"0x5Fb"), &format!("\"{key}\": \"0x5Fc"));
            assert_ne!(bad, good);
            std::fs::write(&file, bad).unwrap();
            let error = Entries::read(&file, REPAIR).unwrap_err();
            assert!(error.chain().any(|words| words.contains("checksum")), "{key}: {error}");
            assert_eq!(error.help(), REPAIR);
        }
    }

    #[test]
    fn open_reads_back_what_note_wrote_and_refuses_another_chain() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("addresses.json");
        let mut book = Book::open(&file, 7, Address::ZERO).unwrap();
        let checksummed = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
        book.note(|e| e.router = Some(checksummed.parse().unwrap())).unwrap();
        assert!(std::fs::read_to_string(&file).unwrap().contains(checksummed));
        let again = Book::open(&file, 7, Address::ZERO).unwrap();
        assert_eq!(again.entries(), book.entries());
        assert!(Book::open(&file, 8, Address::ZERO).is_err());
    }

    #[test]
    fn note_follows_links_and_waits_for_no_pipe() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("addresses.json"), folder.path().join("link"));
        Book::open(&file, 7, Address::ZERO).unwrap().note(|_| {}).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let mut book = Book::open(&link, 7, Address::ZERO).unwrap();
        book.note(|e| e.start_block = Some(9)).unwrap();
        assert!(link.is_symlink());
        assert_eq!(Entries::read(&file, REPAIR).unwrap().start_block, Some(9));
        // A link that leads on to where no file is yet, and one that leads to itself.
        for (name, leads) in [("first", "second"), ("second", "later.json"), ("loop", "loop")] {
            std::os::unix::fs::symlink(leads, folder.path().join(name)).unwrap();
        }
        let first = folder.path().join("first");
        Book::open(&first, 7, Address::ZERO).unwrap().note(|e| e.start_block = Some(5)).unwrap();
        assert!(first.is_symlink() && folder.path().join("second").is_symlink());
        assert_eq!(Entries::read(&folder.path().join("later.json"), REPAIR).unwrap().start_block, Some(5));
        let round = folder.path().join("loop");
        Book::open(&round, 7, Address::ZERO).unwrap().note(|_| {}).unwrap_err();
        assert!(round.is_symlink());
        let new = folder.path().join("addresses.json.new");
        fs::write(&new, "cut").unwrap();
        book.note(|e| e.start_block = Some(10)).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&new).status().unwrap().success());
        let said: String = book.note(|e| e.start_block = Some(11)).unwrap_err().chain().collect();
        assert!(said.contains("is no file"), "{said}");
        assert_eq!(Entries::read(&file, REPAIR).unwrap().start_block, Some(10));
    }
}
