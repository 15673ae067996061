//! What the gateway counts.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

use crate::{policy::Refusal, rpc::Refused};

/// One label that names a kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

/// Counters; clones count together.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    calls: Family<Kind, Counter>,
    answers: Family<Kind, Counter>,
    connections_closed: Counter,
}

impl Counters {
    /// Shows them in a registry.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("gateway_calls", "Calls to the gateway by what became of them", self.calls.clone());
        registry.register(
            "gateway_answers",
            "Answers of members: counted, not_counted",
            self.answers.clone(),
        );
        let closed = self.connections_closed.clone();
        registry.register("gateway_connections_closed", "Connections closed to make room", closed);
    }

    pub(crate) fn count(&self, outcome: &Result<(bool, String), Refused>) {
        let kind = match outcome {
            Ok((true, _)) => "success",
            Ok((false, _)) => "failure",
            Err(Refused::Malformed(_)) => "malformed",
            Err(Refused::Don) => "unknown_don",
            Err(Refused::Payload(_)) => "wrong_payload",
            Err(Refused::Policy(Refusal::NotAllowed)) => "not_allowed",
            Err(Refused::Policy(Refusal::RateLimited)) => "rate_limited",
            Err(Refused::Policy(Refusal::Balance(_))) => "balance",
            Err(Refused::Policy(Refusal::UnsupportedMethod) | Refused::Method) => "unknown_method",
            Err(Refused::Time) => "unanswered",
            Err(Refused::Conflict) => "conflict",
            Err(Refused::Fatal(_)) => "fatal",
        };
        self.calls.get_or_create(&Kind { kind }).inc();
    }

    pub(crate) fn heard(&self, kind: &'static str) {
        self.answers.get_or_create(&Kind { kind }).inc();
    }

    pub(crate) fn made_room(&self) {
        self.connections_closed.inc();
    }
}
