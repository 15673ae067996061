//! The `[runner]` part of a configuration file, read by the node and by the simulator alike.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::{CgroupConfig, HttpPolicy, ImportPolicy, RunnerConfig};

/// Which key holds something unusable, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}; {remedy}")]
pub struct SectionError {
    /// The key, dotted, from the top of the file.
    pub key: &'static str,
    /// What is wrong.
    pub problem: String,
    /// What to write.
    pub remedy: &'static str,
}

/// `[runner]`: script execution.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunnerSection {
    /// Scripts run at once (1 to 64).
    pub max_concurrent: usize,
    /// Requests that may wait for their run (1 to 1 000 000); the node refuses more. It holds what can still be
    /// answered in time: four slots run fewer scripts than the default before a request times out.
    pub max_waiting: usize,
    /// `HOST:PORT` pairs scripts may reach although the address is private.
    pub allow_http: Vec<String>,
    /// Run scripts although a wall of the sandbox is missing on this machine.
    pub allow_weak_sandbox: bool,
    /// The sandbox program; default: `functions-sandbox` beside this program.
    pub sandbox: Option<PathBuf>,
    /// Processes forked in advance (0 to 64): each serves one script.
    pub pool: usize,
    /// Forks after which the fork server is replaced by a fresh one.
    pub forks_per_zygote: u64,
    /// Transcripts of runs the node keeps in its data folder, newest first; 0: none.
    pub transcripts: usize,
    /// A delegated cgroup2 folder; absent: no control group.
    pub cgroup: Option<PathBuf>,
    /// Processor time of all scripts together, in hundredths of a core; needs `cgroup`.
    pub cpu_percent: Option<u32>,
    /// HTTP queries.
    pub http: HttpSection,
    /// Imports.
    pub imports: ImportSection,
}

/// `[runner.http]`: which queries are performed.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSection {
    /// Refuse `http:`, except to the endpoints of `allow_http`.
    pub https_only: bool,
    /// Ports below 1024 scripts may connect to.
    pub low_ports: Vec<u16>,
    /// Hosts scripts may ask (`api.example.com`, `*.example.com`); empty: all.
    pub allow_hosts: Vec<String>,
    /// Hosts scripts may not ask.
    pub deny_hosts: Vec<String>,
    /// Queries a second to one host, by all scripts together; 0: no limit.
    pub per_host_per_second: u32,
    /// Answer identical GETs of one on-chain request from one exchange.
    pub share_identical_gets: bool,
}

/// `[runner.imports]`: which modules scripts may import.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImportSection {
    /// Whether scripts may import at all.
    pub enabled: bool,
    /// Base URL of a service that offers npm and JSR packages as ECMAScript modules.
    pub mirror: Option<String>,
    /// Specifier to `sha256:` and 64 hex digits: nothing else is taken for that specifier.
    pub pins: BTreeMap<String, String>,
    /// Refuse what is not pinned.
    pub pinned_only: bool,
}

impl Default for RunnerSection {
    fn default() -> Self {
        Self {
            max_concurrent: 4,
            max_waiting: 20_000,
            allow_http: Vec::new(),
            allow_weak_sandbox: false,
            sandbox: None,
            pool: 2,
            forks_per_zygote: 5_000,
            transcripts: 100,
            cgroup: None,
            cpu_percent: None,
            http: HttpSection::default(),
            imports: ImportSection::default(),
        }
    }
}

impl Default for HttpSection {
    fn default() -> Self {
        let HttpPolicy { https_only, low_ports, allow_hosts, deny_hosts, share_identical_gets, .. } =
            HttpPolicy::default();
        Self { https_only, low_ports, allow_hosts, deny_hosts, per_host_per_second: 0, share_identical_gets }
    }
}

impl Default for ImportSection {
    fn default() -> Self {
        Self { enabled: true, mirror: None, pins: BTreeMap::new(), pinned_only: false }
    }
}

