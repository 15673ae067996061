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
    /// Line and column, both from 1, in the source.
    pub(crate) at: Option<(u32, u32)>,
}

/// Blanks the type annotations of a script's body.
///
/// # Errors
/// [`Refused`] where the source has a syntax error, or syntax that would need code generated for it:
/// enums, namespaces with values, parameter properties, assertions in angle brackets.
pub(crate) fn strip(source: &str) -> Result<String, Refused> {
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
                body.map(str::to_owned)
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
                let Some(span) = span else { return Err(Refused { message, at: None }) };
                // What was put behind the script is its end to whoever wrote it.
                let is_behind = map.lookup_char_pos(span.lo()).line > source.split('\n').count();
                let message = if is_behind { message.replace("'}'", "'<eof>'") } else { message };
                Err(Refused { message, at: Some(place(&map, span, source)) })
            }
        }
    })
}

/// Where a span begins, in the source; what lies behind its end is at its end.
fn place(map: &SourceMap, span: Span, source: &str) -> (u32, u32) {
    let at = map.lookup_char_pos(span.lo());
    let before = if at.line == 1 { BEFORE.len() } else { 0 };
    let (line, column) = match source.split('\n').enumerate().last() {
        Some((last, text)) if at.line > last + 1 => (last + 1, text.chars().count()),
        _ => (at.line, at.col.0.saturating_sub(before)),
    };
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1))
}

/// What the parser says, and where.
type Found = (String, Option<Span>);

/// Keeps the first error.
struct First(Arc<Mutex<Option<Found>>>);

impl Emitter for First {
    fn emit(&mut self, diagnostic: &mut DiagnosticBuilder<'_>) {
        if let Ok(mut first) = self.0.lock() {
            first.get_or_insert_with(|| (diagnostic.message(), diagnostic.span.primary_span()));
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
        assert_eq!(refused.at, Some((2, 11)));
        assert!(strip("return f(a }").expect_err("a brace").message.contains("'}'"));
    }

    #[test]
    fn strip_names_the_place_of_an_error() {
        assert_eq!(strip("let a: number = ;").expect_err("broken").at, Some((1, 17)));
        assert_eq!(strip("return (").expect_err("broken").at, Some((1, 9)));
        assert_eq!(strip("let a = 1\n  let b: x = ]").expect_err("broken").at, Some((2, 14)));
    }
}
