//! What an import names: specifier and attributes.

use deno_core::url::Url;
use deno_core::v8;
use oracle_frames::ModuleKind;

/// Longest specifier taken, in bytes.
pub(super) const SPECIFIER_MAX: usize = 4096;

/// The text of a refused import.
pub(super) fn denial(specifier: &str) -> String {
    format!("import of {} denied", oracle_frames::cut_text(specifier, SPECIFIER_MAX))
}

/// Resolves a specifier against the URL of the importing module; the script itself has none.
pub(super) fn absolute(specifier: &str, base: Option<&str>) -> Option<String> {
    let relative = ["./", "../", "/"].iter().any(|start| specifier.starts_with(start));
    if relative {
        let url = Url::parse(base?).ok()?.join(specifier).ok()?;
        return Some(url.into());
    }
    // Whatever has a scheme is the runner's to judge; a bare name has none.
    let url = Url::parse(specifier).ok()?;
    Some(if matches!(url.scheme(), "http" | "https") { url.into() } else { specifier.to_owned() })
}

/// What the attributes ask for; `None` for attributes we do not know. The list has `step` entries
/// an attribute, of which the first two are name and value.
pub(super) fn kind_of(
    scope: &mut v8::PinScope<'_, '_>,
    attributes: v8::Local<'_, v8::FixedArray>,
    step: usize,
) -> Option<ModuleKind> {
    let text = |scope: &mut v8::PinScope<'_, '_>, at: usize| -> Option<String> {
        let entry = v8::Local::<v8::Value>::try_from(attributes.get(scope, at)?).ok()?;
        Some(entry.to_rust_string_lossy(scope))
    };
    let mut kind = ModuleKind::JavaScript;
    for at in (0..attributes.length()).step_by(step) {
        match (text(scope, at)?.as_str(), text(scope, at + 1)?.as_str()) {
            ("type", "json") => kind = ModuleKind::Json,
            _ => return None,
        }
    }
    Some(kind)
}

#[cfg(test)]
mod tests {
    use super::absolute;

    #[test]
    fn specifiers_are_resolved_against_the_importing_module() {
        let base = Some("https://cdn.example/a/b.js");
        let cases = [
            ("./c.js", base, Some("https://cdn.example/a/c.js")),
            ("../c.js", base, Some("https://cdn.example/c.js")),
            ("/c.js", base, Some("https://cdn.example/c.js")),
            ("https://other.example/x.js", None, Some("https://other.example/x.js")),
            ("HTTPS://Other.example/./x.js", None, Some("https://other.example/x.js")),
            ("npm:big.js@6", None, Some("npm:big.js@6")),
            ("node:util", base, Some("node:util")),
            ("./c.js", None, None),
            ("lodash", base, None),
            ("", None, None),
        ];
        for (specifier, base, expected) in cases {
            assert_eq!(absolute(specifier, base).as_deref(), expected, "{specifier}");
        }
    }
}
