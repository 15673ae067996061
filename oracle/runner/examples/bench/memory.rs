//! Memory of the processes at rest and at work.

use std::fs;

use oracle_runner::Runner;

use crate::reference::Reference;
use crate::server::Server;
use crate::stats::Failure;
use crate::{WORK, ours};

/// Megabytes of 2^20 bytes. Proportional where the kernel tells: pages that several processes share count in parts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// The fork server, which every worker shares most pages with.
    pub(crate) zygote: f64,
    /// A worker that waits for an answer, beyond what it shares.
    pub(crate) idle_worker: f64,
    /// Largest resident set of a worker over the scripts compared, shared pages included.
    pub(crate) busy_worker: f64,
    /// A deno process that waits for an answer.
    pub(crate) idle_deno: Option<f64>,
}

/// Measures while requests wait at the server.
pub(crate) async fn measure(
    runner: &Runner,
    server: &Server,
    reference: Option<&Reference>,
) -> Result<Memory, Failure> {
    let url = server.waiting_url();
    let waiting = ours::run(runner, "one-query", &url);
    let watch = async {
        server.arrival().await;
        let family = children(std::process::id())?;
        let zygote = family.into_iter().find(|pid| name(*pid).starts_with("functions-sandb"));
        let zygote = zygote.ok_or("no fork server")?;
        // The last one started is the one that runs; others may wait in a pool.
        let worker = children(zygote)?.pop().ok_or("no worker")?;
        let sizes = (private(worker), proportional(zygote));
        server.release();
        Ok::<_, Failure>(sizes)
    };
    let (run, sizes) = tokio::join!(waiting, watch);
    run?;
    let (idle_worker, zygote) = sizes?;
    let mut busy_worker = 0;
    for script in WORK {
        busy_worker = busy_worker.max(ours::run(runner, script, &url).await?.peak_rss_bytes);
    }
    let idle_deno = match reference {
        None => None,
        Some(reference) => {
            let process = reference.deno_command("one-query", &url)?.spawn()?;
            server.arrival().await;
            let size = proportional(process.id().ok_or("deno ended early")?);
            server.release();
            process.wait_with_output().await?;
            Some(size)
        }
    };
    #[expect(clippy::cast_precision_loss, reason = "bytes shown in megabytes")]
    let busy_worker = busy_worker as f64 / f64::from(1 << 20);
    Ok(Memory { zygote, idle_worker, busy_worker, idle_deno })
}

/// Processes that a process started, oldest first.
fn children(parent: u32) -> Result<Vec<u32>, Failure> {
    let mut found = Vec::new();
    for task in fs::read_dir(format!("/proc/{parent}/task"))? {
        let list = fs::read_to_string(task?.path().join("children"))?;
        found.extend(list.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
    }
    found.sort_unstable();
    Ok(found)
}

/// The first 15 characters of a process's name.
fn name(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default()
}

/// Pages of this process alone, in megabytes.
fn private(pid: u32) -> f64 {
    let one = |field| rollup(pid, field);
    one("Private_Clean:")
        .zip(one("Private_Dirty:"))
        .map_or_else(|| resident(pid), |(clean, dirty)| clean + dirty)
}

/// Pages by the number of processes that share them, in megabytes.
fn proportional(pid: u32) -> f64 {
    rollup(pid, "Pss:").unwrap_or_else(|| resident(pid))
}

/// A line of the kernel's summary, which only the process's owner may read.
fn rollup(pid: u32, field: &str) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let kib = text.lines().find_map(|line| line.strip_prefix(field))?.trim().strip_suffix(" kB")?;
    Some(kib.parse::<f64>().ok()? / 1024.0)
}

fn resident(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    kib.and_then(|kib| kib.trim().strip_suffix(" kB")?.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}
