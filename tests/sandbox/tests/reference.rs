//! What the reference gives for scripts at the edges of the language, and so do we: every expected text is what
//! upstream's simulator gave for the script, but for the words that ours adds to a script that could not run, the
//! name of the script's file, and the JSON of a message that is no text, which the simulator hands on as a value.

#[path = "../../../oracle/runner/tests/common/mod.rs"]
mod common;

use common::check_table;

const UNHANDLED: &str = "error: syntax error, RAM exceeded, or other error: unhandled rejection";

#[tokio::test]
async fn what_is_thrown_is_read_as_upstream_reads_it() {
    check_table(&[
        ("throw new Proxy(new Error('x'), {})", "error: x"),
        ("class Own extends Error {}; throw new Proxy(new Own('sub'), {})", "error: sub"),
        ("throw new Proxy(new Proxy(new Error('twice'), {}), {})", "error: twice"),
        ("throw Object.create(new Proxy(new Error('inherited'), {}))", "error: inherited"),
        (
            "throw new Proxy({}, { getPrototypeOf: () => Error.prototype, get: (_, key) => key === 'message' ? 'trap' : undefined })",
            "error: trap",
        ),
        ("throw new Proxy({}, {})", "error: invalid value thrown of type object"),
        ("throw new Proxy(function () {}, {})", "error: invalid value thrown of type function"),
        (
            "throw new Proxy(new Error('x'), { getPrototypeOf: () => null })",
            "error: invalid value thrown of type object",
        ),
        ("throw new Proxy(new Error('x'), { getPrototypeOf() { throw new Error('no') } })", UNHANDLED),
        ("throw new Proxy(new Error('x'), { get() { throw new Error('no') } })", UNHANDLED),
        (
            "const error = new Error('a'); Object.defineProperty(error, 'message', { get: () => 'from a getter' }); throw error",
            "error: from a getter",
        ),
        (
            "let n = 0; const error = new Error('a'); Object.defineProperty(error, 'message', { get: () => `read ${++n}` }); throw error",
            "error: read 1",
        ),
        (
            "const error = new Error('a'); Object.defineProperty(error, 'name', { get() { throw error } }); throw error",
            UNHANDLED,
        ),
        (
            "const error = new Error('a'); Object.defineProperty(error, 'stack', { get() { throw error } }); throw error",
            UNHANDLED,
        ),
        ("throw Object.assign(new Error('a'), { message: { toString: () => 'text' } })", "error: {}"),
        ("throw Object.assign(new Error('a'), { message: { a: 1 } })", "error: {\"a\":1}"),
        ("throw Object.assign(new Error('a'), { message: ['x', 1] })", "error: [\"x\",1]"),
        ("throw Object.assign(new Error('a'), { message: { toJSON: () => 'json' } })", "error: json"),
        ("throw Object.assign(new Error('a'), { message: new Date(0) })", "error: 1970-01-01T00:00:00.000Z"),
        ("throw Object.assign(new Error('a'), { message: new String('boxed') })", "error: boxed"),
        ("throw Object.assign(new Error('a'), { message: 42 })", "error: 42"),
        ("throw Object.assign(new Error('a'), { message: true })", "error: true"),
        ("throw Object.assign(new Error('a'), { message: 10n })", UNHANDLED),
        ("const circle = []; circle[0] = circle; throw Object.assign(new Error('a'), { message: circle })", UNHANDLED),
        ("throw Object.assign(new Error('a'), { message: undefined })", "error: invalid value returned"),
        ("throw Object.assign(new Error('a'), { message: null })", "error: invalid value returned"),
        ("throw Object.assign(new Error('a'), { name: { toString: () => 'PermissionDenied' } })", "error: a"),
        ("throw new AggregateError([new Error('x')], 'all')", "error: all"),
        ("throw new DOMException('dom', 'AbortError')", "error: dom"),
        ("throw new String('boxed')", "error: invalid value thrown of type object"),
    ])
    .await;
}

#[tokio::test]
async fn buffers_that_were_taken_away_are_errors() {
    let gone = "error: Cannot perform Construct on a detached ArrayBuffer";
    let out = "error: Cannot perform Construct on a detached or out-of-bounds ArrayBuffer";
    check_table(&[
        ("const { buffer } = new Uint8Array([1]); buffer.transfer(); return buffer", gone),
        ("const { buffer } = new Uint8Array([1]); structuredClone(buffer, { transfer: [buffer] }); return buffer", gone),
        ("const view = new Uint8Array([1]); view.buffer.transfer(); return view", out),
        ("const b = new ArrayBuffer(8, { maxByteLength: 8 }), v = new Uint8Array(b, 4); b.resize(2); return v", out),
        ("const b = new ArrayBuffer(8, { maxByteLength: 8 }), v = new Uint8Array(b, 8); b.resize(7); return v", out),
        ("const b = new ArrayBuffer(8, { maxByteLength: 8 }), v = new Uint8Array(b, 4); b.resize(4); return v", ""),
        ("const b = new ArrayBuffer(8, { maxByteLength: 8 }); b.resize(0); return b", ""),
    ])
    .await;
}

