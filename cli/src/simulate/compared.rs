//! A comparison of runs as it is shown, to machines and to people.

use std::fmt::Write as _;

use miette::{Report, Severity};
use oracle_runner::RunOutcome;
use serde_json::{Value, json};

use super::compare::{Comparison, Culprit, End, Kind};
use super::decode::hex;
use super::places::Place;
use super::point;
use super::secrets::Secrets;
use crate::output::visible;

impl Comparison {
    /// The comparison as a JSON object; stretches of bytes are `[from, to)`, places from 1.
    pub(crate) fn json(&self, secrets: &Secrets) -> Value {
        let ends = self.ends.iter().map(|end| match end {
            End::Outcome(RunOutcome::Result(bytes)) => json!({"result": hex(bytes), "error": null}),
            End::Outcome(RunOutcome::UserError(text)) => {
                json!({"result": null, "error": secrets.veil(&String::from_utf8_lossy(text))})
            }
            End::Diverged(why) => json!({"result": null, "error": null, "diverged": secrets.veil(why)}),
        });
        let place = |place: &Place| json!({"what": place.what, "line": place.line, "column": place.column});
        let culprits = self.culprits.iter().map(|Culprit { exchange, place: call }| {
            json!({
                "exchange": exchange.number, "asked": exchange.asked, "what": exchange.what,
                "excerpts": exchange.excerpts, "place": call.as_ref().map(place),
            })
        });
        json!({
            "runs": self.ends.len(),
            "agree": self.agree(),
            "ends": ends.collect::<Vec<_>>(),
            "differingBytes": self.bytes.iter().map(|range| [range.start, range.end]).collect::<Vec<_>>(),
            "differingExchanges": culprits.collect::<Vec<_>>(),
            "uses": self.uses.iter().map(place).collect::<Vec<_>>(),
        })
    }

    /// The comparison in a few lines.
    pub(crate) fn text(&self, secrets: &Secrets) -> String {
        let runs = self.ends.len();
        let whose = match self.kind {
            Kind::Nodes => "nodes with the same answers",
            Kind::Live => "runs against the endpoints",
        };
        if self.agree() {
            return format!("agree     {runs} {whose} end the same");
        }
        let mut text = format!("differ    {runs} {whose} do not end the same\n");
        for (number, end) in self.ends.iter().enumerate() {
            let end = match end {
                End::Outcome(RunOutcome::Result(bytes)) => hex(bytes),
                End::Outcome(RunOutcome::UserError(text)) => {
                    format!("error {}", visible(&secrets.veil(&String::from_utf8_lossy(text))))
                }
                End::Diverged(why) => visible(&secrets.veil(why)),
            };
            // Writing to a string does not fail.
            let _ = writeln!(text, "run {:<5} {end}", number + 1);
        }
        let stretches: Vec<_> = self
            .bytes
            .iter()
            .map(|range| match range.len() {
                1 => range.start.to_string(),
                _ => format!("{} to {}", range.start, range.end - 1),
            })
            .collect();
        let _ = write!(text, "bytes     {} differ (counted from 0)", stretches.join(", "));
        text
    }

    /// What made the runs differ, pointing at the user's file; `None` when nothing is known to point at.
    pub(crate) fn report(&self, name: &str, source: &str) -> Option<Report> {
        let mut labels = Vec::new();
        let mut elsewhere = Vec::new();
        for Culprit { exchange, place } in &self.culprits {
            let number = exchange.number + 1;
            let what = format!("request {number}: {}", exchange.what);
            match place {
                Some(place) => labels.push((point::span(source, place.line, place.column), what)),
                None => elsewhere.push(what),
            }
            let excerpts = exchange.excerpts.iter().enumerate();
            let excerpts = excerpts.map(|(run, text)| format!("  request {number}, run {}: {text}", run + 1));
            elsewhere.extend(excerpts);
        }
        for place in &self.uses {
            let label = format!("{} is not the same in every run", place.what);
            labels.push((point::span(source, place.line, place.column), label));
        }
        if labels.is_empty() && elsewhere.is_empty() {
            return None;
        }
        let (severity, message) = if self.agree() {
            (Severity::Advice, "the answers differ between runs, the results do not")
        } else {
            (Severity::Warning, "nodes that run this script at different moments may not agree")
        };
        elsewhere.push(
            "reduce answers to what changes slowly: round, take a median, or ask for a fixed point in time"
                .into(),
        );
        Some(point::report(name, source, severity, message.into(), Some(elsewhere.join("\n")), labels))
    }
}
