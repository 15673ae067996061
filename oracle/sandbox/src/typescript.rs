//! Type annotations, blanked out: every character that remains keeps its line and column.
//!
//! Runs in the child, on hostile text. A parser that overflows its stack or runs out of memory kills
//! the process, which ends the run like any other death of a script.

use std::sync::{Arc, Mutex};

use swc_common::errors::{DiagnosticBuilder, Emitter, Handler};
use swc_common::sync::Lrc;
use swc_common::{GLOBALS, Globals, SourceMap, Span};
use swc_ts_fast_strip::{ErrorCode, Mode, Options, operate};

/// What the body of a script is parsed in: `return` and `await` are legal, `import` is not.
const BEFORE: &str = "(async function(){";
const AFTER: &str = "\n})";

/// Why a source is no TypeScript whose types could be blanked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// What the parser says.
    pub(crate) message: String,
    /// The byte of the source; its length where something is missing at the end.
    pub(crate) at: Option<usize>,
}

/// Blanks the type annotations of a script's body.
///
/// # Errors
/// [`Refused`] where the source has a syntax error, or syntax that would need code generated for it:
/// enums, namespaces with values, parameter properties, assertions in angle brackets.
pub(crate) fn strip(source: &str) -> Result<String, Refused> {
    parse(source).map_err(|refused| match refused.at.and_then(|at| surplus_brace(source, at)) {
        Some(at) => Refused { message: "Unexpected token '}': it ends no block".to_owned(), at: Some(at) },
        None => refused,
    })
}

/// The brace before the place of an error, if it is one too many. It ended what the script was put into, so what comes
/// after it is what the parser minds.
fn surplus_brace(source: &str, at: usize) -> Option<usize> {
    let brace = source[..at].rfind('}')?;
    // It is one too many where all before it is whole; in a comment it is none.
    (parse(&source[..brace]).is_ok() && parse(&source[..=brace]).is_err()).then_some(brace)
}

fn parse(source: &str) -> Result<String, Refused> {
    GLOBALS.set(&Globals::new(), || {
        let map = Lrc::new(SourceMap::default());
        let first = Arc::new(Mutex::new(None));
        let handler = Handler::with_emitter(false, false, Box::new(First(Arc::clone(&first))));
        let options = Options {
            module: Some(true),
            mode: Mode::StripOnly,
            deprecated_ts_module_as_error: Some(true),
            ..Options::default()
        };
        match operate(&map, &handler, format!("{BEFORE}{source}{AFTER}"), options) {
            Ok(output) => {
                let body = output.code.strip_prefix(BEFORE).and_then(|code| code.strip_suffix(AFTER));
                body.map(|body| in_characters(source, body))
                    .ok_or_else(|| Refused { message: "the types cannot be removed".into(), at: None })
            }
            Err(error) => {
                let found = first.lock().ok().and_then(|mut first| first.take());
                let (message, span) = found.unwrap_or((error.message, None));
                let message = match error.code {
                    ErrorCode::UnsupportedSyntax => {
                        format!(
                            "{message} (types are removed, nothing is generated: write this in JavaScript)"
                        )
                    }
                    _ => message,
                };
                let at = span.map(|span| map.lookup_byte_offset(span.lo()).pos.0 as usize);
                let at = at.map(|at| at.saturating_sub(BEFORE.len()));
                // What was put behind the script is its end to whoever wrote it.
                let is_behind = at.is_some_and(|at| at > source.len());
                let message = if is_behind { message.replace("'}'", "'<eof>'") } else { message };
                Err(Refused { message, at: at.map(|at| at.min(source.len())) })
            }
        }
    })
}

/// The parser leaves a blank for every UTF-16 unit; one for every character keeps the columns.
fn in_characters(source: &str, blanked: &str) -> String {
    let mut left = blanked.chars();
    let one = |sign: char| {
        let kept = left.next()?;
        if kept.len_utf16() < sign.len_utf16() {
            left.next();
        }
        Some(kept)
    };
    source.chars().filter_map(one).collect()
}

