//! One fork server process: its start, the children it forks, the few that wait, its end.

use std::collections::{HashMap, VecDeque};
use std::fs::OpenOptions;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use oracle_frames::{FromZygote, ToZygote};
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::control::Control;
use super::{Exit, Facts, Forked, Order, Seat};
use crate::cgroup::Cgroup;
use crate::own_time::Account;
use crate::{RunnerConfig, RunnerError};

/// How long a fork server may take to boot and test itself.
const BOOT_TIME: Duration = Duration::from_secs(20);
/// How long one may take to end once its control socket is closed.
const END_TIME: Duration = Duration::from_secs(2);

/// Where output that nobody reads goes; a process is not started without it.
const NULL: &str = "/dev/null";

/// Why a server stopped serving.
pub(super) enum Ended {
    NoMoreOrders,
    /// It is worn out, and the second one takes over.
    Replaced(Box<Server>, Box<Server>),
    Died(String),
}

/// A fork that was ordered: our end of the session socket, and who waits for it. Nobody waits for
/// one that is forked in advance.
struct Asked {
    session: StdUnixStream,
    order: Option<Order>,
}

/// One fork server process.
pub(super) struct Server {
    process: Child,
    control: Control,
    pub(super) facts: Facts,
    next: u64,
    asked: HashMap<u64, Asked>,
    running: HashMap<u64, oneshot::Sender<Exit>>,
    ready: VecDeque<Seat>,
}

impl Server {
    pub(super) async fn start(
        config: RunnerConfig,
        cgroup: Option<Arc<Cgroup>>,
    ) -> Result<Self, RunnerError> {
        let down = |why: String| RunnerError::AdapterDown(why);
        let (ours, theirs) =
            socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)
                .map_err(|errno| down(format!("socketpair: {errno}")))?;
        let mut process = Command::new(&config.sandbox)
            .args(["zygote", "--memory-bytes", &config.memory_bytes.to_string()])
            .env_clear()
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // A terminal's interrupt is for the node, which ends the sandbox in its own time.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| down(not_started(&config.sandbox, Path::new(NULL), &error)))?;
        if let (Some(cgroup), Some(pid)) = (cgroup, process.id()) {
            cgroup.enter(pid).map_err(|why| down(format!("control group: {why}")))?;
        }
        let control = Control::new(ours).map_err(|error| down(format!("control socket: {error}")))?;
        let ready = match timeout(BOOT_TIME, control.receive()).await {
            Err(_) => return Err(down("the sandbox does not become ready".into())),
            Ok(ready) => ready,
        };
        match ready {
            Ok(Some((FromZygote::Ready { runtime_hash, runtime, layers, strong }, _))) => Ok(Self {
                process,
                control,
                facts: Facts { runtime_hash, runtime, layers, strong },
                next: 0,
                asked: HashMap::new(),
                running: HashMap::new(),
                ready: VecDeque::new(),
            }),
            Ok(Some(_)) => Err(down("the sandbox does not introduce itself".into())),
            Ok(None) | Err(_) => {
                let _ = process.start_kill();
                Err(down(format!("the sandbox did not start: {}", last_words(&mut process).await)))
            }
        }
    }

    /// Serves orders until it dies, is worn out and replaced, or nobody can order any more.
    pub(super) async fn serve(
        mut self,
        config: &RunnerConfig,
        cgroup: Option<&Arc<Cgroup>>,
        inbox: &mut mpsc::Receiver<Order>,
    ) -> Ended {
        let mut successor: Option<JoinHandle<Result<Self, RunnerError>>> = None;
        // Where forking fails, nothing is forked in advance until somebody asks again.
        let mut fill = true;
        loop {
            if self.next >= config.forks_per_zygote && successor.is_none() {
                successor = Some(tokio::spawn(Self::start(config.clone(), cgroup.cloned())));
            }
            let in_advance = self.asked.values().filter(|asked| asked.order.is_none()).count();
            if fill
                && successor.is_none()
                && self.ready.len() + in_advance < config.pool
                && let Err(error) = self.ask(None).await
            {
                return Ended::Died(format!("control socket: {error}"));
            }
            tokio::select! {
                order = inbox.recv() => {
                    let Some(order) = order else {
                        self.finish().await;
                        return Ended::NoMoreOrders;
                    };
                    fill = true;
                    if let Some(order) = self.hand_over(order)
                        && let Err(error) = self.ask(Some(order)).await
                    {
                        return Ended::Died(format!("control socket: {error}"));
                    }
                }
                message = self.control.receive() => match message {
                    Ok(Some((message, pidfd))) => {
                        fill &= !matches!(message, FromZygote::Refused { .. });
                        if let Err(why) = self.hear(message, pidfd) {
                            return Ended::Died(why);
                        }
                    }
                    Ok(None) => return Ended::Died(last_words(&mut self.process).await),
                    Err(error) => return Ended::Died(format!("control socket: {error}")),
                },
                next = wait(&mut successor) => {
                    successor = None;
                    match next {
                        Ok(next) => return Ended::Replaced(Box::new(self), Box::new(next)),
                        Err(error) => {
                            tracing::error!(%error, "the sandbox's fork server cannot be replaced; it goes on");
                            self.next = 0;
                        }
                    }
                }
            }
        }
    }

    /// Gives a waiting child to an order; gives the order back where none waits.
    fn hand_over(&mut self, order: Order) -> Option<Order> {
        while let Some(mut seat) = self.ready.pop_front() {
            // One that died while it waited is no use.
            if matches!(seat.child.exit.try_recv(), Err(oneshot::error::TryRecvError::Empty)) {
                if let Err(Ok(seat)) = order.send(Ok(seat)) {
                    self.ready.push_front(seat);
                }
                return None;
            }
        }
        (!order.is_closed()).then_some(order)
    }

    /// Orders a fork.
    async fn ask(&mut self, order: Option<Order>) -> io::Result<()> {
        let (session, theirs) = StdUnixStream::pair()?;
        session.set_nonblocking(true)?;
        let run = self.next;
        self.next += 1;
        self.asked.insert(run, Asked { session, order });
        self.control.send(&ToZygote::Run { run }.encode(), &theirs.into()).await
    }

    /// Takes a message of the fork server.
    fn hear(&mut self, message: FromZygote, pidfd: Option<OwnedFd>) -> Result<(), String> {
        match (message, pidfd) {
            (FromZygote::Started { run, pid }, Some(pidfd)) => {
                let (sender, exit) = oneshot::channel();
                self.running.insert(run, sender);
                let child = Forked { pidfd, account: Account::open(pid), exit };
                let Some(Asked { session, order }) = self.asked.remove(&run) else { return Ok(()) };
                let session = match UnixStream::from_std(session) {
                    Ok(session) => session,
                    Err(error) => {
                        let fault = RunnerError::AdapterDown(format!("session socket: {error}"));
                        // Nobody hears it where the fork was made in advance.
                        let _ = order.map(|order| order.send(Err(fault)));
                        return Ok(());
                    }
                };
                let seat = Seat { session, child };
                match order {
                    // Dropping an unwanted child kills it.
                    Some(order) => drop(order.send(Ok(seat))),
                    None => self.ready.push_back(seat),
                }
            }
            (FromZygote::Exited { run, signal, cpu_us, peak_rss_bytes }, _) => {
                if let Some(sender) = self.running.remove(&run) {
                    let cpu = Duration::from_micros(cpu_us);
                    let _ = sender.send(Exit { signal, cpu, peak_rss_bytes });
                }
            }
            (FromZygote::Refused { run, reason }, _) => {
                if let Some(Asked { order: Some(order), .. }) = self.asked.remove(&run) {
                    let _ = order.send(Err(RunnerError::AdapterDown(reason)));
                }
            }
            _ => return Err("it spoke out of turn".into()),
        }
        Ok(())
    }

    /// Lets the children under way end, reports their ends, and then ends the process.
    pub(super) async fn retire(mut self) {
        self.ready.clear();
        while !self.running.is_empty() || self.asked.values().any(|asked| asked.order.is_some()) {
            let Ok(Some((message, pidfd))) = self.control.receive().await else { break };
            if self.hear(message, pidfd).is_err() {
                break;
            }
            self.ready.clear();
        }
        self.finish().await;
    }

    /// Lets the process end by itself, which it does when the control socket closes.
    async fn finish(self) {
        let Self { mut process, control, .. } = self;
        drop(control);
        if timeout(END_TIME, process.wait()).await.is_err() {
            let _ = process.kill().await;
        }
    }
}

