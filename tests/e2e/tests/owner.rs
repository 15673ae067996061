//! What the owner of the contracts types, against a running network: fees paid out, settings changed.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use e2e_tests::{Kept, keep, programs, root};
use serde_json::Value;

/// The development key that owns the demo's contracts.
const OWNER_KEY: &str = "b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";
/// A development key that owns nothing.
const OTHER_KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

fn text(network: &Kept, field: &str) -> String {
    let value = network.json.get(field).or_else(|| network.json["network"].get(field));
    value.and_then(Value::as_str).expect(field).to_owned()
}

/// Runs `functions`.
fn types(network: &Kept, key: &Path, args: &[&str]) -> Output {
    Command::new(programs().join("functions"))
        .args(args)
        .env("FUNCTIONS_RPC_URL", text(network, "rpcUrl"))
        .env("FUNCTIONS_ROUTER", text(network, "router"))
        .env("FUNCTIONS_KEY_FILE", key)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .expect("the program runs")
}

fn words(output: &Output) -> String {
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    text.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
}

fn done(output: &Output) -> Value {
    assert!(output.status.success(), "{}", words(output));
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

#[test]
fn fees_are_paid_out_and_changed_settings_are_sent() {
    let network = keep();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (owner, other) = (folder.path().join("owner.key"), folder.path().join("other.key"));
    fs::write(&owner, OWNER_KEY).expect("writable");
    fs::write(&other, OTHER_KEY).expect("writable");
    let don = text(&network, "donId");

    // One request was answered: its transmitter and the DON's members are owed something.
    let paid = done(&types(&network, &owner, &["don", "pay-out", "--don-id", &don, "--json"]));
    let list = paid["paid"].as_array().expect("a list");
    assert!(!list.is_empty(), "{paid}");
    for one in list {
        assert!(one["juels"].as_str().expect("juels").parse::<u128>().expect("a number") > 0, "{paid}");
    }
    let again = done(&types(&network, &owner, &["don", "pay-out", "--don-id", &don, "--json"]));
    assert_eq!(again["paid"].as_array().map(Vec::len), Some(0), "{again}");
    let refused = types(&network, &other, &["don", "pay-out", "--don-id", &don]);
    assert!(
        !refused.status.success() && words(&refused).contains("Only callable by owner"),
        "{}",
        words(&refused)
    );
    let refused = types(&network, &other, &["don", "withdraw", "--don-id", &don]);
    assert!(
        !refused.status.success() && words(&refused).contains("belongs to this key"),
        "{}",
        words(&refused)
    );
    // The Router has nothing of its own yet; it pays that out.
    let own =
        done(&types(&network, &owner, &["don", "withdraw", "--from-router", "--don-id", &don, "--json"]));
    assert_eq!(own["paid"][0]["juels"], "0", "{own}");

    let file = folder.path().join("deploy.toml");
    let deploy = |content: &str| {
        fs::write(&file, content).expect("writable");
        let contracts = root().join("dist/contracts");
        let (file, contracts) = (file.to_str().expect("text"), contracts.to_str().expect("text"));
        let rpc = text(&network, "rpcUrl");
        types(&network, &owner, &["deploy", "--rpc-url", &rpc, "--config", file, "--contracts", contracts])
    };
    let base = "owner_key_file = \"owner.key\"\ndon_id = \"fun-owner-1\"\nconsumer = false\n\
                [link]\ndev_supply_link = 1000\n[feeds]\ndev_wei_per_link = 6000000000000000\ndev_usd_per_link = 1500000000\n";
    let changed = format!(
        "{base}[coordinator]\ndon_fee_cents_usd = 17\n[router]\nmax_consumers_per_subscription = 7\n"
    );
    let first = deploy(base);
    assert!(first.status.success() && !words(&first).contains("follow"), "{}", words(&first));
    let second = deploy(&changed);
    assert!(second.status.success(), "{}", words(&second));
    for part in ["follow [coordinator]", "follow [router]"] {
        assert!(words(&second).contains(part), "{}", words(&second));
    }
    let third = deploy(&changed);
    assert!(third.status.success() && !words(&third).contains("follow"), "{}", words(&third));
    let typo = deploy(&changed.replace("don_fee_cents_usd", "don_fee_cent_usd"));
    assert!(
        !typo.status.success() && words(&typo).contains("did you mean `don_fee_cents_usd`?"),
        "{}",
        words(&typo)
    );
    network.end();
}
