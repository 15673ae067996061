//! `functions-node check`: everything a start needs, tried for real, each answer with a name and a remedy.
//!
//! Nothing is changed: what is written is taken back at once. No question waits longer than its limit, whatever the
//! other side does, and one that fails does not keep the others from being asked. A node may run on the same
//! configuration meanwhile.

mod chain;
mod endpoints;
mod local;
mod ports;

use std::{fmt, time::Duration};

use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::config::Config;

/// Time of one question.
const PATIENCE: Duration = Duration::from_secs(20);

/// How one thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// The node starts, and something will go wrong sooner or later.
    Warn,
    /// The node does not start, or cannot take part.
    Fail,
}

/// One line of the check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What was looked at; the same in every version.
    pub id: String,
    /// How it stands.
    pub verdict: Verdict,
    /// What was found.
    pub words: String,
    /// What to do; empty when all is well.
    pub remedy: String,
}

impl Line {
    fn ok(id: &str, words: impl Into<String>) -> Self {
        Self { id: id.to_owned(), verdict: Verdict::Ok, words: words.into(), remedy: String::new() }
    }

    fn warn(id: &str, words: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { id: id.to_owned(), verdict: Verdict::Warn, words: words.into(), remedy: remedy.into() }
    }

    fn fail(id: &str, words: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { id: id.to_owned(), verdict: Verdict::Fail, words: words.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Ok => "ok  ",
            Verdict::Warn => "warn",
            Verdict::Fail => "FAIL",
        };
        write!(out, "{verdict} {:<20} {}", self.id, self.words)?;
        if !self.remedy.is_empty() {
            write!(out, "\n     {:<20} -> {}", "", self.remedy)?;
        }
        Ok(())
    }
}

/// All lines of a check.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// In the order they were looked at.
    pub lines: Vec<Line>,
}

impl Findings {
    /// What is found when the configuration file cannot be read.
    #[must_use]
    pub fn of_config(err: &crate::config::ConfigError) -> Self {
        let words = format!("{}: {}: {}", err.file, err.key, err.problem);
        Self { lines: vec![Line::fail("config", words, err.remedy.clone())] }
    }

    /// Whether nothing failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.lines.iter().all(|line| line.verdict != Verdict::Fail)
    }

    /// `{"ok": …, "checks": [{"id", "verdict", "words", "remedy"}]}`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "ok": self.passed(), "checks": self.lines })
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(out, "{line}")?;
        }
        let count = |verdict| self.lines.iter().filter(|line| line.verdict == verdict).count();
        write!(
            out,
            "{} checks: {} failed, {} to look at",
            self.lines.len(),
            count(Verdict::Fail),
            count(Verdict::Warn)
        )
    }
}

/// Looks at everything.
pub async fn run(config: &Config) -> Findings {
    let mut findings = Findings::default();
    findings.lines.push(Line::ok("config", "every key is known and in range"));
    let identity = local::files(config, &mut findings.lines);
    let running = local::in_use(config, &mut findings.lines);
    let signer = identity.as_ref().map(|identity| identity.signer);
    findings.lines.extend(within("database", local::database(config, signer)).await);
    let node = running.map(|node| (node, signer));
    findings.lines.extend(within("ports", ports::look(config, node)).await);
    findings.lines.extend(within("sandbox", local::sandbox(config)).await);
    let stored = timeout(PATIENCE, local::stored_identity(config)).await.ok().flatten();
    findings.lines.extend(chain::look(config, stored, identity.as_ref()).await);
    findings
}

/// The lines of one question, or one that says that it took too long.
async fn within(id: &str, question: impl Future<Output = Vec<Line>>) -> Vec<Line> {
    match timeout(PATIENCE, question).await {
        Ok(lines) => lines,
        Err(_) => {
            let words = format!("no answer within {} s", PATIENCE.as_secs());
            vec![Line::fail(id, words, "find out what holds it up; the node would wait as well")]
        }
    }
}
