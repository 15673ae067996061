//! What a script prints, as far as it is kept.

use functions_types::limits::Limits;
use oracle_frames::cut_text;

/// Console lines of one run.
#[derive(Default)]
pub(crate) struct Console {
    /// In order, each cut to the limit of a line.
    pub(crate) lines: Vec<String>,
    /// Lines there was no room for.
    pub(crate) dropped: usize,
    bytes: usize,
}

impl Console {
    pub(super) fn print(&mut self, line: &str, limits: &Limits) {
        let room = limits.console_bytes.saturating_sub(self.bytes);
        let line = cut_text(line, limits.console_line_bytes);
        if line.len() + 1 > room {
            self.dropped += 1;
            return;
        }
        self.bytes += line.len() + 1;
        self.lines.push(line.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_and_counted_with_their_line_feeds() {
        let limits = Limits { console_bytes: 9, console_line_bytes: 4, ..Limits::DEFAULT };
        let mut console = Console::default();
        for line in ["abcdef", "abc", "x", ""] {
            console.print(line, &limits);
        }
        assert_eq!((console.lines, console.dropped), (vec!["abcd".to_owned(), "abc".to_owned()], 2));
    }
}