/// The successor once it is ready; for ever where none is on its way.
async fn wait(
    successor: &mut Option<JoinHandle<Result<Server, RunnerError>>>,
) -> Result<Server, RunnerError> {
    match successor {
        Some(task) => task
            .await
            .unwrap_or_else(|error| Err(RunnerError::AdapterDown(format!("its start failed: {error}")))),
        None => std::future::pending().await,
    }
}

/// What the process wrote to standard error before it ended, cut short.
/// Why `program` is not started, in words: the system names no file, and the program may not be the one that lacks.
fn not_started(program: &Path, null: &Path, error: &io::Error) -> String {
    let shown = program.display();
    if let Err(error) = OpenOptions::new().write(true).open(null) {
        let null = null.display();
        return format!(
            "{shown} cannot be started: {null} cannot be opened ({error}); give this root a /dev with the device null"
        );
    }
    match error.kind() {
        io::ErrorKind::NotFound if program.exists() => format!(
            "{shown} cannot be started: the file is there, but not the program loader it names; is it for this system?"
        ),
        io::ErrorKind::NotFound => format!("{shown} cannot be started: there is no such file"),
        _ => format!("{shown} cannot be started: {error}"),
    }
}

async fn last_words(process: &mut Child) -> String {
    let mut text = Vec::new();
    if let Some(stderr) = process.stderr.take() {
        let _ = timeout(Duration::from_millis(500), stderr.take(2048).read_to_end(&mut text)).await;
    }
    let text = String::from_utf8_lossy(&text);
    let text = text.trim();
    if text.is_empty() { "it ended without a word".into() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_start_lacks_is_named() {
        let absent = io::Error::from(io::ErrorKind::NotFound);
        let (here, gone) = (Path::new("/proc/self/exe"), Path::new("/proc/no-such-file"));
        let null = Path::new(NULL);
        for (program, null, error, words) in [
            (here, gone, &absent, "/proc/no-such-file cannot be opened"),
            (here, null, &absent, "the file is there, but not the program loader"),
            (gone, null, &absent, "there is no such file"),
            (here, null, &io::Error::from(io::ErrorKind::PermissionDenied), "permission denied"),
        ] {
            let said = not_started(program, null, error);
            assert!(said.contains(words), "{said}");
        }
    }
}
