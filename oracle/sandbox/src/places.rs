//! Where in the user's code something happened: positions for people, and what `Error.stack` shows.
//!
//! A stack holds the frames of the script and of the modules it imported, nothing of the host's:
//! neither its files nor its function names. Where the script has a formatter of its own at
//! `Error.prepareStackTrace`, it is given these frames.

use std::cell::RefCell;

use deno_core::{JsRuntime, v8};
use oracle_frames::{Diagnostic, Position};

use crate::entries::Entries;
use crate::wrapper::{FILE, unwrapped};

/// Where a script may put a formatter of its own, and the boot script's function that calls it.
struct Own {
    errors: v8::Global<v8::Object>,
    format: v8::Global<v8::Function>,
}

thread_local! {
    static OWN: RefCell<Option<Own>> = const { RefCell::new(None) };
}

/// From now on `Error.stack` is of this module's making.
pub(crate) fn format_stacks(runtime: &mut JsRuntime, entries: &Entries) {
    let own = Own { errors: entries.errors.clone(), format: entries.format_stack.clone() };
    OWN.set(Some(own));
    runtime.v8_isolate().set_prepare_stack_trace_callback(format_stack);
}

/// The boot script's function, where the script may have a formatter of its own. Looking runs nothing of the script.
fn own<'s>(scope: &mut v8::PinScope<'s, '_>) -> Option<v8::Local<'s, v8::Value>> {
    let (errors, format) = OWN.with_borrow(|own| {
        let own = own.as_ref()?;
        Some((v8::Local::new(scope, &own.errors), v8::Local::new(scope, &own.format)))
    })?;
    let key = v8::String::new(scope, "prepareStackTrace")?;
    errors.has_own_property(scope, key.into()).filter(|has| *has).map(|_| format.into())
}

/// The text of a stack; where [`own`] has a function an array instead: it, the text, and of each frame the function's
/// name, the file, line and column. Whoever called this has the function make the stack of it (`stack_scope`).
fn format_stack<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    error: v8::Local<'s, v8::Value>,
    sites: v8::Local<'s, v8::Array>,
) -> v8::Local<'s, v8::Value> {
    let mut text = String::new();
    if let Ok(error) = v8::Local::<v8::Object>::try_from(error) {
        let mut part = |name| {
            v8::tc_scope!(let scope, scope);
            property(scope, error, name).map(|text| text.to_rust_string_lossy(scope))
        };
        let name = part("name").unwrap_or_else(|| "Error".into());
        let message = part("message").unwrap_or_default();
        text.push_str(&name);
        if !name.is_empty() && !message.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&message);
    }
    let own = own(scope);
    let mut frames = Vec::new();
    for at in 0..sites.length() {
        v8::tc_scope!(let scope, scope);
        let site = sites.get_index(scope, at).and_then(|site| v8::Local::<v8::Object>::try_from(site).ok());
        let Some(site) = site else { continue };
        let Some(position) = position(scope, site) else { continue };
        let file = if position.module.is_empty() { FILE } else { &position.module };
        let place = format!("{file}:{}:{}", position.line, position.column);
        let name = ask(scope, site, "getFunctionName").map(|name| name.to_rust_string_lossy(scope));
        let name = name.unwrap_or_default();
        if name.is_empty() {
            text.push_str(&format!("\n    at {place}"));
        } else {
            text.push_str(&format!("\n    at {name} ({place})"));
        }
        if own.is_some() {
            frames.push((name, file.to_owned(), position.line, position.column));
        }
    }
    let text = v8::String::new(scope, &text).unwrap_or_else(|| v8::String::empty(scope)).into();
    let Some(own) = own else { return text };
    let mut parts = vec![own, text];
    for (name, file, line, column) in frames {
        let (Some(name), Some(file)) = (v8::String::new(scope, &name), v8::String::new(scope, &file)) else {
            break;
        };
        let (line, column) =
            (v8::Integer::new_from_unsigned(scope, line), v8::Integer::new_from_unsigned(scope, column));
        parts.extend::<[v8::Local<'s, v8::Value>; 4]>([name.into(), file.into(), line.into(), column.into()]);
    }
    v8::Array::new_with_elements(scope, &parts).into()
}

