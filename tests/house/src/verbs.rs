//! A contract's verbs say how they fail and what they log: `# Errors` and `# Events`.
//!
//! A verb is what an arm of `dispatch!` calls, or a method of a `#[public]` block. It fails when it reaches a function
//! that never returns, and logs when it reaches `host::log`; calls are followed by name through the contract and
//! `crates/contract`, macros of theirs included, a method that several types have only within its file. Decoding
//! (`abi`) is left out: that malformed calldata ends the call without data holds for every verb and stands at
//! `dispatch!`.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// The module whose functions decode and encode.
const CODEC: &str = "abi";

/// Stands for the type of a method's receiver.
const METHOD: &str = ".";

/// One function or macro.
#[derive(Debug)]
struct Function {
    /// The module and the type it belongs to.
    owners: Vec<String>,
    doc: String,
    /// What its body calls, the owner with the name where the call has one.
    calls: Vec<Call>,
    /// Whether it never returns.
    ends: bool,
}

/// The functions of a contract and of what contracts share, by name.
#[derive(Debug, Default)]
pub struct Contract {
    functions: BTreeMap<String, Vec<Function>>,
    verbs: BTreeSet<Call>,
    methods: usize,
    wrong: Vec<String>,
}

impl Contract {
    /// Adds a source file; `module` is its name without the extension.
    ///
    /// # Panics
    /// When the file does not parse; the compiler says more.
    pub fn add(&mut self, module: &str, source: &str) {
        let file = syn::parse_file(source).unwrap_or_else(|err| panic!("{module}: {err}"));
        for item in file.items {
            self.item(module, item);
        }
    }

    fn item(&mut self, module: &str, item: syn::Item) {
        match item {
            syn::Item::Fn(item) => self.function(&[module], &item.attrs, &item.sig, &item.block),
            syn::Item::Impl(item) => {
                let owner = match &*item.self_ty {
                    syn::Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
                    _ => None,
                };
                let owner = owner.unwrap_or_default();
                let is_public = item.attrs.iter().any(|attr| attr.path().is_ident("public"));
                for inner in item.items {
                    let syn::ImplItem::Fn(inner) = inner else { continue };
                    if is_public {
                        self.public_method(module, &inner);
                    }
                    self.function(&[module, &owner], &inner.attrs, &inner.sig, &inner.block);
                }
            }
            // A module in the file belongs to it, tests do not.
            syn::Item::Mod(item) if item.ident != "tests" => {
                item.content
                    .into_iter()
                    .flat_map(|(_, items)| items)
                    .for_each(|item| self.item(module, item));
            }
            // Dispatch and macros of the contract's own.
            syn::Item::Macro(item) => {
                let calls = calls(item.mac.tokens.clone());
                if item.mac.path.is_ident("dispatch") {
                    self.verbs.extend(calls);
                } else if let Some(name) = item.ident {
                    let function =
                        Function { owners: vec![module.into()], doc: String::new(), calls, ends: false };
                    self.functions.entry(name.to_string()).or_default().push(function);
                }
            }
            _ => {}
        }
    }

    fn function(
        &mut self,
        owners: &[&str],
        attrs: &[syn::Attribute],
        sig: &syn::Signature,
        block: &syn::Block,
    ) {
        let ends =
            matches!(&sig.output, syn::ReturnType::Type(_, kind) if matches!(**kind, syn::Type::Never(_)));
        let function = Function {
            owners: owners.iter().map(|owner| (*owner).to_owned()).collect(),
            doc: document(attrs),
            calls: called_in(block),
            ends,
        };
        self.functions.entry(sig.ident.to_string()).or_default().push(function);
    }

    /// A verb that returns its failure instead of ending the call.
    fn public_method(&mut self, module: &str, method: &syn::ImplItemFn) {
        let fails = matches!(&method.sig.output, syn::ReturnType::Type(_, kind) if matches!(&**kind, syn::Type::Path(path)
            if path.path.segments.last().is_some_and(|last| last.ident == "Result")));
        self.methods += 1;
        if fails && !has(&document(&method.attrs), "Errors") {
            self.wrong.push(format!("{module}::{}: returns errors and has no # Errors", method.sig.ident));
        }
    }

