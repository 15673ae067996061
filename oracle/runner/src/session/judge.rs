//! What the end of a run means: an outcome for the chain, or a fault of this node.

use std::time::Duration;

use functions_types::limits::{Limits, Profile};
use oracle_frames::{Diagnostic, Verdict};

use super::converse::End;
use crate::zygote::Exit;
use crate::{RunOutcome, RunnerError};

/// The signal nobody can refuse.
const SIGKILL: u32 = nix::libc::SIGKILL as u32;

/// How a script ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) outcome: RunOutcome,
    /// In one fixed word.
    pub(super) ending: &'static str,
    pub(super) diagnostic: Diagnostic,
}

/// Judges a run.
///
/// # Errors
/// What is no doing of the script.
pub(super) fn judge(end: End, exit: &Exit, limits: &Limits, profile: Profile) -> Result<Judged, RunnerError> {
    let (verdict, diagnostic) = match end {
        End::Late => (Verdict::TimeOut, "killed at the deadline".into()),
        End::Starved { wall, own } => {
            return Err(RunnerError::Starved {
                wall,
                own,
                limit: Duration::from_millis(limits.execution_ms),
            });
        }
        End::Done { verdict, diagnostic } => (verdict, diagnostic.bounded()),
        End::Silent if was_killed(exit, limits) => {
            let why = "the script's process was killed from outside, as when the machine has no memory left";
            return Err(RunnerError::AdapterDown(why.into()));
        }
        End::Silent => died(exit, limits),
        End::Hostile(why) => {
            tracing::warn!(%why, "a sandboxed process broke the protocol");
            (Verdict::Died, why.into())
        }
        End::Diverged(divergence) => return Err(divergence.into()),
    };
    let ending = verdict.label();
    let outcome = verdict.into_answer(limits.response_bytes, profile).into();
    Ok(Judged { outcome, ending, diagnostic })
}

/// Whether somebody else ended a silent child. Nothing a script does to itself ends in SIGKILL but using up its
/// processor time.
fn was_killed(exit: &Exit, limits: &Limits) -> bool {
    exit.signal == SIGKILL && !used_up(exit, limits)
}

fn used_up(exit: &Exit, limits: &Limits) -> bool {
    exit.cpu >= Duration::from_millis(limits.execution_ms)
}

/// What the death of a silent child means for the script.
fn died(exit: &Exit, limits: &Limits) -> (Verdict, Diagnostic) {
    let detail = format!("the process died, signal {}", exit.signal);
    if used_up(exit, limits) { (Verdict::TimeOut, detail.into()) } else { (Verdict::Died, detail.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { execution_ms: 1_000, ..Limits::DEFAULT };

    fn judged(end: End, signal: u32, cpu_ms: u64) -> Result<Judged, RunnerError> {
        let exit = Exit { signal, cpu: Duration::from_millis(cpu_ms), peak_rss_bytes: 0 };
        judge(end, &exit, &LIMITS, Profile::Default)
    }

    fn ending(end: End, signal: u32, cpu_ms: u64) -> &'static str {
        judged(end, signal, cpu_ms).expect("the script's doing").ending
    }

    #[test]
    fn a_verdict_counts_whatever_the_child_died_of() {
        let done = || End::Done { verdict: Verdict::Bytes(vec![1]), diagnostic: Diagnostic::default() };
        for (signal, cpu_ms) in [(0, 1), (SIGKILL, 1), (SIGKILL, 5_000)] {
            let judged = judged(done(), signal, cpu_ms).expect("the script's doing");
            assert_eq!((judged.outcome, judged.ending), (RunOutcome::Result(vec![1]), "bytes"));
        }
    }

    #[test]
    fn a_silent_death_is_the_scripts_unless_it_was_killed_before_its_time() {
        let segv = nix::libc::SIGSEGV as u32;
        assert_eq!(ending(End::Silent, segv, 10), "died");
        assert_eq!(ending(End::Silent, 0, 10), "died");
        assert_eq!(ending(End::Silent, SIGKILL, 1_000), "time-out");
        assert!(matches!(judged(End::Silent, SIGKILL, 999), Err(RunnerError::AdapterDown(_))));
    }

    #[test]
    fn what_breaks_the_protocol_or_comes_late_is_the_scripts() {
        assert_eq!(ending(End::Hostile("nonsense".into()), SIGKILL, 0), "died");
        assert_eq!(ending(End::Late, SIGKILL, 0), "time-out");
    }

    #[test]
    fn a_run_the_machine_starved_is_a_fault_of_the_node() {
        let end = End::Starved { wall: Duration::from_secs(4), own: Duration::from_millis(70) };
        let error = judged(end, SIGKILL, 70).expect_err("nothing that the script did");
        assert_eq!(
            error.to_string(),
            "the machine is too busy: in 4000 ms it let the script have 70 ms of its 1000 ms"
        );
        assert!(error.is_retryable());
        assert_eq!(error.failure_code(), 5);
    }
}
