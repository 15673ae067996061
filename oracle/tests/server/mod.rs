//! A PostgreSQL server of a test's own: a fresh cluster in a temporary folder, on a free port of this machine, run by
//! a user without rights. Dropping it ends it.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::{MetadataExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    str::FromStr,
    time::Duration,
};

use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions, Connection, any::AnyConnectOptions};
use tempfile::TempDir;

/// Whom a server runs as when the test runs as root, which PostgreSQL refuses: Debian's `nobody`.
const NOBODY: u32 = 65_534;
/// How long a start may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Server {
    process: Child,
    port: u16,
    folder: TempDir,
}

/// The folder of the server's programs: Debian's newest, else where the PATH has them.
#[expect(clippy::disallowed_methods, reason = "where the machine has its programs")]
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

impl Server {
    /// Starts one; `None`, with the reason on standard error, where PostgreSQL is not installed.
    #[expect(clippy::disallowed_macros, reason = "who runs the tests must see it")]
    pub(crate) async fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!("SKIPPED: PostgreSQL is not installed; ./scripts/bootstrap postgres installs it");
            return None;
        };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        if is_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("root may");
        }
        let made = unprivileged(&programs.join("initdb"))
            .args([
                "--username=node",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "--pgdata",
            ])
            .arg(&data)
            .current_dir(folder.path())
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port").local_addr().expect("one").port();
        let log = fs::File::create(folder.path().join("log")).expect("a file");
        let process = unprivileged(&programs.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"])
            .args(["-c", "unix_socket_directories=", "-c", "fsync=off"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the server starts");
        let server = Self { process, port, folder };
        let answers = async {
            while server.connect("postgres").await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, answers).await.is_err() {
            panic!("{}", fs::read_to_string(server.folder.path().join("log")).unwrap_or_default());
        }
        Some(server)
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://node@127.0.0.1:{}/{database}", self.port)
    }

    async fn connect(&self, database: &str) -> Result<AnyConnection, sqlx::Error> {
        sqlx::any::install_default_drivers();
        AnyConnectOptions::from_str(&self.url_of(database))?.connect().await
    }

    /// Makes an empty database; its URL.
    pub(crate) async fn database(&self, name: &str) -> String {
        let mut connection = self.connect("postgres").await.expect("the server answers");
        let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(create).execute(&mut connection).await.expect("a new name");
        connection.close().await.expect("closed");
        self.url_of(name)
    }

    /// Stops every process of it where it is: connections stand, nothing is answered.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    /// Each connection has a process and a session of its own; the first process is the parent of all.
    fn signal(&self, signal: &str) {
        let first = self.process.id().to_string();
        let children = format!("/proc/{first}/task/{first}/children");
        let send = |ids: &str| {
            // One that ended in between is what is wanted.
            let _ =
                Command::new("kill").arg(signal).args(ids.split_whitespace()).stderr(Stdio::null()).status();
        };
        send(&first);
        send(&fs::read_to_string(children).expect("the kernel lists children"));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.thaw();
        // "Immediate shutdown"; the parent ends its children.
        self.signal("-QUIT");
        let _ = self.process.wait();
    }
}
