//! Where things are: the programs, the contracts, the checkout.

use std::path::{Path, PathBuf};

/// The checkout's root.
///
/// # Panics
/// Never: this crate lies in `tests/support`.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this crate lies in tests/support")
}

/// The folder of the built programs: the one above the test program's own.
///
/// # Panics
/// When one of them is not built.
pub fn programs() -> PathBuf {
    let own = std::env::current_exe().expect("a test knows its own path");
    let folder = own.ancestors().nth(2).expect("tests lie in <target>/<profile>/deps").to_owned();
    for name in ["devchain", "functions-node", "functions-sandbox"] {
        assert!(
            folder.join(name).is_file(),
            "{name} is not built in {}; build it with: cargo build --profile node --bins, or run ./scripts/test",
            folder.display()
        );
    }
    folder
}

/// The folder of the compiled contracts.
///
/// # Panics
/// When there is none.
pub fn contracts() -> PathBuf {
    let folder = root().join("dist/contracts");
    assert!(
        folder.join("router.wasm").is_file(),
        "the contracts are not in {}; build them with ./scripts/build-contracts",
        folder.display()
    );
    folder
}
