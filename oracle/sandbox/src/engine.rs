//! The JavaScript engine: booted once in the fork server, used for one run in each child.

use std::sync::Arc;

use deno_core::{JsRuntime, RuntimeOptions, v8};
use deno_web::{BlobStore, InMemoryBroadcastChannel};
use eyre::{Result, eyre};
use oracle_frames::{Diagnostic, Start, Verdict};

use crate::entries::Entries;
use crate::host::Host;
use crate::session::Session;
use crate::{
    crypto, event_loop, heap_limit, judge, module_loader, ops, places, platform, rejections, script,
    stack_scope,
};

/// The boot script, in order. Each file is a function of the ops and of what the files before it
/// left for it; the last one installs the globals and returns the entry points.
const BOOT: &[(&str, &str)] = &[
    ("functions:web", include_str!("js/web.js")),
    ("functions:url_search", include_str!("js/url_search.js")),
    ("functions:events", include_str!("js/events.js")),
    ("functions:global_events", include_str!("js/global_events.js")),
    ("functions:timers", include_str!("js/timers.js")),
    ("functions:console", include_str!("js/console.js")),
    ("functions:buffer_codecs", include_str!("js/buffer_codecs.js")),
    ("functions:buffer", include_str!("js/buffer.js")),
    ("functions:buffer_numbers", include_str!("js/buffer_numbers.js")),
    ("functions:crypto_keys", include_str!("js/crypto_keys.js")),
    ("functions:crypto", include_str!("js/crypto.js")),
    ("functions:body", include_str!("js/body.js")),
    ("functions:fetch", include_str!("js/fetch.js")),
    ("functions:structured_clone", include_str!("js/structured_clone.js")),
    ("functions:api", include_str!("js/api.js")),
    ("functions:builtins", include_str!("js/builtins.js")),
    ("functions:results", include_str!("js/results.js")),
    ("functions:stacks", include_str!("js/stacks.js")),
    ("functions:globals", include_str!("js/globals.js")),
];

/// Around each file: the globals it names are those of the boot, whatever a script puts in their place later. `Date` is
/// not among them, for scripts get another.
const KEPT: (&str, &str) = (
    "(() => { const { AggregateError, Array, ArrayBuffer, BigInt, BigInt64Array, BigUint64Array, Boolean, DataView, Error, \
     Float32Array, Float64Array, Int16Array, Int32Array, Int8Array, JSON, Map, Math, Number, Object, Promise, Proxy, \
     RangeError, Reflect, RegExp, Set, String, Symbol, SyntaxError, TypeError, URIError, Uint16Array, Uint32Array, \
     Uint8Array, Uint8ClampedArray, WeakMap, WeakSet, decodeURIComponent, encodeURIComponent, isFinite, isNaN, \
     parseFloat, parseInt } = globalThis; const file = ",
    "\n; return file; })()",
);

/// A booted runtime and the boot script's entry points.
pub(crate) struct ScriptRuntime {
    runtime: JsRuntime,
    entries: Entries,
}

impl ScriptRuntime {
    /// Boots the runtime with a heap of `memory_bytes` and trims its globals.
    ///
    /// # Errors
    /// When the boot script throws, which is a bug of this program.
    pub(crate) fn boot(memory_bytes: u64) -> Result<Self> {
        let stack = format!("--stack-size={}", crate::ENGINE_STACK_KIB);
        deno_core::v8_set_flags(vec![String::new(), stack]);
        let heap = usize::try_from(memory_bytes)?;
        let mut runtime = JsRuntime::new(RuntimeOptions {
            extensions: vec![
                platform::embedded(deno_webidl::deno_webidl::init())?,
                platform::embedded(deno_web::deno_web::init(
                    Arc::new(BlobStore::default()),
                    None,
                    false,
                    InMemoryBroadcastChannel::default(),
                ))?,
                ops::functions_host::init(),
                crypto::functions_crypto::init(),
            ],
            create_params: Some(v8::CreateParams::default().heap_limits(0, heap)),
            ..Default::default()
        });
        heap_limit::begin(heap)?;
        let library =
            runtime.execute_script("functions:library", "({ core: Deno.core, host: { ...Deno.core.ops } })");
        let library = library.map_err(|error| eyre!("boot: {error}"))?;
        let mut last = None;
        for (name, source) in BOOT {
            let file = runtime.execute_script(*name, format!("{}{source}{}", KEPT.0, KEPT.1));
            let file = file.map_err(|error| eyre!("boot: {name}: {error}"))?;
            deno_core::scope!(scope, runtime);
            v8::tc_scope!(let scope, scope);
            let file = v8::Local::new(scope, file);
            let file = v8::Local::<v8::Function>::try_from(file)?;
            let this = v8::undefined(scope).into();
            let argument = v8::Local::new(scope, library.clone());
            let Some(value) = file.call(scope, this, &[argument]) else {
                let text = scope.exception().map(|error| error.to_rust_string_lossy(scope));
                return Err(eyre!("boot: {name}: {}", text.unwrap_or_default()));
            };
            last = Some(v8::Global::new(scope, value));
        }
        let last = last.ok_or_else(|| eyre!("boot: nothing to boot"))?;
        let entries = {
            deno_core::scope!(scope, runtime);
            Entries::of(scope, &last)?
        };
        rejections::track(&mut runtime);
        module_loader::install(&mut runtime);
        places::format_stacks(&mut runtime, &entries);
        stack_scope::check()?;
        runtime.v8_isolate().perform_microtask_checkpoint();
        runtime.v8_isolate().low_memory_notification();
        Ok(Self { runtime, entries })
    }

    /// Runs one script to its end.
    ///
    /// # Errors
    /// Only when the runner is gone; everything a script can do is a verdict.
    pub(crate) fn run(&mut self, start: Start, session: Session) -> Result<(Verdict, Diagnostic, Session)> {
        let state = self.runtime.op_state();
        {
            let mut state = state.borrow_mut();
            let host = state.borrow_mut::<Host>();
            host.begin(&start);
            host.session = Some(session);
        }
        let (verdict, diagnostic) = self.run_in_session(start)?;
        let session = state.borrow_mut().borrow_mut::<Host>().session.take();
        Ok((verdict, diagnostic, session.ok_or_else(|| eyre!("the session is lost"))?))
    }

    fn run_in_session(&mut self, start: Start) -> Result<(Verdict, Diagnostic)> {
        self.entries.profile.set(start.options.profile);
        let promise = {
            deno_core::scope!(scope, self.runtime);
            v8::tc_scope!(let scope, scope);
            let this = v8::undefined(scope).into();
            let injected = self.entries.inject(scope, &start);
            if injected.is_none() {
                let exception = scope.exception();
                return Ok(judge::caught(scope, &self.entries, exception));
            }
            let function = match script::compile(scope, &self.entries, &start.source) {
                Ok(function) => v8::Local::new(scope, function),
                Err(end) => return Ok(end),
            };
            let Some(promise) = function.call(scope, this, &[]) else {
                let exception = scope.exception();
                return Ok(judge::caught(scope, &self.entries, exception));
            };
            let promise = v8::Local::<v8::Promise>::try_from(promise)?;
            v8::Global::new(scope, promise)
        };
        event_loop::run(&mut self.runtime, &self.entries, &promise, start.limits.response_bytes)
    }
}
