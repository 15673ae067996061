//! The fork server: boots once, forks once per run, reaps, reports.

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};

use eyre::{Context, Result, bail};
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use nix::unistd::{ForkResult, fork};
use oracle_frames::{CONTROL_MAX, FromZygote, ToZygote};

use crate::engine::ScriptRuntime;
use crate::{child, platform, walls};

/// The control socket is standard input.
const CONTROL: RawFd = 0;

struct Running {
    run: u64,
    pid: libc::pid_t,
    pidfd: OwnedFd,
}

/// Serves until the runner closes the control socket.
pub(crate) fn serve(memory_bytes: u64) -> Result<()> {
    let namespaces = walls::enter_namespaces();
    let null = walls::open_null().wrap_err("cannot open /dev/null")?;
    let mut runtime = ScriptRuntime::boot(memory_bytes)?;
    let mut walls = walls::raise(namespaces)?;
    walls.self_test(&null);
    send(
        &FromZygote::Ready {
            runtime_hash: platform::RUNTIME_HASH,
            runtime: platform::VERSION.to_owned(),
            layers: walls.layers(),
            strong: walls.is_strong(),
        },
        None,
    )?;

    let mut running: Vec<Running> = Vec::new();
    loop {
        let (order, ended) = wait(&running)?;
        for at in ended.into_iter().rev() {
            let gone = running.swap_remove(at);
            send(&reap(gone)?, None)?;
        }
        if !order {
            continue;
        }
        let Some((ToZygote::Run { run }, session)) = receive()? else {
            for child in &running {
                // SAFETY: `pid` is an unreaped child of this process.
                unsafe { libc::kill(child.pid, libc::SIGKILL) };
            }
            return Ok(());
        };
        // SAFETY: this process has a single thread, so the child may do what it likes.
        match unsafe { fork() } {
            Ok(ForkResult::Child) => child::main(&mut runtime, session, &null, &walls),
            Ok(ForkResult::Parent { child }) => {
                drop(session);
                let pidfd = pidfd_open(child.as_raw()).wrap_err("pidfd_open failed")?;
                let started = FromZygote::Started { run, pid: child.as_raw().unsigned_abs() };
                send(&started, Some(&pidfd))?;
                running.push(Running { run, pid: child.as_raw(), pidfd });
            }
            Err(errno) => send(&FromZygote::Refused { run, reason: format!("fork: {errno}") }, None)?,
        }
    }
}

/// Waits for an order or the end of a child; gives the indices of ended children, rising.
fn wait(running: &[Running]) -> Result<(bool, Vec<usize>)> {
    // SAFETY: standard input stays open as long as this process lives.
    let control = unsafe { std::os::fd::BorrowedFd::borrow_raw(CONTROL) };
    let mut fds = vec![PollFd::new(control, PollFlags::POLLIN)];
    fds.extend(running.iter().map(|child| PollFd::new(child.pidfd.as_fd(), PollFlags::POLLIN)));
    loop {
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(_) => break,
            Err(Errno::EINTR) => {}
            Err(errno) => bail!("poll: {errno}"),
        }
    }
    let fired = |fd: &PollFd<'_>| fd.revents().is_some_and(|events| !events.is_empty());
    let ended = fds[1..].iter().enumerate().filter(|(_, fd)| fired(fd)).map(|(at, _)| at).collect();
    Ok((fired(&fds[0]), ended))
}

fn reap(child: Running) -> Result<FromZygote> {
    let mut status = 0;
    // SAFETY: an all-zero rusage is valid; wait4 fills it.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    loop {
        // SAFETY: the pointers are to live locals; `pid` is an unreaped child.
        let got = unsafe { libc::wait4(child.pid, &raw mut status, 0, &raw mut usage) };
        match Errno::result(got) {
            Ok(_) => break,
            Err(Errno::EINTR) => {}
            Err(errno) => bail!("wait4: {errno}"),
        }
    }
    let micros = |time: libc::timeval| time.tv_sec.unsigned_abs() * 1_000_000 + time.tv_usec.unsigned_abs();
    Ok(FromZygote::Exited {
        run: child.run,
        signal: if libc::WIFSIGNALED(status) { libc::WTERMSIG(status).unsigned_abs() } else { 0 },
        cpu_us: micros(usage.ru_utime) + micros(usage.ru_stime),
        peak_rss_bytes: usage.ru_maxrss.unsigned_abs() * 1024,
    })
}

pub(crate) fn pidfd_open(pid: libc::pid_t) -> nix::Result<OwnedFd> {
    // SAFETY: pidfd_open takes two integers and gives a new descriptor or an error.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let fd = Errno::result(fd)?;
    let fd = RawFd::try_from(fd).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel just created this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn send(message: &FromZygote, fd: Option<&OwnedFd>) -> Result<()> {
    let datagram = message.encode();
    let fds = fd.map(|fd| [fd.as_raw_fd()]);
    let rights = fds.as_ref().map(|fds| [ControlMessage::ScmRights(fds)]);
    let rights = rights.as_ref().map_or(&[][..], |rights| &rights[..]);
    sendmsg::<()>(CONTROL, &[IoSlice::new(&datagram)], rights, MsgFlags::empty(), None)
        .wrap_err("the control socket is gone")?;
    Ok(())
}

/// One order with its session socket; `None` once the runner closed the control socket.
fn receive() -> Result<Option<(ToZygote, OwnedFd)>> {
    let mut buffer = [0; CONTROL_MAX];
    let mut rights = nix::cmsg_space!([RawFd; 4]);
    let (len, fds) = {
        let mut slices = [IoSliceMut::new(&mut buffer)];
        let message = recvmsg::<()>(CONTROL, &mut slices, Some(&mut rights), MsgFlags::MSG_CMSG_CLOEXEC)
            .wrap_err("the control socket fails")?;
        let mut fds = Vec::new();
        for part in message.cmsgs()? {
            if let ControlMessageOwned::ScmRights(received) = part {
                // SAFETY: the kernel just installed these descriptors for us.
                fds.extend(received.into_iter().map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }));
            }
        }
        (message.bytes, fds)
    };
    if len == 0 {
        return Ok(None);
    }
    let order = ToZygote::decode(&buffer[..len])?;
    match <[OwnedFd; 1]>::try_from(fds) {
        Ok([session]) => Ok(Some((order, session))),
        Err(other) => bail!("an order carried {} descriptors instead of one", other.len()),
    }
}
