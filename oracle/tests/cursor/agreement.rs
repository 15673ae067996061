//! Endpoints of which one lies: where several must agree, nothing it says alone is given.

use alloy::primitives::U64;
use functions_node::chain::{Batch, Contact, RpcFailure, WantedChain, coordinator_of};

use super::*;

/// The script of [`World::request`], and one of its length that somebody else wrote.
const SOURCE: &str = "source";
const FORGED: &str = "forged";

/// A chain behind `count` endpoints, of which `agree` must say the same.
async fn world(count: usize, agree: usize) -> World {
    let mut world = World::behind(count).await;
    world.rpc = Arc::new(Rpc::new(&world.urls()).expect("a client").agreeing(agree));
    world
}

/// Every log with another script in it.
fn other_script() -> Answer {
    Answer::changed(|_, truth| {
        let (source, forged) = (hex::encode(SOURCE), hex::encode(FORGED));
        serde_json::from_str(&truth.to_string().replace(&source, &forged)).expect("JSON")
    })
}

/// One log more than there are: of a request that nobody sent.
fn one_more_log() -> Answer {
    Answer::changed(|_, mut truth| {
        let logs = truth.as_array_mut().expect("logs");
        if let Some(log) = logs.first() {
            let text = log.to_string().replace(&"01".repeat(32), &"09".repeat(32));
            let mut more: Value = serde_json::from_str(&text).expect("JSON");
            more["logIndex"] = json!("0x7");
            logs.push(more);
        }
        truth
    })
}

fn scripts(batch: &Batch) -> Vec<(u8, String)> {
    let request = |event: &ChainEvent| match event {
        ChainEvent::Request(seen) => (seen.request_id.0[0], String::from_utf8_lossy(&seen.data).into_owned()),
        other => panic!("unexpected {other:?}"),
    };
    batch.events.iter().map(request).collect()
}

/// Polls until everything is read; what was given.
async fn read(cursor: &mut LogCursor) -> Vec<(u8, String)> {
    let mut given = Vec::new();
    until("the chain to be read", async || match cursor.poll().await {
        Ok(batch) => {
            given.extend(scripts(&batch));
            if batch.caught_up { Ok(()) } else { Err("not all of it".to_owned()) }
        }
        Err(err) => Err(err.to_string()),
    })
    .await;
    given
}

#[tokio::test]
async fn o23_one_endpoint_that_is_enough_is_believed_whatever_it_forges() {
    // What this costs, and that the lies below are ones a node would fall for.
    for (lie, given) in [
        (other_script(), vec![(1, FORGED.to_owned())]),
        (one_more_log(), vec![(1, SOURCE.to_owned()), (9, SOURCE.to_owned())]),
    ] {
        let world = world(3, 1).await;
        world.request(1).await;
        world.proxies[0].answer("eth_getLogs", lie);
        assert_eq!(read(&mut world.cursor(1, 100)).await, given);
    }
}

#[tokio::test]
async fn o23_what_one_of_three_forges_is_never_given_and_it_is_told_so() {
    for liar in 0..3 {
        for (name, lie) in [
            ("another script", other_script()),
            ("one more log", one_more_log()),
            ("none", Answer::Result(json!([]))),
        ] {
            let world = world(3, 2).await;
            world.request(1).await;
            world.request(2).await;
            world.proxies[liar].answer("eth_getLogs", lie);
            // One by one, and all in one range.
            for range in [1, 100] {
                let mut cursor = world.cursor(1, range);
                let truth = vec![(1, SOURCE.to_owned()), (2, SOURCE.to_owned())];
                assert_eq!(read(&mut cursor).await, truth, "{name} by {liar}");
            }
            // Who leaves something out is not called a liar; nor is the last one, which is asked when another is slow.
            if liar < 2 && name != "none" {
                until("the liar to be asked while it is up", async || {
                    read(&mut world.cursor(1, 100)).await;
                    match world.rpc.view()[liar].disagreements {
                        0 => Err(format!("{:?}", world.rpc.view())),
                        _ => Ok(()),
                    }
                })
                .await;
            }
            let view = world.rpc.view();
            let blamed: Vec<u64> = view.iter().map(|view| view.disagreements).collect();
            assert!(blamed[liar] == 0 || name != "none", "{name} by {liar}: {view:?}");
            assert!(blamed[liar] == 0 || world.proxies[liar].lied() > 0, "{name} by {liar}: {view:?}");
            assert_eq!(blamed.iter().sum::<u64>(), blamed[liar], "{name} by {liar}: {view:?}");
        }
    }
}

