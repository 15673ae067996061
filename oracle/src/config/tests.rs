//! Every refusal names its key and a remedy.

use super::*;

const GOOD: &str = r#"
data_dir = "data"
[keys]
keystore = "keystore.json"
password_file = "password"
[chain]
rpc_urls = ["http://127.0.0.1:8547"]
chain_id = 412346
router = "0x3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E"
don_id = "fun-local-1"
[net]
listen = "/ip4/127.0.0.1/tcp/9001"
[runner]
allow_http = ["127.0.0.1:8080"]
"#;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, "node.toml", Path::new("/srv/node"))
}

#[test]
fn parse_fills_defaults_and_resolves_paths() {
    let config = parse(GOOD).expect("valid");
    assert_eq!(config.data_dir, Path::new("/srv/node/data"));
    assert_eq!(config.database.url, "sqlite:///srv/node/data/journal.sqlite");
    assert_eq!(config.chain.exec_confirmations, 1);
    assert_eq!(config.chain.don_id.to_string(), "fun-local-1");
    assert!(config.admin.listen.ip().is_loopback());
    assert_eq!(config.log.format, LogFormat::Text);
}

#[test]
fn parse_names_key_and_remedy_when_refused() {
    // (what is replaced, by what, key named, part of the problem or remedy)
    let table = [
        ("chain_id = 412346", "chain_id = 0", "chain.chain_id", "outside"),
        ("chain_id = 412346", "chain_id = \"x\"", "chain.chain_id", "invalid type"),
        ("chain_id = 412346", "", "chain.chain_id", "missing field `chain_id`"),
        ("data_dir = \"data\"", "", "data_dir", "add the key"),
        ("chain_id = 412346", "chain_id = 412346\nchainid = 1", "chain.chainid", "unknown field"),
        ("data_dir = \"data\"", "data_dir = \"data\"\nverbose = true", "verbose", "unknown field"),
        ("[net]", "[nett]", "nett", "unknown field"),
        ("\"http://127.0.0.1:8547\"", "\"ws://127.0.0.1:8547\"", "chain.rpc_urls", "use http://"),
        ("\"http://127.0.0.1:8547\"", "", "chain.rpc_urls", "at least one"),
        ("chain_id = 412346", "chain_id = 412346\nagree = 0", "chain.agree", "at least 1"),
        ("chain_id = 412346", "chain_id = 412346\nagree = 2", "chain.agree", "names 1"),
        (
            "rpc_urls = [\"http://127.0.0.1:8547\"]",
            "agree = 2\nrpc_urls = [\"http://127.0.0.1:8547/a\", \"http://127.0.0.1:8547/b\"]",
            "chain.agree",
            "different providers",
        ),
        ("\"http://127.0.0.1:8547\"", "\"not a url\"", "chain.rpc_urls", "correct the value"),
        ("\"fun-local-1\"", "\"a-name-that-is-far-longer-than-the-thirty-one\"", "chain.don_id", "31 ASCII"),
        ("\"fun-local-1\"", "\"0x12\"", "chain.don_id", "64 hex"),
        (
            "0x3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E",
            "0x0000000000000000000000000000000000000000",
            "chain.router",
            "zero",
        ),
        ("0x3f1Eae7D", "0x3f1eae7D", "chain.router", "checksum in its capitals is wrong"),
        ("/ip4/127.0.0.1/tcp/9001", "127.0.0.1:9001", "net.listen", "multiaddress"),
        (
            "chain_id = 412346",
            "chain_id = 412346\nidentity_hash = \"0x12\"",
            "chain.identity_hash",
            "correct",
        ),
        (
            "chain_id = 412346",
            "chain_id = 412346\nmax_head_age_seconds = 90000",
            "chain.max_head_age_seconds",
            "outside",
        ),
        (
            "chain_id = 412346",
            "chain_id = 412346\nether_reserve_reports = 10001",
            "chain.ether_reserve_reports",
            "outside",
        ),
        ("127.0.0.1:8080", "http://127.0.0.1", "runner.allow_http", "HOST:PORT"),
        ("[runner]", "[runner]\nmax_concurrent = 0", "runner.max_concurrent", "outside 1 to 64"),
        ("[net]", "[database]\nurl = \"mysql://x\"\n[net]", "database.url", "unknown scheme"),
        ("[net]", "[admin]\nlisten = \"here\"\n[net]", "admin.listen", "correct the value"),
        ("[net]", "[log]\nformat = \"xml\"\n[net]", "log.format", "correct the value"),
    ];
    for (from, to, key, part) in table {
        assert!(GOOD.contains(from), "{from} is in the sample");
        let err = parse(&GOOD.replacen(from, to, 1)).expect_err(to);
        assert!(err.key == key && err.to_string().contains(part), "{to:?} gave {err}");
    }
}

#[test]
fn don_id_reads_text_and_hex() {
    let text = DonId::parse("fun-local-1").expect("text");
    assert_eq!(DonId::parse(&text.0.to_string()).expect("hex"), text);
}

#[test]
fn log_levels_are_levels() {
    let filter = |level: &str| LogSection { level: level.to_owned(), format: LogFormat::Text }.filter();
    for good in ["info", "WARN", "off", "info,functions_node=debug", "functions_node=trace", "[span]=debug"] {
        assert!(filter(good).is_ok(), "{good}");
    }
    assert!(filter("inof").expect_err("no level").contains("did you mean info?"));
    for bad in ["", "inof", "info,functions_node", "verbose", "info,a=b=c"] {
        assert!(filter(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_journal_is_beside_the_configuration_wherever_the_process_stands() {
    let resolved = |url: &str| {
        let text = GOOD.replacen("[net]", &format!("[database]\nurl = {url:?}\n[net]"), 1);
        parse(&text).expect(url).database.url
    };
    assert_eq!(resolved("sqlite://journal.sqlite"), "sqlite:///srv/node/journal.sqlite");
    assert_eq!(resolved("sqlite:a/j.sqlite?mode=rwc"), "sqlite:///srv/node/a/j.sqlite?mode=rwc");
    for kept in ["sqlite:///var/j.sqlite", "sqlite:/var/j.sqlite", "postgres://user@host/database"] {
        assert_eq!(resolved(kept), kept);
    }
}
