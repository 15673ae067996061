//! `functions replay`: a recorded run again with the network cut, and files that are none.

mod common;

use common::{Folder, Said, functions};
use examples_tests::{Clock, Server};
use serde_json::{Value, json};

/// Records a script that asks the services once; they are gone afterwards.
async fn record(folder: &Folder, script: &str, more: &[&str]) -> (Value, String) {
    let server = Server::start(0, Clock::System).await.expect("a free port");
    let source = folder.file("script.js", script);
    let recording = common::text(&folder.path("run.json"));
    let (args, host) = (json!([server.url("rising")]).to_string(), server.host());
    let options = [
        "simulate",
        "--json",
        "--source",
        &source,
        "--args",
        &args,
        "--allow-http",
        &host,
        "--record",
        &recording,
    ];
    let said = functions(&[&options[..], more].concat()).await;
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    (said.json(), recording)
}

async fn replay(recording: &str, more: &[&str]) -> Said {
    functions(&[&["replay", recording, "--json"], more].concat()).await
}

const ASKS: &str = "const r = await Functions.makeHttpRequest({ url: args[0] });\n\
    console.log(Date.now(), Math.random());\n\
    return Functions.encodeString(JSON.stringify([r.data, Date.now(), Math.random(), secrets.k ?? '']))";

#[tokio::test]
async fn a_recorded_run_gives_the_same_bytes_without_network() {
    let folder = Folder::new();
    let (first, recording) = record(&folder, ASKS, &[]).await;
    let said = replay(&recording, &[]).await;
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let again = said.json();
    assert_eq!(again["result"], first["result"]);
    assert_eq!(again["console"], first["console"]);
    assert_eq!(again["metadata"], first["metadata"]);
    assert_eq!(again["replay"]["same"], true, "{again}");
    let human = functions(&["replay", &recording, "--returns", "string"]).await;
    assert!(human.stdout.starts_with("same      as recorded, byte for byte\n"), "{}", human.stdout);
}

#[tokio::test]
async fn a_recorded_error_is_replayed_too() {
    let folder = Folder::new();
    let (first, recording) = record(&folder, "throw Error(`no ${args.length}`)", &[]).await;
    let again = replay(&recording, &[]).await.json();
    assert_eq!((&again["error"], &first["error"]), (&json!("no 1"), &json!("no 1")));
}

