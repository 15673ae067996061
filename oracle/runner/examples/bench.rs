//! What one run costs beyond the script's own work: percentiles over many runs of small scripts.
//!
//! `cargo run --profile node -p oracle-runner --example bench [RUNS]`, after building
//! `functions-sandbox` with the same profile. Times are in milliseconds.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use functions_types::limits::{Limits, RunOptions};
use oracle_runner::{RunRequest, Runner, RunnerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let runs = std::env::args().nth(1).map_or(Ok(200), |text| text.parse::<usize>())?;
    let path = std::env::current_exe()?;
    let profile = path.ancestors().nth(2).ok_or("no profile folder")?;
    let port = serve().await?;
    let config = RunnerConfig {
        allow_http: vec![format!("127.0.0.1:{port}")],
        ..RunnerConfig::new(profile.join("functions-sandbox"))
    };
    let began = Instant::now();
    let runner = Runner::start(config).await?;
    println!("start                 {:8.2}", millis(began.elapsed()));
    println!("{}", runner.status());
    println!("{:<22}{:>8}{:>8}{:>8}{:>8}", "script", "p50", "p90", "p99", "max");
    let url = format!("http://127.0.0.1:{port}/");
    for (name, source) in [
        ("constant", "return Functions.encodeUint256(1)"),
        (
            "one HTTP query",
            "const r = await Functions.makeHttpRequest({ url: args[0] }); return Functions.encodeUint256(r.data.price)",
        ),
        (
            "three HTTP queries",
            "const all = await Promise.all([1, 2, 3].map(() => Functions.makeHttpRequest({ url: args[0] })));
            return Functions.encodeUint256(all.map(r => r.data.price).sort((a, b) => a - b)[1])",
        ),
    ] {
        let mut times = Vec::with_capacity(runs);
        for _ in 0..runs {
            let request = RunRequest {
                request_id: [1; 32],
                source: source.into(),
                args: vec![url.clone()],
                bytes_args: vec![],
                secrets: BTreeMap::new(),
                block_timestamp: 1_700_000_000,
                limits: Limits::DEFAULT,
                options: RunOptions::default(),
            };
            let began = Instant::now();
            runner.run(request).await?;
            times.push(began.elapsed());
        }
        times.sort_unstable();
        let at = |percent: usize| millis(times[(times.len() - 1) * percent / 100]);
        println!("{name:<22}{:8.2}{:8.2}{:8.2}{:8.2}", at(50), at(90), at(99), at(100));
    }
    runner.shutdown().await;
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// An HTTP server that answers everything with a price.
async fn serve() -> std::io::Result<u16> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 4096];
                while stream.read(&mut request).await.is_ok_and(|len| len > 0) {
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{\"price\":42}";
                    if stream.write_all(answer).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    Ok(port)
}
