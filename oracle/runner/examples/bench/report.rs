//! What is printed: a table for people, or one JSON object.

use crate::memory::Memory;
use crate::stats::Spread;

/// Wall time from request to result, in milliseconds.
pub(crate) struct Overhead {
    pub(crate) script: String,
    pub(crate) ours: Spread,
    pub(crate) toolkit: Option<Spread>,
    pub(crate) deno: Option<Spread>,
}

/// Processor time of the script's own work, in milliseconds.
pub(crate) struct Work {
    pub(crate) script: String,
    pub(crate) ours: Spread,
    pub(crate) deno: Option<Spread>,
}

/// Runs of a busy node.
pub(crate) struct Sustained {
    pub(crate) script: String,
    pub(crate) per_second: f64,
    /// Per second of processor time, everything included.
    pub(crate) per_core_second: f64,
}

/// Every figure.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) load: String,
    pub(crate) sandbox: String,
    pub(crate) toolkit: Option<String>,
    pub(crate) overhead: Vec<Overhead>,
    pub(crate) work: Vec<Work>,
    pub(crate) sustained: Vec<Sustained>,
    pub(crate) memory: Memory,
}

/// Largest acceptable ratio of our overhead to the toolkit's.
const RATIO_MAX: f64 = 0.08;

impl Report {
    pub(crate) fn print(&self) {
        println!("{}", self.sandbox);
        match &self.toolkit {
            Some(versions) => println!("against: {versions}"),
            None => println!("against: nothing; the references are not installed (see above)"),
        }
        println!("load of the machine at the start: {}", self.load);
        println!("\nms from request to result: median (10th to 90th percentile)");
        println!("{:<14}{:<26}{:<30}{:<30}ours/toolkit", "script", "ours", "simulateScript", "bare deno");
        for row in &self.overhead {
            let ratio = row.toolkit.map(|toolkit| row.ours.median / toolkit.median);
            let verdict = ratio.map_or("-".into(), |ratio| {
                let goal = if ratio <= RATIO_MAX { "reached" } else { "missed" };
                format!("{ratio:.3} (goal {RATIO_MAX}: {goal})")
            });
            let (ours, toolkit) = (shown(Some(row.ours)), shown(row.toolkit));
            println!("{:<14}{ours:<26}{toolkit:<30}{:<30}{verdict}", row.script, shown(row.deno));
        }
        println!("\nms of processor time for the script's own work");
        println!("{:<14}{:<26}{:<30}ours/deno", "script", "ours", "deno");
        for row in &self.work {
            let ratio = row.deno.map_or("-".into(), |deno| format!("{:.1}", row.ours.median / deno.median));
            println!("{:<14}{:<26}{:<30}{ratio}", row.script, shown(Some(row.ours)), shown(row.deno));
        }
        println!("\nruns of a busy node");
        println!("{:<14}{:>12}{:>22}", "script", "per second", "per second and core");
        for row in &self.sustained {
            println!("{:<14}{:>12.0}{:>22.0}", row.script, row.per_second, row.per_core_second);
        }
        let memory = &self.memory;
        println!("\nMiB: fork server {:.1}, each idle worker {:.1} more", memory.zygote, memory.idle_worker);
        println!("     busiest worker {:.1} at its peak, shared pages included", memory.busy_worker);
        if let Some(deno) = memory.idle_deno {
            println!("     an idle deno process {deno:.1}");
        }
    }

    pub(crate) fn print_json(&self) {
        let overhead = list(&self.overhead, |row| {
            let ratio = row.toolkit.map(|toolkit| row.ours.median / toolkit.median);
            format!(
                r#"{{"script":"{}","oursMs":{},"toolkitMs":{},"denoMs":{},"ratio":{}}}"#,
                row.script,
                json(Some(row.ours)),
                json(row.toolkit),
                json(row.deno),
                number(ratio)
            )
        });
        let work = list(&self.work, |row| {
            let ratio = row.deno.map(|deno| row.ours.median / deno.median);
            let (ours, deno) = (json(Some(row.ours)), json(row.deno));
            format!(
                r#"{{"script":"{}","oursMs":{ours},"denoMs":{deno},"ratio":{}}}"#,
                row.script,
                number(ratio)
            )
        });
        let sustained = list(&self.sustained, |row| {
            let (all, core) = (number(Some(row.per_second)), number(Some(row.per_core_second)));
            format!(r#"{{"script":"{}","perSecond":{all},"perCoreSecond":{core}}}"#, row.script)
        });
        let memory = format!(
            r#"{{"zygoteMib":{},"idleWorkerMib":{},"busyWorkerMib":{},"idleDenoMib":{}}}"#,
            number(Some(self.memory.zygote)),
            number(Some(self.memory.idle_worker)),
            number(Some(self.memory.busy_worker)),
            number(self.memory.idle_deno)
        );
        let reference = self.toolkit.as_ref().map_or("null".into(), |text| format!("{text:?}"));
        println!(
            r#"{{"sandbox":{:?},"reference":{reference},"load":{:?},"overhead":{overhead},"work":{work},"sustained":{sustained},"memory":{memory}}}"#,
            self.sandbox, self.load
        );
    }
}

fn shown(spread: Option<Spread>) -> String {
    spread.map_or("-".into(), |Spread { median, low, high }| format!("{median:.2} ({low:.2} to {high:.2})"))
}

fn list<T>(rows: &[T], row: impl Fn(&T) -> String) -> String {
    format!("[{}]", rows.iter().map(row).collect::<Vec<_>>().join(","))
}

fn json(spread: Option<Spread>) -> String {
    spread.map_or("null".into(), |Spread { median, low, high }| {
        format!(r#"{{"median":{median:.3},"p10":{low:.3},"p90":{high:.3}}}"#)
    })
}

/// JSON knows no infinities.
fn number(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map_or("null".into(), |value| format!("{value:.3}"))
}
