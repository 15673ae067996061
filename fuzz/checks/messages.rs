//! Messages of other members: whatever decodes encodes to something that decodes to the same, and no list is longer
//! than it may be.

use oracle_ocr::{Body, MAX_BATCH, MAX_MESSAGE_BYTES, Message};

pub(crate) fn check(data: &[u8]) {
    let Ok(message) = Message::decode(data) else { return };
    if let Body::Batch(entries) = &message.body {
        assert!(entries.len() <= MAX_BATCH, "{}", entries.len());
    }
    let again = message.encode();
    // Fields that are there twice, or unknown, are gone from it.
    assert!(again.len() <= MAX_MESSAGE_BYTES, "{}", again.len());
    assert_eq!(Message::decode(&again), Ok(message));
}
