use proptest::{collection::vec, prelude::*};

use super::Owner;
use crate::{Entry, Key, Kind, MAX_ENTRIES, MAX_MESSAGE_BYTES, Message, ShareOf};

fn key(number: u64) -> Key {
    Key { kind: Kind::Secrets, owner: Owner::new(1).address(), slot: 3, version: number }
}

fn messages() -> Vec<Message> {
    let row = Owner::new(1).row(Kind::Code, 1, 2, 3, &[7; 65_536]);
    let entries = (0..MAX_ENTRIES as u64).map(|number| Entry { key: key(number), id: [5; 32] }).collect();
    vec![
        Message::Digests(Box::new([[4; 32]; 16])),
        Message::Summary { shard: 15, after: Some(key(1)), entries, is_last: false },
        Message::Summary { shard: 0, after: None, entries: vec![], is_last: true },
        Message::Want((0..MAX_ENTRIES as u64).map(key).collect()),
        Message::Row(Box::new(row)),
        Message::Lacks(key(9)),
        Message::Share {
            of: ShareOf { request: [1; 32], commitment: [2; 32], ciphertext: [3; 32] },
            share: b"{}".to_vec(),
        },
        Message::Ask { number: u64::MAX, bytes: vec![1; 100_000] },
        Message::Answer { number: 0, bytes: vec![] },
    ]
}

#[test]
fn messages_are_read_as_they_were_written() {
    for message in messages() {
        let bytes = message.encode();
        assert!(bytes.len() <= MAX_MESSAGE_BYTES && Message::is_marked(&bytes));
        assert_eq!(Message::decode(&bytes).as_ref(), Some(&message));
        for cut in [0, 1, 2, bytes.len() / 2, bytes.len() - 1] {
            assert_eq!(Message::decode(&bytes[..cut]), None, "{cut} bytes of {message:?}");
        }
        assert_eq!(Message::decode(&[bytes, vec![0]].concat()), None, "a byte too many");
    }
}

#[test]
fn what_is_out_of_bounds_is_no_message() {
    let summary = |shard: u8, flag: u8| [&[1, 2, shard, flag][..], &[0, 0, 1]].concat();
    assert!(Message::decode(&summary(15, 0)).is_some());
    assert!(Message::decode(&summary(16, 0)).is_none(), "no such shard");
    assert!(Message::decode(&summary(15, 2)).is_none(), "no flag");
    let many = u16::try_from(MAX_ENTRIES + 1).expect("small").to_be_bytes();
    let want = [&[1, 3][..], &many, &vec![0; (MAX_ENTRIES + 1) * 33]].concat();
    assert!(Message::decode(&want).is_none(), "too many keys");
    assert!(Message::decode(&[[1, 5, 2].as_slice(), &[0; 32]].concat()).is_none(), "no kind");
    assert!(Message::decode(&[1, 9]).is_none() && Message::decode(&[2, 1]).is_none());
    let long = [&[1, 8][..], &[0; 8], &u32::MAX.to_be_bytes()].concat();
    assert!(Message::decode(&long).is_none(), "a length that is not there");
}

proptest! {
    #[test]
    fn any_bytes_are_a_message_or_none(kind in 0_u8..10, bytes in vec(any::<u8>(), 0..600)) {
        let bytes = [&[1, kind][..], &bytes].concat();
        if let Some(message) = Message::decode(&bytes) {
            prop_assert_eq!(message.encode(), bytes);
        }
    }
}
