//! GitHub's contributors, page by page with `Link` headers.

use serde_json::json;

use crate::call::{Call, Reply};

/// Contributions of `example/three-pages`, by page.
pub(crate) const PAGES: [&[u32]; 3] = [&[1200, 900, 31], &[30, 30, 7], &[1]];

pub(crate) fn answer(call: &Call) -> Reply {
    // GitHub refuses callers without a name.
    if call.header("user-agent").is_empty() {
        return Reply::status(403);
    }
    let page: usize = call.query.get("page").map_or(Some(1), |text| text.parse().ok()).unwrap_or(0);
    if page == 0 || call.query.get("per_page").is_none_or(|count| count != "100") {
        return Reply::status(422);
    }
    let next = format!("{}{}?per_page=100&page={}", call.origin(), call.path, page + 1);
    let (contributions, more): (&[u32], bool) = match call.place.as_str() {
        "repos/example/three-pages/contributors" => match PAGES.get(page - 1) {
            Some(found) => (found, page < PAGES.len()),
            None => (&[], false),
        },
        "repos/example/endless/contributors" => (&[1], true),
        "repos/example/odd/contributors" => return Reply::json(&json!([{"login": "user0"}])),
        _ => return Reply::status(404),
    };
    let list: Vec<_> = contributions
        .iter()
        .enumerate()
        .map(|(at, count)| json!({"login": format!("user{at}"), "contributions": count}))
        .collect();
    let reply = Reply::json(&json!(list));
    if !more {
        return reply;
    }
    let first = format!("{}{}?per_page=100&page=1", call.origin(), call.path);
    reply.with("link", format!("<{first}>; rel=\"first\", <{next}>; rel=\"next\""))
}
