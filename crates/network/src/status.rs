//! What a node's operator pages say about a request.

use serde::Deserialize;

/// A request as one node sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RequestStatus {
    /// Its state, in capitals.
    pub state: String,
    /// What this node's own run gave.
    pub observation: Option<Observation>,
    /// Oracles whose signatures are under the report.
    pub signers: Option<Vec<usize>>,
    /// When things happened, unix milliseconds.
    pub times_ms: Times,
}

/// One node's observation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Observation {
    /// `result`, `userError` or `nodeFailure`.
    pub kind: String,
    /// The bytes, 0x-hex.
    pub data: Option<String>,
}

/// Unix milliseconds of the steps this node took part in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Times {
    /// It saw the event.
    pub seen: Option<u64>,
    /// Its run ended.
    pub observed: Option<u64>,
    /// It had a report.
    pub reported: Option<u64>,
    /// It sent the report.
    pub submitted: Option<u64>,
    /// It saw the fulfillment.
    pub included: Option<u64>,
}
