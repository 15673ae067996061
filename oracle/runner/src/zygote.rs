//! The fork server's life: start, orders, deaths of children, its own death and replacement.

use std::collections::HashMap;
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg, sendmsg,
    socketpair,
};
use oracle_frames::{CONTROL_MAX, FromZygote, ToZygote};
use tokio::io::AsyncReadExt;
use tokio::io::unix::AsyncFd;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

use crate::{RunnerConfig, RunnerError};

/// How long a fork server may take to boot and test itself.
const BOOT_TIME: Duration = Duration::from_secs(20);
/// How long a fork may take.
const FORK_TIME: Duration = Duration::from_secs(5);
/// Pauses between attempts to replace a dead fork server.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What a fork server says of itself once it is ready.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) runtime_hash: [u8; 32],
    pub(crate) runtime: String,
    pub(crate) layers: Vec<(String, String)>,
    pub(crate) strong: bool,
}

impl Facts {
    /// The walls in one line, for people.
    pub(crate) fn line(&self) -> String {
        let states: Vec<_> = self.layers.iter().map(|(name, state)| format!("{name}={state}")).collect();
        states.join(" ")
    }
}

/// How a child ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exit {
    pub(crate) signal: u32,
    pub(crate) cpu: Duration,
    pub(crate) peak_rss_bytes: u64,
}

/// A child that serves one run. It is killed when this is dropped.
pub(crate) struct Forked {
    pidfd: OwnedFd,
    /// Resolves when the child is gone; fails when the fork server died first.
    pub(crate) exit: oneshot::Receiver<Exit>,
}

impl Forked {
    /// Ends the child now. Harmless when it is gone already: a pidfd never names another process.
    pub(crate) fn kill(&self) {
        // SAFETY: integers and a null pointer; the descriptor is owned by `self`.
        unsafe {
            nix::libc::syscall(
                nix::libc::SYS_pidfd_send_signal,
                self.pidfd.as_raw_fd(),
                nix::libc::SIGKILL,
                std::ptr::null::<nix::libc::siginfo_t>(),
                0,
            );
        }
    }
}

impl Drop for Forked {
    fn drop(&mut self) {
        self.kill();
    }
}

struct Order {
    session: OwnedFd,
    reply: oneshot::Sender<Result<Forked, RunnerError>>,
}

/// Handle to the task that owns the fork server.
pub(crate) struct Zygote {
    orders: mpsc::Sender<Order>,
    task: tokio::task::JoinHandle<()>,
}

impl Zygote {
    /// Starts a fork server and the task that keeps one running.
    pub(crate) async fn start(config: &RunnerConfig) -> Result<(Self, Facts), RunnerError> {
        let first = Server::start(config).await?;
        let facts = first.facts.clone();
        let (orders, inbox) = mpsc::channel(config.max_concurrent);
        let task = tokio::spawn(supervise(config.clone(), first, inbox));
        Ok((Self { orders, task }, facts))
    }

    /// Forks a child that talks on `session`.
    pub(crate) async fn fork(&self, session: OwnedFd) -> Result<Forked, RunnerError> {
        let down = |_| RunnerError::AdapterDown("the fork server is gone".into());
        let (reply, answer) = oneshot::channel();
        let order = Order { session, reply };
        self.orders.send(order).await.map_err(|_| RunnerError::AdapterDown("the runner ended".into()))?;
        match timeout(FORK_TIME, answer).await {
            Ok(answer) => answer.map_err(down)?,
            Err(_) => Err(RunnerError::AdapterDown("the fork server does not answer".into())),
        }
    }

    /// Closes the control socket, upon which the fork server kills its children and ends.
    pub(crate) async fn stop(self) {
        drop(self.orders);
        let _ = self.task.await;
    }
}

