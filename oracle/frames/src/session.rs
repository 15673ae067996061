//! What runner and child say to each other during one run.

use functions_types::limits::{Limits, Mode, Profile, RunOptions};

use crate::diagnostic::Diagnostic;
use crate::module::{ModuleAnswer, ModuleRequest};
use crate::verdict::Verdict;
use crate::wire::{self, FrameError, Reader, Side, Writer};

/// Everything a run needs, sent once, first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Body of the script.
    pub source: String,
    /// `args` of the request.
    pub args: Vec<String>,
    /// `bytesArgs` of the request, raw.
    pub bytes_args: Vec<Vec<u8>>,
    /// Decrypted secrets, name and value.
    pub secrets: Vec<(String, String)>,
    /// Where the script's clock starts, in milliseconds since 1970.
    pub clock_ms: u64,
    /// Seed of the script's random numbers.
    pub seed: [u8; 32],
    /// Clock, order of responses and features.
    pub options: RunOptions,
    /// Whether answers come from a recording: then every request is answered at once by
    /// [`ToChild::HttpReplay`], nothing is waited for, and deliveries follow the recorded turns.
    pub replay: bool,
    /// What the run is held to.
    pub limits: Limits,
}

/// An HTTP exchange the script asks for. The child cuts an oversized URL or body one unit past
/// its limit, which is enough for the runner to refuse it with the right answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// Chosen by the child, rising from 0; responses carry it back.
    pub id: u32,
    /// Method, as fetch normalised it.
    pub method: String,
    /// Absolute URL, not yet vetted.
    pub url: String,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// Body; `None` where the request has none.
    pub body: Option<Vec<u8>>,
    /// What to do with a redirect.
    pub follow_redirects: bool,
}

/// The answer to an [`HttpRequest`]: a server's response, or the runner's refusal in that shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// Id of the request.
    pub id: u32,
    /// HTTP status.
    pub status: u16,
    /// Reason phrase.
    pub status_text: String,
    /// Final URL, after redirects.
    pub url: String,
    /// Whether a redirect was followed.
    pub redirected: bool,
    /// Header names (lower case) and values.
    pub headers: Vec<(String, String)>,
    /// Body, decompressed.
    pub body: Vec<u8>,
}

/// Runner to child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToChild {
    /// Run this.
    Start(Box<Start>),
    /// The answer to a request.
    HttpResponse(HttpResponse),
    /// What a recording says of a request.
    HttpReplay {
        /// Id of the request.
        id: u32,
        /// The turn in which the response was delivered, and the response; `None` where it never was.
        delivery: Option<(u32, HttpResponse)>,
    },
    /// The answer to an import.
    Module(ModuleAnswer),
}

/// Child to runner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromChild {
    /// Perform this exchange.
    HttpRequest(HttpRequest),
    /// The script no longer waits for this exchange.
    HttpAbort(u32),
    /// The script was handed a response.
    HttpDelivered {
        /// Id of the request.
        id: u32,
        /// How many timers had fired and responses had been delivered before, in this run.
        turn: u32,
    },
    /// Fetch this module.
    Import(ModuleRequest),
    /// One line of console output.
    Console(String),
    /// The run is over.
    Done {
        /// How it ended.
        verdict: Verdict,
        /// What exactly happened and where, for logs and terminals only.
        diagnostic: Diagnostic,
    },
}

fn put_pairs(out: &mut Writer, pairs: &[(String, String)]) {
    out.len(pairs.len());
    for (name, value) in pairs {
        out.text(name);
        out.text(value);
    }
}

fn take_pairs(from: &mut Reader<'_>) -> Result<Vec<(String, String)>, FrameError> {
    from.list(|item| Ok((item.text()?, item.text()?)))
}

