//! A run that nobody waits for any more: its process ends, and its slot is free. A file of its own: the processes that
//! are counted are this one's.

mod common;

use std::time::Duration;

use common::processes::{children, zygote};
use common::{config, request, run, text};
use oracle_runner::{Runner, RunnerConfig};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// How long a process may take to be gone.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_dropped_run_ends_its_process_and_frees_its_slot() {
    let (hear, mut heard) = mpsc::unbounded_channel();
    let server = common::Server::start(move |_| {
        let _ = hear.send(());
        async { common::json("{}") }
    })
    .await;
    let silent = common::Server::start(async |_| std::future::pending().await).await;
    let allow_http = vec![server.host(), silent.host()];
    let settings = RunnerConfig { max_concurrent: 1, max_waiting: 1, allow_http, ..config() };
    let runner = Runner::start(settings).await.expect("the sandbox starts");
    // One that computes, and one that waits for an answer from outside.
    let scripts =
        ["await fetch(args[0]); for (;;);", "fetch(args[0]); await fetch(args[1]); return new Uint8Array(1)"];
    for source in scripts {
        let mut endless = request(source);
        endless.args = vec![server.url("/"), silent.url("/")];
        endless.limits.execution_ms = 120_000;
        tokio::select! {
            ended = runner.run(endless) => panic!("{ended:?}"),
            _ = heard.recv() => {}
        }
        let gone = async {
            while !children(&zygote()).is_empty() {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, gone).await.expect("its process ends");
        assert_eq!(text(&run(&runner, "return Functions.encodeString('next')").await), "next");
    }
    runner.shutdown().await;
}
