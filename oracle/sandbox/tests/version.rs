//! Whoever looks at an archive's programs may ask each for its version.

use std::process::Command;

#[test]
fn version_is_said_and_nothing_starts() {
    for flag in ["--version", "-V"] {
        let output =
            Command::new(env!("CARGO_BIN_EXE_functions-sandbox")).arg(flag).output().expect("it runs");
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(said, format!("functions-sandbox {}\n", env!("CARGO_PKG_VERSION")));
    }
}