fn put_limits(out: &mut Writer, limits: &Limits) {
    // Destructured so that a new limit cannot be forgotten here.
    let Limits {
        response_bytes,
        execution_ms,
        memory_bytes,
        request_bytes,
        http_queries,
        http_query_ms,
        http_url_chars,
        http_request_bytes,
        http_response_bytes,
        import_modules,
        import_module_bytes,
        console_bytes,
        console_line_bytes,
    } = limits;
    out.u64(*response_bytes as u64);
    out.u64(*execution_ms);
    out.u64(*memory_bytes);
    out.u64(*request_bytes as u64);
    out.u32(*http_queries);
    out.u64(*http_query_ms);
    out.u64(*http_url_chars as u64);
    out.u64(*http_request_bytes as u64);
    out.u64(*http_response_bytes as u64);
    out.u32(*import_modules);
    out.u64(*import_module_bytes as u64);
    out.u64(*console_bytes as u64);
    out.u64(*console_line_bytes as u64);
}

fn take_limits(from: &mut Reader<'_>) -> Result<Limits, FrameError> {
    Ok(Limits {
        response_bytes: from.size("response_bytes")?,
        execution_ms: from.u64()?,
        memory_bytes: from.u64()?,
        request_bytes: from.size("request_bytes")?,
        http_queries: from.u32()?,
        http_query_ms: from.u64()?,
        http_url_chars: from.size("http_url_chars")?,
        http_request_bytes: from.size("http_request_bytes")?,
        http_response_bytes: from.size("http_response_bytes")?,
        import_modules: from.u32()?,
        import_module_bytes: from.size("import_module_bytes")?,
        console_bytes: from.size("console_bytes")?,
        console_line_bytes: from.size("console_line_bytes")?,
    })
}

fn put_options(out: &mut Writer, options: RunOptions) {
    let RunOptions { profile, mode, wasm } = options;
    out.u8(profile.code());
    out.u8(mode.code());
    out.u8(u8::from(wasm));
}

fn take_options(from: &mut Reader<'_>) -> Result<RunOptions, FrameError> {
    Ok(RunOptions {
        profile: Profile::from_code(from.u8()?).ok_or(FrameError::Value("profile"))?,
        mode: Mode::from_code(from.u8()?).ok_or(FrameError::Value("mode"))?,
        wasm: from.flag("wasm")?,
    })
}

fn put_response(out: &mut Writer, response: &HttpResponse) {
    out.u32(response.id);
    out.u32(u32::from(response.status));
    out.text(&response.status_text);
    out.text(&response.url);
    out.u8(u8::from(response.redirected));
    put_pairs(out, &response.headers);
    out.bytes(&response.body);
}

fn take_response(from: &mut Reader<'_>) -> Result<HttpResponse, FrameError> {
    Ok(HttpResponse {
        id: from.u32()?,
        status: u16::try_from(from.u32()?).map_err(|_| FrameError::Value("status"))?,
        status_text: from.text()?,
        url: from.text()?,
        redirected: from.flag("redirected")?,
        headers: take_pairs(from)?,
        body: from.bytes()?,
    })
}

