//! `functions-licences PACKAGE…`: whose code those packages of this workspace contain, and under which licences, as one
//! text on standard output.
//!
//! cargo says which crates are linked and what licence each declares; the licence texts are the files the crates carry,
//! those of C libraries inside them included. Equal texts are printed once. A crate without a licence is an error:
//! nobody may pass it on.

mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use eyre::{Context as _, Result, bail, eyre};
use serde_json::Value;

fn main() -> Result<()> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    if wanted.is_empty() {
        bail!("usage: functions-licences PACKAGE…");
    }
    let told = metadata()?;
    let mut by_text: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut list = String::new();
    for package in linked(&told, &wanted)? {
        // What has no source is this repository's, under the licences beside the list.
        if package["source"].is_null() && !is_third_party(package) {
            continue;
        }
        let text = |key: &str| package[key].as_str().unwrap_or_default();
        let name = format!("{} {}", text("name"), text("version"));
        if text("license").is_empty() && package["license_file"].is_null() {
            bail!("{name} declares no licence");
        }
        let declared = if text("license").is_empty() { "see its text" } else { text("license") };
        list += &format!("{name} - {declared} - {}\n", text("repository"));
        let folder = PathBuf::from(text("manifest_path"));
        let folder = folder.parent().ok_or_else(|| eyre!("{name} has no folder"))?;
        for licence in texts::find(folder).wrap_err_with(|| format!("the sources of {name}"))? {
            by_text.entry(licence).or_default().insert(name.clone());
        }
    }
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "The programs contain these crates, and Rust's standard library (MIT or Apache-2.0).\n\n{list}"
    )?;
    for (text, names) in by_text {
        let names: Vec<String> = names.into_iter().collect();
        writeln!(out, "{}\n{}\n\n{}\n", "=".repeat(100), names.join(", "), text.trim_end())?;
    }
    Ok(())
}

/// Whether a crate of this checkout is somebody else's, kept here with changes.
fn is_third_party(package: &Value) -> bool {
    package["manifest_path"].as_str().is_some_and(|path| path.contains("/third_party/"))
}

#[expect(clippy::disallowed_methods, reason = "cargo names itself so")]
fn metadata() -> Result<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &host])
        .output()
        .wrap_err("cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).wrap_err("cargo metadata")
}

/// The packages linked into `wanted`, in the order of their names.
fn linked<'t>(told: &'t Value, wanted: &[String]) -> Result<Vec<&'t Value>> {
    let list = |value: &'t Value| value.as_array().map(Vec::as_slice).unwrap_or_default();
    let packages: BTreeMap<&str, &Value> = list(&told["packages"])
        .iter()
        .filter_map(|package| Some((package["id"].as_str()?, package)))
        .collect();
    let nodes: BTreeMap<&str, &Value> = list(&told["resolve"]["nodes"])
        .iter()
        .filter_map(|node| Some((node["id"].as_str()?, node)))
        .collect();
    let mut waiting = Vec::new();
    for name in wanted {
        let own =
            packages.iter().find(|(_, package)| package["name"] == **name && package["source"].is_null());
        waiting.push(*own.ok_or_else(|| eyre!("this workspace has no package {name}"))?.0);
    }
    let mut seen = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if !seen.insert(id) {
            continue;
        }
        let node = nodes.get(id).ok_or_else(|| eyre!("cargo did not resolve {id}"))?;
        for dependency in list(&node["deps"]) {
            // A kind of null is a normal dependency; those of builds and tests are not linked.
            if list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null()) {
                waiting.extend(dependency["pkg"].as_str());
            }
        }
    }
    let mut found: Vec<&Value> = seen.iter().filter_map(|id| packages.get(id).copied()).collect();
    found.sort_by_key(|package| (package["name"].as_str(), package["version"].as_str()));
    Ok(found)
}
