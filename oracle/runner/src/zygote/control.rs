//! The control socket: datagrams with descriptors.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use oracle_frames::{CONTROL_MAX, FromZygote};
use tokio::io::unix::AsyncFd;

/// Our end of the control socket.
pub(super) struct Control(AsyncFd<OwnedFd>);

impl Control {
    pub(super) fn new(socket: OwnedFd) -> io::Result<Self> {
        // SAFETY: sets a flag on a descriptor we own.
        if unsafe { nix::libc::fcntl(socket.as_raw_fd(), nix::libc::F_SETFL, nix::libc::O_NONBLOCK) } < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: an `OwnedFd` names the same open descriptor for as long as it lives.
        Ok(Self(unsafe { AsyncFd::register(socket)? }))
    }

    pub(super) async fn send(&self, datagram: &[u8], fd: &OwnedFd) -> io::Result<()> {
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
    pub(super) async fn receive(&self) -> io::Result<Option<(FromZygote, Option<OwnedFd>)>> {
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
