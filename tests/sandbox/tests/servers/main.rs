//! HTTP servers and name servers that mean harm: the script gets the documented answer, the node is unharmed.

mod attacks;
#[path = "../../../../oracle/runner/tests/common/mod.rs"]
mod common;
mod names;

use common::{config, request, text};
use functions_types::limits::Limits;
use oracle_runner::{RunReport, Runner, RunnerConfig};
use sandbox_tests::server::{Attacks, Server, Step};
use sandbox_tests::{ALONE, Footprint};

/// Asks for `args[0]` and says what came.
const SHOW: &str = "const response = await fetch(args[0]);
    const body = await response.text();
    return Functions.encodeString(`${response.status} ${response.statusText} ${body.slice(0, 200)}`)";
/// What a script is told of everything it need not know.
const REFUSED: &str = r#"400 Bad Request {"error":"Error during fetch request"}"#;
/// Time of one query against a server that never finishes, in milliseconds.
const SHORT_MS: u64 = 300;
/// How much this process may have grown after all attacks, in bytes.
const GROWTH_MAX: u64 = 32 << 20;

async fn runner_for(servers: &[&Server]) -> Runner {
    let allow_http = servers.iter().map(|server| server.host()).collect();
    Runner::start(RunnerConfig { allow_http, ..config() }).await.expect("the sandbox starts")
}

async fn fetch(runner: &Runner, source: &str, url: &str, query_ms: u64) -> RunReport {
    let mut request = request(source);
    request.args = vec![url.to_owned()];
    request.limits = Limits { http_query_ms: query_ms, ..Limits::DEFAULT };
    runner.run(request).await.expect("the node is fine")
}

#[tokio::test]
async fn every_attack_of_a_server_gets_the_documented_answer() {
    let _alone = ALONE.lock().await;
    let table = attacks::table();
    let steps = table.iter().map(|attack| (format!("/{}", attack.name), attack.steps.clone())).collect();
    let server = Server::start(|_| steps).await;
    let runner = runner_for(&[&server]).await;
    let echo = format!("http://{}/echo", server.host());
    let settle = async |before: Option<Footprint>| {
        for _ in 0..1_000 {
            let alive = text(&fetch(&runner, SHOW, &echo, 9_000).await);
            assert!(alive.starts_with("200 OK GET /echo"), "the next query is not served: {alive}");
            let now = Footprint::measure().expect("Linux");
            if before.is_none_or(|before| now.descriptors <= before.descriptors) {
                return now;
            }
        }
        panic!("descriptors do not settle")
    };
    settle(None).await;
    let before = settle(None).await;
    let mut wrong = Vec::new();
    for attack in &table {
        let query_ms = if attack.is_endless() { SHORT_MS } else { Limits::DEFAULT.http_query_ms };
        let url = format!("http://{}/{}", server.host(), attack.name);
        let report = fetch(&runner, SHOW, &url, query_ms).await;
        let got = text(&report);
        if got != attack.expected {
            let failure = report.http.first().map(|exchange| &exchange.failure);
            wrong.push(format!("{}: got {got:?} ({failure:?}), not {:?}", attack.name, attack.expected));
        }
    }
    let after = settle(Some(before)).await;
    runner.shutdown().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(after.descriptors <= before.descriptors, "{after:?}, before {before:?}");
    let growth = after.resident_bytes.saturating_sub(before.resident_bytes);
    assert!(growth <= GROWTH_MAX, "the node grew by {growth} bytes");
}

fn redirect(to: &str) -> Vec<Step> {
    vec![Step::Send(
        format!("HTTP/1.1 302 Found\r\nconnection: close\r\ncontent-length: 0\r\nlocation: {to}\r\n\r\n")
            .into(),
    )]
}

