//! One script, a thousand fresh processes, one digest: whatever the time zone, the locale, the processor's features the
//! C library may use, the allocator's habits, the load, and the order in which servers answer.

#[path = "../../../../oracle/runner/tests/common/mod.rs"]
mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{Server, json, request, sandbox};
use oracle_runner::{RunOutcome, Runner, RunnerConfig};
use tokio::sync::Notify;
use tokio::task::JoinSet;

const SCRIPT: &str = include_str!("script.js");
/// Runs in each environment; together a thousand and some.
const RUNS: usize = 112;
/// Runs at the same time: more than most machines have processors for.
const CONCURRENT: usize = 4;
/// Runs after which a whole new fork server boots.
const RUNS_PER_BOOT: u64 = 28;

/// A machine's habits: how the sandbox program is entered, and the variables it finds.
///
/// Entered as `zygote` it clears its environment itself. Entered as `zygote-clean`, which is what it then executes, the
/// variables reach the C library: that is how the features of another processor are imitated.
const ENVIRONMENTS: [(&str, &[&str]); 9] = [
    ("zygote", &[]),
    ("zygote", &["TZ=Asia/Tokyo", "LANG=ja_JP.UTF-8", "HOME=/nowhere"]),
    ("zygote", &["TZ=America/St_Johns", "LC_ALL=tr_TR.UTF-8", "MALLOC_PERTURB_=165"]),
    ("zygote", &["TZ=:/etc/localtime", "LC_NUMERIC=de_DE.UTF-8", "QJS_DEBUG=1", "V82JSC_BC_CACHE_DIR=/tmp"]),
    ("zygote-clean", &["LANG=de_DE.UTF-8"]),
    ("zygote-clean", &["GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-FMA4"]),
    ("zygote-clean", &["GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX,-FMA,-FMA4,-BMI2,-ERMS"]),
    ("zygote-clean", &["GLIBC_TUNABLES=glibc.cpu.hwcaps=-SSE4_1,-SSE4_2,-SSSE3,-AVX2,-FMA", "LC_ALL=C"]),
    (
        "zygote-clean",
        &["GLIBC_TUNABLES=glibc.malloc.perturb=91:glibc.malloc.arena_max=1", "LC_ALL=tr_TR.UTF-8"],
    ),
];

/// A program that enters the sandbox in an environment. The zone is the sandbox's to set, except where it is entered
/// behind the place where it does so.
fn entrance(folder: &Path, at: usize, (role, variables): (&str, &[&str])) -> PathBuf {
    let path = folder.join(format!("entrance-{at}"));
    let text = format!(
        "#!/bin/sh\nshift\nulimit -s 65536\nexec env TZ=UTC V82JSC_NO_BC_CACHE=1 {} {} {role} \"$@\"\n",
        variables.iter().map(|variable| format!("'{variable}'")).collect::<Vec<_>>().join(" "),
        sandbox().display(),
    );
    fs::write(&path, text).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program");
    path
}

/// A server that answers in another order every time: each request waits for up to two later ones.
async fn shuffling_server() -> Server {
    let arrived = Arc::new((AtomicUsize::new(0), Notify::new()));
    Server::start(move |seen| {
        let arrived = Arc::clone(&arrived);
        async move {
            let (count, notify) = &*arrived;
            let mine = count.fetch_add(1, Ordering::SeqCst);
            notify.notify_waiters();
            let later = mine + mine * 7 % 3;
            let more = async {
                loop {
                    let next = notify.notified();
                    if count.load(Ordering::SeqCst) > later {
                        break;
                    }
                    next.await;
                }
            };
            // The last request of all waits for nobody.
            let _ = tokio::time::timeout(Duration::from_millis(10), more).await;
            json(&format!("{{\"path\":\"{}\"}}", seen.path()))
        }
    })
    .await
}

/// Everything a node or an operator would compare.
type Seen = (Vec<u8>, Vec<String>, Vec<[u8; 32]>);

#[tokio::test]
async fn a_thousand_runs_everywhere_give_one_digest() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = shuffling_server().await;
    let mut seen: BTreeMap<Seen, Vec<usize>> = BTreeMap::new();
    for (at, environment) in ENVIRONMENTS.into_iter().enumerate() {
        let config = RunnerConfig {
            allow_http: vec![server.host()],
            max_concurrent: CONCURRENT,
            max_waiting: RUNS,
            forks_per_zygote: RUNS_PER_BOOT,
            ..RunnerConfig::new(entrance(folder.path(), at, environment))
        };
        let runner = Arc::new(Runner::start(config).await.expect("the sandbox starts"));
        let mut runs = JoinSet::new();
        for _ in 0..RUNS {
            let runner = Arc::clone(&runner);
            let mut request = request(SCRIPT);
            request.args = vec![server.url("")];
            request.limits.execution_ms = 30_000;
            runs.spawn(async move { runner.run(request).await });
        }
        while let Some(report) = runs.join_next().await {
            let report = report.expect("no panic").expect("the node is fine");
            let digest = match report.outcome {
                RunOutcome::Result(digest) => digest,
                RunOutcome::UserError(text) => panic!("environment {at}: {}", String::from_utf8_lossy(&text)),
            };
            let exchanges = report.http.iter().map(|exchange| exchange.digest).collect();
            seen.entry((digest, report.console, exchanges)).or_default().push(at);
        }
        let runner = Arc::into_inner(runner).expect("every run has ended");
        runner.shutdown().await;
    }
    let runs: usize = seen.values().map(Vec::len).sum();
    assert!(runs >= 1_000, "only {runs} runs");
    assert_eq!(seen.len(), 1, "several answers, with the environments that gave them: {seen:#?}");
}
