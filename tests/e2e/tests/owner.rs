//! What the owner of the contracts types, against a running network: fees paid out, settings changed.

use std::os::unix::fs::PermissionsExt as _;

use e2e_tests::{User, keep};
use test_support::place::contracts;

#[test]
fn fees_are_paid_out_and_changed_settings_are_sent() {
    let network = keep();
    let (owner, other) = (User::new(&network, 0), User::new(&network, 1));
    let don = owner.text("donId");

    // One request was answered: its transmitter and the DON's members are owed something.
    let paid = owner.types(&["don", "pay-out", "--don-id", &don, "--json"]).done();
    let list = paid["paid"].as_array().expect("a list");
    assert!(!list.is_empty(), "{paid}");
    for one in list {
        assert!(one["juels"].as_str().expect("juels").parse::<u128>().expect("a number") > 0, "{paid}");
    }
    let again = owner.types(&["don", "pay-out", "--don-id", &don, "--json"]).done();
    assert_eq!(again["paid"].as_array().map(Vec::len), Some(0), "{again}");
    assert!(again["transaction"].is_null(), "what is owed to nobody needs no transaction: {again}");
    other.types(&["don", "pay-out", "--don-id", &don]).refused("Only callable by owner");
    for more in [&[][..], &["--amount", "1"]] {
        other.types(&[&["don", "withdraw", "--don-id", &don], more].concat()).refused("belongs to this key");
    }
    // Whom the Coordinator pays, and owes nothing, is told so.
    let fees = owner.types(&["don", "withdraw", "--don-id", &don, "--json"]).done();
    assert!(!fees["transaction"].is_null() || fees["paid"][0]["juels"] == "0", "{fees}");
    let none = owner.types(&["don", "withdraw", "--don-id", &don]);
    assert!(none.code == Some(0) && none.stdout.contains("nothing was sent"), "{none:?}");
    for contract in ["router", "coordinator", "link"] {
        let to = owner.text(contract);
        owner
            .types(&["don", "withdraw", "--don-id", &don, "--to", &to])
            .refused("could never give LINK back");
    }
    // The Router has nothing of its own yet; it pays that out.
    let own = owner.types(&["don", "withdraw", "--from-router", "--don-id", &don, "--json"]).done();
    assert_eq!(own["paid"][0]["juels"], "0", "{own}");
    assert!(own["transaction"].is_null(), "{own}");
    let told = owner.types(&["don", "withdraw", "--from-router", "--don-id", &don]);
    assert!(
        told.code == Some(0) && told.stdout.contains("holds nothing for its owner yet; nothing was sent"),
        "{told:?}"
    );
    // More than there is, and another key than the owner's, are refused by the contract.
    let more = ["don", "withdraw", "--from-router", "--amount", "1", "--don-id", &don];
    owner.types(&more).refused("InsufficientBalance");
    other.types(&["don", "withdraw", "--from-router", "--don-id", &don]).refused("Only callable by owner");

    let deploy = |content: &str| {
        let (file, contracts) = (owner.file("deploy.toml", content), contracts());
        let contracts = contracts.to_str().expect("text");
        let rpc = owner.text("rpcUrl");
        owner.types(&["deploy", "--rpc-url", &rpc, "--config", &file, "--contracts", contracts])
    };
    let base = "owner_key_file = \"key\"\ndon_id = \"fun-owner-1\"\nconsumer = false\n\
                [link]\ndev_supply_link = 1000\n[feeds]\ndev_wei_per_link = 6000000000000000\ndev_usd_per_link = 1500000000\n";
    let changed = format!(
        "{base}[coordinator]\ndon_fee_cents_usd = 17\n[router]\nmax_consumers_per_subscription = 7\n"
    );
    let first = deploy(base);
    assert!(first.code == Some(0) && !first.stderr.contains("follow"), "{first:?}");
    // Everybody may read the key that `User` wrote; once nobody else may, nothing is said.
    let key = owner.folder().join("key");
    let shown = format!("{}; run: chmod 600 {}", key.display(), key.display());
    for mode in [0o644, 0o640, 0o600] {
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).expect("our file");
        let said = deploy(base);
        let warned = said.stderr.contains("warning: others may read") && said.stderr.contains(&shown);
        assert!(said.code == Some(0) && warned == (mode != 0o600), "{mode:o}: {said:?}");
    }
    let second = deploy(&changed);
    assert_eq!(second.code, Some(0), "{second:?}");
    for part in ["follow [coordinator]", "follow [router]"] {
        assert!(second.stderr.contains(part), "{second:?}");
    }
    let third = deploy(&changed);
    assert!(third.code == Some(0) && !third.stderr.contains("follow"), "{third:?}");
    deploy(&changed.replace("don_fee_cents_usd", "don_fee_cent_usd"))
        .refused("did you mean `don_fee_cents_usd`?");
    network.end();
}
