//! Three things the compiler cannot do alone:
//!
//! * the JavaScript of the web platform's crates is put into the program; by themselves they would open it in the
//!   folder they were compiled from, at run time;
//! * the runtime hash is computed, see `build/fingerprint.rs`;
//! * `src/heap_limit.rs` and `src/stack_scope.rs` are let stand between the engine and the crate that dresses it as V8.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "cargo and build scripts speak by environment and standard output"
)]

#[path = "build/fingerprint.rs"]
mod fingerprint;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

/// Crates whose JavaScript the program carries.
const PLATFORM: [&str; 2] = ["deno_web", "deno_webidl"];
/// Crates named in the version for people.
const NAMED: [&str; 7] =
    ["deno_core", "deno_web", "v8x", "swc_ts_fast_strip", "core-math", "libm", "functions-sandbox"];
/// Settings that would put another engine into the program than the hash tells of.
const FOREIGN: [&str; 3] = ["QUICKJS_NG_LIB_DIR", "WAMR_LIB_DIR", "V82JSC_BC_BLOB"];

fn main() {
    for function in ["JS_SetInterruptHandler", "JS_SetMemoryLimitHandler", "JS_SetPrepareStackTraceCallback"]
    {
        println!("cargo::rustc-link-arg-bins=-Wl,--wrap={function}");
    }
    if let Err(error) = generate() {
        println!("cargo::error={error}");
    }
}

fn generate() -> Result<(), String> {
    for name in FOREIGN {
        println!("cargo::rerun-if-env-changed={name}");
        if std::env::var_os(name).is_some() {
            return Err(format!(
                "{name} is set: the engine would not be the one the runtime hash tells of; unset it"
            ));
        }
    }
    let own = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let workspace = own.ancestors().nth(2).ok_or("this crate lies in oracle/sandbox")?;
    engine_is_patched(&workspace.join("third_party/v8x"))?;
    let packages = Packages::ask(&own)?;

    let mut code = String::new();
    platform(&packages, &mut code).map_err(|error| error.to_string())?;
    let mut covered = fingerprint::collect(workspace, "functions-sandbox", &|name| {
        let folder = packages.folder(name);
        if let Some(folder) = &folder {
            println!("cargo::rerun-if-changed={}", folder.display());
        }
        folder
    })?;
    for file in ["Cargo.lock", "Cargo.toml", ".cargo/config.toml", "scripts/cmake/simde.cmake"] {
        println!("cargo::rerun-if-changed={}", workspace.join(file).display());
    }
    covered.extend(c_flags(&variable("TARGET")?));
    let hash = fingerprint::digest(&covered);
    let versions = NAMED.map(|name| Some(format!("{name} {}", packages.get(name)?.version)));
    let versions = versions.into_iter().flatten().collect::<Vec<_>>().join(", ");
    write!(
        code,
        "/// Digest of the sources and settings that decide what a script computes, see `build/fingerprint.rs`.\npub(crate) const RUNTIME_HASH: [u8; 32] = {hash:?};\n\
         /// Engine and its version, for people.\npub(crate) const VERSION: &str = {versions:?};\n",
    )
    .map_err(|error| error.to_string())?;
    let out = Path::new(&variable("OUT_DIR")?).join("runtime.rs");
    std::fs::write(&out, code).map_err(|error| format!("{}: {error}", out.display()))
}

