//! Bytes that must not move: realistic scripts, whose results V8 gave, and floating point by table.

#[path = "../../../oracle/runner/tests/common/mod.rs"]
mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::{run, runner, text};
use functions_types::limits::Limits;
use sandbox_tests::Case;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[tokio::test]
async fn realistic_scripts_give_the_bytes_that_v8_gives() {
    let cases = Case::read_all(&folder("realistic"), &Limits::DEFAULT).unwrap();
    assert!(cases.len() >= 20, "{} scripts", cases.len());
    let runner = runner().await;
    let mut wrong = Vec::new();
    for case in &cases {
        let report = run(&runner, &case.source).await;
        if !case.expected.iter().any(|end| end.matches(&report.outcome)) {
            wrong.push(format!("{}: {}", case.name, text(&report)));
        }
    }
    runner.shutdown().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A line of `golden/math.txt` is `FUNCTION INPUT… = OUTPUT`: numbers as the 16 hexadecimal digits of their bits, `nan`
/// where the bits of a NaN are the processor's. Made by this runtime; every line is within one unit in the last place
/// of what V8 gives.
#[tokio::test]
async fn floating_point_gives_the_bits_of_the_table() {
    let table = std::fs::read_to_string(folder("golden").join("math.txt")).unwrap();
    let mut functions: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for line in table.lines() {
        let (function, rest) = line.split_once(' ').unwrap();
        functions.entry(function).or_default().push(rest.split_once(" = ").unwrap());
    }
    assert!(functions.len() >= 26, "{} functions", functions.len());
    let runner = runner().await;
    let mut wrong = Vec::new();
    for (function, lines) in functions {
        assert_eq!(lines.len(), 20, "{function}");
        let inputs: Vec<&str> = lines.iter().map(|(input, _)| *input).collect();
        let call = if function == "**" { "x ** y".to_owned() } else { format!("Math.{function}(x, y)") };
        let source = format!(
            "const bits = new DataView(new ArrayBuffer(8));
             const number = (hex) => {{ bits.setBigUint64(0, BigInt('0x' + hex)); return bits.getFloat64(0); }};
             const hex = (x) => {{ bits.setFloat64(0, x); return x !== x ? 'nan' : bits.getBigUint64(0).toString(16).padStart(16, '0'); }};
             const out = {inputs:?}.map((line) => {{ const [x, y] = line.split(' ').map(number); return hex({call}); }});
             return Functions.encodeString(out.join(' '))"
        );
        let got = text(&run(&runner, &source).await);
        let got: Vec<&str> = got.split(' ').collect();
        assert_eq!(got.len(), lines.len(), "{function}: {got:?}");
        for ((input, expected), got) in lines.iter().zip(got) {
            if *expected != got {
                wrong.push(format!("{function} {input}: {got}, not {expected}"));
            }
        }
    }
    runner.shutdown().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
