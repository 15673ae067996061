//! What a run says to the runner and hears from it: frames on one socket.

use std::fs::File;
use std::io::{Read, Write};
use std::mem::ManuallyDrop;
use std::os::fd::{FromRawFd, RawFd};
use std::sync::OnceLock;

use eyre::{Context, Result, bail};
use nix::libc;
use oracle_frames::{FromChild, HEADER_LEN, Header, Side, ToChild, Verdict};

/// Where the session socket sits in the child.
pub(crate) const PLACE: RawFd = 3;

/// The frame that says that memory is full, in a child whose session is open: when it is needed there is no memory to
/// write it in.
static LAST_WORDS: OnceLock<Vec<u8>> = OnceLock::new();

/// The session socket, blocking, framed.
pub(crate) struct Session(File);

impl Session {
    /// The session of this child, whose socket was put in its [`PLACE`]. To be called once.
    pub(crate) fn open() -> Self {
        // SAFETY: the caller's promise; nothing else owns that number.
        let session = Self(unsafe { File::from_raw_fd(PLACE) });
        let full = FromChild::Done { verdict: Verdict::Memory, diagnostic: "memory limit".into() };
        LAST_WORDS.get_or_init(|| full.encode().expect("a short text"));
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

/// Ends the run and this process with the verdict that memory is full; returns where there is no run.
///
/// The engine and the allocator call this from within an allocation; nothing here allocates. No frame is ever sent
/// from within one, so this one stands alone.
pub(crate) fn end_without_memory() {
    let Some(words) = LAST_WORDS.get() else { return };
    // SAFETY: the session lives there until the process ends, and this second owner never closes it.
    let mut socket = ManuallyDrop::new(unsafe { File::from_raw_fd(PLACE) });
    let sent = socket.write_all(words);
    // SAFETY: ends the process at once; its owner is in the middle of an allocation.
    unsafe { libc::_exit(i32::from(sent.is_err())) }
}
