//! Points at places in the user's file: line and column in, a span of its text out.

use crate::output;
use miette::{
    LabeledSpan, MietteDiagnostic, MietteError, MietteSpanContents, Report, Severity, SourceCode, SourceSpan,
    SpanContents,
};

/// The word or sign at a line and column, both from 1, columns in characters. Behind the text, and behind a line, there
/// is one more sign to point at.
pub(crate) fn span(source: &str, line: u32, column: u32) -> SourceSpan {
    let source = in_lines(source);
    let before = line.saturating_sub(1) as usize;
    let start: usize = source.split_inclusive('\n').take(before).map(str::len).sum();
    let text = source[start..].lines().next().unwrap_or_default();
    let at = text.chars().take(column.saturating_sub(1) as usize).map(char::len_utf8).sum::<usize>();
    let is_word = |c: &char| c.is_alphanumeric() || *c == '_' || *c == '$';
    let word: usize = text[at..].chars().take_while(is_word).map(char::len_utf8).sum();
    let sign = text[at..].chars().next().map_or(1, char::len_utf8);
    SourceSpan::from((start + at, if word > 0 { word } else { sign }))
}

/// The same with a line feed for a carriage return without one, which ends a line in editors.
fn in_lines(source: &str) -> String {
    let lines: Vec<_> = source.split("\r\n").map(|part| part.replace('\r', "\n")).collect();
    lines.join("\r\n")
}

/// The user's file, and one sign behind it.
#[derive(Debug)]
struct File {
    name: String,
    text: String,
}

impl SourceCode for File {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let read = self.text.read_span(span, before, after)?;
        // The library counts bytes.
        let column = match read.column() {
            0 => 0,
            _ => self.text[..span.offset()].chars().rev().take_while(|sign| *sign != '\n').count(),
        };
        let (data, line, lines) = (read.data(), read.line(), read.line_count());
        let contents =
            MietteSpanContents::new_named(self.name.clone(), data, *read.span(), line, column, lines);
        Ok(Box::new(contents.with_language("javascript")))
    }
}

/// A message that shows the user's file with a label at every place.
pub(crate) fn report(
    name: &str,
    source: &str,
    severity: Severity,
    message: String,
    help: Option<String>,
    labels: Vec<(SourceSpan, String)>,
) -> Report {
    let labels: Vec<_> = labels.into_iter().map(|(span, text)| LabeledSpan::at(span, text)).collect();
    let mut diagnostic = MietteDiagnostic::new(message).with_severity(severity).with_labels(labels);
    diagnostic.help = help;
    Report::new(diagnostic)
        .with_source_code(File { name: name.to_owned(), text: output::source(&in_lines(source)) + " " })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(source: &str, line: u32, column: u32) -> &str {
        let span = span(source, line, column);
        &source[span.offset()..span.offset() + span.len()]
    }

    #[test]
    fn spans_cover_the_word_at_the_place() {
        let source = "const é = 1;\r\nreturn fetch(x);\n";
        assert_eq!(at(source, 1, 7), "é");
        assert_eq!(at(source, 1, 9), "=");
        assert_eq!(at(source, 2, 8), "fetch");
        assert_eq!(at("a\rbc\r\nd", 2, 1), "bc");
        assert_eq!(at("a\rbc\r\nd", 3, 1), "d");
    }

    #[test]
    fn columns_are_those_of_the_script() {
        let source = in_lines("let é = \"\rx");
        let file = File { name: "a.js".into(), text: source.clone() + " " };
        for (line, column) in [(1, 9), (2, 2), (1, 1)] {
            let read = file.read_span(&span(&source, line, column), 0, 0).expect("it is in the file");
            assert_eq!((read.line() + 1, read.column() + 1), (line as usize, column as usize));
        }
    }

    #[test]
    fn places_beyond_the_text_are_behind_it() {
        for (line, column) in [(1, 99), (9, 1), (u32::MAX, u32::MAX)] {
            assert_eq!(span("abc", line, column), SourceSpan::from((3, 1)), "{line}:{column}");
        }
        assert_eq!(at("let a; let a\n\n", 2, 1), "\n");
        assert_eq!(span("f(\n", 2, 1), SourceSpan::from((3, 1)));
        assert_eq!(span("", 0, 0), SourceSpan::from((0, 1)));
    }
}
