//! What a script's first line says about how results are combined.

use crate::Method;

/// What begins a first line that names a method, after `//`.
const WORD: &str = "@aggregation";
/// Characters of an unknown method that are shown.
const MAX_SHOWN: usize = 32;

/// A first line that names no method there is. The script's author must act; the text goes on chain, the same on every
/// node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown aggregation {shown:?}: there are mode, median, median-uint256, median-int256 and plurality-compat"
)]
pub struct UnknownAggregation {
    /// What stands there, shortened; what is no ASCII is left out.
    pub shown: String,
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
        match Self::from_name(name).filter(|_| rest.starts_with(char::is_whitespace)) {
            Some(method) => Ok(Some(method)),
            None => {
                let shown = name.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(MAX_SHOWN);
                Err(UnknownAggregation { shown: shown.collect() })
            }
        }
    }
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
        assert_eq!(shown("// @aggregation: median"), ": median");
        assert_eq!(shown("// @aggregationmedian"), "median");
        assert_eq!(shown("// @aggregation median 5%"), "median 5%");
        assert_eq!(shown(&format!("// @aggregation \u{202e}{}", "x".repeat(5_000))), "x".repeat(32));
        let text = Method::of_source("// @aggregation \"mean\\").expect_err("no method").to_string();
        assert!(text.is_ascii() && text.len() < 200, "{text}");
        let every = (0..=4).filter_map(Method::from_code).all(|method| text.contains(method.name()));
        assert!(every, "it names what there is: {text}");
    }
}
