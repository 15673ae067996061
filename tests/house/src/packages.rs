//! Who may know whom, and whose code the programs contain.
//!
//! What cargo resolved is held against two tables: [`Rule`]s over our own packages, which are ARCHITECTURE's walls, and
//! `deny.toml` over foreign ones, in the format of `cargo deny`, which reads the same file.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use eyre::{Context as _, Result, bail, eyre};
use serde_json::Value;

/// One package as cargo resolved it.
#[derive(Clone, Debug)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its SPDX expression; empty when it declares a file instead.
    pub licence: String,
    /// Whether it lies in this repository.
    pub is_ours: bool,
    /// Its manifest's path.
    pub manifest: String,
    /// Ids of those it is linked with; what only builds or tests need is left out.
    pub linked: Vec<String>,
    /// Version requirements of everything it depends on, by name.
    pub wants: Vec<(String, String)>,
}

/// All packages by id.
#[derive(Clone, Debug, Default)]
pub struct Packages(pub BTreeMap<String, Package>);

/// What a package of ours may be linked with.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The packages it is about.
    pub of: &'static [&'static str],
    /// Why.
    pub because: &'static str,
    /// What they may not reach.
    pub wall: Wall,
}

/// The kinds of wall.
#[derive(Clone, Copy, Debug)]
pub enum Wall {
    /// None of these, at any depth.
    Never(&'static [&'static str]),
    /// None of these at first hand.
    NotDirectly(&'static [&'static str]),
    /// Of our own packages these only, at any depth.
    OursOnly(&'static [&'static str]),
    /// None whose folder lies below this one.
    NotBelow(&'static str),
    /// The other way round: of our own packages these only know them at first hand.
    KnownOnlyBy(&'static [&'static str]),
}

