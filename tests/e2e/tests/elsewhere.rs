//! The programs on a machine that did not build them: a root file system that holds the C library and nothing else.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use test_support::place::{programs, root};

/// A script that leans on every part of the platform: streams, text, URLs, base64, events, timers, clones, crypto,
/// `node:` modules, dates, locales.
const SCRIPT: &str = r#"
const { createHash } = await import("node:crypto");
const stream = new Response(new Blob(["straße"])).body.pipeThrough(new TextDecoderStream());
let text = "";
for await (const part of stream) text += part;
const url = new URL("../b?x=ü#y", "https://example.com/a/c");
const seen = [];
const target = new EventTarget();
target.addEventListener("go", (event) => seen.push(event.type));
target.dispatchEvent(new Event("go"));
await new Promise((resolve) => setTimeout(resolve, 5));
const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
const parts = [
  text, url.href, btoa("hello?>"), seen.join(), structuredClone(new Map([[1, { a: [2n] }]])).get(1).a[0],
  digest[0], createHash("sha256").update(text).digest("hex").slice(0, 8), "I".toLowerCase(), (1234.5).toLocaleString(),
  new Date(0).toString(), new Date(0).getTimezoneOffset(), Math.hypot(3, 4), Math.pow(1.1, 1.1), AbortSignal.abort().aborted,
];
return Functions.encodeString(parts.join("|").slice(0, 500));
"#;

/// Copies of the programs in a folder of their own, with the script beside them.
fn carried() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["functions", "functions-sandbox"] {
        std::fs::copy(programs().join(name), folder.path().join(name)).expect("a copy");
    }
    std::fs::write(folder.path().join("script.js"), SCRIPT).expect("a script");
    readable(folder.path());
    folder
}

/// Temporary folders are their maker's alone; another user is to come.
fn readable(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).expect("our own folder");
}

/// A root file system of the shared libraries `folder`'s programs name.
fn bare_root(folder: &Path) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a folder");
    readable(root.path());
    for name in ["proc", "dev", "tmp", "opt/functions"] {
        std::fs::create_dir_all(root.path().join(name)).expect("a folder");
    }
    for name in ["functions", "functions-sandbox"] {
        let listed =
            Command::new("ldd").arg(folder.join(name)).output().expect("ldd is part of the C library");
        for library in
            String::from_utf8_lossy(&listed.stdout).split_whitespace().filter(|word| word.starts_with('/'))
        {
            let inner = Path::new(library).strip_prefix("/").expect("an absolute path");
            let target = root.path().join(inner);
            std::fs::create_dir_all(target.parent().expect("a file has a folder")).expect("a folder");
            std::fs::copy(library, target).expect("a copy");
        }
    }
    root
}

fn simulate(mut command: Command, script: &Path) -> (i32, String, String) {
    command.args(["simulate", "--json", "--timestamp", "1700000000", "--source"]).arg(script);
    let output = command.output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

#[test]
fn scripts_give_the_same_on_a_bare_root_file_system_as_another_user() {
    let folder = carried();
    let (code, here, error) =
        simulate(Command::new(folder.path().join("functions")), &folder.path().join("script.js"));
    assert_eq!(code, 0, "{error}");

    let bare = bare_root(folder.path());
    let mut command = Command::new(root().join("tests/e2e/in-root"));
    command.arg(bare.path()).arg(folder.path()).arg("/opt/functions/functions");
    let (code, there, error) = simulate(command, &PathBuf::from("/opt/functions/script.js"));
    if code == 125 {
        eprintln!("SKIPPED: this machine offers no namespaces to a test: {error}");
        return;
    }
    assert_eq!(code, 0, "{error}");
    let [here, there]: [Value; 2] =
        [here, there].map(|text| serde_json::from_str(&text).expect("a JSON object"));
    assert_eq!(here["result"], there["result"]);
    assert!(here["result"].as_str().is_some_and(|hex| hex.starts_with("0x73747261c39f657c")), "{here}");
    assert_eq!(here["metadata"]["runtimeHash"], there["metadata"]["runtimeHash"]);
    assert_eq!(here["metadata"]["hash"], there["metadata"]["hash"]);
}
