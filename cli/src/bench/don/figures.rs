//! What was measured, as JSON and for people.

use std::time::Duration;

use functions_network::Usage;
use serde_json::{Value, json};

use super::super::percentile;

/// All that was measured.
pub(super) struct Figures {
    /// Runs of the script alone a second, on the whole machine.
    pub(super) runs_per_second: f64,
    pub(super) in_flight: u32,
    pub(super) networks: Vec<Sized>,
}

/// A network of one size.
pub(super) struct Sized {
    /// Latencies of requests one after the other, the shortest first.
    pub(super) idle_ms: Vec<u64>,
    /// Latencies under load, the shortest first.
    pub(super) loaded_ms: Vec<u64>,
    /// Requests answered in `seconds`.
    pub(super) answered: usize,
    pub(super) seconds: f64,
    /// Processor time of the chain.
    pub(super) chain: Duration,
    pub(super) nodes: Vec<Part>,
}

/// What one node used: seconds of processor time, and counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Part {
    pub(super) javascript: f64,
    pub(super) signatures: f64,
    /// The engine's own thread without the signatures.
    pub(super) protocol: f64,
    /// The journal's worker.
    pub(super) disk: f64,
    /// All other threads: questions to the chain, peers, the runner's sockets, the operator's pages.
    pub(super) network: f64,
    pub(super) messages: f64,
    pub(super) bytes_sent: f64,
    pub(super) bytes_received: f64,
    pub(super) syncs: f64,
    pub(super) questions: f64,
}

impl Part {
    /// What was used between two readings of one node.
    pub(super) fn between(first: &Usage, last: &Usage) -> Self {
        let time = |of: fn(&Usage) -> Duration| of(last).saturating_sub(of(first)).as_secs_f64();
        let count = |name: &str| (last.count(name) - first.count(name)).max(0.0);
        let (process, engine, disk) = (time(|u| u.process), time(|u| u.engine), time(|u| u.disk));
        // Read a moment apart from the engine's time.
        let signatures = count("functions_signature_seconds").min(engine);
        Self {
            javascript: time(|u| u.sandboxes),
            signatures,
            protocol: engine - signatures,
            disk,
            network: (process - engine - disk).max(0.0),
            messages: count("functions_messages_total{kind=\"received\"}"),
            bytes_sent: count("functions_message_bytes_total{kind=\"sent\"}"),
            bytes_received: count("functions_message_bytes_total{kind=\"received\"}"),
            syncs: count("functions_journal_commits_total"),
            questions: count("functions_endpoint_answers"),
        }
    }

    fn times(&self) -> [(&'static str, f64); 5] {
        [
            ("javascript", self.javascript),
            ("signatures", self.signatures),
            ("protocol", self.protocol),
            ("disk", self.disk),
            ("network", self.network),
        ]
    }

    fn each(parts: &[Self], requests: usize) -> Self {
        let by = (parts.len() * requests).max(1) as f64;
        let mean = |of: fn(&Self) -> f64| parts.iter().map(of).sum::<f64>() / by;
        Self {
            javascript: mean(|p| p.javascript),
            signatures: mean(|p| p.signatures),
            protocol: mean(|p| p.protocol),
            disk: mean(|p| p.disk),
            network: mean(|p| p.network),
            messages: mean(|p| p.messages),
            bytes_sent: mean(|p| p.bytes_sent),
            bytes_received: mean(|p| p.bytes_received),
            syncs: mean(|p| p.syncs),
            questions: mean(|p| p.questions),
        }
    }
}

impl Sized {
    fn per_second(&self) -> f64 {
        self.answered as f64 / self.seconds.max(f64::EPSILON)
    }

    fn bound(&self, runs_per_second: f64) -> f64 {
        runs_per_second / self.nodes.len().max(1) as f64
    }

    fn json(&self, runs_per_second: f64) -> Value {
        let each = Part::each(&self.nodes, self.answered);
        let whole: f64 = each.times().iter().map(|(_, seconds)| seconds).sum();
        let of_whole = |seconds: f64| if whole > 0.0 { seconds / whole } else { 0.0 };
        let map = |of: &dyn Fn(f64) -> f64| -> serde_json::Map<String, Value> {
            each.times().iter().map(|(name, seconds)| ((*name).to_owned(), of(*seconds).into())).collect()
        };
        let mut processor = map(&|seconds| seconds * 1_000.0);
        processor.insert("total".into(), (whole * 1_000.0).into());
        let bound = self.bound(runs_per_second);
        json!({
            "nodes": self.nodes.len(),
            "idle": { "requests": self.idle_ms.len(), "latencyMs": latency(&self.idle_ms) },
            "sustained": {
                "requests": self.answered,
                "seconds": self.seconds,
                "requestsPerSecond": self.per_second(),
                "boundPerSecond": bound,
                "ofBound": self.per_second() / bound.max(f64::EPSILON),
                "latencyMs": latency(&self.loaded_ms),
            },
            "perRequestAndNode": {
                "processorMs": processor,
                "share": map(&of_whole),
                "messages": each.messages,
                "bytesSent": each.bytes_sent,
                "bytesReceived": each.bytes_received,
                "syncs": each.syncs,
                "chainQuestions": each.questions,
            },
            "chainMsPerRequest": self.chain.as_secs_f64() * 1_000.0 / self.answered.max(1) as f64,
        })
    }

