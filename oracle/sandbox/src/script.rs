//! From source text to a function.

use deno_core::v8;
use oracle_frames::{Diagnostic, Position, Verdict};

use crate::entries::Entries;
use crate::wrapper::{FILE, WRAPPERS};
use crate::{judge, typescript};

/// Compiles a script. What does not parse as JavaScript is read as TypeScript, and its types go.
///
/// # Errors
/// The run's end: a syntax error with its place.
pub(crate) fn compile(
    scope: &mut v8::PinScope<'_, '_>,
    entries: &Entries,
    source: &str,
) -> Result<v8::Global<v8::Function>, (Verdict, Diagnostic)> {
    let refused = match compile_plain(scope, entries, source) {
        Err((Verdict::Syntax, diagnostic)) => diagnostic,
        other => return other,
    };
    match typescript::strip(source) {
        Ok(stripped) if stripped != source => compile_plain(scope, entries, &stripped),
        Ok(_) => {
            let position = refused.position.map(|position| within(source, position));
            Err((Verdict::Syntax, Diagnostic { position, ..refused }))
        }
        Err(error) => {
            let position = error.at.map(|(line, column)| Position { module: String::new(), line, column });
            let message = format!("SyntaxError: {}", error.message);
            Err((Verdict::Syntax, Diagnostic { message, position, stack: String::new() }))
        }
    }
}

/// The place, or the end of the script where the place is in what was put behind it.
fn within(source: &str, position: Position) -> Position {
    let source = source.replace("\r\n", "\n");
    let lines = source.split(['\n', '\r', '\u{2028}', '\u{2029}']);
    let (count, last) = lines.fold((0, ""), |(count, _), line| (count + 1, line));
    let column = u32::try_from(last.encode_utf16().count() + 1).unwrap_or(u32::MAX);
    let (line, column) = (position.line, position.column).min((count, column));
    Position { line, column, ..position }
}

fn compile_plain(
    scope: &mut v8::PinScope<'_, '_>,
    entries: &Entries,
    source: &str,
) -> Result<v8::Global<v8::Function>, (Verdict, Diagnostic)> {
    v8::tc_scope!(let scope, scope);
    let mut script = None;
    for (before, after) in WRAPPERS.into_iter().rev() {
        script = compile_text(scope, &format!("{before}{source}{after}"));
        if script.is_none() {
            let exception = scope.exception();
            return Err(judge::not_compiled(scope, entries, exception));
        }
    }
    let function = script.and_then(|script| script.run(scope));
    match function.and_then(|value| v8::Local::<v8::Function>::try_from(value).ok()) {
        Some(function) => Ok(v8::Global::new(scope, function)),
        None => {
            let exception = scope.exception();
            Err(judge::not_compiled(scope, entries, exception))
        }
    }
}

fn compile_text<'s>(scope: &mut v8::PinScope<'s, '_>, text: &str) -> Option<v8::Local<'s, v8::Script>> {
    let code = v8::String::new(scope, text)?;
    let name = v8::String::new(scope, FILE)?.into();
    let origin = v8::ScriptOrigin::new(scope, name, 0, 0, false, 0, None, false, false, false, None);
    v8::Script::compile(scope, code, Some(&origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_place_is_behind_the_script() {
        let at = |source: &str, line, column| {
            let place = within(source, Position { module: String::new(), line, column });
            (place.line, place.column)
        };
        assert_eq!(at("let a; let a\n\n", 4, 1), (3, 1));
        assert_eq!(at("let a;\r\nlet é", 3, 2), (2, 6));
        assert_eq!(at("a\u{2028}b\rc", 4, 1), (3, 2));
        assert_eq!(at("a\nb", 1, 2), (1, 2));
        assert_eq!(at("", 2, 1), (1, 1));
    }
}
