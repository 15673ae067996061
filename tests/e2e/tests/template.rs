//! The template for Solidity users, end to end: installed, compiled, deployed and answered, as its README says.

use std::path::Path;
use std::process::Command;

use e2e_tests::{keep, root};
use serde_json::Value;

const FILES: [&str; 5] =
    ["package.json", "compile.js", "send.js", "source.js", "contracts/PriceConsumer.sol"];

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

fn node(folder: &Path, script: &str, settings: &[(&str, &str)]) -> String {
    let output = Command::new("node")
        .arg(script)
        .current_dir(folder)
        .envs(settings.iter().copied())
        .output()
        .expect("node runs");
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
    let told: Value = serde_json::from_str(&node(&folder, "send.js", &settings)).expect("one JSON object");
    assert_eq!(told["price"], "1502");
    assert!(text(&told["chargedJuels"]).parse::<u128>().expect("a number") > 0);
    network.end();
}
