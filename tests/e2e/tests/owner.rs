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
    let is_paid = |said: &serde_json::Value| said["paid"].as_array().is_some_and(|paid| !paid.is_empty());
    assert_eq!(fees["transaction"].is_null(), !is_paid(&fees), "{fees}");
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
    assert!(own["transaction"].is_null() && !is_paid(&own), "{own}");
    let told = owner.types(&["don", "withdraw", "--from-router", "--don-id", &don]);
    assert!(
        told.code == Some(0) && told.stdout.contains("holds nothing for its owner yet; nothing was sent"),
        "{told:?}"
    );
    let consumer = owner.text("consumer");
    let to_contract = ["don", "withdraw", "--from-router", "--to", &consumer, "--don-id", &don, "--json"];
    let warned = owner.types(&to_contract).done();
    assert!(warned["warnings"][0].as_str().is_some_and(|words| words.contains("is a contract")), "{warned}");
    // More than there is, and another key than the owner's, are refused by the contract.
    let more = ["don", "withdraw", "--from-router", "--amount", "1", "--don-id", &don];
    owner.types(&more).refused("InsufficientBalance");
    other.types(&["don", "withdraw", "--from-router", "--don-id", &don]).refused("Only callable by owner");

    let deploy_with = |content: &str, more: &[&str]| {
        let (file, contracts) = (owner.file("deploy.toml", content), contracts());
        let contracts = contracts.to_str().expect("text");
        let rpc = owner.text("rpcUrl");
        let line = ["deploy", "--rpc-url", &rpc, "--config", &file, "--contracts", contracts];
        owner.types(&[&line[..], more].concat())
    };
    let deploy = |content: &str| deploy_with(content, &[]);
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
    let told = deploy_with(&changed, &["--dry-run"]);
    assert!(told.code == Some(0) && told.stderr.contains("router stands at 0x"), "{told:?}");
    assert_eq!(told.stderr.matches("when this is run without --dry-run").count(), 2, "{told:?}");
    let second = deploy(&changed);
    assert_eq!(second.code, Some(0), "{second:?}");
    for part in ["follow [coordinator]", "follow [router]"] {
        assert!(second.stderr.contains(part), "{second:?}");
    }
    let third = deploy(&changed);
    assert!(third.code == Some(0) && !third.stderr.contains("follow"), "{third:?}");
    deploy(&changed.replace("don_fee_cents_usd", "don_fee_cent_usd"))
        .refused("did you mean `don_fee_cents_usd`?");
    // The list follows the file as everything else does; without its part everybody is let in.
    let listed = |more: &str| format!("{changed}[allow_list]\nsigner = \"0x{}\"\n{more}", "11".repeat(20));
    let told = deploy_with(&listed(""), &["--dry-run"]);
    assert!(told.stderr.contains("allow_list: ") && !told.stderr.contains("follow"), "{told:?}");
    assert!(deploy(&listed("")).stderr.contains("the Router asks the allow list"));
    let moved = deploy_with(&changed.replace("fun-owner-1", "fun-owner-2"), &["--dry-run"]);
    assert!(moved.stderr.contains("route fun-owner-2 leads to the Coordinator, when"), "{moved:?}");
    let addresses = std::fs::read(owner.folder().join("addresses.json")).expect("the addresses");
    let addresses: serde_json::Value = serde_json::from_slice(&addresses).expect("JSON");
    let router = addresses["router"].as_str().expect("the Router");
    let create = || owner.types(&["sub", "create", "--router", router]);
    for (content, words, is_open) in [
        (listed(""), "", false),
        (listed("enabled = false\n"), "follow [allow_list] now", true),
        (listed("enabled = true\n"), "follow [allow_list] now", false),
        (changed.clone(), "lets everybody in, as there is no [allow_list] now", true),
        (changed.clone(), "", true),
    ] {
        let said = deploy(&content);
        assert!(said.code == Some(0) && said.stderr.contains(words), "{said:?}");
        assert_eq!(said.stderr.contains("allow_list]"), !words.is_empty(), "{said:?}");
        let created = create();
        match is_open {
            true => assert_eq!(created.code, Some(0), "{created:?}"),
            false => created.refused("SenderMustAcceptTermsOfService"),
        }
    }
    // What contracts were built with cannot be changed, and what is named must be what it is named for.
    let address = |name: &str| addresses[name].as_str().expect("an address").to_owned();
    let feeds = |native: &str, usd: &str| {
        let feeds = "dev_wei_per_link = 6000000000000000\ndev_usd_per_link = 1500000000";
        base.replace(feeds, &format!("link_to_native = {native:?}\nlink_to_usd = {usd:?}"))
    };
    let (native, usd) = (address("linkToNativeFeed"), address("linkToUsdFeed"));
    // No request comes from a price feed, and no LINK comes back from it.
    let made = owner.types(&["sub", "create", "--router", router, "--consumer", &usd, "--json"]);
    assert!(made.stderr.contains("is a price feed, which sends no requests"), "{made:?}");
    let id = made.done()["subscriptionId"].to_string();
    owner
        .types(&["sub", "cancel", &id, "--router", router, "--to", &usd])
        .refused("could never give LINK back");
    let token = base.replace("dev_supply_link = 1000", &format!("address = {:?}", owner.text("link")));
    deploy(&token).refused("was built with another link_token");
    deploy(&feeds(&usd, &native)).refused("which cannot be changed");
    let elsewhere = |content: &str| deploy(&format!("addresses_file = \"new.json\"\n{content}"));
    elsewhere(&feeds(&usd, &native)).refused("has 8 decimals, not 18");
    elsewhere(&feeds(&native, &address("router"))).refused("is no price feed");
    let no_token = base.replace("dev_supply_link = 1000", &format!("address = {:?}", address("router")));
    elsewhere(&no_token).refused("there is no token");
    assert!(!owner.folder().join("new.json").exists(), "nothing was sent");
    network.end();
}
