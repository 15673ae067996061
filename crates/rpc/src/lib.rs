//! One place that says what an endpoint's answer means, for the node, the client and the tool.
//!
//! An endpoint is a stranger: it may refuse, lag, lie about its chain, answer with a web page, or hang. Every answer
//! that is not what was asked for becomes a [`Fault`], and every fault names its [`Remedy`]. What is not understood is
//! the endpoint's fault, never the chain's word: only answers known to be the chain's verdict end a question.
//!
//! The crate makes one bounded exchange at a time ([`exchange`]); who is asked next is the caller's decision.

mod exchange;
mod fault;
mod words;

pub use exchange::{MAX_ANSWER_BYTES, exchange, post, read_response};
pub use fault::{Fault, Rejection, Remedy};
pub use words::{of_error, of_status};

/// `scheme://host:port` of an endpoint: hosted endpoints carry their access key in the user, path or query.
#[must_use]
pub fn shown(url: &url::Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let more = if url.path().len() > 1 || url.query().is_some() { "/…" } else { "" };
    format!("{}://{}{port}{more}", url.scheme(), url.host_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #[test]
    fn shown_leaves_out_whatever_may_be_a_key() {
        let shown = |text: &str| super::shown(&text.parse().expect("a URL"));
        assert_eq!(shown("https://user:key@rpc.example:8443/v2/secret?k=1"), "https://rpc.example:8443/…");
        assert_eq!(shown("http://127.0.0.1:8547"), "http://127.0.0.1:8547");
        assert_eq!(shown("http://[::1]:8547/?key=1"), "http://[::1]:8547/…");
    }
}
