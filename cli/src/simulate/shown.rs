//! One run as it is shown, to machines and to people. Values of secrets are veiled in both.

use std::fmt::Write as _;
use std::time::Duration;

use functions_types::limits::{Limits, Mode, Profile};
use oracle_runner::{HttpExchange, RunOutcome, RunReport};
use serde_json::{Value, json};

use super::decode::{Returns, hex};
use super::secrets::Secrets;
use crate::output::visible;

/// HTTP queries of a run that are listed for people.
const MAX_LISTED: usize = 100;

/// A finished run with what is needed to show it.
pub(crate) struct Shown<'a> {
    /// The run.
    pub(crate) report: &'a RunReport,
    /// Its secrets.
    pub(crate) secrets: &'a Secrets,
    /// How its result is read.
    pub(crate) returns: Option<Returns>,
    /// Name of the script's file.
    pub(crate) name: &'a str,
}

impl Shown<'_> {
    /// The result's bytes, unless the script failed.
    pub(crate) const fn result(&self) -> Option<&[u8]> {
        match &self.report.outcome {
            RunOutcome::Result(bytes) => Some(bytes.as_slice()),
            RunOutcome::UserError(_) => None,
        }
    }

    /// The script's error, unless it succeeded.
    pub(crate) fn error(&self) -> Option<String> {
        match &self.report.outcome {
            RunOutcome::Result(_) => None,
            RunOutcome::UserError(text) => Some(String::from_utf8_lossy(text).into_owned()),
        }
    }

    /// Names of the secrets whose values the result or error publishes.
    pub(crate) fn leaks(&self) -> Vec<&str> {
        let (RunOutcome::Result(bytes) | RunOutcome::UserError(bytes)) = &self.report.outcome;
        self.secrets.found_in(bytes)
    }

    /// Where in the script it failed, from 1: line and column.
    pub(crate) fn position(&self) -> Option<(u32, u32)> {
        let position = self.report.diagnostic.position.as_ref()?;
        position.module.is_empty().then_some((position.line, position.column))
    }

    /// What the JavaScript engine says of a failure, where that is more than goes on chain.
    fn why(&self) -> Option<&str> {
        let error = self.error()?;
        let why = self.report.diagnostic.message.trim_end();
        let is_more =
            !why.is_empty() && (error.is_empty() || !why.trim_end_matches(':').ends_with(error.trim_end()));
        is_more.then_some(why)
    }

    fn decoded(&self) -> Option<Result<String, String>> {
        Some(self.returns?.decode(self.result()?))
    }

    /// The run as a JSON object. Times are in milliseconds, sizes in bytes, positions from 1.
    pub(crate) fn json(&self) -> Value {
        let RunReport { diagnostic, console_dropped, metadata, .. } = self.report;
        let veil = |text: &str| self.secrets.veil(text);
        let console: Vec<_> = self.report.console.iter().map(|line| veil(line)).collect();
        let http: Vec<_> = self.report.http.iter().map(|exchange| self.exchange(exchange)).collect();
        let modules = self.report.modules.iter().map(|module| json!({
            "specifier": module.specifier, "url": module.url, "bytes": module.bytes,
            "sha256": hex(&module.sha256), "durationMs": millis(module.duration), "failure": module.failure,
        }));
        let modules = modules.collect::<Vec<_>>();
        json!({
            "result": self.result().map(hex),
            "error": self.error().as_deref().map(veil),
            "returns": self.returns.map(Returns::name),
            "decoded": self.decoded().and_then(Result::ok),
            "decodeError": self.decoded().and_then(Result::err),
            "ending": self.report.ending,
            "position": diagnostic.position.as_ref().map(|position| json!({
                "module": if position.module.is_empty() { self.name } else { position.module.as_str() },
                "line": position.line, "column": position.column,
            })),
            "detail": veil(&diagnostic.message),
            "stack": veil(&diagnostic.stack),
            "console": console,
            "consoleDropped": console_dropped,
            "http": http,
            "modules": modules,
            "cpuMs": millis(self.report.cpu),
            "wallMs": millis(self.report.wall),
            "memoryBytes": self.report.peak_rss_bytes,
            "profile": metadata.options.profile.name(),
            "mode": metadata.options.mode.name(),
            "limits": metadata.limits,
            "publishedSecrets": self.leaks(),
            "metadata": {
                "hash": hex(&self.report.metadata_hash),
                "runtime": metadata.runtime,
                "runtimeHash": hex(&metadata.runtime_hash),
                "sourceHash": hex(&metadata.source_hash),
                "seed": hex(&metadata.seed),
                "clockMs": metadata.clock_ms,
                "modulesHash": hex(&metadata.modules_hash),
                "transcriptHash": hex(&metadata.transcript_hash),
            },
        })
    }

    fn exchange(&self, exchange: &HttpExchange) -> Value {
        json!({
            "method": exchange.method,
            "url": self.secrets.veil(&exchange.url),
            "host": exchange.host,
            "status": exchange.status,
            "requestBytes": exchange.request_bytes,
            "responseBytes": exchange.response_bytes,
            "durationMs": millis(exchange.duration),
            "failure": exchange.failure.as_deref().map(|text| self.secrets.veil(text)),
        })
    }

    /// A value from outside for people: without secrets, on one line.
    fn seen(&self, text: &str) -> String {
        visible(&self.secrets.veil(text))
    }

    /// The run in a few lines.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut text);
        text.truncate(text.trim_end().len());
        text
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let RunReport { console, console_dropped, http, modules, metadata, .. } = self.report;
        match (self.result(), self.error()) {
            (Some(bytes), _) => writeln!(out, "result    {} ({} bytes)", hex(bytes), bytes.len())?,
            (None, Some(error)) if !error.is_empty() => writeln!(out, "error     {}", self.seen(&error))?,
            (None, _) => writeln!(out, "error     (empty)")?,
        }
        match (self.returns, self.decoded()) {
            (Some(returns), Some(Ok(value))) => writeln!(out, "{:<9} {}", returns.name(), visible(&value))?,
            (Some(returns), Some(Err(why))) => {
                writeln!(out, "{:<9} cannot be read so: {why}", returns.name())?
            }
            _ => {}
        }
        if let Some(position) = &self.report.diagnostic.position {
            let file =
                if position.module.is_empty() { self.name.into() } else { self.seen(&position.module) };
            writeln!(out, "at        {file}:{}:{}", position.line, position.column)?;
        }
        if let Some(why) = self.why() {
            writeln!(out, "why       {}", self.seen(why))?;
        }
        for exchange in http.iter().take(MAX_LISTED) {
            let asked = format!("{} {}", visible(&exchange.method), self.seen(&exchange.url));
            let status =
                if exchange.status == 0 { "not waited for".into() } else { exchange.status.to_string() };
            let (time, size) = (millis(exchange.duration), exchange.response_bytes);
            writeln!(out, "http      {asked}  {status}  {time} ms  {size} bytes")?;
            if let Some(failure) = &exchange.failure {
                writeln!(out, "            {}", self.seen(failure))?;
            }
        }
        if let Some(more) = http.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
            writeln!(out, "http      … and {more} more; --json has all")?;
        }
        for module in modules {
            let end = module.failure.as_deref().unwrap_or("loaded");
            writeln!(
                out,
                "import    {}  {} bytes  {}",
                visible(&module.specifier),
                module.bytes,
                visible(end)
            )?;
        }
        for line in console {
            // Each line of its own, so that none looks like one of this text's.
            let shown: Vec<_> = self.secrets.veil(line).split('\n').map(visible).collect();
            writeln!(out, "console   {}", shown.join("\n          "))?;
        }
        if *console_dropped > 0 {
            writeln!(out, "console   … and {console_dropped} more lines")?;
        }
        let limits = &metadata.limits;
        writeln!(
            out,
            "time      cpu {} ms, wall {} ms of {} ms",
            millis(self.report.cpu),
            millis(self.report.wall),
            limits.execution_ms
        )?;
        writeln!(
            out,
            "memory    {} MiB at most, of which the script's heap may take {}",
            self.report.peak_rss_bytes.div_ceil(1 << 20),
            limits.memory_bytes >> 20
        )?;
        writeln!(out, "limits    {}", describe(metadata.options.profile, metadata.options.mode, limits))
    }
}

/// Milliseconds with two decimals.
fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 100_000.0).round() / 100.0
}

fn describe(profile: Profile, mode: Mode, limits: &Limits) -> String {
    format!(
        "profile {}, mode {}: {} s, {} response bytes, {} HTTP queries of {} s, {} bytes out and {} in",
        profile.name(),
        mode.name(),
        limits.execution_ms / 1000,
        limits.response_bytes,
        limits.http_queries,
        limits.http_query_ms / 1000,
        limits.http_request_bytes,
        limits.http_response_bytes
    )
}
