//! The bytes of each kind of message, which other versions of the node read: `fuzz/corpus/messages` holds one each.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;

use alloy_primitives::B256;
use oracle_ocr::{
    Attested, Body, Choice, Message, Observation, OracleIndex, Outcome, ReportSignature, RequestKey,
    SignedObservation,
    message::{
        Attest, BatchEntry, BatchSignature, Certificate, LockClaim, Prepare, Proposal, Status, StatusClaim,
        Votes,
    },
};

const ALICE: OracleIndex = OracleIndex::new(0);
const BOB: OracleIndex = OracleIndex::new(30);

fn word(byte: u8) -> B256 {
    B256::repeat_byte(byte)
}

fn observation(sender: OracleIndex, observation: Observation) -> SignedObservation {
    SignedObservation { sender, observation, signature: [0x51; 64] }
}

fn seen() -> Vec<SignedObservation> {
    vec![
        observation(ALICE, Observation::result(b"seen".to_vec(), word(4))),
        observation(BOB, Observation::user_error(b"not seen".to_vec(), word(5))),
    ]
}

fn report_signature(v: u8) -> ReportSignature {
    ReportSignature { r: [0x52; 32], s: [0x53; 32], v }
}

fn claim(lock: Option<LockClaim>) -> StatusClaim {
    StatusClaim {
        sender: BOB,
        attempt: 3,
        lock,
        held: vec![(ALICE, word(6)), (BOB, word(7))],
        signature: [0x54; 64],
    }
}

fn certificate(attempt: u32) -> Certificate {
    let votes = match attempt {
        0 => Votes::Observations(vec![(ALICE, word(4), [0x55; 64]), (BOB, word(5), [0x56; 64])]),
        _ => Votes::Prepares(vec![(ALICE, [0x55; 64]), (BOB, [0x56; 64])]),
    };
    Certificate { attempt, outcome: Outcome::Result(b"seen".to_vec()), evidence: word(8), votes }
}

fn bodies() -> Vec<(&'static str, Body)> {
    let lock = Some(LockClaim { attempt: 2, outcome: word(9), evidence: word(8) });
    let choice = Choice { outcome: word(9), evidence: word(8) };
    let status = |lock, certificate, observations| {
        Body::Status(Box::new(Status { claim: claim(lock), certificate, observations }))
    };
    let proposal = Proposal {
        attempt: 3,
        outcome: Outcome::Error(b"not seen".to_vec()),
        evidence: word(8),
        observations: seen(),
        claims: vec![claim(None), claim(lock)],
        certificate: Some(certificate(2)),
        signature: [0x57; 64],
    };
    let attested = Attested {
        attempt: 0,
        outcome: Outcome::Result(vec![]),
        evidence: word(8),
        signatures: vec![(ALICE, report_signature(0)), (BOB, report_signature(1))],
    };
    let entry = |byte| BatchEntry {
        key: RequestKey { request: word(byte), commitment: word(byte + 1) },
        outcome: word(byte + 2),
    };
    vec![
        ("observation", Body::Observation(seen().remove(0))),
        ("attest", Body::Attest(Attest { attempt: 0, choice, signature: report_signature(1) })),
        ("status", status(lock, Some(certificate(0)), seen())),
        ("status-announced", status(None, None, vec![])),
        ("propose", Body::Propose(Box::new(proposal))),
        ("prepare", Body::Prepare(Prepare { attempt: 3, choice, signature: [0x58; 64] })),
        ("report", Body::Report(Box::new(attested))),
        ("batch", Body::Batch(vec![entry(0x61), entry(0x71)])),
        (
            "batch-signature",
            Body::BatchSignature(BatchSignature { hash: word(0x59), signature: report_signature(0) }),
        ),
    ]
}

#[test]
fn bytes_of_messages_have_not_moved() {
    for (name, body) in bodies() {
        let sender = match &body {
            Body::Status(_) => BOB,
            _ => ALICE,
        };
        let key = RequestKey { request: word(2), commitment: word(3) };
        let message = Message { config_digest: word(1), key, sender, body };
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/messages").join(name);
        let kept = std::fs::read(&path).unwrap();
        assert_eq!(message.encode(), kept, "{name}");
        assert_eq!(Message::decode(&kept), Ok(message), "{name}");
    }
}
