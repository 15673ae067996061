//! The runtime hash knows every file that has a say, and nothing of the machine.

#[path = "../build/fingerprint.rs"]
mod fingerprint;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fingerprint::{Covered, EXCUSED, collect, digest};

/// The crates of the sandbox that come as folders of this checkout.
const OURS: [(&str, &str); 3] = [
    ("functions-sandbox", "oracle/sandbox"),
    ("oracle-frames", "oracle/frames"),
    ("functions-types", "crates/types"),
];
const SETTINGS: [&str; 4] = ["Cargo.lock", "Cargo.toml", ".cargo/config.toml", "scripts/cmake/simde.cmake"];

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this crate lies in oracle/sandbox")
}

/// The folders of crates the workspace patches, by name.
fn patched(workspace: &Path) -> Vec<(String, PathBuf)> {
    let text = std::fs::read_to_string(workspace.join("Cargo.toml")).expect("a manifest");
    let table: toml::Table = text.parse().expect("TOML");
    let patches = table.get("patch").and_then(|patch| patch.get("crates-io")).and_then(toml::Value::as_table);
    let patches = patches.into_iter().flatten();
    patches
        .filter_map(|(name, entry)| Some((name.clone(), workspace.join(entry.get("path")?.as_str()?))))
        .collect()
}

fn collected(workspace: &Path) -> Covered {
    let patched = patched(self::workspace());
    let folder = |name: &str| -> Option<PathBuf> {
        let ours = OURS.iter().find(|(ours, _)| *ours == name).map(|(_, folder)| workspace.join(folder));
        ours.or_else(|| patched.iter().find(|(ours, _)| ours == name).map(|(_, folder)| folder.clone()))
    };
    collect(workspace, "functions-sandbox", &folder).expect("the checkout is whole")
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// A copy of the files of this checkout that the hash is made of.
fn copied() -> tempfile::TempDir {
    let to = tempfile::tempdir().expect("a folder");
    let ours = OURS.iter().flat_map(|(_, folder)| files(&workspace().join(folder)));
    for path in SETTINGS.iter().map(|file| workspace().join(file)).chain(ours) {
        let target = to.path().join(path.strip_prefix(workspace()).expect("below the workspace"));
        std::fs::create_dir_all(target.parent().expect("a file has a folder")).expect("a writable folder");
        std::fs::copy(path, target).expect("a copy");
    }
    to
}

/// The sources of our crates below `workspace`, with the names the hash gives them.
fn sources(workspace: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for (name, folder) in OURS {
        let folder = workspace.join(folder);
        found.extend(files(&folder.join("src")).into_iter().map(|path| {
            let inner = path.strip_prefix(&folder).expect("below the crate");
            (format!("{name}/{}", inner.display()), path)
        }));
    }
    found
}

fn is_excused(file: &str) -> bool {
    EXCUSED.iter().any(|(excused, _)| *excused == file)
}

#[test]
fn every_source_file_is_covered_or_excused() {
    let covered = collected(workspace());
    let files = sources(workspace()).into_iter().map(|(file, _)| file);
    let missing: Vec<String> =
        files.filter(|file| !covered.contains_key(file) && !is_excused(file)).collect();
    assert!(missing.is_empty(), "neither covered by the runtime hash nor excused: {missing:?}");
    assert!(EXCUSED.iter().all(|(_, reason)| !reason.is_empty()));
}

#[test]
fn the_engine_and_the_platform_are_covered() {
    let covered = collected(workspace());
    for name in [
        "deno_core",
        "deno_web",
        "deno_webidl",
        "v8x",
        "serde_v8",
        "swc_ts_fast_strip",
        "core-math",
        "libm",
        "rsa",
    ] {
        let checksum =
            covered.iter().any(|(key, value)| key.starts_with(&format!("{name} ")) && value.len() == 64);
        let content = covered.keys().any(|key| key.starts_with(&format!("{name}/")));
        assert!(checksum || content, "{name} is not covered");
    }
}

#[test]
fn the_hash_is_that_of_the_files_and_not_of_their_place() {
    let elsewhere = copied();
    assert_eq!(digest(&collected(elsewhere.path())), digest(&collected(workspace())));
}

#[test]
fn one_changed_byte_gives_another_hash() {
    let elsewhere = copied();
    let hash = || digest(&collected(elsewhere.path()));
    let before = hash();
    let mut seen = BTreeSet::from([before]);
    let lock = std::fs::read_to_string(elsewhere.path().join("Cargo.lock")).expect("a lock file");
    let platform = &lock[lock.find("name = \"deno_web\"").expect("the platform is locked")..];
    let checksum = platform.lines().find(|line| line.starts_with("checksum")).expect("it has a checksum");
    for (file, old, new) in [
        ("Cargo.lock", checksum, "checksum = \"00\""),
        (".cargo/config.toml", "x86-64", "x86-65"),
        ("Cargo.toml", "deno_web = { version", "deno_web = { features = [\"x\"], version"),
    ] {
        let path = elsewhere.path().join(file);
        let text = std::fs::read_to_string(&path).expect("text");
        assert!(text.contains(old), "{file} has no {old}");
        std::fs::write(&path, text.replacen(old, new, 1)).expect("writable");
        assert!(seen.insert(hash()), "{file}");
        std::fs::write(&path, text).expect("writable");
    }
    for (file, path) in sources(elsewhere.path()) {
        let text = std::fs::read(&path).expect("readable");
        std::fs::write(&path, [&text[..], b" "].concat()).expect("writable");
        assert_eq!(seen.insert(hash()), !is_excused(&file), "{file}");
        std::fs::write(&path, text).expect("writable");
    }
    assert_eq!(hash(), before);
}
