//! What nodes show of a request on their admin pages.

use std::time::Duration;

use alloy::primitives::B256;
use functions_failure::{OrHelp as _, Result};
use functions_trust::http_client;
use oracle_ocr::evidence::{Evidence, MAX_EVIDENCE_BYTES};
use serde::Deserialize;
use url::Url;

/// How long a node may take to answer one question.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a node shows nothing of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Nothing {
    /// It answers that there is none.
    Unknown(String),
    /// It does not answer, or not as a node does.
    Silent(String),
}

impl Nothing {
    /// The words of it.
    pub(super) fn why(&self) -> &str {
        let (Self::Unknown(why) | Self::Silent(why)) = self;
        why
    }
}

/// What one node said.
#[derive(Debug)]
pub(super) struct Answer {
    /// Where it was asked, without user and password.
    pub(super) url: String,
    /// What it shows of the request; else why it shows nothing.
    pub(super) page: Result<Page, Nothing>,
    /// What its records prove; else why there is nothing.
    pub(super) evidence: Result<Evidence, String>,
}

/// The part of `/requests/{id}` that explains.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Page {
    /// Where the request stands there.
    pub(super) state: String,
    /// What it waits for, or why it ended.
    pub(super) reason: Option<String>,
}

/// A node's admin address: `http://HOST:PORT`.
///
/// # Errors
/// What is wrong with the text.
pub(super) fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let plain = url.filter(|url| url.path() == "/" && url.query().is_none() && url.has_host());
    plain.ok_or_else(|| "write http://HOST:PORT, as admin.listen of the node says".to_owned())
}

/// Asks every node once, one after the other; one that does not answer says so in its place.
///
/// # Errors
/// When this machine cannot ask anybody.
pub(super) async fn ask(nodes: &[Url], id: B256) -> Result<Vec<Answer>> {
    let client = http_client().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
    let client = client.build().or_help("this machine gives no network client; the reason is above")?;
    let mut answers = Vec::new();
    for (place, node) in nodes.iter().enumerate() {
        if nodes[..place].contains(node) {
            continue;
        }
        let page = get(&client, node, &format!("requests/{id}")).await;
        let page = page.and_then(|bytes| read::<Page>(&bytes).map_err(Nothing::Silent));
        let evidence = match &page {
            Ok(_) => {
                let evidence = get(&client, node, &format!("requests/{id}/evidence")).await;
                evidence.map_err(|nothing| nothing.why().to_owned())
            }
            Err(nothing) => Err(nothing.why().to_owned()),
        };
        let evidence = evidence.and_then(|bytes| read::<Evidence>(&bytes));
        answers.push(Answer { url: functions_client::shown(node), page, evidence });
    }
    Ok(answers)
}

/// What the request waits for, in the words of all who answered: most nodes' reason first, each with who gives it where
/// not all say the same. None when nobody gives one.
pub(super) fn reasons(answers: &[Answer]) -> Option<String> {
    let mut said: Vec<(&str, Vec<&str>)> = Vec::new();
    for answer in answers {
        let Some(reason) = answer.page.as_ref().ok().and_then(|page| page.reason.as_deref()) else {
            continue;
        };
        match said.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, by)) if by.contains(&&*answer.url) => {}
            Some((_, by)) => by.push(&answer.url),
            None => said.push((reason, vec![&answer.url])),
        }
    }
    said.sort_by_key(|(_, by)| std::cmp::Reverse(by.len()));
    match &*said {
        [] => None,
        [(reason, _)] => Some((*reason).to_owned()),
        _ => {
            let each = said.iter().map(|(reason, by)| format!("{reason} (says {})", by.join(", ")));
            Some(each.collect::<Vec<_>>().join("; "))
        }
    }
}

/// What is said where nodes were asked and none shows the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unseen {
    /// How many answer that they have not seen it, and the first of them.
    pub(super) unknown: usize,
    pub(super) first: Option<String>,
    /// How many do not answer.
    pub(super) silent: usize,
}

/// None where nobody was asked, or somebody shows the request.
pub(super) fn unseen(answers: &[Answer]) -> Option<Unseen> {
    let mut unseen = Unseen { unknown: 0, first: None, silent: 0 };
    for answer in answers {
        match &answer.page {
            Ok(_) => return None,
            Err(Nothing::Silent(_)) => unseen.silent += 1,
            Err(Nothing::Unknown(_)) => {
                unseen.unknown += 1;
                unseen.first.get_or_insert_with(|| answer.url.clone());
            }
        }
    }
    (!answers.is_empty()).then_some(unseen)
}

fn read<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| format!("it does not answer like a node: {error}"))
}

