//! One run in its own process: raise the inner walls, read the order, run, answer, exit.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use eyre::{Context, Result, bail};
use nix::libc;
use oracle_frames::{FromChild, HEADER_LEN, Header, Side, ToChild, Verdict, cut_text};

use crate::engine::ScriptRuntime;
use crate::walls::{self, Walls};

/// Where the session socket sits in the child.
const SESSION: i32 = 3;

/// Whether this process is a child whose session is open.
static SERVING: AtomicBool = AtomicBool::new(false);

/// The session socket, blocking, framed.
pub(crate) struct Session(File);

impl Session {
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

/// Serves one run and never returns.
pub(crate) fn main(runtime: &mut ScriptRuntime, session: OwnedFd, null: &OwnedFd, walls: &Walls) -> ! {
    #[cfg(not(sanitized))]
    std::panic::set_hook(Box::new(|_| {}));
    #[cfg(sanitized)]
    crate::sanitized::note_panics();
    let code = match catch_unwind(AssertUnwindSafe(|| serve(runtime, &session, null, walls))) {
        Ok(Ok(())) => 0,
        Ok(Err(_)) => 1,
        Err(_) => 2,
    };
    // SAFETY: ends the process at once; nothing of the parent's state may be torn down here.
    unsafe { libc::_exit(code) }
}

fn serve(runtime: &mut ScriptRuntime, session: &OwnedFd, null: &OwnedFd, walls: &Walls) -> Result<()> {
    walls::keep_only(session.as_raw_fd(), null.as_raw_fd(), SESSION)?;
    // SAFETY: `keep_only` put the session socket there, and nothing else owns that number.
    let mut session = Session(unsafe { File::from_raw_fd(SESSION) });
    SERVING.store(true, Ordering::Relaxed);
    walls::detach_from_parent()?;
    let ToChild::Start(start) = session.receive()? else { bail!("a run begins with Start") };
    walls.close(&start.limits)?;
    let limit = start.limits.response_bytes;
    let (verdict, diagnostic, mut session) = runtime.run(*start, session)?;
    let verdict = match verdict {
        Verdict::Thrown(text) => Verdict::Thrown(cut_text(&text, limit).to_owned()),
        other => other,
    };
    session.send(&FromChild::Done { verdict, diagnostic: diagnostic.bounded() })
}

/// Ends the run and this process with the verdict that the heap is full; returns where there is no run.
///
/// The engine calls this from within an allocation. It never allocates while a frame is being sent, so the frame
/// stands alone.
pub(crate) fn end_without_memory() {
    if !SERVING.load(Ordering::Relaxed) {
        return;
    }
    // SAFETY: the session lives there until the process ends, which it does before this second owner is dropped.
    let mut session = Session(unsafe { File::from_raw_fd(SESSION) });
    let sent = session.send(&FromChild::Done { verdict: Verdict::Memory, diagnostic: "memory limit".into() });
    // SAFETY: ends the process at once; the engine is in the middle of an allocation.
    unsafe { libc::_exit(i32::from(sent.is_err())) }
}
