//! `functions bench` measures what it says, in the smallest runs there are.

use std::process::Command;

use serde_json::Value;
use test_support::functions;
use test_support::place::contracts;

fn number(json: &Value, path: &str) -> f64 {
    json.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path} in {json}"))
}

/// What a run of a benchmark says.
fn bench(verb: &str, options: &str) -> Value {
    let output = Command::new(functions())
        .args(["bench", verb, "--json", "--contracts"])
        .arg(contracts())
        .args(options.split(' '))
        .output()
        .expect("the program starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

#[test]
fn bench_load_tells_what_the_requests_of_a_crowd_are_billed() {
    let json = bench("load", "--burst 20");
    let of = |figure: &str| number(&json, figure);
    assert_eq!((of("/taken"), of("/answered"), of("/overheadGas/alone")), (20.0, 20.0, 198_942.0), "{json}");
    // The shared part once a transaction, the rest once a request.
    let (billed, transactions) = (of("/overheadGas/perRequest"), of("/transactions/paid"));
    assert!(billed >= 84_942.0 + 114_000.0 / 10.0, "{json}");
    assert!(billed <= 84_942.0 + 114_000.0 * transactions / 20.0 + 1.0, "{json}");
    assert!((of("/overheadGas/ratio") - billed / 198_942.0).abs() < 1e-9, "{json}");
}

#[test]
fn bench_don_tells_latency_throughput_and_cost_by_part() {
    let json = bench("don", "--nodes 4 --requests 1 --in-flight 2 --seconds 1 --warm-up 0");
    let runs = number(&json, "/javascriptRunsPerSecond");
    assert!(
        runs > 0.0 && number(&json, "/cores") >= 1.0 && number(&json, "/requestsInFlight") == 2.0,
        "{json}"
    );

    let networks = json["networks"].as_array().expect("a list");
    assert_eq!(networks.len(), 1, "{json}");
    let network = &networks[0];
    assert_eq!((&network["nodes"], &network["idle"]["requests"]), (&4.into(), &1.into()), "{json}");
    for load in ["idle", "sustained"] {
        let of = |figure: &str| number(network, &format!("/{load}/latencyMs/{figure}"));
        let figures = ["p50", "p95", "p99", "max"].map(of);
        assert!(figures[0] > 0.0 && figures.is_sorted(), "{load}: {figures:?}");
    }
    let sustained = |figure: &str| number(network, &format!("/sustained/{figure}"));
    assert!(sustained("requests") >= 1.0 && sustained("seconds") > 0.0, "{json}");
    let close = |a: f64, b: f64| assert!((a - b).abs() <= 1e-6 * b, "{a} {b}: {json}");
    close(sustained("requestsPerSecond"), sustained("requests") / sustained("seconds"));
    close(sustained("boundPerSecond"), runs / 4.0);
    close(sustained("ofBound"), sustained("requestsPerSecond") / sustained("boundPerSecond"));

    let each = |figure: &str| number(network, &format!("/perRequestAndNode/{figure}"));
    let parts = ["javascript", "signatures", "protocol", "disk", "network"];
    close(parts.iter().map(|part| each(&format!("share/{part}"))).sum(), 1.0);
    close(parts.iter().map(|part| each(&format!("processorMs/{part}"))).sum(), each("processorMs/total"));
    for figure in
        ["messages", "bytesSent", "bytesReceived", "syncs", "chainQuestions", "processorMs/signatures"]
    {
        assert!(each(figure) > 0.0, "{figure}: {json}");
    }
    // A message's frame is no shorter than the request id in it.
    assert!(each("bytesReceived") > 32.0 * each("messages"), "{json}");
    assert!(number(network, "/chainMsPerRequest") >= 0.0, "{json}");
}
