//! What a server may send, and what the script must see of it.

use std::io::Write;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use sandbox_tests::server::Step;

use crate::{REFUSED, SHORT_MS};

/// One way to answer.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    pub(crate) steps: Vec<Step>,
    /// What the script reports.
    pub(crate) expected: String,
}

impl Attack {
    /// Whether only a time limit ends it.
    pub(crate) fn is_endless(&self) -> bool {
        self.expected.contains("time limit")
    }
}

fn send(text: &str) -> Step {
    Step::Send(text.into())
}

/// Bytes that become sixteen mebibytes of zeros.
fn zeros() -> Vec<u8> {
    vec![0; 16 << 20]
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory does not fail")
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory does not fail")
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 5, ..Default::default() };
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &params).expect("memory does not fail");
    out
}

/// An answer with a content encoding, whose body is as given.
fn encoded(encoding: &str, body: Vec<u8>) -> Vec<Step> {
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: {}\r\n\r\n", body.len());
    vec![send(&head), Step::Send(body)]
}

/// Every attack; names are paths.
pub(crate) fn table() -> Vec<Attack> {
    let too_slow = format!(r#"400 Bad Request {{"error":"HTTP query exceeded time limit of {SHORT_MS}ms"}}"#);
    let too_large =
        r#"413 Payload Too Large {"error":"Response payload size exceeds 2097152 byte limit"}"#.to_owned();
    let refused = REFUSED.to_owned();
    let attack = |name, steps, expected: &str| Attack { name, steps, expected: expected.to_owned() };
    let refuse = |name, steps| attack(name, steps, &refused);
    let slow = |name, steps| attack(name, steps, &too_slow);
    let large = |name, steps| attack(name, steps, &too_large);
    let ok = "HTTP/1.1 200 OK\r\n";
    let chunked = format!("{ok}transfer-encoding: chunked\r\n\r\n");
    let bomb = zeros();
    vec![
        // Slowness.
        slow("slow-head", vec![send("HTTP/1.1 200 OK\r\nx: "), Step::Drip(b"y".to_vec())]),
        slow("slow-status", vec![Step::Drip(b"HTTP/1.1 200 OKKKKKKKKKKKKKKKKKKKKKKKKK".to_vec())]),
        slow(
            "slow-body",
            vec![send("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"), Step::Drip(b"y".to_vec())],
        ),
        slow("slow-chunks", vec![send(&chunked), Step::Drip(b"1\r\ny\r\n".to_vec())]),
        slow("no-answer", vec![Step::Stall]),
        slow("half-a-head", vec![send("HTTP/1.1 200 OK\r\ncontent-le"), Step::Stall]),
        slow("half-a-body", vec![send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhal"), Step::Stall]),
        slow("no-last-chunk", vec![send(&chunked), send("4\r\nhalf\r\n"), Step::Stall]),
        slow("endless-continue", vec![Step::Drip(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())]),
        // Size.
        large("endless-body", vec![send("HTTP/1.1 200 OK\r\n\r\n"), Step::Endless(vec![b'x'; 65_536])]),
        large(
            "endless-chunks",
            vec![send(&chunked), Step::Endless([b"ffff\r\n", &[b'x'; 65_535][..], b"\r\n"].concat())],
        ),
        large(
            "announced-size",
            vec![
                send("HTTP/1.1 200 OK\r\ncontent-length: 999999999999\r\n\r\n"),
                Step::Endless(vec![b'x'; 65_536]),
            ],
        ),
        large(
            "one-byte-too-many",
            vec![
                send("HTTP/1.1 200 OK\r\ncontent-length: 2097153\r\n\r\n"),
                Step::Send(vec![b'x'; 2_097_153]),
            ],
        ),
        large("gzip-bomb", encoded("gzip", gzip(&bomb))),
        large("deflate-bomb", encoded("deflate", zlib(&bomb))),
        large("brotli-bomb", encoded("br", brotli(&bomb))),
        refuse("gzip-members", encoded("gzip", gzip(&vec![b'x'; 1 << 20]).repeat(16))),
        // Heads.
        refuse("endless-head", vec![send(ok), Step::Endless(b"x: y\r\n".repeat(1_000))]),
        refuse("endless-header", vec![send("HTTP/1.1 200 OK\r\nx: "), Step::Endless(vec![b'y'; 65_536])]),
        refuse("endless-status", vec![send("HTTP/1.1 200 "), Step::Endless(vec![b'y'; 65_536])]),
        refuse(
            "many-headers",
            vec![send(&format!("{ok}{}content-length: 0\r\n\r\n", "x: y\r\n".repeat(10_000)))],
        ),
        refuse(
            "long-headers",
            vec![send(&format!(
                "{ok}{}content-length: 0\r\n\r\n",
                format!("x: {}\r\n", "y".repeat(4_000)).repeat(20)
            ))],
        ),
        refuse("no-colon", vec![send(&format!("{ok}no colon here\r\n\r\n"))]),
        refuse("folded-header-name", vec![send(&format!("{ok}a b: c\r\n\r\n"))]),
        refuse("nul-in-header", vec![send(&format!("{ok}a: b\0c\r\n\r\n"))]),
        // What is no HTTP.
        refuse("nothing", vec![]),
        refuse("reset", vec![Step::Reset]),
        refuse("reset-in-body", vec![send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhal"), Step::Reset]),
        refuse("closed-in-head", vec![send("HTTP/1.1 200 OK\r\ncontent")]),
        refuse("closed-in-body", vec![send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")]),
        refuse("closed-in-chunk", vec![send(&chunked), send("9\r\nhalf")]),
        refuse("http-0.9", vec![send("<html>an answer without a head</html>\r\n\r\n")]),
        refuse("http-9.9", vec![send("HTTP/9.9 200 OK\r\n\r\n")]),
        refuse("another-protocol", vec![send("220 mail.example ESMTP\r\n")]),
        refuse("ssh", vec![send("SSH-2.0-OpenSSH_9.9\r\n")]),
        refuse("noise", vec![Step::Send((0..=255).collect())]),
        refuse("status-zero", vec![send("HTTP/1.1 000 None\r\ncontent-length: 0\r\n\r\n")]),
        refuse("status-four-digits", vec![send("HTTP/1.1 2000 OK\r\ncontent-length: 0\r\n\r\n")]),
        refuse("status-999", vec![send("HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n")]),
        refuse("status-text", vec![send("HTTP/1.1 two hundred\r\n\r\n")]),
        refuse(
            "unasked-upgrade",
            vec![
                send("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
                Step::Stall,
            ],
        ),
        // Lengths that lie.
        refuse("negative-length", vec![send(&format!("{ok}content-length: -1\r\n\r\nx"))]),
        refuse("length-of-words", vec![send(&format!("{ok}content-length: many\r\n\r\nx"))]),
        refuse(
            "length-overflow",
            vec![send(&format!("{ok}content-length: 99999999999999999999999\r\n\r\nx"))],
        ),
        refuse("two-lengths", vec![send(&format!("{ok}content-length: 1\r\ncontent-length: 2\r\n\r\nxy"))]),
        refuse("chunk-garbage", vec![send(&chunked), send("zz\r\nx\r\n0\r\n\r\n")]),
        refuse("chunk-overflow", vec![send(&chunked), send("fffffffffffffffff\r\nx")]),
        refuse("chunk-without-end", vec![send(&chunked), send("1\r\nxy\r\n0\r\n\r\n")]),
        refuse(
            "endless-chunk-extension",
            vec![send(&chunked), send("1;"), Step::Endless(vec![b'x'; 65_536])],
        ),
        refuse(
            "endless-trailers",
            vec![send(&chunked), send("0\r\n"), Step::Endless(b"x: y\r\n".repeat(1_000))],
        ),
        attack(
            "short-length",
            vec![send(&format!("{ok}connection: close\r\ncontent-length: 4\r\n\r\nbody and more"))],
            "200 OK body",
        ),
        attack(
            "chunks-and-length",
            vec![send(
                "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
            )],
            "200 OK body",
        ),
        attack(
            "no-content",
            vec![send("HTTP/1.1 204 No Content\r\ncontent-length: 9\r\nconnection: close\r\n\r\nforbidden")],
            "204 No Content ",
        ),
        // Encodings that lie.
        refuse("gzip-that-is-none", encoded("gzip", b"plain text".to_vec())),
        refuse(
            "gzip-cut",
            encoded("gzip", {
                let mut cut = gzip(&[b'x'; 5_000]);
                cut.truncate(20);
                cut
            }),
        ),
        refuse("brotli-noise", encoded("br", vec![0xff; 100])),
        refuse("deflate-noise", encoded("deflate", vec![0xff; 100])),
        attack("unknown-encoding", encoded("zip", b"as it is".to_vec()), "200 OK as it is"),
        // As in the reference, only one coding is undone.
        attack("stacked-encodings", encoded("gzip, gzip", b"as it is".to_vec()), "200 OK as it is"),
        attack("gzip-inside", encoded("gzip", gzip(b"small")), "200 OK small"),
        // Text that is none.
        attack(
            "body-not-utf8",
            vec![send(&format!("{ok}content-length: 3\r\n\r\n")), Step::Send(vec![b'a', 0xff, b'b'])],
            "200 OK a\u{fffd}b",
        ),
        attack(
            "reason-not-utf8",
            vec![Step::Send(b"HTTP/1.1 200 \xff\xfe\r\ncontent-length: 1\r\n\r\nx".to_vec())],
            "200 OK x",
        ),
        attack(
            "header-not-utf8",
            vec![Step::Send(b"HTTP/1.1 200 OK\r\nx: \xff\xfe\r\ncontent-length: 1\r\n\r\nx".to_vec())],
            "200 OK x",
        ),
    ]
}
