//! Scripts that loop, eat memory, flood, poison and escape: the run ends, the node goes on.

mod common;

use common::{config, request, run, runner, text};
use functions_types::limits::Limits;
use oracle_runner::{RunReport, Runner, RunnerConfig};

const E6: &str = "error: script runtime exceeded";
const E7: &str = "error: syntax error, RAM exceeded, or other error";

async fn run_short(runner: &Runner, source: &str) -> RunReport {
    let mut request = request(source);
    request.limits = Limits { execution_ms: 500, ..Limits::DEFAULT };
    runner.run(request).await.expect("the node is fine")
}

async fn still_works(runner: &Runner) {
    assert_eq!(text(&run(runner, "return Functions.encodeString('alive')").await), "alive");
}

#[tokio::test]
async fn endless_work_is_killed_at_the_deadline() {
    let runner = runner().await;
    for source in [
        "while (true) {}",
        "try { while (true) {} } finally { while (true) {} }",
        "for (;;) { try { throw 1 } catch {} }",
        "const f = () => { Promise.resolve().then(f) }; f(); await new Promise(() => {})",
        "/(a+)+$/.test('a'.repeat(40) + 'b')",
        "new Array(2 ** 32 - 2).indexOf(1)",
        "const s = 'a'.repeat(1e6); for (;;) s.lastIndexOf('b')",
        "let x = 3n; for (;;) x = (x * x) % (2n ** 4096n)",
        "for (;;) eval('let v = 0' + ';v += 1'.repeat(300000))",
    ] {
        let report = run_short(&runner, source).await;
        assert_eq!(text(&report), E6, "{source}: {} {}", report.ending, report.diagnostic.message);
    }
    still_works(&runner).await;
    runner.shutdown().await;
}

/// A text and the copies that the host makes of it share an address space, so that the system may refuse the engine
/// what the heap's limit allows.
#[tokio::test]
async fn memory_refused_below_the_limit_is_full_memory() {
    let runner = runner().await;
    let whole = format!("{E7}: memory");
    for (expression, fits) in [
        ("btoa('a'.repeat(COUNT))", "68000000"),
        ("new TextEncoder().encode('a'.repeat(COUNT))", "51000000"),
        ("decodeURIComponent('a'.repeat(COUNT))", "51000000"),
        ("encodeURIComponent('a'.repeat(COUNT))", "51000000"),
        ("Buffer.from('a'.repeat(COUNT)).toString('base64')", "68000000"),
        ("new TextDecoder().decode(new Uint8Array(COUNT).fill(97))", "51000000"),
        ("JSON.stringify('a'.repeat(COUNT))", "51000002"),
    ] {
        for count in [51, 52, 53, 54, 55, 60, 64] {
            let script = format!(
                "let end; try {{ end = ({}).length }} catch (error) {{ end = error }} return Functions.encodeString(`${{end}}`)",
                expression.replace("COUNT", &format!("{count}e6"))
            );
            let got = text(&run(&runner, &script).await);
            let is_length = got.len() == fits.len() && got.bytes().all(|byte| byte.is_ascii_digit());
            assert!(got == whole || is_length, "{expression} of {count} million: {got}");
        }
    }
    still_works(&runner).await;
    runner.shutdown().await;
}

#[tokio::test]
async fn memory_bombs_end_without_harm() {
    let runner = runner().await;
    for source in [
        "const a = []; for (;;) a.push(new Array(1000).fill(1.5))",
        "const a = []; for (;;) a.push('x'.repeat(1e6) + a.length)",
        "const a = []; for (;;) a.push(new ArrayBuffer(1 << 20))",
        "const m = new Map(); for (let i = 0;; i++) m.set(i, { i })",
        "const a = []; for (;;) a.push(() => a)",
        "const a = []; for (;;) { try { a.push(new Uint8Array(1 << 22).fill(1)) } catch {} }",
        "const f = () => Promise.resolve().then(f); await f()",
    ] {
        let report = run(&runner, source).await;
        let got = text(&report);
        assert!(
            got == format!("{E7}: memory") || got == E6,
            "{source}: {got} ({}; {})",
            report.ending,
            report.diagnostic.message
        );
        assert!(report.peak_rss_bytes < 400 << 20, "{source}: {} bytes", report.peak_rss_bytes);
    }
    still_works(&runner).await;
    runner.shutdown().await;
}

