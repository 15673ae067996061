//! What requests name by URL: which answer counts, and what no URL leads to.

mod common;

use common::{Server, answer, config, runner, runner_for};
use oracle_runner::{Fetcher, MAX_URL_CHARS, MAX_URLS, Runner, RunnerConfig};

const LIMIT: usize = 100;

async fn first(fetcher: &Fetcher, urls: &[&str]) -> Option<String> {
    let urls: Vec<String> = urls.iter().map(|url| (*url).to_owned()).collect();
    let take = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok().filter(|text| text != "not this");
    fetcher.first(&urls, LIMIT, take).await
}

/// A URL where nobody listens.
async fn dead() -> Server {
    let server = Server::start(async |_| Vec::new()).await;
    server.task.abort();
    server
}

#[tokio::test]
async fn the_first_url_that_answers_as_it_should_counts() {
    let server = Server::start(async |seen| {
        assert!(!seen.head.to_ascii_lowercase().contains("authorization"), "{}", seen.head);
        match seen.path() {
            "/good" => answer("200 OK", "", b"good"),
            "/other" => answer("200 OK", "", b"other"),
            "/not-this" => answer("200 OK", "", b"not this"),
            "/most" => answer("200 OK", "", &[b'x'; LIMIT]),
            "/long" => answer("200 OK", "", &[b'x'; LIMIT + 1]),
            "/moved" => answer("302 Found", "location: /good\r\n", b""),
            _ => answer("404 Not Found", "", b"gone"),
        }
    })
    .await;
    let dead = dead().await;
    let runner = runner_for(&[&server, &dead]).await;
    let fetcher = runner.fetcher();
    let (good, other, most) = (server.url("/good"), server.url("/other"), server.url("/most"));
    assert_eq!(first(&fetcher, &[&good, &other]).await.as_deref(), Some("good"));
    let named = good.replace("http://", "http://me:secret@");
    assert_eq!(first(&fetcher, &[&named]).await.as_deref(), Some("good"), "credentials stay here");
    for useless in [
        dead.url("/"),
        server.url("/gone"),
        server.url("/not-this"),
        server.url("/long"),
        "not a URL".to_owned(),
        "ftp://1.1.1.1/".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        assert_eq!(first(&fetcher, &[&useless]).await, None, "{useless}");
        assert_eq!(first(&fetcher, &[&useless, &other]).await.as_deref(), Some("other"), "{useless}");
    }
    assert_eq!(first(&fetcher, &[&server.url("/moved")]).await.as_deref(), Some("good"));
    assert_eq!(first(&fetcher, &[&most]).await.map(|text| text.len()), Some(LIMIT));
    let hits = server.hits();
    assert_eq!(first(&fetcher, &[good.as_str(); MAX_URLS + 1]).await, None);
    let long = format!("{good}?{}", "x".repeat(MAX_URL_CHARS));
    assert_eq!(first(&fetcher, &[&good, &long]).await, None);
    assert_eq!(first(&fetcher, &[]).await, None);
    assert_eq!(server.hits(), hits, "nobody was asked");
    runner.shutdown().await;
    assert_eq!(first(&fetcher, &[&good]).await.as_deref(), Some("good"), "it outlives the runner");
}

#[tokio::test]
async fn private_addresses_are_refused_also_where_redirects_lead_there() {
    let inside = Server::start(async |_| answer("200 OK", "", b"inside")).await;
    let target = inside.url("/");
    let server = Server::start(move |_| {
        let reply = answer("302 Found", &format!("location: {target}\r\n"), b"");
        async move { reply }
    })
    .await;
    let strict = runner().await;
    let port = inside.port;
    for url in
        [inside.url("/"), format!("http://localhost:{port}/"), format!("http://[::ffff:127.0.0.1]:{port}/")]
    {
        assert_eq!(first(&strict.fetcher(), &[&url]).await, None, "{url}");
    }
    strict.shutdown().await;
    let runner = runner_for(&[&server]).await;
    assert_eq!(first(&runner.fetcher(), &[&server.url("/")]).await, None);
    assert_eq!((server.hits(), inside.hits()), (1, 0));
    runner.shutdown().await;
}

#[tokio::test]
async fn a_server_that_hangs_costs_five_seconds_and_the_next_one_is_asked() {
    let hung = Server::start(async |_| std::future::pending().await).await;
    let good = Server::start(async |_| answer("200 OK", "", b"good")).await;
    let runner = runner_for(&[&hung, &good]).await;
    assert_eq!(first(&runner.fetcher(), &[&hung.url("/"), &good.url("/")]).await.as_deref(), Some("good"));
    assert_eq!(hung.hits(), 1);
    runner.shutdown().await;
}

#[tokio::test]
async fn what_the_operator_refuses_scripts_is_refused_here() {
    let server = Server::start(async |_| answer("200 OK", "", b"good")).await;
    let own = RunnerConfig { refuse_http: vec![server.host()], allow_http: vec![server.host()], ..config() };
    let runner = Runner::start(own).await.expect("the sandbox starts");
    assert_eq!(first(&runner.fetcher(), &[&server.url("/")]).await, None);
    runner.shutdown().await;
}
