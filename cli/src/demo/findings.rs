//! What became of the request, for machines and for people.

use std::fmt::Write as _;

use alloy::primitives::{Address, Bytes, U256};
use functions_client::{ConsumerState, Fulfilled, Sent};
use functions_network::{Network, Observation, RequestStatus};
use functions_types::{FulfillResult, SubscriptionId};

use super::consumer::Kind;
use super::script::Script;
use crate::output::link;

/// Longest text of bytes shown to people, in characters.
const SHOWN_CHARS: usize = 160;

/// Milliseconds from sending the request to each step.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timings {
    /// Unix milliseconds at which the request was sent.
    pub(crate) begin_ms: u64,
    /// The first node saw the event.
    pub(crate) event: Option<u64>,
    /// The last node whose run counts had its observation.
    pub(crate) observed: Option<u64>,
    /// The first node had the report.
    pub(crate) report: Option<u64>,
    /// The report was sent.
    pub(crate) transmitted: Option<u64>,
    /// The fulfillment stood on chain.
    pub(crate) callback: Option<u64>,
}

impl Timings {
    /// Times of all nodes put together.
    pub(crate) fn from_statuses(statuses: &[RequestStatus], begin_ms: u64) -> Self {
        let since = |ms: u64| ms.saturating_sub(begin_ms);
        let times = || statuses.iter().map(|status| status.times_ms);
        let report = times().filter_map(|t| t.reported).min();
        // Runs that ended after the report did not count for it.
        let counted = |ms: &u64| report.is_none_or(|report| *ms <= report);
        Self {
            begin_ms,
            event: times().filter_map(|t| t.seen).min().map(since),
            observed: times().filter_map(|t| t.observed).filter(counted).max().map(since),
            report: report.map(since),
            transmitted: times().filter_map(|t| t.submitted).min().map(since),
            callback: times().filter_map(|t| t.included).min().map(since),
        }
    }

    /// Lets no step come after the one that needs it: a node notes a step after the chain or a peer may have used it.
    pub(crate) fn order(&mut self) {
        let mut latest = None;
        for step in
            [&mut self.callback, &mut self.transmitted, &mut self.report, &mut self.observed, &mut self.event]
        {
            *step = match (*step, latest) {
                (Some(ms), Some(latest)) => Some(ms.min(latest)),
                (step, _) => step,
            };
            latest = step.or(latest);
        }
    }
}

/// Everything the story found out.
#[derive(Clone, Debug)]
pub(crate) struct Findings {
    sent: Sent,
    is_default: bool,
    nodes: usize,
    quorum: usize,
    router: Address,
    coordinator: Address,
    consumer: Address,
    kind: Kind,
    transmitter_index: Option<usize>,
    /// The paying subscription.
    pub(crate) subscription: SubscriptionId,
    /// What each node said last.
    pub(crate) statuses: Vec<RequestStatus>,
    /// When things happened.
    pub(crate) timings: Timings,
    /// The settlement, if there was one.
    pub(crate) fulfilled: Option<Fulfilled>,
    /// What the consumer stored.
    pub(crate) stored: Option<ConsumerState>,
    /// Nodes that answered when too few were left.
    pub(crate) answered: usize,
    /// Seconds the chain's time was moved for the timeout.
    pub(crate) timed_out_after: Option<u64>,
    /// Juels still reserved on the subscription.
    pub(crate) blocked_after: u128,
    /// Juels on the subscription.
    pub(crate) balance_after: u128,
}

impl Findings {
    /// A request that was just sent.
    pub(crate) fn begin(network: &Network, sent: &Sent, script: &Script) -> Self {
        Self {
            sent: sent.clone(),
            is_default: script.is_default,
            nodes: network.nodes.len(),
            quorum: network.quorum(),
            router: network.contracts.addresses.router,
            coordinator: network.contracts.addresses.coordinator,
            consumer: network.consumer.address(),
            kind: script.consumer,
            transmitter_index: None,
            subscription: network.subscription,
            statuses: vec![RequestStatus::default(); network.nodes.len()],
            timings: Timings::default(),
            fulfilled: None,
            stored: None,
            answered: 0,
            timed_out_after: None,
            blocked_after: 0,
            balance_after: 0,
        }
    }

