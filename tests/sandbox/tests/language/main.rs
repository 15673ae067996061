//! The language as V8 speaks it: two hundred expressions, compared with what V8 made of them.
//!
//! `values.txt` holds V8's values, line for line, written by `deno` 2.9.0 (V8 14.9) in time zone UTC:
//! `(echo 'const expressions = ['; grep -v '^#' expressions.txt | jq -R . | paste -sd,; echo ']'; cat evaluate.js) |
//! TZ=UTC deno run - > values.txt`.

#[path = "../../../../oracle/runner/tests/common/mod.rs"]
mod common;

use common::{run, runner, text};

const EXPRESSIONS: &str = include_str!("expressions.txt");
const VALUES: &str = include_str!("values.txt");
const EVALUATE: &str = include_str!("evaluate.js");

/// Where our engine is known to differ, and what it makes of the expression instead.
const DIFFERENCES: [(&str, &str); 3] = [
    (r#"JSON.stringify({ ..."ab" })"#, r#""{}""#),
    (r#"(/(b)/.test("ab"), RegExp.$1)"#, r#""undefined""#),
    // Both orders are legal: a comparator must not answer with a claim.
    ("[5, 1, 4, 2, 3, 9, 8, 7, 6, 10, 0].sort((a, b) => a > b).join()", r#""5,1,2,3,0,4,9,6,7,8,10""#),
];

fn expressions() -> impl Iterator<Item = &'static str> {
    EXPRESSIONS.lines().filter(|line| !line.starts_with('#'))
}

#[tokio::test]
async fn expressions_have_the_values_v8_gives_them() {
    let runner = runner().await;
    // Rust's quotation of printable text is JavaScript's, but for the braces of `\u{..}`, which both read alike.
    let list: Vec<String> = expressions().map(|expression| format!("{expression:?}")).collect();
    let source = format!("const expressions = [{}];\n{EVALUATE}\nreturn new Uint8Array(1)", list.join(",\n"));
    let report = run(&runner, &source).await;
    runner.shutdown().await;
    assert_eq!(report.ending, "bytes", "{report:?}");
    assert_eq!(report.console.len(), list.len(), "the last line: {:?}", report.console.last());

    let mut wrong = Vec::new();
    for ((expression, ours), v8) in expressions().zip(&report.console).zip(VALUES.lines()) {
        let known = DIFFERENCES.iter().find(|(other, _)| *other == expression);
        let expected = known.map_or(v8, |(_, value)| value);
        if ours != expected {
            wrong.push(format!("{expression}\n  ours {ours}\n  V8   {v8}"));
        } else if ours == v8 && known.is_some() {
            wrong.push(format!("{expression}\n  no longer differs: take it off the list"));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(VALUES.lines().count(), list.len());
}

const DOCUMENT: &str = include_str!("../../../../docs/scripts.md");

/// What fails beyond each limit of the document, of `COUNT` parts.
const LIMITED: [(&str, &str); 9] = [
    ("variables of a function", "new Function(many(n => `let v${n};`))"),
    ("parameters of a function", "new Function(many(n => `p${n},`), '')"),
    (
        "variables of enclosing functions that a function uses",
        "new Function(many(n => n % 2 ? `let v${n};` : '') + '()=>{' + many(n => n % 2 ? '' : `let v${n};`) \
         + '()=>{' + many(n => `v${n};`) + '}}')",
    ),
    ("loops and blocks of a function", "new Function(many(n => 'for(;0;);'))"),
    ("arguments spelled out in a call", "new Function('Math.max(' + many(n => '1,') + ')')"),
    ("arguments spread in a call", "Math.max(...Array(COUNT).fill(1))"),
    ("groups of a regular expression", "new RegExp('()'.repeat(COUNT))"),
    ("nested repetitions of a regular expression", "new RegExp('(?:'.repeat(COUNT) + ')*'.repeat(COUNT))"),
    ("bits of a bigint", "1n << BigInt(COUNT - 1)"),
];

/// The rows of the document's table of limits: what, how many, and the error beyond.
fn limits() -> Vec<(&'static str, u64, &'static str)> {
    let (_, table) =
        DOCUMENT.split_once("| limit | most | more is a |\n| --- | --- | --- |\n").expect("it is there");
    let rows = table.lines().map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split(" | ").collect();
        (cells[0], cells[1].replace(',', "").parse().expect("a number"), cells[2].trim_matches('`'))
    })
    .collect()
}

#[tokio::test]
async fn the_documented_limits_are_the_engines() {
    let (runner, limits) = (runner().await, limits());
    assert_eq!(limits.iter().map(|row| row.0).collect::<Vec<_>>(), LIMITED.map(|row| row.0));
    for ((what, most, error), (_, expression)) in limits.iter().zip(LIMITED) {
        for (count, expected) in [(*most, "none"), (most + 1, error)] {
            let source = format!(
                "const many = form => Array.from({{ length: {count} }}, (_, n) => form(n)).join('');\n\
                 try {{ {}; return Functions.encodeString('none') }}\n\
                 catch (error) {{ return Functions.encodeString(error.name) }}",
                expression.replace("COUNT", &count.to_string())
            );
            let report = run(&runner, &source).await;
            assert_eq!(text(&report), expected, "{count} {what}: {:?}", report.diagnostic);
        }
    }
    runner.shutdown().await;
}
