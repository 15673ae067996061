//! A report whose words may come from outside, made fit for a terminal.

use std::error::Error;
use std::fmt;

use miette::{Diagnostic, LabeledSpan, Report, Severity, SourceCode};

use crate::visible::lines;

/// The same report in visible signs: message, causes, help and labels. Its source text is the caller's to clean, for
/// spans count its bytes.
pub(crate) fn clean(report: Report) -> Report {
    let mut cause = None;
    let chain: Vec<String> = report.chain().skip(1).map(|error| lines(&error.to_string())).collect();
    for text in chain.into_iter().rev() {
        cause = Some(Box::new(Cause { text, cause }));
    }
    Report::new(Clean { text: lines(&report.to_string()), cause, report })
}

#[derive(Debug)]
struct Cause {
    text: String,
    cause: Option<Box<Cause>>,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

#[derive(Debug)]
struct Clean {
    text: String,
    cause: Option<Box<Cause>>,
    report: Report,
}

impl fmt::Display for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Clean {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl Diagnostic for Clean {
    fn severity(&self) -> Option<Severity> {
        self.report.severity()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.report.help().map(|help| Box::new(lines(&help.to_string())) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.report.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels = self.report.labels()?;
        Some(Box::new(
            labels.map(|label| LabeledSpan::new_with_span(label.label().map(lines), *label.inner())),
        ))
    }
}

#[cfg(test)]
mod tests {
    use miette::miette;

    use super::*;

    #[test]
    fn message_causes_help_and_labels_are_visible() {
        let inner: Report = miette!(
            help = "ask \u{7}again",
            labels = vec![LabeledSpan::at(0..1, "\u{202e}label")],
            "the endpoint said \u{1b}[2J"
        );
        let shown = clean(inner.with_source_code("x").wrap_err("outer \u{9b}1m"));
        assert_eq!(shown.to_string(), "outer \\u{9b}1m");
        let chain: Vec<_> = shown.chain().map(ToString::to_string).collect();
        assert_eq!(chain[1], "the endpoint said \\u{1b}[2J");
        assert_eq!(shown.help().unwrap().to_string(), "ask \\u{7}again");
        let labels: Vec<_> = shown.labels().unwrap().collect();
        assert_eq!(labels[0].label(), Some("\\u{202e}label"));
        assert!(shown.source_code().is_some());
    }
}
