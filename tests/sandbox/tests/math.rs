//! Every function of `Math`, and `**`, on twenty inputs: the same bits on every platform.
//!
//! The file is the approval: a new release of the library that computes them changes it, and every node of a DON must
//! change with it. `GOLDEN=write cargo test -p sandbox-tests --test math` writes it anew.

#[path = "../../../oracle/runner/tests/common/mod.rs"]
mod common;

use std::fmt::Write;
use std::path::Path;

use common::{run, runner, text};

/// The functions, or the one whose name is given, on inputs of every size; a line of words in hexadecimal each.
const NAMES: &str = "return Functions.encodeString(Object.getOwnPropertyNames(Math)
    .filter((name) => typeof Math[name] === 'function' && !['random', 'sumPrecise'].includes(name)).sort().join() + ',**')";
const SCRIPT: &str = "const inputs = [0.1, -0.1, 0.5, -0.75, 1, 1.5, -2.25, 3.141592653589793, 10.3, -17.9, 100.01, 709.7, -744.4,
        1234.5678, 1e-9, -3.3e-15, 5e-324, 12345678.9, 1e15, 2 ** 70 / 3];
    const f = NAME === '**' ? (x, y) => Math.abs(x) ** y : Math[NAME];
    const view = new DataView(new ArrayBuffer(8));
    return Functions.encodeString(inputs.map((x, at) => {
        const y = f(x, inputs[(at * 7 + 3) % 20] % 50);
        view.setFloat64(0, y);
        // Which of many not-a-numbers is the processor's choice, and no script can see it in a number.
        return Number.isNaN(y) ? 'nan' : view.getBigUint64(0).toString(16);
    }).join(' '))";

#[tokio::test]
async fn every_function_gives_the_golden_bits() {
    let runner = runner().await;
    let mut all = String::new();
    for name in text(&run(&runner, NAMES).await).split(',') {
        let bits = text(&run(&runner, &SCRIPT.replace("NAME", &format!("'{name}'"))).await);
        assert_eq!(bits.split(' ').count(), 20, "{name}: {bits}");
        writeln!(all, "{name} {bits}").expect("memory does not fail");
    }
    runner.shutdown().await;
    assert!(all.lines().count() > 30, "only these functions: {all}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/math.txt");
    if std::env::var_os("GOLDEN").is_some_and(|value| value == "write") {
        std::fs::write(&path, &all).expect("a writable file");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    for (got, expected) in all.lines().zip(golden.lines()) {
        assert_eq!(got, expected);
    }
    assert_eq!(all.lines().count(), golden.lines().count());
}
