//! `/requests`: pages of requests, newest first.

use alloy::primitives::B256;
use axum::{
    Json,
    extract::{Path, RawQuery, State as Shared, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use oracle_ocr::{Record, RequestKey, Slot, evidence::Evidence};
use serde_json::json;

use super::{AdminState, explain, refuse, trouble};
use crate::journal::{Page, RequestRow, State};

/// Requests on a page, and most of them.
const PAGE: u32 = 100;
const MAX_PAGE: u32 = 500;

/// `/requests?limit=&before=&state=`.
pub(super) async fn list(Shared(state): Shared<AdminState>, RawQuery(query): RawQuery) -> Response {
    let page = match page(query.as_deref().unwrap_or_default()) {
        Ok(page) => page,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, &error, "correct the query"),
    };
    match state.journal.page(&page).await {
        Ok(rows) => {
            let next = rows.last().filter(|_| rows.len() == page.limit as usize).map(cursor);
            let node = state.status.borrow().clone();
            let requests: Vec<_> = rows.into_iter().map(|row| explain::shown(row.view, &node)).collect();
            Json(json!({ "requests": requests, "next": next })).into_response()
        }
        Err(err) => trouble(&err),
    }
}

/// `/requests/{id}`.
pub(super) async fn one(
    Shared(state): Shared<AdminState>,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    match find(&state, id).await {
        Ok(row) => Json(explain::shown(row.view, &state.status.borrow().clone())).into_response(),
        Err(refusal) => refusal,
    }
}

/// `/requests/{id}/evidence`.
pub(super) async fn evidence(
    Shared(state): Shared<AdminState>,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    let row = match find(&state, id).await {
        Ok(row) => row,
        Err(refusal) => return refusal,
    };
    let key = RequestKey { request: row.view.request_id, commitment: row.commitment_hash };
    let records = match state.journal.records_shown(key).await {
        Ok(records) => records,
        Err(err) => return trouble(&err),
    };
    // That of the configuration under which there is a report; before there is one, of any.
    let is_done = |records: &[Record]| records.iter().any(|record| record.id.slot == Slot::Report);
    let chosen = records.into_iter().max_by_key(|(_, records)| is_done(records));
    let (digest, records) = chosen.unwrap_or_default();
    match Evidence::read(digest, &records) {
        Ok(Some(evidence)) => {
            let mut shown = json!(evidence);
            shown["coordinator"] = evidence.coordinator.to_string().into();
            Json(shown).into_response()
        }
        Ok(None) => {
            let remedy = "ask again when the node has read the chain; see /requests/{id}";
            refuse(StatusCode::NOT_FOUND, "this node has said nothing about the request", remedy)
        }
        Err(err) => {
            tracing::error!(%err, request_id = %key.request, "the evidence of a request cannot be read");
            refuse(StatusCode::INTERNAL_SERVER_ERROR, "the evidence cannot be read", "run: journal verify")
        }
    }
}

/// The row of the request in the path, or what to answer instead.
async fn find(state: &AdminState, id: Result<Path<String>, PathRejection>) -> Result<RequestRow, Response> {
    let Some(id) = id.ok().and_then(|Path(id)| id.parse::<B256>().ok()) else {
        let remedy = "write 0x and 64 hex digits; /requests lists the newest";
        return Err(refuse(StatusCode::BAD_REQUEST, "this is no request id", remedy));
    };
    match state.journal.shown(id).await {
        Ok(Some(row)) => Ok(row),
        Ok(None) => {
            let remedy = "see whether the request is one of this DON, and whether /ready says that the chain has been read";
            Err(refuse(StatusCode::NOT_FOUND, "this node has not seen the request", remedy))
        }
        Err(err) => Err(trouble(&err)),
    }
}

/// Where the next page begins: unix milliseconds and id of the last request shown.
fn cursor(row: &RequestRow) -> String {
    format!("{}-{}", row.view.times_ms.seen.unwrap_or_default(), row.view.request_id)
}

fn page(query: &str) -> Result<Page, String> {
    let mut page = Page { limit: PAGE, ..Page::default() };
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match key.as_ref() {
            "limit" => {
                page.limit = value
                    .parse()
                    .ok()
                    .filter(|limit| (1..=MAX_PAGE).contains(limit))
                    .ok_or_else(|| format!("limit is a number from 1 to {MAX_PAGE}"))?;
            }
            "before" => {
                let parts =
                    value.split_once('-').and_then(|(seen, id)| Some((seen.parse().ok()?, id.parse().ok()?)));
                page.before = Some(parts.ok_or("before is what an earlier page gave as next")?);
            }
            "state" => {
                let state = State::from_name(&value.to_ascii_uppercase()).ok_or_else(|| {
                    let names: Vec<_> = State::ALL.iter().map(|state| state.name()).collect();
                    format!("state is one of {}", names.join(", "))
                })?;
                page.state = Some(state);
            }
            other => return Err(format!("{other:?} is no parameter; there are limit, before and state")),
        }
    }
    Ok(page)
}
