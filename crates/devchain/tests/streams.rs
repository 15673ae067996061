//! Streams that take nothing end the program with a code, or nothing at all, and never with a panic.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// What comes of a run whose words and redirection are these.
fn run(line: &str) -> Output {
    let line = format!("exec \"$0\" {line}");
    Command::new("sh").args(["-c", &line, env!("CARGO_BIN_EXE_devchain")]).output().unwrap()
}

/// How it ends.
fn code(line: &str) -> Option<i32> {
    run(line).status.code()
}

#[test]
fn what_was_asked_for_and_not_written_is_a_failure() {
    for words in ["--help", "--version"] {
        assert_eq!(code(&format!("{words} >/dev/full")), Some(1), "{words}");
        assert_eq!(code(&format!("{words} >/dev/null")), Some(0), "{words}");
        assert_eq!(code(&format!("{words} | head -c 1 >/dev/null")), Some(0), "{words}");
    }
    for to in ["2>/dev/full", "2>&-", "2>/dev/null"] {
        assert_eq!(code(&format!("--nonsense {to}")), Some(2), "{to}");
        assert_eq!(code(&format!("--chain-id 0 --port 0 {to}")), Some(1), "{to}");
    }
    for (words, told) in [
        ("--port 0 >/dev/full", "nobody would learn where the chain listens"),
        ("--port 0 --host 192.0.2.1", "choose one of its own with --host"),
    ] {
        let run = run(words);
        let said = String::from_utf8(run.stderr).unwrap();
        assert!(run.status.code() == Some(1) && said.contains(told), "{words}: {said}");
    }
    assert_eq!(code("--port 0 >/dev/full 2>/dev/full"), Some(1), "nobody learns where it listens");
}

#[test]
fn a_log_that_cannot_be_written_ends_nothing() {
    for to in ["2>/dev/full", "2>&-"] {
        let line = format!("exec \"$0\" --port 0 --log trace {to}");
        let mut chain = Command::new("sh")
            .args(["-c", &line, env!("CARGO_BIN_EXE_devchain")])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(chain.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let ready: Value = serde_json::from_str(&first).unwrap();
        let address = ready["rpcUrl"].as_str().unwrap().strip_prefix("http://").unwrap();
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"evm_mine"}"#;
        let mut stream = TcpStream::connect(address).unwrap();
        let head =
            format!("POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}", body.len());
        stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.contains(r#""result":"0x0""#), "{to}: {answer}");
        assert_eq!(chain.try_wait().unwrap(), None, "{to}: it goes on");
        chain.kill().unwrap();
        chain.wait().unwrap();
    }
}
