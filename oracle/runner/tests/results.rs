//! What scripts return and throw, and the bytes that go on chain for it.

mod common;

use common::{check_table, request, run, runner, text};
use functions_types::limits::{Limits, Profile, RunOptions};
use oracle_runner::{RunOutcome, RunRequest};

const E4: &str = "error: returned value not an ArrayBuffer or Uint8Array";
const SYNTAX: &str = "error: syntax error, RAM exceeded, or other error: syntax";
const UNHANDLED: &str = "error: syntax error, RAM exceeded, or other error: unhandled rejection";

#[tokio::test]
async fn bytes_are_results_and_nothing_else_is() {
    check_table(&[
        ("return Functions.encodeString('hello')", "hello"),
        ("return new Uint8Array([65, 0, 66])", "A\0B"),
        ("return new Uint8Array([65, 66]).buffer", "AB"),
        ("return new Uint8Array([65, 66, 67, 68]).subarray(1, 3)", "BC"),
        ("return Buffer.from('buffer')", "buffer"),
        ("return new Uint8Array(0)", ""),
        (
            "const b = new ArrayBuffer(3); b.transfer(); return b",
            "error: Cannot perform Construct on a detached ArrayBuffer",
        ),
        ("return 'text'", E4),
        ("return 42", E4),
        ("return 42n", E4),
        ("return undefined", E4),
        ("", E4),
        ("return null", E4),
        ("return {}", E4),
        ("return [1, 2, 3]", E4),
        ("return new Uint16Array(2)", E4),
        ("return new Uint8ClampedArray(2)", E4),
        ("return new DataView(new ArrayBuffer(2))", E4),
        ("return Promise.resolve(new Uint8Array([65]))", "A"),
        ("return { then(resolve) { resolve(new Uint8Array([66])) } }", "B"),
    ])
    .await;
}

#[tokio::test]
async fn thrown_values_become_their_texts() {
    check_table(&[
        ("throw new Error('my message')", "error: my message"),
        ("throw new TypeError('typed')", "error: typed"),
        ("class Mine extends Error {} throw new Mine('mine')", "error: mine"),
        ("function Old(m) { this.message = m } Old.prototype = Object.create(Error.prototype); throw new Old('old')", "error: old"),
        ("throw new Error('')", "error: Error"),
        ("throw new RangeError()", "error: RangeError"),
        ("throw 'a string'", "error: a string"),
        ("throw 5", "error: invalid value thrown of type number"),
        ("throw 5n", "error: invalid value thrown of type bigint"),
        ("throw true", "error: invalid value thrown of type boolean"),
        ("throw undefined", "error: invalid value thrown of type undefined"),
        ("throw null", "error: invalid value thrown of type object"),
        ("throw { message: 'no error' }", "error: invalid value thrown of type object"),
        ("throw Symbol('s')", "error: invalid value thrown of type symbol"),
        ("throw () => 1", "error: invalid value thrown of type function"),
        ("const e = new Error('x'); e.message = undefined; throw e", "error: invalid value returned"),
        ("const e = new Error('x'); e.message = null; throw e", "error: invalid value returned"),
        ("const e = new Error('x'); e.name = 'PermissionDenied'; throw e", "error: attempted access to blocked resource detected"),
        ("await Promise.reject(new Error('awaited'))", "error: awaited"),
        ("throw new DOMException('dom', 'AbortError')", "error: dom"),
    ])
    .await;
}

#[tokio::test]
async fn empty_messages_stay_empty_in_the_classic_profile() {
    let runner = runner().await;
    for (profile, expected) in [(Profile::Classic, "error: "), (Profile::Default, "error: Error")] {
        let options = RunOptions { profile, ..RunOptions::default() };
        let run =
            runner.run(RunRequest { options, ..request("throw Error('')") }).await.expect("the node is fine");
        assert_eq!(text(&run), expected, "{profile:?}");
    }
    runner.shutdown().await;
}