    /// Notes who transmitted and prefers that node's own time.
    pub(crate) fn transmitted_by(&mut self, network: &Network, transmitter: Address) {
        self.transmitter_index = network.nodes.iter().position(|node| node.oracle.transmitter == transmitter);
        let own = self.transmitter_index.and_then(|i| self.statuses[i].times_ms.submitted);
        if let Some(ms) = own {
            self.timings.transmitted = Some(ms.saturating_sub(self.timings.begin_ms));
        }
    }

    /// One JSON object; amounts are decimal strings in juels.
    pub(crate) fn json(&self) -> serde_json::Value {
        let done = self.fulfilled.as_ref();
        let filled = |bytes: &&Bytes| !bytes.is_empty();
        let t = &self.timings;
        serde_json::json!({
            "requestId": self.sent.id.to_string(),
            "result": done.map(|f| &f.response).filter(filled).map(|b| b.to_string()),
            "error": done.map(|f| &f.error).filter(filled).map(|b| String::from_utf8_lossy(b).into_owned()),
            "resultCode": done.map(|f| f.result_code),
            "signatures": done.map_or(0, |f| f.signatures),
            "nodes": self.nodes,
            "transmitter": done.map(|f| f.transmitter.to_string()),
            "reservedJuels": self.sent.reserved.get().to_string(),
            "chargedJuels": done.map_or(0, |f| f.charged.get()).to_string(),
            "blockedAfterJuels": self.blocked_after.to_string(),
            "router": self.router.to_string(),
            "coordinator": self.coordinator.to_string(),
            "consumer": self.consumer.to_string(),
            "consumerKind": self.kind.name(),
            "subscriptionId": self.subscription.0,
            "timingsMs": {
                "event": t.event,
                "observed": t.observed,
                "report": t.report,
                "transmitted": t.transmitted,
                "callback": t.callback,
            },
        })
    }

    /// [`Self::json`] with what a program needs to use the network while it stays up.
    pub(crate) fn json_with_network(&self, network: &Network) -> serde_json::Value {
        let mut all = self.json();
        all["network"] = serde_json::json!({
            "rpcUrl": network.devchain.greeting.rpc_url,
            "wsUrl": network.devchain.greeting.ws_url,
            "chainId": network.devchain.greeting.chain_id,
            "donId": network.don.to_string(),
            "link": network.contracts.addresses.link.to_string(),
            "gateways": network.nodes.iter().map(|node| node.gateway_url()).collect::<Vec<_>>(),
        });
        all
    }

