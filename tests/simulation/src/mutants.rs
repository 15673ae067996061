//! Tests of the test: broken protocols and lifecycles must be noticed.
//!
//! All mutants of `mutants.toml` are put into one copy of the sources, each behind its number, so that one build serves
//! all; the sources themselves know nothing of them. The copy lies in the build folder: a workspace of links to the
//! real one, but for the two packages that are changed.

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use eyre::{Result, WrapErr as _, bail, eyre};
use serde::Deserialize;

/// The variable that says which mutant is alive.
const ALIVE: &str = "SIMULATION_MUTANT";
/// Packages that are copied, and what their code calls the switch.
const PACKAGES: [(&str, &str); 2] = [("oracle/ocr", "crate::mutant"), ("oracle", "oracle_ocr::mutant")];

/// One mistake.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// What it is.
    pub name: String,
    /// Where.
    pub file: PathBuf,
    /// An expression that stands there once.
    pub find: String,
    /// What takes its place.
    pub put: String,
    /// Why no run can tell it from the original.
    pub equivalent: Option<String>,
    /// Members that it needs to show, if not a few.
    pub nodes: Option<usize>,
    /// What goes wrong, if not everything at once.
    pub mix: Option<String>,
}

#[derive(Deserialize)]
struct List {
    mutant: Vec<Mutant>,
}

/// The checked-in list.
///
/// # Errors
/// When it cannot be read.
pub fn list(root: &Path) -> Result<Vec<Mutant>> {
    let path = root.join("tests/simulation/mutants.toml");
    let text = fs::read_to_string(&path).wrap_err_with(|| path.display().to_string())?;
    Ok(toml::from_str::<List>(&text)?.mutant)
}

/// Mutants whose expression does not stand in its file exactly once.
#[must_use]
pub fn misplaced(root: &Path, mutants: &[Mutant]) -> Vec<String> {
    let places = |mutant: &Mutant| {
        let text = fs::read_to_string(root.join(&mutant.file)).unwrap_or_default();
        (text.matches(&mutant.find).count(), mutant.name.clone())
    };
    let found = mutants.iter().map(places).filter(|(count, _)| *count != 1);
    found.map(|(count, name)| format!("{name}: its expression stands there {count} times")).collect()
}

/// What became of one mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A promise was broken, in these words.
    Killed(String),
    /// So many seeds noticed nothing.
    Survived,
}

/// The program with all mutants in it.
///
/// # Errors
/// When it cannot be made or built.
pub fn build(root: &Path, target: &Path, mutants: &[Mutant]) -> Result<PathBuf> {
    let wrong = misplaced(root, mutants);
    if !wrong.is_empty() {
        bail!("mutants.toml does not fit the sources:\n{}", wrong.join("\n"));
    }
    let copy = target.join("mutants");
    mirror(root, &copy).wrap_err_with(|| copy.display().to_string())?;
    for (number, mutant) in mutants.iter().enumerate() {
        plant(&copy, number + 1, mutant)?;
    }
    let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--offline", "--quiet", "--profile", "node", "--package", "simulation"])
        .arg("--manifest-path")
        .arg(copy.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .current_dir(&copy)
        .status()?;
    if !built.success() {
        bail!("the copy with the mutants does not build");
    }
    let program = copy.join("simulate-nodes");
    fs::copy(target.join("node/simulate-nodes"), &program)?;
    Ok(program)
}

/// Runs seeds with one mutant alive until it is noticed.
///
/// # Errors
/// When the program does not run.
pub fn hunt(program: &Path, number: usize, mutant: &Mutant, seeds: u64, first: u64) -> Result<Fate> {
    let mut command = Command::new(program);
    command.args(["--seeds", &seeds.to_string(), "--first-seed", &first.to_string(), "--first-failure"]);
    if let Some(nodes) = mutant.nodes {
        command.args(["--nodes", &nodes.to_string()]);
    }
    if let Some(mix) = &mutant.mix {
        command.args(["--mix", mix]);
    }
    let output = command.env(ALIVE, number.to_string()).stderr(Stdio::piped()).output()?;
    if output.status.success() {
        return Ok(Fate::Survived);
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let words =
        text.lines().find(|line| line.contains("seed ") || line.contains("panicked")).unwrap_or("it died");
    Ok(Fate::Killed(words.to_owned()))
}

/// Makes a workspace of links, with copies of the packages that are changed.
fn mirror(root: &Path, copy: &Path) -> Result<()> {
    if copy.exists() {
        fs::remove_dir_all(copy)?;
    }
    fs::create_dir_all(copy.join("oracle/ocr"))?;
    link_all(root, copy, &["target", ".git", "Cargo.toml", "Cargo.lock", "oracle"])?;
    for file in ["Cargo.toml", "Cargo.lock"] {
        fs::copy(root.join(file), copy.join(file))?;
    }
    link_all(&root.join("oracle"), &copy.join("oracle"), &["Cargo.toml", "src", "ocr"])?;
    link_all(&root.join("oracle/ocr"), &copy.join("oracle/ocr"), &["Cargo.toml", "src"])?;
    for (package, _) in PACKAGES {
        let (from, to) = (root.join(package), copy.join(package));
        // Another version is another package: what is built of the real one stays.
        let manifest = fs::read_to_string(from.join("Cargo.toml"))?;
        let manifest = manifest.replacen("version.workspace = true", "version = \"0.0.1\"", 1);
        fs::write(to.join("Cargo.toml"), manifest)?;
        copy_all(&from.join("src"), &to.join("src"))?;
        let lib = to.join("src/lib.rs");
        fs::write(&lib, format!("#![allow(unused_parens)]\n{}", fs::read_to_string(&lib)?))?;
    }
    let lib = copy.join("oracle/ocr/src/lib.rs");
    let switch = format!(
        "\n/// Whether a mutant is alive.\n#[allow(clippy::all)]\npub fn mutant(number: u32) -> bool {{\n    \
         static ALIVE: std::sync::OnceLock<u32> = std::sync::OnceLock::new();\n    \
         let read = || std::env::var(\"{ALIVE}\").ok().and_then(|text| text.parse().ok()).unwrap_or(0);\n    \
         *ALIVE.get_or_init(read) == number\n}}\n"
    );
    fs::write(&lib, fs::read_to_string(&lib)? + &switch)?;
    Ok(())
}

fn link_all(from: &Path, to: &Path, but: &[&str]) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if !but.iter().any(|but| name == *but) {
            symlink(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}

fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_all(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Puts one mutant into its file, beside the original.
fn plant(copy: &Path, number: usize, mutant: &Mutant) -> Result<()> {
    let path = copy.join(&mutant.file);
    let text = fs::read_to_string(&path).wrap_err_with(|| path.display().to_string())?;
    let package = PACKAGES.iter().find(|(package, _)| mutant.file.starts_with(package));
    let (_, switch) = package.ok_or_else(|| eyre!("{}: no package that is copied", mutant.file.display()))?;
    // An earlier mutant of the same expression stands before it.
    let at = text.rfind(&mutant.find).ok_or_else(|| eyre!("{}: not found", mutant.name))?;
    let (before, rest) = text.split_at(at);
    let after = &rest[mutant.find.len()..];
    let (put, find) = (&mutant.put, &mutant.find);
    fs::write(path, format!("{before}(if {switch}({number}) {{ {put} }} else {{ {find} }}){after}"))?;
    Ok(())
}
