//! Imports of scripts: which specifiers are followed, where to, and what is taken for a module.
//!
//! | specifier | is |
//! | --- | --- |
//! | `https:` | fetched under the address policy; every hop must be https |
//! | `http:` | the same, on the operator's development list only |
//! | `npm:`, `jsr:` | fetched from the operator's mirror |
//! | `node:` and a name of [`BUILTINS`] | built into the sandbox |
//! | `data:` | what the specifier itself holds |
//! | anything else | refused |
//!
//! JavaScript is taken for an import without attributes, JSON for one of type `json`, judged by
//! the server's content type; UTF-8 only. Content is kept by its hash: a pinned module is fetched
//! once, and so is one whose server promises that it never changes.

use std::time::{Duration, Instant};

use functions_types::limits::Limits;
use oracle_frames::{HttpRequest, HttpResponse, ModuleKind, ModuleOutcome, ModuleRequest};
use sha2::{Digest, Sha256};
use url::Url;

use super::{Broker, Failure, data_url};
use crate::report::ModuleLoad;

/// Modules built into the sandbox, without `node:`.
const BUILTINS: [&str; 6] = ["buffer", "crypto", "querystring", "string_decoder", "url", "util"];

/// Why an import is refused: what the script reads, and what the operator does.
struct Refusal {
    text: String,
    reason: String,
}

/// A module's text and where it came from.
#[derive(Clone)]
pub(super) struct Found {
    url: String,
    text: String,
    sha256: [u8; 32],
}

impl Broker {
    /// Finds a module: `nth` is 1 for the first import of the run.
    pub(crate) async fn load(
        &self,
        request: &ModuleRequest,
        nth: u32,
        limits: &Limits,
    ) -> (ModuleOutcome, ModuleLoad) {
        let began = Instant::now();
        match self.find(request, nth, limits).await {
            Ok(outcome) => {
                let load = loaded(request, &outcome, began.elapsed(), None);
                tracing::info!(host = %super::host_of(&load.url), bytes = load.bytes, ms = began.elapsed().as_millis(), "import of a script");
                (outcome, load)
            }
            Err(Refusal { text, reason }) => {
                tracing::info!(%reason, "import of a script refused");
                let outcome = ModuleOutcome::Denied(text);
                let load = loaded(request, &outcome, began.elapsed(), Some(reason));
                (outcome, load)
            }
        }
    }

    async fn find(
        &self,
        request: &ModuleRequest,
        nth: u32,
        limits: &Limits,
    ) -> Result<ModuleOutcome, Refusal> {
        let specifier = &request.specifier;
        let denied = |reason: String| Refusal { text: format!("import of {specifier} denied"), reason };
        if nth > limits.import_modules {
            return Err(denied(format!("more than {} modules in one run", limits.import_modules)));
        }
        if !self.imports.enabled {
            return Err(denied("imports are switched off".into()));
        }
        if let Some(name) = specifier.strip_prefix("node:") {
            return match BUILTINS.contains(&name) && request.kind == ModuleKind::JavaScript {
                true => Ok(ModuleOutcome::Builtin(name.to_owned())),
                false => Err(denied("not one of the built-in modules".into())),
            };
        }
        if let Some(url) = Url::parse(specifier).ok().filter(|url| url.scheme() == "data") {
            let text = held(&url, request.kind).map_err(|reason| Refusal {
                text: format!("import of {specifier} failed"),
                reason: reason.to_owned(),
            })?;
            return Ok(ModuleOutcome::Source { url: specifier.clone(), text });
        }
        let url = self.locate(specifier)?;
        let pin = self.imports.pins.get(specifier).or_else(|| self.imports.pins.get(url.as_str())).copied();
        if pin.is_none() && self.imports.pinned_only {
            return Err(denied("not pinned".into()));
        }
        let kept = match pin {
            Some(sha256) => self.modules.by_hash(&sha256),
            None => self.modules.by_url(&url),
        };
        let found = match kept {
            Some(found) => found,
            None => {
                self.fetch_module(&url, request.kind, pin.is_some(), limits).await.map_err(|failure| {
                    Refusal {
                        text: match &failure {
                            Failure::Blocked(_) => format!("import of {specifier} denied"),
                            _ => format!("import of {specifier} failed"),
                        },
                        reason: failure.to_string(),
                    }
                })?
            }
        };
        if pin.is_some_and(|pin| pin != found.sha256) {
            return Err(denied("its content is not the pinned one".into()));
        }
        Ok(ModuleOutcome::Source { url: found.url, text: found.text })
    }

