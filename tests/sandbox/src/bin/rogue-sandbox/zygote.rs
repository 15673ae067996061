//! The fork server's part. A program name that ends in one of these words changes what it says at the start:
//!
//! | name ends in | what it does |
//! | --- | --- |
//! | `weak` | admits that a wall is missing |
//! | `old` | speaks another version |
//! | `noise` | sends bytes that are no message |
//! | `mute` | ends without a word on the control socket |
//! | `forgetful` | starts processes without handing over their descriptors |
//! | `liar` | reports the end of processes that never were |

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use oracle_frames::{CONTROL_MAX, FromZygote, ToZygote};

/// The control socket is standard input.
const CONTROL: RawFd = 0;

/// Serves until the runner closes the control socket.
pub(crate) fn serve(name: &str) -> io::Result<()> {
    let is = |word: &str| name.ends_with(word);
    if is("mute") {
        return Err(io::Error::other("these are my last words"));
    }
    let mut ready = FromZygote::Ready {
        runtime_hash: [9; 32],
        runtime: "rogue".into(),
        layers: vec![("process".into(), "rogue".into())],
        strong: !is("weak"),
    }
    .encode();
    if is("old") {
        ready[0] = 0;
    }
    if is("noise") {
        ready.truncate(7);
    }
    send(&ready, None)?;
    while let Some((ToZygote::Run { run }, session)) = receive()? {
        if is("liar") {
            send(
                &FromZygote::Exited { run: run + 7, signal: 9, cpu_us: 1, peak_rss_bytes: 1 }.encode(),
                None,
            )?;
        }
        let mut process = Command::new(std::env::current_exe()?)
            .arg("child")
            .stdin(Stdio::from(session))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let pidfd = pidfd_open(process.id())?;
        let started = FromZygote::Started { run, pid: process.id() }.encode();
        send(&started, (!is("forgetful")).then_some(&pidfd))?;
        std::thread::spawn(move || {
            let signal = process.wait().ok().and_then(|status| status.signal()).unwrap_or(0);
            let exited =
                FromZygote::Exited { run, signal: signal.unsigned_abs(), cpu_us: 1, peak_rss_bytes: 1 };
            // The runner may be gone, and with it the wish to know.
            let _ = send(&exited.encode(), None);
        });
    }
    Ok(())
}

fn pidfd_open(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: pidfd_open takes two integers and gives a new descriptor or an error.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    let fd = RawFd::try_from(fd).map_err(io::Error::other)?;
    // SAFETY: the kernel just created this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn send(datagram: &[u8], fd: Option<&OwnedFd>) -> io::Result<()> {
    let fds = fd.map(|fd| [fd.as_raw_fd()]);
    let rights = fds.as_ref().map(|fds| [ControlMessage::ScmRights(fds)]);
    let rights = rights.as_ref().map_or(&[][..], |rights| &rights[..]);
    sendmsg::<()>(CONTROL, &[IoSlice::new(datagram)], rights, MsgFlags::MSG_NOSIGNAL, None)?;
    Ok(())
}

/// One order with its session socket; `None` once the runner closed the control socket.
fn receive() -> io::Result<Option<(ToZygote, OwnedFd)>> {
    let mut buffer = [0; CONTROL_MAX];
    let mut rights = nix::cmsg_space!([RawFd; 1]);
    let mut session = None;
    let len = {
        let mut slices = [IoSliceMut::new(&mut buffer)];
        let message = recvmsg::<()>(CONTROL, &mut slices, Some(&mut rights), MsgFlags::MSG_CMSG_CLOEXEC)?;
        for part in message.cmsgs()? {
            if let ControlMessageOwned::ScmRights(fds) = part {
                // SAFETY: the kernel just installed these descriptors for us.
                session = fds.into_iter().map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }).next();
            }
        }
        message.bytes
    };
    if len == 0 {
        return Ok(None);
    }
    let order = ToZygote::decode(&buffer[..len]).map_err(io::Error::other)?;
    Ok(Some((order, session.ok_or_else(|| io::Error::other("an order without a socket"))?)))
}
