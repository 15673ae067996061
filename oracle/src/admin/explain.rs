//! Why an open request waits, said from its first moment: what its row gives no reason for follows from its state and
//! the node's own.
//!
//! The reasons that only the engine knows (a failed run, the members whose observations are missing) it stores in the
//! row when they last; they go before these.

use functions_types::members::quorum;

use super::NodeStatus;
use crate::journal::{RequestView, State};

/// The view with a reason wherever the request waits for something.
pub(super) fn shown(mut view: RequestView, node: &NodeStatus) -> RequestView {
    if view.reason.is_none() {
        view.reason = reason(&view, node);
    }
    view
}

fn reason(view: &RequestView, node: &NodeStatus) -> Option<String> {
    let quorum = quorum(node.n, node.f.into());
    let words = match view.state {
        State::Seen => "waits for a free slot to run the script".to_owned(),
        State::Executing => "the script runs here".to_owned(),
        State::Observed => {
            format!("waits until {quorum} of {} members have observed, and agree on what they saw", node.n)
        }
        State::Locked => format!("agreed; waits for the signatures of {quorum} of {} members", node.n),
        State::Reported => {
            "the report is complete; the members take turns in sending it until the chain shows the response"
                .to_owned()
        }
        State::Submitted => "the transaction waits for its block".to_owned(),
        State::Included => "answered; the block of the response is not final yet".to_owned(),
        State::Expired => "its time ran out on chain".to_owned(),
        State::Orphaned => "its block left the chain; it goes on when another block holds it".to_owned(),
        State::Final | State::Refused | State::Undeliverable => return None,
    };
    // What keeps the node from taking part keeps its requests as well.
    Some(match node.waiting_for() {
        Some(missing) if !view.state.is_settled() => format!("{words}; the node is not ready: {missing}"),
        _ => words,
    })
}

#[cfg(test)]
mod tests {
    use alloy::primitives::B256;

    use super::*;

    fn said(state: State, node: &NodeStatus) -> String {
        let view = RequestView { state, ..RequestView::seen(B256::ZERO, 1) };
        shown(view, node).reason.unwrap_or_default()
    }

    #[test]
    fn every_open_state_says_at_once_what_it_waits_for() {
        let mut node = NodeStatus { f: 1, n: 4, ..NodeStatus::default() };
        for state in State::ALL {
            let is_told = !matches!(state, State::Final | State::Refused | State::Undeliverable);
            assert_eq!(!said(state, &node).is_empty(), is_told, "{state}");
        }
        assert!(said(State::Observed, &node).contains("3 of 4"));
        node.set_stage(Some("1 of at least 2 peers connected".to_owned()));
        assert!(said(State::Seen, &node).ends_with("not ready: 1 of at least 2 peers connected"));
        assert!(!said(State::Included, &node).contains("not ready"));
    }

    #[test]
    fn reason_of_the_row_goes_before() {
        let mut view = RequestView::seen(B256::ZERO, 1);
        view.reason = Some("no memory".to_owned());
        assert_eq!(shown(view, &NodeStatus::default()).reason.as_deref(), Some("no memory"));
    }
}
