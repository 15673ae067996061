//! What a run says to the runner and hears from it: frames on one socket.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};

use eyre::{Context, Result, bail};
use nix::libc;
use oracle_frames::{FromChild, HEADER_LEN, Header, Side, ToChild, Verdict};

/// Where the session socket sits in the child.
pub(crate) const PLACE: RawFd = 3;

/// Whether this process is a child whose session is open.
static OPEN: AtomicBool = AtomicBool::new(false);

/// The session socket, blocking, framed.
pub(crate) struct Session(File);

impl Session {
    /// The session of this child, whose socket was put in its [`PLACE`]. To be called once.
    pub(crate) fn open() -> Self {
        // SAFETY: the caller's promise; nothing else owns that number.
        let session = Self(unsafe { File::from_raw_fd(PLACE) });
        OPEN.store(true, Ordering::Relaxed);
        session
    }

    /// Sends one frame.
    ///
    /// # Errors
    /// When the runner is gone or the message exceeds its kind's limit.
    pub(crate) fn send(&mut self, message: &FromChild) -> Result<()> {
        self.0.write_all(&message.encode()?).wrap_err("the session socket is gone")
    }

    /// Waits for one frame.
    ///
    /// # Errors
    /// When the runner is gone or says something undefined.
    pub(crate) fn receive(&mut self) -> Result<ToChild> {
        let mut header = [0; HEADER_LEN];
        self.0.read_exact(&mut header)?;
        let header = Header::parse(header, Side::Runner)?;
        let mut payload = vec![0; header.len];
        self.0.read_exact(&mut payload)?;
        Ok(ToChild::decode(header.kind, &payload)?)
    }

    /// Waits until a frame arrives or `timeout` passes; says whether one did.
    pub(crate) fn wait(&self, timeout: std::time::Duration) -> Result<bool> {
        use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
        use std::os::fd::AsFd;
        // Rounded up: a wait that ends early would be repeated in a tight loop.
        let millis = u16::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(u16::MAX);
        let mut fds = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, PollTimeout::from(millis)) {
            Ok(count) => Ok(count > 0),
            Err(nix::errno::Errno::EINTR) => Ok(false),
            Err(errno) => bail!("poll: {errno}"),
        }
    }
}

/// Ends the run and this process with the verdict that the heap is full; returns where there is no run.
///
/// The engine calls this from within an allocation. It never allocates while a frame is being sent, so the frame
/// stands alone.
pub(crate) fn end_without_memory() {
    if !OPEN.load(Ordering::Relaxed) {
        return;
    }
    // SAFETY: the session lives there until the process ends, which it does before this second owner is dropped.
    let mut session = Session(unsafe { File::from_raw_fd(PLACE) });
    let sent = session.send(&FromChild::Done { verdict: Verdict::Memory, diagnostic: "memory limit".into() });
    // SAFETY: ends the process at once; the engine is in the middle of an allocation.
    unsafe { libc::_exit(i32::from(sent.is_err())) }
}