    /// The URL of a specifier that is fetched.
    fn locate(&self, specifier: &str) -> Result<Url, Refusal> {
        let refuse = |note: &str, reason: &str| Refusal {
            text: format!("import of {specifier} denied{note}"),
            reason: reason.to_owned(),
        };
        let package = match specifier.split_once(':') {
            Some(("npm", package)) => Some(package.trim_start_matches('/').to_owned()),
            Some(("jsr", package)) => Some(format!("jsr/{}", package.trim_start_matches('/'))),
            _ => None,
        };
        let text = match (package, &self.imports.mirror) {
            (None, _) => specifier.to_owned(),
            (Some(package), _) if !is_package(&package) => {
                return Err(refuse("", "not the name of a package"));
            }
            (Some(package), Some(mirror)) => format!("{}/{package}", mirror.trim_end_matches('/')),
            (Some(_), None) => {
                let why = ": this DON has no mirror for packages";
                return Err(refuse(why, "no mirror for packages is configured (runner.imports.mirror)"));
            }
        };
        let vetted = self.guard.vet(&text).map_err(|blocked| refuse("", &blocked.to_string()))?;
        if vetted.url.scheme() != "https" && !vetted.admitted {
            return Err(refuse("", "modules come over https"));
        }
        Ok(vetted.url)
    }

    async fn fetch_module(
        &self,
        url: &Url,
        kind: ModuleKind,
        pinned: bool,
        limits: &Limits,
    ) -> Result<Found, Failure> {
        let _permit = self.imports_under_way.acquire().await.map_err(|_| Failure::Other("closing".into()))?;
        let accept = match kind {
            ModuleKind::JavaScript => "text/javascript, application/javascript",
            ModuleKind::Json => "application/json",
        };
        let request = HttpRequest {
            id: 0,
            method: "GET".into(),
            url: url.to_string(),
            headers: vec![("accept".into(), accept.into())],
            body: None,
            follow_redirects: true,
        };
        let limits = Limits { http_response_bytes: limits.import_module_bytes, ..limits.clone() };
        let time = Duration::from_millis(limits.execution_ms);
        let response = tokio::time::timeout(time, self.follow(&request, &limits, true))
            .await
            .map_err(|_| Failure::Other("too slow".into()))??;
        if response.status != 200 {
            return Err(Failure::Other(format!("status {}", response.status)));
        }
        if !is_type(header(&response, "content-type").unwrap_or_default(), kind) {
            return Err(Failure::Other("the content type is not the one imported".into()));
        }
        let never_changes = header(&response, "cache-control")
            .is_some_and(|value| value.to_ascii_lowercase().contains("immutable"));
        let text = utf8(response.body).ok_or_else(|| Failure::Other("not UTF-8".into()))?;
        let found = Found { sha256: Sha256::digest(&text).into(), url: response.url, text };
        if pinned || never_changes {
            self.modules.keep(never_changes.then_some(url), &found);
        }
        Ok(found)
    }
}

/// `name@version`, `@scope/name@version`, with or without a path: nothing that could leave the mirror's folder.
fn is_package(package: &str) -> bool {
    let plain = |char: char| char.is_ascii_alphanumeric() || "-_.~/@+^".contains(char);
    let parts = || package.split('/');
    !package.is_empty()
        && package.chars().all(plain)
        && parts().all(|part| !part.is_empty() && part != "." && part != "..")
        && !matches!(package, "jsr")
}

fn header<'a>(response: &'a HttpResponse, wanted: &str) -> Option<&'a str> {
    response.headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
}

