//! Runs `functions demo` as a user does and looks at what it prints and leaves behind.
//!
//! The programs must be built before (`./scripts/test` does): they are looked for beside the test's own folder.

mod desk;
mod user;

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::Value;
use test_support::place::{contracts, root};
use test_support::{PATIENCE, functions};

pub use desk::Desk;
pub use user::{User, rpc};

/// What the default script returns: 15.02 US dollars with 8 decimals.
pub const MEDIAN: u64 = 1_502_000_000;

/// What one run of the demo printed.
pub struct Told {
    /// The JSON object; `Null` when standard output was empty.
    pub json: Value,
    /// Everything else.
    pub stderr: String,
    /// Exit code.
    pub code: i32,
}

/// One network at a time: the machine has few cores.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The folder of upstream's compiled contracts; says why not when they are not compiled.
pub fn solidity() -> Option<PathBuf> {
    let folder =
        std::env::var_os("REFERENCE_DIR").map_or_else(|| root().join("target/reference"), PathBuf::from);
    if folder.join("client_v1_3_0.hex").is_file() {
        return Some(folder);
    }
    eprintln!(
        "SKIPPED: upstream's consumers are not in {}; compile them with tests/differential/reference/build",
        folder.display()
    );
    None
}

/// Starts `functions demo --json` in a session of its own, to which all it starts belongs.
fn start(args: &[&str]) -> Child {
    Command::new("setsid")
        .arg(functions())
        .args(["demo", "--json", "--contracts"])
        .arg(contracts())
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("setsid and the demo start")
}

/// Runs `functions demo --json` with more arguments, then checks that nothing it started is left.
///
/// # Panics
/// When the program cannot run, prints no JSON object, or leaves processes behind.
pub fn demo(args: &[&str]) -> Told {
    let _turn = turn();
    let child = start(args);
    let id = child.id();
    let output = child.wait_with_output().expect("the demo ends");
    let stdout = String::from_utf8(output.stdout).expect("standard output is text");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    eprintln!("{stderr}{stdout}");
    assert_nothing_left(id);
    let json =
        if stdout.is_empty() { Value::Null } else { serde_json::from_str(&stdout).expect("one JSON object") };
    Told { json, stderr, code: output.status.code().unwrap_or(-1) }
}

/// A network that stays up until [`Kept::end`].
pub struct Kept {
    child: Child,
    stderr: BufReader<ChildStderr>,
    /// The JSON object it printed once its first request was settled.
    pub json: Value,
    _turn: MutexGuard<'static, ()>,
}

/// Runs `functions demo --keep --json` and waits for its first request.
///
/// # Panics
/// When the program cannot run or prints no JSON object.
pub fn keep() -> Kept {
    keep_with(&[])
}

/// The same with more arguments.
///
/// # Panics
/// As [`keep`].
pub fn keep_with(args: &[&str]) -> Kept {
    let turn = turn();
    let mut child = start(&[&["--keep"], args].concat());
    let stderr = BufReader::new(child.stderr.take().expect("standard error is piped"));
    let mut line = String::new();
    let stdout = child.stdout.as_mut().expect("standard output is piped");
    BufReader::new(stdout).read_line(&mut line).expect("standard output is text");
    Kept { child, stderr, json: serde_json::from_str(&line).expect("one JSON object"), _turn: turn }
}

impl Kept {
    /// The session all processes of the network belong to.
    pub fn session(&self) -> u32 {
        self.child.id()
    }

    /// Reads what it tells people until a line contains `part`; that line.
    ///
    /// # Panics
    /// When it ends before.
    pub fn told(&mut self, part: &str) -> String {
        let mut line = String::new();
        while !line.contains(part) {
            line.clear();
            let read = self.stderr.read_line(&mut line).expect("standard error is text");
            assert!(read > 0, "the demo ended without saying {part:?}");
        }
        line
    }

    /// Interrupts it as Ctrl-C does, then checks that nothing is left.
    ///
    /// # Panics
    /// When it does not end well or leaves processes behind.
    pub fn end(mut self) {
        let id = self.child.id();
        let interrupted = Command::new("kill").args(["-INT", &id.to_string()]).status();
        assert!(interrupted.expect("kill is a program").success());
        assert!(self.child.wait().expect("the demo ends").success());
        assert_nothing_left(id);
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // After a failed assertion: ended processes may be killed once more. Its own children die with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs `functions demo --json` with a script.
///
/// # Panics
/// As [`demo`].
pub fn script(source: &str, args: &[&str]) -> Told {
    let file = std::env::temp_dir().join(format!("e2e-{}-{:x}.js", std::process::id(), hash(source)));
    std::fs::write(&file, source).expect("the temporary folder is writable");
    let mut all = vec!["--source", file.to_str().expect("the temporary folder's name is text")];
    all.extend(args);
    let told = demo(&all);
    std::fs::remove_file(&file).expect("the script is still there");
    told
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// Processes of a session. Whatever the demo starts stays in the session the demo was started in.
fn session(id: u32) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok())
        .filter(|stat| {
            // After the name in parentheses: state, parent, process group, session.
            let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
            fields.split(' ').nth(3).and_then(|field| field.parse().ok()) == Some(id)
        })
        .collect()
}

fn assert_nothing_left(id: u32) {
    let begin = Instant::now();
    let mut left = session(id);
    while !left.is_empty() && begin.elapsed() < PATIENCE {
        std::thread::yield_now();
        left = session(id);
    }
    assert!(left.is_empty(), "processes are left: {left:?}");
}

/// `0x` and the 32-byte big-endian word of a number.
pub fn word(number: u64) -> String {
    format!("0x{number:064x}")
}
