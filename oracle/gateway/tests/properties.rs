//! What holds of any bytes. Every case is of a seed, which proptest prints.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::time::Duration;

use common::{Account, Network, call, json, list, set, upload};
use oracle_gateway::{
    MAX_BODY_BYTES, Message, PATIENCE,
    payload::{Answer, Method, Upload},
    rpc,
};
use proptest::{prelude::*, sample::Index};

fn quick(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Every decoder over some bytes.
fn decode(bytes: &[u8]) {
    let _ = rpc::read(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = Message::decode(text, MAX_BODY_BYTES);
    let _ = Upload::decode(text);
    let _ = Answer::decode(text, Method::SecretsList);
}

/// A call, changed at some places.
fn changed(body: &str, changes: &[(Index, u8)]) -> Vec<u8> {
    let mut bytes = body.as_bytes().to_vec();
    for (at, byte) in changes {
        let at = at.index(bytes.len());
        bytes[at] = *byte;
    }
    bytes
}

proptest! {
    #![proptest_config(quick(512))]

    #[test]
    fn decoders_take_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        decode(&bytes);
    }

    #[test]
    fn decoders_take_any_json(text in r#"[\[\]{}",:0-9a-z\\ _]{0,300}"#) {
        decode(text.as_bytes());
    }

    #[test]
    fn what_an_upload_says_is_what_was_signed(
        slot_id in any::<u64>(), version in any::<u64>(), expiration_ms in 0..=i64::MAX as u64,
        payload in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let owner = Account::new(1);
        let upload = common::sealed(&owner, Upload { slot_id, version, expiration_ms, payload, signature: [0; 65] });
        let read = Upload::decode(&json(&upload)).unwrap();
        prop_assert_eq!(&read, &upload);
        prop_assert!(read.is_signed_by(owner.address()) && !read.is_signed_by(Account::new(2).address()));
    }
}

proptest! {
    #![proptest_config(quick(256))]

    /// Whatever becomes of a message on its way, nothing is stored of its owner's but what the owner signed.
    #[test]
    fn a_changed_call_stores_what_was_signed_or_nothing(
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..4)
    ) {
        let owner = Account::new(1);
        let wanted = upload(&owner, 1, 10, b"sealed");
        let body = changed(&call(&set(&owner, "7", 1, 10)), &changes);
        let network = Network::new();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let reply = runtime.block_on(network.gateway(PATIENCE).answer(&body, Duration::ZERO));
        prop_assert!(serde_json::from_str::<serde_json::Value>(&reply.json).is_ok(), "{}", reply.json);
        for member in &network.members {
            for ((of, _), stored) in &*member.store().rows.lock().unwrap() {
                prop_assert_eq!((*of, stored), (owner.address(), &wanted));
            }
        }
    }

    #[test]
    fn a_changed_answer_is_the_members_own_or_does_not_count(
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..4)
    ) {
        let question = list(&Account::new(1), "7");
        let network = Network::new().on_back(move |place, answer| {
            let changed = String::from_utf8_lossy(&changed(&answer, &changes)).into_owned();
            vec![(place, if place == 0 { changed } else { answer })]
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let reply = runtime.block_on(network.ask(&question));
        prop_assert_eq!(reply.status, 200, "three others answer: {}", reply.json);
        for (_, answer) in common::checked(&network, &question, &reply) {
            prop_assert_eq!(answer, serde_json::json!({ "success": true, "rows": [] }));
        }
        prop_assert_eq!(common::checked(&network, &question, &reply).len(), 2);
    }
}
