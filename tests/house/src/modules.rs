//! Circles between the modules of a crate.
//!
//! A module is a file; what stands inline in a file belongs to it. It knows another when a path in it (`use`,
//! expression, type, macro argument) that begins with `crate`, `self` or `super` leads there; parents and children may
//! know each other. A path to a re-export leads to where that comes from. Edges are lifted to the two siblings below
//! the nearest common parent, so a circle is one between rooms that stand side by side, however deep the files that
//! close it lie.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// A module's path below its crate's root; the root's is empty.
type Module = Vec<String>;

/// Most re-exports of re-exports that are followed.
const MOST_HANDS: u8 = 8;

/// The modules of one crate and which knows which.
#[derive(Debug, Default)]
pub struct Graph {
    modules: BTreeSet<Module>,
    /// Where what a module hands on (`pub use`) comes from, by the name it has there.
    handed_on: BTreeMap<(Module, String), Vec<String>>,
    knows: BTreeSet<(Module, Module)>,
}

impl Graph {
    /// Reads a crate from its root file; code under `cfg(test)` is left out.
    ///
    /// # Panics
    /// When a file is not there or does not parse; the compiler says more.
    #[must_use]
    pub fn read(root_file: &Path) -> Self {
        let mut graph = Self::default();
        let mut sources = Vec::new();
        graph.gather(root_file, &root_file.with_file_name(""), Module::new(), &mut sources);
        graph.connect(&sources);
        graph
    }

    fn gather(&mut self, file: &Path, folder: &Path, module: Module, sources: &mut Vec<(Module, syn::File)>) {
        let text = fs::read_to_string(file).unwrap_or_else(|err| panic!("{}: {err}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|err| panic!("{}: {err}", file.display()));
        for item in &parsed.items {
            let syn::Item::Mod(item) = item else { continue };
            if item.content.is_some() || is_test(&item.attrs) {
                continue;
            }
            let name = item.ident.to_string();
            let beside = folder.join(format!("{name}.rs"));
            let child = child_of(&module, &name);
            let below = folder.join(&name);
            let file = if beside.is_file() { beside } else { below.join("mod.rs") };
            // Generated and `#[path]` modules lie elsewhere and know nobody here.
            if file.is_file() {
                self.gather(&file, &below, child, sources);
            }
        }
        self.modules.insert(module.clone());
        sources.push((module, parsed));
    }

    fn connect(&mut self, sources: &[(Module, syn::File)]) {
        for (module, file) in sources {
            for item in &file.items {
                let syn::Item::Use(item) = item else { continue };
                if !matches!(item.vis, syn::Visibility::Inherited) {
                    let leaves = leaves(&item.tree, Vec::new()).into_iter();
                    self.handed_on.extend(leaves.map(|(path, name)| ((module.clone(), name), path)));
                }
            }
        }
        for (module, file) in sources {
            let mut paths = Paths::default();
            paths.visit_file(file);
            for path in paths.found {
                let Some(other) = self.resolve(module, &path, MOST_HANDS) else { continue };
                if !other.starts_with(module) && !module.starts_with(&other) {
                    self.knows.insert((module.clone(), other));
                }
            }
        }
    }

    /// The module a path of `from` leads to, through at most so many hands.
    fn resolve(&self, from: &Module, path: &[String], hands: u8) -> Option<Module> {
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => Module::new(),
            "self" => from.clone(),
            "super" => from[..from.len().checked_sub(1)?].to_vec(),
            child if self.modules.contains(&child_of(from, child)) => {
                rest = path;
                from.clone()
            }
            _ => return None,
        };
        for (index, segment) in rest.iter().enumerate() {
            if segment == "super" {
                at.pop()?;
                continue;
            }
            let next = child_of(&at, segment);
            if self.modules.contains(&next) {
                at = next;
                continue;
            }
            let origin = self.handed_on.get(&(at.clone(), segment.clone())).filter(|_| hands > 0);
            let onward = origin.map(|path| [path, &rest[index + 1..]].concat());
            return onward.and_then(|path| self.resolve(&at, &path, hands - 1)).or(Some(at));
        }
        Some(at)
    }

    /// Every circle, as the siblings in it and the edges between them.
    #[must_use]
    pub fn circles(&self) -> Vec<String> {
        // For every parent: which of its children knows which, and by which files.
        let mut rooms: BTreeMap<Module, BTreeMap<(String, String), Vec<String>>> = BTreeMap::new();
        for (from, to) in &self.knows {
            let shared = from.iter().zip(to).take_while(|(one, other)| one == other).count();
            let (Some(one), Some(other)) = (from.get(shared), to.get(shared)) else { continue };
            let edge = format!("{} knows {}", from.join("::"), to.join("::"));
            let edges = rooms.entry(from[..shared].to_vec()).or_default();
            edges.entry((one.clone(), other.clone())).or_default().push(edge);
        }
        rooms.values().flat_map(circles_of).collect()
    }
}

/// The circles among one parent's children.
fn circles_of(edges: &BTreeMap<(String, String), Vec<String>>) -> Vec<String> {
    let nodes: BTreeSet<&String> = edges.keys().flat_map(|(from, to)| [from, to]).collect();
    let reached = |from: &String| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(at) = open.pop() {
            for (one, other) in edges.keys() {
                if *one == at && seen.insert(other.clone()) {
                    open.push(other.clone());
                }
            }
        }
        seen
    };
    let reach: BTreeMap<&String, BTreeSet<String>> =
        nodes.iter().map(|node| (*node, reached(node))).collect();
    let mut told = BTreeSet::new();
    let mut circles = Vec::new();
    for node in &nodes {
        let members: BTreeSet<&String> = nodes
            .iter()
            .filter(|other| reach[*node].contains(**other) && reach[**other].contains(*node))
            .copied()
            .collect();
        if members.is_empty() || !told.insert(members.clone()) {
            continue;
        }
        let names: Vec<&str> = members.iter().map(|name| name.as_str()).collect();
        let within: Vec<String> = edges
            .iter()
            .filter(|((one, other), _)| members.contains(one) && members.contains(other))
            .flat_map(|(_, by)| by.iter().take(2).cloned())
            .collect();
        circles.push(format!("{}: {}", names.join(" - "), within.join(", ")));
    }
    circles
}

