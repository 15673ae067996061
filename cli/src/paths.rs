//! Where the other programs and the contracts are.

use std::path::{Path, PathBuf};

use functions_deploy::CONTRACTS;
use functions_failure::{Result, failure};

/// The path of this program.
fn own_place() -> Result<PathBuf> {
    std::env::current_exe().map_err(|error| {
        failure!(help = "mount /proc", "the system does not say where this program lies: {error}")
    })
}

/// A program that stands next to this one.
///
/// # Errors
/// When it is not there, with the command that builds it.
pub(crate) fn sibling(name: &str) -> Result<PathBuf> {
    let path = own_place()?.with_file_name(name);
    if path.is_file() {
        return Ok(path);
    }
    Err(failure!(
        help = "all programs of an archive stay in one folder; from sources build them with:\n  cargo build --profile node -p devchain -p functions-node -p functions-sandbox -p functions-cli",
        "the program {} is missing",
        path.display()
    ))
}

/// The folder of the programs a network runs.
///
/// # Errors
/// As [`sibling`].
pub(crate) fn programs() -> Result<PathBuf> {
    for program in ["devchain", "functions-node", "functions-sandbox"] {
        sibling(program)?;
    }
    Ok(own_place()?.with_file_name(""))
}

/// Whether a program lies in an archive's bin: beside a folder of contracts, not of sources.
fn is_in_archive(own: &Path) -> bool {
    own.ancestors()
        .nth(2)
        .is_some_and(|root| root.join("contracts").is_dir() && !root.join("Cargo.toml").exists())
}

/// A file of the folder `tests/differential/reference/build` fills: `given`, or `target/reference` of the working
/// folder or of the checkout this was built in.
///
/// # Errors
/// When there is no such file, with the command that makes it.
pub(crate) fn solidity(given: Option<&Path>, name: &str) -> Result<PathBuf> {
    let own = own_place()?;
    let candidates: Vec<PathBuf> = match given {
        Some(path) => vec![path.to_owned()],
        None => std::iter::once(PathBuf::from("target/reference"))
            .chain(own.ancestors().map(|folder| folder.join("target/reference")))
            .collect(),
    };
    candidates.iter().map(|folder| folder.join(name)).find(|file| file.is_file()).ok_or_else(|| {
        if given.is_none() && is_in_archive(&own) {
            return failure!(
                help = "get the sources, run ./tests/differential/reference/build in them (Node.js with npm), and name the folder \
                        target/reference with --solidity-contracts; or leave --consumer out",
                "upstream's Solidity consumers are not in this archive, nor what compiles them: {name} is missing"
            );
        }
        failure!(
            help = "compile them with ./tests/differential/reference/build (Node.js with npm), or name their folder with \
                    --solidity-contracts; ./scripts/demo does this by itself",
            "the compiled Solidity consumer {name} is not in {}",
            given.unwrap_or(Path::new("target/reference")).display()
        )
    })
}

/// The folder of the contracts: `given`, or the one of the archive this program lies in, or `dist/contracts` of the
/// working folder or of the checkout this was built in.
///
/// # Errors
/// When no such folder holds them, with the command that builds them.
pub(crate) fn contracts(given: Option<&Path>) -> Result<PathBuf> {
    let own = own_place()?;
    let candidates: Vec<PathBuf> = match given {
        Some(path) => vec![path.to_owned()],
        // An archive has its programs in bin, beside contracts.
        None => own
            .ancestors()
            .nth(2)
            .map(|archive| archive.join("contracts"))
            .into_iter()
            .chain([PathBuf::from("dist/contracts")])
            .chain(own.ancestors().map(|folder| folder.join("dist/contracts")))
            .collect(),
    };
    candidates
        .into_iter()
        .find(|folder| CONTRACTS.iter().all(|name| folder.join(name).with_extension("wasm").is_file()))
        .ok_or_else(|| {
            failure!(
                help = "build them with ./scripts/build-contracts, or name their folder with --contracts",
                "the compiled contracts are not in {}",
                given.unwrap_or(Path::new("dist/contracts")).display()
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_has_contracts_and_no_sources() {
        let root = tempfile::tempdir().unwrap();
        let own = root.path().join("bin/functions");
        assert!(!is_in_archive(&own));
        std::fs::create_dir(root.path().join("contracts")).unwrap();
        assert!(is_in_archive(&own));
        std::fs::write(root.path().join("Cargo.toml"), "").unwrap();
        assert!(!is_in_archive(&own));
    }
}
