//! Services that fail, refuse or answer oddly end every example with the error its author chose.

use examples_tests::sandbox::{BLOCK_TIME, request, run, runner, text};
use examples_tests::{Clock, Fault, Server, named};
use oracle_runner::RunRequest;

/// File, then the errors under: status 500, status 429, half an answer, an empty object.
const FAULTS: [(&str, [&str; 4]); 13] = [
    ("median-price.js", ["only 0 of 3 sources answered"; 4]),
    (
        "weighted-average.js",
        ["tickers: status 500", "tickers: status 429", "tickers: status none", "tickers: unexpected answer"],
    ),
    (
        "weather-enum.js",
        [
            "weather: status 500",
            "weather: status 429",
            "weather: status none",
            "weather: unknown code undefined",
        ],
    ),
    (
        "ai-inference.js",
        ["model: status 500", "model: rate limited", "model: status none", "model: no usable answer"],
    ),
    ("kyc-flag.js", ["kyc: status 500", "kyc: status 429", "kyc: status none", "kyc: unexpected answer"]),
    (
        "treasury-threshold.js",
        [
            "treasury: status 500",
            "treasury: status 429",
            "treasury: status none",
            "treasury: no available balance in USD",
        ],
    ),
    (
        "paginated.js",
        [
            "github: page 1: status 500",
            "github: rate limited",
            "github: page 1: status none",
            "github: page 1: unexpected answer",
        ],
    ),
    (
        "json-post.js",
        [
            "snapshot: status 500",
            "snapshot: status 429",
            "snapshot: status none",
            "snapshot: no such proposal",
        ],
    ),
    ("cross-chain.js", ["rpc: status 500", "rpc: status 429", "rpc: status none", "rpc: unexpected answer"]),
    (
        "s3-object.js",
        ["s3: status 500", "s3: status 429", "s3: status none", "s3: the object has no field total"],
    ),
    (
        "firebase.js",
        [
            "firebase: status 500",
            "firebase: status 429",
            "firebase: status none",
            "firebase: nothing at games/1/scores",
        ],
    ),
    (
        "google-cloud-storage.js",
        [
            "google: token: status 500",
            "google: token: status 429",
            "google: no token in the answer",
            "google: no token in the answer",
        ],
    ),
    ("parallel.js", ["no majority among 5 servers"; 4]),
];

