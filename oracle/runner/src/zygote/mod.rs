//! The fork server's life: start, orders, deaths of children, its own death and replacement.
//!
//! A task owns the fork server and answers orders with [`Seat`]s: children that wait for the one
//! run they serve. A few may be forked in advance. A worn-out server is replaced without a pause:
//! it serves until its successor is ready, and then only until its last child is gone.

mod control;
mod server;

use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use self::server::{Ended, Server};
use crate::cgroup::Cgroup;
use crate::own_time::Account;
use crate::{RunnerConfig, RunnerError};

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
    /// The kernel's account of its time; the run takes it.
    pub(crate) account: Option<Account>,
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

/// A child and our end of its session socket.
pub(crate) struct Seat {
    pub(crate) session: UnixStream,
    pub(crate) child: Forked,
}

type Order = oneshot::Sender<Result<Seat, RunnerError>>;

/// Handle to the task that owns the fork server.
pub(crate) struct Zygote {
    orders: mpsc::Sender<Order>,
    task: tokio::task::JoinHandle<()>,
}

impl Zygote {
    /// Starts a fork server and the task that keeps one running.
    pub(crate) async fn start(
        config: &RunnerConfig,
        cgroup: Option<Arc<Cgroup>>,
    ) -> Result<(Self, Facts), RunnerError> {
        let first = Server::start(config.clone(), cgroup.clone()).await?;
        let facts = first.facts.clone();
        let (orders, inbox) = mpsc::channel(config.max_concurrent);
        let task = tokio::spawn(supervise(config.clone(), cgroup, first, inbox));
        Ok((Self { orders, task }, facts))
    }

    /// A child for one run.
    pub(crate) async fn seat(&self) -> Result<Seat, RunnerError> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(reply).await.map_err(|_| RunnerError::AdapterDown("the runner ended".into()))?;
        match timeout(FORK_TIME, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(RunnerError::AdapterDown("the fork server is gone".into())),
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
async fn supervise(
    config: RunnerConfig,
    cgroup: Option<Arc<Cgroup>>,
    first: Server,
    mut inbox: mpsc::Receiver<Order>,
) {
    let mut retired = JoinSet::new();
    let mut server = Some(first);
    let mut pause = FIRST_PAUSE;
    loop {
        if let Some(current) = server.take() {
            let started = tokio::time::Instant::now();
            match current.serve(&config, cgroup.as_ref(), &mut inbox).await {
                Ended::NoMoreOrders => break,
                Ended::Replaced(old, next) => {
                    retired.spawn(old.retire());
                    server = Some(*next);
                    pause = FIRST_PAUSE;
                    continue;
                }
                Ended::Died(why) => {
                    tracing::error!(%why, "the sandbox's fork server died");
                    if started.elapsed() > LONGEST_PAUSE {
                        pause = FIRST_PAUSE;
                    }
                    if !refuse_during(pause, &mut inbox, &why).await {
                        break;
                    }
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
        match Server::start(config.clone(), cgroup.clone()).await {
            Ok(next) => server = Some(next),
            Err(error) => {
                tracing::error!(%error, "the sandbox's fork server does not start");
                if !refuse_during(pause, &mut inbox, &error.to_string()).await {
                    break;
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        while retired.try_join_next().is_some() {}
    }
    // Their processes end with them.
    retired.shutdown().await;
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
                    let _ = order.send(Err(RunnerError::AdapterDown(why.to_owned())));
                }
            },
        }
    }
}
