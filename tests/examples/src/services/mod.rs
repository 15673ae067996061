//! The services, each below its own prefix. The data they serve is fixed and public to the tests.

pub(crate) mod esplora;
pub(crate) mod firebase;
pub(crate) mod github;
pub(crate) mod google;
pub(crate) mod model;
pub(crate) mod persona;
pub(crate) mod prices;
pub(crate) mod rpc;
pub(crate) mod s3;
pub(crate) mod snapshot;
pub(crate) mod treasury;
pub(crate) mod weather;

use std::sync::atomic::{AtomicU8, Ordering};

use crate::call::{Call, Reply};

/// Answers of `rising`, which are never the same twice.
static ANSWERED: AtomicU8 = AtomicU8::new(0);

/// Answers a call by the service its path begins with.
pub(crate) fn answer(mut call: Call) -> Reply {
    let path = call.path.trim_start_matches('/').to_owned();
    let (service, place) = path.split_once('/').unwrap_or((&path, ""));
    call.place = place.to_owned();
    match service {
        "prices" => prices::answer(&call),
        "coingecko" => prices::tickers(&call),
        "open-meteo" => weather::answer(&call),
        "openai" => model::answer(&call).unwrap_or_else(|refusal| refusal),
        "persona" => persona::answer(&call),
        "moderntreasury" => treasury::answer(&call),
        "github" => github::answer(&call),
        "snapshot" => snapshot::answer(&call).unwrap_or_else(|refusal| refusal),
        "rpc" => rpc::answer(&call).unwrap_or_else(|refusal| refusal),
        "s3" => s3::answer(&call),
        "firebase" => firebase::answer(&call),
        "google" => google::answer(&call),
        "esplora" => esplora::answer(&call),
        "rising" => Reply::json(&serde_json::json!({"n": ANSWERED.fetch_add(1, Ordering::Relaxed)})),
        "status" => Reply::status(place.parse().unwrap_or(404)),
        _ => Reply::status(404),
    }
}
