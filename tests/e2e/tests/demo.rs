//! Requests from consumer to callback, through a chain and node processes.

use std::process::Command;

use e2e_tests::{MEDIAN, Told, demo, keep, script, word};
use serde_json::Value;

fn amount(told: &Told, field: &str) -> u128 {
    told.json[field].as_str().expect(field).parse().expect(field)
}

fn assert_settled(told: &Told) {
    assert_eq!(told.code, 0);
    assert_eq!(told.json["resultCode"], 0);
    assert_eq!(told.json["signatures"], 3);
    assert_eq!(told.json["nodes"], 4);
    assert_eq!(amount(told, "blockedAfterJuels"), 0);
    assert!(amount(told, "chargedJuels") > 0);
    assert!(amount(told, "chargedJuels") <= amount(told, "reservedJuels"));
}

#[test]
fn demo_delivers_the_median_when_four_nodes_run() {
    let told = demo(&[]);
    assert_settled(&told);
    assert_eq!(told.json["result"], word(MEDIAN));
    assert_eq!(told.json["error"], Value::Null);
    let steps = ["event", "observed", "report", "transmitted", "callback"];
    let times = steps.map(|step| told.json["timingsMs"][step].as_u64().expect(step));
    assert!(times.is_sorted(), "{times:?}");
}

/// 50 gwei a unit, with which a fresh chain of the node's own starts: the oracles pay it, and the Coordinator bills it
/// only where the reference does.
#[test]
fn demo_fulfills_when_calldata_is_dear_whether_it_is_billed_or_not() {
    let charged = ["412346", "421614"].map(|chain_id| {
        let told = demo(&["--chain-id", chain_id, "--l1-price", "50000000000"]);
        assert_settled(&told);
        assert_eq!(told.json["result"], word(MEDIAN));
        amount(&told, "chargedJuels")
    });
    assert!(charged[1] > charged[0], "{charged:?}");
}

#[test]
fn demo_delivers_bytes_of_a_computation() {
    let told = script(
        "let a = 0n, b = 1n; for (let i = 0; i < Number(args[0]); i++) [a, b] = [b, a + b];\n\
         return Functions.encodeUint256(a + BigInt(bytesArgs[0]));",
        &["--args", r#"["90"]"#, "--bytes-args", r#"["0x05"]"#],
    );
    assert_settled(&told);
    assert_eq!(told.json["result"], word(2_880_067_194_370_816_120 + 5));
}

/// With one of four nodes dead the others, as many as the threshold, open what the demo stored.
#[test]
fn demo_gives_the_script_its_secrets_when_a_node_is_killed() {
    let told = script(
        "return Functions.encodeString(secrets.apiKey.toUpperCase());",
        &["--secrets", r#"{"apiKey":"k-12"}"#, "--kill", "1"],
    );
    assert_settled(&told);
    assert_eq!(told.json["result"], "0x4b2d3132");
}

#[test]
fn demo_delivers_the_error_when_the_script_throws() {
    let told = script("throw Error(`no ${args[0]} today`);", &["--args", r#"["bread"]"#]);
    assert_settled(&told);
    assert_eq!(told.json["result"], Value::Null);
    assert_eq!(told.json["error"], "no bread today");
}

#[test]
fn demo_delivers_the_documented_error_when_the_script_never_ends() {
    let told = script("for (;;) {}", &[]);
    assert_settled(&told);
    assert_eq!(told.json["result"], Value::Null);
    assert_eq!(told.json["error"], "script runtime exceeded");
}

#[test]
fn demo_releases_the_reservation_when_two_of_four_nodes_die() {
    let told = demo(&["--kill", "2"]);
    assert_eq!(told.code, 0);
    assert_eq!(told.json["result"], Value::Null);
    assert_eq!(told.json["resultCode"], Value::Null);
    assert_eq!(told.json["transmitter"], Value::Null);
    assert!(amount(&told, "reservedJuels") > 0);
    assert_eq!(amount(&told, "chargedJuels"), 0);
    assert_eq!(amount(&told, "blockedAfterJuels"), 0);
    assert!(told.stderr.contains("2 of 4 nodes answered, a report needs 3 signatures"), "{}", told.stderr);
}

#[test]
fn demo_fulfills_once_when_two_nodes_are_killed_and_started_again() {
    let told = demo(&["--kill", "2", "--restart"]);
    assert_settled(&told);
    assert_eq!(told.json["result"], word(MEDIAN));
}

#[test]
fn demo_fulfills_when_two_of_seven_nodes_die() {
    let told = demo(&["--nodes", "7", "--kill", "2"]);
    assert_eq!(told.code, 0);
    assert_eq!(told.json["resultCode"], 0);
    assert_eq!(told.json["signatures"], 5);
    assert_eq!(told.json["result"], word(MEDIAN));
}

#[test]
fn demo_refuses_when_the_subscription_is_too_poor() {
    let told = demo(&["--fund", "0.0001"]);
    assert_ne!(told.code, 0);
    assert!(told.json["error"]["message"].is_string(), "{}", told.json);
    assert!(told.stderr.contains("InsufficientBalance"), "{}", told.stderr);
}

#[test]
fn demo_runs_scripts_by_the_classic_profile() {
    let told = script("throw Error('');", &["--profile", "classic"]);
    assert_settled(&told);
    assert_eq!(told.json["error"], Value::Null, "an empty message stays empty");
    let told = script("return new Uint8Array(257);", &["--profile", "classic"]);
    assert_settled(&told);
    assert_eq!(told.json["error"], "response >256 bytes");
}

#[test]
fn demo_that_stays_up_tells_when_nodes_die() {
    let mut network = keep();
    let session = network.session().to_string();
    let nodes =
        Command::new("pgrep").args(["-s", &session, "-x", "functions-node"]).output().expect("pgrep runs");
    let nodes = String::from_utf8(nodes.stdout).expect("text");
    let nodes: Vec<&str> = nodes.split_whitespace().collect();
    assert_eq!(nodes.len(), 4);
    for (node, told) in nodes.into_iter().zip([
        "3 of 4 nodes are left, enough for a report of 3 signatures",
        "2 of 4 nodes are left and a report needs 3 signatures: requests time out",
        "1 of 4 nodes are left",
        "no node is left: requests time out",
    ]) {
        assert!(Command::new("kill").args(["-KILL", node]).status().expect("kill runs").success());
        network.told("ended early");
        network.told(told);
    }
    network.end();
}
