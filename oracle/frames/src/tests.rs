use functions_types::limits::Limits;
use proptest::prelude::*;

use crate::*;

fn header(frame: &[u8], side: Side) -> Header {
    Header::parse(frame[..HEADER_LEN].try_into().unwrap(), side).unwrap()
}

fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec((".{0,12}", ".{0,40}"), 0..5)
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..600).prop_map(Verdict::Bytes),
        ".{0,200}".prop_map(Verdict::Thrown),
        Just(Verdict::NotBytes),
        Just(Verdict::TooLong),
        Just(Verdict::TimeOut),
        Just(Verdict::Syntax),
        Just(Verdict::Memory),
        Just(Verdict::UnhandledRejection),
        Just(Verdict::Died),
        Just(Verdict::Blocked),
        Just(Verdict::NoMessage),
    ]
}

prop_compose! {
    fn start()(
        source in ".{0,300}",
        args in prop::collection::vec(".{0,20}", 0..4),
        bytes_args in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..4),
        secrets in pairs(),
        block_timestamp: u64,
        seed: [u8; 32],
    ) -> ToChild {
        ToChild::Start(Box::new(Start {
            source, args, bytes_args, secrets, block_timestamp, seed, limits: Limits::DEFAULT,
        }))
    }
}

prop_compose! {
    fn response()(
        id: u32, status: u16, status_text in ".{0,20}", url in ".{0,40}", redirected: bool,
        headers in pairs(), body in prop::collection::vec(any::<u8>(), 0..300),
    ) -> ToChild {
        ToChild::HttpResponse(HttpResponse { id, status, status_text, url, redirected, headers, body })
    }
}

prop_compose! {
    fn request()(
        id: u32, method in "[A-Z]{1,8}", url in ".{0,40}", headers in pairs(),
        body in prop::option::of(prop::collection::vec(any::<u8>(), 0..300)), follow_redirects: bool,
    ) -> FromChild {
        FromChild::HttpRequest(HttpRequest { id, method, url, headers, body, follow_redirects })
    }
}

fn from_child() -> impl Strategy<Value = FromChild> {
    prop_oneof![
        request(),
        any::<u32>().prop_map(FromChild::HttpAbort),
        ".{0,80}".prop_map(FromChild::Console),
        (verdict(), ".{0,80}").prop_map(|(verdict, detail)| FromChild::Done { verdict, detail }),
    ]
}

proptest! {
    #[test]
    fn runner_frames_survive_the_wire(message in prop_oneof![start(), response()]) {
        let frame = message.encode().unwrap();
        let head = header(&frame, Side::Runner);
        prop_assert_eq!(head.len, frame.len() - HEADER_LEN);
        prop_assert_eq!(ToChild::decode(head.kind, &frame[HEADER_LEN..]).unwrap(), message);
    }

    #[test]
    fn child_frames_survive_the_wire(message in from_child()) {
        let frame = message.encode().unwrap();
        let head = header(&frame, Side::Child);
        prop_assert_eq!(FromChild::decode(head.kind, &frame[HEADER_LEN..]).unwrap(), message);
    }

    #[test]
    fn a_cut_frame_is_refused(message in from_child(), at in any::<prop::sample::Index>()) {
        let frame = message.encode().unwrap();
        let head = header(&frame, Side::Child);
        let payload = &frame[HEADER_LEN..];
        prop_assume!(!payload.is_empty());
        prop_assert!(FromChild::decode(head.kind, &payload[..at.index(payload.len())]).is_err());
    }

    #[test]
    fn noise_never_panics(kind: u8, bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = FromChild::decode(kind, &bytes);
        let _ = ToChild::decode(kind, &bytes);
        let _ = FromZygote::decode(&bytes);
        let _ = ToZygote::decode(&bytes);
        if let Some(head) = bytes.first_chunk::<HEADER_LEN>() {
            let _ = Header::parse(*head, Side::Child);
        }
    }

    #[test]
    fn control_survives_the_wire(run: u64, pid: u32, cpu_us: u64, text in ".{0,100}", hash: [u8; 32]) {
        let all = [
            FromZygote::Ready { runtime_hash: hash, runtime: text.clone(), layers: text.clone(), strong: true },
            FromZygote::Started { run, pid },
            FromZygote::Exited { run, signal: pid, cpu_us, peak_rss_bytes: run },
            FromZygote::Refused { run, reason: text },
        ];
        for message in all {
            let datagram = message.encode();
            prop_assert!(datagram.len() <= CONTROL_MAX);
            prop_assert_eq!(FromZygote::decode(&datagram).unwrap(), message);
        }
        let order = ToZygote::Run { run };
        prop_assert_eq!(ToZygote::decode(&order.encode()).unwrap(), order);
    }
}

#[test]
fn header_is_refused_when_version_kind_or_length_is_wrong() {
    let frame = FromChild::HttpAbort(7).encode().unwrap();
    let good: [u8; HEADER_LEN] = frame[..HEADER_LEN].try_into().unwrap();
    assert!(Header::parse(good, Side::Child).is_ok());
    assert_eq!(Header::parse(good, Side::Runner), Err(FrameError::Kind(good[1])));

    let mut other = good;
    other[0] = 9;
    assert_eq!(Header::parse(other, Side::Child), Err(FrameError::Version(9)));

    let mut long = good;
    long[5] = 1;
    assert!(matches!(Header::parse(long, Side::Child), Err(FrameError::TooLong { .. })));
}

#[test]
fn a_huge_count_is_refused_without_reserving_memory() {
    let frame = ToChild::Start(Box::new(Start {
        source: String::new(),
        args: vec![],
        bytes_args: vec![],
        secrets: vec![],
        block_timestamp: 0,
        seed: [0; 32],
        limits: Limits::DEFAULT,
    }))
    .encode()
    .unwrap();
    let head = header(&frame, Side::Runner);
    let mut payload = frame[HEADER_LEN..].to_vec();
    payload[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(ToChild::decode(head.kind, &payload), Err(FrameError::Truncated));
}

#[test]
fn an_oversized_message_is_refused_by_its_sender() {
    let message = FromChild::Console("x".repeat(300 << 10));
    assert!(matches!(message.encode(), Err(FrameError::TooLong { .. })));
}

#[test]
fn every_ending_has_its_text() {
    let text = |verdict: Verdict, limit| match verdict.into_outcome(limit) {
        Outcome::Error(bytes) => String::from_utf8(bytes).unwrap(),
        Outcome::Result(_) => panic!("not an error"),
    };
    assert_eq!(Verdict::Bytes(vec![0, 1]).into_outcome(2), Outcome::Result(vec![0, 1]));
    assert_eq!(text(Verdict::Bytes(vec![0; 513]), 512), "response >512 bytes");
    assert_eq!(text(Verdict::TooLong, 256), "response >256 bytes");
    assert_eq!(text(Verdict::NotBytes, 512), "returned value not an ArrayBuffer or Uint8Array");
    assert_eq!(text(Verdict::TimeOut, 512), "script runtime exceeded");
    for verdict in [Verdict::Syntax, Verdict::Memory, Verdict::UnhandledRejection, Verdict::Died] {
        assert_eq!(text(verdict, 512), "syntax error, RAM exceeded, or other error");
    }
    assert_eq!(text(Verdict::Blocked, 512), "attempted access to blocked resource detected");
    assert_eq!(text(Verdict::NoMessage, 512), "invalid value returned");
    assert_eq!(text(Verdict::Thrown("aé€".into()), 4), "aé");
}
