//! How a returned or thrown value becomes a verdict.
//!
//! Types are asked of the engine, never of the script: `instanceof` and `Symbol.hasInstance` are
//! the script's to change.
//!
//! | value | verdict |
//! | --- | --- |
//! | returned `Uint8Array` or `ArrayBuffer` | its bytes |
//! | the same whose bytes were taken away | a text that says so, upstream's |
//! | any other returned value | not bytes |
//! | thrown error named `PermissionDenied` | blocked |
//! | thrown error | its message, where that is no text its JSON; no message where it is missing |
//! | thrown error that throws when it is read | as an error that nobody handles |
//! | thrown error with an empty message | its name; in the classic profile the empty text |
//! | thrown string | the string |
//! | any other thrown value | a text that names its type |
//!
//! An error is what inherits from `Error.prototype` of before the script, a proxy of one as well.
//!
//! Upstream: `@chainlink/functions-toolkit` 0.3.2, error handling of the simulation sandbox.
//!
//! # Deviations
//! In the default profile an error with an empty message gives its name: an empty error beside an
//! empty response would read as an empty success.

use deno_core::v8;
use functions_types::limits::Profile;
use oracle_frames::{Diagnostic, Verdict};

use crate::entries::Entries;
use crate::places;

/// What upstream's engine says of a returned buffer that was taken away.
const DETACHED: &str = "Cannot perform Construct on a detached ArrayBuffer";
/// And of a view that its buffer no longer holds.
const OUT_OF_BOUNDS: &str = "Cannot perform Construct on a detached or out-of-bounds ArrayBuffer";

/// Judges a returned value. `window` of the boot script says where a view lies now: over a buffer
/// that was resized, only the engine's own getters know.
pub(crate) fn returned(
    scope: &mut v8::PinScope<'_, '_>,
    entries: &Entries,
    value: v8::Local<'_, v8::Value>,
    limit: usize,
) -> Verdict {
    let (buffer, offset, len) = if let Ok(buffer) = v8::Local::<v8::ArrayBuffer>::try_from(value) {
        if is_detached(scope, entries, value) {
            return Verdict::Thrown(DETACHED.into());
        }
        (buffer, 0, buffer.byte_length())
    } else if value.is_uint8_array() {
        match window(scope, entries, value) {
            Some(window) => window,
            None => return Verdict::Thrown(OUT_OF_BOUNDS.into()),
        }
    } else {
        return Verdict::NotBytes;
    };
    if len > limit {
        return Verdict::TooLong;
    }
    let inside = offset.checked_add(len).is_some_and(|end| end <= buffer.byte_length());
    match buffer.data() {
        // SAFETY: the engine says that `byte_length` bytes start there, the window lies inside, and no script runs
        // meanwhile.
        Some(start) if len > 0 && inside => Verdict::Bytes(unsafe {
            std::slice::from_raw_parts(start.as_ptr().cast::<u8>().add(offset), len).to_vec()
        }),
        _ => Verdict::Bytes(Vec::new()),
    }
}

fn is_detached(
    scope: &mut v8::PinScope<'_, '_>,
    entries: &Entries,
    buffer: v8::Local<'_, v8::Value>,
) -> bool {
    let this = v8::undefined(scope).into();
    let buffer = v8::Local::new(scope, buffer);
    let answer = v8::Local::new(scope, &entries.is_detached).call(scope, this, &[buffer]);
    answer.is_some_and(|answer| answer.is_true())
}

/// Buffer, byte offset and byte length of a view; `None` of one that its buffer no longer holds.
fn window<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    entries: &Entries,
    view: v8::Local<'_, v8::Value>,
) -> Option<(v8::Local<'s, v8::ArrayBuffer>, usize, usize)> {
    v8::tc_scope!(let scope, scope);
    let this = v8::undefined(scope).into();
    let view = v8::Local::new(scope, view);
    let parts = v8::Local::new(scope, &entries.window).call(scope, this, &[view])?;
    let parts = v8::Local::<v8::Array>::try_from(parts).ok()?;
    let buffer = v8::Local::<v8::ArrayBuffer>::try_from(parts.get_index(scope, 0)?).ok()?;
    let offset = parts.get_index(scope, 1)?.uint32_value(scope)?;
    let len = parts.get_index(scope, 2)?.uint32_value(scope)?;
    Some((buffer, offset as usize, len as usize))
}

