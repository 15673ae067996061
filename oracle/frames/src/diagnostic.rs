//! What exactly ended a run, for people: never for the chain.

use crate::cut_text;
use crate::wire::{FrameError, Reader, Writer};

/// A place in the user's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// URL of the imported module; empty for the script itself.
    pub module: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// The engine's own account of how a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostic {
    /// The engine's wording; empty where there is nothing to say.
    pub message: String,
    /// Where it happened, as far as known.
    pub position: Option<Position>,
    /// The script's own frames, one a line.
    pub stack: String,
}

impl From<String> for Diagnostic {
    fn from(message: String) -> Self {
        Self { message, ..Self::default() }
    }
}

impl From<&str> for Diagnostic {
    fn from(message: &str) -> Self {
        message.to_owned().into()
    }
}

impl Diagnostic {
    /// Longest text of each kind that is kept, in bytes.
    pub const TEXT_MAX: usize = 4096;

    /// The same with every text cut to [`Self::TEXT_MAX`].
    #[must_use]
    pub fn bounded(mut self) -> Self {
        for text in [&mut self.message, &mut self.stack] {
            text.truncate(cut_text(text, Self::TEXT_MAX).len());
        }
        if let Some(position) = &mut self.position {
            position.module.truncate(cut_text(&position.module, Self::TEXT_MAX).len());
        }
        self
    }

    pub(crate) fn put(&self, out: &mut Writer) {
        out.text(&self.message);
        out.u8(u8::from(self.position.is_some()));
        if let Some(Position { module, line, column }) = &self.position {
            out.text(module);
            out.u32(*line);
            out.u32(*column);
        }
        out.text(&self.stack);
    }

    pub(crate) fn take(from: &mut Reader<'_>) -> Result<Self, FrameError> {
        Ok(Self {
            message: from.text()?,
            position: match from.flag("position")? {
                true => Some(Position { module: from.text()?, line: from.u32()?, column: from.u32()? }),
                false => None,
            },
            stack: from.text()?,
        })
    }
}
