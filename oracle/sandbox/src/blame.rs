//! Which token of a script the engine refuses. What it says itself is where it had read to: of a name that is declared
//! twice the token after it, of a regular expression nothing.
//!
//! The engine reads from left to right and stops at the first thing it refuses. So the shortest beginning of the script
//! that is refused in the same words ends with the token in question.

/// What is no part of any script, put behind its beginning: words about it are other words.
pub(crate) const NOTHING: &str = "\n, :";

/// Where the refused token begins, in bytes; `refuses` says of a beginning of the script, with [`NOTHING`] behind it,
/// whether it is refused in the same words, `open` where the literal begins that a beginning leaves open. None where
/// the engine refuses the script as a whole.
pub(crate) fn token(
    source: &str,
    mut refuses: impl FnMut(&str) -> bool,
    open: impl FnOnce(&str) -> Option<usize>,
) -> Option<usize> {
    if refuses("") || !refuses(source) {
        return None;
    }
    let is_word = |sign: char| sign.is_alphanumeric() || matches!(sign, '_' | '$');
    let is_inside = |at: usize| source[..at].ends_with(is_word) && source[at..].starts_with(is_word);
    let ends: Vec<usize> = source.char_indices().map(|(at, _)| at).filter(|at| !is_inside(*at)).collect();
    let end =
        ends.get(ends.partition_point(|end| !refuses(&source[..*end]))).copied().unwrap_or(source.len());
    let read = &source[..end];
    let word = read.trim_end_matches(is_word);
    if word.len() < end {
        return Some(word.len());
    }
    let (last, sign) = read.char_indices().next_back()?;
    let begins = if sign == '/' { open(&read[..last]) } else { None };
    Some(begins.unwrap_or(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The token found by an engine that refuses whatever contains `words`.
    fn found<'s>(source: &'s str, words: &str) -> Option<&'s str> {
        let open = |read: &str| read.rfind('/');
        token(source, |read| read.contains(words), open).map(|at| &source[at..])
    }

    #[test]
    fn the_shortest_refused_beginning_ends_with_the_token() {
        assert_eq!(found("let a;\nlet a\nreturn", "let a;\nlet a"), Some("a\nreturn"));
        assert_eq!(found("let é😀 = 1", "é😀 ="), Some("= 1"));
        assert_eq!(found("f(/(/g)", "/(/"), Some("/(/g)"));
        assert_eq!(found("naming", "naming"), Some("naming"));
    }

    #[test]
    fn a_script_refused_as_a_whole_has_no_such_token() {
        assert_eq!(found("let a", "let b"), None);
        assert_eq!(found("let a", ""), None);
        assert_eq!(found("", ""), None);
    }
}
