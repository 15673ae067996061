//! From source text to a function.

use deno_core::v8;
use oracle_frames::{Diagnostic, Verdict};

use crate::blame::{self, NOTHING};
use crate::entries::Entries;
use crate::wrapper::{FILE, WRAPPERS};
use crate::{judge, places, typescript};

/// Compiles a script. What does not parse as JavaScript is read as TypeScript, and its types go.
///
/// # Errors
/// The run's end: a syntax error with its place.
pub(crate) fn compile(
    scope: &mut v8::PinScope<'_, '_>,
    entries: &Entries,
    source: &str,
) -> Result<v8::Global<v8::Function>, (Verdict, Diagnostic)> {
    // A byte order mark is no sign of the text, and editors do not show it.
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let refused = match compile_plain(scope, entries, source) {
        Err((Verdict::Syntax, diagnostic)) => diagnostic,
        other => return other,
    };
    match typescript::strip(source) {
        Ok(stripped) if stripped != source => match compile_plain(scope, entries, &stripped) {
            Err((Verdict::Syntax, refused)) => Err(placed(scope, entries, &stripped, refused)),
            other => other,
        },
        Ok(_) => Err(placed(scope, entries, source, refused)),
        Err(error) => {
            let position = error.at.map(|at| places::at(source, at));
            let message = format!("SyntaxError: {}", error.message);
            Err((Verdict::Syntax, Diagnostic { message, position, stack: String::new() }))
        }
    }
}

/// What the engine refuses, with its place: that of the token at fault, else as the engine gives it.
fn placed(
    scope: &mut v8::PinScope<'_, '_>,
    entries: &Entries,
    source: &str,
    refused: Diagnostic,
) -> (Verdict, Diagnostic) {
    let refuses = |read: &str| {
        let said = compile_plain(scope, entries, &format!("{read}{NOTHING}"));
        said.is_err_and(|(_, said)| said.message == refused.message)
    };
    let token = blame::token(source, refuses, |read| typescript::strip(read).err()?.at);
    let position = match token {
        Some(at) => Some(places::at(source, at)),
        None => refused.position.map(|place| places::within(source, place)),
    };
    (Verdict::Syntax, Diagnostic { position, ..refused })
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