impl ToChild {
    /// The frame, header included.
    ///
    /// # Errors
    /// [`FrameError::TooLong`] where the content exceeds what its kind allows.
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        let mut out = Writer::session();
        let kind = match self {
            Self::Start(start) => {
                out.text(&start.source);
                out.len(start.args.len());
                start.args.iter().for_each(|arg| out.text(arg));
                out.len(start.bytes_args.len());
                start.bytes_args.iter().for_each(|arg| out.bytes(arg));
                put_pairs(&mut out, &start.secrets);
                out.u64(start.clock_ms);
                out.0.extend_from_slice(&start.seed);
                put_options(&mut out, start.options);
                out.u8(u8::from(start.replay));
                put_limits(&mut out, &start.limits);
                wire::START
            }
            Self::HttpResponse(response) => {
                put_response(&mut out, response);
                wire::HTTP_RESPONSE
            }
            Self::HttpReplay { id, delivery } => {
                out.u32(*id);
                out.u8(u8::from(delivery.is_some()));
                if let Some((turn, response)) = delivery {
                    out.u32(*turn);
                    put_response(&mut out, response);
                }
                wire::HTTP_REPLAY
            }
            Self::Module(answer) => {
                answer.put(&mut out);
                wire::MODULE
            }
        };
        wire::seal(Side::Runner, kind, out)
    }

    /// Reads the payload of a frame whose header said `kind`.
    ///
    /// # Errors
    /// [`FrameError`] on anything but exactly one well-formed message.
    pub fn decode(kind: u8, payload: &[u8]) -> Result<Self, FrameError> {
        let mut from = Reader(payload);
        let message = match kind {
            wire::START => Self::Start(Box::new(Start {
                source: from.text()?,
                args: from.list(Reader::text)?,
                bytes_args: from.list(Reader::bytes)?,
                secrets: take_pairs(&mut from)?,
                clock_ms: from.u64()?,
                seed: from.array()?,
                options: take_options(&mut from)?,
                replay: from.flag("replay")?,
                limits: take_limits(&mut from)?,
            })),
            wire::HTTP_RESPONSE => Self::HttpResponse(take_response(&mut from)?),
            wire::HTTP_REPLAY => Self::HttpReplay {
                id: from.u32()?,
                delivery: match from.flag("delivery")? {
                    true => Some((from.u32()?, take_response(&mut from)?)),
                    false => None,
                },
            },
            wire::MODULE => Self::Module(ModuleAnswer::take(&mut from)?),
            _ => return Err(FrameError::Kind(kind)),
        };
        from.end()?;
        Ok(message)
    }
}

impl FromChild {
    /// The frame, header included.
    ///
    /// # Errors
    /// [`FrameError::TooLong`] where the content exceeds what its kind allows.
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        let mut out = Writer::session();
        let kind = match self {
            Self::HttpRequest(request) => {
                out.u32(request.id);
                out.text(&request.method);
                out.text(&request.url);
                put_pairs(&mut out, &request.headers);
                out.u8(u8::from(request.follow_redirects));
                out.u8(u8::from(request.body.is_some()));
                if let Some(body) = &request.body {
                    out.bytes(body);
                }
                wire::HTTP_REQUEST
            }
            Self::HttpAbort(id) => {
                out.u32(*id);
                wire::HTTP_ABORT
            }
            Self::HttpDelivered { id, turn } => {
                out.u32(*id);
                out.u32(*turn);
                wire::HTTP_DELIVERED
            }
            Self::Import(request) => {
                request.put(&mut out);
                wire::IMPORT
            }
            Self::Console(line) => {
                out.text(line);
                wire::CONSOLE
            }
            Self::Done { verdict, diagnostic } => {
                verdict.put(&mut out);
                diagnostic.put(&mut out);
                wire::DONE
            }
        };
        wire::seal(Side::Child, kind, out)
    }

    /// Reads the payload of a frame whose header said `kind`.
    ///
    /// # Errors
    /// [`FrameError`] on anything but exactly one well-formed message.
    pub fn decode(kind: u8, payload: &[u8]) -> Result<Self, FrameError> {
        let mut from = Reader(payload);
        let message = match kind {
            wire::HTTP_REQUEST => Self::HttpRequest(HttpRequest {
                id: from.u32()?,
                method: from.text()?,
                url: from.text()?,
                headers: take_pairs(&mut from)?,
                follow_redirects: from.flag("follow_redirects")?,
                body: match from.flag("body")? {
                    true => Some(from.bytes()?),
                    false => None,
                },
            }),
            wire::HTTP_ABORT => Self::HttpAbort(from.u32()?),
            wire::HTTP_DELIVERED => Self::HttpDelivered { id: from.u32()?, turn: from.u32()? },
            wire::IMPORT => Self::Import(ModuleRequest::take(&mut from)?),
            wire::CONSOLE => Self::Console(from.text()?),
            wire::DONE => {
                Self::Done { verdict: Verdict::take(&mut from)?, diagnostic: Diagnostic::take(&mut from)? }
            }
            _ => return Err(FrameError::Kind(kind)),
        };
        from.end()?;
        Ok(message)
    }
}
