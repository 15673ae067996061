use functions_types::limits::{Limits, Mode, Profile, RunOptions};
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
        clock_ms: u64,
        seed: [u8; 32],
        classic: bool,
        compat: bool,
        wasm: bool,
        replay: bool,
    ) -> ToChild {
        let profile = if classic { Profile::Classic } else { Profile::Default };
        let mode = if compat { Mode::Compat } else { Mode::Strict };
        let options = RunOptions { profile, mode, wasm };
        ToChild::Start(Box::new(Start {
            source, args, bytes_args, secrets, clock_ms, seed, options, replay, limits: profile.limits(),
        }))
    }
}

prop_compose! {
    fn response()(
        id: u32, status: u16, status_text in ".{0,20}", url in ".{0,40}", redirected: bool,
        headers in pairs(), body in prop::collection::vec(any::<u8>(), 0..300),
    ) -> HttpResponse {
        HttpResponse { id, status, status_text, url, redirected, headers, body }
    }
}

fn module() -> impl Strategy<Value = ToChild> {
    let outcome = prop_oneof![
        (".{0,40}", ".{0,200}").prop_map(|(url, text)| ModuleOutcome::Source { url, text }),
        "[a-z_]{1,12}".prop_map(ModuleOutcome::Builtin),
        ".{0,60}".prop_map(ModuleOutcome::Denied),
    ];
    (any::<u32>(), outcome).prop_map(|(id, outcome)| ToChild::Module(ModuleAnswer { id, outcome }))
}

fn to_child() -> impl Strategy<Value = ToChild> {
    prop_oneof![
        start(),
        response().prop_map(ToChild::HttpResponse),
        (any::<u32>(), prop::option::of((any::<u32>(), response())))
            .prop_map(|(id, delivery)| ToChild::HttpReplay { id, delivery }),
        module(),
    ]
}

prop_compose! {
    fn diagnostic()(
        message in ".{0,80}", stack in ".{0,80}",
        position in prop::option::of((".{0,20}", any::<u32>(), any::<u32>())),
    ) -> Diagnostic {
        let position = position.map(|(module, line, column)| Position { module, line, column });
        Diagnostic { message, position, stack }
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
        (any::<u32>(), any::<u32>()).prop_map(|(id, turn)| FromChild::HttpDelivered { id, turn }),
        (any::<u32>(), ".{0,40}", any::<bool>()).prop_map(|(id, specifier, json)| {
            let kind = if json { ModuleKind::Json } else { ModuleKind::JavaScript };
            FromChild::Import(ModuleRequest { id, specifier, kind })
        }),
        (verdict(), diagnostic()).prop_map(|(verdict, diagnostic)| FromChild::Done { verdict, diagnostic }),
    ]
}

proptest! {
    #[test]
    fn runner_frames_survive_the_wire(message in to_child()) {
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
    fn control_survives_the_wire(run: u64, pid: u32, cpu_us: u64, text in ".{0,40}", hash: [u8; 32]) {
        let all = [
            FromZygote::Ready {
                runtime_hash: hash,
                runtime: text.clone(),
                layers: vec![("seccomp".into(), text.clone()), (String::new(), String::new())],
                strong: true,
            },
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
        clock_ms: 0,
        seed: [0; 32],
        options: RunOptions::default(),
        replay: false,
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
fn a_diagnostic_is_cut_at_a_character() {
    let long = Diagnostic {
        message: "é".repeat(Diagnostic::TEXT_MAX),
        position: Some(Position { module: "m".repeat(9_999), line: 1, column: 1 }),
        stack: "short".into(),
    }
    .bounded();
    assert_eq!(long.message.len(), Diagnostic::TEXT_MAX);
    assert_eq!(long.position.map(|position| position.module.len()), Some(Diagnostic::TEXT_MAX));
    assert_eq!(long.stack, "short");
}

#[test]
fn every_ending_has_its_text() {
    let text = |verdict: Verdict, limit| match verdict.into_answer(limit, Profile::Default) {
        ScriptAnswer::Error(bytes) => String::from_utf8(bytes).unwrap(),
        ScriptAnswer::Result(_) => panic!("not an error"),
    };
    assert_eq!(Verdict::Bytes(vec![0, 1]).into_answer(2, Profile::Default), ScriptAnswer::Result(vec![0, 1]));
    assert_eq!(text(Verdict::Bytes(vec![0; 513]), 512), "response >512 bytes");
    assert_eq!(text(Verdict::TooLong, 256), "response >256 bytes");
    assert_eq!(text(Verdict::NotBytes, 512), "returned value not an ArrayBuffer or Uint8Array");
    assert_eq!(text(Verdict::TimeOut, 512), "script runtime exceeded");
    let vague = "syntax error, RAM exceeded, or other error";
    for (verdict, reason) in [
        (Verdict::Syntax, ": syntax"),
        (Verdict::Memory, ": memory"),
        (Verdict::UnhandledRejection, ": unhandled rejection"),
        (Verdict::Died, ""),
    ] {
        assert_eq!(text(verdict.clone(), 512), format!("{vague}{reason}"));
        let classic = verdict.into_answer(512, Profile::Classic);
        assert_eq!(classic, ScriptAnswer::Error(vague.as_bytes().to_vec()));
    }
    assert_eq!(text(Verdict::Blocked, 512), "attempted access to blocked resource detected");
    assert_eq!(text(Verdict::NoMessage, 512), "invalid value returned");
    assert_eq!(text(Verdict::Thrown("aé€".into()), 4), "aé");
}
