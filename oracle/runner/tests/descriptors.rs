//! Runs leave nothing behind in the node. A file of its own: other tests open descriptors too.

mod common;

use common::{config, request, run, text};
use functions_types::limits::Limits;
use oracle_runner::{RunReport, Runner, RunnerConfig};

async fn run_short(runner: &Runner, source: &str) -> RunReport {
    let mut request = request(source);
    request.limits = Limits { execution_ms: 500, ..Limits::DEFAULT };
    runner.run(request).await.expect("the node is fine")
}

#[tokio::test]
async fn the_runner_keeps_no_descriptors_and_no_children() {
    let open = || std::fs::read_dir("/proc/self/fd").expect("Linux").count();
    let runner = Runner::start(RunnerConfig { max_concurrent: 8, ..config() }).await.unwrap();
    assert_eq!(text(&run(&runner, "return Functions.encodeString('alive')").await), "alive");
    let before = open();
    for _ in 0..5 {
        let all = [
            "return new Uint8Array(1)",
            "throw 1",
            "for (;;);",
            "return (",
            "fetch('http://127.0.0.1/'); return new Uint8Array(1)",
        ];
        let [a, b, c, d, e] = all.map(|source| run_short(&runner, source));
        let _ = tokio::join!(a, b, c, d, e);
    }
    assert_eq!(open(), before);
    runner.shutdown().await;
}
