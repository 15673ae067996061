//! Secrets at addresses of their owner's: which URLs a request names, and what a document there holds.
//!
//! The request has the URLs encrypted to the DON key, separated by white space. A document is JSON with the encrypted
//! secrets as hexadecimal text under `encryptedSecrets`; all members must read the same.

use std::{pin::Pin, sync::Arc};

use alloy::hex;
use functions_tdh2::MAX_REMOTE_BYTES;
use oracle_keys::Keystore;
use oracle_runner::{Fetcher, MAX_URL_CHARS, MAX_URLS};
use serde::Deserialize;

/// Error bytes of a request whose URLs of secrets do not open, are none, or too many.
pub const URLS_TEXT: &str = "failed to parse remote secrets URLs";
/// Error bytes of a request whose URLs all fail, or hold no encrypted secrets.
pub const FETCH_TEXT: &str = "remote secrets could not be fetched";

/// Longest document, in bytes.
const MAX_DOCUMENT_BYTES: usize = 1_000_000;

/// Gives the encrypted secrets of the first URL that has any.
pub type Fetch =
    Arc<dyn Fn(Vec<String>) -> Pin<Box<dyn Future<Output = Option<Vec<u8>>> + Send>> + Send + Sync>;

/// Through the script runner, which decides what may be reached.
pub(super) fn through(fetcher: Fetcher) -> Fetch {
    Arc::new(move |urls| {
        let fetcher = fetcher.clone();
        Box::pin(async move { fetcher.first(&urls, MAX_DOCUMENT_BYTES, encrypted_secrets).await })
    })
}

/// What a request's URLs lead to.
///
/// # Errors
/// The error bytes that the request ends with.
pub(super) async fn get(
    keys: Arc<Keystore>,
    sealed: Arc<[u8]>,
    fetch: Fetch,
) -> Result<Vec<u8>, &'static str> {
    let opened = keys.open_don_layer(&sealed).map_err(|_| URLS_TEXT)?;
    let urls = urls(&opened).ok_or(URLS_TEXT)?;
    fetch(urls).await.ok_or(FETCH_TEXT)
}

fn urls(text: &[u8]) -> Option<Vec<String>> {
    let text = std::str::from_utf8(text).ok()?;
    let urls: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let is_url = |url: &String| {
        let starts = |scheme: &str| url.get(..scheme.len()).is_some_and(|at| at.eq_ignore_ascii_case(scheme));
        (starts("http://") || starts("https://")) && url.chars().count() <= MAX_URL_CHARS
    };
    (!urls.is_empty() && urls.len() <= MAX_URLS && urls.iter().all(is_url)).then_some(urls)
}

/// The encrypted secrets in a document; `None` when it is none, or they are longer than the bound.
#[must_use]
pub fn encrypted_secrets(document: &[u8]) -> Option<Vec<u8>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Document {
        encrypted_secrets: String,
    }
    let document: Document = serde_json::from_slice(document).ok()?;
    let bytes = hex::decode(document.encrypted_secrets).ok()?;
    (!bytes.is_empty() && bytes.len() <= MAX_REMOTE_BYTES).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_separated_by_white_space_and_bounded() {
        let two = urls(b"https://a.example/x  HTTP://b.example/\n").expect("two");
        assert_eq!(two, ["https://a.example/x", "HTTP://b.example/"]);
        let url = "https://a.example/";
        assert_eq!(urls([url; MAX_URLS].join(" ").as_bytes()).map(|urls| urls.len()), Some(MAX_URLS));
        let longest = format!("{url}{}", "x".repeat(MAX_URL_CHARS - url.len()));
        assert!(urls(longest.as_bytes()).is_some());
        for wrong in [
            String::new(),
            " ".to_owned(),
            [url; MAX_URLS + 1].join(" "),
            format!("{longest}x"),
            "ftp://a.example/".to_owned(),
            format!("{url} file:///etc/passwd"),
        ] {
            assert_eq!(urls(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(urls(&[0xff, 0xfe]), None);
    }

    #[test]
    fn a_document_holds_hexadecimal_text_of_a_bounded_length() {
        let of = |text: &str| encrypted_secrets(format!("{{\"encryptedSecrets\":\"{text}\"}}").as_bytes());
        assert_eq!(of("0x7b7D"), Some(vec![0x7b, 0x7d]));
        assert_eq!(of("7b7d"), Some(vec![0x7b, 0x7d]));
        assert_eq!(of(&"00".repeat(MAX_REMOTE_BYTES)).map(|bytes| bytes.len()), Some(MAX_REMOTE_BYTES));
        for wrong in ["", "0x", "0x7", "zz", &"00".repeat(MAX_REMOTE_BYTES + 1)] {
            assert_eq!(of(wrong), None, "{}", wrong.len());
        }
        for wrong in
            ["", "7b7d", "{}", "[]", "<p>", r#"{"encryptedSecrets":1}"#, r#"{"encryptedsecrets":"00"}"#]
        {
            assert_eq!(encrypted_secrets(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
