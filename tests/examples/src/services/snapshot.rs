//! Snapshot's GraphQL endpoint with a handful of votes.

use serde_json::json;

use crate::call::{Call, Reply};

pub(crate) fn answer(call: &Call) -> Result<Reply, Reply> {
    if call.place != "graphql" {
        return Err(Reply::status(404));
    }
    let asked = call.json()?;
    let query = asked["query"].as_str().ok_or(Reply::status(400))?;
    if !query.contains("proposal(id: $id)") {
        return Ok(Reply::json(&json!({"errors": [{"message": "unknown field"}]})));
    }
    let proposal = match asked["variables"]["id"].as_str() {
        Some("0xclosed") => json!({"state": "closed", "scores": [120.5, 90_000.25, 4]}),
        Some("0xactive") => json!({"state": "active", "scores": [1, 2]}),
        Some("0xtie") => json!({"state": "closed", "scores": [7, 7]}),
        Some("0xrefused") => return Ok(Reply::json(&json!({"errors": [{"message": "no"}]}))),
        _ => json!(null),
    };
    Ok(Reply::json(&json!({"data": {"proposal": proposal}})))
}
