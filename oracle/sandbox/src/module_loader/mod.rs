//! Dynamic imports: from the call of `import()` to the namespace its promise resolves with.
//!
//! The engine calls [`import`], which only takes note. The event loop then serves one import at a
//! time, in the order of the calls and before anything else: the whole graph is asked of the
//! runner, level by level, and nothing else happens to the script meanwhile. So which modules are
//! loaded, and in which order, is the same in every run. Evaluation is the script's own time:
//! a module may wait for timers and HTTP as the script does.
//!
//! A module is known by its absolute specifier and kind; the same one twice is one module. Errors
//! of ours are `TypeError: import of SPECIFIER denied`; syntax errors, missing exports and what a
//! module throws are the engine's.

mod compile;
mod specifier;

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};

use deno_core::{JsRuntime, v8};
use eyre::Result;
use oracle_frames::{ModuleKind, ModuleOutcome};

use crate::entries::Entries;
use crate::host::Host;
use crate::rejections;

use compile::compile;
use specifier::{SPECIFIER_MAX, absolute, denial, kind_of};

/// What identifies a module.
type Key = (String, ModuleKind);

/// A call of `import()` that was not served yet.
struct Pending {
    key: Result<Key, String>,
    resolver: v8::Global<v8::PromiseResolver>,
}

/// A module whose body was started, and who waits for its end.
struct Started {
    module: v8::Global<v8::Module>,
    end: v8::Global<v8::Promise>,
    waiting: Vec<v8::Global<v8::PromiseResolver>>,
}

/// Names and values of a module that is not compiled from text.
type Exports = Vec<(v8::Global<v8::String>, v8::Global<v8::Value>)>;

/// Everything known about modules in this run.
#[derive(Default)]
struct Loader {
    pending: VecDeque<Pending>,
    modules: HashMap<Key, v8::Global<v8::Module>>,
    /// URL that relative specifiers start from, by the module's name.
    bases: HashMap<String, String>,
    /// Name of each module, for the engine's questions while it links.
    names: HashMap<v8::Global<v8::Module>, String>,
    exports: HashMap<v8::Global<v8::Module>, Exports>,
    started: HashMap<Key, Started>,
}

thread_local! {
    static LOADER: RefCell<Loader> = RefCell::default();
}

/// Makes this module the one that serves imports.
pub(crate) fn install(runtime: &mut JsRuntime) {
    runtime.v8_isolate().set_host_import_module_dynamically_callback(import);
}

/// Whether a call of `import()` waits.
pub(crate) fn is_pending() -> bool {
    LOADER.with_borrow(|loader| !loader.pending.is_empty())
}

/// The engine's callback for `import()`.
fn import<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    _options: v8::Local<'s, v8::Data>,
    referrer: v8::Local<'s, v8::Value>,
    specifier: v8::Local<'s, v8::String>,
    attributes: v8::Local<'s, v8::FixedArray>,
) -> Option<v8::Local<'s, v8::Promise>> {
    let resolver = v8::PromiseResolver::new(scope)?;
    let specifier = specifier.to_rust_string_lossy(scope);
    let referrer = referrer.to_rust_string_lossy(scope);
    let kind = kind_of(scope, attributes, 2);
    let key = LOADER.with_borrow(|loader| loader.key(&specifier, kind, &referrer));
    let resolver_global = v8::Global::new(scope, resolver);
    LOADER.with_borrow_mut(|loader| loader.pending.push_back(Pending { key, resolver: resolver_global }));
    Some(resolver.get_promise(scope))
}

impl Loader {
    /// The module a specifier means for the script or module named `referrer`, or the refusal.
    fn key(&self, specifier: &str, kind: Option<ModuleKind>, referrer: &str) -> Result<Key, String> {
        let denied = || denial(specifier);
        let kind = kind.ok_or_else(denied)?;
        if specifier.len() > SPECIFIER_MAX {
            return Err(denied());
        }
        let base = self.bases.get(referrer).map(String::as_str);
        Ok((absolute(specifier, base).ok_or_else(denied)?, kind))
    }
}

/// Why an import fails.
enum Failure {
    /// A text of ours, thrown as a TypeError.
    Denied(String),
    /// What the engine threw.
    Thrown(v8::Global<v8::Value>),
}

/// Serves the oldest call of `import()`.
///
/// # Errors
/// When the runner is gone.
pub(crate) fn serve(runtime: &mut JsRuntime, entries: &Entries) -> Result<()> {
    let Some(Pending { key, resolver }) = LOADER.with_borrow_mut(|loader| loader.pending.pop_front()) else {
        return Ok(());
    };
    let failure = match key {
        Err(text) => Failure::Denied(text),
        Ok(key) => match start(runtime, entries, &key)? {
            Ok(()) => {
                LOADER.with_borrow_mut(|loader| {
                    if let Some(started) = loader.started.get_mut(&key) {
                        started.waiting.push(resolver);
                    }
                });
                return Ok(());
            }
            Err(failure) => failure,
        },
    };
    deno_core::scope!(scope, runtime);
    let resolver = v8::Local::new(scope, resolver);
    match failure {
        Failure::Denied(text) => {
            if let Some(text) = v8::String::new(scope, &text) {
                let error = v8::Exception::type_error(scope, text);
                resolver.reject(scope, error);
            }
        }
        Failure::Thrown(value) => {
            let value = v8::Local::new(scope, value);
            resolver.reject(scope, value);
        }
    }
    Ok(())
}

