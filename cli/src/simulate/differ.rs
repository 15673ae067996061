//! What differs between runs: bytes of their results, and responses they were given.

use std::ops::Range;

/// The stretches of bytes in which not all of `results` are equal; what only some have counts as different.
pub(crate) fn bytes(results: &[&[u8]]) -> Vec<Range<usize>> {
    let longest = results.iter().map(|bytes| bytes.len()).max().unwrap_or(0);
    let differs = |at: usize| results.windows(2).any(|pair| pair[0].get(at) != pair[1].get(at));
    let mut stretches: Vec<Range<usize>> = Vec::new();
    for at in (0..longest).filter(|at| differs(*at)) {
        match stretches.last_mut() {
            Some(last) if last.end == at => last.end += 1,
            _ => stretches.push(at..at + 1),
        }
    }
    stretches
}

/// A response as one run was given it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Response {
    /// Method and URL asked for.
    pub(crate) asked: String,
    /// Status.
    pub(crate) status: u16,
    /// Body.
    pub(crate) body: Vec<u8>,
}

/// An exchange that was not the same in all runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exchange {
    /// Its number, from 0, in the order in which the script asked.
    pub(crate) number: usize,
    /// Method and URL of the first run that has it.
    pub(crate) asked: String,
    /// What is not the same, in words.
    pub(crate) what: String,
    /// An excerpt a run, where bodies differ.
    pub(crate) excerpts: Vec<String>,
}

/// Characters of a body shown around the first difference.
const EXCERPT: usize = 48;

/// The exchanges that differ; `runs` has the responses of every run, in the order asked for.
pub(crate) fn exchanges(runs: &[Vec<Response>]) -> Vec<Exchange> {
    let longest = runs.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest).filter_map(|number| exchange(runs, number)).collect()
}

fn exchange(runs: &[Vec<Response>], number: usize) -> Option<Exchange> {
    let present: Vec<&Response> = runs.iter().filter_map(|run| run.get(number)).collect();
    let first = present.first()?;
    let same = |f: fn(&Response) -> &[u8]| present.iter().all(|one| f(one) == f(first));
    let excerpts = |at: usize| present.iter().map(|one| excerpt(&one.body, at)).collect();
    let (what, excerpts) = if present.len() < runs.len() {
        (format!("asked by {} of {} runs only", present.len(), runs.len()), vec![])
    } else if !same(|one| one.asked.as_bytes()) {
        ("the runs asked different things".to_owned(), present.iter().map(|one| one.asked.clone()).collect())
    } else if present.iter().any(|one| one.status != first.status) {
        let statuses: Vec<_> = present.iter().map(|one| one.status.to_string()).collect();
        (format!("status {}", statuses.join(", ")), excerpts(0))
    } else if !same(|one| &one.body) {
        let bodies: Vec<&[u8]> = present.iter().map(|one| &one.body[..]).collect();
        let at = bytes(&bodies).first().map_or(0, |stretch| stretch.start);
        (format!("the answers differ from byte {at} on"), excerpts(at))
    } else {
        return None;
    };
    Some(Exchange { number, asked: first.asked.clone(), what, excerpts })
}

/// A little of a body around a byte, as text on one line.
fn excerpt(body: &[u8], at: usize) -> String {
    let from = at.saturating_sub(EXCERPT / 2).min(body.len());
    let to = (from + EXCERPT).min(body.len());
    let text: String = String::from_utf8_lossy(&body[from..to])
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let before = if from > 0 { "…" } else { "" };
    let after = if to < body.len() { "…" } else { "" };
    format!("{before}{text}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(asked: &str, status: u16, body: &str) -> Response {
        Response { asked: asked.into(), status, body: body.into() }
    }

    #[test]
    fn bytes_joins_neighbours_and_counts_missing_ones() {
        assert!(bytes(&[b"abc", b"abc"]).is_empty());
        assert_eq!(bytes(&[b"abcde", b"aXXdY"]), [1..3, 4..5]);
        assert_eq!(bytes(&[b"xb", b"ab", b"abc"]), [0..1, 2..3]);
        assert!(bytes(&[]).is_empty());
    }

    #[test]
    fn exchanges_names_what_differs() {
        let same = response("GET a", 200, "{}");
        let other = |r: Response| exchanges(&[vec![same.clone()], vec![r]]);
        assert!(other(same.clone()).is_empty());
        assert_eq!(other(response("GET a", 500, "{}"))[0].what, "status 200, 500");
        assert_eq!(other(response("GET b", 200, "{}"))[0].excerpts, ["GET a", "GET b"]);
        assert_eq!(other(response("GET a", 200, "{ }"))[0].what, "the answers differ from byte 1 on");
        assert_eq!(exchanges(&[vec![same.clone()], vec![]])[0].what, "asked by 1 of 2 runs only");
    }

    #[test]
    fn excerpts_are_short_and_on_one_line() {
        let body = format!("{}\n{}", "a".repeat(100), "b".repeat(100));
        let shown = excerpt(body.as_bytes(), 100);
        assert!(shown.starts_with('…') && shown.ends_with('…') && !shown.contains('\n'), "{shown}");
        assert_eq!(excerpt(b"short", 99), "…");
    }
}
