//! Every way a call is refused: code, status, words.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::{collections::BTreeSet, time::Duration};

use common::{Account, DON, NOW_MS, Network, Purse, call, envelope, list, said, set, signed, upload};
use functions_types::Juels;
use k256::elliptic_curve::PrimeField as _;
use oracle_gateway::{
    Allowed, Counters, Gateway, MAX_BODY_BYTES, PATIENCE, Rate, Reply, Rules, payload::Upload,
};
use serde_json::Value;

/// A patience that is over at once, and one that no test sees the end of.
const SHORT: Duration = Duration::from_millis(50);
const DAYS: Duration = Duration::from_secs(1_000_000);

/// Checks a refusal: its code, its status, and words of its text.
fn refused(reply: &Reply, code: i32, status: u16, words: &str) {
    let said = said(reply);
    let message = said["error"]["message"].as_str().unwrap_or_default();
    assert_eq!((said["error"]["code"].as_i64(), reply.status), (Some(code.into()), status), "{said}");
    assert!(message.contains(words), "{words:?} in {said}");
    assert_eq!(said["jsonrpc"], "2.0");
    assert!(said.get("result").is_none(), "{said}");
}

async fn of_body(body: &str) -> Reply {
    Network::new().gateway(PATIENCE).answer(body.as_bytes(), Duration::ZERO).await
}

