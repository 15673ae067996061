//! Every example returns the bytes that Rust computes from the same data, within a node's limits.

use examples_tests::sandbox::{BLOCK_TIME, request, run, runner, text};
use examples_tests::{Clock, Server, all, named};
use functions_types::limits::Limits;
use oracle_runner::RunOutcome;

/// Response limit of the classic profile, the smaller one.
const CLASSIC_RESPONSE_BYTES: usize = 256;

#[tokio::test]
async fn every_example_returns_what_rust_computes() {
    let server = Server::start(0, Clock::Fixed(BLOCK_TIME)).await.unwrap();
    let runner = runner(&server).await;
    let mut wrong = Vec::new();
    for example in all() {
        let report = run(&runner, request(&example, &server)).await;
        if report.outcome != RunOutcome::Result(example.expected.clone()) {
            wrong.push(format!(
                "{}: expected 0x{}, got {} ({}; {:?}; {:?})",
                example.file,
                hex::encode(&example.expected),
                text(&report),
                report.diagnostic.message,
                report.http,
                report.console
            ));
            continue;
        }
        assert_eq!(report.http.len(), example.queries, "{}: HTTP queries", example.file);
        assert!(example.queries <= Limits::DEFAULT.http_queries as usize, "{}", example.file);
        assert!(example.expected.len() <= CLASSIC_RESPONSE_BYTES, "{}", example.file);
        let carried = example.source.len() + example.args(&server).concat().len();
        assert!(carried < Limits::DEFAULT.request_bytes, "{}: {carried} bytes", example.file);
    }
    runner.shutdown().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_example_replays_to_the_same_hash_once_its_services_are_gone() {
    let server = Server::start(0, Clock::Fixed(BLOCK_TIME)).await.unwrap();
    let runner = runner(&server).await;
    let mut first = Vec::new();
    for example in all() {
        first.push(run(&runner, request(&example, &server)).await);
    }
    drop(server);
    for (example, first) in all().iter().zip(first) {
        let again = runner.replay(&first.transcript, &example.secrets).await.expect("it asks the same");
        assert_eq!(text(&again), text(&first), "{}", example.file);
        assert_eq!(again.metadata_hash, first.metadata_hash, "{}", example.file);
    }
    runner.shutdown().await;
}

#[tokio::test]
async fn every_weather_code_has_its_enum_value() {
    // WMO codes as Open-Meteo documents them, with Solidity's enum { Clear, Cloudy, Fog, Rain, Snow, Storm }.
    const CODES: [(u8, u8); 28] = [
        (0, 0),
        (1, 0),
        (2, 1),
        (3, 1),
        (45, 2),
        (48, 2),
        (51, 3),
        (53, 3),
        (55, 3),
        (56, 3),
        (57, 3),
        (61, 3),
        (63, 3),
        (65, 3),
        (66, 3),
        (67, 3),
        (71, 4),
        (73, 4),
        (75, 4),
        (77, 4),
        (80, 3),
        (81, 3),
        (82, 3),
        (85, 4),
        (86, 4),
        (95, 5),
        (96, 5),
        (99, 5),
    ];
    let server = Server::start(0, Clock::Fixed(BLOCK_TIME)).await.unwrap();
    let runner = runner(&server).await;
    let example = named("weather-enum.js");
    for (code, value) in CODES {
        let mut request = request(&example, &server);
        request.args[0] = code.to_string();
        let report = run(&runner, request).await;
        assert_eq!(text(&report), format!("0x{value:064x}"), "code {code}");
    }
    runner.shutdown().await;
}
