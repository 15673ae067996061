//! The gateway: a call, a message, an upload, a member's answer. What is signed is what the fields say, and whatever
//! is changed in the call of the corpus, nothing else is its owner's.

use oracle_gateway::{
    MAX_BODY_BYTES, Message,
    payload::{Answer, Method, Question, Upload},
    rpc,
};

pub(crate) fn check(data: &[u8]) {
    if let Ok(call) = rpc::read(data) {
        assert!(data.len() <= MAX_BODY_BYTES);
        // What members are handed is what the gateway read.
        assert_eq!(Message::decode(call.text, MAX_BODY_BYTES).as_ref(), Ok(&call.message));
        if let Some(method) = Method::of(&call.message.method)
            && let Ok(Question::Set(upload)) = Question::of(method, &call.message)
        {
            let owner = call.message.sender;
            let of_corpus = (upload.slot_id, upload.version) == (3, 1_795_170_364);
            assert!(of_corpus || !upload.is_signed_by(owner), "nobody has its owner's key");
        }
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(message) = Message::decode(text, MAX_BODY_BYTES) {
        let bytes = message.signed_bytes();
        assert_eq!(bytes.len(), 128 + 64 + 64 + 42 + message.payload.as_ref().map_or(0, String::len));
        assert!(bytes.starts_with(message.id.as_bytes()));
    }
    if let Ok(upload) = Upload::decode(text) {
        assert!(!upload.is_signed_by([1; 20].into()), "nobody has this account's key");
    }
    for method in [Method::SecretsSet, Method::SecretsList] {
        let _ = Answer::decode(text, method);
    }
}