    /// What the verbs do not say, one line each.
    #[must_use]
    pub fn silent(&self) -> Vec<String> {
        let mut wrong = self.wrong.clone();
        for call in &self.verbs {
            for verb in self.called("lib", call) {
                let verb_name = format!("{}::{}", verb.owners[0], call.1);
                if self.reaches(verb, &|function, _| function.ends) && !has(&verb.doc, "Errors") {
                    wrong.push(format!("{verb_name}: can fail and has no # Errors"));
                }
                let logs = |function: &Function, name: &str| name == "log" && function.owners[0] == "host";
                if self.reaches(verb, &logs) && !has(&verb.doc, "Events") {
                    wrong.push(format!("{verb_name}: logs and has no # Events"));
                }
            }
        }
        wrong
    }

    /// How many verbs there are.
    #[must_use]
    pub fn verbs(&self) -> usize {
        self.methods + self.verbs.iter().filter(|call| !self.called("lib", call).is_empty()).count()
    }

    /// The functions a call in `module` may mean.
    fn called(&self, module: &str, (owner, name): &Call) -> Vec<&Function> {
        let named =
            self.functions.get(name).into_iter().flatten().filter(|function| function.owners[0] != CODEC);
        let is_method = |function: &&Function| function.owners.len() == 2;
        let found: Vec<&Function> = match owner.as_deref() {
            Some(METHOD) => named.filter(is_method).collect(),
            Some(owner) => named.filter(|function| function.owners.iter().any(|its| its == owner)).collect(),
            None => named.filter(|function| !is_method(function)).collect(),
        };
        let near: Vec<&Function> =
            found.iter().copied().filter(|function| function.owners[0] == module).collect();
        match owner.as_deref() {
            None if !near.is_empty() => near,
            Some(METHOD) if found.len() > 1 => near,
            _ => found,
        }
    }

    /// Whether a function or one it calls, however far, is such a one.
    fn reaches(&self, from: &Function, is: &dyn Fn(&Function, &str) -> bool) -> bool {
        let mut seen = BTreeSet::new();
        let mut waiting: Vec<&Function> = vec![from];
        while let Some(function) = waiting.pop() {
            for call in &function.calls {
                let call = match (call.0.as_deref(), function.owners.get(1)) {
                    (Some("Self"), Some(own)) => (Some(own.clone()), call.1.clone()),
                    _ => call.clone(),
                };
                for next in self.called(&function.owners[0], &call) {
                    if is(next, &call.1) {
                        return true;
                    }
                    if seen.insert(std::ptr::from_ref(next)) {
                        waiting.push(next);
                    }
                }
            }
        }
        false
    }
}