#[tokio::test]
async fn broken_and_abandoned_scripts_have_fixed_texts() {
    check_table(&[
        ("return (", SYNTAX),
        ("let x = 1; let x = 2", SYNTAX),
        ("import x from 'y'", SYNTAX),
        ("with (args) {}", SYNTAX),
        ("return 010", SYNTAX),
        ("Promise.reject(new Error('nobody')); await new Promise(r => setTimeout(r, 1))", UNHANDLED),
        ("Promise.reject(new Error('nobody')); return new Uint8Array(1)", UNHANDLED),
        (
            "setTimeout(() => { throw new Error('timer') }, 1); await new Promise(r => setTimeout(r, 10))",
            UNHANDLED,
        ),
        (
            "const p = Promise.reject(1); p.catch(() => {}); return Functions.encodeString('handled')",
            "handled",
        ),
        (
            "const p = Promise.reject(1); try { await p } catch { return Functions.encodeString('caught') }",
            "caught",
        ),
        ("await new Promise(() => {})", "error: script runtime exceeded"),
        (
            "await new Promise(r => setTimeout(r, 60000)); return new Uint8Array(1)",
            "error: script runtime exceeded",
        ),
        ("setInterval(() => {}, 10); await new Promise(() => {})", "error: script runtime exceeded"),
        ("setTimeout(() => { throw 1 }, 1000); return Functions.encodeString('dropped')", "dropped"),
    ])
    .await;
}

#[tokio::test]
async fn the_body_cannot_leave_its_wrapper() {
    check_table(&[
        ("}); (async () => { return new Uint8Array([88])", SYNTAX),
        ("}, async () => {", SYNTAX),
        ("} function evil() {", SYNTAX),
        ("}, ...{", SYNTAX),
        ("}), ({ async script() {", SYNTAX),
        ("} }); ({ async script() {", SYNTAX),
        ("return new Uint8Array([65]) // comment", "A"),
        ("return new Uint8Array([65]) /* open", SYNTAX),
    ])
    .await;
}