/// What the parser says, and where.
type Found = (String, Option<Span>);

/// Keeps the error that stands first in the source: the parser tells of one after what follows from it.
struct First(Arc<Mutex<Option<Found>>>);

impl Emitter for First {
    fn emit(&mut self, diagnostic: &mut DiagnosticBuilder<'_>) {
        if let Ok(mut first) = self.0.lock() {
            let span = diagnostic.span.primary_span().filter(|span| !span.is_dummy());
            let begins = |span: Option<Span>| span.map_or(u32::MAX, |span| span.lo().0);
            if first.as_ref().is_none_or(|(_, known)| begins(span) < begins(*known)) {
                *first = Some((diagnostic.message(), span));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::strip;

    #[test]
    fn strip_keeps_every_place() {
        let source = "const s: string = 'é' as any;\ninterface P { a: number }\nreturn f<P>(s!, 1)";
        let stripped = strip(source).expect("erasable");
        assert_eq!(stripped.lines().count(), source.lines().count());
        let at = |text: &str| text.lines().last().and_then(|line| line.find("(s"));
        assert_eq!(at(&stripped), at(source));
        assert!(!stripped.contains("interface") && !stripped.contains("string"), "{stripped}");
    }

    #[test]
    fn strip_refuses_what_needs_generated_code() {
        for source in [
            "enum A { B }",
            "const x = 1;\nnamespace N { export const a = 1 }",
            "class C { constructor(public a: number) {} }",
            "const a = <any>1",
        ] {
            let refused = strip(source).expect_err("not erasable");
            assert!(refused.message.contains("write this in JavaScript"), "{refused:?}");
            assert!(refused.at.is_some(), "{refused:?}");
        }
    }

    #[test]
    fn strip_speaks_of_the_script_alone() {
        let refused = strip("const a = 1\nreturn f(a").expect_err("not ended");
        assert!(refused.message.contains("'<eof>'") && !refused.message.contains('}'), "{refused:?}");
        assert_eq!(refused.at, Some("const a = 1\nreturn f(a".len()));
        assert!(strip("return f(a }").expect_err("a brace").message.contains("'}'"));
    }

    #[test]
    fn strip_names_the_place_of_an_error() {
        for (source, before) in [
            ("let a: number = ;", "let a: number = "),
            ("return (", "return ("),
            ("let a = 1\n  let b: x = ]", "let a = 1\n  let b: x = "),
            ("let a: x = '😀é'; ]", "let a: x = '😀é'; "),
            ("return 1 +* 2", "return 1 +"),
            ("const a = `x\n${ 1 +* 2 }\nline3`;", "const a = `x\n${ 1 +"),
        ] {
            assert_eq!(strip(source).expect_err("broken").at, Some(before.len()), "{source}");
        }
    }

    #[test]
    fn strip_blanks_a_character_with_one() {
        let stripped = strip("type A = '😀' | 'é'; let s: '😀' = '😀';").expect("erasable");
        assert_eq!(stripped, format!(";{}let s      = '😀';", " ".repeat(19)));
    }

    #[test]
    fn strip_blames_a_brace_too_many() {
        for (source, before) in [
            ("f()\n}\nlet a", "f()\n"),
            ("f() }", "f() "),
            ("}", ""),
            ("let a: x = 1; if (a) { } } // end", "let a: x = 1; if (a) { } "),
        ] {
            let refused = strip(source).expect_err("a brace too many");
            assert_eq!(refused.at, Some(before.len()), "{source}: {refused:?}");
            assert!(refused.message.contains("'}': it ends no block"), "{refused:?}");
        }
        for (source, before) in [
            ("if (a) { }\n]", "if (a) { }\n"),
            ("f() // }\n]", "f() // }\n"),
            ("f('}') ]", "f('}') "),
            ("let a = {}; let", "let a = {}; "),
        ] {
            assert_eq!(strip(source).expect_err("broken").at, Some(before.len()), "{source}");
        }
    }
}
