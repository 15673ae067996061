//! Everything a script can replace, replaced one by one: what the host offers gives the same value or an error, never
//! another value by the host's own fault, and neither waits for ever nor dies.

#[path = "../../../oracle/runner/tests/common/mod.rs"]
mod common;

use common::{answer, config, request, text};
use functions_types::limits::Limits;
use oracle_runner::{RunOutcome, Runner, RunnerConfig};
use sandbox_tests::server::{Attacks, Server, Step};

const PROBES: &str = include_str!("../poisoned/probes.js");

/// What the probes of a realm as it should be say.
const WHOLE: &str = "uint=128,1;int=255,255;string=195,169;builtin=function;module=7;json=1;timer=3;interval=4;microtask=5;\
request=1;fetch=1;clone=6;digest=150;utf8=195,169;base64=aYQ==;url=d;buffer=c3a9;event=7;console=undefined;";

/// Where a value that differs is not the host's doing: the methods of a Buffer read it of themselves, as Node's do.
const ITS_OWN: [&str; 1] = ["TypedArray#length"];

/// Ends of a run that are the script's errors.
const ENDS: [&str; 3] = ["(thrown)", "(unhandled-rejection)", "(memory)"];

async fn server() -> Server {
    Server::start(|_| {
        let page = |kind: &str, body: &str| {
            vec![Step::Send(answer("200 OK", &format!("content-type: {kind}\r\n"), body.as_bytes()))]
        };
        Attacks::from([
            ("/waits.js".into(), page("text/javascript", "await null; export default 7")),
            ("/data.json".into(), page("application/json", r#"{"value":1}"#)),
            ("/data.json?a=1".into(), page("application/json", r#"{"value":1}"#)),
        ])
    })
    .await
}

/// Runs the probes with one thing replaced; their number of things, the thing's name and what they said.
async fn probed(
    runner: &Runner,
    server: &Server,
    which: i64,
    how: &str,
) -> Result<(i64, String, String), String> {
    let mut asked = request(PROBES);
    asked.args = vec![format!("http://{}", server.host()), which.to_string(), how.to_owned()];
    asked.limits = Limits { response_bytes: 4_096, execution_ms: 20_000, ..Limits::DEFAULT };
    let report = runner.run(asked).await.map_err(|error| format!("a fault of the node: {error}"))?;
    let RunOutcome::Result(_) = report.outcome else {
        return Err(format!("{} ({}): {}", text(&report), report.ending, report.diagnostic.message));
    };
    let said = text(&report);
    let mut parts = said.splitn(3, '|').map(str::to_owned);
    let mut part = || parts.next().ok_or_else(|| said.clone());
    Ok((part()?.parse().map_err(|_| said.clone())?, part()?, part()?))
}

/// The probes whose value is neither the whole realm's nor an error.
fn differing(said: &str) -> Vec<&str> {
    let whole: Vec<&str> = WHOLE.split(';').collect();
    said.split(';').filter(|probe| !whole.contains(probe) && !probe.ends_with("=error")).collect()
}

#[tokio::test]
async fn nothing_a_script_replaces_makes_the_host_wait_die_or_say_something_else() {
    let server = server().await;
    let allow_http = vec![server.host()];
    let runner = Runner::start(RunnerConfig { allow_http, ..config() }).await.expect("it starts");
    let (count, _, said) = probed(&runner, &server, -1, "").await.expect("the whole realm");
    assert_eq!(said, WHOLE);
    assert!(count > 700, "only {count} things");
    let (mut failures, mut errors) = (Vec::new(), 0);
    for how in ["throws", "never"] {
        for which in 0..count {
            match probed(&runner, &server, which, how).await {
                Ok((_, name, said)) => {
                    errors += said.matches("=error").count();
                    let wrong = differing(&said);
                    if !wrong.is_empty() && !ITS_OWN.contains(&name.as_str()) {
                        failures.push(format!("{name} {how}: {}", wrong.join(" ")));
                    }
                }
                // What a use of the thing throws ends the run with an error; so does an iteration without end.
                Err(why) if ENDS.iter().any(|end| why.contains(end)) => errors += 1,
                Err(why) => {
                    let name = probed(&runner, &server, which, "name").await.map(|named| named.1);
                    if !name.as_ref().is_ok_and(|name| ITS_OWN.contains(&name.as_str())) {
                        failures.push(format!("{name:?} {how}: {why}"));
                    }
                }
            }
        }
    }
    runner.shutdown().await;
    assert!(failures.is_empty(), "{} of {count}, {errors} errors:\n{}", failures.len(), failures.join("\n"));
}
