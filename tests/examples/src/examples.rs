//! Every example script, how to call it against the stand-ins, and the bytes it must return.

use std::collections::BTreeMap;

use alloy_primitives::{I256, U256};
use ring::digest::{SHA256, digest};

use crate::server::Server;
use crate::services::{esplora, firebase, github, google, model, persona, prices, rpc, s3, treasury};

/// A script of `examples/` and one call of it that succeeds.
#[derive(Clone, Debug)]
pub struct Example {
    /// File name.
    pub file: &'static str,
    /// The script.
    pub source: &'static str,
    /// `args`, in which `{NAME}` at the beginning stands for the URL of a service.
    args: Vec<String>,
    /// Secrets, by name.
    pub secrets: BTreeMap<String, String>,
    /// What it returns, computed in Rust.
    pub expected: Vec<u8>,
    /// What the bytes are, as `--returns` takes it.
    pub returns: &'static str,
    /// HTTP queries the call makes.
    pub queries: usize,
}

impl Example {
    /// The arguments with which the script asks `server`.
    #[must_use]
    pub fn args(&self, server: &Server) -> Vec<String> {
        self.args.iter().map(|arg| arg.replace("{}", server.url("").trim_end_matches('/'))).collect()
    }
}

macro_rules! example {
    ($file:literal, [$($arg:expr),*], {$($name:literal: $secret:expr),*}, $returns:literal, $queries:expr, $expected:expr) => {
        Example {
            file: $file,
            source: include_str!(concat!("../../../examples/", $file)),
            args: vec![$($arg.to_string()),*],
            secrets: BTreeMap::from([$(($name.to_owned(), $secret.to_owned())),*]),
            expected: $expected.to_vec(),
            returns: $returns,
            queries: $queries,
        }
    };
}

/// All examples, in the order of their table in `examples/README.md`.
#[must_use]
pub fn all() -> Vec<Example> {
    vec![
        example!(
            "median-price.js",
            [
                "{}/prices/coinbase/v2/prices/ETH-USD/spot data.amount",
                "{}/prices/kraken/0/public/Ticker?pair=ETHUSD result.XETHZUSD.c.0",
                "{}/prices/bitstamp/api/v2/ticker/ethusd/ last"
            ],
            {},
            "uint256",
            3,
            word(median_price())
        ),
        example!(
            "weighted-average.js",
            ["ethereum", "{}/coingecko"],
            {},
            "uint256",
            1,
            word(weighted_average())
        ),
        example!("weather-enum.js", ["61.2", "13.4", "{}/open-meteo/v1"], {}, "uint256", 1, word(3)),
        example!("ai-inference.js", ["I hate waiting", "gpt-4o-mini", "{}/openai/v1"],
            {"openaiKey": model::KEY}, "int256", 1, I256::MINUS_ONE.to_be_bytes::<32>()),
        example!("kyc-flag.js", [persona::APPROVED, "{}/persona/api/v1"],
            {"kycToken": persona::TOKEN}, "uint256", 1, word(1)),
        example!("treasury-threshold.js", ["ia_1", treasury::AVAILABLE, "{}/moderntreasury/api"],
            {"organization": treasury::ORGANIZATION, "apiKey": treasury::API_KEY}, "uint256", 1, word(1)),
        example!(
            "paginated.js",
            ["example/three-pages", "{}/github"],
            {},
            "uint256",
            3,
            word(github::PAGES.concat().iter().map(|count| u128::from(*count)).sum())
        ),
        example!("json-post.js", ["0xclosed", "{}/snapshot/graphql"], {}, "uint256", 1, word(2)),
        example!(
            "cross-chain.js",
            [rpc::FRESH, rpc::CHAIN_ID, "{}/rpc"],
            {},
            "int256",
            1,
            word(rpc::ANSWER as u128 * 10_u128.pow(10))
        ),
        example!("s3-object.js", ["treasury", "reports/2023 (final).json", s3::REGION, "{}/s3"],
            {"accessKeyId": s3::ACCESS_KEY_ID, "secretAccessKey": s3::SECRET_ACCESS_KEY}, "uint256", 1, word(s3::TOTAL)),
        example!(
            "firebase.js",
            ["{}/firebase", "games/1/scores"],
            {},
            "bytes",
            1,
            [&word(firebase::LEADER.1.into())[..], firebase::LEADER.0.as_bytes()].concat()
        ),
        example!("google-cloud-storage.js", ["proofs", "2023/reserves.bin", "{}/google", "{}/google/token"],
            {"clientEmail": google::CLIENT_EMAIL, "privateKey": google::PRIVATE_KEY}, "bytes", 2,
            digest(&SHA256, google::OBJECT).as_ref()),
        // A year at 5 % a year, on 1000 ether.
        example!(
            "big-integer.js",
            ["1000000000000000000000", "1000000001547125957863212448", "31536000"],
            {},
            "uint256",
            0,
            debt(1_000_000_000_000_000_000_000, 1_000_000_001_547_125_957_863_212_448, 31_536_000)
        ),
        example!(
            "parallel.js",
            ["0", "{}/esplora/a", "{}/esplora/liar", "{}/esplora/b", "{}/esplora/none", "{}/esplora/c"],
            {},
            "bytes",
            5,
            hex::decode(esplora::GENESIS).expect("a constant")
        ),
    ]
}

/// The example of this file.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn named(file: &str) -> Example {
    all().into_iter().find(|example| example.file == file).expect("an example of this name")
}

fn word(value: u128) -> [u8; 32] {
    U256::from(value).to_be_bytes()
}

fn median_price() -> u128 {
    let mut sorted = prices::PRICES;
    sorted.sort_unstable();
    sorted[sorted.len() / 2].into()
}

fn weighted_average() -> u128 {
    let sum = |f: fn(&(u64, u64)) -> u128| prices::MARKETS.iter().map(f).sum::<u128>();
    sum(|(price, volume)| u128::from(*price) * u128::from(*volume)) / sum(|(_, volume)| (*volume).into())
}

/// MakerDAO's `rpow` and `rmul`.
fn debt(principal: u128, rate: u128, seconds: u32) -> [u8; 32] {
    let ray = U256::from(10).pow(U256::from(27));
    let multiply = |a: U256, b: U256| (a * b + ray / U256::from(2)) / ray;
    let rate = U256::from(rate);
    let mut factor = if seconds % 2 == 1 { rate } else { ray };
    let mut base = rate;
    let mut rest = seconds / 2;
    while rest > 0 {
        base = multiply(base, base);
        if rest % 2 == 1 {
            factor = multiply(factor, base);
        }
        rest /= 2;
    }
    multiply(U256::from(principal), factor).to_be_bytes()
}
