//! The template for Solidity users, end to end: installed, compiled, deployed and answered, as its README says.

use std::path::Path;
use std::process::{Command, Output};

use e2e_tests::keep;
use functions_network::DEV_KEYS;
use serde_json::Value;
use test_support::place::root;

const FILES: [&str; 6] =
    ["package.json", "compile.js", "settings.js", "send.js", "source.js", "contracts/PriceConsumer.sol"];

/// Prints the length of the DON's key, and group and number of shares of its threshold key.
const KEYS: &str = r#"
const { ethers } = require("ethers");
const abi = ["function getDONPublicKey() view returns (bytes)", "function getThresholdPublicKey() view returns (bytes)"];
const coordinator = new ethers.Contract(process.env.COORDINATOR, abi, new ethers.JsonRpcProvider(process.env.RPC_URL));
(async () => {
  const don = ethers.getBytes(await coordinator.getDONPublicKey());
  const threshold = JSON.parse(ethers.toUtf8String(await coordinator.getThresholdPublicKey()));
  console.log(don.length, threshold.Group, threshold.HArray.length);
})();
"#;

/// Copies the template to `to` and installs its packages there; says why not when that cannot be done here.
fn installed(to: &Path) -> bool {
    if !Command::new("npm").arg("--version").output().is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: the Solidity template needs Node.js with npm");
        return false;
    }
    std::fs::create_dir_all(to.join("contracts")).expect("the target folder is writable");
    for file in FILES {
        std::fs::copy(root().join("templates/solidity").join(file), to.join(file)).expect(file);
    }
    let arguments = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
    let done = Command::new("npm").args(arguments).current_dir(to).status().expect("npm runs").success();
    if !done {
        eprintln!("SKIPPED: npm could not fetch the packages of the Solidity template; its message is above");
    }
    done
}

fn run(folder: &Path, script: &str, settings: &[(&str, &str)]) -> Output {
    let mut node = Command::new("node");
    node.arg(script).current_dir(folder).envs(settings.iter().copied()).output().expect("node runs")
}

/// What a script says when it fails, one line.
fn refusal(folder: &Path, script: &str, settings: &[(&str, &str)]) -> String {
    let output = run(folder, script, settings);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        !text.contains("PriceConsumer at"),
        "the contract was deployed before the mistake was noticed: {text}"
    );
    text.lines().last().unwrap_or_default().to_owned()
}

fn node(folder: &Path, script: &str, settings: &[(&str, &str)]) -> String {
    let output = run(folder, script, settings);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}: {out}{err}");
    out.into_owned()
}

#[test]
fn template_gets_a_price_when_only_the_router_is_named() {
    let folder = root().join("target/template-solidity");
    if !installed(&folder) {
        return;
    }
    node(&folder, "compile.js", &[]);
    let network = keep();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (router, link) = (text(&network.json["router"]), text(&network.json["network"]["link"]));
    let (url, don) = (text(&network.json["network"]["rpcUrl"]), text(&network.json["network"]["donId"]));
    let settings = [("ROUTER", &*router), ("LINK", &*link), ("RPC_URL", &*url), ("DON_ID", &*don)];
    // What the official client reads from the Coordinator before every request.
    let coordinator = text(&network.json["coordinator"]);
    std::fs::write(folder.join("keys.js"), KEYS).expect("a file");
    let keys = node(&folder, "keys.js", &[("RPC_URL", &*url), ("COORDINATOR", &*coordinator)]);
    assert_eq!(keys.trim(), "64 P256 4");

    // Every mistake is told before the contract is deployed.
    let short = &router[..40];
    let empty_key = folder.join("empty.key");
    std::fs::write(&empty_key, "0x00000000000000000000000000000000000000000000000000000000000000aa")
        .expect("a file");
    let empty_key = empty_key.to_str().expect("text");
    let other_key = folder.join("other.key");
    std::fs::write(&other_key, DEV_KEYS[1]).expect("a file");
    let other_key = other_key.to_str().expect("text");
    for (change, told) in [
        (&[("ROUTER", short)][..], "which is no address: it takes 0x and 40 hexadecimal digits"),
        (&[("ROUTER", &*link)], "is no Functions Router"),
        (&[("ROUTER", "0x00000000000000000000000000000000000000aa")], "there is no contract at"),
        (&[("DON_ID", "fun-elsewhere-1")], "knows no DON named fun-elsewhere-1"),
        (&[("DON_ID", "a-name-that-is-far-too-long-for-32-bytes")], "at most 31 bytes"),
        (&[("LINK", &*router)], "LINK: there is no token at"),
        (&[("LINK", "")], "LINK is not set"),
        (&[("CHAIN_ID", "1")], "has the id 412346, not 1"),
        (&[("RPC_URL", "http://127.0.0.1:1")], "no chain answers at http://127.0.0.1:1"),
        (
            &[("CHAIN_ID", "arbitrum")],
            "CHAIN_ID is \"arbitrum\": it takes a whole number in decimal digits; leave it out",
        ),
        (&[("CHAIN_ID", "0x64ace")], "it takes a whole number in decimal digits"),
        (&[("CHAIN_ID", "99999999999999999999")], "it is too large; leave it out"),
        (
            &[("SUBSCRIPTION_ID", "99")],
            "knows no subscription 99; see whether ROUTER and the number belong together",
        ),
        (&[("SUBSCRIPTION_ID", "0")], "knows no subscription 0"),
        (
            &[("SUBSCRIPTION_ID", "seven")],
            "it takes a whole number in decimal digits; `functions sub create` prints one",
        ),
        (
            &[("SUBSCRIPTION_ID", "18446744073709551616")],
            "it is too large; `functions sub create` prints one",
        ),
        (&[("SUBSCRIPTION_ID", "1"), ("KEY_FILE", other_key)], "set KEY_FILE to that owner's key"),
        (&[("KEY_FILE", empty_key)], "has no ether on chain 412346"),
        (&[("KEY_FILE", "/nonexistent")], "KEY_FILE: "),
    ] {
        let said = refusal(&folder, "send.js", &[&settings[..], change].concat());
        assert!(said.starts_with("error: ") && said.contains(told), "{change:?}: {said}");
    }
    let told: Value = serde_json::from_str(&node(&folder, "send.js", &settings)).expect("one JSON object");
    assert_eq!(told["price"], "1502");
    assert!(text(&told["chargedJuels"]).parse::<u128>().expect("a number") > 0);
    network.end();
}
