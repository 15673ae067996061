//! The `Functions` encoders and the web globals scripts rely on.

mod common;

use common::{check_table, run, runner, text};
use oracle_runner::RunOutcome;

/// A script that returns the text of an expression.
fn show(expression: &str) -> String {
    format!("return Functions.encodeString({expression})")
}

async fn check(table: &[(&str, &str)]) {
    let scripts: Vec<(String, &str)> =
        table.iter().map(|(source, expected)| (show(source), *expected)).collect();
    let table: Vec<(&str, &str)> =
        scripts.iter().map(|(source, expected)| (source.as_str(), *expected)).collect();
    check_table(&table).await;
}

#[tokio::test]
async fn integers_are_encoded_as_words() {
    let runner = runner().await;
    let cases = [
        ("encodeUint256(0)", "00".repeat(32)),
        ("encodeUint256(-0)", "00".repeat(32)),
        ("encodeUint256(258)", format!("{}0102", "00".repeat(30))),
        ("encodeUint256(2n ** 256n - 1n)", "ff".repeat(32)),
        ("encodeUint256(Number.MAX_SAFE_INTEGER)", format!("{}1fffffffffffff", "00".repeat(25))),
        ("encodeInt256(-1)", "ff".repeat(32)),
        ("encodeInt256(-258n)", format!("{}fefe", "ff".repeat(30))),
        ("encodeInt256(-(2n ** 255n))", format!("80{}", "00".repeat(31))),
        ("encodeInt256(2n ** 255n - 1n)", format!("7f{}", "ff".repeat(31))),
    ];
    for (call, expected) in cases {
        let report = run(&runner, &format!("return Functions.{call}")).await;
        let RunOutcome::Result(bytes) = &report.outcome else { panic!("{call}: {}", text(&report)) };
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, expected, "{call}");
    }
    runner.shutdown().await;
}

#[tokio::test]
async fn encoders_refuse_with_their_own_words() {
    check_table(&[
        (
            "return Functions.encodeUint256('1')",
            "error: input into Functions.encodeUint256 is not a number or bigint",
        ),
        (
            "return Functions.encodeUint256()",
            "error: input into Functions.encodeUint256 is not a number or bigint",
        ),
        (
            "return Functions.encodeUint256(1.5)",
            "error: input into Functions.encodeUint256 is not an integer",
        ),
        (
            "return Functions.encodeUint256(NaN)",
            "error: input into Functions.encodeUint256 is not an integer",
        ),
        (
            "return Functions.encodeUint256(Infinity)",
            "error: input into Functions.encodeUint256 is not an integer",
        ),
        ("return Functions.encodeUint256(-1)", "error: input into Functions.encodeUint256 is negative"),
        (
            "return Functions.encodeUint256(2n ** 256n)",
            "error: input into Functions.encodeUint256 is too large",
        ),
        (
            "return Functions.encodeInt256({})",
            "error: input into Functions.encodeInt256 is not a number or bigint",
        ),
        ("return Functions.encodeInt256(0.1)", "error: input into Functions.encodeInt256 is not an integer"),
        (
            "return Functions.encodeInt256(-(2n ** 255n) - 1n)",
            "error: input into Functions.encodeInt256 is too small",
        ),
        (
            "return Functions.encodeInt256(2n ** 255n)",
            "error: input into Functions.encodeInt256 is too large",
        ),
        ("return Functions.encodeString(123)", "123"),
        ("return Functions.encodeString()", ""),
        ("return Functions.encodeString('\\ud800')", "\u{fffd}"),
        ("return Functions.encodeString('grüße €')", "grüße €"),
    ])
    .await;
}

#[tokio::test]
async fn texts_and_bytes_convert() {
    check(&[
        ("new TextDecoder().decode(new Uint8Array([0xe2, 0x82, 0xac]))", "€"),
        ("new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 65]))", "A"),
        ("new TextDecoder('utf-16le').decode(new Uint8Array([65, 0, 66, 0]))", "AB"),
        ("new TextDecoder('latin1').decode(new Uint8Array([0x80, 0xe9]))", "€é"),
        ("(() => { const d = new TextDecoder(); return d.decode(new Uint8Array([0xe2, 0x82]), { stream: true }) + d.decode(new Uint8Array([0xac])) })()", "€"),
        ("(() => { try { new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255])) } catch (e) { return e.name } })()", "TypeError"),
        ("btoa('hello?>')", "aGVsbG8/Pg=="),
        ("atob('aGVsbG8/Pg==')", "hello?>"),
        ("atob(' aGk ')", "hi"),
        ("(() => { try { atob('a') } catch (e) { return e.name } })()", "InvalidCharacterError"),
        ("Buffer.from('ff00', 'hex').toString('base64')", "/wA="),
        ("Buffer.from('_-8', 'base64').toString('hex')", "ffef"),
        ("Buffer.concat([Buffer.from('a'), Buffer.from([98])]).toString()", "ab"),
        ("Buffer.alloc(4).fill('ab').toString()", "abab"),
        ("String(Buffer.from([1, 2, 3, 4]).readUInt32BE(0))", "16909060"),
        ("(() => { const b = Buffer.alloc(8); b.writeBigUInt64LE(1n, 0); return b.toString('hex') })()", "0100000000000000"),
        ("String(Buffer.from('abc').equals(Buffer.from('abc'))) + Buffer.isBuffer(Buffer.alloc(1).slice(0)) + Buffer.byteLength('€')", "truetrue3"),
        ("JSON.stringify(Buffer.from('hi'))", "{\"type\":\"Buffer\",\"data\":[104,105]}"),
    ])
    .await;
}

