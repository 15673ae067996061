//! The operating system's part of the isolation, outermost first.
//!
//! | wall | where it is raised | if it is missing |
//! | --- | --- | --- |
//! | own process, no environment, one socket | runner and [`keep_only`] | - |
//! | no new privileges, resource limits | [`raise`], [`Walls::close`] | the run is refused |
//! | system call filter | [`Walls::close`] | reported; the runner decides |
//! | landlock: no path, no TCP | [`raise`] | reported |
//! | user, network, IPC, UTS namespaces | [`enter_namespaces`] | reported |

use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use eyre::{Context, Result, bail};
use nix::errno::Errno;
use nix::libc;
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::unistd::{ForkResult, fork};
use seccompiler::BpfProgram;

use functions_types::limits::Limits;

use crate::seccomp;

/// Address space a run may take beyond its heap limit, in bytes: program, stack, engine overhead.
const ADDRESS_SPACE_EXTRA: u64 = 256 << 20;

/// A forbidden thing and how to try it; true when it succeeded.
type Attempt = (&'static str, fn() -> bool);

/// Which walls stand.
pub(crate) struct Walls {
    filter: Option<BpfProgram>,
    filter_error: Option<String>,
    landlock: &'static str,
    namespaces: Namespaces,
    probes: Option<Vec<&'static str>>,
}

/// Which namespaces this process entered.
#[derive(Clone, Copy)]
pub(crate) struct Namespaces {
    user: bool,
    net: bool,
}

/// Leaves the system's network, IPC and host name behind where the kernel allows it.
pub(crate) fn enter_namespaces() -> Namespaces {
    if cfg!(sanitized) {
        return Namespaces { user: false, net: false };
    }
    let rest = CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWUTS;
    if unshare(CloneFlags::CLONE_NEWUSER | rest).is_ok() {
        return Namespaces { user: true, net: true };
    }
    Namespaces { user: false, net: unshare(rest).is_ok() }
}

/// Opens the null device, before files are out of reach.
pub(crate) fn open_null() -> std::io::Result<OwnedFd> {
    Ok(std::fs::File::options().read(true).write(true).open("/dev/null")?.into())
}

/// Raises what every child inherits, and prepares what a child raises itself.
pub(crate) fn raise(namespaces: Namespaces) -> Result<Walls> {
    prctl::set_no_new_privs().wrap_err("no_new_privs is refused")?;
    prctl::set_dumpable(false).wrap_err("the process cannot be made non-dumpable")?;
    limit(Resource::RLIMIT_CORE, 0)?;
    if cfg!(sanitized) {
        let filter_error = Some("sanitized".to_owned());
        return Ok(Walls {
            filter: None,
            filter_error,
            landlock: "off(sanitized)",
            namespaces,
            probes: None,
        });
    }
    let landlock = raise_landlock();
    let (filter, filter_error) = match seccomp::filter() {
        Ok(filter) => (Some(filter), None),
        Err(error) => (None, Some(error.to_string())),
    };
    Ok(Walls { filter, filter_error, landlock, namespaces, probes: None })
}

fn raise_landlock() -> &'static str {
    use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus, Scope};
    let raised = Ruleset::default()
        .handle_access(AccessFs::from_all(ABI::V6))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(ABI::V6)))
        .and_then(|rules| rules.scope(Scope::from_all(ABI::V6)))
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self);
    match raised.map(|status| status.ruleset) {
        Ok(RulesetStatus::FullyEnforced) => "full(v6)",
        Ok(RulesetStatus::PartiallyEnforced) => "partial",
        Ok(RulesetStatus::NotEnforced) => "off(kernel)",
        Err(_) => "off(refused)",
    }
}

fn limit(resource: Resource, value: u64) -> Result<()> {
    setrlimit(resource, value, value).wrap_err_with(|| format!("{resource:?} cannot be set"))
}

/// Leaves a child with null as standard streams and one socket, at `target`.
pub(crate) fn keep_only(socket: RawFd, null: RawFd, target: RawFd) -> Result<()> {
    // A spare number first: the socket may sit on one of the numbers that are overwritten.
    // SAFETY: plain descriptor calls on numbers this process owns; errors are checked.
    unsafe {
        let spare = Errno::result(libc::fcntl(socket, libc::F_DUPFD_CLOEXEC, 16))?;
        for stream in 0..3 {
            Errno::result(libc::dup2(null, stream))?;
        }
        Errno::result(libc::dup2(spare, target))?;
        Errno::result(libc::syscall(libc::SYS_close_range, target + 1, libc::c_uint::MAX, 0))?;
    }
    Ok(())
}

