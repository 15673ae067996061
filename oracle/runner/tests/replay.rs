//! A recorded run gives the same bytes again, without network.

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use common::{Server, answer, config, json, request, runner, runner_for, text};
use functions_types::limits::{Limits, Mode, RunOptions};
use oracle_runner::{RunReport, RunRequest, Runner, RunnerError, Transcript, TranscriptError};

fn none() -> BTreeMap<String, String> {
    BTreeMap::new()
}

async fn record(runner: &Runner, request: RunRequest) -> RunReport {
    runner.run(request).await.expect("the node is fine")
}

/// Replays through the file format, with a runner that may reach nothing.
async fn replay(report: &RunReport, secrets: &BTreeMap<String, String>) -> Result<RunReport, RunnerError> {
    let recording = Transcript::from_json(&report.transcript.to_json()).expect("it reads its own files");
    assert_eq!(recording, report.transcript);
    let offline = runner().await;
    let again = offline.replay(&recording, secrets).await;
    offline.shutdown().await;
    again
}

fn assert_same(again: &RunReport, first: &RunReport) {
    assert_eq!(text(again), text(first));
    assert_eq!(again.console, first.console);
    assert_eq!(again.transcript.http, first.transcript.http);
    assert_eq!(again.metadata, first.metadata);
    assert_eq!(again.metadata_hash, first.metadata_hash);
}

#[tokio::test]
async fn a_run_is_replayed_byte_for_byte_with_the_network_cut() {
    let server = Server::start(async |seen| match seen.path() {
        "/bytes" => answer("200 OK", "x-odd: \u{e9}\r\n", &[0, 255, 10, 13]),
        "/gone" => answer("404 Not Found", "", b"gone"),
        path => json(&format!("{{\"path\":\"{path}\"}}")),
    })
    .await;
    let runner = runner_for(&[&server]).await;
    let mut asked = request(
        "const r = await Functions.makeHttpRequest({ url: args[0] + '/bytes', responseType: 'arraybuffer' });
        const all = await Promise.all(['a', 'b'].map(p => Functions.makeHttpRequest({ url: `${args[0]}/${p}`, data: { p }, method: 'POST' })));
        const gone = await Functions.makeHttpRequest({ url: args[0] + '/gone' });
        const codes = [];
        for (let i = 0; i < 3; i++) codes.push((await Functions.makeHttpRequest({ url: args[0] })).code ?? 200);
        console.log(Date.now(), Math.random(), crypto.randomUUID());
        return Functions.encodeString([new Uint8Array(r.data).join(), JSON.stringify(r.headers['x-odd']), all.map(a => a.data.path).join(),
            gone.code, codes.join(), bytesArgs.join(), Math.random(), Date.now()].join(' '))",
    );
    asked.args = vec![server.url("")];
    asked.bytes_args = vec![vec![1, 2]];
    let first = record(&runner, asked).await;
    runner.shutdown().await;
    let shown = text(&first);
    assert!(shown.starts_with("0,255,10,13 ") && shown.contains(" /a,/b 404 200,429,429 0x0102 "), "{shown}");
    let hits = server.hits();
    let again = replay(&first, &none()).await.expect("the recording has everything");
    assert_same(&again, &first);
    assert_eq!(server.hits(), hits);
}

#[tokio::test]
async fn timeouts_and_timers_are_replayed_in_the_recorded_turns() {
    let gate = Arc::new(tokio::sync::Notify::new());
    let held = Arc::clone(&gate);
    let server = Server::start(move |seen| {
        let gate = Arc::clone(&held);
        async move {
            if seen.path() == "/never" {
                gate.notified().await;
            }
            json("1")
        }
    })
    .await;
    let runner = runner_for(&[&server]).await;
    let mut asked = request(
        "const order = [];
        const tick = n => new Promise(r => setTimeout(() => { order.push('t' + n); r() }, n));
        const never = Functions.makeHttpRequest({ url: args[0] + '/never', timeout: 300 }).then(r => order.push(r.message));
        const quick = Functions.makeHttpRequest({ url: args[0] + '/quick' }).then(r => order.push('quick'));
        await Promise.all([never, quick, tick(50), tick(100), tick(301)]);
        return Functions.encodeString(order.join() + ' ' + Date.now())",
    );
    asked.args = vec![server.url("")];
    let first = record(&runner, asked).await;
    runner.shutdown().await;
    gate.notify_waiters();
    assert!(text(&first).contains("AbortError"), "{}", text(&first));
    assert_eq!((first.http[0].status, first.http[1].status), (0, 200));
    let again = replay(&first, &none()).await.expect("the recording has everything");
    assert_same(&again, &first);
}

#[tokio::test]
async fn compat_hands_over_as_responses_arrive_and_is_replayed_in_that_order() {
    let gate = Arc::new(tokio::sync::Notify::new());
    let held = Arc::clone(&gate);
    let server = Server::start(move |seen| {
        let gate = Arc::clone(&held);
        async move {
            match seen.path() {
                "/slow" => gate.notified().await,
                "/release" => gate.notify_one(),
                _ => {}
            }
            json(&format!("\"{}\"", seen.path()))
        }
    })
    .await;
    let runner = runner_for(&[&server]).await;
    let source = "const order = [];
        const get = path => Functions.makeHttpRequest({ url: args[0] + path, timeout: 9000 }).then(r => order.push(r.data));
        const slow = get('/slow');
        await get('/quick');
        await get('/release');
        await slow;
        return Functions.encodeString(order.join() + ' ' + Math.random())";
    let compat = RunOptions { mode: Mode::Compat, ..RunOptions::default() };
    let mut asked = RunRequest { options: compat, ..request(source) };
    asked.args = vec![server.url("")];
    let first = record(&runner, asked.clone()).await;
    assert!(text(&first).starts_with("/quick,/release,/slow 0."), "{}", text(&first));
    let again = replay(&first, &none()).await.expect("the recording has everything");
    assert_same(&again, &first);
    // The random numbers of two live runs differ.
    let other = record(&runner, asked).await;
    assert_ne!(text(&other), text(&first));
    runner.shutdown().await;
}