#[tokio::test]
async fn redirects_end_and_never_lead_inside() {
    let _alone = ALONE.lock().await;
    let inside = Server::start(|_| Attacks::new()).await;
    let port = inside.port;
    let targets: Vec<String> = [
        "http://127.0.0.1:PORT/",
        "//127.0.0.1:PORT/",
        "http://localhost:PORT/",
        "http://localhost.:PORT/",
        "http://2130706433:PORT/",
        "http://0177.1:PORT/",
        "http://0x7f.0.0.1:PORT/",
        "http://[::1]:PORT/",
        "http://[::ffff:127.0.0.1]:PORT/",
        "http://[64:ff9b::7f00:1]:PORT/",
        "http://name@127.0.0.1:PORT/",
        "http://1.1.1.1@127.0.0.1:PORT/",
        "http://0.0.0.0:PORT/",
        "http:\\\\127.0.0.1:PORT/",
        "http://169.254.169.254/latest/meta-data/",
        "http://metadata.invalid/",
        "http://1.1.1.1:22/",
        "file:///etc/passwd",
        "ftp://127.0.0.1:PORT/",
        "data:text/plain,x",
        "javascript:1",
    ]
    .map(|target| target.replace("PORT", &port.to_string()))
    .into();
    let attacks = |own: u16| {
        let mut attacks = Attacks::from([
            ("/loop".into(), redirect("/loop")),
            ("/ping".into(), redirect("/pong")),
            ("/pong".into(), redirect(&format!("http://127.0.0.1:{own}/ping"))),
            ("/6".into(), redirect("/5")),
            ("/5".into(), redirect("/4")),
            ("/4".into(), redirect("/3")),
            ("/3".into(), redirect("/2")),
            ("/2".into(), redirect("/1")),
            ("/1".into(), redirect("/echo")),
        ]);
        attacks.extend(targets.iter().enumerate().map(|(at, to)| (format!("/inside/{at}"), redirect(to))));
        attacks
    };
    let server = Server::start(attacks).await;
    let runner = runner_for(&[&server]).await;
    let shown = async |path: &str| {
        text(&fetch(&runner, SHOW, &format!("http://{}{path}", server.host()), 9_000).await)
    };
    assert!(shown("/5").await.starts_with("200 OK GET /echo"), "five redirects are followed");
    assert_eq!(shown("/6").await, REFUSED, "six are not");
    for path in ["/loop", "/ping"] {
        let before = server.hits();
        assert_eq!(shown(path).await, REFUSED, "{path}");
        assert_eq!(server.hits() - before, 6, "{path}: the query and five redirects");
    }
    for (at, target) in targets.iter().enumerate() {
        assert_eq!(shown(&format!("/inside/{at}")).await, REFUSED, "{target}");
    }
    assert_eq!(inside.hits(), 0);
    runner.shutdown().await;
}

#[tokio::test]
async fn credentials_do_not_follow_a_redirect_to_another_origin() {
    let _alone = ALONE.lock().await;
    let other = Server::start(|_| Attacks::new()).await;
    let to = format!("http://{}/echo", other.host());
    let server = Server::start(|_| {
        Attacks::from([("/away".into(), redirect(&to)), ("/home".into(), redirect("/echo"))])
    })
    .await;
    let runner = runner_for(&[&server, &other]).await;
    let source = "const headers = { Authorization: 'Bearer s3cret', Cookie: 'id=s3cret', 'X-Plain': 'kept' };
        const head = await (await fetch(args[0], { headers })).text();
        return Functions.encodeString(`${head.includes('s3cret')} ${head.includes('kept')}`)";
    let seen = async |path: &str| {
        text(&fetch(&runner, source, &format!("http://{}{path}", server.host()), 9_000).await)
    };
    assert_eq!(seen("/home").await, "true true");
    assert_eq!(seen("/away").await, "false true");
    runner.shutdown().await;
}

#[tokio::test]
async fn nothing_a_server_sends_is_kept_for_the_next_query() {
    let _alone = ALONE.lock().await;
    let cookie = b"HTTP/1.1 200 OK\r\nset-cookie: id=kept; Path=/\r\ncontent-length: 0\r\n\r\n".to_vec();
    let poison = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirstHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison";
    let attacks = Attacks::from([
        ("/cookie".into(), vec![Step::Send(cookie), Step::Again]),
        ("/poison".into(), vec![Step::Send(poison.to_vec()), Step::Again]),
    ]);
    let server = Server::start(|_| attacks).await;
    let runner = runner_for(&[&server]).await;
    let source = "await (await fetch(args[0])).text();
        const next = await (await fetch(new URL('/echo', args[0]))).text();
        return Functions.encodeString(next.toLowerCase())";
    for path in ["/cookie", "/poison"] {
        let url = format!("http://{}{path}", server.host());
        let next = text(&fetch(&runner, source, &url, 9_000).await);
        assert!(next.starts_with("get /echo") && !next.contains("cookie:"), "{path}: {next}");
        // Nor for another run over the same connection pool.
        let echo = format!("http://{}/echo", server.host());
        let other = text(&fetch(&runner, SHOW, &echo, 9_000).await);
        assert!(other.starts_with("200 OK GET /echo"), "{path}: {other}");
    }
    runner.shutdown().await;
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_ends_the_query() {
    let _alone = ALONE.lock().await;
    let server = Server::start(|_| Attacks::new()).await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let silent = format!("127.0.0.1:{}", silent.local_addr().expect("bound").port());
    let allow_http = vec![server.host(), silent.clone()];
    let runner = Runner::start(RunnerConfig { allow_http, ..config() }).await.expect("it starts");
    // The plain server waits for the end of a head that never comes.
    for host in [server.host(), silent] {
        let report = fetch(&runner, SHOW, &format!("https://{host}/"), SHORT_MS).await;
        let expected =
            format!(r#"400 Bad Request {{"error":"HTTP query exceeded time limit of {SHORT_MS}ms"}}"#);
        let got = text(&report);
        assert!(got == expected || got == REFUSED, "{host}: {got}");
    }
    runner.shutdown().await;
}