#[tokio::test]
async fn secrets_are_not_in_the_recording_and_are_needed_again() {
    let folder = Folder::new();
    let secrets = folder.file("secrets.json", r#"{"k": "the author's own"}"#);
    let (first, recording) = record(&folder, ASKS, &["--secrets", &secrets]).await;
    let text = std::fs::read_to_string(&recording).unwrap();
    // The result publishes the secret, so it stands there once, in hex.
    assert!(!text.contains("the author's own"), "{text}");
    replay(&recording, &[]).await.refused("--secrets");
    let again = replay(&recording, &["--secrets", &secrets]).await;
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert_eq!(again.json()["result"], first["result"]);
}

#[tokio::test]
async fn a_thrown_secret_is_not_in_the_recording_which_only_its_owner_may_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let secrets = folder.file("secrets.json", r#"{"k": "the author's own"}"#);
    let script = "throw Error(`no ${secrets.k}`)";
    let with = &["--secrets", &secrets];
    let (first, recording) = record(&folder, script, with).await;
    for _ in 0..2 {
        let text = std::fs::read_to_string(&recording).unwrap();
        assert!(!text.contains("the author's own") && text.contains("[secret k]"), "{text}");
        let about = std::fs::metadata(&recording).unwrap();
        assert_eq!(about.permissions().mode() & 0o777, 0o600);
        let again = replay(&recording, with).await;
        assert_eq!(again.json()["error"], first["error"]);
        assert_eq!(again.code, Some(0), "{}", again.stderr);
        // One that others may read is closed to them when it is written again.
        std::fs::set_permissions(&recording, std::fs::Permissions::from_mode(0o644)).unwrap();
        record(&folder, script, with).await;
    }
}

#[tokio::test]
async fn another_end_than_recorded_is_a_failure() {
    let folder = Folder::new();
    let secrets = folder.file("secrets.json", r#"{"k": "one value"}"#);
    let (_, recording) = record(&folder, ASKS, &["--secrets", &secrets]).await;
    let other = folder.file("other.json", r#"{"k": "another value"}"#);
    let said = replay(&recording, &["--secrets", &other]).await;
    assert_eq!(said.code, Some(1));
    assert_eq!(said.json()["replay"]["same"], false);
    assert!(said.stderr.contains("ends otherwise than the recorded one"), "{}", said.stderr);
}

#[tokio::test]
async fn another_script_than_recorded_is_a_failure() {
    let folder = Folder::new();
    let (_, recording) = record(&folder, "return Functions.encodeUint256(1)", &[]).await;
    let whole = std::fs::read_to_string(&recording).unwrap();
    let edited = folder.file("edited.json", whole.replacen("encodeUint256(1)", "encodeUint256(2)", 1));
    let said = replay(&edited, &[]).await;
    assert_eq!((said.code, &said.json()["replay"]["same"]), (Some(1), &json!(false)));
    assert!(said.stderr.contains("ends otherwise"), "{}", said.stderr);
    // It had no secrets and no clock to look at.
    assert!(said.stderr.contains("edited") && !said.stderr.contains("secrets"), "{}", said.stderr);
}

#[tokio::test]
async fn a_recorded_end_by_the_time_limit_is_said_to_be_that() {
    let folder = Folder::new();
    let (_, recording) = record(&folder, "throw Error('script runtime exceeded')", &[]).await;
    let whole = std::fs::read_to_string(&recording).unwrap();
    // What a node records of a script that its limit ended and that the replaying machine lets finish.
    let finished = "return Functions.encodeUint256(1)//";
    let stopped = folder.file("stopped.json", whole.replacen("throw Error(", &format!("{finished}("), 1));
    let said = replay(&stopped, &[]).await;
    assert_eq!((said.code, &said.json()["replay"]["same"]), (Some(1), &json!(false)));
    assert!(said.stderr.contains("time limit") && !said.stderr.contains("edited"), "{}", said.stderr);
}

#[tokio::test]
async fn another_request_than_recorded_is_a_failure() {
    let folder = Folder::new();
    let script = "const r = await Functions.makeHttpRequest({ url: args[0], headers: { 'x-key': secrets.k } });\n\
        return Functions.encodeUint256(r.data.n)";
    let secrets = folder.file("secrets.json", r#"{"k": "one value"}"#);
    let (_, recording) = record(&folder, script, &["--secrets", &secrets]).await;
    let other = folder.file("other.json", r#"{"k": "another value"}"#);
    replay(&recording, &["--secrets", &other]).await.refused("the run diverges at request 0");
}

#[tokio::test]
async fn files_that_are_no_recordings_are_refused() {
    let folder = Folder::new();
    let (_, recording) = record(&folder, ASKS, &[]).await;
    let whole = std::fs::read_to_string(&recording).unwrap();
    let mut changed: Value = serde_json::from_str(&whole).unwrap();
    changed["http"][0]["turn"] = json!(9);
    let changed = changed.to_string();
    let cases = [
        (common::text(&folder.path("none.json")), "cannot read the recording"),
        (common::text(&folder.path("")), "cannot read the recording"),
        (folder.file("empty.json", ""), "not a recording"),
        (folder.file("other.json", "{\"a\": 1}"), "not a recording"),
        (folder.file("binary.json", [0xff, 0xfe, 0]), "not a recording"),
        (folder.file("cut.json", &whole[..whole.len() / 2]), "not a recording"),
        (folder.file("changed.json", changed), "the recording was changed"),
        (folder.hole("huge.json", 257 << 20), "a recording has at most"),
    ];
    for (file, why) in cases {
        replay(&file, &[]).await.refused(why);
    }
}
