use super::Owner;
use crate::{Kind, Row};

/// The toolkit's upload, as it went over the wire.
fn captured() -> (Row, String, String) {
    let text = include_str!("../../tests/fixtures/gateway-requests.json");
    let vectors: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let request = &vectors["requests"][0];
    let body: serde_json::Value =
        serde_json::from_str(request["body"].as_str().expect("text")).expect("JSON");
    let payload = &body["params"]["body"]["payload"];
    let bytes = |field: &str| {
        use base64::Engine as _;
        let text = payload[field].as_str().expect("base64");
        base64::engine::general_purpose::STANDARD.decode(text).expect("base64")
    };
    let owner: alloy_primitives::Address =
        request["storage_recovered_signer"].as_str().expect("text").parse().expect("an address");
    let number = |field: &str| payload[field].as_u64().expect("a number");
    let row = Row {
        key: crate::Key {
            kind: Kind::Secrets,
            owner,
            slot: u32::try_from(number("slot_id")).expect("small"),
            version: number("version"),
        },
        expiration_ms: number("expiration"),
        payload: bytes("payload"),
        signature: bytes("signature").try_into().expect("65 bytes"),
    };
    let envelope = request["storage_envelope_utf8"].as_str().expect("text").to_owned();
    (row, envelope, request["storage_signature_hex"].as_str().expect("text").to_owned())
}

#[test]
fn a_row_of_the_toolkit_has_its_owners_signature() {
    let (row, envelope, signature) = captured();
    assert_eq!(row.text(), envelope);
    assert_eq!(hex::encode(row.signature), signature);
    assert_eq!(row.check(), Ok(()));
}

#[test]
fn every_change_to_a_row_breaks_its_signature() {
    let (row, ..) = captured();
    let id = row.id();
    let changes: [fn(&mut Row); 7] = [
        |row| row.key.kind = Kind::Code,
        |row| row.key.owner.0[3] ^= 1,
        |row| row.key.slot += 1,
        |row| row.key.version -= 1,
        |row| row.expiration_ms += 1,
        |row| row.payload[7] ^= 1,
        |row| row.payload.push(0),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut changed = row.clone();
        change(&mut changed);
        assert!(changed.check().is_err(), "change {number}");
        assert_ne!(changed.id(), id, "change {number}");
    }
    for (place, value) in
        [(64, 29), (64, 37), (64, 26), (0, row.signature[0] ^ 1), (40, row.signature[40] ^ 1)]
    {
        let mut changed = row.clone();
        changed.signature[place] = value;
        assert!(changed.check().is_err(), "byte {place}");
    }
}

#[test]
fn both_spellings_of_v_are_taken() {
    let owner = Owner::new(1);
    let mut row = owner.row(Kind::Code, 0, 1, 5, b"return 1");
    assert_eq!(row.check(), Ok(()));
    row.signature[64] -= 27;
    assert_eq!(row.check(), Ok(()));
    row.signature[64] ^= 1;
    assert!(row.check().is_err());
}