/// Dies with the fork server, and cannot be inspected by others of the same user.
pub(crate) fn detach_from_parent() -> Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    prctl::set_dumpable(false)?;
    Ok(())
}

/// After how many seconds on a processor the kernel ends a run itself. The runner ends it at its limit, by exact
/// counters; this is for a runner that stands still. The kernel enforces it by counting its ticks, each whole for
/// whoever runs at that moment, and on a busy machine that is a tenth off and more: hence twice the limit.
const fn processor_seconds(execution_ms: u64) -> u64 {
    execution_ms.saturating_mul(2).div_ceil(1000) + 2
}

impl Walls {
    /// The last walls, raised by the child itself once it has its order.
    ///
    /// # Errors
    /// When a resource limit or the filter is refused: such a child must not run anything.
    pub(crate) fn close(&self, limits: &Limits) -> Result<()> {
        let seconds = processor_seconds(limits.execution_ms);
        if cfg!(sanitized) {
            return limit(Resource::RLIMIT_CPU, seconds);
        }
        limit(Resource::RLIMIT_AS, limits.memory_bytes.saturating_add(ADDRESS_SPACE_EXTRA))?;
        limit(Resource::RLIMIT_CPU, seconds)?;
        limit(Resource::RLIMIT_FSIZE, 0)?;
        limit(Resource::RLIMIT_NOFILE, 8)?;
        limit(Resource::RLIMIT_NPROC, 0)?;
        limit(Resource::RLIMIT_CORE, 0)?;
        self.filter_calls()
    }

    fn filter_calls(&self) -> Result<()> {
        match &self.filter {
            Some(filter) => seccompiler::apply_filter(filter).wrap_err("seccomp refused"),
            None => Ok(()),
        }
    }

    /// Whether every required wall stands.
    pub(crate) fn is_strong(&self) -> bool {
        self.filter.is_some() && self.probes.as_ref().is_some_and(Vec::is_empty)
    }

    /// Forks children that each try one forbidden thing, and notes who got away with it.
    pub(crate) fn self_test(&mut self, null: &OwnedFd) {
        let attempts: [Attempt; 5] = [
            ("open", || std::fs::File::open("/etc/passwd").is_ok()),
            ("socket", || {
                // SAFETY: integers in, integer out.
                unsafe { libc::socket(libc::AF_INET, libc::SOCK_STREAM, 0) >= 0 }
            }),
            ("exec", || {
                // It exits with an error code, which tells success from a refusal.
                let path = c"/bin/false";
                let argv = [path.as_ptr(), std::ptr::null()];
                // SAFETY: both arrays are null-terminated and live.
                unsafe { libc::execve(path.as_ptr(), argv.as_ptr(), std::ptr::null()) };
                false
            }),
            ("executable memory", || {
                let prot = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
                let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
                // SAFETY: asks for fresh anonymous memory; nothing is overwritten.
                let page = unsafe { libc::mmap(std::ptr::null_mut(), 4096, prot, flags, -1, 0) };
                page != libc::MAP_FAILED
            }),
            ("fork", || {
                // SAFETY: the child of the child does nothing but exit.
                match unsafe { fork() } {
                    Ok(ForkResult::Child) => unsafe { libc::_exit(0) },
                    Ok(ForkResult::Parent { .. }) => true,
                    Err(_) => false,
                }
            }),
        ];
        let escaped = attempts
            .into_iter()
            .filter(|(_, attempt)| self.probe(*attempt, null).unwrap_or(true))
            .map(|(name, _)| name)
            .collect();
        self.probes = Some(escaped);
    }

