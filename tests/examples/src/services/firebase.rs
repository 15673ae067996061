//! A Firebase Realtime Database over REST.

use serde_json::json;

use crate::call::{Call, Reply};

/// The token that opens what is below `private`.
pub(crate) const TOKEN: &str = "firebase-id-token";
/// The leader and the score.
pub(crate) const LEADER: (&str, u64) = ("bob", 4_200);

pub(crate) fn answer(call: &Call) -> Reply {
    if call.place.starts_with("private/") && call.query.get("auth").is_none_or(|token| token != TOKEN) {
        return Reply::status(401);
    }
    let ordered = call.query.get("orderBy").is_some_and(|field| field == "\"score\"");
    if !ordered || call.query.get("limitToLast").is_none_or(|count| count != "1") {
        return Reply::status(400);
    }
    match call.place.as_str() {
        "games/1/scores.json" | "private/scores.json" => {
            Reply::json(&json!({LEADER.0: {"score": LEADER.1, "at": 1}}))
        }
        "games/odd.json" => Reply::json(&json!({"bob": {"points": 3}})),
        _ => Reply::json(&json!(null)),
    }
}
