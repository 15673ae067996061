//! Where a request's code is, when it is not in the request ([the rules](../../../docs/spec/code-location.md)).

use alloy::hex;
use functions_offchain_config::Method;
use functions_types::{FunctionsRequest, cbor::Location};
use oracle_runner::{Fetcher, MAX_URL_CHARS, MAX_URLS};
use sha2::{Digest as _, Sha256};

/// Error bytes of a request whose source names no code.
pub(super) const REFERENCE_TEXT: &str = "failed to parse code location";
/// Error bytes of a request whose URLs all fail, or hold other code than was named.
pub(super) const FETCH_TEXT: &str = "remote code could not be fetched";
/// Error bytes of a request whose hosted code no member has.
pub(super) const NOT_FOUND_TEXT: &str = "failed to fetch DONHosted code: not found";
/// Error bytes of a request whose code is hosted, of a DON that hosts nothing.
pub(super) const HOSTED_TEXT: &str = "hosted code is not supported by this DON";
/// Error bytes of a request whose code, from elsewhere, names how results are combined.
pub(super) const AGGREGATION_TEXT: &str = "@aggregation works in code within the request only";

/// Longest code from elsewhere, in bytes.
const MAX_CODE_BYTES: usize = 64 * 1024;
/// What begins a reference to hosted code.
const HOSTED: &str = "don-hosted:";
/// What separates a URL from the hash of what is there.
const HASH: &str = "#sha256=";

/// Where code is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// At one of these.
    Remote(Vec<Site>),
    /// In a row of the subscription's owner.
    Hosted { slot: u32, version: u64 },
}

/// A URL, and the SHA-256 of what must be there, where the request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Site {
    url: String,
    sha256: Option<[u8; 32]>,
}

impl Code {
    /// Reads the source of a request whose code is elsewhere; `None` when it is within.
    ///
    /// # Errors
    /// The error bytes that go on chain.
    pub(super) fn of(request: &FunctionsRequest) -> Result<Option<Self>, &'static str> {
        match request.code_location {
            Location::Inline => Ok(None),
            Location::Remote => sites(&request.source).map(Self::Remote).ok_or(REFERENCE_TEXT).map(Some),
            Location::DonHosted => hosted(&request.source).ok_or(REFERENCE_TEXT).map(Some),
        }
    }
}

/// The code of the first site that has it.
pub(super) async fn fetch(fetcher: &Fetcher, sites: Vec<Site>) -> Option<String> {
    for Site { url, sha256 } in sites {
        let take = |bytes: &[u8]| {
            let is_it = sha256.is_none_or(|named| named == <[u8; 32]>::from(Sha256::digest(bytes)));
            if is_it { text(bytes) } else { None }
        };
        if let Some(code) = fetcher.first(&[url], MAX_CODE_BYTES, take).await {
            return Some(code);
        }
    }
    None
}

/// Code as it came: text, which leaves how results are combined to the DON.
///
/// # Errors
/// The error bytes that go on chain.
pub(super) fn checked(code: String) -> Result<String, &'static str> {
    match Method::of_source(&code) {
        Ok(None) => Ok(code),
        Ok(Some(_)) | Err(_) => Err(AGGREGATION_TEXT),
    }
}

/// The code in a row's content.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    (!text.is_empty() && text.len() <= MAX_CODE_BYTES).then(|| text.to_owned())
}

fn sites(source: &str) -> Option<Vec<Site>> {
    let sites: Option<Vec<Site>> = source.split_whitespace().map(site).collect();
    sites.filter(|sites| (1..=MAX_URLS).contains(&sites.len()))
}

fn site(word: &str) -> Option<Site> {
    let (url, sha256) = match word.split_once(HASH) {
        Some((url, hash)) => (url, Some(hex::decode_to_array(hash).ok().filter(|_| hash.len() == 64)?)),
        None => (word, None),
    };
    let is_url = ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
    (is_url && url.chars().count() <= MAX_URL_CHARS).then(|| Site { url: url.to_owned(), sha256 })
}

