//! HTTP through the broker: what scripts see, what limits do, where scripts may not go.

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{Server, answer, json, request, run, runner, runner_for, text};
use functions_types::limits::Limits;
use oracle_runner::{RunReport, Runner};

async fn run_with(runner: &Runner, source: &str, url: &str) -> RunReport {
    let mut request = request(source);
    request.args = vec![url.to_owned()];
    runner.run(request).await.expect("the node is fine")
}

/// A script that shows what makeHttpRequest resolves to.
const SHOW: &str = "
    const { response, ...rest } = await Functions.makeHttpRequest({ url: args[0] });
    if (response) rest.body = await response.text();
    delete rest.headers;
    return Functions.encodeString(JSON.stringify(rest))";

#[tokio::test]
async fn a_response_is_parsed_and_described() {
    let server = Server::start(async |_| {
        answer("200 OK", "content-type: application/json\r\nX-Mine: 1\r\n", br#"{"price":42}"#)
    })
    .await;
    let runner = runner_for(&[&server]).await;
    let source = "const r = await Functions.makeHttpRequest({ url: args[0] });
        return Functions.encodeString(JSON.stringify([r.error, r.status, r.statusText, r.headers['x-mine'], r.data.price, Object.keys(r)]))";
    let report = run_with(&runner, source, &server.url("/p")).await;
    assert_eq!(text(&report), r#"[false,200,"OK","1",42,["error","status","statusText","headers","data"]]"#);
    assert_eq!(report.http.len(), 1);
    assert_eq!(
        (report.http[0].host.as_str(), report.http[0].status, report.http[0].response_bytes),
        ("127.0.0.1", 200, 12)
    );
    runner.shutdown().await;
}

#[tokio::test]
async fn any_language_is_accepted_unless_the_script_names_one() {
    let server = Server::start(async |seen| {
        let head = seen.head.to_ascii_lowercase();
        let lines: Vec<&str> = head.lines().filter(|line| line.starts_with("accept-language:")).collect();
        answer("200 OK", "", lines.join("|").as_bytes())
    })
    .await;
    let runner = runner_for(&[&server]).await;
    let ask = "const text = async (init) => await (await fetch(args[0], init)).text();
        return Functions.encodeString([await text(), await text({ headers: { 'Accept-Language': 'de' } })].join())";
    let report = run_with(&runner, ask, &server.url("/")).await;
    assert_eq!(text(&report), "accept-language: *,accept-language: de");
    runner.shutdown().await;
}

#[tokio::test]
async fn options_reach_the_server() {
    let server = Server::start(async |seen| {
        let headers = seen.head.to_ascii_lowercase();
        let has = |text: &str| headers.contains(text);
        let told = format!(
            "{} | {} | {} {} {}",
            seen.head.lines().next().unwrap_or_default(),
            String::from_utf8_lossy(&seen.body),
            has("content-type: text/plain;charset=utf-8"),
            has("x-key: secret"),
            has("\r\nhost: 127.0.0.1"),
        );
        answer("200 OK", "", told.as_bytes())
    })
    .await;
    let runner = runner_for(&[&server]).await;
    let source = "const r = await Functions.makeHttpRequest({ url: args[0], method: 'PoSt', params: { a: 'x y', b: 2 },
            headers: { 'X-Key': 'secret', Host: 'evil.example', Connection: 'close' }, data: { n: 1 }, responseType: 'text' });
        return Functions.encodeString(r.data)";
    let report = run_with(&runner, source, &server.url("/p?q=1")).await;
    assert_eq!(text(&report), r#"POST /p?q=1?a=x+y&b=2 HTTP/1.1 | {"n":1} | true true true"#);
    runner.shutdown().await;
}

#[tokio::test]
async fn a_request_without_a_body_says_so_where_one_is_expected() {
    let server = Server::start(async |seen| {
        let head = seen.head.to_ascii_lowercase();
        let length =
            head.lines().find(|line| line.starts_with("content-length")).unwrap_or("none").to_owned();
        answer("200 OK", "", format!("{length} {}", seen.body.len()).as_bytes())
    })
    .await;
    let runner = runner_for(&[&server]).await;
    let source = "const told = [];
        for (const init of [{ method: 'POST' }, { method: 'PUT', body: '' }, { method: 'DELETE' }, { method: 'POST', body: 'ab' }])
            told.push(await (await fetch(args[0], init)).text());
        const head = await fetch(args[0], { method: 'HEAD' });
        return Functions.encodeString(`${told} ${head.body} ${head.type}`)";
    let report = run_with(&runner, source, &server.url("/")).await;
    assert_eq!(
        text(&report),
        "content-length: 0 0,content-length: 0 0,none 0,content-length: 2 2 null basic"
    );
    runner.shutdown().await;
}

#[tokio::test]
async fn response_types_are_honoured() {
    let server = Server::start(async |_| answer("200 OK", "", b"[1,2]")).await;
    let runner = runner_for(&[&server]).await;
    let source = |kind: &str| {
        format!(
        "const r = await Functions.makeHttpRequest({{ url: args[0], responseType: '{kind}' }});
         if (r.error) return Functions.encodeString(r.message);
         const d = r.data; let s = typeof d === 'string' ? d : d instanceof ArrayBuffer ? 'buffer ' + d.byteLength : Array.isArray(d) ? 'json ' + d : '';
         if (s === '') for await (const c of d) s += 'chunk ' + c.length;
         return Functions.encodeString(s)"
    )
    };
    for (kind, expected) in [
        ("json", "json 1,2"),
        ("text", "[1,2]"),
        ("document", "[1,2]"),
        ("arraybuffer", "buffer 5"),
        ("stream", "chunk 5"),
    ] {
        assert_eq!(text(&run_with(&runner, &source(kind), &server.url("/")).await), expected, "{kind}");
    }
    assert_eq!(
        text(&run_with(&runner, &source("xml"), &server.url("/")).await),
        "Error: invalid response type"
    );
    runner.shutdown().await;
}

#[tokio::test]
async fn failures_are_values_not_exceptions() {
    let server = Server::start(async |seen| match seen.path() {
        "/404" => answer("404 Not Found", "", b"gone"),
        "/500" => answer("500 Internal Server Error", "", b""),
        _ => answer("200 OK", "", b"not json"),
    })
    .await;
    let runner = runner_for(&[&server]).await;
    let shown = async |path: &str| text(&run_with(&runner, SHOW, &server.url(path)).await);
    assert_eq!(shown("/404").await, r#"{"error":true,"message":"Not Found","code":"404","body":"gone"}"#);
    assert_eq!(
        shown("/500").await,
        r#"{"error":true,"message":"Internal Server Error","code":"500","body":""}"#
    );
    let bad = shown("/text").await;
    assert!(bad.starts_with(r#"{"error":true,"message":"SyntaxError: "#), "{bad}");

    let none =
        run(&runner, "return Functions.encodeString(JSON.stringify(await Functions.makeHttpRequest({})))")
            .await;
    assert_eq!(
        text(&none),
        r#"{"error":true,"message":"Error: fetch only accepts string, URL or Request object"}"#
    );
    let thrown =
        run(&runner, "try { fetch(5) } catch (e) { return Functions.encodeString('sync ' + e.message) }")
            .await;
    assert_eq!(text(&thrown), "sync fetch only accepts string, URL or Request object");
    let rejected = run(
        &runner,
        "try { await Functions.makeHttpRequest() } catch (e) { return Functions.encodeString(e.name) }",
    )
    .await;
    assert_eq!(text(&rejected), "TypeError");
    let malformed = run_with(&runner, SHOW, "not a url").await;
    assert_eq!(
        text(&malformed),
        r#"{"error":true,"message":"Bad Request","code":"400","body":"{\"error\":\"Error during fetch request\"}"}"#
    );
    runner.shutdown().await;
}

#[tokio::test]
async fn parallel_requests_work_and_arrive_in_the_order_they_were_made() {
    let gate = Arc::new(tokio::sync::Notify::new());
    let other = Arc::clone(&gate);
    let server = Server::start(move |seen| {
        let gate = Arc::clone(&other);
        async move {
            // The first request is answered only after the last one was.
            match seen.path() {
                "/0" => gate.notified().await,
                "/2" => gate.notify_one(),
                _ => {}
            }
            json(&format!("{{\"path\":\"{}\"}}", seen.path()))
        }
    })
    .await;
    let runner = runner_for(&[&server]).await;
    let source = "const order = [];
        await Promise.all([0, 1, 2].map(async n => { const r = await Functions.makeHttpRequest({ url: args[0] + n }); order.push(r.data.path) }));
        return Functions.encodeString(order.join())";
    let report = run_with(&runner, source, &server.url("/")).await;
    assert_eq!(text(&report), "/0,/1,/2");
    assert_eq!(server.hits(), 3);
    runner.shutdown().await;
}

#[tokio::test]
async fn queries_are_counted_together_and_refused_beyond_the_limit() {
    let server = Server::start(async |_| json("{}")).await;
    let runner = runner_for(&[&server]).await;
    let source = "const seen = [];
        for (let i = 0; i < 4; i++) seen.push((await fetch(args[0])).status);
        for (let i = 0; i < 3; i++) seen.push((await Functions.makeHttpRequest({ url: args[0] })).code ?? 200);
        const last = await fetch(args[0]);
        return Functions.encodeString(seen.join() + ' ' + last.statusText + ' ' + await last.text())";
    let report = run_with(&runner, source, &server.url("/")).await;
    assert_eq!(
        text(&report),
        r#"200,200,200,200,200,429,429 Too Many Requests {"error":"Exceeded maximum of 5 HTTP queries"}"#
    );
    assert_eq!(server.hits(), 5);
    runner.shutdown().await;
}

#[tokio::test]
async fn sizes_and_times_are_limited() {
    let server = Server::start(async |seen| match seen.path() {
        "/slow" => std::future::pending().await,
        "/big" => answer("200 OK", "", &vec![b'x'; 2001]),
        "/fits" => answer("200 OK", "", &vec![b'x'; 2000]),
        _ => answer("200 OK", "", format!("{}", seen.body.len()).as_bytes()),
    })
    .await;
    let runner = runner_for(&[&server]).await;
    let limits = Limits {
        http_url_chars: 100,
        http_request_bytes: 50,
        http_response_bytes: 2000,
        http_query_ms: 300,
        execution_ms: 10_000,
        ..Limits::DEFAULT
    };
    let fetched = async |path: &str, init: &str| {
        let mut request = request(&format!(
            "const r = await fetch(args[0], {init}); return Functions.encodeString(r.status + ' ' + r.statusText + ' ' + (await r.text()).slice(0, 100))"
        ));
        request.args = vec![server.url(path)];
        request.limits = limits.clone();
        text(&runner.run(request).await.unwrap())
    };
    assert_eq!(
        fetched(&format!("/{}", "u".repeat(100)), "{}").await,
        r#"414 URI Too Long {"error":"Destination URL exceeds maximum length of 100"}"#
    );
    assert_eq!(
        fetched("/", "{ method: 'POST', body: 'x'.repeat(51) }").await,
        r#"413 Payload Too Large {"error":"Request payload size exceeds 50 byte limit"}"#
    );
    assert_eq!(fetched("/", "{ method: 'POST', body: 'x'.repeat(50) }").await, "200 OK 50");
    assert_eq!(
        fetched("/big", "{}").await,
        r#"413 Payload Too Large {"error":"Response payload size exceeds 2000 byte limit"}"#
    );
    assert!(fetched("/fits", "{}").await.starts_with("200 OK xxx"));
    assert_eq!(
        fetched("/slow", "{}").await,
        r#"400 Bad Request {"error":"HTTP query exceeded time limit of 300ms"}"#
    );
    runner.shutdown().await;
}

/// As in the reference: without a body there is no JSON, and only who asks for text is given the empty one.
#[tokio::test]
async fn an_answer_without_a_body_is_no_json() {
    let server =
        Server::start(async |_| b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_vec()).await;
    let runner = runner_for(&[&server]).await;
    let source = "const of = async responseType => { const r = await Functions.makeHttpRequest({ url: args[0], responseType });
        return [r.error, r.status, JSON.stringify(r.data), (r.message ?? '').split(':')[0]].join(' ') };
        return Functions.encodeString(`${await of()}, ${await of('text')}`)";
    let report = run_with(&runner, source, &server.url("/")).await;
    assert_eq!(text(&report), "true   SyntaxError, false 204 \"\" ");
    runner.shutdown().await;
}

#[tokio::test]
async fn a_compressed_bomb_stops_at_the_limit() {
    // 16 MiB of zeros in 16 KiB: `head -c 16M /dev/zero | gzip -9n`.
    let bomb = include_bytes!("data/zeros-16mib.gz");
    let server = Server::start(async |_| answer("200 OK", "content-encoding: gzip\r\n", bomb)).await;
    let runner = runner_for(&[&server]).await;
    let report = run_with(&runner, SHOW, &server.url("/")).await;
    assert!(text(&report).contains("Response payload size exceeds 2097152 byte limit"), "{}", text(&report));
    runner.shutdown().await;
}

#[tokio::test]
async fn the_script_s_own_timeout_aborts_the_request() {
    let server = Server::start(async |_| std::future::pending().await).await;
    let runner = runner_for(&[&server]).await;
    let source = "const r = await Functions.makeHttpRequest({ url: args[0], timeout: 50 }); return Functions.encodeString(r.error + ' ' + r.message)";
    let report = run_with(&runner, source, &server.url("/")).await;
    assert!(text(&report).starts_with("true AbortError: "), "{}", text(&report));
    runner.shutdown().await;
}

#[tokio::test]
async fn a_response_comes_before_timers_unless_its_server_is_dead() {
    let server = Server::start(async |seen| match seen.path() {
        "/dead" => std::future::pending().await,
        _ => json("{}"),
    })
    .await;
    let runner = runner_for(&[&server]).await;
    let source = "const order = [], note = name => () => order.push(name);
        setInterval(note('tick'), 1);
        const timers = [0, 1, 500].map(ms => new Promise(done => setTimeout(done, ms)).then(note(ms)));
        await fetch(args[0]).then(note('response'));
        await fetch(args[0]).then(note('response'));
        await timers[1];
        const dead = await Promise.race([fetch(args[0] + 'dead').then(() => 'answer'), timers[2].then(() => 'timer')]);
        return Functions.encodeString(order.slice(0, 5).join() + ' ' + dead)";
    let report = run_with(&runner, source, &server.url("/")).await;
    assert_eq!(text(&report), "response,response,0,tick,1 timer");
    runner.shutdown().await;
}

#[tokio::test]
async fn private_addresses_are_refused_without_a_reason() {
    let server = Server::start(async |_| json("{}")).await;
    let runner = runner().await;
    let port = server.port;
    for url in [
        server.url("/"),
        format!("http://localhost:{port}/"),
        format!("http://[::1]:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://0.0.0.0:{port}/"),
        format!("http://localhost.:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        "http://169.254.169.254/latest/meta-data/".into(),
        "file:///etc/passwd".into(),
        "ftp://1.1.1.1/".into(),
        "http://1.1.1.1:22/".into(),
    ] {
        let report = run_with(&runner, SHOW, &url).await;
        assert_eq!(
            text(&report),
            r#"{"error":true,"message":"Bad Request","code":"400","body":"{\"error\":\"Error during fetch request\"}"}"#,
            "{url}"
        );
        assert!(report.http[0].failure.is_some());
    }
    assert_eq!(server.hits(), 0);
    runner.shutdown().await;
}

#[tokio::test]
async fn redirects_are_followed_and_judged_at_every_hop() {
    let secret = Server::start(async |_| json(r#"{"secret":1}"#)).await;
    let target = secret.url("/secret");
    let server = Server::start(move |seen| {
        let target = target.clone();
        async move {
            match seen.path() {
                "/inside" => answer("302 Found", &format!("location: {target}\r\n"), b""),
                "/loop" => answer("302 Found", "location: /loop\r\n", b""),
                "/a" => answer("303 See Other", "location: /b\r\n", b""),
                _ => answer("200 OK", "", seen.head.lines().next().unwrap_or_default().as_bytes()),
            }
        }
    })
    .await;
    let runner = runner_for(&[&server]).await;
    let refused = r#"{"error":true,"message":"Bad Request","code":"400","body":"{\"error\":\"Error during fetch request\"}"}"#;
    assert_eq!(text(&run_with(&runner, SHOW, &server.url("/inside")).await), refused);
    assert_eq!(secret.hits(), 0);
    assert_eq!(text(&run_with(&runner, SHOW, &server.url("/loop")).await), refused);
    let source = "const r = await fetch(args[0], { method: 'POST', body: 'x' }); return Functions.encodeString(r.redirected + ' ' + new URL(r.url).pathname + ' ' + await r.text())";
    assert_eq!(text(&run_with(&runner, source, &server.url("/a")).await), "true /b GET /b HTTP/1.1");
    let source = "const r = await fetch(args[0], { redirect: 'manual' }); return Functions.encodeString(String(r.status))";
    assert_eq!(text(&run_with(&runner, source, &server.url("/a")).await), "303");
    runner.shutdown().await;
}

#[tokio::test]
async fn a_run_that_waits_for_http_ends_at_its_deadline() {
    let server = Server::start(async |_| std::future::pending().await).await;
    let runner = runner_for(&[&server]).await;
    let mut request = request("await fetch(args[0]); return new Uint8Array(1)");
    request.args = vec![server.url("/")];
    request.limits = Limits { execution_ms: 400, ..Limits::DEFAULT };
    let report = runner.run(request).await.unwrap();
    assert_eq!(text(&report), "error: script runtime exceeded");
    assert!(report.wall >= Duration::from_millis(400));
    runner.shutdown().await;
}