/// Why no answer came: nobody is there, or somebody who says nothing.
fn failed(error: reqwest::Error) -> Nothing {
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    let is_refused = std::iter::from_fn(|| {
        let now = cause?;
        cause = now.source();
        Some(now.downcast_ref::<std::io::Error>().map(std::io::Error::kind))
    })
    .any(|kind| kind == Some(std::io::ErrorKind::ConnectionRefused));
    Nothing::Silent(if is_refused {
        "it refused the connection".to_owned()
    } else if error.is_timeout() {
        format!("no answer within {} s", PATIENCE.as_secs())
    } else {
        format!("it does not answer: {}", error.without_url())
    })
}

async fn get(client: &reqwest::Client, node: &Url, path: &str) -> Result<Vec<u8>, Nothing> {
    let url = node.join(path).map_err(|error| Nothing::Silent(error.to_string()))?;
    let mut answer = client.get(url).send().await.map_err(failed)?;
    let status = answer.status();
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(failed)? {
        if body.len() + part.len() > MAX_EVIDENCE_BYTES {
            return Err(Nothing::Silent("it answers with more than any evidence can be".to_owned()));
        }
        body.extend_from_slice(&part);
    }
    if status.is_success() {
        return Ok(body);
    }
    /// What nodes say instead.
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    Err(match serde_json::from_slice::<Refusal>(&body) {
        Ok(refusal) if status == reqwest::StatusCode::NOT_FOUND => Nothing::Unknown(refusal.error),
        Ok(refusal) => Nothing::Silent(refusal.error),
        Err(_) => Nothing::Silent(status.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(url: &str, reason: Option<&str>) -> Answer {
        let page = Page { state: "observed".to_owned(), reason: reason.map(str::to_owned) };
        Answer { url: url.to_owned(), page: Ok(page), evidence: Err(String::new()) }
    }

    #[test]
    fn the_cause_is_what_all_who_answered_say() {
        let silent =
            Answer { page: Err(Nothing::Silent("it does not answer".to_owned())), ..says("a", None) };
        assert_eq!(reasons(&[]), None);
        assert_eq!(reasons(&[silent, says("b", None)]), None);
        let agreed = [says("a", Some("no gas")), says("b", None), says("c", Some("no gas"))];
        assert_eq!(reasons(&agreed).as_deref(), Some("no gas"));
        let behind = [says("a", Some("seen")), says("b", Some("no gas")), says("c", Some("no gas"))];
        assert_eq!(reasons(&behind).as_deref(), Some("no gas (says b, c); seen (says a)"));
        let twice = [says("a", Some("seen")), says("a", Some("seen")), says("b", Some("no gas"))];
        assert_eq!(reasons(&twice).as_deref(), Some("seen (says a); no gas (says b)"));
    }

    #[test]
    fn nobody_showing_the_request_is_told_from_nobody_asked() {
        let of = |page: Result<Page, Nothing>| Answer { page, ..says("a", None) };
        let unknown = || of(Err(Nothing::Unknown("not seen".to_owned())));
        let silent = || of(Err(Nothing::Silent("no answer".to_owned())));
        assert_eq!(unseen(&[]), None);
        assert_eq!(unseen(&[unknown(), says("b", None)]), None);
        let both = Unseen { unknown: 1, first: Some("a".to_owned()), silent: 1 };
        assert_eq!(unseen(&[silent(), unknown()]), Some(both));
        assert_eq!(unseen(&[silent()]), Some(Unseen { unknown: 0, first: None, silent: 1 }));
    }

    #[tokio::test]
    async fn a_node_that_refuses_is_told_from_one_that_hangs_and_each_is_asked_once() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let node = format!("http://{}", listener.local_addr().expect("its address"));
        let twice = [address(&node).expect("an address"), address(&format!("{node}/")).expect("an address")];
        let hasty = http_client().timeout(Duration::from_millis(1)).build().expect("a client");
        let hung = get(&hasty, &twice[0], "requests/0x").await.expect_err("nobody accepts");
        assert_eq!(hung, Nothing::Silent("no answer within 10 s".to_owned()));
        drop(listener);
        let refused = ask(&twice, B256::ZERO).await.expect("a client");
        let said: Vec<_> = refused.iter().map(|answer| answer.page.clone()).collect();
        assert_eq!(said, [Err(Nothing::Silent("it refused the connection".to_owned()))]);
    }

    #[test]
    fn a_nodes_address_is_no_more_than_that() {
        assert_eq!(
            address("http://127.0.0.1:9701").map(|url| url.to_string()).as_deref(),
            Ok("http://127.0.0.1:9701/")
        );
        assert!(address("https://node.example").is_ok());
        for wrong in ["127.0.0.1:9701", "ftp://node", "http://node/requests", "http://node/?a=1", ""] {
            assert!(address(wrong).unwrap_err().contains("http://HOST:PORT"), "{wrong}");
        }
    }
}
