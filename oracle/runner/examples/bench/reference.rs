//! The toolkit's `simulateScript`, and the same script in a bare `deno` process.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::stats::{Failure, cpu_of_children};

/// What a script needs to run in deno by itself: no counting proxy, no limits, no checks.
const PRELUDE: &str = r#"
const args = Deno.args;
const word = (n) => "0x" + BigInt(n).toString(16).padStart(64, "0");
const Functions = {
  encodeUint256: word,
  makeHttpRequest: async ({ url }) => ({ data: await (await fetch(url)).json() }),
};
const script = async () => {
"#;
const FINALE: &str = "\n};\nconsole.log(await script());\n";

/// What a process gave and took.
pub(crate) struct Process {
    pub(crate) bytes: Vec<u8>,
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
}

/// Both references, the toolkit as a resident process.
pub(crate) struct Reference {
    deno: PathBuf,
    /// For scripts as deno runs them.
    folder: PathBuf,
    driver: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    /// What is compared against.
    pub(crate) versions: String,
}

impl Reference {
    /// Starts the toolkit's driver on what npm installed into `installed`.
    pub(crate) fn start(installed: &Path) -> Result<Self, Failure> {
        let deno = native_deno(installed)?;
        let folder = installed.join("scripts");
        std::fs::create_dir_all(&folder)?;
        let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/bench/toolkit.mjs");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let bin = deno.parent().ok_or("deno lies nowhere")?.to_owned();
        let path = std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&path)))?;
        let mut driver = Command::new("node")
            .arg(driver)
            .arg(installed)
            .env("PATH", path)
            .env("DENO_NO_UPDATE_CHECK", "1")
            // simulateScript writes every run's script there.
            .env("TMPDIR", &folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let orders = driver.stdin.take().ok_or("no input")?;
        let answers = BufReader::new(driver.stdout.take().ok_or("no output")?).lines();
        let version = std::process::Command::new(&deno).arg("--version").output()?.stdout;
        let version = String::from_utf8_lossy(&version);
        let versions =
            format!("simulateScript of the toolkit, {}", version.lines().next().unwrap_or_default());
        Ok(Self { deno, folder, driver, orders, answers, versions })
    }

    /// Ends the toolkit's driver.
    pub(crate) async fn finish(mut self) -> Result<(), Failure> {
        drop(self.orders);
        self.driver.wait().await?;
        Ok(())
    }

    /// One `simulateScript`, timed where it is called: milliseconds and bytes.
    pub(crate) async fn simulate(&mut self, name: &str, url: &str) -> Result<(f64, Vec<u8>), Failure> {
        let order = format!("{} {url}\n", crate::script(name).display());
        self.orders.write_all(order.as_bytes()).await?;
        let Some(line) = self.answers.next_line().await? else {
            return Err(format!("the toolkit's driver ended: {}", self.driver.wait().await?).into());
        };
        let (took, result) = line.split_once(' ').ok_or_else(|| line.clone())?;
        Ok((took.parse()?, bytes(result)?))
    }

    /// One deno process from start to end.
    pub(crate) async fn deno(&self, name: &str, url: &str) -> Result<Process, Failure> {
        let command = self.deno_command(name, url)?;
        let cpu_before = cpu_of_children();
        let began = Instant::now();
        let output = { command }.output().await?;
        let wall = began.elapsed();
        let cpu = cpu_of_children().saturating_sub(cpu_before);
        let text = String::from_utf8(output.stdout)?;
        Ok(Process { bytes: bytes(text.trim())?, wall, cpu })
    }

    /// The command of such a process, not yet started.
    pub(crate) fn deno_command(&self, name: &str, url: &str) -> Result<Command, Failure> {
        let path = self.folder.join(format!("{name}.mjs"));
        let source = std::fs::read_to_string(crate::script(name))?;
        std::fs::write(&path, format!("{PRELUDE}{source}{FINALE}"))?;
        let mut command = Command::new(&self.deno);
        command.args(["run", "--no-prompt", "--quiet", "--allow-net"]).arg(path).arg(url);
        command.env("DENO_NO_UPDATE_CHECK", "1").env("NO_COLOR", "1");
        command.stdin(Stdio::null()).stderr(Stdio::inherit()).stdout(Stdio::piped()).kill_on_drop(true);
        Ok(command)
    }
}

/// The program itself, not npm's script that starts it.
fn native_deno(installed: &Path) -> Result<PathBuf, Failure> {
    for entry in std::fs::read_dir(installed.join("node_modules/@deno"))? {
        let path = entry?.path().join("deno");
        if path.is_file() {
            return Ok(path);
        }
    }
    Err(format!("no deno below {}", installed.display()).into())
}

fn bytes(hex: &str) -> Result<Vec<u8>, Failure> {
    let digits = hex.strip_prefix("0x").filter(|digits| digits.is_ascii()).ok_or_else(|| hex.to_owned())?;
    let pairs = (0..digits.len()).step_by(2);
    Ok(pairs.map(|at| u8::from_str_radix(&digits[at..at + 2], 16)).collect::<Result<_, _>>()?)
}
