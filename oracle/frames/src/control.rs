//! What the runner and the fork server say to each other, one datagram a message.

use crate::wire::{CONTROL_MAX, FrameError, Reader, VERSION, Writer};

const RUN: u8 = 1;
const READY: u8 = 17;
const STARTED: u8 = 18;
const EXITED: u8 = 19;
const REFUSED: u8 = 20;

/// Most walls reported.
const LAYERS_MAX: usize = 12;

/// Runner to fork server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToZygote {
    /// Fork a child for this run; the session socket travels with the datagram.
    Run {
        /// Number of the run, chosen by the runner.
        run: u64,
    },
}

/// Fork server to runner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromZygote {
    /// Booted, self-tested, waiting.
    Ready {
        /// Digest of the sources and settings that decide what a script computes.
        runtime_hash: [u8; 32],
        /// Engine version, for people.
        runtime: String,
        /// The walls by name, and how each stands, for people and metrics.
        layers: Vec<(String, String)>,
        /// Whether every required wall stands.
        strong: bool,
    },
    /// The child runs; its pidfd travels with the datagram.
    Started {
        /// Number of the run.
        run: u64,
        /// Process id of the child.
        pid: u32,
    },
    /// The child is gone.
    Exited {
        /// Number of the run.
        run: u64,
        /// Signal that ended it; 0 where it exited by itself.
        signal: u32,
        /// User and system time it used, in microseconds.
        cpu_us: u64,
        /// Largest resident set, in bytes.
        peak_rss_bytes: u64,
    },
    /// No child could be started.
    Refused {
        /// Number of the run.
        run: u64,
        /// Why, for the log.
        reason: String,
    },
}

fn writer(kind: u8) -> Writer {
    Writer(vec![VERSION, kind])
}

fn open(datagram: &[u8]) -> Result<(u8, Reader<'_>), FrameError> {
    let mut from = Reader(datagram);
    let version = from.u8()?;
    if version != VERSION {
        return Err(FrameError::Version(version));
    }
    let kind = from.u8()?;
    if datagram.len() > CONTROL_MAX {
        return Err(FrameError::TooLong { kind, len: datagram.len(), max: CONTROL_MAX });
    }
    Ok((kind, from))
}

impl ToZygote {
    /// The datagram.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let Self::Run { run } = self;
        let mut out = writer(RUN);
        out.u64(*run);
        out.0
    }

    /// Reads a datagram.
    ///
    /// # Errors
    /// [`FrameError`] on anything but exactly one well-formed message.
    pub fn decode(datagram: &[u8]) -> Result<Self, FrameError> {
        let (kind, mut from) = open(datagram)?;
        let message = match kind {
            RUN => Self::Run { run: from.u64()? },
            _ => return Err(FrameError::Kind(kind)),
        };
        from.end()?;
        Ok(message)
    }
}

impl FromZygote {
    /// The datagram. Texts are cut so that it fits.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Ready { runtime_hash, runtime, layers, strong } => {
                let mut out = writer(READY);
                out.0.extend_from_slice(runtime_hash);
                out.text(crate::cut_text(runtime, 512));
                let layers = &layers[..layers.len().min(LAYERS_MAX)];
                out.len(layers.len());
                for (name, state) in layers {
                    out.text(crate::cut_text(name, 32));
                    out.text(crate::cut_text(state, 200));
                }
                out.u8(u8::from(*strong));
                out.0
            }
            Self::Started { run, pid } => {
                let mut out = writer(STARTED);
                out.u64(*run);
                out.u32(*pid);
                out.0
            }
            Self::Exited { run, signal, cpu_us, peak_rss_bytes } => {
                let mut out = writer(EXITED);
                out.u64(*run);
                out.u32(*signal);
                out.u64(*cpu_us);
                out.u64(*peak_rss_bytes);
                out.0
            }
            Self::Refused { run, reason } => {
                let mut out = writer(REFUSED);
                out.u64(*run);
                out.text(crate::cut_text(reason, 1024));
                out.0
            }
        }
    }

    /// Reads a datagram.
    ///
    /// # Errors
    /// [`FrameError`] on anything but exactly one well-formed message.
    pub fn decode(datagram: &[u8]) -> Result<Self, FrameError> {
        let (kind, mut from) = open(datagram)?;
        let message = match kind {
            READY => Self::Ready {
                runtime_hash: from.array()?,
                runtime: from.text()?,
                layers: from.list(|item| Ok((item.text()?, item.text()?)))?,
                strong: from.flag("strong")?,
            },
            STARTED => Self::Started { run: from.u64()?, pid: from.u32()? },
            EXITED => Self::Exited {
                run: from.u64()?,
                signal: from.u32()?,
                cpu_us: from.u64()?,
                peak_rss_bytes: from.u64()?,
            },
            REFUSED => Self::Refused { run: from.u64()?, reason: from.text()? },
            _ => return Err(FrameError::Kind(kind)),
        };
        from.end()?;
        Ok(message)
    }
}
