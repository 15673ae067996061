//! The published toolkit's own calls, to the byte.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use alloy_primitives::Address;
use common::{Account, Network};
use oracle_gateway::{
    Rules,
    payload::{Method, Question},
    rpc::{self, Call},
};
use serde_json::Value;

struct Vector {
    body: String,
    expected: Value,
}

impl Vector {
    fn all() -> Vec<Self> {
        let text = include_str!("fixtures/gateway-requests.json");
        let file: Value = serde_json::from_str(text).unwrap();
        let requests = file["requests"].as_array().unwrap();
        requests
            .iter()
            .map(|request| Self { body: request["body"].as_str().unwrap().into(), expected: request.clone() })
            .collect()
    }

    fn call(&self) -> Call<'_> {
        rpc::read(self.body.as_bytes()).expect("the toolkit's call")
    }

    fn text(&self, name: &str) -> &str {
        self.expected[name].as_str().unwrap()
    }

    fn address(&self, name: &str) -> Address {
        self.text(name).parse().unwrap()
    }
}

#[test]
fn signed_bytes_and_senders_are_those_of_the_vectors() {
    let vectors = Vector::all();
    assert_eq!(vectors.len(), 2);
    for vector in &vectors {
        let message = vector.call().message;
        assert_eq!(hex::encode(message.signed_bytes()), vector.text("signed_bytes_hex"));
        assert_eq!(message.sender, vector.address("recovered_sender"));
        assert_eq!(message.sender, Account::of_vectors().address());
    }
}

#[test]
fn what_is_stored_is_what_the_owner_signed() {
    let [set, list] = &Vector::all()[..] else { panic!("two vectors") };
    let message = set.call().message;
    let method = Method::of(&message.method).unwrap();
    let Question::Set(upload) = Question::of(method, &message).unwrap() else { panic!("it stores") };
    let owner = set.address("storage_recovered_signer");
    assert_eq!(upload.signed_text(owner), set.text("storage_envelope_utf8"));
    assert_eq!(hex::encode(upload.signature), set.text("storage_signature_hex"));
    assert!(upload.is_signed_by(owner) && !upload.is_signed_by(Address::ZERO));
    let message = list.call().message;
    assert_eq!(Question::of(Method::of(&message.method).unwrap(), &message), Ok(Question::List));
}

#[tokio::test]
async fn calls_of_the_vectors_are_answered_by_members_that_got_the_same_bytes() {
    let network = Network::under(&Rules::default());
    for vector in Vector::all() {
        let wanted: Value = serde_json::from_str(&vector.body).unwrap();
        let text = vector.call().text.to_owned();
        assert!(vector.body.contains(&text));
        let checked = network.clone().on_way(move |message| {
            assert_eq!(message, text);
            message.to_owned()
        });
        let reply = checked
            .gateway(oracle_gateway::PATIENCE)
            .answer(vector.body.as_bytes(), std::time::Duration::ZERO)
            .await;
        let said = common::said(&reply);
        assert_eq!(reply.status, 200, "{said}");
        assert_eq!((&said["jsonrpc"], &said["id"]), (&Value::from("2.0"), &wanted["id"]));
        assert_eq!(said["method"], wanted["method"]);
        assert_eq!(said["result"]["signature"], wanted["params"]["signature"]);
        let body = &said["result"]["body"];
        for same in ["message_id", "method", "don_id"] {
            assert_eq!(body[same], wanted["params"]["body"][same]);
        }
        assert_eq!(body["receiver"], vector.text("recovered_sender"));
        assert_eq!(body["payload"]["success"], true);
        let question = vector.call().text.to_owned();
        assert_eq!(common::checked(&network, &question, &reply).len(), 2, "f + 1 are enough");
    }
    let row = (3, 1_795_170_364);
    assert_eq!(network.stored(0, &Account::of_vectors()), [row]);
    // The second list tells it, in the toolkit's words.
    let list = common::list(&Account::of_vectors(), "9");
    let reply = network.ask(&list).await;
    let rows =
        serde_json::json!([{ "slot_id": row.0, "version": row.1, "expiration": 1_795_173_964_209_u64 }]);
    for (_, answer) in common::checked(&network, &list, &reply) {
        assert_eq!(answer, serde_json::json!({ "success": true, "rows": rows }));
    }
}