fn hosted(source: &str) -> Option<Code> {
    let (slot, version) = source.strip_prefix(HOSTED)?.split_once('/')?;
    // One way to write a number: no sign, no zero in front.
    let is_number = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
    };
    let numbers = [slot, version].into_iter().all(is_number);
    (numbers).then_some(Code::Hosted { slot: slot.parse().ok()?, version: version.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use axum::{Router, routing::get};
    use oracle_runner::RunnerConfig;

    use super::*;

    fn of(location: Location, source: &str) -> Result<Option<Code>, &'static str> {
        Code::of(&FunctionsRequest { code_location: location, source: source.into(), ..Default::default() })
    }

    fn hash(code: &str) -> String {
        hex::encode(Sha256::digest(code))
    }

    #[test]
    fn a_source_names_urls_with_hashes_or_a_slot_and_version() {
        assert_eq!(of(Location::Inline, "return 1"), Ok(None));
        let hosted = |slot, version| Ok(Some(Code::Hosted { slot, version }));
        assert_eq!(of(Location::DonHosted, "don-hosted:0/1700000000"), hosted(0, 1_700_000_000));
        assert_eq!(of(Location::DonHosted, &format!("don-hosted:4/{}", u64::MAX)), hosted(4, u64::MAX));
        for wrong in [
            "",
            "0/1",
            "don-hosted:",
            "don-hosted:1",
            "don-hosted:/1",
            "don-hosted:1/",
            "don-hosted:1/2/3",
            "don-hosted:-1/2",
            "don-hosted:+1/2",
            "don-hosted:01/2",
            "don-hosted: 1/2",
            "don-hosted:1/2 ",
            "don-hosted:4294967296/1",
            "don-hosted:0/18446744073709551616",
            "Don-hosted:0/1",
        ] {
            assert_eq!(of(Location::DonHosted, wrong), Err(REFERENCE_TEXT), "{wrong:?}");
        }
        let pinned = format!("https://a.example/x.js#sha256={} http://b.example/", hash("x"));
        let Ok(Some(Code::Remote(sites))) = of(Location::Remote, &pinned) else { panic!("two sites") };
        assert_eq!(sites.len(), 2);
        assert_eq!((sites[0].url.as_str(), sites[0].sha256.is_some()), ("https://a.example/x.js", true));
        assert_eq!((sites[1].url.as_str(), sites[1].sha256), ("http://b.example/", None));
        let url = "https://a.example/";
        assert!(of(Location::Remote, &[url; MAX_URLS].join(" ")).is_ok());
        let longest = format!("{url}{}", "x".repeat(MAX_URL_CHARS - url.len()));
        assert!(of(Location::Remote, &format!("{longest}#sha256={}", hash("x"))).is_ok());
        for wrong in [
            " ".to_owned(),
            "return 1".to_owned(),
            "ftp://a.example/".to_owned(),
            [url; MAX_URLS + 1].join(" "),
            format!("{longest}x"),
            format!("{url}#sha256="),
            format!("{url}#sha256={}", &hash("x")[1..]),
            format!("{url}#sha256=0x{}", &hash("x")[2..]),
            format!("{url}#sha256={}0", hash("x")),
        ] {
            assert_eq!(of(Location::Remote, &wrong), Err(REFERENCE_TEXT), "{wrong}");
        }
    }

    #[tokio::test]
    async fn the_first_site_with_the_code_that_is_named_counts() {
        let longest = " ".repeat(MAX_CODE_BYTES);
        let too_long = format!("{longest} ");
        let pages = HashMap::from([("/a", "return 1"), ("/b", "return 2"), ("/empty", "")]);
        let mut server = Router::new().route("/bytes", get(|| async { vec![0xff_u8, 0xfe] }));
        for (path, text) in pages {
            server = server.route(path, get(move || async move { text }));
        }
        server = server.route("/longest", get(move || async move { longest }));
        server = server.route("/too-long", get(move || async move { too_long }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let host = listener.local_addr().expect("bound").to_string();
        let serving = tokio::spawn(async move { axum::serve(listener, server).await });
        let config = RunnerConfig { allow_http: vec![host.clone()], ..RunnerConfig::new("no sandbox") };
        let fetcher = Fetcher::alone(&config).expect("a client");
        let get = async |words: &str| {
            let source = words.replace('/', &format!("http://{host}/"));
            let Ok(Some(Code::Remote(sites))) = of(Location::Remote, &source) else { panic!("{source}") };
            fetch(&fetcher, sites).await
        };
        assert_eq!(get("/gone /a /b").await.as_deref(), Some("return 1"));
        let right = format!("#sha256={}", hash("return 2"));
        assert_eq!(get(&format!("/a{right} /gone{right} /b{right}")).await.as_deref(), Some("return 2"));
        assert_eq!(
            get(&format!("/b{}", right.to_uppercase().replace("SHA", "sha"))).await.as_deref(),
            Some("return 2")
        );
        assert_eq!(get(&format!("/a{right}")).await, None, "all are wrong");
        assert_eq!(get("/longest").await.map(|code| code.len()), Some(MAX_CODE_BYTES));
        for useless in ["/too-long", "/bytes", "/empty", "/gone"] {
            assert_eq!(get(useless).await, None, "{useless}");
        }
        serving.abort();
    }

    #[test]
    fn code_from_elsewhere_leaves_aggregation_to_the_don() {
        assert_eq!(checked("return 1".into()), Ok("return 1".to_owned()));
        for line in ["// @aggregation median-uint256", "// @aggregation mean"] {
            assert_eq!(checked(format!("{line}\nreturn 1")), Err(AGGREGATION_TEXT));
        }
    }
}
