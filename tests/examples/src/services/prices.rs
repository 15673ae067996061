//! Three exchanges, each with its own shape of answer, and a list of markets.

use serde_json::json;

use crate::call::{Call, Reply};

/// What the exchanges say one ETH costs, in US dollars with 8 decimals.
pub(crate) const PRICES: [u64; 3] = [300_125_000_000, 299_987_000_000, 300_310_000_000];
/// Markets that count: price in US dollars with 8 decimals, volume in dollars.
pub(crate) const MARKETS: [(u64, u64); 3] =
    [(300_125_000_000, 1_200_000), (300_050_000_000, 800_400), (299_950_000_000, 12)];

/// The exchanges.
pub(crate) fn answer(call: &Call) -> Reply {
    match call.place.as_str() {
        "coinbase/v2/prices/ETH-USD/spot" => {
            Reply::json(&json!({"data": {"amount": "3001.25", "base": "ETH", "currency": "USD"}}))
        }
        "kraken/0/public/Ticker" if call.query.get("pair").is_some_and(|pair| pair == "ETHUSD") => {
            Reply::json(&json!({"error": [], "result": {"XETHZUSD": {"c": ["2999.87000", "0.01"]}}}))
        }
        "bitstamp/api/v2/ticker/ethusd/" => Reply::json(&json!({"last": "3003.1", "volume": "812.5"})),
        "plain" => Reply::json(&json!({"price": 3003.1})),
        "words" => Reply::json(&json!({"price": "about three thousand"})),
        _ => Reply::status(404),
    }
}

/// The list of markets.
pub(crate) fn tickers(call: &Call) -> Reply {
    match call.place.as_str() {
        "coins/ethereum/tickers" => {}
        "coins/idle/tickers" => return Reply::json(&json!({"tickers": []})),
        _ => return Reply::status(404),
    }
    let market = |price: u64, volume: u64, stale: bool, anomaly: bool| {
        json!({
            "base": "ETH", "target": "USD",
            "converted_last": {"usd": price as f64 / 1e8},
            "converted_volume": {"usd": volume as f64 + 0.25},
            "is_stale": stale, "is_anomaly": anomaly,
        })
    };
    let mut tickers: Vec<_> =
        MARKETS.iter().map(|(price, volume)| market(*price, *volume, false, false)).collect();
    tickers.insert(1, market(100_000_000, 9_000_000, true, false));
    tickers.push(market(999_999_900_000_000, 9_000_000, false, true));
    Reply::json(&json!({"name": "Ethereum", "tickers": tickers}))
}
