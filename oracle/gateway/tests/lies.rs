//! Gateways that rewrite and replay, and members that lie: who notices.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::{collections::BTreeSet, time::Duration};

use common::{Account, DON, NOW_MS, Network, checked, list, said, set, signed};
use oracle_gateway::{Allowed, MAX_ANSWER_BYTES, Message, Rate, Reply, Rules, Signer};
use serde_json::{Value, json};

fn error(answer: &str) -> String {
    let answer: Value = serde_json::from_str(answer).unwrap();
    answer["body"]["payload"]["error_message"].as_str().unwrap_or_default().to_owned()
}

/// Hands a message to the first member, as a gateway that lies would.
async fn hand(network: &Network, message: &str) -> Result<String, String> {
    network.members[0].answer(0, message, Duration::ZERO).await.map_err(|err| err.to_string())
}

#[tokio::test]
async fn a_gateway_that_rewrites_payload_slot_version_or_expiration_is_noticed_by_every_member() {
    let owner = Account::new(1);
    let network = Network::new();
    let honest = set(&owner, "7", 1, 10);
    for (from, to) in [
        (r#""payload":"c2VhbGVk""#, r#""payload":"c3RvbGVu""#),
        (r#""slot_id":1"#, r#""slot_id":2"#),
        (r#""version":10"#, r#""version":11"#),
        (
            &format!(r#""expiration":{}"#, NOW_MS + 3_600_000),
            &format!(r#""expiration":{}"#, NOW_MS + 7_200_000),
        ),
        // Neither white space nor the order of fields is the gateway's.
        (r#""slot_id":1,"version":10"#, r#""version":10,"slot_id":1"#),
        (r#""slot_id":1"#, r#""slot_id": 1"#),
    ] {
        let rewritten = honest.replacen(from, to, 1);
        assert_ne!(rewritten, honest, "{from}");
        let answer = hand(&network, &rewritten).await;
        assert!(answer.as_deref().map_or(true, |answer| error(answer) == "wrong signature"), "{answer:?}");
        // Signed anew, with the only key the gateway has.
        let payload = rewritten.split_once(r#""payload":"#).unwrap().1.rsplit_once("},").unwrap().0;
        let resigned = signed(&Account::new(66), "7", "secrets_set", Some(payload));
        assert_eq!(error(&hand(&network, &resigned).await.unwrap()), "wrong signature");
    }
    assert!(network.stored(0, &owner).is_empty() && network.stored(0, &Account::new(66)).is_empty());
    assert_eq!(error(&hand(&network, &honest).await.unwrap()), "");
    assert_eq!(network.stored(0, &owner), [(1, 10)]);
}

#[tokio::test]
async fn a_gateway_that_puts_another_sender_in_place_is_noticed_by_every_member() {
    let (owner, thief) = (Account::new(1), Account::new(66));
    let network = Network::new();
    // The owner's upload under the thief's own message.
    let honest = set(&owner, "7", 1, 10);
    let payload = honest.split_once(r#""payload":"#).unwrap().1.rsplit_once("},").unwrap().0;
    let stolen = signed(&thief, "7", "secrets_set", Some(payload));
    assert_eq!(error(&hand(&network, &stolen).await.unwrap()), "wrong signature");
    assert!(network.stored(0, &thief).is_empty() && network.stored(0, &owner).is_empty());
}

#[tokio::test]
async fn a_gateway_that_rewrites_an_answer_is_noticed_by_the_owner() {
    let owner = Account::new(1);
    let network = Network::new();
    network.ask(&set(&owner, "1", 1, 10)).await;
    let question = list(&owner, "2");
    let reply = network.ask(&question).await;
    assert_eq!(checked(&network, &question, &reply).len(), 2);
    for (from, to) in [(r#""version":10"#, r#""version":11"#), (r#""rows":[{"#, r#""rows":[],"x":[{"#)] {
        assert!(reply.json.contains(from));
        let rewritten = Reply { json: reply.json.replacen(from, to, 1), ..reply.clone() };
        assert_eq!(checked(&network, &question, &rewritten).len(), 1, "the other member's is whole");
    }
    // Members that do not exist say nothing.
    let invented = network.clone();
    let (false_key, asked) = (Account::new(66), Message::decode(&question, 10_000).unwrap());
    let text = common::envelope(
        &false_key,
        [&asked.id, &asked.method, &asked.don_id, &format!("0x{}", hex::encode(asked.sender))],
        Some(r#"{"success":true,"rows":[]}"#),
    );
    let reply = invented.clone().on_back(move |place, _| vec![(place, text.clone())]).ask(&question).await;
    assert_eq!(reply.status, 504, "nor does an honest gateway take it");
}

#[tokio::test]
async fn a_gateway_that_replays_an_old_answer_is_noticed_by_the_owner_and_by_honest_gateways() {
    let owner = Account::new(1);
    let network = Network::new();
    let (old_question, question) = (list(&owner, "1"), list(&owner, "3"));
    let old = network.ask(&old_question).await;
    network.ask(&set(&owner, "2", 1, 10)).await;
    assert!(checked(&network, &question, &old).is_empty());
    assert_eq!(checked(&network, &old_question, &old).len(), 2);
    // Members that replay what they said before.
    let replayed = common::responses(&old);
    let network = network.on_back(move |place, answer| match replayed.get(place) {
        Some(old) => vec![(place, old.clone())],
        None => vec![(place, answer)],
    });
    let reply = network.ask(&question).await;
    let places: Vec<usize> =
        checked(&network, &question, &reply).into_iter().map(|(place, _)| place).collect();
    assert_eq!(places, [2, 3]);
    // Nor is one owner's answer another's.
    let other = list(&Account::new(2), "3");
    assert!(checked(&network, &other, &reply).is_empty());
}

#[tokio::test]
async fn a_gateway_that_replays_an_old_message_is_refused_by_every_member() {
    let owner = Account::new(1);
    let network = Network::new();
    let (old, new) = (set(&owner, "1", 1, 10), set(&owner, "2", 1, 11));
    for message in [&old, &new] {
        assert_eq!(error(&hand(&network, message).await.unwrap()), "");
    }
    for replayed in [&old, &new] {
        assert_eq!(error(&hand(&network, replayed).await.unwrap()), "version too low");
    }
    assert_eq!(network.stored(0, &owner), [(1, 11)]);
    // Nor does it come back to life when its row is gone.
    let store = network.members[0].store();
    store.rows.lock().unwrap().clear();
    *store.later_ms.lock().unwrap() = 3_600_001;
    assert_eq!(error(&hand(&network, &new).await.unwrap()), "past expiration");
}

#[tokio::test]
async fn a_gateway_that_replays_messages_uses_up_its_own_tokens_and_nobody_elses() {
    let owner = Account::new(1);
    let few = Rate { burst: 3, each: Duration::from_secs(1) };
    let network = Network::under(&Rules { sender: few, ..Rules::default() });
    let message = list(&owner, "1");
    for _ in 0..3 {
        assert_eq!(error(&hand(&network, &message).await.unwrap()), "");
    }
    assert_eq!(error(&hand(&network, &message).await.unwrap()), "rate-limited");
    let honest = network.members[0].answer(1, &message, Duration::ZERO).await.unwrap();
    assert_eq!(error(&honest), "");
    // Other rules hold for all gateways at once.
    let nobody = Rules { allowed: Allowed::Only(BTreeSet::new()), ..Rules::default() };
    network.members[0].set_rules(&nobody);
    for gateway in 0..4 {
        let answer = network.members[0].answer(gateway, &message, Duration::ZERO).await.unwrap();
        assert_eq!(error(&answer), "sender not allowlisted");
    }
}

#[tokio::test]
async fn a_message_for_another_don_or_of_nobody_gets_no_answer_of_a_member() {
    let network = Network::new();
    let elsewhere = common::envelope(&Account::new(1), ["1", "secrets_list", "fun-other-1", ""], None);
    assert_eq!(hand(&network, &elsewhere).await.unwrap_err(), "the message is for another DON");
    assert!(hand(&network, "{}").await.is_err());
    assert!(network.members[0].answer(4, &list(&Account::new(1), "1"), Duration::ZERO).await.is_err());
    // What a member said is no question: not even its own account's.
    let said = hand(&network, &list(&Account::new(1), "1")).await.unwrap();
    assert!(!error(&hand(&network, &said).await.unwrap()).is_empty());
}

/// The toolkit compares what members list row by row.
#[tokio::test]
async fn members_list_in_one_order_whatever_their_stores_do() {
    let owner = Account::new(1);
    let network = Network::new();
    for (id, slot) in [("1", 2), ("2", 0), ("3", 4)] {
        network.ask(&set(&owner, id, slot, 10)).await;
    }
    let question = list(&owner, "4");
    let answers = checked(&network, &question, &network.ask(&question).await);
    assert_eq!(answers.len(), 2);
    for (_, answer) in answers {
        let slots: Vec<&Value> =
            answer["rows"].as_array().unwrap().iter().map(|row| &row["slot_id"]).collect();
        assert_eq!(slots, [0, 2, 4]);
    }
}

/// The member at a place of the network lies about what it stores.
fn lying(network: Network, liar: usize, rows: &'static str) -> Network {
    let key = network.keys[liar].clone();
    network.on_back(move |place, answer| {
        if place != liar {
            return vec![(place, answer)];
        }
        let honest = Message::decode(&answer, 100_000).unwrap();
        let names = [&*honest.id, &*honest.method, DON, &*honest.receiver];
        let payload = format!(r#"{{"success":true,"rows":{rows}}}"#);
        vec![(place, common::envelope(&key, names, Some(&payload)))]
    })
}

#[tokio::test]
async fn the_list_shows_what_each_member_signed_when_f_members_lie_about_rows() {
    let owner = Account::new(1);
    let network = Network::new();
    network.ask(&set(&owner, "1", 1, 10)).await;
    let truth = json!([{ "slot_id": 1, "version": 10, "expiration": NOW_MS + 3_600_000 }]);
    let question = list(&owner, "2");
    for (liar, rows) in [(0, "[]"), (1, r#"[{"slot_id":1,"version":99,"expiration":1}]"#)] {
        let network = lying(network.clone(), liar, rows);
        let reply = network.ask(&question).await;
        let answers = checked(&network, &question, &reply);
        // f + 1 answered: at least one is honest, and who says otherwise has signed it. The toolkit tells that they
        // differ.
        assert_eq!(answers.len(), 2);
        for (place, answer) in &answers {
            let lie: Value = serde_json::from_str(rows).unwrap();
            assert_eq!(answer["rows"], if *place == liar { lie } else { truth.clone() }, "{place}");
        }
        assert!(answers.iter().any(|(place, _)| *place == liar));
    }
    // Who lies last is not heard any more.
    let reply = lying(network.clone(), 3, "[]").ask(&question).await;
    assert!(checked(&network, &question, &reply).iter().all(|(_, answer)| answer["rows"] == truth));
}

#[tokio::test]
async fn members_without_a_valid_word_neither_help_nor_hinder() {
    let owner = Account::new(1);
    let key = Account::new(101);
    let wide = format!(r#"{{"success":true,"rows":[{}]}}"#, "0,".repeat(9_000));
    let question = list(&owner, "1");
    let receiver = format!("0x{}", hex::encode(owner.address()));
    let of = |key: &Account, names: [&str; 4], payload: &str| common::envelope(key, names, Some(payload));
    let right = ["1", "secrets_list", DON, &receiver];
    let success = r#"{"success":true,"rows":[]}"#;
    for word in [
        String::new(),
        "x".repeat(1_000_000),
        of(&Account::new(102), right, success),
        of(&key, ["2", "secrets_list", DON, &receiver], success),
        of(&key, ["1", "secrets_set", DON, &receiver], success),
        of(&key, ["1", "secrets_list", "fun-other-1", &receiver], success),
        of(&key, ["1", "secrets_list", DON, ""], success),
        of(&key, ["1", "secrets_list", DON, &receiver.to_uppercase()], success),
        of(&key, right, r#"{"success":true}"#),
        of(&key, right, r#"{"success":false,"rows":[]}"#),
        of(&key, right, r#"{"success":1,"rows":[]}"#),
        of(&key, right, r#"{"success":true,"rows":[],"more":1}"#),
        of(&key, right, &wide),
    ] {
        let lied = word.clone();
        let network = Network::new().on_back(move |place, answer| {
            if place == 0 { vec![(0, lied.clone()), (0, answer)] } else { vec![(place, answer)] }
        });
        let reply = network.ask(&question).await;
        let places: Vec<usize> =
            checked(&network, &question, &reply).into_iter().map(|(place, _)| place).collect();
        // Nor is it heard again.
        assert_eq!(places, [1, 2], "{:?}", word.get(..100));
    }
}

#[tokio::test]
async fn a_members_answer_is_bounded_at_the_byte() {
    let owner = Account::new(1);
    let question = list(&owner, "1");
    let receiver = format!("0x{}", hex::encode(owner.address()));
    let key = Account::new(101);
    let word = |space: usize| {
        let payload = format!(r#"{{{}"success":true,"rows":[]}}"#, " ".repeat(space));
        common::envelope(&key, ["1", "secrets_list", DON, &receiver], Some(&payload))
    };
    let room = MAX_ANSWER_BYTES - word(0).len();
    for (space, places) in [(room, [0, 1]), (room + 1, [1, 2])] {
        let word = word(space);
        let network = Network::new()
            .on_back(move |place, answer| vec![(place, if place == 0 { word.clone() } else { answer })]);
        let reply = network.ask(&question).await;
        let heard: Vec<usize> =
            checked(&network, &question, &reply).into_iter().map(|(place, _)| place).collect();
        assert_eq!(heard, places);
    }
}

#[tokio::test]
async fn a_member_counts_once_however_often_it_answers_and_only_at_its_place() {
    let owner = Account::new(1);
    let question = list(&owner, "1");
    let loud = Network::new().on_back(|place, answer| match place {
        0 => (0..60).map(|_| (0, answer.clone())).chain([(7, answer.clone())]).collect(),
        1 => vec![(0, answer.clone()), (2, answer)],
        _ => vec![],
    });
    // One member's voice is no success, whatever places it takes; here the other's word is lost by that.
    assert_eq!(loud.ask(&question).await.status, 504);
}

#[tokio::test]
async fn f_successes_and_fewer_refusals_than_n_less_f_wait_and_one_more_of_either_decides() {
    let owner = Account::new(1);
    let question = set(&owner, "1", 1, 10);
    // Members that have a newer version already refuse.
    for (refusing, silent, outcome) in [
        (vec![], vec![2, 3], Some(true)),
        (vec![0], vec![3], Some(true)),
        (vec![0, 1], vec![], Some(true)),
        (vec![0, 1, 2], vec![3], Some(false)),
        (vec![0, 1, 2], vec![], Some(false)),
        (vec![1, 2, 3], vec![], Some(false)),
        (vec![0, 1], vec![3], None),
        (vec![], vec![1, 2, 3], None),
        (vec![0, 1], vec![2, 3], None),
        (vec![], vec![0, 1, 2, 3], None),
    ] {
        let network = Network::new();
        for place in &refusing {
            let newer = set(&owner, "0", 1, 11);
            network.members[*place].answer(1, &newer, Duration::ZERO).await.unwrap();
        }
        let mute = silent.clone();
        let network = network
            .on_back(move |place, answer| if mute.contains(&place) { vec![] } else { vec![(place, answer)] });
        let reply = network.ask(&question).await;
        let told = said(&reply)["result"]["body"]["payload"]["success"].as_bool();
        assert_eq!(told, outcome, "{refusing:?} refuse, {silent:?} are silent: {}", reply.json);
        assert_eq!(reply.status, if outcome.is_some() { 200 } else { 504 });
    }
}

#[test]
fn members_sign_as_the_toolkit_does() {
    let account = Account::new(1);
    assert!(matches!(account.sign(b"text")[64], 27 | 28));
}
