//! What endpoints contradict each other about, and for how long. Pure: the time is handed in.
//!
//! For a moment honest endpoints contradict each other too, about what the newest block changed. What lasts keeps
//! reports back, and is said.

use std::{collections::HashMap, time::Duration};

use serde_json::Value;
use tokio::time::Instant;

/// How long a contradiction lasts before it is said.
const LASTS_AFTER: Duration = Duration::from_secs(5);
/// How long after it was met last it is taken for over: nobody asks any more.
const OVER_AFTER: Duration = Duration::from_secs(60);
/// Most subjects kept.
const MAX_SUBJECTS: usize = 32;

/// What is asked, whatever the details: the method, and for a call whom and which function.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Subject {
    method: &'static str,
    called: Option<String>,
}

impl Subject {
    pub(super) fn of(method: &'static str, params: &Value) -> Self {
        /// `0x` and four bytes.
        const SELECTOR: usize = 10;
        let called = params.get(0).and_then(|call| {
            let (to, data) = (call.get("to")?.as_str()?, call.get("data")?.as_str()?);
            Some(format!("{to} {}", data.get(..SELECTOR).unwrap_or(data)))
        });
        Self { method, called }
    }
}

/// What is contradicted and not agreed since.
#[derive(Debug, Default)]
pub(super) struct Contradictions(HashMap<Subject, Contradiction>);

#[derive(Debug)]
struct Contradiction {
    first: Instant,
    last: Instant,
    words: String,
}

impl Contradictions {
    /// Endpoints contradicted each other.
    pub(super) fn note(&mut self, subject: Subject, words: String, now: Instant) {
        self.0.retain(|_, known| now.duration_since(known.last) < OVER_AFTER);
        if let Some(known) = self.0.get_mut(&subject) {
            (known.last, known.words) = (now, words);
        } else if self.0.len() < MAX_SUBJECTS {
            self.0.insert(subject, Contradiction { first: now, last: now, words });
        }
    }

    /// Enough of them agreed.
    pub(super) fn settle(&mut self, subject: &Subject) {
        self.0.remove(subject);
    }

    /// The contradiction that has lasted longest, when one lasts.
    pub(super) fn lasting(&self, now: Instant) -> Option<&str> {
        let lasts = |known: &&Contradiction| {
            known.last.duration_since(known.first) >= LASTS_AFTER
                && now.duration_since(known.last) < OVER_AFTER
        };
        self.0.values().filter(lasts).min_by_key(|known| known.first).map(|known| known.words.as_str())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_contradiction_is_said_once_it_lasts_until_it_is_settled_or_nobody_asks() {
        let (mut known, start) = (Contradictions::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        let call =
            |to: &str, data: &str| Subject::of("eth_call", &json!([{ "to": to, "data": data }, "latest"]));
        let asked = call("0x01", "0xabcdef0100");
        known.note(asked.clone(), "first".to_owned(), start);
        assert_eq!(known.lasting(after(4)), None, "a moment is none");
        // The same function with other arguments is the same subject; another function is another.
        known.note(call("0x01", "0xabcdef0199"), "again".to_owned(), after(5));
        known.note(call("0x01", "0xabcdef02"), "other".to_owned(), after(5));
        assert_eq!(known.lasting(after(5)), Some("again"));
        known.settle(&call("0x01", "0xabcdef02"));
        assert_eq!(known.lasting(after(64)), Some("again"));
        assert_eq!(known.lasting(after(65)), None, "nobody has asked for a minute");
        known.note(asked.clone(), "anew".to_owned(), after(70));
        assert_eq!(known.lasting(after(71)), None);
        known.note(asked.clone(), "anew".to_owned(), after(80));
        assert_eq!(known.lasting(after(80)), Some("anew"));
        known.settle(&asked);
        assert_eq!(known.lasting(after(80)), None);
    }

    #[test]
    fn no_more_subjects_are_kept_than_fit() {
        let (mut known, now) = (Contradictions::default(), Instant::now());
        for index in 0..100 {
            let params = json!([{ "to": "0x01", "data": format!("0x{index:08x}") }]);
            known.note(Subject::of("eth_call", &params), String::new(), now);
        }
        assert_eq!(known.0.len(), MAX_SUBJECTS);
    }
}
