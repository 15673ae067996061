//! Child processes that cannot outlive this one.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use miette::{IntoDiagnostic, Result, WrapErr, miette};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, ChildStdout, Command};

/// How long a child may take to end by itself.
const GRACE: Duration = Duration::from_secs(5);

/// A running child with its log file. Dropping it kills it.
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `program`; its output goes to `log`, but for its standard output when `piped`.
    ///
    /// The child gets an empty environment but for `PATH` and `RUST_LOG`, a process group of its own (so that an
    /// interrupt from the terminal reaches only us) and dies with the thread that starts it, however that ends.
    ///
    /// # Errors
    /// When the log cannot be written or the program does not start.
    pub fn spawn(
        name: &str,
        program: &Path,
        args: &[&std::ffi::OsStr],
        log: &Path,
        piped: bool,
    ) -> Result<(Self, Option<ChildStdout>)> {
        let file = File::create(log)
            .into_diagnostic()
            .wrap_err_with(|| format!("cannot write {}", log.display()))?;
        let mut command = Command::new(program);
        command.args(args).env_clear();
        #[expect(clippy::disallowed_methods, reason = "these three pass on, nothing else does")]
        for name in ["PATH", "RUST_LOG", "RUST_BACKTRACE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let stdout = if piped { Stdio::piped() } else { file.try_clone().into_diagnostic()?.into() };
        command.stdin(Stdio::null()).stdout(stdout).stderr(file).process_group(0).kill_on_drop(true);
        let parent = Pid::this();
        // SAFETY: between fork and exec only prctl, getppid and _exit-free error returns run; none allocates or locks.
        unsafe {
            command.pre_exec(move || {
                nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
                if Pid::parent() == parent { Ok(()) } else { Err(std::io::ErrorKind::BrokenPipe.into()) }
            });
        }
        let mut child = command
            .spawn()
            .into_diagnostic()
            .wrap_err_with(|| format!("cannot start {}", program.display()))?;
        let stdout = child.stdout.take();
        Ok((Self { name: name.to_owned(), child, log: log.to_owned() }, stdout))
    }

    /// Looks whether the child runs.
    ///
    /// # Errors
    /// Names the exit status when it has ended.
    pub fn check_alive(&mut self) -> Result<()> {
        match self.child.try_wait().into_diagnostic()? {
            None => Ok(()),
            Some(status) => Err(self.ended(status)),
        }
    }

    /// Waits a moment for a child that fell silent.
    ///
    /// # Errors
    /// Names the exit status when it ended meanwhile.
    pub async fn ended_early(&mut self) -> Result<()> {
        match tokio::time::timeout(Duration::from_secs(1), self.child.wait()).await {
            Ok(status) => Err(self.ended(status.into_diagnostic()?)),
            Err(_) => Ok(()),
        }
    }

    /// Waits until the child ends by itself; what it ended with.
    pub async fn end(&mut self) -> miette::Report {
        match self.child.wait().await {
            Ok(status) => self.ended(status),
            Err(error) => miette!("{} cannot be waited for: {error}", self.name),
        }
    }

    fn ended(&self, status: ExitStatus) -> miette::Report {
        miette!("{} ended early ({status})\n{}", self.name, tail(&self.log, 15))
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.id().and_then(|id| i32::try_from(id).ok()) {
            // A child that ended meanwhile stays a zombie until waited for, so the id cannot have been reused.
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }

    /// The system's number for it; `None` once it was waited for.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Lets it stand still, as a machine that is suspended, until [`Self::thaw`].
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Asks to end and waits, however long that takes.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub async fn terminate(&mut self) -> Result<ExitStatus> {
        self.signal(Signal::SIGTERM);
        self.child.wait().await.into_diagnostic()
    }

    /// Kills without warning and waits for the end.
    pub async fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        let _ = self.child.wait().await;
    }

    /// Asks to end, waits, then kills.
    pub async fn stop(&mut self) {
        self.signal(Signal::SIGTERM);
        if tokio::time::timeout(GRACE, self.child.wait()).await.is_err() {
            self.kill().await;
        }
    }
}

/// The last lines of a log, indented.
pub fn tail(log: &Path, lines: usize) -> String {
    let text =
        std::fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    let mut out = format!("last lines of {}:", log.display());
    for line in &all[all.len().saturating_sub(lines)..] {
        out.push_str("\n  ");
        out.push_str(line);
    }
    out
}
