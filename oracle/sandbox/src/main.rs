//! The process that runs a stranger's JavaScript.
//!
//! One binary, one role: a fork server. It boots a single JavaScript runtime, builds the walls,
//! and then forks one child per run; the child serves exactly one script and exits. It opens no
//! file, no network, reads no environment and sees no key: everything a script needs arrives on
//! one socket, and HTTP is performed by the runner on the other end of it.
//!
//! | to read about | look in |
//! | --- | --- |
//! | forking, reaping, the control socket | `zygote` |
//! | one run, from first frame to last | `child`, `session`, `host`, `event_loop`, `rejections`, `exchanges`, `timers` |
//! | the engine and what scripts see | `engine`, `entries`, `ops`, `js/` |
//! | the web platform's files and the runtime hash | `platform`, `build.rs` |
//! | a full heap; memory outside it | `heap_limit`; `allocator` |
//! | imports | `module_loader` |
//! | from source text to a function, types blanked | `script`, `wrapper`, `typescript` |
//! | what an error says about its place | `places`, `stack_scope` |
//! | `crypto.subtle` | `crypto` |
//! | how a returned or thrown value is judged | `judge` |
//! | operating-system walls and their self-test | `walls`, `seccomp` |
//! | a build for the address sanitizer, without walls | `sanitized` |
//! | floating point that is equal on every machine | `libm_symbols` |
//!
//! The command line is `functions-sandbox zygote --memory-bytes N`, with the control socket as
//! standard input. It is started by `oracle-runner`, not by people, who may ask for its `--version`.

mod allocator;
mod blame;
mod child;
mod crypto;
mod engine;
mod entries;
mod event_loop;
mod exchanges;
mod heap_limit;
mod host;
mod judge;
mod libm_symbols;
mod module_loader;
mod ops;
mod places;
mod platform;
mod rejections;
#[cfg(sanitized)]
mod sanitized;
mod script;
mod seccomp;
mod session;
mod stack_scope;
mod timers;
mod typescript;
mod walls;
mod wrapper;
mod zygote;

use std::io::Write as _;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use eyre::{Context, Result, bail, eyre};

/// Stack the engine may use, in KiB; the process has four times that.
const ENGINE_STACK_KIB: u64 = 16 * 1024;
/// Stack limit of the process, in bytes. It takes effect at exec only.
const PROCESS_STACK_BYTES: u64 = 64 << 20;

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed standard error is no reason to end otherwise.
            let _ = writeln!(std::io::stderr(), "functions-sandbox: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let role = args.next();
    if matches!(role.as_deref(), Some("--version" | "-V")) {
        return writeln!(std::io::stdout(), "functions-sandbox {}", env!("CARGO_PKG_VERSION"))
            .wrap_err("cannot write to standard output");
    }
    let memory_bytes = match (args.next().as_deref(), args.next()) {
        (Some("--memory-bytes"), Some(value)) => {
            value.parse::<u64>().wrap_err("--memory-bytes takes a number of bytes")?
        }
        _ => bail!("usage: functions-sandbox zygote --memory-bytes N (started by functions-node)"),
    };
    match role.as_deref() {
        Some("zygote") => Err(restart_clean(memory_bytes)),
        Some("zygote-clean") => zygote::serve(memory_bytes),
        _ => bail!("unknown role; this program is started by functions-node"),
    }
}

/// Executes itself again with the stack limit the engine needs and an environment that holds
/// nothing but the time zone and the switch that keeps the engine from reading a code cache.
fn restart_clean(memory_bytes: u64) -> eyre::Report {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let raised = getrlimit(Resource::RLIMIT_STACK)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_STACK, PROCESS_STACK_BYTES.min(hard), hard));
    if let Err(error) = raised {
        return eyre!("the stack limit cannot be raised: {error}");
    }
    let executable = match std::env::current_exe() {
        Ok(path) => path,
        Err(error) => return eyre!("the path of this program is unknown: {error}"),
    };
    let error = Command::new(executable)
        .args(["zygote-clean", "--memory-bytes", &memory_bytes.to_string()])
        .env_clear()
        .env("TZ", "UTC")
        .env("V82JSC_NO_BC_CACHE", "1")
        .exec();
    eyre!("cannot execute this program again: {error}")
}