#[tokio::test]
async fn deep_recursion_is_an_ordinary_error() {
    let runner = runner().await;
    let report = run(
        &runner,
        "const f = () => f() + 1; try { f() } catch (e) { return Functions.encodeString(e.name) }",
    )
    .await;
    assert_eq!(text(&report), "RangeError");
    runner.shutdown().await;
}

#[tokio::test]
async fn floods_are_bounded() {
    let runner = runner().await;
    let report = run_short(&runner, "for (;;) console.log('x'.repeat(10000))").await;
    assert_eq!(text(&report), E6);
    assert!(report.console.iter().map(String::len).sum::<usize>() <= Limits::DEFAULT.console_bytes);
    let report = run(&runner, "for (let i = 0; i < 20000; i++) fetch('http://127.0.0.1/').catch(() => {}); await new Promise(() => {})").await;
    assert!(matches!(text(&report).as_str(), E6 | E7), "{}", text(&report));
    still_works(&runner).await;
    runner.shutdown().await;
}

#[tokio::test]
async fn nothing_is_left_from_one_run_to_the_next() {
    let runner = runner().await;
    let poison = "globalThis.left = 1; Array.prototype.map = null; Object.prototype.evil = 1; Functions.encodeString = () => new Uint8Array(3);
        JSON.parse = () => 'evil'; console.log = null; return new Uint8Array([1])";
    run(&runner, poison).await;
    let report = run(&runner, "return Functions.encodeString([typeof left, typeof [].map, typeof ({}).evil, JSON.parse('1')].join())").await;
    assert_eq!(text(&report), "undefined,function,undefined,1");
    runner.shutdown().await;
}

#[tokio::test]
async fn pollution_of_everything_does_not_break_the_run() {
    let runner = runner().await;
    let source = "
        for (const name of Object.getOwnPropertyNames(globalThis)) {
            const value = globalThis[name];
            for (const target of [value, value?.prototype]) {
                if (target === null || (typeof target !== 'object' && typeof target !== 'function')) continue;
                if (target === globalThis || target === Functions) continue;
                for (const key of Reflect.ownKeys(target)) {
                    try { target[key] = () => { throw new Error('poison') } } catch {}
                }
            }
        }
        const out = new Uint8Array(1);
        out[0] = 65;
        return out";
    let report = run(&runner, source).await;
    // Either the bytes or one of the documented errors; never a node failure.
    assert!(!text(&report).is_empty());
    still_works(&runner).await;
    runner.shutdown().await;
}

#[tokio::test]
async fn a_worn_out_fork_server_is_replaced() {
    let runner = Runner::start(RunnerConfig { forks_per_zygote: 2, ..config() }).await.unwrap();
    for _ in 0..7 {
        still_works(&runner).await;
    }
    runner.shutdown().await;
}

#[tokio::test]
async fn overload_and_wrong_settings_are_faults_of_the_node() {
    let runner = Runner::start(RunnerConfig { max_concurrent: 1, max_waiting: 1, ..config() }).await.unwrap();
    let [a, b, c] = ["for (;;);", "return new Uint8Array(1)", "return new Uint8Array(1)"].map(|source| {
        let mut request = request(source);
        request.limits = Limits { execution_ms: 500, ..Limits::DEFAULT };
        runner.run(request)
    });
    let (a, b, c) = tokio::join!(a, b, c);
    assert!(a.is_ok() && b.is_ok());
    assert_eq!(c.unwrap_err().failure_code(), 5);

    let mut request = request("return new Uint8Array(1)");
    request.limits.memory_bytes = 1 << 30;
    assert_eq!(runner.run(request).await.unwrap_err().failure_code(), 7);
    runner.shutdown().await;

    let nowhere = Runner::start(RunnerConfig { sandbox: "/nowhere".into(), ..config() }).await;
    assert!(nowhere.err().expect("no sandbox").to_string().contains("/nowhere"));
}

#[tokio::test]
async fn the_status_line_tells_which_walls_stand() {
    let runner = runner().await;
    let status = runner.status();
    for part in ["process=on", "rlimits=on", "seccomp=on(kill)", "self-test=passed"] {
        assert!(status.contains(part), "{status}");
    }
    runner.shutdown().await;
}