#[tokio::test]
async fn compat_has_the_real_clock() {
    let runner = runner().await;
    let source = "const t = Date.now(); const p = performance.now();
        await new Promise(r => setTimeout(r, 30));
        return Functions.encodeString(`${Date.now() - t >= 30} ${performance.now() - p >= 30} ${t > 1750000000000}`)";
    let compat = RunOptions { mode: Mode::Compat, ..RunOptions::default() };
    let report = record(&runner, RunRequest { options: compat, ..request(source) }).await;
    assert_eq!(text(&report), "true true true");
    runner.shutdown().await;
}

#[tokio::test]
async fn secrets_stay_out_of_the_recording_and_are_given_again() {
    let server = Server::start(async |seen| {
        let token = seen.head.split("x-token: ").nth(1).and_then(|rest| rest.lines().next()).unwrap_or("");
        json(&format!("{{\"echo\":\"{token}\"}}"))
    })
    .await;
    let runner = runner_for(&[&server]).await;
    let secrets: BTreeMap<_, _> = [("token".to_owned(), "hunter2-and-more".to_owned())].into();
    let mut asked = request(
        "const r = await Functions.makeHttpRequest({ url: `${args[0]}/${secrets.token}?k=${secrets.token}`,
            headers: { 'x-token': secrets.token, 'x-basic': btoa(secrets.token) }, data: secrets, method: 'POST' });
        return Functions.encodeUint256(r.data.echo === secrets.token ? 1 : 0)",
    );
    asked.args = vec![server.url("")];
    asked.secrets = secrets.clone();
    let first = record(&runner, asked).await;
    runner.shutdown().await;
    let file = String::from_utf8(first.transcript.to_json()).expect("JSON is UTF-8");
    assert!(!file.contains("hunter2") && !file.contains("aHVudGVyMi"), "{file}");
    let again = replay(&first, &secrets).await.expect("the secrets are the same");
    assert_same(&again, &first);
    assert!(
        matches!(replay(&first, &none()).await, Err(RunnerError::Refused(text)) if text.contains("token"))
    );
    let other = [("token".to_owned(), "something else".to_owned())].into();
    assert!(matches!(replay(&first, &other).await, Err(RunnerError::Diverged { exchange: 0, .. })));
}

#[tokio::test]
async fn a_script_that_asks_for_something_else_diverges() {
    let server = Server::start(async |_| json("1")).await;
    let runner = runner_for(&[&server]).await;
    let mut asked =
        request("const r = await fetch(args[0] + '/a'); return new Uint8Array(await r.arrayBuffer())");
    asked.args = vec![server.url("")];
    let mut recording = record(&runner, asked).await.transcript;
    recording.source = "const r = await fetch(args[0] + '/b'); return new Uint8Array(1)".into();
    let other = runner.replay(&recording, &none()).await.expect_err("another URL").to_string();
    assert!(other.contains("request 0 (from 0)") && other.contains("/b") && other.contains("/a"), "{other}");
    recording.source =
        "await fetch(args[0] + '/a'); await fetch(args[0] + '/a'); return new Uint8Array(1)".into();
    let more = runner.replay(&recording, &none()).await.expect_err("one more").to_string();
    assert!(more.contains("request 1") && more.contains("nothing more"), "{more}");
    runner.shutdown().await;
}

#[tokio::test]
async fn limits_and_profile_travel_with_the_recording() {
    let small = Limits { response_bytes: 2, ..Limits::CLASSIC };
    let runner = Runner::start(config()).await.expect("the sandbox starts");
    let first = record(&runner, RunRequest { limits: small, ..request("return new Uint8Array(3)") }).await;
    assert_eq!(text(&first), "error: re");
    runner.shutdown().await;
    let again = replay(&first, &none()).await.expect("nothing is asked");
    assert_same(&again, &first);
}

#[tokio::test]
async fn a_file_that_is_no_recording_is_refused_with_its_reason() {
    let runner = runner().await;
    let report = record(&runner, request("await fetch('http://[::1]:1/'); return new Uint8Array(1)")).await;
    runner.shutdown().await;
    let file = String::from_utf8(report.transcript.to_json()).expect("JSON is UTF-8");
    let refused = |text: &str| Transcript::from_json(text.as_bytes()).expect_err("refused");
    assert!(matches!(refused("{}"), TranscriptError::Malformed(_)));
    assert!(matches!(
        refused(&file.replace("\"version\": 1", "\"version\": 9")),
        TranscriptError::Version(9)
    ));
    assert!(matches!(refused(&file.replace("\"turn\": 0", "\"turn\": 1")), TranscriptError::Changed));
    assert!(matches!(
        refused(&file.replace("\"mode\": \"strict\"", "\"mode\": \"odd\"")),
        TranscriptError::Malformed(_)
    ));
    assert!(matches!(
        refused(&file.replace("\"wasm\"", "\"extra\": 1, \"wasm\"")),
        TranscriptError::Malformed(_)
    ));
}