#[tokio::test]
async fn scripts_are_strict_and_see_their_inputs() {
    let runner = runner().await;
    let mut all = request("return Functions.encodeString(JSON.stringify([args, bytesArgs, secrets]))");
    all.args = vec!["a".into(), "ü€".into()];
    all.bytes_args = vec![vec![], vec![0xAB, 0x01]];
    all.secrets.insert("key".into(), "value".into());
    all.secrets.insert("__proto__".into(), "p".into());
    let report = runner.run(all).await.unwrap();
    assert_eq!(text(&report), r#"[["a","ü€"],["0x","0xab01"],{"__proto__":"p","key":"value"}]"#);
    runner.shutdown().await;

    check_table(&[
        ("return Functions.encodeString(JSON.stringify([args, bytesArgs, secrets]))", "[[],[],{}]"),
        ("const args = 'mine', secrets = 1; let Functions_ = 2; return Functions.encodeString(args)", "mine"),
        ("return Functions.encodeString(String(this))", "undefined"),
        ("try { undeclared = 1 } catch (e) { return Functions.encodeString(e.name) }", "ReferenceError"),
        ("try { args = 1 } catch (e) { return Functions.encodeString(e.name) }", "TypeError"),
        ("try { secrets = 1 } catch (e) { return Functions.encodeString(e.name) }", "TypeError"),
        ("try { Functions = 1 } catch (e) { return Functions.encodeString(e.name) }", "TypeError"),
        ("return Functions.encodeString(Object.keys(Functions).join())", "makeHttpRequest,encodeUint256,encodeInt256,encodeString"),
        ("try { await import('file:///m.js') } catch (e) { return Functions.encodeString(e.name + ': ' + e.message) }", "TypeError: import of file:///m.js denied"),
    ])
    .await;
}

#[tokio::test]
async fn results_and_errors_obey_the_response_limit() {
    let runner = runner().await;
    let at = async |limit: usize, source: &str| {
        let mut request = request(source);
        request.limits = Limits { response_bytes: limit, execution_ms: 10_000, ..Limits::DEFAULT };
        text(&runner.run(request).await.unwrap())
    };
    assert_eq!(at(512, "return new Uint8Array(512).fill(65)").await, "A".repeat(512));
    assert_eq!(at(512, "return new Uint8Array(513)").await, "error: response >512 bytes");
    assert_eq!(at(256, "return new Uint8Array(257)").await, "error: response >256 bytes");
    assert_eq!(at(256, "return new ArrayBuffer(100000)").await, "error: response >256 bytes");
    assert_eq!(at(512, "throw 'x'.repeat(9999)").await, format!("error: {}", "x".repeat(512)));
    assert_eq!(at(512, "throw 'é'.repeat(300) ").await, format!("error: {}", "é".repeat(256)));
    assert_eq!(at(511, "throw 'é'.repeat(300) ").await, format!("error: {}", "é".repeat(255)));
    runner.shutdown().await;
}

#[tokio::test]
async fn a_script_cannot_pretend_that_a_value_is_bytes() {
    check_table(&[
        ("Object.defineProperty(Uint8Array, Symbol.hasInstance, { value: () => true }); return 'text'", E4),
        ("return Object.setPrototypeOf({ length: 2, 0: 65, 1: 66 }, Uint8Array.prototype)", E4),
        ("return new Proxy(new Uint8Array(2), {})", E4),
        ("globalThis.Uint8Array = Array; return new Array(3)", E4),
        ("Promise.prototype.then = () => 1; return new Uint8Array([65])", "A"),
        (
            "globalThis.Error = null; Object.prototype.message = 'evil'; throw new TypeError('true')",
            "error: true",
        ),
    ])
    .await;
}

#[tokio::test]
async fn the_same_request_gives_the_same_bytes() {
    let source = "
        const parts = [Math.random(), Math.random(), crypto.randomUUID(), Date.now(), new Date().toISOString()];
        await new Promise(resolve => setTimeout(resolve, 1500));
        parts.push(Date.now(), performance.now(), Math.sin(1e6), Math.pow(1.1, 100.3), 2 ** 0.5, new Date(2020, 0, 1).getTimezoneOffset());
        return Functions.encodeString(JSON.stringify(parts))";
    let (first, second) = (runner().await, runner().await);
    let a = run(&first, source).await;
    let b = run(&second, source).await;
    let mut other = request(source);
    other.request_id = [8; 32];
    let c = first.run(other).await.unwrap();
    assert_eq!(a.outcome, b.outcome);
    assert_eq!(a.metadata_hash, b.metadata_hash);
    assert_ne!(a.outcome, c.outcome);
    let seen = text(&a);
    assert!(seen.contains("1700000000000,\"2023-11-14T22:13:20.000Z\",1700000001500,1500,"), "{seen}");
    assert!(seen.ends_with(",0]"), "{seen}");
    assert!(matches!(a.outcome, RunOutcome::Result(_)));
}

#[tokio::test]
async fn console_lines_are_kept_in_order_and_bounded() {
    let runner = runner().await;
    let report = run(
        &runner,
        "console.log('a', 1, { b: [1n, 'x'] }); console.error(new Map([[1, 2]])); return new Uint8Array(1)",
    )
    .await;
    assert_eq!(report.console, ["a 1 { b: [ 1n, \"x\" ] }", "Map(1) { 1 => 2 }"]);
    let report = run(
        &runner,
        "for (let i = 0; i < 1000; i++) console.log('x'.repeat(5000)); return new Uint8Array(1)",
    )
    .await;
    let kept: usize = report.console.iter().map(|line| line.len() + 1).sum();
    assert!(kept <= Limits::DEFAULT.console_bytes, "{kept}");
    assert!(report.console.iter().all(|line| line.len() <= Limits::DEFAULT.console_line_bytes));
    runner.shutdown().await;
}