#[tokio::test]
async fn o23_when_two_must_agree_and_do_not_nothing_is_given_until_they_do() {
    for lie in [other_script(), one_more_log(), Answer::Result(json!([]))] {
        let world = world(2, 2).await;
        world.request(1).await;
        world.proxies[0].answer("eth_getLogs", lie);
        let mut cursor = world.cursor(1, 1);
        // The blocks before it hold nothing to disagree about.
        let refused = loop {
            match cursor.poll().await {
                Ok(batch) => assert_eq!(scripts(&batch), []),
                Err(err) => break err,
            }
        };
        let said = refused.to_string();
        assert!(
            matches!(refused, RpcFailure::Unagreed { wanted: 2, .. }) && refused.is_transient(),
            "{said}"
        );
        assert!(said.contains("2 endpoints must say the same of eth_getLogs"), "{said}");
        assert!(world.rpc.view().iter().all(|view| view.disagreements > 0), "{:?}", world.rpc.view());
        for _ in 0..3 {
            assert!(cursor.poll().await.is_err());
        }
        world.proxies[0].heal();
        assert_eq!(read(&mut cursor).await, [(1, SOURCE.to_owned())]);
    }
}

#[tokio::test]
async fn o23_a_missing_second_opinion_is_waited_for() {
    let world = world(2, 2).await;
    world.request(1).await;
    world.proxies[1].answer(test_support::ALL, Answer::Status(403, "", None));
    let mut cursor = world.cursor(1, 100);
    let said = cursor.poll().await.expect_err("one alone").to_string();
    assert!(said.contains("alone answered") && said.contains("HTTP 403"), "{said}");
    world.proxies[1].heal();
    assert_eq!(read(&mut cursor).await, [(1, SOURCE.to_owned())]);
}

#[tokio::test]
async fn o23_one_endpoint_alone_ends_nothing() {
    // Given a chain on which little is final, and an endpoint that says that all of it is,
    let mut world = world(3, 2).await;
    world.request(1).await;
    world.cheat("anvil_mine", ("0x5",)).await;
    let first = world.cheat("eth_getBlockByNumber", ("0x0", false)).await;
    let head = world.cheat("eth_getBlockByNumber", ("latest", false)).await;
    let final_is = |block: Value| {
        Answer::changed(move |params, truth| if params[0] == "finalized" { block.clone() } else { truth })
    };
    world.proxies[0].answer("eth_getBlockByNumber", final_is(head));
    for honest in [1, 2] {
        world.proxies[honest].answer("eth_getBlockByNumber", final_is(first.clone()));
    }
    let mut cursor = world.cursor(1, 100);
    assert_eq!(cursor.poll().await.expect("they agree").final_block, 0);
    // then nothing is final; and no block leaves the chain because one says that there is another at its height.
    let other = world.cheat("eth_getBlockByNumber", ("0x1", false)).await;
    world.rpc = Arc::new(Rpc::new(&world.urls()).expect("a client").agreeing(2).checking_hashes(false));
    let mut cursor = world.cursor(1, 100);
    assert_eq!(read(&mut cursor).await.len(), 1);
    world.proxies[0].answer(
        "eth_getBlockByNumber",
        Answer::changed(move |params, mut truth| {
            if params[0] != "latest" {
                truth["hash"] = other["hash"].clone();
            }
            truth
        }),
    );
    world.cheat("anvil_mine", ("0x5",)).await;
    for _ in 0..30 {
        if let Ok(batch) = cursor.poll().await {
            assert_eq!(batch.rewound_to, None);
        }
    }
}

#[tokio::test]
async fn o23_as_many_as_must_agree_are_asked_side_by_side() {
    let world = world(4, 3).await;
    for proxy in &world.proxies[..3] {
        proxy.answer("eth_getBlockByNumber", Answer::Hang);
    }
    let mut cursor = world.cursor(1, 100);
    let all = async {
        for proxy in &world.proxies[..3] {
            until("to be asked", async || match proxy.asked("eth_getBlockByNumber") {
                0 => Err("nothing".to_owned()),
                _ => Ok(()),
            })
            .await;
        }
    };
    tokio::select! {
        _ = cursor.poll() => panic!("nobody answers"),
        () = all => {}
    }
    // Each was asked before another's time was up.
    let failures: Vec<u64> = world.rpc.view().iter().map(|view| view.failures).collect();
    assert_eq!(failures, [0; 4]);
}

#[tokio::test]
async fn o23_one_that_hangs_is_not_waited_for_where_enough_others_agree() {
    for silent in 0..2 {
        let world = world(3, 2).await;
        world.request(1).await;
        world.proxies[silent].answer(test_support::ALL, Answer::Hang);
        let mut cursor = world.cursor(1, 100);
        tokio::select! {
            _ = cursor.poll() => panic!("one alone decides nothing"),
            () = world.proxies[2].wait_asked("eth_getBlockByNumber", 1) => {}
        }
        // The last is asked as long as the silent one may still answer.
        assert_eq!(world.rpc.view()[silent].failures, 0);
        assert_eq!(read(&mut world.cursor(1, 100)).await, [(1, SOURCE.to_owned())]);
        // From then on the silent one is left alone, and only then.
        let view = world.rpc.view();
        assert_eq!(view[silent].last_error.as_deref(), Some("no answer within 1 s"), "{view:?}");
        assert_eq!(view.iter().map(|view| view.disagreements).sum::<u64>(), 0, "{view:?}");
    }
}

