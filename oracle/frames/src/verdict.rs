//! How a run ends, and the bytes that go on chain for it.

use functions_types::limits::Profile;

use crate::wire::{FrameError, Reader, Writer};

/// How a run ended, as the child says or as the runner concludes from the child's death.
///
/// Upstream: `@chainlink/functions-toolkit` 0.3.2, the texts a simulated script fails with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The script returned these bytes.
    Bytes(Vec<u8>),
    /// The script threw; the text is the message, the thrown string, or names the type thrown.
    Thrown(String),
    /// The script returned something other than bytes.
    NotBytes,
    /// The script returned more bytes than the limit.
    TooLong,
    /// The time limit passed, or nothing was left that could ever settle the script.
    TimeOut,
    /// The script does not parse.
    Syntax,
    /// The script exceeded its memory.
    Memory,
    /// A promise was rejected and nobody handled it.
    UnhandledRejection,
    /// The process died without a word.
    Died,
    /// The script touched a host resource it may not have.
    Blocked,
    /// The script threw an error whose message is missing.
    NoMessage,
}

/// What a run puts on chain: exactly one of the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptAnswer {
    /// The response bytes.
    Result(Vec<u8>),
    /// UTF-8 text of the error.
    Error(Vec<u8>),
}

impl Verdict {
    /// The bytes for the chain under a response limit of `limit` bytes. Trusts no length: bytes
    /// over the limit become the error for that, texts are cut at a character boundary.
    ///
    /// # Deviations
    /// Upstream has one text for every script that could not run. The default profile ends it with
    /// a fixed word that says why; the classic profile does not.
    #[must_use]
    pub fn into_answer(self, limit: usize, profile: Profile) -> ScriptAnswer {
        let text = match self {
            Self::Bytes(bytes) if bytes.len() <= limit => return ScriptAnswer::Result(bytes),
            Self::Bytes(_) | Self::TooLong => format!("response >{limit} bytes"),
            Self::Thrown(text) => text,
            Self::NotBytes => "returned value not an ArrayBuffer or Uint8Array".into(),
            Self::TimeOut => "script runtime exceeded".into(),
            Self::Syntax | Self::Memory | Self::UnhandledRejection | Self::Died => {
                let reason = match self {
                    _ if !profile.names_reasons() => "",
                    Self::Syntax => ": syntax",
                    Self::Memory => ": memory",
                    Self::UnhandledRejection => ": unhandled rejection",
                    _ => "",
                };
                format!("syntax error, RAM exceeded, or other error{reason}")
            }
            Self::Blocked => "attempted access to blocked resource detected".into(),
            Self::NoMessage => "invalid value returned".into(),
        };
        ScriptAnswer::Error(cut_text(&text, limit).as_bytes().to_vec())
    }

    /// A fixed word for logs and metrics.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Bytes(_) => "bytes",
            Self::Thrown(_) => "thrown",
            Self::NotBytes => "not-bytes",
            Self::TooLong => "too-long",
            Self::TimeOut => "time-out",
            Self::Syntax => "syntax",
            Self::Memory => "memory",
            Self::UnhandledRejection => "unhandled-rejection",
            Self::Died => "died",
            Self::Blocked => "blocked",
            Self::NoMessage => "no-message",
        }
    }

    pub(crate) fn put(&self, out: &mut Writer) {
        match self {
            Self::Bytes(bytes) => {
                out.u8(0);
                out.bytes(bytes);
            }
            Self::Thrown(text) => {
                out.u8(1);
                out.text(text);
            }
            Self::NotBytes => out.u8(2),
            Self::TooLong => out.u8(3),
            Self::TimeOut => out.u8(4),
            Self::Syntax => out.u8(5),
            Self::Memory => out.u8(6),
            Self::UnhandledRejection => out.u8(7),
            Self::Died => out.u8(8),
            Self::Blocked => out.u8(9),
            Self::NoMessage => out.u8(10),
        }
    }

    pub(crate) fn take(from: &mut Reader<'_>) -> Result<Self, FrameError> {
        Ok(match from.u8()? {
            0 => Self::Bytes(from.bytes()?),
            1 => Self::Thrown(from.text()?),
            2 => Self::NotBytes,
            3 => Self::TooLong,
            4 => Self::TimeOut,
            5 => Self::Syntax,
            6 => Self::Memory,
            7 => Self::UnhandledRejection,
            8 => Self::Died,
            9 => Self::Blocked,
            10 => Self::NoMessage,
            _ => return Err(FrameError::Value("verdict")),
        })
    }
}

/// The longest prefix of `text` that has at most `max` bytes and ends between two characters.
#[must_use]
pub fn cut_text(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}
