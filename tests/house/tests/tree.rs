//! The rules of `house_tests` held against this repository.

use std::{fs, path::Path, process::Command};

use house_tests::{
    documents, expect_nothing, files,
    modules::{Graph, roots},
    packages::{Packages, Rule, Wall},
    read, root, text,
    verbs::Contract,
};

const CONTRACTS: &[&str] =
    &["router", "coordinator", "allow-list", "consumer-example", "link-token", "price-feed"];
const CONTRACT_FOLDERS: &[&str] = &[
    "router",
    "coordinator",
    "allow-list",
    "consumer-example",
    "dev-contracts/link-token",
    "dev-contracts/price-feed",
];
const SHIPPED: &[&str] = &["functions-cli", "functions-node", "functions-sandbox", "devchain"];
const DICE: &[&str] = &["rand", "getrandom"];

/// ARCHITECTURE's walls.
const WALLS: &[Rule] = &[
    Rule {
        of: &["oracle-ocr", "oracle-ceremony", "oracle-vault"],
        because: "protocols have no clock, socket or disk",
        wall: Wall::Never(&["tokio", "libp2p", "sqlx", "reqwest"]),
    },
    Rule {
        of: &["functions-rules", "functions-types", "functions-report", "functions-tdh2"],
        because: "rules, codecs and cryptography are pure",
        wall: Wall::Never(&["tokio", "libp2p", "sqlx", "reqwest"]),
    },
    Rule {
        of: &[
            "oracle-ocr",
            "oracle-ceremony",
            "oracle-vault",
            "functions-rules",
            "functions-types",
            "functions-report",
            "functions-tdh2",
        ],
        because: "what is random comes from outside",
        wall: Wall::NotDirectly(DICE),
    },
    Rule {
        of: &["functions-tdh2"],
        because: "what sees secrets knows as little as possible",
        wall: Wall::OursOnly(&["functions-types"]),
    },
    Rule {
        of: &["oracle-ceremony", "oracle-vault"],
        because: "what makes keys, or stores and opens secrets, knows as little as possible",
        wall: Wall::OursOnly(&["functions-tdh2", "functions-types"]),
    },
    Rule {
        of: &["oracle-ceremony"],
        because: "the keys that come out of a ceremony stay where private keys are read",
        wall: Wall::KnownOnlyBy(&["oracle-keys"]),
    },
    Rule {
        of: &["oracle-gateway"],
        because: "who takes strangers' messages has no keys and runs nothing",
        wall: Wall::OursOnly(&["functions-types"]),
    },
    Rule {
        of: &["oracle-frames"],
        because: "it is what strangers' scripts reach",
        wall: Wall::OursOnly(&["functions-types"]),
    },
    Rule {
        of: &["functions-sandbox"],
        because: "the process that runs strangers' scripts holds nothing",
        wall: Wall::OursOnly(&["oracle-frames", "functions-types"]),
    },
    Rule {
        of: &["functions-sandbox"],
        because: "scripts have no network, files or dice but the broker's",
        wall: Wall::Never(&["reqwest", "hyper", "libp2p", "sqlx"]),
    },
    Rule {
        of: &["functions-node", "functions-cli"],
        because: "scripts run in a process of their own",
        wall: Wall::Never(&["deno_core", "v8x"]),
    },
    Rule {
        of: &["oracle-keys"],
        because: "private keys are read in one place, for the node alone",
        wall: Wall::KnownOnlyBy(&["functions-node"]),
    },
    Rule {
        of: &["oracle-runner", "oracle-net", "oracle-ocr"],
        because: "who runs scripts, reaches peers or agrees is handed no keys",
        wall: Wall::Never(&["oracle-keys"]),
    },
    Rule {
        of: &["oracle-keys"],
        because: "what sees keys knows as little as possible",
        wall: Wall::OursOnly(&["functions-report", "functions-tdh2", "functions-types", "oracle-ceremony"]),
    },
    Rule {
        of: CONTRACTS,
        because: "contracts run on chain",
        wall: Wall::OursOnly(&[
            "functions-abi",
            "functions-consumer",
            "functions-contract",
            "functions-report",
            "functions-rules",
            "functions-types",
        ]),
    },
    Rule {
        of: &["functions-node"],
        because: "a node knows real chains only",
        wall: Wall::Never(&["devchain", "revm", "wasmi", "stylus-program"]),
    },
    Rule { of: SHIPPED, because: "what is shipped contains no tests", wall: Wall::NotBelow("/tests/") },
];

