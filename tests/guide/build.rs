//! Takes the files of the guide's consumer out of docs/consumer.md.

use std::path::Path;

fn main() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/consumer.md");
    println!("cargo::rerun-if-changed={}", guide.display());
    let text = std::fs::read_to_string(&guide).expect("the guide is there");
    let out = std::env::var("OUT_DIR").expect("cargo sets it");
    for (first, file) in [
        ("# price/Cargo.toml", "Cargo.toml"),
        ("// price/src/lib.rs", "lib.rs"),
        ("// price/tests/price.rs", "price.rs"),
    ] {
        let block = text
            .split("```")
            .skip(1)
            .step_by(2)
            .filter_map(|block| block.split_once('\n'))
            .map(|(_, body)| body)
            .find(|body| body.lines().next() == Some(first))
            .unwrap_or_else(|| panic!("the guide has no block that begins with {first:?}"));
        // An included file may not carry the attributes of a whole crate; src/lib.rs has them.
        let lines = block.lines().filter(|line| !line.starts_with("#!["));
        std::fs::write(Path::new(&out).join(file), lines.collect::<Vec<_>>().join("\n"))
            .expect("OUT_DIR is writable");
    }
}
