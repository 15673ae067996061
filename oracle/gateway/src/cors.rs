//! Which pages of other sites may ask, as browsers want to be told.

use axum::http::{HeaderMap, HeaderValue, header};

/// The sites whose pages may read answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cors {
    /// None: browsers keep answers from pages.
    #[default]
    Nobody,
    /// All of them. Nothing here depends on who a browser is logged in as.
    Everybody,
    /// Those of these origins, such as `https://app.example`.
    Origins(Vec<String>),
}

impl Cors {
    /// Adds to an answer what lets a page of the asker's origin read it.
    pub(crate) fn allow(&self, asked: &HeaderMap, answer: &mut HeaderMap) {
        let allowed = match (self, asked.get(header::ORIGIN)) {
            (Self::Nobody, _) | (Self::Origins(_), None) => None,
            (Self::Everybody, _) => Some(HeaderValue::from_static("*")),
            (Self::Origins(known), Some(origin)) => {
                known.iter().any(|known| known.as_bytes() == origin.as_bytes()).then(|| origin.clone())
            }
        };
        if matches!(self, Self::Origins(_)) {
            answer.insert(header::VARY, HeaderValue::from_static("origin"));
        }
        if let Some(allowed) = allowed {
            answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        }
    }

    /// What a browser is told when it asks whether it may ask.
    pub(crate) fn preflight(&self, asked: &HeaderMap) -> HeaderMap {
        let mut answer = HeaderMap::new();
        self.allow(asked, &mut answer);
        if answer.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
            for (name, value) in [
                (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
                (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
                (header::ACCESS_CONTROL_MAX_AGE, "600"),
            ] {
                answer.insert(name, HeaderValue::from_static(value));
            }
        }
        answer
    }
}