impl Packages {
    /// Asks cargo, for the lock file as it is.
    ///
    /// # Errors
    /// When cargo fails, with its words.
    pub fn read(root: &Path) -> Result<Self> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        let output = Command::new(cargo)
            .current_dir(root)
            .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &host])
            .output()
            .wrap_err("cargo metadata")?;
        if !output.status.success() {
            bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
        }
        let told: Value = serde_json::from_slice(&output.stdout)?;
        let mut found = BTreeMap::new();
        for package in list(&told["packages"]) {
            let wants = list(&package["dependencies"])
                .iter()
                .map(|one| (text(one, "name"), text(one, "req")))
                .collect();
            // Engines we patch lie in the tree, but are others'.
            let manifest = text(package, "manifest_path");
            let is_ours = package["source"].is_null() && !manifest.contains("/third_party/");
            let (name, version, licence) =
                (text(package, "name"), text(package, "version"), text(package, "license"));
            found.insert(
                text(package, "id"),
                Package { name, version, licence, is_ours, manifest, linked: vec![], wants },
            );
        }
        for node in list(&told["resolve"]["nodes"]) {
            let is_linked = |one: &&Value| list(&one["dep_kinds"]).iter().any(|kind| kind["kind"].is_null());
            let linked = list(&node["deps"]).iter().filter(is_linked).map(|one| text(one, "pkg")).collect();
            let id = text(node, "id");
            found.get_mut(&id).ok_or_else(|| eyre!("cargo did not describe {id}"))?.linked = linked;
        }
        Ok(Self(found))
    }

    /// Ids of everything linked into the package of ours with that name, itself included.
    fn reach(&self, name: &str) -> BTreeSet<&str> {
        let mut open: Vec<&str> =
            self.ours().filter(|(_, one)| one.name == name).map(|(id, _)| id.as_str()).collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(self.0.get(id).into_iter().flat_map(|one| &one.linked).map(String::as_str));
            }
        }
        seen
    }

    fn ours(&self) -> impl Iterator<Item = (&String, &Package)> {
        self.0.iter().filter(|(_, one)| one.is_ours)
    }

    fn is_direct(&self, of: &str, id: &str) -> bool {
        self.ours().any(|(_, one)| one.name == of && one.linked.iter().any(|linked| linked == id))
    }

    fn is_first_hand(&self, of: &Package, name: &str) -> bool {
        of.linked.iter().any(|id| self.0.get(id).is_some_and(|one| one.name == name))
    }

    /// Walls that are broken, and rules about packages that do not exist.
    #[must_use]
    pub fn broken_walls(&self, rules: &[Rule]) -> Vec<String> {
        let mut wrong = Vec::new();
        for rule in rules {
            for of in rule.of {
                let reached = self.reach(of);
                if reached.is_empty() {
                    wrong.push(format!("there is no package {of}, but a rule about it"));
                }
                if let Wall::KnownOnlyBy(names) = rule.wall {
                    let by = self.ours().filter(|(_, one)| self.is_first_hand(one, of));
                    let others = by.filter(|(_, one)| !names.contains(&one.name.as_str()));
                    wrong.extend(others.map(|(_, one)| format!("{} knows {of}: {}", one.name, rule.because)));
                    continue;
                }
                let mut known: BTreeSet<&str> = BTreeSet::new();
                for id in reached.iter().filter(|id| self.0.get(**id).is_some_and(|one| one.name != *of)) {
                    let other = &self.0[*id];
                    let is_broken = match rule.wall {
                        Wall::Never(names) => names.contains(&other.name.as_str()),
                        Wall::NotDirectly(names) => {
                            names.contains(&other.name.as_str()) && self.is_direct(of, id)
                        }
                        Wall::OursOnly(names) => other.is_ours && !names.contains(&other.name.as_str()),
                        Wall::NotBelow(folder) => other.is_ours && other.manifest.contains(folder),
                        Wall::KnownOnlyBy(_) => false,
                    };
                    if is_broken && known.insert(&other.name) {
                        wrong.push(format!("{of} knows {}: {}", other.name, rule.because));
                    }
                }
            }
        }
        wrong
    }

    /// What in the foreign code of `programs` deny.toml does not allow, and what it says in vain.
    ///
    /// # Errors
    /// When deny.toml does not parse.
    pub fn denied(&self, programs: &[&str], deny: &str) -> Result<Vec<String>> {
        let deny: toml::Table = deny.parse().wrap_err("deny.toml")?;
        let reached: BTreeSet<&str> = programs.iter().flat_map(|name| self.reach(name)).collect();
        let foreign: Vec<&Package> =
            reached.iter().filter_map(|id| self.0.get(*id)).filter(|one| !one.is_ours).collect();
        let mut wrong = licences(&foreign, &entries(&deny, "licenses", "allow"));
        wrong.extend(banned(&foreign, &entries(&deny, "bans", "deny")));
        wrong.extend(doubles(&foreign, &entries(&deny, "bans", "skip")));
        Ok(wrong)
    }

    /// Dependencies of our packages that are not pinned to one version, but for `exempt`.
    #[must_use]
    pub fn unpinned(&self, exempt: &[&str]) -> Vec<String> {
        let ours: BTreeSet<&str> = self.ours().map(|(_, one)| one.name.as_str()).collect();
        let mut wrong: Vec<String> = Vec::new();
        for (_, package) in self.ours() {
            for (name, wanted) in &package.wants {
                let is_free = !wanted.starts_with('=') && !ours.contains(name.as_str());
                if is_free && !exempt.contains(&name.as_str()) {
                    wrong.push(format!("{} wants {name} {wanted}: name one version, =x.y.z", package.name));
                }
            }
        }
        wrong
    }
}

/// One entry of deny.toml.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    name: String,
    /// The major version it is about; empty: all.
    major: String,
    reason: String,
}

fn entries(deny: &toml::Table, section: &str, key: &str) -> Vec<Entry> {
    let found = deny.get(section).and_then(|section| section.get(key)).and_then(toml::Value::as_array);
    found.into_iter().flatten().map(entry).collect()
}

fn entry(value: &toml::Value) -> Entry {
    let field = |key: &str| value.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    let named = value.as_str().map_or_else(|| field("crate"), str::to_owned);
    let (name, major) = named.split_once('@').unwrap_or((&named, ""));
    Entry { name: name.to_owned(), major: major.to_owned(), reason: field("reason") }
}

fn licences(foreign: &[&Package], allowed: &[Entry]) -> Vec<String> {
    let names: BTreeSet<&str> = allowed.iter().map(|one| one.name.as_str()).collect();
    let mut used = BTreeSet::new();
    let mut wrong = Vec::new();
    for package in foreign {
        match choose(&package.licence, &names) {
            Some(chosen) => used.extend(chosen),
            None if package.licence.is_empty() => wrong.push(format!("{} declares no licence", package.name)),
            None => wrong.push(format!("{}: licence {} is not allowed", package.name, package.licence)),
        }
    }
    let idle = names
        .difference(&used.iter().map(String::as_str).collect())
        .map(|name| format!("licence {name} is allowed in vain"))
        .collect::<Vec<_>>();
    wrong.extend(idle);
    wrong
}