#[tokio::test]
async fn urls_are_parsed_and_changed() {
    check(&[
        ("new URL('../b?x=1#h', 'https://u:p@EXAMPLE.com:8443/a/c').href", "https://u:p@example.com:8443/b?x=1#h"),
        ("(() => { const u = new URL('https://e.com/'); u.searchParams.set('q', 'a b&c'); u.hash = 'x'; u.port = '81'; return `${u}` })()", "https://e.com:81/?q=a+b%26c#x"),
        ("(() => { const u = new URL('http://e.com/p?a=1'); u.search = '?b=2'; return u.searchParams.get('b') + u.host + u.origin })()", "2e.comhttp://e.com"),
        ("(() => { try { new URL('nope') } catch (e) { return e.name } })()", "TypeError"),
        ("String(new URLSearchParams({ a: '1', b: 'ü +' }))", "a=1&b=%C3%BC+%2B"),
        ("new URLSearchParams('?a=1&a=2&b=%20x+y').getAll('a').join() + new URLSearchParams('b=%20x+y').get('b')", "1,2 x y"),
        ("JSON.stringify([...new URLSearchParams([['z', '1'], ['a', '2']])])", "[[\"z\",\"1\"],[\"a\",\"2\"]]"),
    ])
    .await;
}

#[tokio::test]
async fn timers_follow_the_virtual_clock() {
    check_table(&[
        (
            "const seen = []; setTimeout(() => seen.push('c'), 20); setTimeout(() => seen.push('a'), 5); setTimeout(() => seen.push('b'), 5);
             const t = setTimeout(() => seen.push('never'), 1); clearTimeout(t);
             let n = 0; const i = setInterval(() => { if (++n === 3) clearInterval(i); seen.push(n) }, 3);
             await new Promise(r => setTimeout(r, 30)); return Functions.encodeString(seen.join(' '))",
            "1 a b 2 3 c",
        ),
        (
            "const start = Date.now(); await new Promise(r => setTimeout(r, 5000)); return Functions.encodeString(String(Date.now() - start))",
            "5000",
        ),
        ("const a = performance.now(); for (let i = 0; i < 1e5; i++); return Functions.encodeString(String(performance.now() - a))", "0"),
        ("return Functions.encodeString(String(new Date(0).getTime()) + typeof Date() + (new Date() instanceof Date))", "0stringtrue"),
        ("class D extends Date {} return Functions.encodeString(new D(0).toISOString() + new D().constructor.name)", "1970-01-01T00:00:00.000ZD"),
    ])
    .await;
}

#[tokio::test]
async fn what_scripts_may_not_have_is_absent_or_refuses() {
    let absent = [
        "require",
        "module",
        "process",
        "WebSocket",
        "Worker",
        "localStorage",
        "navigator",
        "SharedArrayBuffer",
        "Atomics",
        "WebAssembly",
        "WeakRef",
        "FinalizationRegistry",
        "Temporal",
        "ShadowRealm",
        "gc",
        "__bootstrap",
        "Intl",
    ];
    let list = absent.map(|name| format!("typeof {name}")).join(", ");
    check_table(&[
        (&format!("return Functions.encodeString([...new Set([{list}])].join())"), "undefined"),
        ("return Functions.encodeString(Object.getOwnPropertyNames(Function('return this')()).filter(n => n.startsWith('__')).join())", ""),
        ("return Functions.encodeString(String(Deno.core))", "undefined"),
        ("Deno.readTextFileSync('/etc/passwd')", "error: attempted access to blocked resource detected"),
        ("Deno.env.get('HOME')", "error: attempted access to blocked resource detected"),
        ("Deno.exit(0)", "error: attempted access to blocked resource detected"),
        ("try { Deno.readFile('x') } catch (e) { return Functions.encodeString(e.name) }", "PermissionDenied"),
        ("return Functions.encodeString(eval('1 + 1') + Function('return 3')())", "5"),
    ])
    .await;
}

