//! The boot script's entry points: what of it Rust calls.

use std::cell::Cell;

use deno_core::v8;
use eyre::{Result, eyre};
use functions_types::limits::Profile;
use oracle_frames::Start;

/// Functions of the boot script that Rust calls.
pub(crate) struct Entries {
    /// The profile of the run, which decides a few error texts.
    pub(crate) profile: Cell<Profile>,
    /// Sets the injected values.
    inject: v8::Global<v8::Function>,
    /// Gives the beginning of a text without lone surrogates.
    pub(crate) well_formed: v8::Global<v8::Function>,
    /// Gives buffer, byte offset and byte length of a view; nothing of one that its buffer no longer holds.
    pub(crate) window: v8::Global<v8::Function>,
    /// Whether a buffer was taken away from its owner.
    pub(crate) is_detached: v8::Global<v8::Function>,
    /// `Error`, as it was before any script ran.
    pub(crate) errors: v8::Global<v8::Object>,
    /// Has the script's own formatter make the stack of an error.
    pub(crate) format_stack: v8::Global<v8::Function>,
    /// Gives name, message and stack of an error; nothing of another object.
    pub(crate) describe: v8::Global<v8::Function>,
    /// Hands an HTTP response to the fetch that waits for it.
    pub(crate) deliver: v8::Global<v8::Function>,
    /// Tells listeners of a rejection that nobody handles; whether one took it for handled.
    pub(crate) announce_rejection: v8::Global<v8::Function>,
    /// Tells listeners of the handling of a rejection they were told of.
    pub(crate) announce_handled: v8::Global<v8::Function>,
    /// Runs the callback of a timer.
    pub(crate) fire: v8::Global<v8::Function>,
    /// The modules of `node:`, by name without the scheme.
    pub(crate) builtins: v8::Global<v8::Object>,
}

impl Entries {
    /// The entries of what the last file of the boot script returned.
    ///
    /// # Errors
    /// When one is missing, which is a bug of this program.
    pub(crate) fn of(scope: &mut v8::PinScope<'_, '_>, returned: &v8::Global<v8::Value>) -> Result<Self> {
        let object = v8::Local::<v8::Object>::try_from(v8::Local::new(scope, returned))?;
        Ok(Self {
            profile: Cell::default(),
            inject: entry(scope, object, "inject")?,
            well_formed: entry(scope, object, "wellFormed")?,
            window: entry(scope, object, "window")?,
            is_detached: entry(scope, object, "isDetached")?,
            describe: entry(scope, object, "describe")?,
            errors: entry(scope, object, "errors")?,
            format_stack: entry(scope, object, "formatStack")?,
            deliver: entry(scope, object, "deliver")?,
            announce_rejection: entry(scope, object, "announceRejection")?,
            announce_handled: entry(scope, object, "announceHandled")?,
            fire: entry(scope, object, "fire")?,
            builtins: entry(scope, object, "builtins")?,
        })
    }

    /// Calls the boot script's `inject` with what the request carries.
    pub(crate) fn inject(&self, scope: &mut v8::PinScope<'_, '_>, start: &Start) -> Option<()> {
        let this = v8::undefined(scope).into();
        let args = v8::Array::new(scope, 0);
        for (at, arg) in (0u32..).zip(&start.args) {
            let value = v8::String::new(scope, arg)?;
            args.set_index(scope, at, value.into())?;
        }
        let bytes_args = v8::Array::new(scope, 0);
        for (at, arg) in (0u32..).zip(&start.bytes_args) {
            let value = v8::String::new(scope, &hex(arg))?;
            bytes_args.set_index(scope, at, value.into())?;
        }
        let secrets = v8::Array::new(scope, 0);
        for (at, (name, value)) in (0u32..).step_by(2).zip(&start.secrets) {
            let name = v8::String::new(scope, name)?;
            let value = v8::String::new(scope, value)?;
            secrets.set_index(scope, at, name.into())?;
            secrets.set_index(scope, at + 1, value.into())?;
        }
        let inject = v8::Local::new(scope, &self.inject);
        let wasm = v8::Boolean::new(scope, start.options.wasm).into();
        inject.call(scope, this, &[args.into(), bytes_args.into(), secrets.into(), wasm]).map(drop)
    }
}

fn entry<'s, T>(
    scope: &mut v8::PinScope<'s, '_>,
    object: v8::Local<'s, v8::Object>,
    name: &str,
) -> Result<v8::Global<T>>
where
    v8::Local<'s, T>: TryFrom<v8::Local<'s, v8::Value>>,
{
    let key = v8::String::new(scope, name).ok_or_else(|| eyre!("out of memory"))?;
    let value = object.get(scope, key.into()).and_then(|value| v8::Local::<T>::try_from(value).ok());
    let value = value.ok_or_else(|| eyre!("boot: no {name}"))?;
    Ok(v8::Global::new(scope, value))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::from("0x"), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
