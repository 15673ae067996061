//! Commands that one user gives at once, with one key, each do what they say.

use std::collections::BTreeSet;

use e2e_tests::{User, keep};
use serde_json::Value;

const AT_ONCE: usize = 6;
const CENT: u128 = 10_000_000_000_000_000;

/// What as many commands as are given at once print.
fn at_once(user: &User<'_>, words: &[&str]) -> Vec<Value> {
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(|| user.types(words).done())).collect();
        running.into_iter().map(|command| command.join().expect("it went well")).collect()
    })
}

fn distinct(said: &[Value], field: &str) -> usize {
    said.iter().map(|one| one[field].to_string()).collect::<BTreeSet<_>>().len()
}

#[test]
fn commands_at_once_with_one_key_each_do_what_they_say() {
    let network = keep();
    let owner = User::new(&network, 0);
    let (id, consumer, don) = (owner.text("subscriptionId"), owner.text("consumer"), owner.text("donId"));
    let script = owner.file("script.js", "return Functions.encodeUint256(7n);");
    let held = || {
        let info = owner.types(&["sub", "info", &id, "--json"]).done();
        info["balanceJuels"].as_str().expect("juels").parse::<u128>().expect("a number")
    };

    let before = held();
    let filled = at_once(&owner, &["sub", "fund", &id, "0.01", "--json"]);
    assert_eq!(distinct(&filled, "transaction"), AT_ONCE, "{filled:?}");
    assert_eq!(held(), before + AT_ONCE as u128 * CENT);

    let made = at_once(&owner, &["sub", "create", "--fund", "0.01", "--json"]);
    assert_eq!(distinct(&made, "subscriptionId"), AT_ONCE, "{made:?}");
    for one in &made {
        let info = owner.types(&["sub", "info", &one["subscriptionId"].to_string(), "--json"]).done();
        assert_eq!(info["balanceJuels"], CENT.to_string());
    }

    let words = ["request", "send", "--consumer", &consumer, "--don-id", &don, "--source", &script];
    let sent = at_once(&owner, &[&words[..], &["--subscription", &id, "--no-wait", "--json"]].concat());
    assert_eq!(distinct(&sent, "requestId"), AT_ONCE, "{sent:?}");
    network.end();
}
