//! Text from outside as a terminal may show it: what would move the cursor, ring, recolour or reorder is spelled out.
//!
//! | function | for | a line break |
//! | --- | --- | --- |
//! | [`visible`] | a value inside a line: a script's error, a decoded result, an endpoint's words | is spelled out |
//! | [`lines`] | whole texts, whose line breaks are their own | stays |
//! | [`json`] | JSON | is never there; the rest becomes JSON's own escapes |
//! | [`source`] | a script shown with marks at byte offsets | stays; every other sign keeps its length |

/// Whether a terminal acts on it or shows the text around it in another order.
///
/// Control characters (C0, DEL, C1), the bidirectional marks, embeddings, overrides and isolates, and the line and
/// paragraph separators. A tab only moves right and is none.
const fn is_active(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{8}'
            | '\n'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    )
}

fn escaped(text: &str, stays: impl Fn(char) -> bool, escape: impl Fn(char) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_active(c) && !stays(c) {
            out += &escape(c);
        } else {
            out.push(c);
        }
    }
    out
}

fn spelled(c: char) -> String {
    match c {
        '\n' | '\r' => c.escape_default().to_string(),
        c => c.escape_unicode().to_string(),
    }
}

/// One value, on one line.
pub(crate) fn visible(text: &str) -> String {
    escaped(text, |_| false, spelled)
}

/// A text of several lines.
pub(crate) fn lines(text: &str) -> String {
    escaped(text, |c| c == '\n', spelled)
}

/// Serialised JSON, which escapes C0 itself: the same value, without signs a terminal acts on.
pub(crate) fn json(text: &str) -> String {
    escaped(text, |c| c == '\n', |c| format!("\\u{:04x}", u32::from(c)))
}

/// A script's text with every offset in it as before.
pub(crate) fn source(text: &str) -> String {
    let same_length = |c: char| match c.len_utf8() {
        1 => "?".to_owned(),
        2 => "\u{bf}".to_owned(),
        _ => "\u{fffd}".to_owned(),
    };
    // A carriage return before its line feed is an old way to end a line.
    let ends = text.replace("\r\n", " \n");
    escaped(&ends, |c| c == '\n', same_length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What strangers' scripts sent: title, bell, erased line, hidden text, overridden order, a CSI of one byte.
    const HOSTILE: &str =
        "a\u{1b}]0;owned\u{7}\rb\n\0c\u{202e}d\u{2066}e\u{9b}2Jf\u{7f}g\u{61c}\u{200f}\u{2028}h";

    #[test]
    fn nothing_a_terminal_acts_on_remains() {
        for shown in [visible(HOSTILE), lines(HOSTILE), json(HOSTILE), source(HOSTILE)] {
            assert!(!shown.chars().any(|c| is_active(c) && c != '\n'), "{shown:?}");
        }
        assert_eq!(visible("\u{1b}[31m\n\r\u{202e}"), "\\u{1b}[31m\\n\\r\\u{202e}");
        assert_eq!(lines("a\n\u{7}b"), "a\n\\u{7}b");
    }

    #[test]
    fn every_direction_and_control_sign_is_spelled_out() {
        let hostile = (0u32..=0x1f)
            .filter(|c| *c != 9)
            .chain(0x7f..=0x9f)
            .chain(0x202a..=0x202e)
            .chain(0x2066..=0x2069);
        for c in hostile.filter_map(char::from_u32) {
            assert!(visible(&c.to_string()).starts_with('\\'), "{:?}", c);
        }
    }

    #[test]
    fn ordinary_text_stays() {
        for text in ["", "é 漢字 עברית العربية \u{1f980}", "a\tb", "C:\\path \"quoted\""] {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = serde_json::json!({ "decoded": HOSTILE });
        let shown = json(&value.to_string());
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }

    #[test]
    fn source_keeps_offsets() {
        assert_eq!(source(HOSTILE).len(), HOSTILE.len());
        assert_eq!(source("a\r\nb"), "a \nb");
    }
}
