//! Modern Treasury's balance reports, behind basic authentication.

use serde_json::json;

use crate::call::{Call, Reply};

/// The organization, which is the user name.
pub(crate) const ORGANIZATION: &str = "org-1b2c";
/// The key, which is the password.
pub(crate) const API_KEY: &str = "test-key:with colon";
/// What the account has, in cents.
pub(crate) const AVAILABLE: u64 = 125_000_000;

pub(crate) fn answer(call: &Call) -> Reply {
    if !call.has_basic(ORGANIZATION, API_KEY) {
        return Reply::status(401);
    }
    let balance = |kind: &str, currency: &str, amount: u64| {
        json!({
            "object": "balance", "balance_type": kind, "currency": currency, "amount": amount,
        })
    };
    let balances = match call.place.as_str() {
        "api/internal_accounts/ia_1/balance_reports/latest" => vec![
            balance("opening_ledger", "USD", 3),
            balance("current_available", "EUR", 4),
            balance("current_available", "USD", AVAILABLE),
        ],
        "api/internal_accounts/ia_2/balance_reports/latest" => vec![balance("current_ledger", "USD", 5)],
        _ => return Reply::status(404),
    };
    Reply::json(&json!({"object": "balance_report", "balance_report_type": "intraday", "balances": balances}))
}
