//! What a person does about a [`Fault`] of the only endpoint there is.

use crate::{
    fault::{Fault, Rejection},
    words::{ADMIN, PAGE},
};

impl Fault {
    /// What to do about it, in a sentence; options and keys of configuration are the caller's to name.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Denied(text) | Self::Broken(text) | Self::Busy { text, .. } if text.contains(ADMIN) => {
                "name the chain's own JSON-RPC endpoint, such as the node's rpc.urls has"
            }
            Self::Unreachable(text) => of_connection(text),
            Self::Silent(_) => {
                "it takes connections and says nothing: look whether the node behind it runs, or take another endpoint"
            }
            Self::Busy { .. } if self.is_limit() => {
                "it is asked more often than it allows: wait, or take an endpoint or a plan that allows more"
            }
            Self::Busy { text, .. } => of_status(text).unwrap_or(BUSY),
            Self::Denied(text) => of_status(text).unwrap_or(
                "it does not offer this: take an endpoint that serves the whole of eth_*, or ask its operator",
            ),
            Self::Broken(text) if text.contains(PAGE) => {
                "what answers there is for browsers, no JSON-RPC endpoint: check host, port and path"
            }
            Self::Broken(_) => {
                "what answers there speaks no JSON-RPC, or something between alters it: check host, port and path"
            }
            Self::Foreign(_) => "name an endpoint of the right chain",
            Self::TooWide(_) => "take an endpoint that searches more blocks at once, or begin at a later block",
            Self::Unclear { .. } => {
                "the endpoint does not take the question: check that it belongs to an Ethereum or Arbitrum chain"
            }
            Self::Reverted { .. } => "the contract refuses this: look whether address and arguments are right",
            Self::Rejected { why, .. } => of_rejection(*why),
        }
    }
}

const BUSY: &str =
    "it is overloaded or not in step with its chain: try again in a moment, or take another endpoint";

fn of_rejection(why: Rejection) -> &'static str {
    match why {
        Rejection::AlreadyKnown => "it was sent before: wait for it",
        Rejection::NonceTooLow => {
            "another program sends with this key, or has just sent: wait for it and repeat, one at a time"
        }
        Rejection::NonceTooHigh => {
            "an earlier transaction of this key is missing: send that first, or wait for it"
        }
        Rejection::Unfunded => "send ether to the key's address first: the transaction's gas is paid in it",
        Rejection::Rule => "the chain's rules do not allow it: the words say which one",
    }
}

fn of_connection(text: &str) -> &'static str {
    let lower = text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["dns", "lookup", "resolve"]) {
        "no machine of that name is known: check the URL's host, and this machine's name server"
    } else if has(&["certificate", "tls", "handshake", "corrupt message"]) {
        "check whether it is https:// or http://, and whether this machine trusts its certificate (package ca-certificates, or \
         SSL_CERT_FILE)"
    } else if has(&["refused"]) {
        "nothing listens there: start the chain, or check the URL's host and port"
    } else if has(&["unreachable", "no route"]) {
        "there is no way from this machine to it: check its network (for 127.0.0.1: `ip link set lo up`), and the URL's host"
    } else {
        "check the URL's host and port, and that this machine reaches it"
    }
}

/// For the status that [`crate::of_status`] put in front.
fn of_status(text: &str) -> Option<&'static str> {
    let status: u16 = text.strip_prefix("HTTP ")?.get(..3)?.parse().ok()?;
    Some(match status {
        300..=399 => "name that address itself, if it is to be trusted; redirects are not followed",
        401 => "it asks for a key: check the one in the URL",
        402 => "its plan is used up: pay for it, or take another endpoint",
        403 => {
            "it does not admit this key, this machine or this method: check the key in the URL and its operator's rules"
        }
        404 | 405 | 410 => "the server answers, but not at this path: check what follows the host in the URL",
        413 => "it takes no question of this size: take another endpoint",
        400..=499 | 501 | 505 => {
            "it refuses the request as such: check that the URL is a JSON-RPC endpoint's"
        }
        500 => "it failed inside, which its own log explains: try again, or take another endpoint",
        502 | 504 => {
            "the proxy there does not reach its own node: try again in a moment, or tell its operator"
        }
        503 => "it is out of service for now: try again in a moment, or take another endpoint",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, time::Duration};

    use super::*;
    use crate::{of_redirect, of_status};

    #[test]
    fn statuses_that_mean_different_things_have_different_advice() {
        let advice = |status| of_status(status, "words", None).advice();
        let all: BTreeSet<_> = [400, 401, 402, 403, 404, 429, 500, 502, 503].map(advice).into();
        assert_eq!(all.len(), 9, "{all:?}");
        let fault = of_redirect(302, Some("https://b.example/rpc".to_owned()));
        assert!(fault.to_string().contains("https://b.example/rpc") && fault.advice().contains("redirects"));
    }

    #[test]
    fn every_fault_has_advice_of_its_own() {
        let text = || "x".to_owned();
        let of = |words: &str| Fault::Unreachable(words.to_owned());
        let rejected = |why| Fault::Rejected { why, code: 0, text: text() };
        let faults = [
            of("dns error: failed to lookup address information"),
            of("invalid peer certificate: UnknownIssuer"),
            of("tcp connect error: Connection refused (os error 111)"),
            of("Network is unreachable (os error 101)"),
            of("broken pipe"),
            Fault::Silent(Duration::from_secs(1)),
            Fault::Busy { text: text(), after: None },
            Fault::Denied(text()),
            Fault::Broken(text()),
            Fault::Foreign(text()),
            Fault::TooWide(text()),
            Fault::Unclear { code: 0, text: text() },
            Fault::Reverted { text: text(), data: vec![] },
            rejected(Rejection::AlreadyKnown),
            rejected(Rejection::NonceTooLow),
            rejected(Rejection::NonceTooHigh),
            rejected(Rejection::Unfunded),
            rejected(Rejection::Rule),
        ];
        let all: BTreeSet<_> = faults.iter().map(Fault::advice).collect();
        assert_eq!(all.len(), faults.len());
    }
}
