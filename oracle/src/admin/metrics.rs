//! Counters and gauges, as Prometheus reads them.

use std::{collections::BTreeMap, sync::atomic::AtomicU64};

use functions_types::programs::Standing;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::chain::EndpointView;

/// One label that names a kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Kind {
    /// The kind.
    pub kind: String,
}

impl Kind {
    /// A label set with `kind`.
    pub fn of(kind: &str) -> Self {
        Self { kind: kind.to_owned() }
    }
}

/// A wall around scripts and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Layer {
    layer: String,
    state: String,
}

/// An endpoint of the chain, by its place in the configuration and its address without credentials.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndpointLabel {
    index: u64,
    url: String,
}

/// Everything the node counts.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Requests read from the chain.
    pub requests_seen: Counter,
    /// Requests by the state they entered.
    pub states: Family<Kind, Counter>,
    /// Own observations by kind.
    pub observations: Family<Kind, Counter>,
    /// Transactions by fate: submitted, paid, unpaid, unneeded, undeliverable.
    pub transmissions: Family<Kind, Counter>,
    /// Reports of several requests that this node asked the others to sign, by what came of it: signed, failed.
    pub batches: Family<Kind, Counter>,
    /// Requests in those that were signed.
    pub batched_requests: Counter,
    /// Peer messages by fate: received, sent, refused.
    pub messages: Family<Kind, Counter>,
    /// Bytes of peer messages by fate: received, sent.
    pub message_bytes: Family<Kind, Counter>,
    /// Seconds spent making and checking the protocol's signatures.
    pub signature_seconds: Gauge<f64, AtomicU64>,
    /// Calls to the chain that failed.
    pub rpc_failures: Counter,
    /// Times an endpoint said over WebSocket that there are new logs.
    pub chain_hints: Counter,
    /// Times the chain took blocks back.
    pub reorganisations: Counter,
    /// Newest block read.
    pub head: Gauge,
    /// Peers connected.
    pub peers_connected: Gauge,
    /// Requests without an end yet.
    pub open_requests: Gauge,
    /// Scripts that run now.
    pub scripts_running: Gauge,
    /// Requests that wait for their script's run.
    pub scripts_waiting: Gauge,
    /// Runs that came to nothing because of this node; each is tried again.
    pub failed_runs: Counter,
    /// Seconds a script ran, wall time.
    pub execution_seconds: Histogram,
    /// Seconds a script ran, processor time.
    pub cpu_seconds: Gauge<f64, AtomicU64>,
    /// Seconds from the event to a complete report.
    pub report_seconds: Histogram,
    sandbox_layers: Family<Layer, Gauge>,
    /// Whether the node takes part.
    pub ready: Gauge,
    /// Parts in trouble.
    pub troubles: Family<Kind, Gauge>,
    /// Seconds since the newest block was first seen.
    pub head_age_seconds: Gauge,
    /// Ether of the transmitter.
    pub transmitter_ether: Gauge<f64, AtomicU64>,
    /// Commits of the journal: each makes what it holds durable.
    pub journal_commits: Counter,
    /// Logs that the first reading of their block had missed.
    pub logs_missed: Counter,
    endpoint_up: Family<EndpointLabel, Gauge>,
    endpoint_head: Family<EndpointLabel, Gauge>,
    endpoint_latency: Family<EndpointLabel, Gauge<f64, AtomicU64>>,
    endpoint_answers: Family<EndpointLabel, Gauge>,
    endpoint_failures: Family<EndpointLabel, Gauge>,
    endpoint_disagreements: Family<EndpointLabel, Gauge>,
    program_days_left: Family<Kind, Gauge>,
    /// What the gateway counts.
    pub gateway: oracle_gateway::Counters,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let seconds = || Histogram::new([0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0]);
        let mut metrics = Self {
            registry: Registry::with_prefix("functions"),
            requests_seen: Counter::default(),
            states: Family::default(),
            observations: Family::default(),
            transmissions: Family::default(),
            batches: Family::default(),
            batched_requests: Counter::default(),
            messages: Family::default(),
            message_bytes: Family::default(),
            signature_seconds: Gauge::default(),
            rpc_failures: Counter::default(),
            chain_hints: Counter::default(),
            reorganisations: Counter::default(),
            head: Gauge::default(),
            peers_connected: Gauge::default(),
            open_requests: Gauge::default(),
            scripts_running: Gauge::default(),
            scripts_waiting: Gauge::default(),
            failed_runs: Counter::default(),
            execution_seconds: seconds(),
            cpu_seconds: Gauge::default(),
            report_seconds: seconds(),
            sandbox_layers: Family::default(),
            ready: Gauge::default(),
            troubles: Family::default(),
            head_age_seconds: Gauge::default(),
            transmitter_ether: Gauge::default(),
            journal_commits: Counter::default(),
            logs_missed: Counter::default(),
            endpoint_up: Family::default(),
            endpoint_head: Family::default(),
            endpoint_latency: Family::default(),
            endpoint_answers: Family::default(),
            endpoint_failures: Family::default(),
            endpoint_disagreements: Family::default(),
            program_days_left: Family::default(),
            gateway: oracle_gateway::Counters::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("requests_seen", "Requests read from the chain", metrics.requests_seen.clone());
        registry.register("request_states", "Requests by the state they entered", metrics.states.clone());
        registry.register("observations", "Own observations by kind", metrics.observations.clone());
        registry.register("transmissions", "Transactions by fate", metrics.transmissions.clone());
        registry.register("batches", "Reports of several requests by fate", metrics.batches.clone());
        let batched = metrics.batched_requests.clone();
        registry.register("batched_requests", "Requests in signed reports of several", batched);
        registry.register("messages", "Peer messages by fate", metrics.messages.clone());
        let bytes = metrics.message_bytes.clone();
        registry.register("message_bytes", "Bytes of peer messages by fate", bytes);
        let spent = metrics.signature_seconds.clone();
        registry.register("signature_seconds", "Processor time on the signatures of the protocol", spent);
        registry.register("rpc_failures", "Calls to the chain that failed", metrics.rpc_failures.clone());
        let hints = metrics.chain_hints.clone();
        registry.register("chain_hints", "Times an endpoint said that there are new logs", hints);
        registry.register(
            "reorganisations",
            "Times the chain took blocks back",
            metrics.reorganisations.clone(),
        );
        registry.register("head_block", "Newest block read", metrics.head.clone());
        registry.register("peers_connected", "Peers connected", metrics.peers_connected.clone());
        registry.register("open_requests", "Requests without an end yet", metrics.open_requests.clone());
        registry.register("scripts_running", "Scripts that run now", metrics.scripts_running.clone());
        registry.register("scripts_waiting", "Requests that wait for a run", metrics.scripts_waiting.clone());
        registry.register(
            "failed_runs",
            "Runs that failed because of this node",
            metrics.failed_runs.clone(),
        );
        registry.register("execution_seconds", "Wall time of a script", metrics.execution_seconds.clone());
        registry.register("script_cpu_seconds", "Processor time of all scripts", metrics.cpu_seconds.clone());
        registry.register("report_seconds", "From event to complete report", metrics.report_seconds.clone());
        registry.register("ready", "1 while the node takes part", metrics.ready.clone());
        registry.register(
            "trouble",
            "1 for a part that keeps the node from being ready",
            metrics.troubles.clone(),
        );
        let age = metrics.head_age_seconds.clone();
        registry.register("head_age_seconds", "Seconds since the newest block was first seen", age);
        let ether = metrics.transmitter_ether.clone();
        registry.register("transmitter_ether", "Ether of the transmitter's account", ether);
        let commits = metrics.journal_commits.clone();
        registry.register("journal_commits", "Commits of the journal, each with a sync", commits);
        let missed = metrics.logs_missed.clone();
        registry.register("logs_missed", "Logs that the first reading of their block missed", missed);
        registry.register(
            "endpoint_up",
            "1 while the endpoint is in use or ready to be",
            metrics.endpoint_up.clone(),
        );
        registry.register("endpoint_head", "Newest block the endpoint showed", metrics.endpoint_head.clone());
        let latency = metrics.endpoint_latency.clone();
        registry.register("endpoint_latency_seconds", "Mean time an answer takes", latency);
        registry.register(
            "endpoint_answers",
            "Questions answered since the start",
            metrics.endpoint_answers.clone(),
        );
        let failures = metrics.endpoint_failures.clone();
        registry.register("endpoint_failures", "Questions not answered since the start", failures);
        let disagreements = metrics.endpoint_disagreements.clone();
        registry.register("endpoint_disagreements", "Answers that others contradicted", disagreements);
        registry.register(
            "program_days_left",
            "Days the chain still runs a contract, 0 when it does not",
            metrics.program_days_left.clone(),
        );
        let layers = metrics.sandbox_layers.clone();
        metrics.gateway.register(registry);
        registry.register("sandbox_layer", "Walls around a script, each with its state", layers);
        metrics
    }

    /// Shows the walls around scripts, in place of those shown before.
    pub fn describe_sandbox(&self, layers: &BTreeMap<String, String>) {
        self.sandbox_layers.clear();
        for (layer, state) in layers {
            let labels = Layer { layer: layer.clone(), state: state.clone() };
            self.sandbox_layers.get_or_create(&labels).set(1);
        }
    }

    /// Shows the chain's endpoints as they stand.
    pub fn describe_endpoints(&self, endpoints: &[EndpointView]) {
        for (index, view) in endpoints.iter().enumerate() {
            let label = EndpointLabel { index: index as u64, url: view.url.clone() };
            let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
            self.endpoint_up.get_or_create(&label).set(i64::from(view.state == "up"));
            self.endpoint_head.get_or_create(&label).set(count(view.head.unwrap_or(0)));
            self.endpoint_latency.get_or_create(&label).set(view.latency_ms as f64 / 1_000.0);
            self.endpoint_answers.get_or_create(&label).set(count(view.answers));
            self.endpoint_failures.get_or_create(&label).set(count(view.failures));
            self.endpoint_disagreements.get_or_create(&label).set(count(view.disagreements));
        }
    }

    /// Shows for how long the chain runs a contract.
    pub fn describe_program(&self, contract: &str, standing: &Standing) {
        let days = i64::try_from(standing.days_left()).unwrap_or(i64::MAX);
        self.program_days_left.get_or_create(&Kind::of(contract)).set(days);
    }

    /// The exposition text.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The names under which figures are served.
    fn served() -> BTreeSet<String> {
        let metrics = Metrics::new();
        let kinds = [
            &metrics.states,
            &metrics.observations,
            &metrics.transmissions,
            &metrics.batches,
            &metrics.messages,
            &metrics.message_bytes,
        ];
        kinds.iter().for_each(|kind| drop(kind.get_or_create(&Kind::of("one"))));
        drop(metrics.troubles.get_or_create(&Kind::of("one")));
        metrics.describe_sandbox(&[("one".to_owned(), "on".to_owned())].into());
        metrics.describe_endpoints(&[EndpointView {
            url: "http://one".into(),
            state: "up",
            head: None,
            latency_ms: 0,
            answers: 0,
            failures: 0,
            disagreements: 0,
            last_error: None,
        }]);
        let text = metrics.render();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.split(['{', ' ']).next().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn every_figure_that_the_guide_names_is_served_under_that_name() {
        let guide = include_str!("../../../docs/node.md");
        let (_, table) = guide.split_once("| metric (`functions_…`) | says |\n").expect("its table");
        let rows = table.lines().take_while(|line| line.starts_with('|')).skip(1);
        let cells = rows.filter_map(|row| row.split('|').nth(1)).flat_map(|cell| cell.split('`'));
        let of_table = cells.filter(|text| text.starts_with(|first: char| first.is_ascii_lowercase()));
        let of_table =
            of_table.map(|text| format!("functions_{}", text.split('{').next().unwrap_or_default()));
        let is_part = |letter: char| letter.is_ascii_lowercase() || letter == '_';
        let of_text = guide.split("`functions_").skip(1);
        let of_text = of_text.map(|text| text.split(|letter| !is_part(letter)).next().unwrap_or_default());
        let of_text = of_text.filter(|name| !name.is_empty() && *name != "node");
        let named: Vec<String> = of_table.chain(of_text.map(|name| format!("functions_{name}"))).collect();
        assert!(named.len() > 15, "{named:?}");
        let served = served();
        let unknown: Vec<&String> = named.iter().filter(|name| !served.contains(*name)).collect();
        assert!(unknown.is_empty(), "{unknown:?} of {served:?}");
    }
}
