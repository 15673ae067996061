//! Frames: whatever decodes encodes to something that decodes to the same, and nothing reserves or panics on a lie.

use oracle_frames::{FromChild, FromZygote, HEADER_LEN, Header, Side, ToChild, ToZygote};

/// Reads `data` as every kind of message. The first byte is the kind where the wire has a header of its own.
pub(crate) fn check(data: &[u8]) {
    if let Some((header, payload)) = data.split_first_chunk::<HEADER_LEN>() {
        for side in [Side::Child, Side::Runner] {
            let Ok(header) = Header::parse(*header, side) else { continue };
            let payload = &payload[..payload.len().min(header.len)];
            session(header.kind, payload);
        }
    }
    if let Some((kind, payload)) = data.split_first() {
        session(*kind, payload);
    }
    if let Ok(message) = FromZygote::decode(data) {
        // Texts longer than a datagram holds are cut by the encoder, so what is compared is the second time round.
        let again = FromZygote::decode(&message.encode()).expect("what was encoded decodes");
        assert_eq!(FromZygote::decode(&again.encode()), Ok(again));
    }
    if let Ok(order) = ToZygote::decode(data) {
        assert_eq!(ToZygote::decode(&order.encode()), Ok(order));
    }
}

fn session(kind: u8, payload: &[u8]) {
    if let Ok(message) = FromChild::decode(kind, payload)
        && let Ok(frame) = message.encode()
    {
        assert_eq!(FromChild::decode(kind, &frame[HEADER_LEN..]), Ok(message));
    }
    if let Ok(message) = ToChild::decode(kind, payload)
        && let Ok(frame) = message.encode()
    {
        assert_eq!(ToChild::decode(kind, &frame[HEADER_LEN..]), Ok(message));
    }
}