/// The module that a `data:` URL holds, or what is wrong with it.
fn held(url: &Url, kind: ModuleKind) -> Result<String, &'static str> {
    let (content_type, bytes) = data_url::read(url).ok_or("no data: URL of the standard")?;
    if !is_type(&content_type, kind) {
        return Err("the content type is not the one imported");
    }
    utf8(bytes).ok_or("not UTF-8")
}

/// Text without its byte order mark.
fn utf8(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    Some(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
}

/// Whether a content type is what the import expects.
fn is_type(content_type: &str, kind: ModuleKind) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind {
        ModuleKind::JavaScript => matches!(
            essence.as_str(),
            "text/javascript"
                | "application/javascript"
                | "application/x-javascript"
                | "text/ecmascript"
                | "application/ecmascript"
        ),
        ModuleKind::Json => {
            matches!(essence.as_str(), "application/json" | "text/json") || essence.ends_with("+json")
        }
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

/// Texts by their hash, the longest unused forgotten first.
pub(super) mod store {
    use std::collections::HashMap;
    use std::sync::{Mutex, PoisonError};

    use url::Url;

    use super::Found;

    /// Text kept at most, in bytes.
    const STORE_BYTES: usize = 64 << 20;

    #[derive(Default)]
    struct Kept {
        found: HashMap<[u8; 32], (u64, Found)>,
        urls: HashMap<String, [u8; 32]>,
        bytes: usize,
        clock: u64,
    }

    /// Shared by all runs.
    #[derive(Default)]
    pub(crate) struct Store(Mutex<Kept>);

    impl Store {
        pub(in crate::broker) fn by_hash(&self, sha256: &[u8; 32]) -> Option<Found> {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.clock += 1;
            let clock = kept.clock;
            let (used, found) = kept.found.get_mut(sha256)?;
            *used = clock;
            Some(found.clone())
        }

        pub(in crate::broker) fn by_url(&self, url: &Url) -> Option<Found> {
            let sha256 = {
                let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                *kept.urls.get(url.as_str())?
            };
            self.by_hash(&sha256)
        }

        /// Keeps a text by its hash, and by its URL where that never changes.
        pub(in crate::broker) fn keep(&self, url: Option<&Url>, found: &Found) {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.clock += 1;
            let clock = kept.clock;
            if kept.found.insert(found.sha256, (clock, found.clone())).is_none() {
                kept.bytes += found.text.len();
            }
            if let Some(url) = url {
                kept.urls.insert(url.to_string(), found.sha256);
            }
            while kept.bytes > STORE_BYTES {
                let oldest = kept.found.iter().min_by_key(|(_, (used, _))| *used).map(|(hash, _)| *hash);
                let Some((hash, (_, gone))) = oldest.and_then(|hash| kept.found.remove_entry(&hash)) else {
                    break;
                };
                kept.bytes -= gone.text.len();
                kept.urls.retain(|_, other| *other != hash);
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn found(byte: u8, len: usize) -> Found {
            Found { url: String::new(), text: "x".repeat(len), sha256: [byte; 32] }
        }

        #[test]
        fn the_longest_unused_text_is_forgotten_first() {
            let store = Store::default();
            let url: Url = "https://a.example/".parse().unwrap();
            store.keep(Some(&url), &found(1, STORE_BYTES / 2));
            store.keep(None, &found(2, STORE_BYTES / 2));
            assert!(store.by_url(&url).is_some());
            store.keep(None, &found(3, 1));
            assert!(store.by_hash(&[1; 32]).is_some() && store.by_hash(&[2; 32]).is_none());
            store.keep(None, &found(4, STORE_BYTES));
            assert!(store.by_url(&url).is_none());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_package;

    #[test]
    fn packages_cannot_leave_the_mirror() {
        for good in
            ["big.js@6.2.1", "@noble/hashes@1.4.0/sha256", "lodash", "jsr/@std/bytes@1.0.0", "a@^1.2.3"]
        {
            assert!(is_package(good), "{good}");
        }
        for bad in ["", "..", "a/../b", "a//b", "a?x", "a#x", "a b", "a%2e%2e", "a\\b", "jsr", "jsr/"] {
            assert!(!is_package(bad), "{bad}");
        }
    }
}
