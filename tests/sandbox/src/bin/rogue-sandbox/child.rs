//! One run's process. What it does wrong is the source it is told to run; any other source gets the honest answer to
//! the runner's own test script.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use oracle_frames::{
    Diagnostic, FromChild, HEADER_LEN, Header, HttpRequest, HttpResponse, Side, Start, ToChild, VERSION,
    Verdict,
};

/// Kind bytes of the wire, written out because this program breaks its rules.
const START: u8 = 1;
const CONSOLE: u8 = 19;
const DONE: u8 = 20;

/// Reads the order and breaks the protocol. Errors mean that the runner has closed the socket.
pub(crate) fn misbehave() -> io::Result<()> {
    // Where the runner does not know this process, its fork server's end is its own.
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?;
    let socket = std::io::stdin().as_fd().try_clone_to_owned()?;
    let mut session = Session(UnixStream::from(socket));
    let ToChild::Start(start) = session.receive()? else {
        return Err(io::Error::other("no order"));
    };
    session.act(&start)
}

struct Session(UnixStream);

impl Session {
    fn act(&mut self, start: &Start) -> io::Result<()> {
        let url = start.args.first().map(String::as_str).unwrap_or_default();
        match start.source.as_str() {
            // Frames that are none.
            "wrong-version" => self.raw(VERSION + 1, DONE, 0, &[]),
            "unknown-kind" => self.raw(VERSION, 99, 0, &[]),
            "runners-kind" => self.raw(VERSION, START, 0, &[]),
            "oversize" => self.raw(VERSION, CONSOLE, u32::MAX, &[0; 4096]),
            "noise" => self.0.write_all(&[0xff; 4096]),
            "half-a-header" => self.0.write_all(&[VERSION, DONE]),
            "half-a-payload" => self.raw(VERSION, CONSOLE, 100, b"half"),
            "trailing-bytes" => self.spoiled(|payload| payload.push(77)),
            "missing-bytes" => self.spoiled(|payload| payload.truncate(payload.len() - 1)),
            "unknown-verdict" => self.spoiled(|payload| payload[0] = 99),
            "lying-length" => self.raw(VERSION, CONSOLE, 8, &[0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]),
            "console-not-utf8" => self.raw(VERSION, CONSOLE, 6, &[2, 0, 0, 0, 0xff, 0xfe]),
            // Behind the verdict's kind and the text's length.
            "error-not-utf8" => self.spoiled(|payload| payload[5] = 0xff),
            // Ends that are none.
            "close" => Ok(()),
            "abort" => std::process::abort(),
            "silence" => self.wait(),
            "half-a-payload-and-silence" => {
                self.raw(VERSION, CONSOLE, 100, b"half")?;
                self.wait()
            }
            "second-verdict" => {
                self.done(Verdict::Bytes(vec![1]))?;
                self.done(Verdict::Bytes(vec![2]))
            }
            "verdict-and-flood" => {
                self.done(Verdict::Bytes(vec![1]))?;
                loop {
                    self.send(&FromChild::Console("after the end".into()))?;
                }
            }
            "verdict-and-silence" => {
                self.done(Verdict::Bytes(vec![1]))?;
                self.wait()
            }
            "one-byte-at-a-time" => {
                for byte in done(Verdict::Bytes(vec![1]))? {
                    self.0.write_all(&[byte])?;
                }
                Ok(())
            }
            "long-result" => self.done(Verdict::Bytes(vec![7; 200_000])),
            "long-error" => self.done(Verdict::Thrown("e".repeat(200_000))),
            "long-detail" => self.send(&FromChild::Done {
                verdict: Verdict::Thrown("short".into()),
                diagnostic: "d".repeat(200_000).into(),
            }),
            // Floods.
            "console-flood" => loop {
                self.send(&FromChild::Console("x".repeat(200_000)))?;
            },
            "empty-lines" => loop {
                self.send(&FromChild::Console(String::new()))?;
            },
            "abort-flood" => loop {
                self.send(&FromChild::HttpAbort(0))?;
            },
            "request-flood" => {
                for id in 0.. {
                    self.send(&FromChild::HttpRequest(request(id, url)))?;
                }
                Ok(())
            }
            "unread-responses" => {
                for id in 0..5 {
                    self.send(&FromChild::HttpRequest(request(id, &format!("{url}/two-mebibytes"))))?;
                }
                self.wait()
            }
            // Requests a sandbox would not make.
            "beyond-the-count" => {
                for id in 0..20 {
                    self.send(&FromChild::HttpRequest(request(id, url)))?;
                }
                let mut refused = 0;
                for _ in 0..20 {
                    refused += u8::from(self.response()?.status == 429);
                }
                self.done(Verdict::Bytes(vec![refused]))
            }
            "first-id-not-zero" => self.send(&FromChild::HttpRequest(request(5, url))),
            "id-twice" => {
                self.send(&FromChild::HttpRequest(request(0, url)))?;
                self.send(&FromChild::HttpRequest(request(0, url)))
            }
            "abort-of-nothing" => {
                self.send(&FromChild::HttpAbort(7))?;
                self.send(&FromChild::HttpAbort(u32::MAX))?;
                self.done(Verdict::Bytes(vec![1]))
            }
            "long-url" => self.status_of(request(0, &format!("{url}/{}", "u".repeat(900_000)))),
            "long-body" => self.status_of(HttpRequest { body: Some(vec![0; 900_000]), ..request(0, url) }),
            "private-address" => self.status_of(request(0, "http://169.254.169.254/latest/")),
            "no-scheme" => self.status_of(request(0, "\0\u{feff}")),
            "smuggled-header" => {
                let headers = vec![("a".into(), "b\r\nforged: yes".into())];
                self.status_of(HttpRequest { headers, ..request(0, url) })
            }
            "smuggled-name" => {
                let headers = vec![("a: b\r\nforged".into(), "yes".into())];
                self.status_of(HttpRequest { headers, ..request(0, url) })
            }
            "smuggled-method" => {
                let method = "GET /forged HTTP/1.1\r\n\r\nGET".into();
                self.status_of(HttpRequest { method, ..request(0, url) })
            }
            "many-headers" => {
                let headers = (0..5_000).map(|n| (format!("x-{n}"), "v".repeat(100))).collect();
                self.status_of(HttpRequest { headers, ..request(0, url) })
            }
            // The runner's test script: one, shifted by a byte.
            _ => {
                let mut word = vec![0; 32];
                word[30] = 1;
                self.done(Verdict::Bytes(word))
            }
        }
    }