/// The place of a frame, where it is one of the user's.
fn position<'s>(scope: &mut v8::PinScope<'s, '_>, site: v8::Local<'s, v8::Object>) -> Option<Position> {
    let file = ask(scope, site, "getFileName")?.to_rust_string_lossy(scope);
    let line = ask(scope, site, "getLineNumber")?.uint32_value(scope)?;
    let column = ask(scope, site, "getColumnNumber")?.uint32_value(scope)?;
    if file == FILE {
        return Some(unwrapped(line, column));
    }
    let module = file.starts_with("https:") || file.starts_with("http:");
    module.then_some(Position { module: file, line, column })
}

/// What a call site answers; `None` where it has no answer.
fn ask<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    site: v8::Local<'s, v8::Object>,
    question: &str,
) -> Option<v8::Local<'s, v8::Value>> {
    let question = v8::String::new(scope, question)?;
    let method = v8::Local::<v8::Function>::try_from(site.get(scope, question.into())?).ok()?;
    method.call(scope, site.into(), &[]).filter(|answer| !answer.is_null_or_undefined())
}

/// What the stack of an error says about its place: its frames, and the first of them.
pub(crate) fn of(stack: &str) -> Diagnostic {
    let mut frames = Vec::new();
    for line in stack.lines() {
        if let Some(frame) = line.trim_start().strip_prefix("at ") {
            frames.push(frame);
        }
    }
    let position = frames.iter().find_map(|frame| parse(frame));
    Diagnostic { message: String::new(), position, stack: frames.join("\n") }
}

/// A property as text; `None` where it is missing, null, or cannot be had as text.
fn property<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    object: v8::Local<'_, v8::Object>,
    name: &str,
) -> Option<v8::Local<'s, v8::String>> {
    let key = v8::String::new(scope, name)?;
    let value = object.get(scope, key.into())?;
    if value.is_null_or_undefined() { None } else { value.to_string(scope) }
}

/// The place of a byte of the script; what lies behind its end is at its end. Lines end as in editors: with a line
/// feed, a carriage return, or both.
pub(crate) fn at(source: &str, byte: usize) -> Position {
    let before = &source[..source.floor_char_boundary(byte)];
    let ended = before.replace("\r\n", "\n");
    let mut lines = ended.split(['\n', '\r']);
    let column = lines.next_back().unwrap_or_default().chars().count();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
    Position { module: String::new(), line: number(lines.count()), column: number(column) }
}

/// The place, or the end of the script where it is in what was put behind it.
pub(crate) fn within(source: &str, place: Position) -> Position {
    let end = at(source, source.len());
    if (place.line, place.column) > (end.line, end.column) { end } else { place }
}

/// Reads `FILE:LINE:COLUMN` at the end of a frame, with or without parentheses around it.
fn parse(frame: &str) -> Option<Position> {
    let place =
        frame.strip_suffix(')').and_then(|frame| frame.rsplit_once('(')).map_or(frame, |(_, place)| place);
    let (rest, column) = place.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    let module = if file == FILE { String::new() } else { file.to_owned() };
    Some(Position { module, line: line.parse().ok()?, column: column.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_what_editors_show() {
        let place = |source: &str, byte| {
            let place = at(source, byte);
            (place.line, place.column)
        };
        assert_eq!(place("", 0), (1, 1));
        assert_eq!(place("é😀x", "é😀".len()), (1, 3));
        assert_eq!(place("\t\tx", 2), (1, 3));
        assert_eq!(place("a\r\nb\rc\nd", 7), (4, 1));
        assert_eq!(place("a\u{2028}b", 4), (1, 3));
        for behind in [2, 3, usize::MAX] {
            assert_eq!(place("a\n", behind), (2, 1));
        }
    }

    #[test]
    fn no_place_is_behind_the_script() {
        let place = |source: &str, line, column| {
            let place = within(source, Position { module: String::new(), line, column });
            (place.line, place.column)
        };
        assert_eq!(place("let a; let a\n\n", 4, 1), (3, 1));
        assert_eq!(place("let a;\r\nlet 😀", 3, 2), (2, 6));
        assert_eq!(place("a\nb", 1, 2), (1, 2));
        assert_eq!(place("", 2, 1), (1, 1));
    }

    #[test]
    fn parse_reads_frames_of_script_and_modules() {
        let at = |module: &str, line, column| Some(Position { module: module.into(), line, column });
        assert_eq!(parse("script.js:3:14"), at("", 3, 14));
        assert_eq!(parse("f (script.js:1:2)"), at("", 1, 2));
        assert_eq!(parse("async load (https://x.example/m.js:10:1)"), at("https://x.example/m.js", 10, 1));
        assert_eq!(parse("somewhere"), None);
        assert_eq!(parse("script.js:x:1"), None);
    }
}
