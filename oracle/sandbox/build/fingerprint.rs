//! What the runtime hash is a hash of: the sources and settings that decide what a script computes.
//!
//! | part | how it enters |
//! | --- | --- |
//! | this crate, and every crate of the tree that comes as a folder (ours, and what is patched) | name and bytes of each file |
//! | crates of a registry, the engine and the platform's JavaScript among them | the lock file's name, version and checksum |
//! | features of the direct dependencies | their entries in the workspace's table |
//! | build settings of the engine | `.cargo/config.toml` and what it names; flags for the C compiler, where there are any |
//!
//! Nothing of the machine enters: no path, user, time or processor, and of the compilers only what they are told. What
//! does not decide a result is named in [`EXCUSED`] and [`ASIDE`], with its reason; everything else counts, so a new
//! file counts by itself. A change of something that counts but has no say in a given script gives a new hash all the
//! same: with compilers that do as they should, equal hashes promise equal results, unequal ones nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Files of our crates that decide no result, as `crate/path`, and why.
pub(crate) const EXCUSED: &[(&str, &str)] = &[
    ("functions-sandbox/src/seccomp.rs", "a run that meets this wall is killed, never answered otherwise"),
    (
        "functions-sandbox/src/walls.rs",
        "a run that meets one of these walls is killed, never answered otherwise",
    ),
    ("functions-sandbox/src/zygote.rs", "starts and reaps runs; no value of a script passes through"),
];

/// Folders and files beside the sources in any crate's folder, and why they decide no result.
pub(crate) const ASIDE: &[(&str, &str)] = &[
    ("target", "made by the build"),
    ("tests", "compiled into other programs"),
    ("benches", "compiled into other programs"),
    ("examples", "compiled into other programs"),
    ("fuzz", "compiled into other programs"),
    ("README.md", "read by people"),
    ("CHANGELOG.md", "read by people"),
];

/// Files of the workspace that steer the build of the engine.
pub(crate) const SETTINGS: &[&str] = &[".cargo/config.toml", "scripts/cmake/simde.cmake"];

/// One crate of the lock file.
struct Locked {
    version: String,
    /// Empty for a crate that comes as a folder.
    checksum: String,
    dependencies: Vec<String>,
}

/// Everything that counts, by name.
pub(crate) type Covered = BTreeMap<String, Vec<u8>>;

/// Collects what counts for crate `root`, whose workspace lies in `workspace`. `folder` says where the sources of a
/// crate without a checksum are.
///
/// # Errors
/// A text for the person who builds: an unreadable file, or a lock file that is not one.
pub(crate) fn collect(
    workspace: &Path,
    root: &str,
    folder: &dyn Fn(&str) -> Option<PathBuf>,
) -> Result<Covered, String> {
    let lock = locked(&read_text(&workspace.join("Cargo.lock"))?)?;
    let table: toml::Table = parse(&workspace.join("Cargo.toml"))?;
    let mut covered = Covered::new();
    let mut seen = BTreeSet::new();
    let mut waiting = vec![find(&lock, root)?];
    while let Some(key) = waiting.pop() {
        if !seen.insert(key) {
            continue;
        }
        let entry = &lock[key];
        for dependency in &entry.dependencies {
            waiting.push(find(&lock, dependency)?);
        }
        let name = &key.0;
        if !entry.checksum.is_empty() {
            covered.insert(format!("{name} {}", entry.version), entry.checksum.clone().into_bytes());
            continue;
        }
        let folder = folder(name).ok_or_else(|| format!("the sources of {name} are not to be found"))?;
        add_files(&folder, &folder, name, &mut covered)?;
        for (dependency, entry) in features(&folder, &table)? {
            covered.insert(format!("{name} takes {dependency}"), entry.into_bytes());
        }
    }
    for file in SETTINGS {
        covered.insert((*file).to_owned(), read(&workspace.join(file))?);
    }
    for (excused, _) in EXCUSED {
        covered.remove(*excused).ok_or_else(|| format!("{excused} is excused but does not exist"))?;
    }
    Ok(covered)
}

/// The hash: SHA-256 over number of parts, then length and bytes of each name and each content, lengths as 8 bytes,
/// little-endian.
pub(crate) fn digest(covered: &Covered) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update((covered.len() as u64).to_le_bytes());
    for (name, bytes) in covered {
        for part in [name.as_bytes(), bytes] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    hash.finalize().into()
}

type Lock = BTreeMap<(String, String), Locked>;

fn locked(text: &str) -> Result<Lock, String> {
    let table: toml::Table = text.parse().map_err(|error| format!("Cargo.lock: {error}"))?;
    let packages =
        table.get("package").and_then(toml::Value::as_array).ok_or("Cargo.lock names no packages")?;
    let mut lock = Lock::new();
    for package in packages {
        let text = |key: &str| package.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        let dependencies = package.get("dependencies").and_then(toml::Value::as_array);
        let dependencies = dependencies.into_iter().flatten().filter_map(toml::Value::as_str);
        let entry = Locked {
            version: text("version"),
            checksum: text("checksum"),
            dependencies: dependencies.map(str::to_owned).collect(),
        };
        if entry.checksum.is_empty() && !text("source").is_empty() {
            return Err(format!("{} comes from {}, without a checksum", text("name"), text("source")));
        }
        lock.insert((text("name"), entry.version.clone()), entry);
    }
    Ok(lock)
}

/// The crate a dependency line means: `name`, or `name version` where there are several.
fn find<'l>(lock: &'l Lock, line: &str) -> Result<&'l (String, String), String> {
    let (name, version) = line.split_once(' ').unwrap_or((line, ""));
    let version = version.split(' ').next().unwrap_or_default();
    lock.keys()
        .find(|key| key.0 == name && (version.is_empty() || key.1 == version))
        .ok_or_else(|| format!("Cargo.lock does not know {line}"))
}

/// What the workspace's table says of the dependencies of the crate in `folder`: version and features.
fn features(folder: &Path, workspace: &toml::Table) -> Result<Vec<(String, String)>, String> {
    let manifest: toml::Table = parse(&folder.join("Cargo.toml"))?;
    let table = workspace.get("workspace").and_then(|w| w.get("dependencies"));
    let names = manifest.get("dependencies").and_then(toml::Value::as_table);
    Ok(names
        .into_iter()
        .flat_map(toml::Table::keys)
        .filter_map(|name| Some((name.clone(), table?.get(name)?.to_string())))
        .collect())
}

fn add_files(root: &Path, folder: &Path, name: &str, covered: &mut Covered) -> Result<(), String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| format!("{}: {error}", folder.display()))?.path();
        let inner = path.strip_prefix(root).map_err(|error| error.to_string())?;
        let inner = inner.to_str().ok_or_else(|| format!("{}: the name is no text", path.display()))?;
        // Hidden files are the tools' own.
        if inner.starts_with('.') || ASIDE.iter().any(|(aside, _)| *aside == inner) {
            continue;
        }
        if path.is_dir() {
            add_files(root, &path, name, covered)?;
        } else {
            covered.insert(format!("{name}/{inner}"), read(&path)?);
        }
    }
    Ok(())
}

fn parse(path: &Path) -> Result<toml::Table, String> {
    read_text(path)?.parse().map_err(|error| format!("{}: {error}", path.display()))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn read_text(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
