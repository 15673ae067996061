//! Every way a run can fail, with the exact text that goes on chain, in both profiles.

#[path = "../../../oracle/runner/tests/common/mod.rs"]
mod common;

use common::{request, runner, text};
use functions_types::limits::{Limits, Profile, RunOptions};
use oracle_runner::{Position, RunReport, Runner};

async fn run_as(runner: &Runner, profile: Profile, source: &str) -> RunReport {
    let mut request = request(source);
    request.limits = Limits { execution_ms: 3_000, ..profile.limits() };
    request.options = RunOptions { profile, ..RunOptions::default() };
    runner.run(request).await.expect("the node is fine")
}

const FAILED: &str = "syntax error, RAM exceeded, or other error";
const NOT_BYTES: &str = "returned value not an ArrayBuffer or Uint8Array";
const TIME_OUT: &str = "script runtime exceeded";
const BLOCKED: &str = "attempted access to blocked resource detected";

/// A script, its text in *classic*, and what *default* appends.
const TABLE: &[(&str, &str, &str)] = &[
    // an uncaught error: its message
    ("throw new Error('my message')", "my message", ""),
    ("throw new (class Mine extends TypeError {})('mine')", "mine", ""),
    ("await Promise.reject(new RangeError('awaited'))", "awaited", ""),
    ("throw new Error()", "", "Error"),
    // an uncaught string: itself
    ("throw 'plain'", "plain", ""),
    // any other value: its type
    ("throw 1", "invalid value thrown of type number", ""),
    ("throw 1n", "invalid value thrown of type bigint", ""),
    ("throw null", "invalid value thrown of type object", ""),
    ("throw undefined", "invalid value thrown of type undefined", ""),
    ("throw { message: 'm' }", "invalid value thrown of type object", ""),
    ("throw Symbol()", "invalid value thrown of type symbol", ""),
    ("throw () => 1", "invalid value thrown of type function", ""),
    // a result that is no bytes
    ("return 'text'", NOT_BYTES, ""),
    ("return 1", NOT_BYTES, ""),
    ("return new Uint16Array(1)", NOT_BYTES, ""),
    ("return new DataView(new ArrayBuffer(1))", NOT_BYTES, ""),
    ("", NOT_BYTES, ""),
    // the time limit
    ("while (true);", TIME_OUT, ""),
    ("await new Promise(() => {})", TIME_OUT, ""),
    // what could not run at all
    ("return (", FAILED, ": syntax"),
    ("let x: number = ;", FAILED, ": syntax"),
    ("enum A { B }", FAILED, ": syntax"),
    ("import x from 'y'", FAILED, ": syntax"),
    ("const a = []; while (true) a.push(new Array(1000).fill(1))", FAILED, ": memory"),
    (
        "Promise.reject(new Error('nobody')); await new Promise((r) => setTimeout(r, 1))",
        FAILED,
        ": unhandled rejection",
    ),
    (
        "setTimeout(() => { throw new Error('timer') }, 1); await new Promise((r) => setTimeout(r, 9))",
        FAILED,
        ": unhandled rejection",
    ),
    (
        "const t = new EventTarget(); t.addEventListener('x', () => { throw new Error('listener') }); t.dispatchEvent(new Event('x')); await new Promise((r) => setTimeout(r, 9))",
        FAILED,
        ": unhandled rejection",
    ),
    // blocked resources
    ("Deno.readTextFileSync('/etc/passwd')", BLOCKED, ""),
    ("Deno.exit(0)", BLOCKED, ""),
    ("const e = new Error('x'); e.name = 'PermissionDenied'; throw e", BLOCKED, ""),
    // an error without a message
    ("const e = new Error('x'); e.message = undefined; throw e", "invalid value returned", ""),
];

