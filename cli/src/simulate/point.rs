//! Points at places in the user's file: line and column in, a span of its text out.

use crate::output;
use miette::{LabeledSpan, MietteDiagnostic, NamedSource, Report, Severity, SourceSpan};

/// The word or sign at a line and column, both from 1, columns in characters. A place beyond all text is its last sign.
pub(crate) fn span(source: &str, line: u32, column: u32) -> SourceSpan {
    let before = line.saturating_sub(1) as usize;
    let start: usize = source.split_inclusive('\n').take(before).map(str::len).sum();
    let text = source[start..].lines().next().unwrap_or_default();
    let at = text.chars().take(column.saturating_sub(1) as usize).map(char::len_utf8).sum::<usize>();
    let is_word = |c: &char| c.is_alphanumeric() || *c == '_' || *c == '$';
    let word: usize = text[at..].chars().take_while(is_word).map(char::len_utf8).sum();
    let sign = text[at..].chars().next().map_or(0, char::len_utf8);
    if source[start + at..].trim().is_empty() {
        // Beyond all text: a label of no length is not drawn, so the last sign has it.
        let last = source.trim_end().char_indices().next_back();
        return SourceSpan::from(last.map_or((0, 0), |(at, sign)| (at, sign.len_utf8())));
    }
    SourceSpan::from((start + at, if word > 0 { word } else { sign }))
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
        .with_source_code(NamedSource::new(name, output::source(source)).with_language("javascript"))
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
    }

    #[test]
    fn places_beyond_the_text_are_its_end() {
        for (line, column) in [(1, 99), (9, 1), (0, 0), (u32::MAX, u32::MAX)] {
            let span = span("abc", line, column);
            assert!(span.offset() + span.len() <= 3, "{line}:{column}");
            assert!(!span.is_empty(), "{line}:{column}");
        }
        assert_eq!(at("let a; let a\n\n", 2, 1), "a");
        assert_eq!(at("f(", 2, 1), "(");
        assert_eq!(span("", 1, 1), SourceSpan::from((0, 0)));
    }
}