/// The licences of an SPDX expression that are taken: all of an AND, the first allowed of an OR. `None` when it cannot
/// be met.
fn choose(expression: &str, allowed: &BTreeSet<&str>) -> Option<Vec<String>> {
    let expression = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = expression.split_whitespace().collect();
    let mut rest = words.as_slice();
    let chosen = either(&mut rest, allowed);
    if rest.is_empty() { chosen } else { None }
}

fn either(rest: &mut &[&str], allowed: &BTreeSet<&str>) -> Option<Vec<String>> {
    let mut chosen = all(rest, allowed);
    while let ["OR", tail @ ..] = *rest {
        *rest = tail;
        let other = all(rest, allowed);
        chosen = chosen.or(other);
    }
    chosen
}

fn all(rest: &mut &[&str], allowed: &BTreeSet<&str>) -> Option<Vec<String>> {
    let mut chosen = one(rest, allowed);
    while let ["AND", tail @ ..] = *rest {
        *rest = tail;
        let other = one(rest, allowed);
        chosen = chosen.zip(other).map(|(mut some, more)| {
            some.extend(more);
            some
        });
    }
    chosen
}

fn one(rest: &mut &[&str], allowed: &BTreeSet<&str>) -> Option<Vec<String>> {
    let (first, tail) = rest.split_first()?;
    *rest = tail;
    if *first == "(" {
        let chosen = either(rest, allowed);
        *rest = rest.strip_prefix(&[")"])?;
        return chosen;
    }
    let mut name = (*first).to_owned();
    if let ["WITH", exception, tail @ ..] = *rest {
        name = format!("{name} WITH {exception}");
        *rest = tail;
    }
    allowed.contains(name.as_str()).then(|| vec![name])
}

fn banned(foreign: &[&Package], deny: &[Entry]) -> Vec<String> {
    let is_banned = |package: &&&Package| deny.iter().find(|one| one.name == package.name).cloned();
    foreign
        .iter()
        .filter_map(|package| {
            is_banned(&package).map(|one| format!("{} is banned: {}", one.name, one.reason))
        })
        .collect()
}

/// Crates of which several majors are linked, but for those deny.toml excuses; and excuses nobody needs.
fn doubles(foreign: &[&Package], skip: &[Entry]) -> Vec<String> {
    let mut majors: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for package in foreign {
        majors.entry(&package.name).or_default().insert(major(&package.version));
    }
    let excuse = |name: &str, major: &str| skip.iter().find(|one| one.name == name && one.major == major);
    let mut wrong = Vec::new();
    for (name, found) in majors.iter().filter(|(_, found)| found.len() > 1) {
        let loose: Vec<&str> =
            found.iter().filter(|major| excuse(name, major).is_none()).map(String::as_str).collect();
        if loose.len() > 1 {
            wrong.push(format!(
                "{name} is linked in majors {}; excuse all but one in deny.toml, or take one",
                loose.join(", ")
            ));
        }
    }
    for one in skip {
        let is_double =
            majors.get(one.name.as_str()).is_some_and(|found| found.len() > 1 && found.contains(&one.major));
        if !is_double {
            wrong.push(format!("deny.toml excuses {}@{} in vain", one.name, one.major));
        }
        if one.reason.is_empty() {
            wrong.push(format!("deny.toml excuses {}@{} without a reason", one.name, one.major));
        }
    }
    wrong
}