#[tokio::test]
async fn nobody_but_a_listener_hears_of_what_nobody_caught() {
    let say = |source: &str| {
        format!(
            "const say = (text) => Functions.encodeString(String(text)), wait = () => new Promise((r) => setTimeout(r, 5)); {source}"
        )
    };
    let table: Vec<(String, &str)> = [
        ("addEventListener('unhandledrejection', (e) => e.preventDefault()); Promise.reject(1); await wait(); return say('on')", "on"),
        ("addEventListener('unhandledrejection', () => {}); Promise.reject(1); await wait(); return say('on')", UNHANDLED),
        ("globalThis.onunhandledrejection = (e) => e.preventDefault(); Promise.reject(1); await wait(); return say('on')", "on"),
        ("globalThis.onunhandledrejection = () => false; Promise.reject(1); await wait(); return say('on')", UNHANDLED),
        ("addEventListener('error', (e) => e.preventDefault()); Promise.reject(1); await wait(); return say('on')", UNHANDLED),
        (
            "let seen; addEventListener('unhandledrejection', (e) => { seen = [e.constructor.name, e.type, e.reason.message, e.promise instanceof Promise, e.cancelable, e.bubbles, e.target === globalThis, e.defaultPrevented, Object.prototype.toString.call(e)]; e.preventDefault() }); Promise.reject(new Error('x')); await wait(); return say(seen)",
            "PromiseRejectionEvent,unhandledrejection,x,true,true,false,true,false,[object PromiseRejectionEvent]",
        ),
        (
            "const log = []; addEventListener('unhandledrejection', (e) => { e.preventDefault(); log.push('u') }); Promise.reject(1); log.push('s'); await null; log.push('m'); await new Promise((r) => queueMicrotask(r)); log.push('q'); await new Promise((r) => setTimeout(r)); log.push('t'); return say(log)",
            "s,m,q,u,t",
        ),
        (
            "const log = []; addEventListener('rejectionhandled', (e) => log.push(e.type, e.reason)); addEventListener('unhandledrejection', (e) => { log.push(e.type); e.preventDefault() }); const p = Promise.reject('x'); await wait(); p.catch(() => {}); await wait(); return say(log)",
            "unhandledrejection,rejectionhandled,x",
        ),
        ("addEventListener('unhandledrejection', () => { throw new Error('in it') }); Promise.reject(1); await wait(); return say('on')", UNHANDLED),
        ("addEventListener('unhandledrejection', (e) => e.preventDefault()); throw new Error('main')", "error: main"),
        ("addEventListener('unhandledrejection', (e) => e.preventDefault()); setTimeout(() => { throw new Error('t') }); await wait(); return say('on')", UNHANDLED),
        (
            "let s; addEventListener('error', (e) => { s = [e.constructor.name, e.message, e.error.message, e.cancelable]; e.preventDefault() }); setTimeout(() => { throw new Error('in a timer') }); await wait(); return say(s)",
            "ErrorEvent,Uncaught Error: in a timer,in a timer,true",
        ),
        ("let s; addEventListener('error', (e) => { s = e.message; e.preventDefault() }); queueMicrotask(() => { throw new Error('m') }); await wait(); return say(s)", "Uncaught Error: m"),
        ("let s; addEventListener('error', (e) => { s = e.message; e.preventDefault() }); reportError({ a: 1 }); return say(s)", "Uncaught { a: 1 }"),
        ("reportError(new Error('r')); await wait(); return say('on')", UNHANDLED),
        (
            "let s; addEventListener('error', (e) => { s = e.message; e.preventDefault() }); const t = new EventTarget(); t.addEventListener('a', () => { throw new Error('l') }); t.dispatchEvent(new Event('a')); return say(s)",
            "Uncaught Error: l",
        ),
        ("addEventListener('error', () => { throw new Error('again') }); setTimeout(() => { throw new Error('t') }); await wait(); return say('on')", UNHANDLED),
        ("let s; globalThis.onerror = (...a) => { s = a.length + a[0].type; a[0].preventDefault() }; setTimeout(() => { throw new Error('t') }); await wait(); return say(s)", "1error"),
        (
            "const id = setInterval(() => { throw new Error('i') }, 1); let n = 0; addEventListener('error', (e) => { e.preventDefault(); if (++n === 3) clearInterval(id) }); await new Promise((r) => setTimeout(r, 30)); return say(n)",
            "3",
        ),
        (
            "const f = addEventListener; let n = 0; f.call(undefined, 'x', () => n++); f('x', () => n++); self.addEventListener('x', { handleEvent() { n++ } }); dispatchEvent(new CustomEvent('x')); let t; try { reportError() } catch (e) { t = e.name } return say(n + t)",
            "3TypeError",
        ),
        ("let n = 0; const f = () => n++; addEventListener('x', f); removeEventListener('x', f); dispatchEvent(new Event('x')); return say(n)", "0"),
        ("return say(globalThis instanceof EventTarget && Object.getPrototypeOf(globalThis).constructor.name)", "Window"),
    ]
    .map(|(source, expected)| (say(source), expected))
    .into();
    check_table(&table.iter().map(|(source, expected)| (source.as_str(), *expected)).collect::<Vec<_>>())
        .await;
}