/// The text of a doc comment.
fn document(attrs: &[syn::Attribute]) -> String {
    let lines = attrs.iter().filter(|attr| attr.path().is_ident("doc")).filter_map(|attr| {
        let syn::Meta::NameValue(pair) = &attr.meta else { return None };
        let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value else { return None };
        Some(text.value())
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether a document has a section.
fn has(doc: &str, section: &str) -> bool {
    doc.lines().any(|line| line.trim() == format!("# {section}"))
}

/// What a call names: the last segment of its path and the one before, which is [`METHOD`] in front of a method.
type Call = (Option<String>, String);

/// Every call in a body, and every function that is handed on.
fn called_in(block: &syn::Block) -> Vec<Call> {
    let mut calls = Calls(Vec::new());
    calls.visit_block(block);
    calls.0
}

struct Calls(Vec<Call>);

impl<'ast> Visit<'ast> for Calls {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        let mut segments = path.path.segments.iter().rev().map(|segment| segment.ident.to_string());
        if let Some(name) = segments.next() {
            self.0.push((segments.next(), name));
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.0.push((Some(METHOD.into()), call.method.to_string()));
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if let Some(name) = call.path.segments.last() {
            self.0.push((None, name.ident.to_string()));
        }
        self.0.extend(calls(call.tokens.clone()));
    }
}

/// Every call in some tokens: `name(…)`, `Owner::name(…)`, `.name(…)`, `name!(…)`.
fn calls(tokens: TokenStream) -> Vec<Call> {
    let mut found = Vec::new();
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |at: usize, punct: char| matches!(tokens.get(at), Some(TokenTree::Punct(it)) if it.as_char() == punct);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => found.extend(calls(group.stream())),
            TokenTree::Ident(name) => {
                let next = if is(at + 1, '!') { at + 2 } else { at + 1 };
                let is_call = matches!(tokens.get(next), Some(TokenTree::Group(group))
                    if group.delimiter() == Delimiter::Parenthesis);
                if !is_call || is_declared(&tokens, at) {
                    continue;
                }
                let owner = match at.checked_sub(3).map(|from| &tokens[from]) {
                    _ if at > 0 && is(at - 1, '.') => Some(METHOD.into()),
                    Some(TokenTree::Ident(owner)) if is(at - 1, ':') && is(at - 2, ':') => {
                        Some(owner.to_string())
                    }
                    _ => None,
                };
                found.push((owner, name.to_string()));
            }
            _ => {}
        }
    }
    found
}

/// Whether the name is one that is being declared.
fn is_declared(tokens: &[TokenTree], at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| matches!(&tokens[before], TokenTree::Ident(word) if *word == "fn"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARED: &str = "
        pub fn error(selector: u32) -> ! { loop {} }
        macro_rules! refuse { ($x:expr) => { $crate::revert::error($x) }; }";
    const HOST: &str = "pub fn log(buf: &Buf, topics: usize) {}";

    fn judge(verbs: &str) -> Vec<String> {
        let mut contract = Contract::default();
        contract.add("revert", SHARED);
        contract.add("host", HOST);
        contract.add(
            "abi",
            "impl Tuple { pub fn head(self) -> Self { malformed() } } fn malformed() -> ! { loop {} }",
        );
        contract.add(
            "lib",
            "dispatch! { pub fn route(args) { f::A => verbs::a(args.head(1)), f::B => verbs::b() } }",
        );
        contract.add("verbs", verbs);
        contract.silent()
    }

    #[test]
    fn verbs_that_hide_their_errors_or_events_are_found() {
        let broken = "
            /// Does.
            pub fn a(args: Tuple) { check(); }
            fn check() { Self::never(); if true { refuse!(1) } }
            /// Tells.
            ///
            /// # Errors
            /// None of the events' kind.
            pub fn b() { Note::tell() }
            impl Note { fn tell() { host::log(&x, 1) } }";
        assert_eq!(
            judge(broken),
            ["verbs::a: can fail and has no # Errors", "verbs::b: logs and has no # Events"]
        );
    }

    #[test]
    fn verbs_that_say_all_or_only_decode_are_left_alone() {
        let fine = "
            /// Decodes.
            pub fn a(args: Tuple) { args.head(2); }
            /// Does.
            ///
            /// # Errors
            /// `Wrong`.
            ///
            /// # Events
            /// `Done`.
            pub fn b() { if true { revert::error(1) } host::log(&x, 1) }";
        assert_eq!(judge(fine), [""; 0]);
    }

    #[test]
    fn public_methods_that_return_errors_are_verbs() {
        let mut contract = Contract::default();
        let source = "#[public] impl C {
            /// Sends.
            pub fn send(&mut self) -> Result<(), Vec<u8>> { Ok(()) }
            /// Shows.
            pub fn show(&self) -> u8 { 1 } }";
        contract.add("lib", source);
        assert_eq!(contract.silent(), ["lib::send: returns errors and has no # Errors"]);
    }
}
