//! Dynamic imports: what the child asks for and what it gets.

use crate::wire::{FrameError, Reader, Writer};

/// What an import expects to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ModuleKind {
    /// An ECMAScript module.
    JavaScript,
    /// A JSON document, asked for by `{ type: "json" }`.
    Json,
}

/// A module the child lacks. Relative specifiers are resolved by the child already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleRequest {
    /// Chosen by the child, rising from 0; the answer carries it back.
    pub id: u32,
    /// Absolute specifier: `https:`, `npm:`, `jsr:`, `node:` or something to refuse.
    pub specifier: String,
    /// What the import expects.
    pub kind: ModuleKind,
}

impl ModuleRequest {
    /// How many a child asks in one run, refused ones included; beyond that it refuses by itself. A run that asks more
    /// is taken for an attack.
    pub const COUNT_MAX: u32 = 2_000;
}

/// What became of a [`ModuleRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleAnswer {
    /// Id of the request.
    pub id: u32,
    /// The module or the refusal.
    pub outcome: ModuleOutcome,
}

/// A module, or the text its import is rejected with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModuleOutcome {
    /// Source text, and the URL its relative imports start from.
    Source {
        /// Final URL, after redirects.
        url: String,
        /// The text.
        text: String,
    },
    /// A module built into the sandbox, by its name without `node:`.
    Builtin(String),
    /// Refused or not to be had.
    Denied(String),
}

impl ModuleRequest {
    pub(crate) fn put(&self, out: &mut Writer) {
        out.u32(self.id);
        out.text(&self.specifier);
        out.u8(match self.kind {
            ModuleKind::JavaScript => 0,
            ModuleKind::Json => 1,
        });
    }

    pub(crate) fn take(from: &mut Reader<'_>) -> Result<Self, FrameError> {
        Ok(Self {
            id: from.u32()?,
            specifier: from.text()?,
            kind: match from.u8()? {
                0 => ModuleKind::JavaScript,
                1 => ModuleKind::Json,
                _ => return Err(FrameError::Value("module kind")),
            },
        })
    }
}

impl ModuleAnswer {
    pub(crate) fn put(&self, out: &mut Writer) {
        out.u32(self.id);
        match &self.outcome {
            ModuleOutcome::Source { url, text } => {
                out.u8(0);
                out.text(url);
                out.text(text);
            }
            ModuleOutcome::Builtin(name) => {
                out.u8(1);
                out.text(name);
            }
            ModuleOutcome::Denied(text) => {
                out.u8(2);
                out.text(text);
            }
        }
    }

    pub(crate) fn take(from: &mut Reader<'_>) -> Result<Self, FrameError> {
        Ok(Self {
            id: from.u32()?,
            outcome: match from.u8()? {
                0 => ModuleOutcome::Source { url: from.text()?, text: from.text()? },
                1 => ModuleOutcome::Builtin(from.text()?),
                2 => ModuleOutcome::Denied(from.text()?),
                _ => return Err(FrameError::Value("module outcome")),
            },
        })
    }
}