/// Keeps a fork server running until nobody can order any more.
async fn supervise(config: RunnerConfig, first: Server, mut inbox: mpsc::Receiver<Order>) {
    let mut server = Some(first);
    let mut pause = FIRST_PAUSE;
    loop {
        if let Some(current) = server.take() {
            let started = tokio::time::Instant::now();
            match current.serve(&config, &mut inbox).await {
                Ended::NoMoreOrders => return,
                Ended::WornOut => pause = FIRST_PAUSE,
                Ended::Died(why) => {
                    tracing::error!(%why, "the sandbox's fork server died");
                    if started.elapsed() > LONGEST_PAUSE {
                        pause = FIRST_PAUSE;
                    }
                    if !refuse_during(pause, &mut inbox, &why).await {
                        return;
                    }
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
        match Server::start(&config).await {
            Ok(next) => server = Some(next),
            Err(error) => {
                tracing::error!(%error, "the sandbox's fork server does not start");
                if !refuse_during(pause, &mut inbox, &error.to_string()).await {
                    return;
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// Answers every order with the fault until the pause is over; false when the runner ended.
async fn refuse_during(pause: Duration, inbox: &mut mpsc::Receiver<Order>, why: &str) -> bool {
    let over = sleep(pause);
    tokio::pin!(over);
    loop {
        tokio::select! {
            () = &mut over => return true,
            order = inbox.recv() => match order {
                None => return false,
                Some(order) => {
                    let _ = order.reply.send(Err(RunnerError::AdapterDown(why.to_owned())));
                }
            },
        }
    }
}

enum Ended {
    NoMoreOrders,
    WornOut,
    Died(String),
}

/// One fork server process.
struct Server {
    process: Child,
    control: Control,
    facts: Facts,
}

impl Server {
    async fn start(config: &RunnerConfig) -> Result<Self, RunnerError> {
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
            .map_err(|error| down(format!("{} cannot be started: {error}", config.sandbox.display())))?;
        let control = Control::new(ours).map_err(|error| down(format!("control socket: {error}")))?;
        let ready = match timeout(BOOT_TIME, control.receive()).await {
            Err(_) => return Err(down("the sandbox does not become ready".into())),
            Ok(ready) => ready,
        };
        match ready {
            Ok(Some((FromZygote::Ready { runtime_hash, runtime, layers, strong }, _))) => {
                Ok(Self { process, control, facts: Facts { runtime_hash, runtime, layers, strong } })
            }
            Ok(Some(_)) => Err(down("the sandbox does not introduce itself".into())),
            Ok(None) | Err(_) => {
                let _ = process.start_kill();
                Err(down(format!("the sandbox did not start: {}", last_words(&mut process).await)))
            }
        }
    }

    async fn serve(mut self, config: &RunnerConfig, inbox: &mut mpsc::Receiver<Order>) -> Ended {
        let mut asked: HashMap<u64, oneshot::Sender<Result<Forked, RunnerError>>> = HashMap::new();
        let mut running: HashMap<u64, oneshot::Sender<Exit>> = HashMap::new();
        let mut next = 0_u64;
        loop {
            let worn = next >= config.forks_per_zygote;
            if worn && asked.is_empty() && running.is_empty() {
                self.finish().await;
                return Ended::WornOut;
            }
            tokio::select! {
                order = inbox.recv(), if !worn => {
                    let Some(order) = order else {
                        self.finish().await;
                        return Ended::NoMoreOrders;
                    };
                    if order.reply.is_closed() {
                        continue;
                    }
                    let message = ToZygote::Run { run: next }.encode();
                    if let Err(error) = self.control.send(&message, &order.session).await {
                        let why = format!("control socket: {error}");
                        let _ = order.reply.send(Err(RunnerError::AdapterDown(why.clone())));
                        return Ended::Died(why);
                    }
                    asked.insert(next, order.reply);
                    next += 1;
                }
                message = self.control.receive() => match message {
                    Ok(Some((FromZygote::Started { run, .. }, Some(pidfd)))) => {
                        let (sender, exit) = oneshot::channel();
                        running.insert(run, sender);
                        if let Some(reply) = asked.remove(&run) {
                            // Dropping an unwanted child kills it.
                            let _ = reply.send(Ok(Forked { pidfd, exit }));
                        }
                    }
                    Ok(Some((FromZygote::Exited { run, signal, cpu_us, peak_rss_bytes }, _))) => {
                        if let Some(sender) = running.remove(&run) {
                            let cpu = Duration::from_micros(cpu_us);
                            let _ = sender.send(Exit { signal, cpu, peak_rss_bytes });
                        }
                    }
                    Ok(Some((FromZygote::Refused { run, reason }, _))) => {
                        if let Some(reply) = asked.remove(&run) {
                            let _ = reply.send(Err(RunnerError::AdapterDown(reason)));
                        }
                    }
                    Ok(Some(_)) => return Ended::Died("it spoke out of turn".into()),
                    Ok(None) => return Ended::Died(last_words(&mut self.process).await),
                    Err(error) => return Ended::Died(format!("control socket: {error}")),
                },
            }
        }
    }

    /// Lets the process end by itself, which it does when the control socket closes.
    async fn finish(self) {
        let Self { mut process, control, .. } = self;
        drop(control);
        if timeout(Duration::from_secs(2), process.wait()).await.is_err() {
            let _ = process.kill().await;
        }
    }
}

/// What the process wrote to standard error before it ended, cut short.
async fn last_words(process: &mut Child) -> String {
    let mut text = Vec::new();
    if let Some(stderr) = process.stderr.take() {
        let _ = timeout(Duration::from_millis(500), stderr.take(2048).read_to_end(&mut text)).await;
    }
    let text = String::from_utf8_lossy(&text);
    let text = text.trim();
    if text.is_empty() { "it ended without a word".into() } else { text.to_owned() }
}

/// Our end of the control socket.
struct Control(AsyncFd<OwnedFd>);

impl Control {
    fn new(socket: OwnedFd) -> io::Result<Self> {
        // SAFETY: sets a flag on a descriptor we own.
        if unsafe { nix::libc::fcntl(socket.as_raw_fd(), nix::libc::F_SETFL, nix::libc::O_NONBLOCK) } < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: an `OwnedFd` names the same open descriptor for as long as it lives.
        Ok(Self(unsafe { AsyncFd::register(socket)? }))
    }

    async fn send(&self, datagram: &[u8], fd: &OwnedFd) -> io::Result<()> {
        let fds = [fd.as_raw_fd()];
        loop {
            let mut guard = self.0.writable().await?;
            let sent = guard.try_io(|socket| {
                let rights = [ControlMessage::ScmRights(&fds)];
                let slices = [IoSlice::new(datagram)];
                sendmsg::<()>(socket.as_raw_fd(), &slices, &rights, MsgFlags::MSG_NOSIGNAL, None)
                    .map_err(io::Error::from)
            });
            if let Ok(result) = sent {
                return result.map(drop);
            }
        }
    }

    /// One message with the descriptor it carries; `None` once the other end is closed.
    async fn receive(&self) -> io::Result<Option<(FromZygote, Option<OwnedFd>)>> {
        loop {
            let mut guard = self.0.readable().await?;
            if let Ok(result) = guard.try_io(|socket| receive(socket.as_raw_fd())) {
                return result;
            }
        }
    }
}

fn receive(socket: RawFd) -> io::Result<Option<(FromZygote, Option<OwnedFd>)>> {
    let mut buffer = [0; CONTROL_MAX];
    let mut rights = nix::cmsg_space!([RawFd; 2]);
    let mut fds = Vec::new();
    let len = {
        let mut slices = [IoSliceMut::new(&mut buffer)];
        let message = recvmsg::<()>(socket, &mut slices, Some(&mut rights), MsgFlags::MSG_CMSG_CLOEXEC)?;
        for part in message.cmsgs()? {
            if let ControlMessageOwned::ScmRights(received) = part {
                // SAFETY: the kernel just installed these descriptors for us.
                fds.extend(received.into_iter().map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }));
            }
        }
        message.bytes
    };
    if len == 0 {
        return Ok(None);
    }
    let message = FromZygote::decode(&buffer[..len])
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(Some((message, fds.pop())))
}
