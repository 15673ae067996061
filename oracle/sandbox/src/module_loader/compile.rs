//! From what the runner answered to a module the engine can link.

use deno_core::{JsRuntime, v8};
use oracle_frames::{ModuleKind, ModuleOutcome};

use super::specifier::kind_of;
use super::{Failure, Key, LOADER, failed};
use crate::entries::Entries;

/// Turns what the runner answered into a module; gives what it imports.
pub(super) fn compile(
    runtime: &mut JsRuntime,
    entries: &Entries,
    key: &Key,
    outcome: ModuleOutcome,
) -> Result<Vec<Result<Key, String>>, Failure> {
    deno_core::scope!(scope, runtime);
    v8::tc_scope!(let scope, scope);
    let name = module_name(key);
    let made = match outcome {
        ModuleOutcome::Denied(text) => return Err(Failure::Denied(text)),
        ModuleOutcome::Builtin(builtin) => builtin_module(scope, entries, &name, &builtin),
        ModuleOutcome::Source { url, text } => {
            LOADER.with_borrow_mut(|loader| loader.bases.insert(name.clone(), url));
            match key.1 {
                ModuleKind::JavaScript => text_module(scope, &name, &text),
                ModuleKind::Json => json_module(scope, &name, &text),
            }
        }
    };
    let Some(module) = made else {
        let exception = scope.exception();
        return Err(failed(scope, key, exception));
    };
    let imports = requests(scope, module, &name);
    let global = v8::Global::new(scope, module);
    LOADER.with_borrow_mut(|loader| {
        loader.names.insert(global.clone(), name);
        loader.modules.insert(key.clone(), global);
    });
    Ok(imports)
}

/// What the engine calls a module: one name for each, shown in stacks.
fn module_name((specifier, kind): &Key) -> String {
    match kind {
        ModuleKind::JavaScript => specifier.clone(),
        ModuleKind::Json => format!("{specifier} (json)"),
    }
}

fn text_module<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    name: &str,
    text: &str,
) -> Option<v8::Local<'s, v8::Module>> {
    let name = v8::String::new(scope, name)?.into();
    let text = v8::String::new(scope, text)?;
    let origin = v8::ScriptOrigin::new(scope, name, 0, 0, false, 0, None, false, false, true, None);
    let mut source = v8::script_compiler::Source::new(text, Some(&origin));
    v8::script_compiler::compile_module(scope, &mut source)
}

fn json_module<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    name: &str,
    text: &str,
) -> Option<v8::Local<'s, v8::Module>> {
    let text = v8::String::new(scope, text)?;
    let value = v8::json::parse(scope, text)?;
    let default = v8::String::new(scope, "default")?;
    synthetic(scope, name, vec![(default, value)])
}

/// A module the boot script made: every own key is an export, the whole is the default one.
fn builtin_module<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    entries: &Entries,
    name: &str,
    builtin: &str,
) -> Option<v8::Local<'s, v8::Module>> {
    let all = v8::Local::new(scope, &entries.builtins);
    let key = v8::String::new(scope, builtin)?;
    let object = v8::Local::<v8::Object>::try_from(all.get(scope, key.into())?).ok()?;
    let mut exports = Vec::new();
    let keys = object.get_own_property_names(scope, v8::GetPropertyNamesArgs::default())?;
    for at in 0..keys.length() {
        let key = keys.get_index(scope, at)?;
        let value = object.get(scope, key)?;
        let key = v8::Local::<v8::String>::try_from(key).ok()?;
        if key.to_rust_string_lossy(scope) != "default" {
            exports.push((key, value));
        }
    }
    exports.push((v8::String::new(scope, "default")?, object.into()));
    synthetic(scope, name, exports)
}

fn synthetic<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    name: &str,
    exports: Vec<(v8::Local<'s, v8::String>, v8::Local<'s, v8::Value>)>,
) -> Option<v8::Local<'s, v8::Module>> {
    let name = v8::String::new(scope, name)?;
    let names: Vec<_> = exports.iter().map(|(name, _)| *name).collect();
    let module = v8::Module::create_synthetic_module(scope, name, &names, fill);
    let global = v8::Global::new(scope, module);
    let exports = exports
        .into_iter()
        .map(|(name, value)| (v8::Global::new(scope, name), v8::Global::new(scope, value)))
        .collect();
    LOADER.with_borrow_mut(|loader| loader.exports.insert(global, exports));
    Some(module)
}

/// The engine's callback for the body of a synthetic module.
fn fill<'s>(
    context: v8::Local<'s, v8::Context>,
    module: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Value>> {
    v8::callback_scope!(unsafe scope, context);
    let global = v8::Global::new(scope, module);
    let exports = LOADER.with_borrow_mut(|loader| loader.exports.remove(&global))?;
    for (name, value) in exports {
        let name = v8::Local::new(scope, name);
        let value = v8::Local::new(scope, value);
        module.set_synthetic_module_export(scope, name, value)?;
    }
    let resolver = v8::PromiseResolver::new(scope)?;
    let undefined = v8::undefined(scope).into();
    resolver.resolve(scope, undefined);
    Some(resolver.get_promise(scope).into())
}

/// What a module imports.
fn requests<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    module: v8::Local<'s, v8::Module>,
    name: &str,
) -> Vec<Result<Key, String>> {
    if !module.is_source_text_module() {
        return Vec::new();
    }
    let requests = module.get_module_requests();
    let mut keys = Vec::new();
    for at in 0..requests.length() {
        let request = requests.get(scope, at).and_then(|r| v8::Local::<v8::ModuleRequest>::try_from(r).ok());
        let Some(request) = request else { continue };
        let specifier = request.get_specifier().to_rust_string_lossy(scope);
        let kind = kind_of(scope, request.get_import_attributes(), 3);
        keys.push(LOADER.with_borrow(|loader| loader.key(&specifier, kind, name)));
    }
    keys
}