#[tokio::test]
async fn every_failure_has_its_text_in_both_profiles() {
    let runner = runner().await;
    let mut wrong = Vec::new();
    for (source, classic, appended) in TABLE {
        for (profile, expected) in
            [(Profile::Classic, (*classic).to_owned()), (Profile::Default, format!("{classic}{appended}"))]
        {
            let report = run_as(&runner, profile, source).await;
            if text(&report) != format!("error: {expected}") {
                wrong.push(format!(
                    "{} {source}\n  expected {expected}\n  got      {}",
                    profile.name(),
                    text(&report)
                ));
            }
        }
    }
    for (profile, limit) in [(Profile::Classic, 256), (Profile::Default, 512)] {
        let fits = run_as(&runner, profile, &format!("return new Uint8Array({limit}).fill(65)")).await;
        assert_eq!(text(&fits), "A".repeat(limit));
        let long = run_as(&runner, profile, &format!("return new Uint8Array({})", limit + 1)).await;
        assert_eq!(text(&long), format!("error: response >{limit} bytes"));
        let cut = run_as(&runner, profile, "throw new Error('é'.repeat(999))").await;
        assert_eq!(text(&cut), format!("error: {}", "é".repeat(limit / 2)));
    }
    runner.shutdown().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A script, the place it fails at, and a part of what the operator reads.
const PLACES: &[(&str, u32, u32, &str)] = &[
    ("throw new Error('one line')", 1, 7, "Error: one line"),
    ("\n\n  throw new Error('third')", 3, 9, "Error: third"),
    ("const a = 1;\nconst b = ;", 2, 11, "SyntaxError: "),
    ("const a: number = 1;\nconst b: string = ;", 2, 19, "SyntaxError: "),
    ("const a: number = 1;\nnull.field;", 2, 6, "TypeError: "),
    ("const x = 1;\nenum A { B }", 2, 1, "TypeScript enum is not supported"),
    // Columns are characters, whatever their length in bytes or UTF-16 units, in JavaScript and in TypeScript.
    ("const s = '😀é'; let a = ;", 1, 25, "SyntaxError: "),
    ("const s: string = '😀é'; let a: number = ;", 1, 41, "SyntaxError: "),
    ("const s = '😀é'; throw new Error('run')", 1, 23, "Error: run"),
    ("const s: '😀é' = '😀é'; throw new Error('typed')", 1, 29, "Error: typed"),
    ("let a = `😀\n😀${ 1 + }\n`;", 2, 9, "SyntaxError: "),
    ("const a = '😀'; null.foo;", 1, 21, "TypeError: "),
    ("const a = 'éé'; null.foo;", 1, 22, "TypeError: "),
    ("const a: string = 'éé'; null.foo;", 1, 30, "TypeError: "),
    ("const a = 1;\n/* 中文 */ a.b.c;", 2, 14, "TypeError: "),
    ("const x = {}, a = '中文'; x.y.z();", 1, 29, "TypeError: "),
    ("const a = '中文'; x.y.z();", 1, 17, "ReferenceError: "),
    ("const a = '中文'; missing;", 1, 17, "ReferenceError: "),
    ("const a = '中文'; f(missing());", 1, 17, "ReferenceError: "),
    ("const a = '中文'; throw Error('called')", 1, 23, "Error: called"),
    ("const a = '中文'; const e = new RangeError('kept'); throw e", 1, 27, "RangeError: kept"),
    ("const a = `x\n${ 1 +* 2 }\nline3`;", 2, 7, "Expression expected"),
    ("return 1 +* 2", 1, 11, "Expression expected"),
    ("\t\tlet a = ;", 1, 11, "SyntaxError: "),
    ("\u{feff}let a = ;", 1, 9, "SyntaxError: "),
    ("\u{feff}let a: number = ;", 1, 17, "SyntaxError: "),
    ("\u{feff}throw new Error('marked')", 1, 7, "Error: marked"),
    // Lines end as in editors.
    ("let x;\r\n  let a = ;\r\n", 2, 11, "SyntaxError: "),
    ("let x: number;\r\n  let a: number = ;\r\n", 2, 19, "SyntaxError: "),
    ("let x;\r  let a = ;", 2, 11, "SyntaxError: "),
    ("let x;\r  throw new Error('run')", 2, 13, "Error: run"),
    ("let x = '\u{2028}'; let a = ;", 1, 22, "SyntaxError: "),
    ("let x = '\u{2028}'; throw new Error('run')", 1, 20, "Error: run"),
    // At the end, and in what is not ended.
    ("let a =", 1, 8, "SyntaxError: "),
    ("let a: number =\n", 2, 1, "SyntaxError: "),
    ("if (1) {\n  f()\n", 3, 1, "SyntaxError: "),
    ("let a = `x\nabc", 1, 9, "SyntaxError: "),
    ("const f = async () => {\n  await g(;\n}", 2, 11, "SyntaxError: "),
    ("// @aggregation median-uint256\nlet a = ;", 2, 9, "SyntaxError: "),
    // A brace too many, not what comes after it.
    ("let x = 1;\n}\nlet y = 2;", 2, 1, "'}'"),
    ("let x: number = 1;\nif (x) { }}", 2, 11, "'}'"),
    ("}, async f(){", 1, 1, "'}'"),
    // What only the engine refuses: it names a place behind, or none.
    ("let a = 1;\nlet a\nreturn a", 2, 5, "redefinition"),
    ("let a: '😀';\nlet a", 2, 5, "redefinition"),
    ("let x = 1;\n  const a = /(/g;\n", 2, 13, "SyntaxError: "),
    ("let x: '😀'; const a = /[b-a]/", 1, 23, "SyntaxError: "),
    ("const a = 1; const r = /\\u{110000}/u", 1, 24, "SyntaxError: "),
    ("let f = 1;\nfunction f() {}", 2, 10, "redefinition"),
    ("let f: '中' = 1;\nasync function* f(a) { if (a) { } }\nreturn f", 2, 17, "redefinition"),
    ("let f = 1;\nclass f extends Object { g() { } }", 2, 7, "redefinition"),
    ("function f() {\n  throw new RangeError('inner');\n}\nf();", 2, 9, "RangeError: inner"),
    (
        "Promise.reject(\n  new Error('nobody'));\nawait new Promise((r) => setTimeout(r, 1))",
        2,
        3,
        "unhandled rejection: Error: nobody",
    ),
];

#[tokio::test]
async fn errors_point_at_the_users_line_and_column() {
    let runner = runner().await;
    for (source, line, column, words) in PLACES {
        let report = run_as(&runner, Profile::Default, source).await;
        let place = Position { module: String::new(), line: *line, column: *column };
        assert_eq!(report.diagnostic.position, Some(place), "{source}: {:?}", report.diagnostic);
        assert!(report.diagnostic.message.contains(words), "{source}: {:?}", report.diagnostic);
        assert!(!report.diagnostic.stack.contains("ext:") && !report.diagnostic.stack.contains("functions:"));
    }
    // What a script sees of its own stack: its frames under one constant name, nothing of the host's.
    let report = run_as(
        &runner,
        Profile::Default,
        "function f() {\n  try { Functions.encodeUint256('x') } catch (e) { return e.stack }\n}\nreturn Functions.encodeString(f())",
    )
    .await;
    let stack = "Error: input into Functions.encodeUint256 is not a number or bigint\n    at f (script.js:2:19)\n    at script.js:4:18";
    assert_eq!(text(&report), stack);
    let deep = "/* 中文 */ function f() { return '😀'.missing() }\nconst a = '😀😀'; f();";
    let report = run_as(&runner, Profile::Default, deep).await;
    assert_eq!(report.diagnostic.stack, "f (script.js:1:36)\nscript.js:2:17");
    runner.shutdown().await;
}

#[tokio::test]
async fn type_annotations_are_blanked() {
    let runner = runner().await;
    for (source, expected) in [
        ("const s: string = 123; return Functions.encodeString(s)", "123"),
        (
            "interface P { a: number }\ntype Q = P | null;\nconst f = <T,>(x: T): T => x;\nreturn Functions.encodeString(f<Q>({ a: 7 })!.a as any)",
            "7",
        ),
        (
            "abstract class A<T> { private x?: number; declare y: string; constructor(readonly_: T) {} }\nreturn Functions.encodeString(typeof A satisfies string)",
            "function",
        ),
        // what is valid JavaScript runs as JavaScript: here a comparison, not type arguments
        ("const f = 1, g = 2, h = 0; return Functions.encodeString(`${(f < g, h > (0))}`)", "false"),
    ] {
        assert_eq!(text(&run_as(&runner, Profile::Default, source).await), expected, "{source}");
    }
    // A parser that runs out of stack is the script's failure, not the node's.
    for deep in ["(".repeat(15_000), "[".repeat(25_000), "a=>".repeat(9_000), "{".repeat(25_000)] {
        let report = run_as(&runner, Profile::Classic, &format!("const t: number = {deep}")).await;
        assert_eq!(text(&report), format!("error: {FAILED}"));
        let report = run_as(&runner, Profile::Classic, &deep).await;
        assert_eq!(text(&report), format!("error: {FAILED}"));
    }
    runner.shutdown().await;
}
