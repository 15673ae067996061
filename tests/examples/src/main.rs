//! Serves the stand-ins until interrupted and prints a command to try for every example.
//!
//! `cargo run --profile node -p examples-tests -- [PORT]`; without PORT a free one is taken. Secrets of the scripts
//! that need some are written to `example-secrets.json` in the temporary folder: they are stand-ins too.

use std::collections::BTreeMap;
use std::io::Write;

use examples_tests::{Clock, Server, all};

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let port = std::env::args().nth(1).map_or(Ok(0), |text| text.parse::<u16>())?;
    let server = Server::start(port, Clock::System).await?;
    let secrets: BTreeMap<String, String> = all().into_iter().flat_map(|example| example.secrets).collect();
    let file = std::env::temp_dir().join("example-secrets.json");
    std::fs::write(&file, serde_json::to_vec_pretty(&secrets)?)?;
    let mut out = std::io::stdout().lock();
    for example in all() {
        let args = serde_json::to_string(&example.args(&server))?;
        let secrets =
            if example.secrets.is_empty() { String::new() } else { format!(" --secrets {}", file.display()) };
        writeln!(
            out,
            "functions simulate --source examples/{} --args '{args}'{secrets} --returns {} --allow-http {}",
            example.file,
            example.returns,
            server.host()
        )?;
    }
    out.flush()?;
    std::future::pending().await
}