impl RunnerSection {
    /// The runner's settings, for the sandbox program at `sandbox`.
    ///
    /// # Errors
    /// [`SectionError`] naming the key at fault.
    pub fn config(&self, sandbox: PathBuf) -> Result<RunnerConfig, SectionError> {
        let fail = |key, problem, remedy| Err(SectionError { key, problem, remedy });
        if !(1..=64).contains(&self.max_concurrent) {
            let problem = format!("{} is outside 1 to 64", self.max_concurrent);
            return fail("runner.max_concurrent", problem, "4 is a good value");
        }
        if !(1..=1_000_000).contains(&self.max_waiting) {
            let problem = format!("{} is outside 1 to 1000000", self.max_waiting);
            return fail("runner.max_waiting", problem, "20000 is a good value");
        }
        if self.pool > 64 {
            return fail("runner.pool", format!("{} is outside 0 to 64", self.pool), "2 is a good value");
        }
        if self.forks_per_zygote == 0 {
            return fail("runner.forks_per_zygote", "is 0".into(), "5000 is a good value");
        }
        if self.cpu_percent.is_some() && self.cgroup.is_none() {
            let remedy = "write runner.cgroup = \"/sys/fs/cgroup/…\" too, or remove the key";
            return fail("runner.cpu_percent", "needs a control group".into(), remedy);
        }
        if self.cpu_percent.is_some_and(|percent| !(1..=100_000).contains(&percent)) {
            return fail("runner.cpu_percent", "is outside 1 to 100000".into(), "100 is one core");
        }
        if let Some(entry) = self.allow_http.iter().find(|entry| !is_endpoint(entry)) {
            let problem = format!("{entry:?} is not HOST:PORT");
            return fail("runner.allow_http", problem, "write for example \"127.0.0.1:8080\"");
        }
        let mut pins = BTreeMap::new();
        for (specifier, text) in &self.imports.pins {
            let Some(sha256) = digest(text) else {
                let problem = format!("{specifier:?} has the value {text:?}");
                return fail("runner.imports.pins", problem, "write \"sha256:\" and 64 hex digits");
            };
            pins.insert(specifier.clone(), sha256);
        }
        let http = &self.http;
        Ok(RunnerConfig {
            max_concurrent: self.max_concurrent,
            max_waiting: self.max_waiting,
            allow_http: self.allow_http.clone(),
            allow_weak_sandbox: self.allow_weak_sandbox,
            pool: self.pool,
            forks_per_zygote: self.forks_per_zygote,
            cgroup: self.cgroup.clone().map(|path| CgroupConfig { path, cpu_percent: self.cpu_percent }),
            http: HttpPolicy {
                https_only: http.https_only,
                low_ports: http.low_ports.clone(),
                allow_hosts: http.allow_hosts.clone(),
                deny_hosts: http.deny_hosts.clone(),
                per_host_per_second: (http.per_host_per_second > 0).then_some(http.per_host_per_second),
                share_identical_gets: http.share_identical_gets,
            },
            imports: ImportPolicy {
                enabled: self.imports.enabled,
                mirror: self.imports.mirror.clone(),
                pins,
                pinned_only: self.imports.pinned_only,
            },
            ..RunnerConfig::new(sandbox)
        })
    }
}

/// Whether a text is HOST:PORT, as entries of `allow_http` are.
pub fn is_endpoint(text: &str) -> bool {
    let is_host =
        |host: &str| !host.is_empty() && !host.contains(|c: char| c == '/' || c == '@' || c.is_whitespace());
    let is_port = |port: &str| {
        port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    text.rsplit_once(':').is_some_and(|(host, port)| is_host(host) && is_port(port))
}

fn digest(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("sha256:")?;
    alloy_primitives::hex::decode(digits).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_names_its_key() {
        type Break = fn(&mut RunnerSection);
        let cases: [(&str, Break); 8] = [
            ("runner.max_waiting: 0", |section| section.max_waiting = 0),
            ("runner.max_concurrent: 0", |section| section.max_concurrent = 0),
            ("runner.pool: 65", |section| section.pool = 65),
            ("runner.forks_per_zygote: is 0", |section| section.forks_per_zygote = 0),
            ("runner.cpu_percent: needs", |section| section.cpu_percent = Some(50)),
            ("runner.allow_http: \"host\"", |section| section.allow_http = vec!["host".into()]),
            ("runner.allow_http: \"host:0\"", |section| section.allow_http = vec!["host:0".into()]),
            ("runner.imports.pins: \"https://a/\"", |section| {
                section.imports.pins.insert("https://a/".into(), "sha256:00".into());
            }),
        ];
        for (text, break_it) in cases {
            let mut section = RunnerSection::default();
            break_it(&mut section);
            let error = section.config("sandbox".into()).expect_err(text).to_string();
            assert!(error.starts_with(text), "{error}");
        }
    }

    #[test]
    fn defaults_are_those_of_the_policies() {
        let config = RunnerSection::default().config("sandbox".into()).expect("defaults are valid");
        assert_eq!((config.http, config.imports), (HttpPolicy::default(), ImportPolicy::default()));
        assert_eq!((config.max_concurrent, config.pool, config.cgroup), (4, 2, None));
    }
}
