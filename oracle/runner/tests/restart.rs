//! The fork server dies: runs under way become faults of the node, later runs work again.

mod common;

use common::processes::{children, kill, zygote};
use common::{request, run, runner_for, text};
use tokio::sync::Mutex;

/// One fork server at a time, so that it is known which is meant.
static TURN: Mutex<()> = Mutex::const_new(());

#[tokio::test]
async fn a_script_killed_from_outside_is_a_fault_of_the_node() {
    let _turn = TURN.lock().await;
    let server = common::Server::start(async |_| {
        kill(&children(&zygote()));
        std::future::pending().await
    })
    .await;
    let runner = runner_for(&[&server]).await;
    let mut doomed = request("await fetch(args[0]); return new Uint8Array(1)");
    doomed.args = vec![server.url("/")];
    let error = runner.run(doomed).await.expect_err("nothing that the script did");
    assert!(error.is_retryable() && error.to_string().contains("killed from outside"), "{error}");
    assert_eq!(text(&run(&runner, "return Functions.encodeString('alive')").await), "alive");
    runner.shutdown().await;
}

#[tokio::test]
async fn the_death_of_the_fork_server_is_a_fault_of_the_node_and_heals() {
    let _turn = TURN.lock().await;
    let server = common::Server::start(async |_| {
        // The run is under way when its request arrives.
        kill(&[zygote()]);
        std::future::pending().await
    })
    .await;
    let runner = runner_for(&[&server]).await;
    let mut doomed = request("await fetch(args[0]); return new Uint8Array(1)");
    doomed.args = vec![server.url("/")];
    let error = runner.run(doomed).await.expect_err("the fork server died");
    assert_eq!(error.failure_code(), 1, "{error}");
    assert!(error.is_retryable());

    let mut attempts = 0;
    let report = loop {
        attempts += 1;
        match runner.run(request("return Functions.encodeString('alive')")).await {
            Ok(report) => break report,
            // Refused during the pause before the next start: only that fault, and not for ever.
            Err(error) => assert!(error.is_retryable() && attempts < 1_000_000, "{error}"),
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(text(&report), "alive");
    assert_eq!(text(&run(&runner, "return Functions.encodeString('again')").await), "again");
    runner.shutdown().await;
}
