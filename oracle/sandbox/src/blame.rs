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
    let is_inside = |at: usize| source[..at].ends_with(is_word) && source[at..].starts_with(is_word);
    let ends: Vec<usize> = source.char_indices().map(|(at, _)| at).filter(|at| !is_inside(*at)).collect();
    let end =
        ends.get(ends.partition_point(|end| !refuses(&source[..*end]))).copied().unwrap_or(source.len());
    let read = &source[..end];
    let word = read.trim_end_matches(is_word);
    // The flags of a regular expression are part of it.
    if let Some(literal) = word.strip_suffix('/')
        && let Some(begins) = open(literal)
        && (word.len() == end || literal.get(begins..).is_some_and(|rest| rest.starts_with('/')))
    {
        return Some(begins);
    }
    if word.len() < end {
        return Some(word.len());
    }
    let (last, sign) = read.char_indices().next_back()?;
    let declared = if sign == '}' { declared(&read[..last], refuses) } else { None };
    Some(declared.unwrap_or(last))
}

/// Where the name begins of a function or class that is refused once its body, which `read` ends in, is over: the same
/// name without a body is refused in the same words.
fn declared(read: &str, mut refuses: impl FnMut(&str) -> bool) -> Option<usize> {
    let mut depth = 1_usize;
    let (body, _) = read.rmatch_indices(['{', '}']).find(|(_, brace)| {
        depth = if *brace == "}" { depth + 1 } else { depth - 1 };
        depth == 0
    })?;
    let head = &read[..body];
    let (keyword, kept) = ["function", "class"]
        .iter()
        .filter_map(|kept| Some((head.rfind(kept)?, *kept)))
        .max_by_key(|(at, _)| *at)?;
    let before_name = |sign: char| sign.is_whitespace() || sign == '*';
    let name = head[keyword + kept.len()..].trim_start_matches(before_name);
    let begins = head.len() - name.len();
    let name = &name[..name.find(|sign| !is_word(sign)).unwrap_or(name.len())];
    let empty = if kept == "class" { "{}" } else { "(){}" };
    let declares = !name.is_empty() && refuses(&format!("{}{empty}", &read[..begins + name.len()]));
    declares.then_some(begins)
}

/// Whether a sign is part of a name or number.
fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || matches!(sign, '_' | '$')
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
        assert_eq!(found("f(/[/u)", "/[/u"), Some("/[/u)"));
        assert_eq!(found("a /b c", "/b"), Some("b c"));
    }

    #[test]
    fn a_declaration_refused_at_its_end_is_blamed_by_its_name() {
        // An engine that minds the declaration of `é` once it is whole.
        let refuses = |read: &str| {
            let at = ["function é(", "async function* é(", "class é"].iter().find_map(|head| read.find(head));
            at.is_some_and(|at| {
                let opened = read[at..].matches('{').count();
                opened > 0 && opened == read[at..].matches('}').count()
            })
        };
        for (source, name) in [
            ("let é; function é() {} f()", "é() {} f()"),
            ("let é;\nasync function* é(a) { if (a) {} }", "é(a) { if (a) {} }"),
            ("let é;\nclass é extends f { g() { return 1 } }", "é extends f { g() { return 1 } }"),
        ] {
            assert_eq!(token(source, refuses, |_| None).map(|at| &source[at..]), Some(name), "{source}");
        }
    }

    #[test]
    fn a_script_refused_as_a_whole_has_no_such_token() {
        assert_eq!(found("let a", "let b"), None);
        assert_eq!(found("let a", ""), None);
        assert_eq!(found("", ""), None);
    }
}
