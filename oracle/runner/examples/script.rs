//! Runs script files on the real sandbox and prints what would go on chain.
//!
//! `cargo run --profile node -p oracle-runner --example script -- FILE [ARG...]`, after building
//! `functions-sandbox` with the same profile. `-` as FILE reads standard input. Loopback ports
//! named in ALLOW (as `HOST:PORT,…`, before FILE, with `--allow-http`) may be reached.

#![expect(clippy::disallowed_macros, reason = "an example prints what it shows")]

use std::collections::BTreeMap;
use std::io::Read;

use functions_types::limits::{Limits, RunOptions};
use oracle_runner::{RunOutcome, RunRequest, Runner, RunnerConfig};

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1).peekable();
    let mut allow_http = Vec::new();
    if args.next_if(|arg| arg == "--allow-http").is_some() {
        let list = args.next().ok_or("--allow-http takes HOST:PORT,…")?;
        allow_http.extend(list.split(',').map(str::to_owned));
    }
    let file = args.next().ok_or("usage: script [--allow-http LIST] FILE [ARG...]")?;
    let mut source = String::new();
    if file == "-" {
        std::io::stdin().read_to_string(&mut source)?;
    } else {
        source = std::fs::read_to_string(file)?;
    }
    let path = std::env::current_exe()?;
    let profile = path.ancestors().nth(2).ok_or("no profile folder")?;
    let config = RunnerConfig { allow_http, ..RunnerConfig::new(profile.join("functions-sandbox")) };
    let runner = Runner::start(config).await?;
    let report = runner
        .run(RunRequest {
            request_id: [0; 32],
            source,
            args: args.collect(),
            bytes_args: vec![],
            secrets: BTreeMap::new(),
            block_timestamp: 1_700_000_000,
            limits: Limits::DEFAULT,
            options: RunOptions::default(),
        })
        .await?;
    for line in &report.console {
        println!("console  {line}");
    }
    for exchange in &report.http {
        println!("http     {} {} {} {:?}", exchange.method, exchange.host, exchange.status, exchange.failure);
    }
    match &report.outcome {
        RunOutcome::Result(bytes) => {
            println!("result   {}  {:?}", hex(bytes), String::from_utf8_lossy(bytes))
        }
        RunOutcome::UserError(bytes) => println!("error    {}", String::from_utf8_lossy(bytes)),
    }
    println!(
        "ending   {} ({}), wall {:?}, cpu {:?}, peak {} KiB",
        report.ending,
        report.diagnostic.message,
        report.wall,
        report.cpu,
        report.peak_rss_bytes / 1024
    );
    runner.shutdown().await;
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
