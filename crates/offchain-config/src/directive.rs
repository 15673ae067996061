//! What a script's first line says about how results are combined.

use crate::Method;

/// What begins a first line that names a method, after `//`.
const WORD: &str = "@aggregation";
/// Characters of an unknown method that are shown, those of escapes counted.
const MAX_SHOWN: usize = 32;

/// A first line that names no method there is. The script's author must act; the text goes on chain, the same on every
/// node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown aggregation \"{shown}\"{}: there are mode, median, median-uint256, median-int256 and plurality-compat",
    if *lacks_space { ", a space is missing after @aggregation" } else { "" }
)]
pub struct UnknownAggregation {
    /// What stands there, shortened; what is no plain ASCII is spelled out, as `\u{202e}`.
    pub shown: String,
    /// Whether it stands directly after the word, which is shown with it then.
    pub lacks_space: bool,
}

impl Method {
    /// The method that a script asks for: its first line is `// @aggregation NAME`. `None` without such a line, where
    /// the DON's own method is meant. White space around the parts does not matter; letters do.
    ///
    /// # Errors
    /// [`UnknownAggregation`] if the line names no method.
    pub fn of_source(source: &str) -> Result<Option<Self>, UnknownAggregation> {
        let line = source.split(['\n', '\r', '\u{2028}', '\u{2029}']).next().unwrap_or_default();
        let comment = line.trim_start().strip_prefix("//");
        let Some(rest) = comment.and_then(|comment| comment.trim_start().strip_prefix(WORD)) else {
            return Ok(None);
        };
        let name = rest.trim();
        let lacks_space = !rest.is_empty() && !rest.starts_with(char::is_whitespace);
        match Self::from_name(name).filter(|_| !lacks_space) {
            Some(method) => Ok(Some(method)),
            None if lacks_space => {
                Err(UnknownAggregation { shown: spelled(&format!("{WORD}{name}")), lacks_space })
            }
            None => Err(UnknownAggregation { shown: spelled(name), lacks_space }),
        }
    }
}

/// The beginning of a text, in plain ASCII.
fn spelled(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        let next = match c {
            '"' | '\\' => format!("\\{c}"),
            ' '..='~' => c.to_string(),
            c => c.escape_unicode().to_string(),
        };
        if shown.len() + next.len() > MAX_SHOWN {
            break;
        }
        shown += &next;
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_line_names_a_method_or_nothing() {
        let cases = [
            ("// @aggregation median-uint256\nreturn 1", Some(Method::MedianUint256)),
            ("//@aggregation\tmode\r\nreturn 1", Some(Method::Mode)),
            ("  //   @aggregation   median-int256   \nreturn 1", Some(Method::MedianInt256)),
            ("// @aggregation median", Some(Method::Median)),
            ("// @aggregation plurality-compat\u{2028}return 1", Some(Method::PluralityCompat)),
            ("", None),
            ("return 1 // @aggregation median", None),
            ("\n// @aggregation median", None),
            ("/* @aggregation median */", None),
            ("// aggregation median", None),
            ("// see @aggregation median", None),
            ("\"// @aggregation median\"", None),
        ];
        for (source, method) in cases {
            assert_eq!(Method::of_source(source), Ok(method), "{source:?}");
        }
    }

    #[test]
    fn first_line_that_names_no_method_is_an_error_of_its_author() {
        let shown = |source: &str| Method::of_source(source).expect_err("no method").shown;
        assert_eq!(shown("// @aggregation\nmedian"), "");
        assert_eq!(shown("// @aggregation Median"), "Median");
        assert_eq!(shown("// @aggregation: median"), "@aggregation: median");
        assert_eq!(shown("// @aggregationmedian"), "@aggregationmedian");
        assert_eq!(shown("// @aggregation median 5%"), "median 5%");
        assert_eq!(shown("// @aggregation \u{202e}naidem"), "\\u{202e}naidem");
        assert_eq!(shown(&format!("// @aggregation {}", "x".repeat(5_000))), "x".repeat(32));
        assert_eq!(shown(&format!("// @aggregation {}", "\u{10ffff}".repeat(5_000))).len(), 30);
        let text = Method::of_source("// @aggregation \"mean\\").expect_err("no method").to_string();
        assert!(text.is_ascii() && text.len() < 200, "{text}");
        let joined = Method::of_source("// @aggregationmedian").expect_err("no method").to_string();
        let words = "unknown aggregation \"@aggregationmedian\", a space is missing after @aggregation: there are mode";
        assert!(joined.starts_with(words) && joined.len() < 200, "{joined}");
        let bare = Method::of_source("// @aggregation").expect_err("no method").to_string();
        assert!(!bare.contains("space"), "{bare}");
        let every = (0..=4).filter_map(Method::from_code).all(|method| text.contains(method.name()));
        assert!(every, "it names what there is: {text}");
    }
}
