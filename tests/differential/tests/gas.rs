//! No operation gets dearer and no contract too large without somebody saying so.
#![allow(clippy::unwrap_used)]

use differential_tests::gas::{self, snapshot};

#[test]
fn no_operation_gets_dearer() {
    let Some(rows) = gas::measure() else { return };
    let now = gas::section(&rows);
    let recorded = snapshot::parse(include_str!("../gas.snapshot")).unwrap();
    let before = snapshot::section(&recorded, &now.compiler).expect("the snapshot has a section");
    if before.compiler != now.compiler {
        eprintln!("built with {}, compared with {}: more is forgiven", now.compiler, before.compiler);
    }
    let worse = now.regressions(before);
    assert!(
        worse.is_empty(),
        "dearer than recorded:\n  {}\nif it has to be: {}",
        worse.join("\n  "),
        snapshot::RECORD
    );
}

#[test]
fn the_contracts_stay_small() {
    for size in gas::sizes() {
        let (bytes, most) = (size.bytes, snapshot::MAX_SIZE);
        assert!(bytes <= most, "{} has {bytes} bytes of code, at most {most} are wanted", size.contract);
    }
}