#[tokio::test]
async fn the_rest_of_the_web_is_there() {
    check(&[
        ("(() => { const c = new AbortController(); let seen = ''; c.signal.addEventListener('abort', () => { seen = c.signal.reason.name }); c.abort(); return seen })()", "AbortError"),
        ("JSON.stringify(structuredClone({ a: [1, new Date(0)], m: 2 }))", "{\"a\":[1,\"1970-01-01T00:00:00.000Z\"],\"m\":2}"),
        ("Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode('abc'))).toString('hex')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("(() => { const h = new Headers({ A: '1' }); h.append('a', '2'); return JSON.stringify([...h]) })()", "[[\"a\",\"1, 2\"]]"),
        ("await new Response('body').text() + new Response(null, { status: 404 }).ok + await Response.json({ a: 1 }).text()", "bodyfalse{\"a\":1}"),
        ("(await new Request('https://e.com/', { method: 'post', body: 'x' }).text()) + new Request('https://e.com/', { method: 'post' }).method", "xPOST"),
        ("(1234567.891).toLocaleString() + ' ' + (-1234n).toLocaleString()", "1,234,567.891 -1,234"),
        ("[0, 1718473449999, -62198755200000, NaN].map(ms => new Date(ms).toLocaleString()).join(' | ')", "1/1/1970, 12:00:00 AM | 6/15/2024, 5:44:09 PM | 1/1/2, 12:00:00 AM | Invalid Date"),
        ("new Date(0).toLocaleDateString() + ' ' + new Date(0).toLocaleTimeString()", "1/1/1970 12:00:00 AM"),
        ("(() => { try { new Response('x', { status: 204 }) } catch (e) { return e.name } })()", "TypeError"),
        ("(() => { try { new Response('', { statusText: 'a\\nb' }) } catch (e) { return e.name } })()", "TypeError"),
        ("Response.json({}, { headers: { 'content-type': 'text/x' } }).headers.get('content-type')", "text/x"),
        ("await (async () => { const r = new Response('ab'); r.body; const c = r.clone(); return await r.text() + await c.text() })()", "abab"),
        ("await (async () => { const r = new Request('https://e.com', { method: 'POST', body: 'q' }); r.body; const c = r.clone(); return await r.text() + await c.text() + c.method })()", "qqPOST"),
        ("Response.redirect('https://e.com', 307).headers.get('location')", "https://e.com/"),
        ("await new Promise(r => queueMicrotask(() => r('micro')))", "micro"),
        ("await new Blob(['a', new Uint8Array([98])]).text()", "ab"),
        ("(await Array.fromAsync(new Response('stream').body, (c) => new TextDecoder().decode(c))).join()", "stream"),
    ])
    .await;
}

#[tokio::test]
async fn floating_point_is_the_same_on_every_machine() {
    type Unary = fn(f64) -> f64;
    let functions: [(&str, Unary); 15] = [
        ("sin", core_math::sin),
        ("cos", core_math::cos),
        ("tan", libm::tan),
        ("asin", libm::asin),
        ("acos", libm::acos),
        ("atan", libm::atan),
        ("sinh", libm::sinh),
        ("asinh", libm::asinh),
        ("exp", libm::exp),
        ("expm1", libm::expm1),
        ("log", libm::log),
        ("log2", libm::log2),
        ("log10", libm::log10),
        ("log1p", libm::log1p),
        ("cbrt", libm::cbrt),
    ];
    let inputs: Vec<f64> = (0..40).map(|n| f64::from(n) * 0.024_137_719 + 0.001_7).collect();
    let runner = runner().await;
    for (name, function) in functions {
        let source = format!(
            "const out = new DataView(new ArrayBuffer(8)); let all = 0n;
             for (const x of {inputs:?}) {{ out.setFloat64(0, Math.{name}(x)); all = (all * 31n + out.getBigUint64(0)) % (2n ** 64n) }}
             return Functions.encodeString(all.toString(16))"
        );
        let expected =
            inputs.iter().fold(0_u64, |all, x| all.wrapping_mul(31).wrapping_add(function(*x).to_bits()));
        assert_eq!(text(&run(&runner, &source).await), format!("{expected:x}"), "Math.{name}");
    }
    let report = run(&runner, "const o = new DataView(new ArrayBuffer(8)); o.setFloat64(0, 1.1 ** 100.3); return new Uint8Array(o.buffer)").await;
    assert_eq!(
        report.outcome,
        RunOutcome::Result(core_math::pow(1.1, 100.3).to_bits().to_be_bytes().to_vec())
    );
    let powers =
        "const off = []; for (let n = -300; n <= 300; n++) if (10 ** n !== Number(`1e${n}`)) off.push(n);
         return Functions.encodeString(`${off} ${2 ** -1074} ${1.05 ** 10} ${Math.exp(1) === Math.E}`)";
    assert_eq!(text(&run(&runner, powers).await), " 5e-324 1.628894626777442 true");
    runner.shutdown().await;
}