/// Judges the exception of a failed call; `None` where the engine gave up without one.
pub(crate) fn caught<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    entries: &Entries,
    exception: Option<v8::Local<'s, v8::Value>>,
) -> (Verdict, Diagnostic) {
    match exception {
        Some(value) => thrown(scope, entries, value),
        None => (Verdict::Memory, "memory limit".into()),
    }
}

/// Judges the exception of a script that did not compile.
pub(crate) fn not_compiled<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    entries: &Entries,
    exception: Option<v8::Local<'s, v8::Value>>,
) -> (Verdict, Diagnostic) {
    match caught(scope, entries, exception) {
        (Verdict::Memory, detail) => (Verdict::Memory, detail),
        (_, detail) => (Verdict::Syntax, detail),
    }
}

/// Judges a thrown value. Reading its properties may run the script's getters; what they throw
/// counts as a missing property.
pub(crate) fn thrown<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    entries: &Entries,
    value: v8::Local<'s, v8::Value>,
) -> (Verdict, Diagnostic) {
    v8::tc_scope!(let scope, scope);
    if value.is_string() {
        let text =
            value.to_string(scope).and_then(|text| well_formed(scope, entries, text)).unwrap_or_default();
        return (Verdict::Thrown(text.clone()), text.into());
    }
    let not_an_error = || {
        let text = format!("invalid value thrown of type {}", type_name(value));
        (Verdict::Thrown(text.clone()), text.into())
    };
    if !value.is_object() {
        return not_an_error();
    }
    let this = v8::undefined(scope).into();
    let native = v8::Boolean::new(scope, value.is_native_error()).into();
    let described = v8::Local::new(scope, &entries.describe).call(scope, this, &[value, native]);
    let Some(described) = described else {
        return match scope.exception() {
            Some(_) => (Verdict::UnhandledRejection, "reading the thrown error throws".into()),
            None => (Verdict::Memory, "memory limit".into()),
        };
    };
    let Ok(described) = v8::Local::<v8::Array>::try_from(described) else { return not_an_error() };
    let text = |at| {
        let part = described.get_index(scope, at).filter(|part| part.is_string());
        part.map(|part| part.to_rust_string_lossy(scope))
    };
    let (name, message) = (text(0).unwrap_or_default(), text(1));
    let diagnostic = Diagnostic {
        message: format!("{name}: {}", message.as_deref().unwrap_or("(no message)")),
        ..places::of(&text(2).unwrap_or_default())
    };
    let verdict = match message {
        _ if name == "PermissionDenied" => Verdict::Blocked,
        None => Verdict::NoMessage,
        Some(text) if text.is_empty() && entries.profile.get() == Profile::Default => Verdict::Thrown(name),
        Some(text) => Verdict::Thrown(text),
    };
    (verdict, diagnostic)
}

/// The beginning of a text, where a surrogate without its other half is U+FFFD, as it is in every UTF-8 of the web.
fn well_formed(
    scope: &mut v8::PinScope<'_, '_>,
    entries: &Entries,
    text: v8::Local<'_, v8::String>,
) -> Option<String> {
    let this = v8::undefined(scope).into();
    let text = v8::Local::<v8::Value>::from(v8::Local::new(scope, text));
    let text = v8::Local::new(scope, &entries.well_formed).call(scope, this, &[text])?;
    Some(text.to_rust_string_lossy(scope))
}

fn type_name(value: v8::Local<'_, v8::Value>) -> &'static str {
    if value.is_undefined() {
        "undefined"
    } else if value.is_boolean() {
        "boolean"
    } else if value.is_number() {
        "number"
    } else if value.is_big_int() {
        "bigint"
    } else if value.is_symbol() {
        "symbol"
    } else if value.is_function() {
        "function"
    } else {
        "object"
    }
}