/// Whether the engine's source was made of the patches that lie beside it: a patch that came with a newer revision is
/// not in it before `apply` has run again.
fn engine_is_patched(folder: &Path) -> Result<(), String> {
    let remedy = format!("run {}", folder.join("apply").display());
    let (patches, applied) = (folder.join("patches"), folder.join("source/applied"));
    println!("cargo::rerun-if-changed={}", patches.display());
    println!("cargo::rerun-if-changed={}", applied.display());
    let unreadable = |path: &Path, error| format!("{}: {error}; {remedy}", path.display());
    let told = std::fs::read_to_string(&applied).map_err(|error| unreadable(&applied, error))?;
    let mut wanted = BTreeMap::new();
    for entry in std::fs::read_dir(&patches).map_err(|error| unreadable(&patches, error))? {
        let path = entry.map_err(|error| unreadable(&patches, error))?.path();
        if path.extension().is_some_and(|end| end == "patch") {
            let content = std::fs::read(&path).map_err(|error| unreadable(&path, error))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let digest = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
            wanted.insert(name, digest);
        }
    }
    // One line a patch, digest and name, below the line of the crate itself.
    let has: BTreeMap<String, String> = told
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once("  "))
        .map(|(digest, name)| (name.to_owned(), digest.to_owned()))
        .collect();
    if has == wanted {
        Ok(())
    } else {
        Err(format!("the engine's source is not made of the patches in {}; {remedy}", patches.display()))
    }
}

/// Flags for the C compiler that come with the environment: they may change what the engine computes, for instance by
/// letting the compiler round a product and a sum at once.
fn c_flags(target: &str) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for flags in ["CFLAGS", "CXXFLAGS"] {
        let of_target =
            [target.to_owned(), target.replace(['-', '.'], "_")].map(|target| format!("{flags}_{target}"));
        for name in of_target.into_iter().chain([flags.to_owned(), format!("TARGET_{flags}")]) {
            println!("cargo::rerun-if-env-changed={name}");
            if let Ok(value) = variable(&name)
                && !value.trim().is_empty()
            {
                found.insert(format!("setting {name}"), value.into_bytes());
            }
        }
    }
    found
}

/// The table of the platform's files: name as the engine asks for it, and content.
fn platform(packages: &Packages, code: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    writeln!(code, "/// The web platform's JavaScript: name as the engine asks for it, and content.")?;
    writeln!(code, "pub(crate) const PLATFORM: &[(&str, deno_core::FastStaticString)] = &[")?;
    for name in PLATFORM {
        let folder = packages.folder(name).ok_or_else(|| format!("{name} is not among the dependencies"))?;
        let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)?
            .map(|entry| entry.map(|entry| entry.path()))
            .filter(|path| {
                path.as_ref().is_ok_and(|path| path.extension().is_some_and(|end| end == "js"))
                    || path.is_err()
            })
            .collect::<Result<_, _>>()?;
        files.sort();
        for path in files {
            let file = path.file_name().and_then(|file| file.to_str()).ok_or("a file's name is no text")?;
            writeln!(code, "    (\"ext:{name}/{file}\", deno_core::ascii_str_include!({path:?})),")?;
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    writeln!(code, "];")?;
    Ok(())
}

/// The packages of the build, as cargo resolves them.
struct Packages(BTreeMap<String, Package>);

struct Package {
    version: String,
    folder: PathBuf,
}

impl Packages {
    /// Asks cargo, which alone knows where a crate's sources lie: registry, vendored folder or patch.
    fn ask(own: &Path) -> Result<Self, String> {
        let output = Command::new(variable("CARGO")?)
            .args([
                "metadata",
                "--format-version",
                "1",
                "--locked",
                "--filter-platform",
                &variable("TARGET")?,
            ])
            .arg("--manifest-path")
            .arg(own.join("Cargo.toml"))
            .output()
            .map_err(|error| format!("cargo metadata: {error}"))?;
        if !output.status.success() {
            return Err(format!(
                "cargo metadata: {}",
                String::from_utf8_lossy(&output.stderr).replace('\n', " ")
            ));
        }
        let told: serde_json::Value =
            serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
        let mut packages = BTreeMap::new();
        for package in told["packages"].as_array().into_iter().flatten() {
            let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
            let manifest = PathBuf::from(text("manifest_path"));
            let folder = manifest.parent().unwrap_or(&manifest).to_owned();
            packages.insert(text("name"), Package { version: text("version"), folder });
        }
        Ok(Self(packages))
    }

    fn get(&self, name: &str) -> Option<&Package> {
        self.0.get(name)
    }

    fn folder(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(|package| package.folder.clone())
    }
}

fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|error| format!("{name}: {error}"))
}
