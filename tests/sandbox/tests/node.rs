//! Buffer, URL, texts and `crypto.subtle` behave as in Node 20: one corpus of expressions, evaluated by both.

#[path = "../../../oracle/runner/tests/common/mod.rs"]
mod common;

use std::io::Write;
use std::process::{Command, Stdio};

use common::{request, runner, text};

const CORPUS: &str = include_str!("../node/corpus.js");
/// Shares the corpus is run in: each stays well within the limits of one run.
const PARTS: usize = 40;

/// Where Node departs from the standards that the sandbox follows: part of the expression, and why.
const KNOWN: [(&str, &str); 6] = [
    ("new TextDecoder('latin1'", "Node 20 decodes 0x80 to 0x9f as Latin-1; the standard says windows-1252"),
    ("new TextDecoder('ascii'", "the same"),
    ("new TextDecoder('windows-1252'", "the same"),
    ("u.port = ", "Node drops the port where the new one begins with no digit; the standard keeps it"),
    ("new URLSearchParams(null)", "the standard makes it a text"),
    (
        "false, ['sign']); await subtle.exportKey('raw', key)",
        "Node says InvalidAccessException for InvalidAccessError",
    ),
];
/// Most expressions of the corpus that may fall under [`KNOWN`].
const KNOWN_MAX: usize = 100;

/// What Node prints for the corpus; `None` where there is no Node 20.
fn node() -> Option<String> {
    let version = Command::new("node").arg("--version").output().ok()?;
    if !version.stdout.starts_with(b"v20.") {
        return None;
    }
    let mut child = Command::new("node")
        .args(["--no-deprecation", "--no-warnings", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let source = format!("{CORPUS}\nlines(0, 1).then((text) => console.log(text));");
    child.stdin.take()?.write_all(source.as_bytes()).expect("node reads its program");
    let output = child.wait_with_output().expect("node ends");
    assert!(output.status.success(), "node refuses the corpus");
    Some(String::from_utf8(output.stdout).expect("node prints UTF-8"))
}

#[tokio::test]
async fn buffer_url_text_and_crypto_behave_as_in_node() {
    let Some(node) = node() else {
        eprintln!("SKIPPED: comparison with Node, which needs `node` of version 20 in the path");
        return;
    };
    let runner = runner().await;
    let mut ours = std::collections::HashMap::new();
    for part in 0..PARTS {
        let source = format!("{CORPUS}\nreturn Functions.encodeString(await lines({part}, {PARTS}));");
        let mut request = request(&source);
        request.limits.response_bytes = 200 << 10;
        let report = runner.run(request).await.expect("the node is fine");
        for line in text(&report).lines() {
            let (expression, outcome) =
                line.split_once(" -> ").unwrap_or_else(|| panic!("part {part}: {line}"));
            ours.insert(expression.to_owned(), outcome.to_owned());
        }
    }
    runner.shutdown().await;

    let (mut known, mut wrong) = (0, Vec::new());
    let mut compared = 0;
    for line in node.lines() {
        let (expression, expected) = line.split_once(" -> ").expect("a line of the corpus");
        compared += 1;
        let got = ours.get(expression).map_or("nothing", String::as_str);
        if got == expected {
            continue;
        }
        if KNOWN.iter().any(|(part, _)| expression.contains(part)) {
            known += 1;
        } else {
            wrong.push(format!("{expression}\n  node    {expected}\n  sandbox {got}"));
        }
    }
    assert!(compared > 5000, "only {compared} expressions");
    assert!(known <= KNOWN_MAX, "{known} known differences");
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
}
