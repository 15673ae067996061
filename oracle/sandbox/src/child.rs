//! One run in its own process: raise the inner walls, read the order, run, answer, exit.

use std::os::fd::{AsRawFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};

use eyre::{Result, bail};
use nix::libc;
use oracle_frames::{FromChild, ToChild, Verdict, cut_text};

use crate::engine::ScriptRuntime;
use crate::session::{self, Session};
use crate::walls::{self, Walls};

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
    walls::keep_only(session.as_raw_fd(), null.as_raw_fd(), session::PLACE)?;
    let mut session = Session::open();
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