/// Loads, links and starts a module, unless that was done before.
fn start(runtime: &mut JsRuntime, entries: &Entries, key: &Key) -> Result<Result<(), Failure>> {
    if LOADER.with_borrow(|loader| loader.started.contains_key(key)) {
        return Ok(Ok(()));
    }
    if let Err(failure) = load_graph(runtime, entries, key)? {
        return Ok(Err(failure));
    }
    deno_core::scope!(scope, runtime);
    v8::tc_scope!(let scope, scope);
    let module = LOADER.with_borrow(|loader| loader.modules.get(key).cloned());
    let Some(global) = module else { return Ok(Err(Failure::Denied(denial(&key.0)))) };
    let module = v8::Local::new(scope, &global);
    if module.instantiate_module(scope, link) != Some(true) {
        let exception = scope.exception();
        return Ok(Err(failed(scope, key, exception)));
    }
    let Some(end) = module.evaluate(scope).and_then(|end| v8::Local::<v8::Promise>::try_from(end).ok())
    else {
        let exception = scope.exception();
        return Ok(Err(failed(scope, key, exception)));
    };
    let started = Started { module: global, end: v8::Global::new(scope, end), waiting: Vec::new() };
    LOADER.with_borrow_mut(|loader| loader.started.insert(key.clone(), started));
    Ok(Ok(()))
}

/// What an import of `key` fails with where the engine gave up, with or without an exception.
fn failed(
    scope: &mut v8::PinScope<'_, '_>,
    key: &Key,
    exception: Option<v8::Local<'_, v8::Value>>,
) -> Failure {
    match exception {
        Some(value) => Failure::Thrown(v8::Global::new(scope, value)),
        None => Failure::Denied(denial(&key.0)),
    }
}

/// Resolves and rejects the promises of imports whose modules have ended; says whether there were any.
pub(crate) fn settle(runtime: &mut JsRuntime) -> bool {
    deno_core::scope!(scope, runtime);
    let mut ended = Vec::new();
    LOADER.with_borrow_mut(|loader| {
        for started in loader.started.values_mut().filter(|started| !started.waiting.is_empty()) {
            let end = v8::Local::new(scope, &started.end);
            if end.state() != v8::PromiseState::Pending {
                ended.push((
                    started.module.clone(),
                    started.end.clone(),
                    std::mem::take(&mut started.waiting),
                ));
            }
        }
    });
    for (module, end, waiting) in &ended {
        let end_local = v8::Local::new(scope, end);
        let value = end_local.result(scope);
        // The importers hear of it; the engine need not.
        rejections::forgive(end);
        for resolver in waiting {
            let resolver = v8::Local::new(scope, resolver);
            if end_local.state() == v8::PromiseState::Fulfilled {
                let namespace = v8::Local::new(scope, module).get_module_namespace();
                resolver.resolve(scope, namespace);
            } else {
                resolver.reject(scope, value);
            }
        }
    }
    !ended.is_empty()
}

/// Asks the runner for a module and all it imports, level by level.
fn load_graph(runtime: &mut JsRuntime, entries: &Entries, root: &Key) -> Result<Result<(), Failure>> {
    let mut level = vec![root.clone()];
    while !level.is_empty() {
        level.retain(|key| LOADER.with_borrow(|loader| !loader.modules.contains_key(key)));
        let outcomes = ask(runtime, &level)?;
        let mut next: Vec<Key> = Vec::new();
        for (key, outcome) in level.iter().zip(outcomes) {
            match compile(runtime, entries, key, outcome) {
                Ok(imports) => {
                    for import in imports {
                        match import {
                            Ok(import) if !next.contains(&import) && !level.contains(&import) => {
                                next.push(import)
                            }
                            Ok(_) => {}
                            Err(text) => return Ok(Err(Failure::Denied(text))),
                        }
                    }
                }
                Err(failure) => return Ok(Err(failure)),
            }
        }
        level = next;
    }
    Ok(Ok(()))
}

/// Asks for modules at once and waits for all of them.
fn ask(runtime: &JsRuntime, keys: &[Key]) -> Result<Vec<ModuleOutcome>> {
    let state = runtime.op_state();
    let mut state = state.borrow_mut();
    let host = state.borrow_mut::<Host>();
    let mut ids = Vec::with_capacity(keys.len());
    for (specifier, kind) in keys {
        ids.push(host.ask_for_module(specifier, *kind)?);
    }
    while host.modules.len() < ids.iter().flatten().count() {
        host.receive()?;
    }
    Ok(ids
        .into_iter()
        .zip(keys)
        .map(|(id, key)| {
            let answer = id.and_then(|id| host.modules.remove(&id));
            answer.unwrap_or_else(|| ModuleOutcome::Denied(denial(&key.0)))
        })
        .collect())
}

/// The engine's callback that finds an imported module while it links.
fn link<'s>(
    context: v8::Local<'s, v8::Context>,
    specifier: v8::Local<'s, v8::String>,
    attributes: v8::Local<'s, v8::FixedArray>,
    referrer: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Module>> {
    v8::callback_scope!(unsafe scope, context);
    let specifier = specifier.to_rust_string_lossy(scope);
    let kind = kind_of(scope, attributes, 3);
    let referrer = v8::Global::new(scope, referrer);
    let module = LOADER.with_borrow(|loader| {
        let name = loader.names.get(&referrer)?;
        let key = loader.key(&specifier, kind, name).ok()?;
        loader.modules.get(&key).cloned()
    });
    let Some(module) = module else {
        let text = v8::String::new(scope, &denial(&specifier))?;
        let error = v8::Exception::type_error(scope, text);
        scope.throw_exception(error);
        return None;
    };
    Some(v8::Local::new(scope, module))
}