    fn text(&self, runs_per_second: f64) -> String {
        let each = Part::each(&self.nodes, self.answered);
        let whole: f64 = each.times().iter().map(|(_, seconds)| seconds).sum();
        let parts = each.times().map(|(name, seconds)| {
            format!("{name} {:.2} ({:.0} %)", seconds * 1_000.0, 100.0 * seconds / whole.max(f64::EPSILON))
        });
        let bound = self.bound(runs_per_second);
        let words = |sorted: &[u64]| {
            let [p50, p95, p99, max] = [50, 95, 99, 100].map(|percent| percentile(sorted, percent));
            format!("p50 {p50}  p95 {p95}  p99 {p99}  max {max}")
        };
        format!(
            "{} nodes: {:.1} requests per second, {:.2} of the {bound:.1} that JavaScript alone allows\n  \
             latency ms, idle    {}\n  latency ms, loaded  {}\n  \
             a request and node  {:.2} ms of processor: {}\n                      \
             {:.1} messages, {:.0} bytes out, {:.0} in, {:.1} syncs, {:.1} questions to the chain\n  \
             the chain           {:.2} ms of processor a request",
            self.nodes.len(),
            self.per_second(),
            self.per_second() / bound.max(f64::EPSILON),
            words(&self.idle_ms),
            words(&self.loaded_ms),
            whole * 1_000.0,
            parts.join(", "),
            each.messages,
            each.bytes_sent,
            each.bytes_received,
            each.syncs,
            each.questions,
            self.chain.as_secs_f64() * 1_000.0 / self.answered.max(1) as f64,
        )
    }
}

impl Figures {
    pub(super) fn json(&self) -> Value {
        let networks: Vec<Value> = self.networks.iter().map(|one| one.json(self.runs_per_second)).collect();
        json!({
            "cores": cores(),
            "requestsInFlight": self.in_flight,
            "javascriptRunsPerSecond": self.runs_per_second,
            "networks": networks,
        })
    }

    pub(super) fn text(&self) -> String {
        let networks: Vec<String> = self.networks.iter().map(|one| one.text(self.runs_per_second)).collect();
        format!(
            "{} cores, {} requests in flight; the script alone runs {:.0} times a second\n{}",
            cores(),
            self.in_flight,
            self.runs_per_second,
            networks.join("\n")
        )
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn latency(sorted: &[u64]) -> Value {
    let [p50, p95, p99, max] = [50, 95, 99, 100].map(|percent| percentile(sorted, percent));
    json!({ "p50": p50, "p95": p95, "p99": p99, "max": max })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_part_of_a_nodes_time_is_counted_once() {
        let ms = Duration::from_millis;
        let usage = |scale: u64| Usage {
            process: ms(100 * scale),
            engine: ms(40 * scale),
            disk: ms(20 * scale),
            sandboxes: ms(70 * scale),
            counters: BTreeMap::from([
                ("functions_signature_seconds".to_owned(), 0.01 * scale as f64),
                ("functions_journal_commits_total".to_owned(), 4.0 * scale as f64),
                ("functions_messages_total{kind=\"received\"}".to_owned(), 9.0 * scale as f64),
                ("functions_messages_total{kind=\"sent\"}".to_owned(), 5.0 * scale as f64),
            ]),
        };
        let part = Part::between(&usage(1), &usage(3));
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
        for (got, wanted) in part.times().iter().zip([0.14, 0.02, 0.06, 0.04, 0.08]) {
            close(got.1, wanted);
        }
        let sized = Sized {
            idle_ms: vec![80],
            loaded_ms: vec![100, 200],
            answered: 2,
            seconds: 0.5,
            chain: ms(10),
            nodes: vec![part; 4],
        };
        let json = Figures { runs_per_second: 16.0, in_flight: 3, networks: vec![sized] }.json();
        let network = &json["networks"][0];
        close(network["sustained"]["ofBound"].as_f64().unwrap(), 1.0);
        close(network["perRequestAndNode"]["processorMs"]["total"].as_f64().unwrap(), 170.0);
        close(network["perRequestAndNode"]["syncs"].as_f64().unwrap(), 4.0);
        close(network["perRequestAndNode"]["messages"].as_f64().unwrap(), 9.0);
        let shares = network["perRequestAndNode"]["share"].as_object().unwrap();
        close(shares.values().filter_map(Value::as_f64).sum(), 1.0);
        assert_eq!(network["sustained"]["latencyMs"]["p95"], 200);
        close(network["chainMsPerRequest"].as_f64().unwrap(), 5.0);
    }
}