#[test]
fn packages_know_only_what_the_architecture_allows() {
    let packages = Packages::read(&root()).expect("cargo answers");
    expect_nothing("walls between packages are broken", &packages.broken_walls(WALLS));
}

#[test]
fn foreign_code_is_licensed_wanted_and_there_once() {
    let packages = Packages::read(&root()).expect("cargo answers");
    let programs = [SHIPPED, CONTRACTS].concat();
    let wrong = packages.denied(&programs, &read(&root().join("deny.toml"))).expect("deny.toml parses");
    expect_nothing("deny.toml and the packages do not agree", &wrong);
}

#[test]
fn versions_are_exact() {
    let packages = Packages::read(&root()).expect("cargo answers");
    expect_nothing("requirements that name no single version", &packages.unpinned(&[]));
}

#[test]
fn modules_form_no_circles() {
    let root = root();
    let mut wrong = Vec::new();
    for manifest in files(&root, &["toml"]).iter().filter(|path| path.ends_with("Cargo.toml")) {
        let package = root.join(manifest.parent().unwrap_or(Path::new("")));
        for file in roots(&package) {
            let name = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
            wrong.extend(Graph::read(&file).circles().into_iter().map(|circle| format!("{name}: {circle}")));
        }
    }
    expect_nothing("circles between modules; move what both need to a third, or to their parent", &wrong);
}

#[test]
fn files_and_comments_are_short() {
    let root = root();
    let wrong: Vec<String> = files(&root, &["rs"])
        .iter()
        .flat_map(|file| text::judge(&file.display().to_string(), &read(&root.join(file))))
        .collect();
    expect_nothing("too long", &wrong);
}

#[test]
fn contracts_say_how_they_fail_and_what_they_log() {
    let root = root();
    let mut wrong = Vec::new();
    for package in CONTRACT_FOLDERS {
        let mut contract = Contract::default();
        for folder in ["crates/contract/src", &format!("{package}/src")] {
            for file in files(&root.join(folder), &["rs"]) {
                let module = file.file_stem().and_then(|name| name.to_str()).expect("a name");
                contract.add(module, &read(&root.join(folder).join(&file)));
            }
        }
        assert!(contract.verbs() > 0, "{package} has no verbs");
        wrong.extend(contract.silent().into_iter().map(|what| format!("{package}: {what}")));
    }
    expect_nothing("verbs of contracts do not say how they fail or what they log", &wrong);
}

/// What `scripts/dist` packs of the documents, and the README it gives the archive.
fn handed_on(script: &str) -> Vec<&str> {
    let listed = script.lines().find_map(|line| line.strip_prefix("git ls-files -z ")?.split_once(" | "));
    let (names, _) = listed.expect("scripts/dist lists what it packs");
    names.split(' ').chain(["README.md"]).collect()
}

#[test]
fn documents_name_what_exists() {
    let root = root();
    let script = read(&root.join("scripts/dist"));
    let handed_on = handed_on(&script);
    assert!(handed_on.iter().all(|name| root.join(name).exists()), "scripts/dist packs {handed_on:?}");
    let mut wrong = Vec::new();
    for file in files(&root, &["md"]) {
        let text = read(&root.join(&file));
        wrong.extend(documents::dead_links(&root, &file, &text));
        wrong.extend(documents::links_out(&handed_on, &file, &text));
        if file == Path::new("ARCHITECTURE.md") {
            wrong.extend(documents::dead_paths(&root, &file, &text));
        }
    }
    expect_nothing("documents name what is not there", &wrong);
}

/// What a person types explains itself, and README names it.
#[test]
fn scripts_explain_themselves() {
    let root = root();
    let readme = read(&root.join("README.md"));
    let mut wrong = Vec::new();
    for entry in fs::read_dir(root.join("scripts")).expect("the scripts") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        // What has an extension or lies in a folder is for the other scripts; the demo's help is its program's.
        if path.is_dir() || path.extension().is_some() {
            continue;
        }
        if !readme.contains(&format!("./scripts/{name}")) && name != "build" {
            wrong.push(format!("README does not name ./scripts/{name}"));
        }
        if name != "demo" {
            let help = Command::new(&path).arg("--help").current_dir(&root).output().expect("it starts");
            let text = String::from_utf8_lossy(&help.stdout);
            if !help.status.success() || text.lines().count() < 2 {
                wrong.push(format!("./scripts/{name} --help: {}, {text:?}", help.status));
            }
        }
    }
    expect_nothing("scripts do not explain themselves", &wrong);
}
