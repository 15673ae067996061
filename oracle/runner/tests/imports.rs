//! Dynamic imports: where modules come from, what is refused, what a recording keeps.

mod common;

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use common::{Server, answer, config, request, run, runner, text};
use functions_types::limits::Limits;
use oracle_runner::{ImportPolicy, ModuleKind, RunReport, RunRequest, Runner, RunnerConfig, Transcript};

const JS: &str = "content-type: text/javascript; charset=utf-8\r\n";

/// A site of modules.
async fn site() -> Server {
    Server::start(async |seen| {
        let js = |text: &str| answer("200 OK", JS, text.as_bytes());
        match seen.path() {
            "/a.js" => js("import { b } from './lib/b.js'; import data from '/data.json' with { type: 'json' };
                export const sum = b + data.n; export default 'A'; export const seen = import.meta !== undefined"),
            "/lib/b.js" => js("import { c } from '../c.js'; export const b = 10 + c"),
            "/c.js" => js("export let c = 1"),
            "/data.json" => answer("200 OK", "content-type: application/json\r\n", b"{\"n\": 100, \"__proto__\": 1}"),
            "/cycle1.js" => js("import { two } from './cycle2.js'; export const one = () => two() + 1; export const base = () => 40"),
            "/cycle2.js" => js("import { base } from './cycle1.js'; export const two = () => base() + 1"),
            "/later.js" => js("await new Promise(r => setTimeout(r, 5)); export const t = Date.now()"),
            "/throws.js" => js("throw new Error('from the module')"),
            "/place.js" => js("const a = '中文'; null.foo"),
            "/syntax.js" => js("export const = 1"),
            "/missing.js" => js("import { nothing } from './c.js'"),
            "/bare.js" => js("import 'lodash'"),
            "/nested.js" => js("export const load = () => import('./c.js')"),
            "/page.html" => answer("200 OK", "content-type: text/html\r\n", b"<p>"),
            "/moved.js" => answer("302 Found", "location: /lib/b.js\r\n", b""),
            "/for-ever.js" => answer("200 OK", &format!("{JS}cache-control: public, immutable\r\n"), b"export const n = 1"),
            "/pkg@1.2.3" => js("export const name = 'pkg'"),
            "/jsr/@scope/pkg@1.0.0" => js("export const name = 'jsr pkg'"),
            "/big.js" => js(&format!("export const big = '{}'", "x".repeat(5_000))),
            path if path.starts_with("/chain/") => {
                let n: u32 = path[7..].parse().unwrap_or(0);
                js(&format!("export * from './{}'; export const n{n} = {n}", n + 1))
            }
            _ => answer("404 Not Found", JS, b"gone"),
        }
    })
    .await
}

async fn runner_with(server: &Server, imports: ImportPolicy) -> Runner {
    let allow_http = vec![server.host()];
    Runner::start(RunnerConfig { allow_http, imports, ..config() }).await.expect("the sandbox starts")
}

async fn run_at(runner: &Runner, server: &Server, source: &str) -> RunReport {
    let mut asked = request(&format!("const site = args[0]; {source}"));
    asked.args = vec![server.url("")];
    runner.run(asked).await.expect("the node is fine")
}

/// Runs every script of a table and compares outcome texts, naming all that differ.
async fn check(runner: &Runner, server: &Server, table: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (source, expected) in table {
        let report = run_at(runner, server, source).await;
        let got = text(&report).replace(&server.url(""), "SITE");
        if got != *expected {
            let why: Vec<_> = report.modules.iter().map(|load| (&load.specifier, &load.failure)).collect();
            wrong.push(format!(
                "{source}\n  expected {expected}\n  got      {got}\n  {why:?} {:?}",
                report.diagnostic
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const SAY: &str = "const say = text => Functions.encodeString(String(text));";

#[tokio::test]
async fn modules_are_loaded_linked_and_run() {
    let server = site().await;
    let runner = runner_with(&server, ImportPolicy::default()).await;
    let table: Vec<(String, &str)> = [
        ("const m = await import(site + '/a.js'); return say([m.sum, m.default, m.seen])", "111,A,true"),
        ("const m = await import(site + '/cycle1.js'); return say(m.one())", "42"),
        ("const t = Date.now(); const m = await import(site + '/later.js'); return say(m.t - t)", "5"),
        ("const [a, b] = await Promise.all([import(site + '/c.js'), import(site + '/c.js')]); return say(a === b && a === await import(site + '/./c.js'))", "true"),
        ("const m = await import(site + '/nested.js'); return say((await m.load()) === await import(site + '/c.js'))", "true"),
        ("const m = await import(site + '/moved.js'); return say(m.b)", "11"),
        ("const m = await import(site + '/data.json', { with: { type: 'json' } }); return say(Object.keys(m.default))", "n,__proto__"),
        ("try { await import(site + '/throws.js') } catch (e) { return say(e.message) }", "from the module"),
        ("const e1 = await import(site + '/throws.js').catch(e => e); const e2 = await import(site + '/throws.js').catch(e => e); return say(e1 === e2)", "true"),
        ("await import(site + '/throws.js')", "error: from the module"),
        ("try { await import(site + '/place.js') } catch (e) { return say(e.stack.split(':').slice(-2)) }", "1,22"),
        ("try { await import(site + '/syntax.js') } catch (e) { return say(e.name) }", "SyntaxError"),
        ("try { await import(site + '/missing.js') } catch (e) { return say(e.name) }", "SyntaxError"),
        ("const m = await import('data:text/javascript,export default 1%2b1'); return say(m.default)", "2"),
        ("const m = await import('data:text/javascript;base64,ZXhwb3J0IGRlZmF1bHQgNw=='); return say(m.default)", "7"),
        ("const m = await import('data:application/json,{\"a\":7}', { with: { type: 'json' } }); return say(m.default.a)", "7"),
        ("const a = 'data:text/javascript,export default {}'; return say((await import(a)).default === (await import(a)).default)", "true"),
        ("await import('data:text/plain,export default 1')", "error: import of data:text/plain,export default 1 failed"),
        ("const m = await import('node:buffer'); return say(m.Buffer.from('hi').toString('hex') + (m.default.Buffer === m.Buffer))", "6869true"),
        ("const { createHash } = await import('node:crypto'); return say(createHash('sha256').update('a').digest('hex').slice(0, 8))", "ca978112"),
    ]
    .map(|(source, expected)| (format!("{SAY} {source}"), expected))
    .into();
    let table: Vec<_> = table.iter().map(|(source, expected)| (source.as_str(), *expected)).collect();
    check(&runner, &server, &table).await;
    runner.shutdown().await;
}

#[tokio::test]
async fn refused_imports_reject_with_our_words() {
    let server = site().await;
    let runner = runner_with(&server, ImportPolicy::default()).await;
    let denied = [
        "file:///etc/passwd",
        "blob:x",
        "lodash",
        "./c.js",
        "http://example.com/x.js",
        "https://127.0.0.1/x.js",
        "https://[::1]/x.js",
        "node:fs",
        "node:process",
        "npm:../x",
        "",
    ];
    for specifier in denied {
        let source = format!(
            "try {{ await import({specifier:?}) }} catch (e) {{ return Functions.encodeString(e instanceof TypeError ? e.message : 'odd') }}"
        );
        assert_eq!(text(&run(&runner, &source).await), format!("import of {specifier} denied"));
    }
    let uncaught = run(&runner, "await import('file:///etc/passwd')").await;
    assert_eq!(text(&uncaught), "error: import of file:///etc/passwd denied");
    let unhandled = run(&runner, "import('lodash'); await new Promise(r => setTimeout(r, 1))").await;
    assert!(text(&unhandled).ends_with(": unhandled rejection"), "{}", text(&unhandled));
    check(
        &runner,
        &server,
        &[
            ("await import(site + '/gone.js')", "error: import of SITE/gone.js failed"),
            ("await import(site + '/page.html')", "error: import of SITE/page.html failed"),
            ("await import(site + '/data.json')", "error: import of SITE/data.json failed"),
            ("await import(site + '/c.js', { with: { type: 'json' } })", "error: import of SITE/c.js failed"),
            ("await import(site + '/c.js', { with: { type: 'css' } })", "error: import of SITE/c.js denied"),
            ("await import(site + '/bare.js')", "error: import of lodash denied"),
            (
                "await import('npm:big.js@6.2.1')",
                "error: import of npm:big.js@6.2.1 denied: this DON has no mirror for packages",
            ),
        ],
    )
    .await;
    runner.shutdown().await;
}

#[tokio::test]
async fn packages_come_from_the_mirror() {
    let server = site().await;
    let mirror = Some(server.url("/"));
    let runner = runner_with(&server, ImportPolicy { mirror, ..ImportPolicy::default() }).await;
    check(
        &runner,
        &server,
        &[
            ("return Functions.encodeString((await import('npm:pkg@1.2.3')).name)", "pkg"),
            ("return Functions.encodeString((await import('jsr:@scope/pkg@1.0.0')).name)", "jsr pkg"),
            ("await import('npm:other@1')", "error: import of npm:other@1 failed"),
        ],
    )
    .await;
    runner.shutdown().await;
}

#[tokio::test]
async fn the_operator_can_switch_off_or_pin() {
    let server = site().await;
    let off = runner_with(&server, ImportPolicy { enabled: false, ..ImportPolicy::default() }).await;
    let source = "return Functions.encodeString(String((await import(site + '/c.js')).c))";
    let table = [(source, "error: import of SITE/c.js denied")];
    check(&off, &server, &table).await;
    off.shutdown().await;

    let open = runner_with(&server, ImportPolicy::default()).await;
    let report = run_at(&open, &server, source).await;
    open.shutdown().await;
    let [load] = report.modules.as_slice() else { panic!("one module: {:?}", report.modules) };
    assert_eq!((load.kind, load.bytes, load.failure.as_deref()), (ModuleKind::JavaScript, 16, None));
    let pins = |sha256| BTreeMap::from([(server.url("/c.js"), sha256)]);

    let good = ImportPolicy { pins: pins(load.sha256), pinned_only: true, ..ImportPolicy::default() };
    let good = runner_with(&server, good).await;
    let before = server.hits();
    for _ in 0..3 {
        assert_eq!(text(&run_at(&good, &server, source).await), "1");
    }
    // Pinned content is fetched once.
    assert_eq!(server.hits(), before + 1);
    check(&good, &server, &[("await import(site + '/a.js')", "error: import of SITE/a.js denied")]).await;
    good.shutdown().await;

    let bad = runner_with(&server, ImportPolicy { pins: pins([7; 32]), ..ImportPolicy::default() }).await;
    check(&bad, &server, &table).await;
    bad.shutdown().await;
}

#[tokio::test]
async fn content_that_never_changes_is_fetched_once() {
    let server = site().await;
    let runner = runner_with(&server, ImportPolicy::default()).await;
    for (path, fetched) in [("/for-ever.js", 1), ("/c.js", 3)] {
        server.hits.store(0, Ordering::SeqCst);
        for _ in 0..3 {
            let report =
                run_at(&runner, &server, &format!("await import(site + '{path}'); return new Uint8Array(1)"))
                    .await;
            assert_eq!(report.ending, "bytes", "{:?}", report.diagnostic);
        }
        assert_eq!(server.hits(), fetched, "{path}");
    }
    runner.shutdown().await;
}

#[tokio::test]
async fn the_graph_is_held_to_its_limits() {
    let server = site().await;
    let runner = runner_with(&server, ImportPolicy::default()).await;
    let mut chain = request("await import(args[0] + '/chain/0')");
    chain.args = vec![server.url("")];
    let report = runner.run(chain.clone()).await.expect("the node is fine");
    assert_eq!(text(&report).replace(&server.url(""), ""), "error: import of /chain/100 denied");
    assert_eq!(report.modules.len(), 101);
    chain.limits = Limits { import_module_bytes: 4_000, ..chain.limits };
    chain.source = "await import(args[0] + '/big.js')".into();
    let report = runner.run(chain).await.expect("the node is fine");
    assert_eq!(text(&report).replace(&server.url(""), ""), "error: import of /big.js failed");
    // Imports are no HTTP queries.
    let queries = run_at(
        &runner,
        &server,
        "await import(site + '/a.js'); let n = 0; for (let i = 0; i < 6; i++) n += (await fetch(site + '/c.js')).ok ? 1 : 0; return new Uint8Array(n)",
    )
    .await;
    assert_eq!(text(&queries).len(), 5, "{}", text(&queries));
    runner.shutdown().await;
}

#[tokio::test]
async fn imports_are_recorded_and_replayed_without_network() {
    let server = site().await;
    let online = runner_with(&server, ImportPolicy::default()).await;
    let source = "const a = await import(site + '/a.js'); const gone = await import(site + '/gone.js').catch(e => e.message);
        const r = await fetch(site + '/c.js'); const { Buffer: B } = await import('node:buffer');
        return Functions.encodeString([a.sum, gone.length > 5, (await r.text()).length, B.from('x').length].join())";
    let first = run_at(&online, &server, source).await;
    online.shutdown().await;
    assert_eq!(text(&first), "111,true,16,1", "{:?}", first.diagnostic);
    let hits = server.hits();
    let recording = Transcript::from_json(&first.transcript.to_json()).expect("it reads its own files");
    assert_eq!(recording, first.transcript);
    let offline = runner().await;
    let again = offline.replay(&recording, &BTreeMap::new()).await.expect("the recording has everything");
    assert_eq!((text(&again), server.hits()), (text(&first), hits));
    assert_eq!(again.metadata, first.metadata);
    assert_ne!(first.metadata.modules_hash, [0; 32]);
    let mut other = recording;
    other.source = "await import('node:util')".into();
    let diverged = offline.replay(&other, &BTreeMap::new()).await.expect_err("another import").to_string();
    assert!(diverged.contains("import node:util") && diverged.contains("/a.js"), "{diverged}");
    offline.shutdown().await;
}

#[tokio::test]
async fn waiting_children_serve_one_run_each_and_worn_servers_are_replaced() {
    let config = RunnerConfig { pool: 2, forks_per_zygote: 5, max_concurrent: 4, ..config() };
    let runner = Runner::start(config).await.expect("the sandbox starts");
    let source = "globalThis.count = (globalThis.count ?? 0) + 1; return new Uint8Array([globalThis.count])";
    for _ in 0..10 {
        let runs = [(); 4].map(|()| runner.run(RunRequest { ..request(source) }));
        let [a, b, c, d] = runs;
        for report in <[_; 4]>::from(tokio::join!(a, b, c, d)) {
            assert_eq!(text(&report.expect("the node is fine")), "\u{1}");
        }
    }
    runner.shutdown().await;
}
