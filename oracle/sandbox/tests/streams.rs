//! Streams that take nothing end the program with a code and not with a panic.

use std::process::Command;

#[test]
fn a_stream_that_takes_nothing_ends_nothing_in_a_panic() {
    let code = |line: &str| {
        let line = format!("exec \"$0\" {line}");
        let sandbox = env!("CARGO_BIN_EXE_functions-sandbox");
        Command::new("sh").args(["-c", &line, sandbox]).status().expect("a shell").code()
    };
    for to in ["2>/dev/full", "2>&-", "2>/dev/null"] {
        assert_eq!(code(to), Some(1), "without words {to}");
        assert_eq!(code(&format!("zygote --memory-bytes x {to}")), Some(1), "{to}");
    }
    assert_eq!(code("--version >/dev/full"), Some(1));
    assert_eq!(code("--version >/dev/full 2>/dev/full"), Some(1));
    assert_eq!(code("--version >/dev/null"), Some(0));
}