    /// Makes a request and returns the status it was answered with, as a text.
    fn status_of(&mut self, request: HttpRequest) -> io::Result<()> {
        self.send(&FromChild::HttpRequest(request))?;
        let status = self.response()?.status;
        self.done(Verdict::Bytes(status.to_string().into_bytes()))
    }

    fn response(&mut self) -> io::Result<HttpResponse> {
        match self.receive()? {
            ToChild::HttpResponse(response) => Ok(response),
            other => Err(io::Error::other(format!("unasked: {other:?}"))),
        }
    }

    fn done(&mut self, verdict: Verdict) -> io::Result<()> {
        self.0.write_all(&done(verdict)?)
    }

    fn send(&mut self, message: &FromChild) -> io::Result<()> {
        self.0.write_all(&message.encode().map_err(io::Error::other)?)
    }

    fn raw(&mut self, version: u8, kind: u8, len: u32, payload: &[u8]) -> io::Result<()> {
        self.0.write_all(&[version, kind])?;
        self.0.write_all(&len.to_le_bytes())?;
        self.0.write_all(payload)
    }

    /// Sends a verdict whose payload was changed; the header tells its new length.
    fn spoiled(&mut self, spoil: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let mut payload = done(Verdict::Thrown("text".into()))?.split_off(HEADER_LEN);
        spoil(&mut payload);
        let len = u32::try_from(payload.len()).map_err(io::Error::other)?;
        self.raw(VERSION, DONE, len, &payload)
    }

    fn receive(&mut self) -> io::Result<ToChild> {
        let mut head = [0; HEADER_LEN];
        self.0.read_exact(&mut head)?;
        let head = Header::parse(head, Side::Runner).map_err(io::Error::other)?;
        let mut payload = vec![0; head.len];
        self.0.read_exact(&mut payload)?;
        ToChild::decode(head.kind, &payload).map_err(io::Error::other)
    }

    /// Says nothing and reads nothing until the runner makes an end of it.
    fn wait(&mut self) -> io::Result<()> {
        loop {
            std::thread::park();
        }
    }
}

fn done(verdict: Verdict) -> io::Result<Vec<u8>> {
    FromChild::Done { verdict, diagnostic: Diagnostic::default() }.encode().map_err(io::Error::other)
}

fn request(id: u32, url: &str) -> HttpRequest {
    HttpRequest {
        id,
        method: "GET".into(),
        url: url.to_owned(),
        headers: vec![],
        body: None,
        follow_redirects: true,
    }
}