    /// Whether a walled child succeeds with `attempt`.
    fn probe(&self, attempt: fn() -> bool, null: &OwnedFd) -> Result<bool> {
        const ESCAPED: i32 = 77;
        // SAFETY: single-threaded process; the child only makes the attempt and exits.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let limits = Limits::DEFAULT;
                let ready = keep_only(null.as_raw_fd(), 0, 3).and_then(|()| self.close(&limits));
                let escaped = ready.is_err() || attempt();
                // SAFETY: ends the process at once.
                unsafe { libc::_exit(if escaped { ESCAPED } else { 0 }) }
            }
            ForkResult::Parent { child } => {
                let mut status = 0;
                // SAFETY: `child` is an unreaped child of this process; `status` lives.
                Errno::result(unsafe { libc::waitpid(child.as_raw(), &raw mut status, 0) })?;
                if libc::WIFSIGNALED(status) {
                    return Ok(false);
                }
                if !libc::WIFEXITED(status) {
                    bail!("a probe neither exited nor died");
                }
                // The filter kills; a probe that lives to say it was refused means it does not stand.
                Ok(self.filter.is_some() || libc::WEXITSTATUS(status) != 0)
            }
        }
    }
}

impl Walls {
    /// Every wall by name, and how it stands.
    pub(crate) fn layers(&self) -> Vec<(String, String)> {
        layers(self.filter_error.as_deref(), self.landlock, self.namespaces, self.probes.as_deref())
            .into_iter()
            .map(|(name, state)| (name.to_owned(), state))
            .collect()
    }
}

/// The pure part of [`Walls::layers`]: one line of truth for each wall, present or not.
fn layers(
    filter_error: Option<&str>,
    landlock: &str,
    namespaces: Namespaces,
    escaped: Option<&[&str]>,
) -> [(&'static str, String); 7] {
    let on = |yes: bool| if yes { "on" } else { "off(refused)" }.to_owned();
    [
        ("process", "on".to_owned()),
        ("rlimits", "on".to_owned()),
        ("seccomp", filter_error.map_or("on(kill)".to_owned(), |error| format!("off({error})"))),
        ("landlock", landlock.to_owned()),
        ("userns", on(namespaces.user)),
        ("netns", on(namespaces.net)),
        (
            "self-test",
            match escaped {
                None => "not run".to_owned(),
                Some([]) => "passed".to_owned(),
                Some(escaped) => format!("FAILED({})", escaped.join(", ")),
            },
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(
        filter_error: Option<&str>,
        landlock: &str,
        user: bool,
        net: bool,
        escaped: Option<&[&str]>,
    ) -> String {
        let states = layers(filter_error, landlock, Namespaces { user, net }, escaped);
        states.map(|(name, state)| format!("{name}={state}")).join(" ")
    }

    #[test]
    fn the_kernel_ends_a_run_long_after_the_runner_has() {
        for (execution_ms, seconds) in [(1, 3), (10_000, 22), (30_000, 62), (u64::MAX, u64::MAX / 1000 + 3)] {
            assert_eq!(processor_seconds(execution_ms), seconds);
        }
    }

    #[test]
    fn every_missing_wall_is_named() {
        let all = line(None, "full(v6)", true, true, Some(&[]));
        assert_eq!(
            all,
            "process=on rlimits=on seccomp=on(kill) landlock=full(v6) userns=on netns=on self-test=passed"
        );
        let cases = [
            (line(Some("arch"), "full(v6)", true, true, Some(&[])), "seccomp=off(arch)"),
            (line(None, "off(kernel)", true, true, Some(&[])), "landlock=off(kernel)"),
            (line(None, "partial(v3)", true, true, Some(&[])), "landlock=partial(v3)"),
            (line(None, "full(v6)", false, true, Some(&[])), "userns=off(refused)"),
            (line(None, "full(v6)", true, false, Some(&[])), "netns=off(refused)"),
            (line(None, "full(v6)", true, true, None), "self-test=not run"),
            (line(None, "full(v6)", true, true, Some(&["open", "exec"])), "self-test=FAILED(open, exec)"),
        ];
        for (line, part) in cases {
            assert!(line.contains(part), "{line} does not say {part}");
        }
    }

    #[test]
    fn a_sandbox_is_weak_without_the_filter_or_with_a_failed_probe() {
        let walls = |filter: bool, probes: Option<Vec<&'static str>>| Walls {
            filter: filter.then(Vec::new),
            filter_error: (!filter).then(|| "simulated".to_owned()),
            landlock: "off(kernel)",
            namespaces: Namespaces { user: false, net: false },
            probes,
        };
        assert!(walls(true, Some(vec![])).is_strong());
        assert!(!walls(false, Some(vec![])).is_strong());
        assert!(!walls(true, Some(vec!["socket"])).is_strong());
        assert!(!walls(true, None).is_strong());
    }
}