#[tokio::test]
async fn failing_services_end_in_the_documented_error() {
    let server = Server::start(0, Clock::Fixed(BLOCK_TIME)).await.unwrap();
    let runner = runner(&server).await;
    let mut wrong = Vec::new();
    for (file, errors) in FAULTS {
        let faults = [Fault::Status(500), Fault::Status(429), Fault::Cut, Fault::Empty];
        for (fault, expected) in faults.into_iter().zip(errors) {
            server.fail(Some(fault));
            let got = text(&run(&runner, request(&named(file), &server)).await);
            if got != expected {
                wrong.push(format!("{file} under {fault:?}: expected {expected:?}, got {got:?}"));
            }
        }
    }
    runner.shutdown().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A change of an example's call and what comes of it: an error, or a result in hex.
struct Case {
    file: &'static str,
    what: &'static str,
    change: fn(&mut RunRequest, &Server),
    expected: &'static str,
}

macro_rules! cases {
    ($($file:literal, $what:literal, |$request:ident, $server:ident| $change:expr => $expected:expr;)*) => {
        vec![$(Case { file: $file, what: $what, change: |$request, $server| { $change; }, expected: $expected }),*]
    };
}

const ZERO: &str = "0x0000000000000000000000000000000000000000000000000000000000000000";
const ONE: &str = "0x0000000000000000000000000000000000000000000000000000000000000001";

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table")]
async fn wrong_credentials_and_odd_answers_end_in_the_documented_error() {
    let cases = cases! {
        "median-price.js", "one source fails", |r, s| r.args[0] = s.url("status/500")
            => "0x00000000000000000000000000000000000000000000000000000045e23ea620"; // (299987000000 + 300310000000) / 2
        "median-price.js", "one source is no number", |r, s| r.args[1] = s.url("prices/words")
            => "0x00000000000000000000000000000000000000000000000000000045e65b8160"; // (300125000000 + 300310000000) / 2
        "median-price.js", "one source of the default path", |r, s| r.args = vec![s.url("prices/plain")]
            => "0x00000000000000000000000000000000000000000000000000000045ebdef180"; // 300310000000
        "median-price.js", "two sources fail", |r, s| { r.args[0] = s.url("status/404"); r.args[1] = s.url("status/503") }
            => "only 1 of 3 sources answered";
        "median-price.js", "no sources", |r, _s| r.args.clear() => "args: one URL a source";
        "weighted-average.js", "unknown coin", |r, _s| r.args[0] = "none".into() => "tickers: status 404";
        "weighted-average.js", "no markets", |r, _s| r.args[0] = "idle".into() => "tickers: no volume";
        "weather-enum.js", "unknown code", |r, _s| r.args[0] = "100".into() => "weather: unknown code 100";
        "weather-enum.js", "no place", |r, _s| r.args[0] = "here".into() => "weather: status 400";
        "ai-inference.js", "wrong key", |r, _s| { r.secrets.insert("openaiKey".into(), "sk-other".into()) }
            => "model: status 401";
        "ai-inference.js", "no key", |r, _s| r.secrets.clear() => "secret openaiKey is missing";
        "ai-inference.js", "neutral", |r, _s| r.args[0] = "a table".into() => ZERO;
        "ai-inference.js", "positive", |r, _s| r.args[0] = "I love it".into() => ONE;
        "ai-inference.js", "an answer off the list", |r, _s| r.args[0] = "42".into() => "model: no usable answer";
        "kyc-flag.js", "wrong token", |r, _s| { r.secrets.insert("kycToken".into(), "x".into()) } => "kyc: token refused";
        "kyc-flag.js", "no token", |r, _s| r.secrets.clear() => "secret kycToken is missing";
        "kyc-flag.js", "declined", |r, _s| r.args[0] = format!("0x{}", "2".repeat(40)) => ZERO;
        "kyc-flag.js", "expired", |r, _s| r.args[0] = format!("0x{}", "3".repeat(40)) => ZERO;
        "kyc-flag.js", "expired at the block's time", |r, _s| r.block_timestamp = 4_102_444_800 => ZERO;
        "kyc-flag.js", "unknown customer", |r, _s| r.args[0] = format!("0x{}", "4".repeat(40)) => ZERO;
        "kyc-flag.js", "no address", |r, _s| r.args[0] = "0x12".into() => "args[0] is no address";
        "treasury-threshold.js", "one cent too little", |r, _s| r.args[1] = "125000001".into() => ZERO;
        "treasury-threshold.js", "wrong key", |r, _s| { r.secrets.insert("apiKey".into(), "x".into()) }
            => "treasury: credentials refused";
        "treasury-threshold.js", "no secrets", |r, _s| r.secrets.clear()
            => "secrets organization and apiKey are missing";
        "treasury-threshold.js", "no available balance", |r, _s| r.args[0] = "ia_2".into()
            => "treasury: no available balance in USD";
        "paginated.js", "too many pages", |r, _s| r.args[0] = "example/endless".into() => "github: more than 5 pages";
        "paginated.js", "no repository", |r, _s| r.args[0] = "example/none".into() => "github: page 1: status 404";
        "paginated.js", "missing field", |r, _s| r.args[0] = "example/odd".into() => "github: page 1: unexpected answer";
        "json-post.js", "open vote", |r, _s| r.args[0] = "0xactive".into() => "snapshot: the vote is active";
        "json-post.js", "tie", |r, _s| r.args[0] = "0xtie".into() => "snapshot: no single winner";
        "json-post.js", "GraphQL error", |r, _s| r.args[0] = "0xrefused".into() => "snapshot: the query was refused";
        "json-post.js", "no vote", |r, _s| r.args[0] = "0xnone".into() => "snapshot: no such proposal";
        "cross-chain.js", "another chain", |r, _s| r.args[1] = "10".into() => "rpc: this is chain 1";
        "cross-chain.js", "stale", |r, _s| r.args[0] = "0x00000000000000000000000000000000000000a1".into()
            => "feed: the price is too old";
        "cross-chain.js", "negative", |r, _s| r.args[0] = "0x00000000000000000000000000000000000000a2".into()
            => "feed: no price";
        "cross-chain.js", "no contract", |r, _s| r.args[0] = "0x00000000000000000000000000000000000000a3".into()
            => "rpc: unexpected answer";
        "cross-chain.js", "revert", |r, _s| r.args[0] = "0x00000000000000000000000000000000000000a4".into()
            => "rpc: execution reverted";
        "s3-object.js", "wrong secret key", |r, _s| { r.secrets.insert("secretAccessKey".into(), "x".into()) }
            => "s3: access denied";
        "s3-object.js", "another region", |r, _s| r.args[2] = "us-east-1".into() => "s3: access denied";
        "s3-object.js", "a block too old", |r, _s| r.block_timestamp -= 901 => "s3: access denied";
        "s3-object.js", "a block just young enough", |r, _s| r.block_timestamp -= 900
            => "0x00000000000000000000000000000000000000018ee90ff6c373e0ee4e3f0ad2";
        "s3-object.js", "no object", |r, _s| r.args[1] = "none.json".into() => "s3: no such object";
        "s3-object.js", "missing field", |r, _s| r.args[1] = "other.json".into() => "s3: the object has no field total";
        "s3-object.js", "no secrets", |r, _s| r.secrets.clear() => "secrets accessKeyId and secretAccessKey are missing";
        "firebase.js", "private without token", |r, _s| r.args[1] = "private/scores".into()
            => "firebase: permission denied";
        "firebase.js", "private with token", |r, _s| {
            r.args[1] = "private/scores".into();
            r.secrets.insert("firebaseToken".into(), "firebase-id-token".into())
        } => "0x0000000000000000000000000000000000000000000000000000000000001068626f62";
        "firebase.js", "missing field", |r, _s| r.args[1] = "games/odd".into() => "firebase: the entry has no score";
        "google-cloud-storage.js", "another account", |r, _s| { r.secrets.insert("clientEmail".into(), "x@y".into()) }
            => "google: the service account was refused";
        "google-cloud-storage.js", "an expired assertion", |r, _s| r.block_timestamp -= 3_600
            => "google: the service account was refused";
        "google-cloud-storage.js", "an assertion from the future", |r, _s| r.block_timestamp += 301
            => "google: the service account was refused";
        "google-cloud-storage.js", "no object", |r, _s| r.args[1] = "none".into() => "google: no such object";
        "google-cloud-storage.js", "no secrets", |r, _s| r.secrets.clear()
            => "secrets clientEmail and privateKey are missing";
        "big-integer.js", "a fraction", |r, _s| r.args[0] = "1.5".into() => "1.5 is no whole number";
        "big-integer.js", "too few arguments", |r, _s| r.args.truncate(2) => "args: principal, rate, seconds";
        "big-integer.js", "no time", |r, _s| r.args[2] = "0".into()
            => "0x00000000000000000000000000000000000000000000003635c9adc5dea00000";
        "parallel.js", "no majority", |r, _s| { r.args.truncate(3) } => "no majority among 2 servers";
    };
    let server = Server::start(0, Clock::Fixed(BLOCK_TIME)).await.unwrap();
    let runner = runner(&server).await;
    let mut wrong = Vec::new();
    for case in cases {
        let mut request = request(&named(case.file), &server);
        (case.change)(&mut request, &server);
        let report = run(&runner, request).await;
        if text(&report) != case.expected {
            wrong.push(format!(
                "{}, {}: expected {:?}, got {:?} ({})",
                case.file,
                case.what,
                case.expected,
                text(&report),
                report.diagnostic.message
            ));
        }
    }
    runner.shutdown().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