#[tokio::test]
async fn a_script_formats_stacks_as_it_likes() {
    let table = [
        (
            "Error.prepareStackTrace = (e, sites) => `${e.message}:${Array.isArray(sites)}:${sites.length > 0}`; return Functions.encodeString(String(new Error('x').stack))",
            "x:true:true",
        ),
        (
            "return Functions.encodeString(`${Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')}${'prepareStackTrace' in Error}`)",
            "undefinedfalse",
        ),
        (
            "function caller() { const old = Error.prepareStackTrace; Error.prepareStackTrace = (_, sites) => sites; const { stack } = new Error(); Error.prepareStackTrace = old; return `${stack[0].getFunctionName()} ${stack[0].getLineNumber()} ${Object.getOwnPropertyNames(Object.getPrototypeOf(stack[0]))}` } return Functions.encodeString(caller())",
            "caller 1 getThis,getTypeName,getFunction,getFunctionName,getMethodName,getFileName,getLineNumber,getColumnNumber,getEvalOrigin,isToplevel,isEval,isNative,isConstructor,isAsync,isPromiseAll,getPromiseIndex,getScriptNameOrSourceURL,toString",
        ),
        (
            "Error.prepareStackTrace = () => { throw new Error('in') }; try { return Functions.encodeString(String(new Error('x').stack)) } catch (e) { return Functions.encodeString(`threw ${e.message}`) }",
            "threw in",
        ),
        ("Error.prepareStackTrace = () => 'mine'; throw new Error('out')", "error: out"),
        (
            "Error.prepareStackTrace = 5; return Functions.encodeString(new Error('x').stack.split('\\n')[0])",
            "Error: x",
        ),
        (
            "const holder = {}; Error.prepareStackTrace = (_, sites) => sites.map(String); Error.captureStackTrace(holder); return Functions.encodeString(`${Array.isArray(holder.stack)} ${/^script\\.js:1:\\d+$/.test(holder.stack[0])}`)",
            "true true",
        ),
    ];
    check_table(&table).await;
}

#[tokio::test]
async fn syntax_and_sorting_give_what_they_give_there() {
    check_table(&[
        ("let i = 0; return Functions.encodeString(`${{ toString: () => String(i++) }}${i}`)", "01"),
        ("String.prototype.concat = () => 'WRONG'; return Functions.encodeString(`a${1}b`)", "a1b"),
        ("const a = [3, 1, 2, 5, 4]; a.sort((x, y) => { a.length = 0; return x - y }); return Functions.encodeString(JSON.stringify(a))", "[1,2,3,4,5]"),
        ("const a = [1, 3, 2]; a.sort((x, y) => { a[0] = 7; return x - y }); return Functions.encodeString(JSON.stringify(a))", "[1,2,3]"),
        ("const a = [3, 1, 2]; try { a.sort(() => { a.length = 0; throw new Error() }) } catch {} return Functions.encodeString(JSON.stringify(a))", "[]"),
        ("const a = [3, , 1, , 2]; a.sort((x, y) => { delete a[4]; return x - y }); return Functions.encodeString(`${JSON.stringify(a)}${Object.keys(a)}`)", "[1,2,3,null,null]0,1,2"),
        ("const t = new Uint8Array([3, 1, 2]); t.sort((x, y) => { t[0] = 9; return x - y }); return Functions.encodeString(`${t}`)", "1,2,3"),
        ("const b = new ArrayBuffer(4, { maxByteLength: 4 }), t = new Uint8Array(b); t.set([4, 3, 2, 1]); t.sort((x, y) => { b.resize(2); return x - y }); return Functions.encodeString(`${t}`)", "1,2"),
        ("let a = []; for (let i = 0; i < 5000; i++) a = [a]; return Functions.encodeString(String(JSON.stringify(a).length))", "10002"),
    ])
    .await;
}
