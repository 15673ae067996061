//! The archive of `scripts/dist` on freshly installed systems. `./scripts/test dist` makes both and names them in
//! `ARCHIVE` and
//! `BARE_ROOTS`, which is a list of folders; without them there is nothing to test here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use e2e_tests::{MEDIAN, word};
use serde_json::Value;
use test_support::place::root;

/// The oldest C library a supported system has: Debian 12 has 2.36, Ubuntu 22.04 has 2.35; one less is left free.
const NEWEST_GLIBC: (u32, u32) = (2, 34);
/// Shared libraries every system has with its C library.
const LIBRARIES: [&str; 4] = ["libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2"];
const PROGRAMS: [&str; 4] = ["functions", "functions-node", "functions-sandbox", "devchain"];

/// The archive unpacked in a folder that anybody may read, and the folder it holds.
fn unpacked() -> Option<(tempfile::TempDir, PathBuf)> {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(archive) = std::env::var_os("ARCHIVE") else {
        eprintln!("SKIPPED: ARCHIVE names no archive; run ./scripts/test dist");
        return None;
    };
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("our own folder");
    let done = Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(folder.path()).status();
    assert!(done.expect("tar runs").success());
    let mut inside = std::fs::read_dir(folder.path()).expect("readable");
    let inner = inside.next().expect("the archive holds a folder").expect("readable").path();
    assert!(inside.next().is_none(), "the archive holds more than one folder");
    Some((folder, inner))
}

fn output(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_archive_is_whole_and_says_whose_code_it_is() {
    let Some((_folder, archive)) = unpacked() else { return };
    output(Command::new("sha256sum").args(["-c", "--quiet", "SHA256SUMS"]).current_dir(&archive));
    let listed = std::fs::read_to_string(archive.join("SHA256SUMS")).expect("a list");
    for file in [
        "README.md",
        "bin/functions",
        "contracts/router.wasm",
        "contracts/router.abi.json",
        "docs/node.md",
        "docs/deploy.example.toml",
        "examples/median-price.js",
        "templates/solidity/send.js",
        "licences/LICENSE-MIT",
    ] {
        assert!(listed.contains(&format!("  {file}\n")), "{file} is missing");
    }
    let licences = std::fs::read_to_string(archive.join("licences/THIRD-PARTY.txt")).expect("a list");
    for part in ["\nv8x ", "\ndeno_web ", "\ntokio ", "\nstylus-sdk ", "Fabrice Bellard", "Apache License"] {
        assert!(licences.contains(part), "{part:?} is missing from the licences");
    }
}

#[test]
fn programs_ask_for_no_library_that_a_supported_system_lacks() {
    let Some((_folder, archive)) = unpacked() else { return };
    for program in PROGRAMS {
        let path = archive.join("bin").join(program);
        let needed = output(Command::new("readelf").arg("-d").arg(&path));
        let needed: BTreeSet<&str> = needed
            .lines()
            .filter(|line| line.contains("(NEEDED)"))
            .filter_map(|line| line.split(['[', ']']).nth(1))
            .collect();
        assert!(needed.iter().all(|library| LIBRARIES.contains(library)), "{program} needs {needed:?}");
        let versions = output(Command::new("readelf").args(["-V", "-W"]).arg(&path));
        let newest = versions
            .split("GLIBC_")
            .skip(1)
            .filter_map(|rest| {
                let mut numbers = rest.split(|c: char| !c.is_ascii_digit());
                Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
            })
            .max();
        assert!(newest <= Some(NEWEST_GLIBC), "{program} needs glibc {newest:?}");
        let sections = output(Command::new("readelf").args(["-S", "-W"]).arg(&path));
        assert!(sections.contains(" .symtab "), "{program} has no symbols for stack traces");
        assert!(!sections.contains(" .debug_info "), "{program} carries debug information");
    }
}

#[test]
fn the_demo_runs_on_bare_systems_as_an_unprivileged_user() {
    let Some((_folder, archive)) = unpacked() else { return };
    let roots = std::env::var("BARE_ROOTS").unwrap_or_default();
    let mut tried = 0;
    for system in roots.split_whitespace().map(Path::new) {
        let mut command = Command::new(root().join("tests/e2e/in-root"));
        command.arg(system).arg(&archive).args(["/opt/functions/bin/functions", "demo", "--json"]);
        let ran = command.output().expect("bash runs");
        let error = String::from_utf8_lossy(&ran.stderr);
        if ran.status.code() == Some(125) {
            eprintln!("SKIPPED: this machine offers no namespaces to a test: {error}");
            return;
        }
        assert!(ran.status.success(), "{}: {error}", system.display());
        let told: Value = serde_json::from_slice(&ran.stdout).expect("one JSON object");
        assert_eq!(told["result"], word(MEDIAN), "{}", system.display());
        assert_eq!(told["signatures"], 3);
        eprintln!("the demo ran on {}", system.display());
        tried += 1;
    }
    if tried == 0 {
        eprintln!("SKIPPED: there is no bare system in BARE_ROOTS to run the demo on");
    }
}
