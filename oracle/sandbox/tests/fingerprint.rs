//! The runtime hash knows every file that has a say, and nothing of the machine.

#[path = "../build/fingerprint.rs"]
mod fingerprint;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fingerprint::{ASIDE, Covered, EXCUSED, SETTINGS, collect, digest};

/// The crates of the sandbox that come as folders of this checkout.
const OURS: [(&str, &str); 3] = [
    ("functions-sandbox", "oracle/sandbox"),
    ("oracle-frames", "oracle/frames"),
    ("functions-types", "crates/types"),
];
/// What the hash reads of the workspace beside [`SETTINGS`].
const TABLES: [&str; 2] = ["Cargo.lock", "Cargo.toml"];

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
    for path in TABLES.iter().chain(SETTINGS).map(|file| workspace().join(file)).chain(ours) {
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
        let beside = ["Cargo.toml", "build.rs", "build"].map(|name| folder.join(name));
        let beside = beside.into_iter().filter(|path| path.exists());
        let beside = beside.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] });
        found.extend(files(&folder.join("src")).into_iter().chain(beside).map(|path| {
            let inner = path.strip_prefix(&folder).expect("below the crate");
            (format!("{name}/{}", inner.display()), path)
        }));
    }
    found
}

fn is_excused(file: &str) -> bool {
    EXCUSED.iter().any(|(excused, _)| *excused == file)
}

/// Beside which crates lies what the hash leaves out, and why: of `third_party`, and of the settings.
const BESIDE: &[(&str, &str)] = &[
    ("third_party/v8x/README.md", "read by people"),
    ("third_party/v8x/apply", "makes `source`, which is covered file by file"),
    ("third_party/v8x/patches/", "are in `source`, which is covered file by file"),
    ("Cargo.lock", "covered entry by entry"),
];

/// Tables of the workspace's manifest that the hash leaves out, and why.
const UNREAD: &[(&str, &str)] = &[
    ("patch", "leads to folders, which are covered file by file"),
    ("profile", "speed and size; arithmetic that overflows ends a run in all of them, see the test below"),
    ("workspace.members", "other packages"),
    ("workspace.exclude", "other packages"),
    ("workspace.default-members", "what a bare build builds"),
    ("workspace.resolver", "features are united over the workspace by what its manifests say"),
    (
        "workspace.package",
        "names, licence, edition: an edition of ours is no setting of a machine, it comes with our sources",
    ),
    ("workspace.lints", "what the compiler says, not what it makes"),
];

#[test]
fn every_file_is_covered_or_excused() {
    let covered = collected(workspace());
    let crates = OURS.map(|(name, folder)| (name.to_owned(), workspace().join(folder)));
    let mut missing = Vec::new();
    for (name, folder) in crates.into_iter().chain(patched(workspace())) {
        for path in files(&folder) {
            let inner = path.strip_prefix(&folder).expect("below the crate").to_str().expect("text");
            let file = format!("{name}/{inner}");
            let first = inner.split('/').next().unwrap_or(inner);
            let aside = first.starts_with('.') || ASIDE.iter().any(|(aside, _)| *aside == first);
            if !covered.contains_key(&file) && !is_excused(&file) && !aside {
                missing.push(file);
            }
        }
    }
    let patches: Vec<PathBuf> = patched(workspace()).into_iter().map(|(_, folder)| folder).collect();
    for folder in ["third_party", ".cargo", "scripts/cmake"] {
        for path in files(&workspace().join(folder)) {
            if patches.iter().any(|patch| path.starts_with(patch)) {
                continue;
            }
            let inner = path.strip_prefix(workspace()).expect("below it").to_str().expect("text");
            let excused = |(beside, _): &(&str, &str)| {
                if beside.ends_with('/') { inner.starts_with(beside) } else { inner == *beside }
            };
            if !covered.contains_key(inner) && !BESIDE.iter().any(excused) {
                missing.push(inner.to_owned());
            }
        }
    }
    assert!(missing.is_empty(), "neither covered by the runtime hash nor excused: {missing:?}");
    let excuses = EXCUSED.iter().chain(ASIDE).chain(BESIDE).chain(UNREAD);
    assert!(excuses.clone().all(|(_, reason)| !reason.is_empty()));
    for (beside, _) in BESIDE {
        assert!(workspace().join(beside).exists(), "{beside} is excused but does not exist");
    }
    assert!(SETTINGS.iter().all(|file| covered.contains_key(*file)));
}

/// The manifest of the workspace.
fn manifest() -> toml::Table {
    let text = std::fs::read_to_string(workspace().join("Cargo.toml")).expect("a manifest");
    text.parse().expect("TOML")
}

#[test]
fn every_table_of_the_manifest_is_read_or_excused() {
    let manifest = manifest();
    let inner =
        manifest["workspace"].as_table().expect("a table").keys().map(|key| format!("workspace.{key}"));
    let outer = manifest.keys().filter(|key| *key != "workspace").cloned();
    for table in inner.chain(outer) {
        let known = table == "workspace.dependencies" || UNREAD.iter().any(|(unread, _)| *unread == table);
        assert!(known, "[{table}] is neither covered by the runtime hash nor excused");
    }
}

#[test]
fn profiles_for_a_host_compute_the_same() {
    let profiles = manifest()["profile"].as_table().expect("profiles").clone();
    for (name, profile) in profiles.iter().filter(|(name, _)| !["release", "dev"].contains(&name.as_str())) {
        let inherits = profile.get("inherits").and_then(toml::Value::as_str);
        let checks = profile.get("overflow-checks").and_then(toml::Value::as_bool);
        let checked = checks.unwrap_or(inherits == Some("node"));
        assert!(checked, "arithmetic that overflows in profile {name} would go on with another number");
    }
}

/// Name and version of every crate that is compiled into the program or helps to build it, as cargo resolves them.
fn crates_of_the_program() -> BTreeSet<(String, String)> {
    // For this platform only: a machine that has built has fetched no crates of others.
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let told = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", &host])
        .current_dir(workspace())
        .output()
        .expect("cargo runs");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let packages: BTreeMap<String, (String, String)> = list(&told["packages"])
        .iter()
        .map(|package| (text(&package["id"]), (text(&package["name"]), text(&package["version"]))))
        .collect();
    let root = packages.iter().find(|(_, (name, _))| name == "functions-sandbox").expect("this crate").0;
    let nodes: BTreeMap<String, Vec<String>> = list(&told["resolve"]["nodes"])
        .iter()
        .map(|node| {
            let compiled =
                |dep: &&serde_json::Value| list(&dep["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev");
            let deps = list(&node["deps"]);
            (text(&node["id"]), deps.iter().filter(compiled).map(|dep| text(&dep["pkg"])).collect())
        })
        .collect();
    let mut seen = BTreeSet::new();
    let mut waiting = vec![root.clone()];
    while let Some(id) = waiting.pop() {
        if seen.insert(id.clone()) {
            waiting.extend(nodes.get(&id).into_iter().flatten().cloned());
        }
    }
    seen.iter().filter_map(|id| packages.get(id).cloned()).collect()
}

#[test]
fn every_crate_of_the_program_is_covered() {
    let covered = collected(workspace());
    let crates = crates_of_the_program();
    assert!(crates.len() > 100, "cargo names {} crates", crates.len());
    for (name, version) in crates {
        let content = format!("{name}/");
        let is_covered = covered.contains_key(&format!("{name} {version}"))
            || covered.keys().any(|key| key.starts_with(&content));
        assert!(is_covered, "{name} {version} is in the program, and not in the runtime hash");
    }
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