#[tokio::test]
async fn o23_what_several_answer_at_once_is_held_in_the_room_of_one_answer() {
    let world = world(3, 2).await;
    world.request(1).await;
    world.proxies[0].answer("eth_getBlockByNumber", Answer::Endless);
    assert_eq!(read(&mut world.cursor(1, 100)).await, [(1, SOURCE.to_owned())]);
    let view = world.rpc.view();
    let said = view[0].last_error.as_deref().unwrap_or_default();
    assert!(said.contains("larger than 21 MiB"), "{view:?}");
}

#[tokio::test]
async fn o23_that_a_view_reverts_is_believed_only_when_as_many_say_so() {
    // Given a route to a coordinator, and one endpoint that says that there is none,
    let world = world(3, 2).await;
    // Returns 0x42 as a word.
    world.cheat("anvil_setCode", (ROUTER, Bytes::from_static(&hex!("604260005260206000f3")))).await;
    let don = B256::repeat_byte(3);
    for liar in 0..3 {
        world.proxies[liar].answer("eth_call", Answer::Error(3, "execution reverted"));
        let found = coordinator_of(&world.rpc, ROUTER, don).await.expect("they agree");
        assert_eq!(found, Some(Address::with_last_byte(0x42)), "{liar}");
        world.proxies[liar].heal();
    }
    // the route is there; and when two say so it is not.
    for proxy in &world.proxies[1..] {
        proxy.answer("eth_call", Answer::Error(3, "execution reverted"));
    }
    assert_eq!(coordinator_of(&world.rpc, ROUTER, don).await.expect("they agree"), None);
}

#[tokio::test]
async fn o23_a_revert_against_an_answer_is_a_contradiction_and_who_is_gone_is_not_blamed_for_it() {
    // Given three endpoints of which one reverts every call, says that accounts have nothing, and one is gone,
    let world = world(3, 2).await;
    world.cheat("anvil_setCode", (ROUTER, Bytes::from_static(&hex!("604260005260206000f3")))).await;
    let rich = Address::with_last_byte(0x77);
    world.cheat("anvil_setBalance", (rich, "0x5")).await;
    let [liar, honest, gone] = [0, 1, 2].map(|index| world.rpc.view()[index].url.clone());
    world.proxies[0].answer("eth_call", Answer::Error(3, "execution reverted"));
    world.proxies[0].answer("eth_getBalance", Answer::Result(json!("0x0")));
    world.proxies[2].answer(test_support::ALL, Answer::Status(403, "", None));
    // then nobody decides, whatever is asked for, and it is said who contradicts whom.
    let route = coordinator_of(&world.rpc, ROUTER, B256::repeat_byte(3)).await.map(|_| ());
    let balance = world.rpc.balance(rich).await.map(|_| ());
    for (asked, told) in [("eth_call", route), ("eth_getBalance", balance)] {
        let said = told.expect_err("nobody decides").to_string();
        assert!(said.contains(&format!("2 endpoints must say the same of {asked}")), "{said}");
        assert!(said.contains(&format!("{liar} and {honest} contradict each other")), "{said}");
        assert!(said.contains(&format!("{gone}: denied: HTTP 403")), "{said}");
    }
    let view = world.rpc.view();
    assert!(view[0].disagreements > 1 && view[1].disagreements > 1 && view[2].disagreements == 0, "{view:?}");
    // With the third, the two decide.
    world.proxies[2].heal();
    until("the third to be asked again", async || match world.rpc.balance(rich).await {
        Ok(wei) if wei == U256::from(5) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
}

#[tokio::test]
async fn o23_which_chain_it_is_is_not_decided_by_one_endpoint_alone() {
    for liar in 0..3 {
        let world = World::behind(3).await;
        let chain_id: U64 = world.rpc.call("eth_chainId", ()).await.expect("an id");
        let chain_id = chain_id.to();
        world.cheat("anvil_setCode", (ROUTER, Bytes::from_static(&hex!("604260005260206000f3")))).await;
        let genesis = world.cheat("eth_getBlockByNumber", ("0x0", false)).await;
        let truth: B256 = genesis["hash"].as_str().expect("a hash").parse().expect("a hash");
        let forged = B256::repeat_byte(0x66);
        world.proxies[liar].answer(
            "eth_getBlockByNumber",
            Answer::changed(move |params, mut block| {
                if params[0] == "0x0" {
                    block["hash"] = json!(forged);
                }
                block
            }),
        );
        let wanted = WantedChain { chain_id, block: 0, hash: None, router: ROUTER };
        let rpc = |agree| Rpc::new(&world.urls()).expect("a client").agreeing(agree);
        let first = if liar == 0 { forged } else { truth };
        assert_eq!(rpc(1).connect(&wanted).await, Contact::Found(first), "one is enough");
        assert_eq!(rpc(2).connect(&wanted).await, Contact::Found(truth), "{liar}");
        let three = rpc(3);
        let Contact::NotYet(why) = three.connect(&wanted).await else { panic!("three never agree") };
        assert!(three.view().iter().all(|view| view.disagreements == 1), "{:?}", three.view());
        assert!(why.contains("3 endpoints must say the same of block 0"), "{why}");
    }
}
