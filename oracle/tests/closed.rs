//! Readers that hang up, of results and of words, end the program with a code and not with a panic.

use std::process::{Command, Stdio};

#[test]
fn a_reader_that_hung_up_ends_nothing_in_a_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let absent = folder.path().join("absent.toml");
    let json = folder.path().join("json.toml");
    std::fs::write(&json, "[log]\nformat = \"json\"\n").expect("written");
    for verb in [&["check"][..], &["check", "--json"], &["keygen"], &["run"], &["keys", "show"]] {
        for config in [&absent, &json] {
            let (reader, writer) = std::io::pipe().expect("a pipe");
            drop(reader);
            let status = Command::new(env!("CARGO_BIN_EXE_functions-node"))
                .args(verb)
                .arg("--config")
                .arg(config)
                .stdin(Stdio::null())
                .stdout(writer.try_clone().expect("a descriptor"))
                .stderr(writer)
                .status()
                .expect("it runs");
            assert_eq!(status.code(), Some(1), "{verb:?}");
        }
    }
}

#[test]
fn what_was_asked_for_and_not_written_is_a_failure() {
    let code = |line: &str| {
        let line = format!("exec \"$0\" {line}");
        let node = env!("CARGO_BIN_EXE_functions-node");
        Command::new("sh").args(["-c", &line, node]).status().expect("a shell").code()
    };
    for words in ["--help", "--version", "keys --help"] {
        assert_eq!(code(&format!("{words} >/dev/full")), Some(1), "{words}");
        assert_eq!(code(&format!("{words} >/dev/null")), Some(0), "{words}");
        assert_eq!(code(&format!("{words} | head -c 1 >/dev/null")), Some(0), "{words}");
    }
    assert_eq!(code("--nonsense 2>/dev/full"), Some(2));
}
