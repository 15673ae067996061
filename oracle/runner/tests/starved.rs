//! The machine starves a script: what it could not use of its time is not held against it.

mod common;

use std::process::{Child, Command};
use std::time::Duration;

use common::{Server, request, runner_for, text};
use functions_types::limits::{Limits, Mode, Profile};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use oracle_runner::{RunReport, RunRequest, Runner, RunnerError};
use tokio::sync::Mutex;

/// One fork server at a time, so that it is known which is meant, and one busy processor.
static TURN: Mutex<()> = Mutex::const_new(());

/// How many busy programs a script shares its processor with.
const RIVALS: usize = 2;
/// How often a machine that is busy with more than these programs may starve a script altogether.
const ATTEMPTS: usize = 10;

const COMPUTE: &str = "let x = 1; for (let i = 0; i < Number(args[0]); i++) x = (x * 48271) % 2147483647;
    return Functions.encodeUint256(x)";

fn limited(source: &str, execution_ms: u64) -> RunRequest {
    RunRequest { limits: Limits { execution_ms, ..Limits::DEFAULT }, ..request(source) }
}

/// Programs that want all of one processor, until this is dropped.
struct Rivals(Vec<Child>);

impl Rivals {
    fn start() -> Self {
        let busy = || Command::new("/bin/sh").args(["-c", "while :; do :; done"]).spawn().expect("a shell");
        Self((0..RIVALS).map(|_| busy()).collect())
    }
}

impl Drop for Rivals {
    fn drop(&mut self) {
        for rival in &mut self.0 {
            let _ = rival.kill();
            let _ = rival.wait();
        }
    }
}

/// Does `start` with this thread on one processor, which what it starts inherits.
async fn on_one_processor<T>(start: impl AsyncFnOnce() -> T) -> T {
    let me = Pid::from_raw(0);
    let all = sched_getaffinity(me).expect("the system says where this may run");
    let first = (0..CpuSet::count()).find(|cpu| all.is_set(*cpu).unwrap_or(false)).expect("somewhere");
    let mut one = CpuSet::new();
    one.set(first).expect("a processor");
    sched_setaffinity(me, &one).expect("fewer processors are always allowed");
    let started = start().await;
    sched_setaffinity(me, &all).expect("as it was");
    started
}

/// A runner whose scripts share one processor with busy programs.
async fn starved() -> (Runner, Rivals) {
    on_one_processor(async || {
        let runner = common::runner().await;
        (runner, Rivals::start())
    })
    .await
}

/// Runs it until a run was neither starved altogether nor spared.
async fn run_starved(runner: &Runner, script: &RunRequest) -> RunReport {
    let limit = Duration::from_millis(script.limits.execution_ms);
    let mut seen = Vec::new();
    for _ in 0..ATTEMPTS {
        match runner.run(script.clone()).await {
            Ok(report) if report.wall > limit => return report,
            Ok(report) => seen.push(format!("spared: {:?} of {limit:?}", report.wall)),
            Err(RunnerError::Starved { wall, own, .. }) => seen.push(format!("{own:?} in {wall:?}")),
            Err(error) => panic!("{error}"),
        }
    }
    panic!("all runs were spared or starved: {seen:?}");
}

#[tokio::test]
async fn a_script_that_shares_its_processor_has_its_whole_time() {
    let _turn = TURN.lock().await;
    let (runner, rivals) = starved().await;
    for profile in [Profile::Default, Profile::Classic] {
        let mut script = limited(COMPUTE, 120_000);
        script.options.profile = profile;
        script.args = vec!["3000000".into()];
        let unhurried = runner.run(script.clone()).await.expect("there is time enough");
        assert!(!text(&unhurried).starts_with("error"), "{}", text(&unhurried));
        // It needs three fifths of this, and has a third of the processor.
        script.limits.execution_ms =
            u64::try_from(unhurried.cpu.as_millis()).expect("a short time").max(10) * 5 / 3;
        let report = run_starved(&runner, &script).await;
        assert_eq!(report.outcome, unhurried.outcome, "{:?} of {}", report.wall, script.limits.execution_ms);
    }
    drop(rivals);
    runner.shutdown().await;
}

#[tokio::test]
async fn a_script_without_end_ends_at_its_limit_though_it_shares_its_processor() {
    let _turn = TURN.lock().await;
    let (runner, rivals) = starved().await;
    let report = run_starved(&runner, &limited("for (;;) {}", 300)).await;
    assert_eq!((text(&report).as_str(), report.ending), ("error: script runtime exceeded", "time-out"));
    // The kernel accounts a running process at its ticks.
    assert!(report.cpu >= Duration::from_millis(290), "{:?}", report.cpu);
    drop(rivals);
    runner.shutdown().await;
}

#[tokio::test]
async fn a_script_that_sleeps_spends_its_own_time() {
    let _turn = TURN.lock().await;
    let server = Server::start(async |_| std::future::pending().await).await;
    let runner = runner_for(&[&server]).await;
    let mut waits = limited("await fetch(args[0])", 200);
    waits.args = vec![server.url("/")];
    let mut timer = limited("await new Promise(done => setTimeout(done, 199)); for (;;) {}", 200);
    timer.options.mode = Mode::Compat;
    let mut aborts = limited(
        "for (;;) { const stop = new AbortController(); const asked = fetch(args[0], {signal: stop.signal});
         setTimeout(() => stop.abort(), 1); await asked.catch(() => 0) }",
        200,
    );
    aborts.args = vec![server.url("/")];
    aborts.limits.http_queries = 9_000;
    for script in [waits, timer, aborts] {
        let report = runner.run(script.clone()).await.expect("the script's own doing");
        assert_eq!(report.ending, "time-out", "{}: {}", script.source, text(&report));
    }
    runner.shutdown().await;
}
