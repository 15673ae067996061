//! What the build put into the program: the web platform's JavaScript and the runtime hash.

use deno_core::{Extension, ExtensionFileSource};
use eyre::{Result, eyre};

include!(concat!(env!("OUT_DIR"), "/runtime.rs"));

/// The extension with its files taken from the program itself instead of the folder its crate was compiled in.
///
/// # Errors
/// When it names a file the program does not carry, which is a bug of the build.
pub(crate) fn embedded(mut extension: Extension) -> Result<Extension> {
    let lists = [
        &mut extension.js_files,
        &mut extension.esm_files,
        &mut extension.lazy_loaded_js_files,
        &mut extension.lazy_loaded_esm_files,
    ];
    for file in lists.into_iter().flat_map(|list| list.to_mut()) {
        if file.is_runtime_loadable() {
            continue;
        }
        let (_, content) = PLATFORM
            .iter()
            .find(|(name, _)| *name == file.specifier)
            .ok_or_else(|| eyre!("{} is not part of this program", file.specifier))?;
        *file = ExtensionFileSource::new(file.specifier, *content);
    }
    Ok(extension)
}