/// The part of a version that promises compatibility.
fn major(version: &str) -> String {
    let mut parts = version.split('.');
    match (parts.next().unwrap_or_default(), parts.next().unwrap_or_default()) {
        ("0", minor) => format!("0.{minor}"),
        (major, _) => major.to_owned(),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(
        name: &str,
        version: &str,
        licence: &str,
        is_ours: bool,
        linked: &[&str],
    ) -> (String, Package) {
        let linked = linked.iter().map(|name| (*name).to_owned()).collect();
        let wants = vec![("serde".to_owned(), "^1".to_owned())];
        let manifest = format!("/r/tests/{name}/Cargo.toml");
        let (name, version, licence) = (name.to_owned(), version.to_owned(), licence.to_owned());
        (format!("{name}@{version}"), Package { name, version, licence, is_ours, manifest, linked, wants })
    }

    fn some() -> Packages {
        Packages(BTreeMap::from([
            package("pure", "0.1.0", "MIT", true, &["middle@1.0.0"]),
            package("middle", "1.0.0", "MIT OR GPL-3.0", false, &["tokio@1.2.0", "dice@0.3.1", "dice@0.4.0"]),
            package("tokio", "1.2.0", "MIT AND Zlib", false, &[]),
            package("dice", "0.3.1", "GPL-3.0", false, &[]),
            package("dice", "0.4.0", "MIT", false, &[]),
            package("keys", "0.1.0", "MIT", true, &["pure@0.1.0"]),
        ]))
    }

    #[test]
    fn walls_bite_at_every_depth() {
        let never = Rule { of: &["pure"], because: "it has no clock", wall: Wall::Never(&["tokio"]) };
        assert_eq!(some().broken_walls(&[never]), ["pure knows tokio: it has no clock"]);
        let only = Rule { of: &["keys"], because: "nobody else", wall: Wall::OursOnly(&[]) };
        assert_eq!(some().broken_walls(&[only]), ["keys knows pure: nobody else"]);
        let direct = Rule { of: &["pure"], because: "", wall: Wall::NotDirectly(&["tokio"]) };
        assert_eq!(some().broken_walls(&[direct]), [""; 0], "its dependency's is not its own");
        let direct = Rule { of: &["pure"], because: "no", wall: Wall::NotDirectly(&["middle"]) };
        assert_eq!(some().broken_walls(&[direct]), ["pure knows middle: no"]);
        let below = Rule { of: &["keys"], because: "shipped", wall: Wall::NotBelow("/tests/") };
        assert_eq!(some().broken_walls(&[below]), ["keys knows pure: shipped"]);
        let known = |by| Rule { of: &["pure"], because: "secret", wall: Wall::KnownOnlyBy(by) };
        assert_eq!(some().broken_walls(&[known(&[])]), ["keys knows pure: secret"]);
        assert_eq!(some().broken_walls(&[known(&["keys"])]), [""; 0]);
        let gone = Rule { of: &["gone"], because: "", wall: Wall::Never(&[]) };
        assert_eq!(some().broken_walls(&[gone]).len(), 1);
    }

    #[test]
    fn deny_bites_on_licences_bans_and_doubles() {
        let deny = "[licenses]\nallow = [\"MIT\", \"ISC\"]\n[bans]\ndeny = [{ crate = \"tokio\", reason = \"slow\" }]\n\
                    skip = [{ crate = \"serde@1\", reason = \"x\" }]";
        let wrong = some().denied(&["pure"], deny).expect("it parses");
        assert_eq!(
            wrong,
            [
                "dice: licence GPL-3.0 is not allowed",
                "tokio: licence MIT AND Zlib is not allowed",
                "licence ISC is allowed in vain",
                "tokio is banned: slow",
                "dice is linked in majors 0.3, 0.4; excuse all but one in deny.toml, or take one",
                "deny.toml excuses serde@1 in vain",
            ]
        );
        let deny = "[licenses]\nallow = [\"MIT\", \"GPL-3.0\", \"Zlib\"]\n[bans]\nskip = [{ crate = \"dice@0.3\", reason = \"old\" }]";
        assert_eq!(some().denied(&["pure"], deny).expect("it parses"), [""; 0]);
        assert!(some().denied(&["pure"], "[").is_err());
    }

    #[test]
    fn licences_are_chosen_as_spdx_says() {
        let allowed = BTreeSet::from(["MIT", "Apache-2.0 WITH LLVM-exception", "ISC"]);
        for met in [
            "MIT",
            "GPL-3.0 OR MIT",
            "MIT/GPL-3.0",
            "(GPL-3.0 OR MIT) AND ISC",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(choose(met, &allowed).is_some(), "{met}");
        }
        for unmet in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT OR ISC) AND GPL-3.0",
            "MIT AND (GPL-3.0 OR X)",
            "MIT AND (ISC",
        ] {
            assert!(choose(unmet, &allowed).is_none(), "{unmet}");
        }
    }

    #[test]
    fn unpinned_names_every_free_requirement() {
        assert_eq!(some().unpinned(&[]).len(), 2);
        assert_eq!(some().unpinned(&["serde"]), [""; 0]);
    }
}
