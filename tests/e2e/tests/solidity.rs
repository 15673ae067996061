//! Upstream's unmodified Solidity consumers through our Router, called back by our nodes.

use e2e_tests::{MEDIAN, demo, solidity, word};
use serde_json::Value;

const CONSUMERS: [&str; 2] = ["v1_0_0", "v1_3_0"];

#[test]
fn upstream_consumers_get_the_median() {
    let Some(folder) = solidity() else { return };
    let folder = folder.to_str().expect("the folder's name is text");
    for consumer in CONSUMERS {
        let told = demo(&["--consumer", consumer, "--solidity-contracts", folder]);
        assert_eq!(told.code, 0);
        assert_eq!(told.json["consumerKind"], consumer);
        assert_eq!(told.json["resultCode"], 0, "{consumer}'s callback returned");
        assert_eq!(told.json["result"], word(MEDIAN));
        assert_eq!(told.json["error"], Value::Null);
        assert_eq!(told.json["signatures"], 3);
        assert_eq!(told.json["blockedAfterJuels"], "0");
    }
}

#[test]
fn upstream_consumer_gets_the_error_of_a_script() {
    let Some(folder) = solidity() else { return };
    let folder = folder.to_str().expect("the folder's name is text");
    let told = e2e_tests::script(
        "throw Error('no bread');",
        &["--consumer", "v1_3_0", "--solidity-contracts", folder],
    );
    assert_eq!(told.code, 0);
    assert_eq!(told.json["resultCode"], 0, "the callback returned");
    assert_eq!(told.json["error"], "no bread");
    assert_eq!(told.json["result"], Value::Null);
}

#[test]
fn demo_refuses_when_upstream_consumers_are_not_compiled() {
    let told = demo(&["--consumer", "v1_0_0", "--solidity-contracts", "/nonexistent"]);
    assert_ne!(told.code, 0);
    assert!(told.json["error"]["message"].is_string(), "{}", told.json);
    assert!(told.stderr.contains("tests/differential/reference/build"), "{}", told.stderr);
}