    /// The story for people.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out).expect("writing to a string does not fail");
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let at = |ms: Option<u64>| ms.map_or(String::new(), |ms| format!("  after {ms} ms"));
        let t = &self.timings;
        writeln!(out, "\nRequest {}", self.sent.id)?;
        writeln!(out, "  consumer     {} at {}", self.kind.title(), self.consumer)?;
        writeln!(out, "  subscription {}", self.subscription)?;
        writeln!(
            out,
            "  reservation  {} ({} juels)",
            link(self.sent.reserved.get()),
            self.sent.reserved.get()
        )?;
        writeln!(out, "  event        seen by the nodes{}", at(t.event))?;
        for (index, status) in self.statuses.iter().enumerate() {
            let what = status.observation.as_ref().map_or_else(|| "nothing".to_owned(), shown);
            let when = status.times_ms.observed.map(|ms| ms.saturating_sub(t.begin_ms));
            writeln!(out, "  node {index:<7} observed {what}{}", at(when))?;
        }
        let Some(done) = &self.fulfilled else {
            writeln!(
                out,
                "  no callback  {} of {} nodes answered, a report needs {} signatures",
                self.answered, self.nodes, self.quorum
            )?;
            if let Some(seconds) = self.timed_out_after {
                writeln!(out, "  timeout      chain time moved by {seconds} s, timeoutRequests accepted")?;
            }
            writeln!(
                out,
                "  released     {} reserved before, {} now; nothing was charged",
                link(self.sent.reserved.get()),
                link(self.blocked_after)
            )?;
            return write!(out, "  balance      {}", link(self.balance_after));
        };
        let signers = self.statuses.iter().find_map(|status| status.signers.clone());
        let by = signers.filter(|s| !s.is_empty()).map_or(String::new(), |s| {
            let names: Vec<String> = s.iter().map(usize::to_string).collect();
            format!(" by nodes {}", names.join(", "))
        });
        writeln!(out, "  report       {} of {} signatures{by}{}", done.signatures, self.nodes, at(t.report))?;
        let node = self.transmitter_index.map_or_else(|| "a transmitter".to_owned(), |i| format!("node {i}"));
        writeln!(out, "  transmitted  by {node}, {}{}", done.transmitter, at(t.transmitted))?;
        writeln!(out, "               in {}", done.transaction)?;
        let meaning = match FulfillResult::from_code(done.result_code) {
            Some(FulfillResult::Fulfilled) => "fulfilled",
            Some(FulfillResult::UserCallbackError) => "the consumer's callback failed",
            _ => "not charged",
        };
        writeln!(out, "  callback     result code {} ({meaning}){}", done.result_code, at(t.callback))?;
        if done.error.is_empty() {
            writeln!(out, "  result       {}", decoded(&done.response))?;
            if self.is_default && done.response.len() == 32 {
                let price: u128 = U256::from_be_slice(&done.response).saturating_to();
                let (dollars, cents) = (price / 100_000_000, price % 100_000_000 / 1_000_000);
                writeln!(out, "               the median price is {dollars}.{cents:02} US dollars")?;
            }
        } else {
            writeln!(out, "  error        {:?}", String::from_utf8_lossy(&done.error))?;
        }
        if let Some(stored) = &self.stored {
            let text = match (stored.is_of(self.sent.id, done), stored.is_whole()) {
                (true, true) => "the same bytes",
                (true, false) => "the first 32 bytes of it, and its length",
                (false, _) => "nothing new: its callback did not succeed",
            };
            writeln!(out, "  consumer     stored {text}")?;
        }
        writeln!(
            out,
            "  charged      {} ({} juels); still reserved: {}",
            link(done.charged.get()),
            done.charged.get(),
            link(self.blocked_after)
        )?;
        write!(out, "  balance      {}", link(self.balance_after))
    }
}

/// An observation in a few words.
pub(crate) fn shown(observation: &Observation) -> String {
    let bytes = observation
        .data
        .as_deref()
        .and_then(|data| hex::decode(data.strip_prefix("0x").unwrap_or(data)).ok())
        .unwrap_or_default();
    match observation.kind.as_str() {
        "result" => decoded(&bytes),
        "userError" => format!("the error {:?}", shorten(String::from_utf8_lossy(&bytes).into_owned())),
        _ => format!("a failure of its own (code {})", bytes.first().copied().unwrap_or_default()),
    }
}

/// Bytes as hex, with what they may mean.
fn decoded(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "no bytes".to_owned();
    }
    let hex = shorten(format!("0x{}", hex::encode(bytes)));
    if bytes.len() == 32 {
        return format!("{hex} = {}", U256::from_be_slice(bytes));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => format!("{hex} = {:?}", shorten(text.to_owned())),
        _ => hex,
    }
}

fn shorten(text: String) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        None => text,
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
    }
}

#[cfg(test)]
mod tests {
    use super::Timings;

    #[test]
    fn order_moves_late_notes_before_the_steps_that_need_them() {
        let mut timings = Timings {
            begin_ms: 0,
            event: Some(20),
            observed: Some(90),
            report: None,
            transmitted: Some(134),
            callback: Some(133),
        };
        timings.order();
        assert_eq!((timings.event, timings.observed, timings.report), (Some(20), Some(90), None));
        assert_eq!((timings.transmitted, timings.callback), (Some(133), Some(133)));
    }
}
