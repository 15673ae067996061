//! Scripts of `examples/` through chain, nodes and callback, against stand-ins of the services they ask.

use e2e_tests::demo;
use examples_tests::{Clock, Server, all};
use test_support::place::root;

#[test]
fn example_scripts_are_answered_through_the_network() {
    let runtime = tokio::runtime::Runtime::new().expect("threads for the stand-ins");
    let server = runtime.block_on(Server::start(0, Clock::System)).expect("a free port");
    // Nodes hold no secrets yet; the scripts that need some run in `tests/examples` alone.
    let open: Vec<_> = all().into_iter().filter(|example| example.secrets.is_empty()).collect();
    assert!(open.len() >= 8, "only {} examples without secrets", open.len());
    for example in &open {
        let file = example.file;
        let source = root().join("examples").join(file);
        let args = serde_json::json!(example.args(&server)).to_string();
        let told = demo(&[
            "--source",
            source.to_str().expect("the folder's name is text"),
            "--args",
            &args,
            "--allow-http",
            &server.host(),
        ]);
        assert_eq!(told.code, 0, "{file}");
        assert_eq!(told.json["error"], serde_json::Value::Null, "{file}");
        assert_eq!(told.json["resultCode"], 0, "{file}");
        let expected: String = example.expected.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(told.json["result"], format!("0x{expected}"), "{file}");
    }
}