#[tokio::test]
async fn what_is_no_message_of_anybodys_is_a_parse_error() {
    let owner = Account::new(1);
    let good = call(&list(&owner, "7"));
    assert_eq!(of_body(&good).await.status, 200);
    let stranger = list(&owner, "8").replace(r#""message_id":"8""#, r#""message_id":"7""#);
    let change = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    let receiver = |text: &str| call(&envelope(&owner, ["7", "secrets_list", DON, text], None));
    let forty_two = format!("0x{}", "0".repeat(40));
    assert_eq!(of_body(&receiver(&forty_two)).await.status, 200);
    for (body, words) in [
        (String::new(), "the call is not a JSON object"),
        ("[]".to_owned(), "the call is not a JSON object"),
        (format!("[{good}]"), "the call is not a JSON object"),
        (good[..good.len() - 1].to_owned(), "the call is not a JSON object"),
        (format!("{good}{good}"), "the call is not a JSON object"),
        (change(r#""jsonrpc":"2.0""#, r#""jsonrpc":"1.0""#), r#"jsonrpc is not "2.0""#),
        (change(r#""jsonrpc":"2.0","#, ""), "the call is not a JSON object"),
        (change(r#"{"id":"7""#, r#"{"id":7"#), "the call is not a JSON object"),
        (change(r#"{"id":"7""#, r#"{"id":"8""#), "id is not the message's message_id"),
        (change(r#"{"id":"7""#, &format!(r#"{{"id":"{}""#, "7".repeat(201))), "at most 200 characters"),
        (
            change(r#""method":"secrets_list","params""#, r#""method":"secrets_set","params""#),
            "method is not",
        ),
        // A field twice, or one that nobody signed, wherever it is.
        (change(r#"{"id":"7""#, r#"{"id":"7","id":"7""#), "the call is not a JSON object"),
        (change(r#"{"id":"7""#, r#"{"id":"7","more":1"#), "the call is not a JSON object"),
        (change(r#""params":{"#, r#""params":{"more":1,"#), "the message is not a JSON object"),
        (change(r#""params":{"body""#, r#""params":["body""#), "the call is not a JSON object"),
        (change(r#""body":{"#, r#""body":{"sender":"0x","#), "body is not a JSON object"),
        (change(r#""receiver":"""#, r#""receiver":"","receiver":"""#), "body is not a JSON object"),
        (change(r#""signature":"0x"#, r#""signature":""#), "signature is not 0x and 130"),
        (change(r#""signature":"0x"#, r#""signature":"0x00"#), "signature is not 0x and 130"),
        (change(r#","receiver":"""#, ""), "body is not a JSON object"),
        (receiver(&forty_two[..41]), "receiver is not empty or of 42 characters"),
        (call(&envelope(&owner, ["", "secrets_list", DON, ""], None)), "message_id is not a text"),
        (call(&envelope(&owner, ["7\0", "secrets_list", DON, ""], None)), "message_id is not a text"),
        (call(&envelope(&owner, ["7", "secrets_list", "don\0", ""], None)), "don_id is not a text"),
    ] {
        refused(&of_body(&body).await, -32_700, 400, words);
    }
    // Another message's signature is somebody's, though nobody has its key; one of v 29 or a high s is nobody's.
    assert_eq!(of_body(&call(&stranger)).await.status, 200);
    let at = good.rfind("\"}").unwrap();
    for v in ["1d", "02", "ff"] {
        refused(&of_body(&format!("{}{v}\"}}}}", &good[..at - 2])).await, -32_700, 400, "of nobody");
    }
    // The call's id comes back as soon as there is one.
    assert_eq!(said(&of_body(&change(r#""signature":"0x"#, r#""signature":""#)).await)["id"], "7");
    assert_eq!(said(&of_body("").await)["id"], Value::Null);
}

#[tokio::test]
async fn signatures_have_a_low_s_and_v_of_either_kind() {
    let owner = Account::new(1);
    let good = call(&list(&owner, "7"));
    let at = good.rfind("\"}}").unwrap();
    let v = u8::from_str_radix(&good[at - 2..at], 16).unwrap();
    let zero_based = format!("{}{:02x}\"}}}}", &good[..at - 2], v - 27);
    assert_eq!(of_body(&zero_based).await.status, 200);
    // The other signature of the same message by the same account: n - s, and the other v.
    let s: [u8; 32] = hex::decode(&good[at - 66..at - 2]).unwrap().try_into().unwrap();
    let s = k256::Scalar::from_repr(s.into()).unwrap();
    let high = hex::encode((-s).to_bytes());
    let twin = format!("{}{high}{:02x}\"}}}}", &good[..at - 66], 55 - v);
    refused(&of_body(&twin).await, -32_700, 400, "of nobody");
}

#[tokio::test]
async fn sizes_are_bounded_at_the_byte() {
    let owner = Account::new(1);
    for (widths, fits) in
        [([128, 64, 64], true), ([129, 64, 64], false), ([128, 65, 64], false), ([128, 64, 65], false)]
    {
        let names = widths.map(|width: usize| "é".repeat(width / 2) + &"x".repeat(width % 2));
        // Signed by somebody, whoever that is.
        let cut = names.each_ref().map(|name| name.as_str());
        let text = format!(
            r#"{{"body":{{"message_id":"{}","method":"{}","don_id":"{}","receiver":""}},"signature":"0x{}1b"}}"#,
            cut[0],
            cut[1],
            cut[2],
            "01".repeat(64)
        );
        let reply = of_body(&call(&text)).await;
        match said(&reply)["error"]["message"].as_str().unwrap() {
            "unknown DON id" => assert!(fits, "{widths:?}"),
            other => assert!(!fits && other.contains("at most"), "{widths:?}: {other}"),
        }
    }
    // White space around is part of a body, not of what is signed.
    let mut body = call(&list(&owner, "7"));
    body.extend(std::iter::repeat_n(' ', MAX_BODY_BYTES - body.len()));
    assert_eq!(of_body(&body).await.status, 200);
    body.push(' ');
    refused(&of_body(&body).await, -32_700, 400, "the body has 131073 bytes: at most 131072");
}

#[tokio::test]
async fn other_dons_and_wrong_payloads_are_invalid_parameters() {
    let owner = Account::new(1);
    let elsewhere = call(&envelope(&owner, ["7", "secrets_list", "fun-other-1", ""], None));
    refused(&of_body(&elsewhere).await, -32_602, 400, "unknown DON id");
    let right = common::json(&upload(&owner, 0, 1, b"sealed"));
    let change = |from: &str, to: &str| Some(right.replacen(from, to, 1));
    for (method, payload, words) in [
        ("secrets_list", Some("null".to_owned()), "payload is not taken by secrets_list"),
        ("secrets_list", Some("{}".to_owned()), "payload is not taken by secrets_list"),
        ("secrets_set", None, "payload is not there"),
        ("secrets_set", Some("null".to_owned()), "payload is not a JSON object"),
        ("secrets_set", Some("[0,1,\"\",1,\"\"]".to_owned()), "payload is not a JSON object"),
        ("secrets_set", change(r#""slot_id":0"#, r#""slot_id":-1"#), "payload is not a JSON object"),
        ("secrets_set", change(r#""slot_id":0"#, r#""slot_id":0.0"#), "payload is not a JSON object"),
        (
            "secrets_set",
            change(r#""slot_id":0"#, r#""slot_id":0,"slot_id":1"#),
            "payload is not a JSON object",
        ),
        (
            "secrets_set",
            change(r#""version":1"#, r#""version":18446744073709551616"#),
            "payload is not a JSON object",
        ),
        (
            "secrets_set",
            change(&(NOW_MS + 3_600_000).to_string(), "9223372036854775808"),
            "payload.expiration is not",
        ),
        ("secrets_set", change("c2VhbGVk", "c2VhbGV"), "payload.payload is not base64"),
        ("secrets_set", change("c2VhbGVk", "c2VhbGVkIA"), "payload.payload is not base64"),
        (
            "secrets_set",
            change(r#""signature":""#, r#""signature":"AAAA"#),
            "payload.signature is not base64 of 65",
        ),
    ] {
        let body = call(&signed(&owner, "7", method, payload.as_deref()));
        refused(&of_body(&body).await, -32_602, 400, words);
    }
}

#[tokio::test]
async fn policy_refuses_in_the_words_of_the_reference() {
    let (owner, other) = (Account::new(1), Account::new(2));
    let one = Rate { burst: 1, each: Duration::from_secs(1) };
    let rules = Rules {
        allowed: Allowed::Only(BTreeSet::from([owner.address()])),
        sender: one,
        min_balance: Juels::new(11).unwrap(),
        ..Rules::default()
    };
    let mut network = Network::new();
    network.purse = Purse(Ok(Juels::new(10).unwrap()));
    let gateway = Gateway::new(network, rules, PATIENCE, Counters::default());
    let ask = async |envelope: String, seconds: u64| {
        gateway.answer(call(&envelope).as_bytes(), Duration::from_secs(seconds)).await
    };
    refused(&ask(list(&other, "1"), 0).await, -32_600, 400, "sender not allowlisted");
    assert_eq!(ask(list(&owner, "1"), 0).await.status, 200);
    refused(&ask(list(&owner, "2"), 0).await, -32_600, 400, "rate-limited");
    refused(&ask(set(&owner, "3", 0, 1), 1).await, -32_600, 400, "sender has insufficient balance: 10 juels");
    refused(&ask(signed(&owner, "4", "heartbeat", None), 2).await, -32_600, 400, "unsupported method");
    refused(&ask(signed(&owner, "5", "secrets_get", None), 2).await, -32_601, 400, "unknown method");
}

#[tokio::test]
async fn members_that_do_not_answer_are_a_timeout() {
    let question = list(&Account::new(1), "7");
    let one = |place, answer| if place == 0 { vec![(0, answer)] } else { vec![] };
    // Three of four are silent, and more might come: the patience ends it.
    let open = Network { stays_open: true, ..Network::new().on_back(one) };
    refused(&open.ask_within(SHORT, &question).await, -32_000, 504, "did not answer in time");
    // Nothing more will come: no reason to wait for days.
    let closed = Network::new().on_back(one);
    refused(&closed.ask_within(DAYS, &question).await, -32_000, 504, "did not answer in time");
    // All have spoken, in vain.
    let all = |place, _| vec![(place, "hello".to_owned())];
    let open = Network { stays_open: true, ..Network::new().on_back(all) };
    refused(&open.ask_within(DAYS, &question).await, -32_000, 504, "did not answer in time");
}

#[tokio::test]
async fn what_keeps_the_node_from_serving_is_an_internal_error() {
    let owner = Account::new(1);
    let mut network = Network::new();
    network.purse = Purse(Err("the balance could not be read".into()));
    refused(&network.ask(&set(&owner, "7", 0, 1)).await, -32_603, 500, "the balance could not be read");
    network.roster = None;
    refused(&network.ask(&list(&owner, "7")).await, -32_603, 500, "does not know its members yet");
}

#[tokio::test]
async fn a_message_under_way_is_a_conflict_and_other_messages_go_on() {
    let owner = Account::new(1);
    let network = Network { stays_open: true, ..Network::new().on_back(|_, _| vec![]) };
    let gateway = network.gateway(SHORT);
    let [first, second, other] = ["7", "7", "8"].map(|id| call(&list(&owner, id)));
    let ask = |body: &str| {
        let (gateway, body) = (&gateway, body.to_owned());
        async move { gateway.answer(body.as_bytes(), Duration::ZERO).await }
    };
    let (first, second, other) = tokio::join!(ask(&first), ask(&second), ask(&other));
    refused(&first, -32_000, 504, "did not answer");
    refused(&second, -32_009, 409, "under way");
    refused(&other, -32_000, 504, "did not answer");
    // It may be asked again afterwards.
    refused(&ask(&call(&list(&owner, "7"))).await, -32_000, 504, "did not answer");
}

#[tokio::test]
async fn members_hold_senders_to_the_rules_again() {
    let owner = Account::new(1);
    let juels = |amount| Juels::new(amount).unwrap();
    let listed = |accounts: &[&Account]| {
        Allowed::Only(accounts.iter().map(|account| account.address()).collect::<BTreeSet<_>>())
    };
    let rules = Rules { min_balance: juels(11), ..Rules::default() };
    let unlisted = Rules { allowed: listed(&[]), ..Rules::default() };
    let none = Rules { sender: Rate { burst: 0, each: Duration::ZERO }, ..Rules::default() };
    for (network, question, words) in [
        (
            Network::with(&rules, juels(10)),
            set(&owner, "1", 0, 1),
            "sender has insufficient balance: 10 juels",
        ),
        (Network::under(&unlisted), list(&owner, "1"), "sender not allowlisted"),
        (Network::under(&none), list(&owner, "1"), "rate-limited"),
        (Network::new(), signed(&owner, "1", "secrets_get", None), "unsupported method"),
    ] {
        // Handed over by a gateway without rules.
        let answer = network.members[0].answer(0, &question, Duration::ZERO).await.unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let refusal = serde_json::json!({ "success": false, "error_message": words });
        assert_eq!(answer["body"]["payload"], refusal);
        assert!(network.stored(0, &owner).is_empty());
    }
    // What is enough is enough, and a list needs nothing.
    let network = Network::with(&rules, juels(11));
    assert_eq!(network.ask(&set(&owner, "1", 0, 1)).await.status, 200);
    assert_eq!(network.stored(0, &owner), [(0, 1)]);
    assert_eq!(Network::with(&rules, juels(10)).ask(&list(&owner, "1")).await.status, 200);
}

#[tokio::test]
async fn members_refuse_in_the_words_that_the_owner_is_told() {
    let owner = Account::new(1);
    let network = Network::new();
    assert_eq!(network.ask(&set(&owner, "1", 4, 10)).await.status, 200);
    let signed_by_other = common::sealed(&Account::new(2), upload(&owner, 0, 1, b"sealed"));
    let own = |upload: Upload| common::sealed(&owner, upload);
    for (upload, words) in [
        (upload(&owner, 4, 10, b"sealed"), "version too low"),
        (upload(&owner, 5, 1, b"sealed"), "slot id is too big"),
        (upload(&owner, 0, 1, &[0; 20_001]), "payload is too big"),
        (own(Upload { expiration_ms: NOW_MS - 1, ..upload(&owner, 0, 1, b"") }), "past expiration"),
        (own(Upload { expiration_ms: NOW_MS * 2, ..upload(&owner, 0, 1, b"") }), "expiration too long"),
        (signed_by_other, "wrong signature"),
    ] {
        let question = signed(&owner, "2", "secrets_set", Some(&common::json(&upload)));
        let reply = network.ask(&question).await;
        assert_eq!(
            (reply.status, &said(&reply)["result"]["body"]["payload"]["success"]),
            (200, &false.into())
        );
        let answers = common::checked(&network, &question, &reply);
        assert_eq!(answers.len(), 3, "n - f say so");
        for (_, answer) in answers {
            assert_eq!(answer, serde_json::json!({ "success": false, "error_message": words }));
        }
    }
}
