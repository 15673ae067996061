//! Keeps secrets out of recordings: a secret's value is replaced by its name, and back.

use std::collections::BTreeMap;

/// Shorter values are not replaced: they would match everywhere and protect nothing.
const SHORTEST: usize = 4;

/// Values to hide, longest first, so that a value that contains another is hidden as a whole.
#[derive(Clone, Default)]
pub(crate) struct Veil(Vec<(Vec<u8>, Vec<u8>)>);

impl Veil {
    pub(crate) fn new(secrets: &BTreeMap<String, String>) -> Self {
        let mut pairs: Vec<_> = secrets
            .iter()
            .filter(|(_, value)| value.len() >= SHORTEST)
            .map(|(name, value)| (value.clone().into_bytes(), marker(name)))
            .collect();
        pairs.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        Self(pairs)
    }

    /// Replaces values by markers.
    pub(crate) fn hide(&self, bytes: &[u8]) -> Vec<u8> {
        self.0.iter().fold(bytes.to_vec(), |bytes, (value, marker)| replace(&bytes, value, marker))
    }

    /// Replaces markers by values.
    pub(crate) fn restore(&self, bytes: &[u8]) -> Vec<u8> {
        self.0.iter().rev().fold(bytes.to_vec(), |bytes, (value, marker)| replace(&bytes, marker, value))
    }

    pub(crate) fn hide_text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.hide(text.as_bytes())).into_owned()
    }

    pub(crate) fn restore_text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.restore(text.as_bytes())).into_owned()
    }
}

fn marker(name: &str) -> Vec<u8> {
    format!("{{{{secret:{name}}}}}").into_bytes()
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(from) {
            out.extend_from_slice(to);
            rest = after;
        } else {
            // Jump to the next byte that can start a match.
            let skip = rest[1..].iter().position(|byte| Some(byte) == from.first());
            let end = skip.map_or(rest.len(), |at| at + 1);
            out.extend_from_slice(&rest[..end]);
            rest = &rest[end..];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn veil() -> Veil {
        let secrets = [("key", "s3cret"), ("long", "s3cret-and-more"), ("pin", "12")];
        Veil::new(&secrets.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn values_are_hidden_and_come_back() {
        let shown = "x s3cret s3cret-and-more 12 s3cre";
        let hidden = veil().hide_text(shown);
        assert_eq!(hidden, "x {{secret:key}} {{secret:long}} 12 s3cre");
        assert_eq!(veil().restore_text(&hidden), shown);
        assert_eq!(veil().hide(b""), b"");
        assert_eq!(Veil::default().hide(b"any"), b"any");
    }
}
