//! What a node has used since its start: processor time by part, from the system, and what it counts itself.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use functions_failure::{OrHelp as _, Result, WrapErr as _, failure};

use crate::node::Node;
use crate::process::SEE_LOG;

/// The unit in which the kernel tells processor time: a hundredth of a second, on every machine with Linux.
const TICK: Duration = Duration::from_millis(10);
/// How the threads that write SQLite's files begin.
const DISK_THREADS: &str = "sqlx-sqlite";

/// What was used from a node's start to a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// Processor time of the node's own process.
    pub process: Duration,
    /// Of it, the engine: protocol, lifecycle and signatures, which run on the first thread.
    pub engine: Duration,
    /// Of it, the journal's worker.
    pub disk: Duration,
    /// Processor time of the processes that run scripts.
    pub sandboxes: Duration,
    /// What `/metrics` shows, by name with labels.
    pub counters: BTreeMap<String, f64>,
}

impl Usage {
    /// The sum of all counters whose name, up to its labels, is `name`.
    #[must_use]
    pub fn count(&self, name: &str) -> f64 {
        let is_it = |shown: &str| {
            shown.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('{'))
        };
        self.counters.iter().filter(|(shown, _)| is_it(shown)).map(|(_, value)| value).sum()
    }
}

impl Node {
    /// What it has used since its start.
    ///
    /// # Errors
    /// When it does not run, or does not answer.
    pub async fn usage(&self, http: &reqwest::Client) -> Result<Usage> {
        let place = || format!("what node {} used", self.index);
        let gone = || failure!(help = SEE_LOG, "node {} does not answer", self.index);
        let id = self.process().and_then(crate::process::Process::id).ok_or_else(gone)?;
        let page = self.page(http, "metrics").await.ok_or_else(gone)?;
        let text = page.text().await.or_help(SEE_LOG).wrap_err_with(place)?;
        let mut usage = processor_time(id).wrap_err_with(place)?;
        usage.counters = counters(&text);
        Ok(usage)
    }
}

/// Processor time of a process, in all and by thread, and of its children with theirs.
pub(crate) fn processor_time(id: u32) -> std::io::Result<Usage> {
    let folder = format!("/proc/{id}");
    let whole = fs::read_to_string(format!("{folder}/stat"))?;
    let mut usage = Usage { process: stat(&whole).own, ..Usage::default() };
    for thread in fs::read_dir(format!("{folder}/task"))?.flatten() {
        // A thread may have ended meanwhile; its time is in the whole.
        let Ok(text) = fs::read_to_string(thread.path().join("stat")) else { continue };
        let thread_stat = stat(&text);
        if thread.file_name().to_str() == Some(&id.to_string()) {
            usage.engine += thread_stat.own;
        } else if thread_stat.name.starts_with(DISK_THREADS) {
            usage.disk += thread_stat.own;
        }
    }
    for process in fs::read_dir("/proc")?.flatten() {
        let Ok(text) = fs::read_to_string(process.path().join("stat")) else { continue };
        let child = stat(&text);
        if child.parent == id {
            usage.sandboxes += child.own + child.waited_for;
        }
    }
    Ok(usage)
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Stat<'a> {
    name: &'a str,
    parent: u32,
    own: Duration,
    /// Of children that ended.
    waited_for: Duration,
}

/// Reads a line of `/proc/…/stat`; what is missing is zero.
fn stat(line: &str) -> Stat<'_> {
    let Some((name, rest)) = line.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')')) else {
        return Stat::default();
    };
    let fields: Vec<u32> = rest.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
    let field = |at: usize| fields.get(at).copied().unwrap_or(0);
    Stat {
        name,
        parent: field(1),
        own: TICK * field(11).saturating_add(field(12)),
        waited_for: TICK * field(13).saturating_add(field(14)),
    }
}

/// Reads the exposition text of `/metrics`.
fn counters(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.rsplit_once(' '));
    pairs.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_whatever_the_name_of_a_thread() {
        let line = "77 (a) b (c) S 12 77 77 0 -1 4194304 100 0 0 0 150 50 7 3 20 0 9 0 12345 1 2";
        let seconds = Duration::from_secs_f64;
        let expected = Stat { name: "a) b (c", parent: 12, own: seconds(2.0), waited_for: seconds(0.1) };
        assert_eq!(stat(line), expected);
        assert_eq!(stat("nonsense"), Stat::default());
    }

    #[test]
    fn what_a_node_counts_is_summed_over_its_labels() {
        let text = "# HELP functions_messages x\nfunctions_messages_total{kind=\"sent\"} 5\n\
                    functions_messages_total{kind=\"received\"} 7\nfunctions_messages_total_more 100\nfunctions_ready 1\n# EOF\n";
        let usage = Usage { counters: counters(text), ..Usage::default() };
        assert_eq!([usage.count("functions_messages_total"), usage.count("functions_ready")], [12.0, 1.0]);
        assert_eq!(usage.count("functions_messages_total{kind=\"sent\"}"), 5.0);
        assert_eq!(usage.count("functions_absent"), 0.0);
    }

    #[test]
    fn this_process_has_used_some() {
        let id = std::process::id();
        let begin = processor_time(id).expect("it is there").process;
        let mut sum = 0_u64;
        while processor_time(id).expect("it is there").process < begin + 2 * TICK {
            sum = sum.wrapping_mul(31).wrapping_add(7);
        }
        assert_ne!(sum, 0);
    }
}
