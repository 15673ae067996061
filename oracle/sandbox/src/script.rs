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
        Ok(_) => Err((Verdict::Syntax, refused)),
        Err(error) => {
            let position = error.at.map(|(line, column)| Position { module: String::new(), line, column });
            let message = format!("SyntaxError: {}", error.message);
            Err((Verdict::Syntax, Diagnostic { message, position, stack: String::new() }))
        }
    }
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
