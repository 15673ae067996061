//! Persona's inquiries: one approved customer, one declined, one whose approval ended in 2020.

use serde_json::json;

use crate::call::{Call, Reply};

/// The token it accepts.
pub(crate) const TOKEN: &str = "persona_sandbox_example";
/// An approved customer's address; the approval ends with the year 2099.
pub(crate) const APPROVED: &str = "0x1111111111111111111111111111111111111111";
/// A declined customer's address.
pub(crate) const DECLINED: &str = "0x2222222222222222222222222222222222222222";
/// Address of a customer whose approval has ended.
pub(crate) const EXPIRED: &str = "0x3333333333333333333333333333333333333333";

pub(crate) fn answer(call: &Call) -> Reply {
    if !call.has_bearer(TOKEN) {
        return Reply::status(401);
    }
    if call.place != "api/v1/inquiries" || call.header("persona-version").is_empty() {
        return Reply::status(400);
    }
    let inquiry = |status: &str, end: &str| {
        vec![json!({
            "type": "inquiry", "id": "inq_1", "attributes": {"status": status, "expires-at": end},
        })]
    };
    let found = match call.query.get("filter[reference-id]").map(String::as_str) {
        Some(APPROVED) => inquiry("approved", "2099-12-31T23:59:59.000Z"),
        Some(DECLINED) => inquiry("declined", "2099-12-31T23:59:59.000Z"),
        Some(EXPIRED) => inquiry("approved", "2020-01-01T00:00:00.000Z"),
        _ => vec![],
    };
    Reply::json(&json!({"data": found, "links": {"prev": null, "next": null}}))
}
