//! Code from elsewhere, from the request to the observation: a real sandbox, a web server, and no chain.

use std::{path::PathBuf, sync::Arc};

use alloy::{
    hex,
    primitives::{Address, B256},
};
use axum::{Router, routing::get};
use functions_node::{
    chain::{Position, SeenRequest},
    executor::{Executor, Recordings},
    secrets::Standing,
};
use functions_types::{
    Commitment, FunctionsRequest,
    cbor::{EmptyArrays, Framing, Location},
    limits::{Limits, RunOptions},
};
use oracle_ocr::{Answer, Observation};
use oracle_runner::{Runner, RunnerConfig};
use sha2::{Digest as _, Sha256};

fn sandbox() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    test.ancestors().nth(2).expect("the profile's folder").join("functions-sandbox")
}

fn seen(code_location: Location, source: &str) -> SeenRequest {
    let args = vec!["x".to_owned()];
    let request = FunctionsRequest { code_location, source: source.to_owned(), args, ..Default::default() };
    let commitment = Commitment::default();
    SeenRequest {
        request_id: B256::repeat_byte(1),
        commitment_hash: commitment.hash(),
        commitment,
        requesting_contract: Address::ZERO,
        request_initiator: Address::ZERO,
        subscription_id: 1,
        subscription_owner: Address::repeat_byte(8),
        data: request.encode(Framing::Map(EmptyArrays::Omit)).into(),
        data_version: 1,
        flags: B256::ZERO,
        at: Position { block_number: 1, block_hash: B256::ZERO, tx_hash: B256::ZERO },
        block_timestamp: 1_700_000_000,
        log_json: String::new(),
    }
}

async fn observe(executor: &Executor, location: Location, source: &str) -> Observation {
    executor.execute(&seen(location, source)).await.expect("the node is fine").observation
}

fn told(observation: &Observation) -> String {
    match &observation.answer {
        Answer::Result(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Answer::UserError(bytes) => format!("error: {}", String::from_utf8_lossy(bytes)),
        Answer::NodeFailure(code) => panic!("{code:?}"),
    }
}

#[tokio::test]
async fn code_at_a_url_runs_as_if_it_stood_in_the_request() {
    let short = "return Functions.encodeString(args[0] + 1)";
    // Longer than a request may be.
    let long = format!("return Functions.encodeString(args[0] + '{}'.length)", "c".repeat(40_000));
    let served = long.clone();
    let server = Router::new()
        .route("/short", get(move || async move { short }))
        .route("/other", get(|| async { "return Functions.encodeString(args[0] + 1) //" }))
        .route("/asks", get(|| async { "// @aggregation median\nreturn 1" }))
        .route("/long", get(move || async move { served }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let host = listener.local_addr().expect("bound").to_string();
    let serving = tokio::spawn(async move { axum::serve(listener, server).await });
    let config = RunnerConfig { allow_http: vec![host.clone()], ..RunnerConfig::new(sandbox()) };
    let runner = Arc::new(Runner::start(config).await.expect("the sandbox starts"));
    let recordings = Recordings::new(PathBuf::new(), 0);
    let executor = Executor::new(runner, Limits::DEFAULT, RunOptions::default(), recordings, 1);

    let inline = observe(&executor, Location::Inline, short).await;
    assert_eq!(told(&inline), "x1");
    let remote =
        observe(&executor, Location::Remote, &format!("http://{host}/gone http://{host}/short")).await;
    assert_eq!(remote, inline, "with the same metadata hash");
    // The same answer of other code is told apart.
    let other = observe(&executor, Location::Remote, &format!("http://{host}/other")).await;
    assert_eq!(told(&other), "x1");
    assert_ne!(other.metadata_hash, inline.metadata_hash);
    let hash = hex::encode(Sha256::digest(short));
    let pinned = format!("http://{host}/other#sha256={hash} http://{host}/short#sha256={hash}");
    assert_eq!(observe(&executor, Location::Remote, &pinned).await, inline);
    let wrong = observe(&executor, Location::Remote, &format!("http://{host}/other#sha256={hash}")).await;
    assert_eq!(told(&wrong), "error: remote code could not be fetched");
    let whole = observe(&executor, Location::Remote, &format!("http://{host}/long")).await;
    assert_eq!(told(&whole), "x40000");
    let asks = observe(&executor, Location::Remote, &format!("http://{host}/asks")).await;
    assert_eq!(told(&asks), "error: @aggregation works in code within the request only");
    let none = observe(&executor, Location::Remote, "return 1").await;
    assert_eq!(told(&none), "error: failed to parse code location");

    let hosted = observe(&executor, Location::DonHosted, "don-hosted:0/1").await;
    assert_eq!(told(&hosted), "error: hosted code is not supported by this DON");
    // One that lacks what the others have says nothing.
    let lacking = executor.with_vault(None, Standing::Lacking);
    assert!(lacking.execute(&seen(Location::DonHosted, "don-hosted:0/1")).await.is_err());
    serving.abort();
}
