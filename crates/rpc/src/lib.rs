//! One place that says what an endpoint's answer means, for the node, the client and the tool.
//!
//! An endpoint is a stranger: it may refuse, lag, lie about its chain, answer with a web page, or hang. Every answer
//! that is not what was asked for becomes a [`Fault`], and every fault names its [`Remedy`]. What is not understood is
//! the endpoint's fault, never the chain's word: only answers known to be the chain's verdict end a question.
//!
//! The crate makes one bounded exchange at a time ([`exchange`]); who is asked next is the caller's decision.

mod advice;
mod code;
mod exchange;
mod fault;
mod words;

pub use code::warning_of_payee;
pub use exchange::{Limits, MAX_ANSWER_BYTES, exchange, of_foreign_id, post, read_response, start_of};
pub use fault::{Fault, Rejection, Remedy};
pub use words::{of_error, of_redirect, of_status};

/// `scheme://host:port` of an endpoint: hosted endpoints carry their access key in the user, path or query.
#[must_use]
pub fn shown(url: &url::Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let more = if url.path().len() > 1 || url.query().is_some() { "/…" } else { "" };
    format!("{}://{}{port}{more}", url.scheme(), url.host_str().unwrap_or_default())
}

/// What may be shown of a text given for an endpoint: as [`shown`] when it is a URL, else what follows a user part.
#[must_use]
pub fn shown_text(text: &str) -> String {
    match text.parse::<url::Url>() {
        Ok(url) if url.has_host() => shown(&url),
        _ => text.rsplit_once('@').map_or_else(|| text.to_owned(), |(_, host)| format!("…@{host}")),
    }
}

/// Longest part of a path that is shown; access keys are longer.
const SHOWN_PART: usize = 15;

/// Where an endpoint leads to, as much of it as cannot be a key: as [`shown`], and the path when it is made of short
/// words.
fn shown_target(target: &url::Url) -> String {
    let is_short = target.path().split('/').all(|part| part.len() <= SHOWN_PART);
    if !is_short || target.query().is_some() {
        return shown(target);
    }
    let port = target.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", target.scheme(), target.host_str().unwrap_or_default(), target.path())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_redirects_target_is_shown_without_what_may_be_a_key() {
        let shown = |target: &str| super::shown_target(&target.parse().expect("a URL"));
        assert_eq!(shown("https://b.example:1/rpc/"), "https://b.example:1/rpc/");
        assert_eq!(shown("https://u:p@a.example/v2/0123456789abcdef"), "https://a.example/…");
        assert_eq!(shown("https://a.example/?key=1"), "https://a.example/…");
    }

    #[test]
    fn shown_leaves_out_whatever_may_be_a_key() {
        let shown = |text: &str| super::shown(&text.parse().expect("a URL"));
        assert_eq!(shown("https://user:key@rpc.example:8443/v2/secret?k=1"), "https://rpc.example:8443/…");
        assert_eq!(shown("http://127.0.0.1:8547"), "http://127.0.0.1:8547");
        assert_eq!(shown("http://[::1]:8547/?key=1"), "http://[::1]:8547/…");
        assert_eq!(super::shown_text("https://user:key@rpc.example/v2"), "https://rpc.example/…");
        assert_eq!(super::shown_text("user:key@rpc.example"), "…@rpc.example");
        assert_eq!(super::shown_text("http//u:k@rpc"), "…@rpc");
        assert_eq!(super::shown_text("rpc.example:80"), "rpc.example:80");
    }
}
