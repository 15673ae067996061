//! Imports of scripts.

use std::time::Duration;

use functions_types::limits::Limits;
use oracle_frames::{ModuleOutcome, ModuleRequest};
use sha2::{Digest, Sha256};

use super::Broker;
use crate::report::ModuleLoad;

impl Broker {
    /// Finds a module: `nth` is 1 for the first import of the run.
    pub(crate) async fn load(
        &self,
        request: &ModuleRequest,
        _nth: u32,
        _limits: &Limits,
    ) -> (ModuleOutcome, ModuleLoad) {
        let outcome = ModuleOutcome::Denied(format!("import of {} denied", request.specifier));
        let load = loaded(request, &outcome, Duration::ZERO, Some("imports are switched off".into()));
        (outcome, load)
    }
}

/// Record of an import.
pub(crate) fn loaded(
    request: &ModuleRequest,
    outcome: &ModuleOutcome,
    duration: Duration,
    failure: Option<String>,
) -> ModuleLoad {
    let (url, text) = match outcome {
        ModuleOutcome::Source { url, text } => (url.as_str(), Some(text)),
        ModuleOutcome::Builtin(_) | ModuleOutcome::Denied(_) => ("", None),
    };
    ModuleLoad {
        specifier: request.specifier.clone(),
        kind: request.kind,
        url: url.to_owned(),
        bytes: text.map_or(0, String::len),
        sha256: text.map_or([0; 32], |text| Sha256::digest(text).into()),
        duration,
        failure,
    }
}