fn child_of(module: &[String], name: &str) -> Module {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

/// The paths of a `use`, each with the name it gives to what is there.
fn leaves(tree: &syn::UseTree, mut prefix: Vec<String>) -> Vec<(Vec<String>, String)> {
    match tree {
        syn::UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            leaves(&path.tree, prefix)
        }
        syn::UseTree::Name(name) => {
            prefix.push(name.ident.to_string());
            vec![(prefix, name.ident.to_string())]
        }
        syn::UseTree::Rename(rename) => {
            prefix.push(rename.ident.to_string());
            vec![(prefix, rename.rename.to_string())]
        }
        syn::UseTree::Glob(_) => vec![(prefix, "*".to_owned())],
        syn::UseTree::Group(group) => {
            group.items.iter().flat_map(|tree| leaves(tree, prefix.clone())).collect()
        }
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else { return false };
        list.path.is_ident("cfg")
            && list.tokens.to_string().split(|c: char| !c.is_alphanumeric()).any(|word| word == "test")
    })
}

/// Collects the paths that begin with `crate`, `self` or `super`.
#[derive(Default)]
struct Paths {
    found: Vec<Vec<String>>,
}

impl Paths {
    /// Paths in what a macro is given.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.found.extend((path.len() > 1).then(|| std::mem::take(&mut path)));
                        path.clear();
                    }
                    path.push(ident.to_string());
                    colons = 0;
                    continue;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            self.found.extend((path.len() > 1).then(|| std::mem::take(&mut path)));
            path.clear();
            colons = 0;
        }
        self.found.extend((path.len() > 1).then_some(path));
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes = match item {
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Impl(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !is_test(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.found.extend(leaves(&item.tree, Vec::new()).into_iter().map(|(path, _)| path));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.found.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.tokens(mac.tokens.clone());
        visit::visit_macro(self, mac);
    }

    // `pub(super)` names no module that is used.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}

/// Root files of a package: its library, its programs.
#[must_use]
pub fn roots(package: &Path) -> Vec<PathBuf> {
    let source = package.join("src");
    let mut roots: Vec<PathBuf> = ["lib.rs", "main.rs"].iter().map(|name| source.join(name)).collect();
    for entry in fs::read_dir(source.join("bin")).into_iter().flatten().flatten() {
        roots.push(if entry.path().is_dir() { entry.path().join("main.rs") } else { entry.path() });
    }
    roots.retain(|file| file.is_file());
    roots
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The circles of a crate with these files.
    fn circles(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().expect("a parent")).expect("made");
            fs::write(file, text).expect("written");
        }
        Graph::read(&folder.path().join("lib.rs")).circles()
    }

    #[test]
    fn siblings_that_use_each_other_are_a_circle() {
        let found = circles(&[
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use super::b::B; use crate::c; pub struct A;"),
            ("b.rs", "pub struct B; fn f() { let _ = super::a::A; }"),
            ("c.rs", "pub fn alone() {}"),
        ]);
        assert_eq!(found, ["a - b: a knows b, b knows a"]);
    }

    #[test]
    fn circles_between_folders_are_found_however_deep_and_whatever_names_them() {
        let found = circles(&[
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a/mod.rs", "mod deep;"),
            ("a/deep.rs", "fn f() { println!(\"{}\", crate::b::number()); }"),
            ("b.rs", "use crate::c::{self, C}; pub fn number() -> u8 { 1 }"),
            ("c/mod.rs", "mod deep; pub struct C;"),
            ("c/deep.rs", "type X = super::super::a::Y;"),
        ]);
        assert_eq!(found, ["a - b - c: a::deep knows b, b knows c, c::deep knows a"]);
    }

    #[test]
    fn a_parent_that_hands_on_does_not_hide_a_circle() {
        let found = circles(&[
            ("lib.rs", "mod a; mod b; pub(crate) use a::{A as Renamed, Other};"),
            ("a.rs", "use crate::b::B; pub struct A;"),
            ("b.rs", "use super::Renamed; pub struct B;"),
        ]);
        assert_eq!(found, ["a - b: a knows b, b knows a"]);
    }

    #[test]
    fn parents_children_and_tests_may_know_each_other() {
        let found = circles(&[
            ("lib.rs", "mod a; mod b; pub use a::A; fn f() { b::g() }"),
            (
                "a.rs",
                "mod inner; pub use self::inner::I; pub struct A; #[cfg(test)] mod t { use crate::b::g; }",
            ),
            ("a/inner.rs", "use super::A; use crate::b; pub struct I;"),
            ("b.rs", "pub(in crate::a) fn g() {} #[cfg(test)] fn t() { crate::a::x() }"),
        ]);
        assert_eq!(found, [""; 0]);
    }
}
