//! A PostgreSQL server of a test's own: a fresh cluster in a temporary folder, on a free port of this machine, run by
//! a user without rights. Dropping it ends it.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::schemas::connect;
use crate::wait::until;

/// Whom a server runs as when the test runs as root, which PostgreSQL refuses: Debian's `nobody`.
const NOBODY: u32 = 65_534;

/// The server.
pub struct Postgres {
    programs: PathBuf,
    process: Child,
    port: u16,
    folder: TempDir,
}

/// The folder of the server's programs: Debian's newest, else where the PATH has them.
fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|folder| folder.join("initdb").is_file())
        .collect();
    versions.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    versions.pop().or_else(|| std::env::split_paths(&path).find(|folder| folder.join("initdb").is_file()))
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// A command run by a user that may be PostgreSQL's.
fn unprivileged(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .arg(format!("--reuid={NOBODY}"))
        .arg(format!("--regid={NOBODY}"))
        .arg("--clear-groups")
        .arg(program);
    command
}

fn run(programs: &Path, folder: &Path, port: u16) -> Child {
    let log = fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).expect("a file");
    unprivileged(&programs.join("postgres"))
        .arg("-D")
        .arg(folder.join("data"))
        .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=300"])
        .args(["-c", "unix_socket_directories=", "-c", "fsync=off"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("the server starts")
}

impl Postgres {
    /// Starts one; `None`, with the reason on standard error, where PostgreSQL is not installed.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!("SKIPPED: PostgreSQL is not installed; ./scripts/bootstrap postgres installs it");
            return None;
        };
        let folder = tempfile::tempdir().expect("a temporary folder");
        if is_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("root may");
        }
        let made = unprivileged(&programs.join("initdb"))
            .args(["--username=node", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .arg("--pgdata")
            .arg(folder.path().join("data"))
            .current_dir(folder.path())
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port").local_addr().expect("one").port();
        let process = run(&programs, folder.path(), port);
        let server = Self { programs, process, port, folder };
        server.wait_until_it_answers().await;
        Some(server)
    }

    async fn wait_until_it_answers(&self) {
        until("PostgreSQL to answer", async || match connect(&self.url()).await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.explained(&error)),
        })
        .await;
    }

    /// With the end of its log.
    fn explained(&self, problem: &impl std::fmt::Display) -> String {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        format!("{problem}\n{}", lines[lines.len().saturating_sub(20)..].join("\n"))
    }

    /// URL of the database that every server has.
    pub fn url(&self) -> String {
        format!("postgres://node@127.0.0.1:{}/postgres", self.port)
    }

    /// Stops every process of it where it is: connections stand, nothing is answered.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    /// Kills every process of it, SIGKILL: connections break in the middle of what they do.
    ///
    /// # Panics
    /// When it does not end.
    pub fn kill(&mut self) {
        self.signal("-KILL");
        self.process.wait().expect("it ended");
    }

    /// Starts it again on what it left, which it first has to mend, and waits until it answers.
    ///
    /// # Panics
    /// When it does not.
    pub async fn restart(&mut self) {
        // It refuses while processes of the one before are there.
        until("PostgreSQL to start again", async || {
            self.process = run(&self.programs, self.folder.path(), self.port);
            loop {
                if let Some(status) = self.process.try_wait().expect("a child") {
                    return Err(self.explained(&status));
                }
                if connect(&self.url()).await.is_ok() {
                    return Ok(());
                }
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Each connection has a process and a session of its own; the first process is the parent of all.
    fn signal(&self, signal: &str) {
        let first = self.process.id().to_string();
        let children = format!("/proc/{first}/task/{first}/children");
        let ids = fs::read_to_string(children).unwrap_or_default();
        let send = |ids: &str| {
            // One that ended in between is what is wanted.
            let _ =
                Command::new("kill").arg(signal).args(ids.split_whitespace()).stderr(Stdio::null()).status();
        };
        send(&first);
        send(&ids);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(Some(_))) {
            return;
        }
        self.thaw();
        // "Immediate shutdown"; the parent ends its children.
        self.signal("-QUIT");
        let _ = self.process.wait();
    }
}
