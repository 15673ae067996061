//! Child processes that cannot outlive this one.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use functions_failure::{Failure, NO_DEVICES, Result, WrapErr as _, failure, of_words};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, ChildStdout, Command};

/// What to do when a program of the network did not do what it should.
pub(crate) const SEE_LOG: &str =
    "the last lines of its log say why; mend that and try again, or report it with the whole log";

/// What to do when a program says nothing for too long.
pub(crate) const SLOW: &str = "the machine is slow or full: end other programs and try again";

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
        let file = File::create(log).wrap_err_with(|| format!("cannot write {}", log.display()))?;
        let mut command = Command::new(program);
        command.args(args).env_clear();
        #[expect(clippy::disallowed_methods, reason = "these three pass on, nothing else does")]
        for name in ["PATH", "RUST_LOG", "RUST_BACKTRACE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let stdout = if piped { Stdio::piped() } else { file.try_clone()?.into() };
        command.stdin(Stdio::null()).stdout(stdout).stderr(file).process_group(0).kill_on_drop(true);
        let parent = Pid::this();
        // SAFETY: between fork and exec only prctl, getppid and _exit-free error returns run; none allocates or locks.
        unsafe {
            command.pre_exec(move || {
                nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
                if Pid::parent() == parent { Ok(()) } else { Err(std::io::ErrorKind::BrokenPipe.into()) }
            });
        }
        let mut child = command.spawn().map_err(|error| not_started(program, error, Path::new(NULL)))?;
        let stdout = child.stdout.take();
        Ok((Self { name: name.to_owned(), child, log: log.to_owned() }, stdout))
    }

    /// Looks whether the child runs.
    ///
    /// # Errors
    /// Names the exit status when it has ended.
    pub fn check_alive(&mut self) -> Result<()> {
        match self.child.try_wait()? {
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
            Ok(status) => Err(self.ended(status?)),
            Err(_) => Ok(()),
        }
    }

    /// Waits until the child ends by itself; what it ended with.
    pub async fn end(&mut self) -> Failure {
        match self.child.wait().await {
            Ok(status) => self.ended(status),
            Err(error) => failure!(help = SEE_LOG, "{} cannot be waited for: {error}", self.name),
        }
    }

    fn ended(&self, status: ExitStatus) -> Failure {
        let log = tail(&self.log, 15);
        failure!(help = of_words(&log).unwrap_or(SEE_LOG), "{} ended early ({status})\n{log}", self.name)
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
        Ok(self.child.wait().await?)
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

/// Where the input of every program comes from.
pub(crate) const NULL: &str = "/dev/null";

/// Why a program did not start. Its input is the device `null`, without which the system blames the program.
pub(crate) fn not_started(program: &Path, error: std::io::Error, null: &Path) -> Failure {
    let place = format!("cannot start {}", program.display());
    if program.exists() && !null.exists() {
        return failure!(help = NO_DEVICES, "{} is missing: {error}", null.display()).wrap_err(place);
    }
    Failure::from(error).wrap_err(place)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_without_a_null_device_is_told_so() {
        let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
        let nowhere = Path::new("/nonexistent/null");
        let error = not_started(Path::new("/proc/self/exe"), missing(), nowhere);
        assert!(error.help().contains("mount it") && format!("{error:?}").contains("/nonexistent/null"));
        let error = not_started(nowhere, missing(), nowhere);
        assert!(error.help().contains("check the path"), "{error:?}");
    }
}
