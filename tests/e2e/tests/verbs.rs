//! What a subscription owner types all day, against a running network: `functions sub` and `functions request`.

use e2e_tests::{User, keep, keep_with, word};
use serde_json::{Value, json};
use test_support::Said;

/// Asserts that the tool refused and said all of this.
fn refused(said: &Said, words: &[&str]) {
    words.iter().for_each(|word| said.refused(word));
}

#[test]
fn a_subscription_lives_from_create_to_cancel() {
    let network = keep();
    let owner = User::new(&network, 0);
    let other = User::new(&network, 1);
    let (consumer, don) = (owner.text("consumer"), owner.text("donId"));

    let made = owner.types(&["sub", "create", "--consumer", &consumer, "--fund", "0.75", "--json"]).done();
    let id = made["subscriptionId"].to_string();
    assert_eq!(made["balanceJuels"], "750000000000000000");
    let filled = owner.types(&["sub", "fund", &id, "250000000000000000juels", "--json"]).done();
    assert_eq!(filled["balanceJuels"], "1000000000000000000");

    let script = owner.file("script.js", "return Functions.encodeUint256(BigInt(args[0]) ** 2n);");
    let send = |user: &User, more: &[&str]| {
        let common = ["request", "send", "--consumer", &consumer, "--don-id", &don, "--source", &script];
        user.types(&[&common, more].concat())
    };
    let args = ["--subscription", &id, "--args", r#"["111"]"#, "--returns", "uint256", "--json"];
    let answered = send(&owner, &args).done();
    assert_eq!(answered["state"], "fulfilled");
    assert_eq!(answered["result"], word(12_321));
    assert_eq!(answered["decoded"], "12321");
    // What the subscription's tier allows is asked for; where it allows more, the longest answer is stored, too.
    assert_eq!(answered["callbackGasLimit"], 300_000);
    let longest = owner.file("longest.js", "return new Uint8Array(512).fill(7);");
    let rich = owner.text("subscriptionId");
    let of_rich = |source: &str| {
        let words = ["request", "send", "--consumer", &consumer, "--don-id", &don, "--source", source];
        owner.types(&[&words[..], &["--subscription", &rich, "--json"]].concat()).done()
    };
    let stored = of_rich(&longest);
    assert_eq!((&stored["state"], &stored["callbackGasLimit"]), (&json!("fulfilled"), &json!(500_000)));
    // Advice about gas can be followed as it stands, but for the script's file.
    let starved =
        send(&owner, &["--subscription", &rich, "--args", r#"["3"]"#, "--gas-limit", "100", "--json"]);
    assert_eq!(starved.code, Some(3), "{}", starved.stderr);
    let starved: Value = serde_json::from_str(&starved.stdout).expect("one JSON object");
    assert_eq!(starved["state"], "callbackFailed");
    let id_of_starved = starved["requestId"].as_str().expect("an id");
    let explained = owner.types(&["request", "explain", id_of_starved, "--json"]).done();
    assert_eq!(explained["report"]["requests"], 1);
    let next = explained["next"].as_str().expect("advice");
    assert!(next.contains(&format!("--don-id {don} ")) && next.ends_with("--gas-limit 200"), "{next}");
    // The chain does not tell an error without words from an empty result.
    let silent = of_rich(&owner.file("silent.js", "throw '';"));
    assert_eq!((&silent["result"], &silent["error"]), (&json!("0x"), &Value::Null));
    let shown = owner.types(&["request", "status", silent["requestId"].as_str().expect("an id")]);
    assert!(shown.stdout.contains("an error without words looks the same"), "{}", shown.stdout);
    let request = answered["requestId"].as_str().expect("an id");
    let again = owner.types(&["request", "status", request, "--returns", "uint256", "--json"]).done();
    assert_eq!(again, answered);
    assert!(owner.types(&["request", "status", request]).stdout.contains("charged"));

    let failed = send(&owner, &["--subscription", &id, "--args", r#"["x"]"#, "--json"]);
    assert_eq!(failed.code, Some(3), "{}", failed.stderr);
    let failed: Value = serde_json::from_str(&failed.stdout).expect("one JSON object");
    assert!(failed["error"].as_str().expect("an error").contains("BigInt"), "{failed}");
    assert_eq!(failed["result"], Value::Null);

    let info = owner.types(&["sub", "info", &id, "--json"]).done();
    let charged = |of: &Value| of["chargedJuels"].as_str().expect("juels").parse::<u128>().expect("a number");
    let left = 1_000_000_000_000_000_000 - charged(&answered) - charged(&failed);
    assert_eq!(info["balanceJuels"], left.to_string());
    assert_eq!(info["blockedJuels"], "0");
    assert_eq!(info["maxCallbackGas"], 300_000);
    assert_eq!(info["consumers"][0]["completedRequests"], 2);
    assert_eq!(info["depositKeptJuels"], "100000000000000000", "fewer than ten requests were answered");
    let shown = owner.types(&["sub", "info", &id]).stdout;
    assert!(shown.contains("deposit    0.1 LINK of it the Router would keep"), "{shown}");
    assert_eq!(info["openRequests"], json!([]));

    // What goes wrong says what to do.
    let poor = owner.types(&["sub", "create", "--consumer", &consumer, "--json"]).done();
    let poor = poor["subscriptionId"].to_string();
    refused(&send(&owner, &["--subscription", &poor]), &["has 0 LINK available", "functions sub fund"]);
    refused(&other.types(&["sub", "add", &id, &consumer]), &["MustBeSubscriptionOwner", "only the owner"]);
    // Addresses that are none, and one where nothing is.
    let mistyped = consumer.replacen(|digit: char| digit.is_ascii_uppercase(), "0", 1);
    for (address, words) in [
        ("consumer.eth", "an address is 0x and 40 hexadecimal digits"),
        (&consumer[..41], "this has 39"),
        (&*mistyped, "a digit is mistyped"),
    ] {
        let said = owner.types(&["sub", "add", &id, address]);
        assert!(said.code != Some(0) && said.stderr.contains(words), "{address}: {said:?}");
    }
    let nobody = "0x00000000000000000000000000000000aabbccdd";
    let said = owner.types(&["sub", "add", &id, nobody]);
    assert!(said.code == Some(0) && said.stderr.contains("warning: there is no contract at"), "{said:?}");
    assert_eq!(owner.types(&["sub", "remove", &id, nobody]).code, Some(0));
    // Contracts that send no requests are taken, for the Router takes them, but not in silence.
    for (contract, what) in [
        (owner.text("router"), "a contract of the DON (Functions Router)"),
        (owner.text("coordinator"), "a contract of the DON (Functions Coordinator)"),
        (owner.text("link"), "the LINK token"),
        ("0x0000000000000000000000000000000000000001".to_owned(), "kept for the chain's precompiles"),
        ("0x0000000000000000000000000000000000000064".to_owned(), "kept for the chain's precompiles"),
        ("0xcEcba2F1DC234f70Dd89F2041029807F8D03A990".to_owned(), "the StylusDeployer"),
    ] {
        let said = owner.types(&["sub", "add", &id, &contract]);
        assert!(said.code == Some(0) && said.stderr.contains("which sends no requests"), "{what}: {said:?}");
        assert!(said.stderr.contains(what), "{said:?}");
        assert_eq!(owner.types(&["sub", "remove", &id, &contract]).code, Some(0));
    }
    // A negative number is a value like another.
    for words in
        [&["sub", "fund", &id, "-1"][..], &["sub", "info", "-1"], &["sub", "info", &id, "--from-block", "-5"]]
    {
        let said = owner.types(words);
        assert!(said.code == Some(2) && said.stderr.contains("invalid value '-"), "{words:?}: {said:?}");
        assert!(!said.stderr.contains("-- -"), "{said:?}");
    }
    refused(&other.types(&["sub", "fund", &id, "1"]), &["transfer"]);
    refused(&other.types(&["sub", "info", "424242"]), &["InvalidSubscription", "no such subscription"]);
    let stranger = "0x00000000000000000000000000000000000000aa";
    refused(&owner.types(&["sub", "remove", &id, stranger]), &["InvalidConsumer"]);
    refused(&owner.types(&["sub", "timeout", "424242"]), &["InvalidSubscription", "no such subscription"]);
    let link = owner.text("link");
    let words = ["request", "send", "--consumer", &link, "--don-id", &don, "--source", &script];
    let of_token = owner.types(&[&words[..], &["--subscription", &id]].concat());
    refused(&of_token, &["is the LINK token, which sends no requests", "your own contract"]);
    let unknown = format!("0x{}", "7".repeat(64));
    refused(&owner.types(&["request", "status", &unknown]), &["started no request", "--from-block"]);
    let nothing_there = ["sub", "info", &id, "--router", stranger];
    refused(&owner.types(&nothing_there), &["there is no contract at", "--rpc-url"]);

    assert_eq!(owner.types(&["sub", "remove", &id, &consumer, "--json"]).done()["consumer"], consumer);
    refused(
        &send(&owner, &["--subscription", &id]),
        &["is no consumer of subscription", "functions sub add"],
    );
    owner.types(&["sub", "add", &id, &consumer]);
    let router = owner.text("router");
    refused(&owner.types(&["sub", "cancel", &id, "--to", &router]), &["could never give LINK back"]);
    let precompile =
        owner.types(&["sub", "cancel", &id, "--to", "0x0000000000000000000000000000000000000064"]);
    assert!(
        precompile.code == Some(2) && precompile.stderr.contains("what it gets is lost"),
        "{precompile:?}"
    );
    let closed = owner.types(&["sub", "cancel", &id, "--json"]).done();
    let amount = |field: &str| closed[field].as_str().expect("juels").parse::<u128>().expect("a number");
    assert_eq!(amount("paidJuels") + amount("depositKeptJuels"), left);
    refused(&other.types(&["sub", "info", &id]), &["InvalidSubscription"]);
    network.end();
}

#[test]
fn any_function_of_a_consumer_can_be_called_and_an_overdue_request_released() {
    let network = keep_with(&["--kill", "2"]);
    let owner = User::new(&network, 0);
    let (consumer, id) = (owner.text("consumer"), owner.text("subscriptionId"));
    let bytes =
        format!("0x{:0<64}", owner.text("donId").bytes().map(|b| format!("{b:02x}")).collect::<String>());
    let signature = "sendRequest(string,bytes,uint8,uint64,string[],bytes[],uint64,uint32,bytes32)";
    let sent = owner.types(&[
        "request",
        "send",
        "--consumer",
        &consumer,
        "--no-wait",
        "--json",
        "--call",
        signature,
        "--with",
        "return Functions.encodeString(args[0])",
        "--with",
        "0x",
        "--with",
        "0",
        "--with",
        "0",
        "--with",
        "[\"hello\"]",
        "--with",
        "[]",
        "--with",
        &id,
        "--with",
        "100000",
        "--with",
        &bytes,
    ]);
    let sent = sent.done();
    assert_eq!(sent["state"], "open");
    assert_eq!(sent["callbackGasLimit"], 100_000);

    // A view sends nothing, so nothing is sent to it.
    let blocks = owner.rpc("eth_blockNumber", json!([]));
    let view = ["request", "send", "--consumer", &consumer, "--call", "lastRequestId()"];
    refused(&owner.types(&view), &["sends no request", "nothing was sent"]);
    assert_eq!(owner.rpc("eth_blockNumber", json!([])), blocks);
    let request = sent["requestId"].as_str().expect("an id");

    let early = owner.types(&["sub", "timeout", &id, request]);
    refused(&early, &["can be timed out in"]);
    let nothing = owner.types(&["sub", "timeout", &id, "--json"]).done();
    assert_eq!(nothing["timedOut"], json!([]));
    assert_eq!(nothing["notOverdue"], 1);

    owner.rpc("evm_increaseTime", json!([301]));
    owner.rpc("evm_mine", json!([]));
    assert_eq!(owner.types(&["request", "status", request, "--json"]).done()["state"], "overdue");
    assert!(owner.types(&["sub", "info", &id]).stdout.contains("overdue; release it with"));
    let released = owner.types(&["sub", "timeout", &id, "--json"]).done();
    assert_eq!(released["timedOut"], json!([request]));
    assert_eq!(released["releasedJuels"], sent["reservedJuels"]);
    assert_eq!(owner.types(&["request", "status", request, "--json"]).done()["state"], "timedOut");
    // A request that timed out was not answered.
    let info = owner.types(&["sub", "info", &id, "--json"]).done();
    let used = &info["consumers"][0];
    assert!(used["timedOutRequests"].as_u64().expect("a number") >= 1, "{info}");
    let number = |field: &str| used[field].as_u64().expect("a number");
    assert_eq!(
        number("answeredRequests") + number("timedOutRequests"),
        number("completedRequests"),
        "{info}"
    );
    assert!(
        owner
            .types(&["sub", "info", &id])
            .stdout
            .contains(&format!("{} timed out", number("timedOutRequests")))
    );
    refused(&owner.types(&["sub", "timeout", &id, request]), &["is no open request"]);
    network.end();
}
