//! The unit test of docs/consumer.md, word for word; and its manifest, which must name what this repository names.

include!(concat!(env!("OUT_DIR"), "/price.rs"));

#[test]
fn the_guides_manifest_asks_for_what_this_one_is_built_with() {
    let parse = |text: &str| text.parse::<toml::Table>().expect("TOML");
    let guide = parse(include_str!(concat!(env!("OUT_DIR"), "/Cargo.toml")));
    let own = parse(include_str!("../Cargo.toml"));
    let workspace = parse(include_str!("../../../Cargo.toml"));
    assert_eq!(guide["features"], own["features"]);
    let names = |manifest: &toml::Table| -> Vec<String> {
        manifest["dependencies"].as_table().expect("a table").keys().cloned().collect()
    };
    assert_eq!(names(&guide), names(&own));
    for (name, entry) in guide["dependencies"].as_table().expect("a table") {
        let version = entry.get("version");
        assert!(
            version.is_none() || version == workspace["workspace"]["dependencies"][name].get("version"),
            "{name}"
        );
        assert_eq!(entry.get("features"), own["dependencies"][name].get("features"), "{name}");
    }
}
