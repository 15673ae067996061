//! `functions simulate`: scripts nobody has seen before, in the node's sandbox and under its limits.

mod common;

use common::{Folder, Said, functions, functions_with};
use examples_tests::{Clock, Server, all};
use serde_json::{Value, json};

/// Simulates a script with `--json` and more options.
async fn simulate(source: &str, more: &[&str]) -> Said {
    let folder = Folder::new();
    let file = folder.file("script.js", source);
    functions(&[&["simulate", "--json", "--source", &file], more].concat()).await
}

/// The word of a number, in hex.
fn word(value: u64) -> String {
    format!("0x{value:064x}")
}

#[tokio::test]
async fn a_result_is_one_json_object() {
    let script = "console.log('sum of', args, bytesArgs);\n\
                  return Functions.encodeUint256(args.map(BigInt).reduce((a, b) => a + b) + BigInt(bytesArgs[0]));";
    let options = ["--args", "[\"40\", \"1\"]", "--bytes-args", "[\"0x01\"]", "--returns", "uint256"];
    let said = simulate(script, &options).await;
    let json = said.json();
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert_eq!(json["result"], word(42));
    assert_eq!(json["error"], Value::Null);
    assert_eq!(json["decoded"], "42");
    assert_eq!(json["console"], json!(["sum of [ \"40\", \"1\" ] [ \"0x01\" ]"]));
    assert_eq!(json["http"], json!([]));
    assert_eq!(json["profile"], "default");
    assert_eq!(json["limits"]["responseBytes"], 512);
    assert!(json["cpuMs"].as_f64().unwrap() > 0.0, "{json}");
    let memory = json["memoryBytes"].as_u64().unwrap();
    assert!((1 << 20..256 << 20).contains(&memory), "{memory} bytes");
}

#[tokio::test]
async fn people_are_told_of_a_hundred_queries_and_of_how_many_more() {
    let source = "for (let i = 0; i < 130; i++) await fetch('http://10.0.0.1').catch(() => 0);\nreturn new Uint8Array(1)";
    let folder = Folder::new();
    let file = folder.file("many.js", source);
    let said = functions(&["simulate", "--source", &file]).await;
    let listed = said.stdout.lines().filter(|line| line.starts_with("http      GET")).count();
    assert_eq!(listed, 100, "{}", said.stdout);
    assert!(said.stdout.contains("… and 30 more; --json has all"), "{}", said.stdout);
}

#[tokio::test]
async fn errors_of_scripts_are_their_outcome() {
    let cases = [
        ("throw Error('no price')", "no price"),
        ("throw 'a text'", "a text"),
        ("throw { code: 1 }", "invalid value thrown of type object"),
        ("return 5", "returned value not an ArrayBuffer or Uint8Array"),
        ("return new Uint8Array(513)", "response >512 bytes"),
        ("return (", "syntax error, RAM exceeded, or other error: syntax"),
        ("Deno.readTextFileSync('/etc/passwd')", "attempted access to blocked resource detected"),
    ];
    for (script, error) in cases {
        let said = simulate(script, &[]).await;
        assert_eq!(said.code, Some(0), "{script}");
        assert_eq!(
            (said.json()["error"].as_str(), &said.json()["result"]),
            (Some(error), &Value::Null),
            "{script}"
        );
    }
}

#[tokio::test]
async fn the_classic_profile_has_the_documented_limits() {
    let said = simulate("return new Uint8Array(257)", &["--profile", "classic"]).await;
    assert_eq!(said.json()["error"], "response >256 bytes");
    let said = simulate("return (", &["--profile", "classic"]).await;
    assert_eq!(said.json()["error"], "syntax error, RAM exceeded, or other error");
    assert_eq!(said.json()["limits"]["executionMs"], 10_000);
}

#[tokio::test]
async fn strict_time_is_the_blocks_and_repeats() {
    let script = "return Functions.encodeString([Date.now(), Math.random(), crypto.randomUUID()].join())";
    let options = ["--timestamp", "1700000000", "--returns", "string"];
    let first = simulate(script, &options).await.json();
    let second = simulate(script, &options).await.json();
    assert!(first["decoded"].as_str().unwrap().starts_with("1700000000000,"), "{first}");
    assert_eq!(first["result"], second["result"]);
    let compat =
        simulate(script, &["--timestamp", "1700000000", "--mode", "compat", "--returns", "string"]).await;
    assert!(!compat.json()["decoded"].as_str().unwrap().starts_with("1700000000000,"), "{}", compat.stdout);
}

#[tokio::test]
async fn results_are_decoded_as_asked() {
    let cases = [
        ("return Functions.encodeInt256(-5n)", "int256", Some("-5")),
        ("return Functions.encodeString('é✓')", "string", Some("é✓")),
        ("return new Uint8Array([1, 255])", "bytes", Some("0x01ff")),
        ("return new Uint8Array(0)", "uint256", Some("0")),
        ("return new Uint8Array(33)", "uint256", None),
        ("return new Uint8Array([255])", "string", None),
    ];
    for (script, returns, decoded) in cases {
        let json = simulate(script, &["--returns", returns]).await.json();
        assert_eq!(json["decoded"].as_str(), decoded, "{script}");
        assert_eq!(json["decodeError"].is_string(), decoded.is_none(), "{script}");
    }
}

#[tokio::test]
async fn an_error_points_at_its_line_and_column() {
    let script = "const a = 1;\n\n  null.price;\nreturn a;";
    let json = simulate(script, &[]).await.json();
    assert_eq!(json["position"]["line"], 3, "{json}");
    let folder = Folder::new();
    let file = folder.file("broken.js", "const a = 1;\nreturn a +* 2;");
    let said = functions(&["simulate", "--source", &file]).await;
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stdout.contains("broken.js:2:"), "{}", said.stdout);
    assert!(said.stderr.contains("return a +* 2;"), "the line is shown: {}", said.stderr);
}

#[tokio::test]
async fn every_example_simulates_to_its_expected_bytes() {
    let server = Server::start(0, Clock::System).await.unwrap();
    let folder = Folder::new();
    for example in all() {
        let file = folder.file(example.file, example.source);
        let args = serde_json::to_string(&example.args(&server)).unwrap();
        let secrets = folder.file("secrets.json", serde_json::to_vec(&example.secrets).unwrap());
        let host = server.host();
        let said = functions(&[
            "simulate",
            "--json",
            "--source",
            &file,
            "--args",
            &args,
            "--secrets",
            &secrets,
            "--returns",
            example.returns,
            "--allow-http",
            &host,
            "--nodes",
            "2",
        ])
        .await;
        let json = said.json();
        let expected = format!("0x{}", hex::encode(&example.expected));
        assert_eq!(json["result"], expected, "{}: {json}", example.file);
        assert_eq!(json["http"].as_array().map(Vec::len), Some(example.queries), "{}", example.file);
        assert_eq!(json["nodes"]["agree"], true, "{}", example.file);
        for secret in example.secrets.values() {
            assert!(!said.stdout.contains(secret.as_str()), "{} prints a secret", example.file);
        }
    }
}

#[tokio::test]
async fn private_addresses_are_refused_unless_allowed() {
    let server = Server::start(0, Clock::System).await.unwrap();
    let script = format!(
        "const r = await Functions.makeHttpRequest({{ url: '{}' }}); return Functions.encodeString(r.code ?? r.data.price)",
        server.url("prices/plain")
    );
    let refused = simulate(&script, &["--returns", "string"]).await.json();
    assert_eq!(refused["decoded"], "400");
    assert!(refused["http"][0]["failure"].is_string(), "the author is told why: {refused}");
    let allowed = simulate(&script, &["--returns", "string", "--allow-http", &server.host()]).await.json();
    assert_eq!(allowed["decoded"], "3003.1");
    assert_eq!(allowed["http"][0]["status"], 200);
}

#[tokio::test]
async fn a_poll_whose_timer_does_not_wait_is_hinted_at() {
    let server = Server::start(0, Clock::System).await.unwrap();
    let script = format!(
        "const ask = () => fetch('{}'); await ask(); const before = Date.now();\n\
         await new Promise((go) => setTimeout(go, 20e3)); const r = await ask();\n\
         return Functions.encodeString(`${{Date.now() - before}} ${{r.status}}`)",
        server.url("prices/plain")
    );
    let allowed = simulate(&script, &["--returns", "string", "--allow-http", &server.host()]).await;
    // Twenty seconds on the script's clock, at once.
    assert_eq!(allowed.json()["decoded"], "20000 200");
    let hint = allowed.json()["hints"][0].as_str().expect("a hint").to_owned();
    assert!(hint.contains("2 times") && allowed.stderr.contains(&format!("warning: {hint}")), "{hint}");
    // A query that fails is an answer of `fetch`, too.
    assert_eq!(simulate(&script, &["--returns", "string"]).await.json()["decoded"], "20000 400");
    assert_eq!(simulate("return new Uint8Array(1)", &[]).await.json()["hints"], json!([]));
}

#[tokio::test]
async fn settings_of_a_node_apply() {
    let server = Server::start(0, Clock::System).await.unwrap();
    let folder = Folder::new();
    let script = format!(
        "const r = await Functions.makeHttpRequest({{ url: '{}' }}); return Functions.encodeString(r.code ?? r.data.price)",
        server.url("prices/plain")
    );
    let open = format!("data_dir = \"/\"\n[runner]\nallow_http = [\"{}\"]\n", server.host());
    let open = folder.file("open.toml", open);
    assert_eq!(
        simulate(&script, &["--returns", "string", "--config", &open]).await.json()["decoded"],
        "3003.1"
    );
    let shut = folder.file("shut.toml", "data_dir = \"/\"\n");
    assert_eq!(simulate(&script, &["--returns", "string", "--config", &shut]).await.json()["decoded"], "400");
    let wrong = folder.file("wrong.toml", "[runner]\nallow = 1\n");
    simulate("return 1", &["--config", &wrong]).await.refused("unknown field `allow`");
    let huge = folder.hole("huge.toml", 100 << 20);
    simulate("return 1", &["--config", &huge]).await.refused("longer than 262144 bytes");
}

#[tokio::test]
async fn nodes_with_the_same_answers_agree() {
    let server = Server::start(0, Clock::System).await.unwrap();
    let script = format!(
        "const r = await Functions.makeHttpRequest({{ url: '{}' }}); return Functions.encodeUint256(r.data.n)",
        server.url("rising")
    );
    let said = simulate(&script, &["--nodes", "4", "--allow-http", &server.host()]).await;
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let nodes = &said.json()["nodes"];
    assert_eq!((nodes["runs"].as_u64(), nodes["agree"].as_bool()), (Some(4), Some(true)), "{nodes}");
    assert_eq!(nodes["differingBytes"], json!([]));
}

#[tokio::test]
async fn live_runs_show_which_bytes_differ_and_which_call_is_to_blame() {
    let server = Server::start(0, Clock::System).await.unwrap();
    let script = format!(
        "const get = (place) =>\n  Functions.makeHttpRequest({{ url: args[0] + place }});\n\
         const same = await Functions.makeHttpRequest({{ url: '{}' }});\n\
         const rising = await get('');\n\
         return Buffer.concat([Functions.encodeUint256(rising.data.n), Functions.encodeString(same.data.price)]);",
        server.url("prices/plain")
    );
    let (host, args) = (server.host(), json!([server.url("rising")]).to_string());
    let folder = Folder::new();
    let file = folder.file("live.js", script);
    let options = ["simulate", "--source", &file, "--args", &args, "--allow-http", &host, "--live", "3"];
    let said = functions(&[&options[..], &["--json"]].concat()).await;
    assert_eq!(said.code, Some(1), "runs that differ are a failure");
    let live = &said.json()["live"];
    assert_eq!((live["runs"].as_u64(), live["agree"].as_bool()), (Some(3), Some(false)), "{live}");
    assert_eq!(live["differingBytes"], json!([[31, 32]]), "{live}");
    let exchanges = live["differingExchanges"].as_array().unwrap();
    assert_eq!(exchanges.len(), 1, "{live}");
    assert_eq!(exchanges[0]["exchange"], 1, "{live}");
    assert_eq!(exchanges[0]["place"]["line"], 2, "{live}");
    assert_eq!(live["uses"], json!([]), "nothing real in strict mode");

    let said = functions(&options).await;
    assert!(said.stdout.contains("bytes 31 differ") || said.stdout.contains("31 differ"), "{}", said.stdout);
    assert!(said.stderr.contains("live.js:2:"), "{}", said.stderr);
    assert!(said.stderr.contains("request 2: the answers differ"), "{}", said.stderr);
}

#[tokio::test]
async fn live_runs_in_compat_mode_show_where_clock_and_chance_are_used() {
    let script = "const dice =\n  Math.random();\nreturn Functions.encodeString([dice, Date.now()].join())";
    let said = simulate(script, &["--live", "2", "--mode", "compat"]).await;
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    let uses = said.json()["live"]["uses"].clone();
    let found: Vec<_> = uses
        .as_array()
        .unwrap()
        .iter()
        .map(|place| (place["what"].as_str(), place["line"].as_u64()))
        .collect();
    assert_eq!(found, [(Some("Math.random"), Some(2)), (Some("Date.now"), Some(3))], "{uses}");
}

#[tokio::test]
async fn the_first_line_says_whether_results_may_differ() {
    let script = |first: &str| format!("{first}\nreturn Functions.encodeString(String(Math.random()))");
    for (first, code) in [("// @aggregation median", 0), ("// @aggregation mode", 1), ("// a price", 1)] {
        let said = simulate(&script(first), &["--live", "2", "--mode", "compat"]).await;
        assert_eq!((said.code, &said.json()["live"]["agree"]), (Some(code), &Value::Bool(false)), "{first}");
    }
    let said = simulate(&script("// @aggregation mean"), &[]).await;
    said.refused("unknown aggregation \"mean\": there are mode, median,");
    said.refused("docs/scripts.md");
}

#[tokio::test]
async fn secrets_stay_out_of_sight() {
    let folder = Folder::new();
    let secrets = folder.file("secrets.json", r#"{"apiKey": "k3y-of-the-author"}"#);
    let script = "console.log('key', secrets.apiKey); throw Error(`refused ${secrets.apiKey}`)";
    let said = simulate(script, &["--secrets", &secrets]).await;
    assert!(
        !said.stdout.contains("k3y-of-the-author") && !said.stderr.contains("k3y-of-the-author"),
        "{}",
        said.stdout
    );
    let json = said.json();
    assert_eq!(json["console"], json!(["key [secret apiKey]"]));
    assert_eq!(json["error"], "refused [secret apiKey]");
    assert_eq!(json["publishedSecrets"], json!(["apiKey"]));
}

#[tokio::test]
async fn secrets_come_from_the_environment_by_prefix() {
    let folder = Folder::new();
    let file = folder
        .file("script.js", "return Functions.encodeString(Object.keys(secrets).join() + secrets.a.length)");
    let args = ["simulate", "--json", "--source", &file, "--secrets", "env", "--returns", "string"];
    let said = functions_with(&args, &[("FUNCTIONS_SECRET_a", "12345"), ("OTHER", "x")]).await;
    assert_eq!(said.json()["decoded"], "a5");
    functions(&args).await.refused("no environment variable begins with FUNCTIONS_SECRET_");
}

#[tokio::test]
async fn bad_options_are_refused_in_the_toolkits_words() {
    let cases = [
        (["--args", "{}"], "args param not an array"),
        (["--args", "[\"a\""], "args param not an array"),
        (["--args", "[1]"], "args param not a string array"),
        (["--bytes-args", "5"], "bytesArgs param not an array"),
        (["--bytes-args", "[\"0x\"]"], "bytesArgs param contains invalid hex string"),
        (["--bytes-args", "[\"xyz\"]"], "bytesArgs param contains invalid hex string"),
    ];
    for (options, why) in cases {
        simulate("return 1", &options).await.refused(why);
    }
}

#[tokio::test]
async fn bad_files_are_refused_with_a_reason() {
    let folder = Folder::new();
    let missing = common::text(&folder.path("none.js"));
    let good = folder.file("good.js", "return Functions.encodeString('x')");
    let cases = [
        (missing.clone(), "cannot read"),
        (common::text(&folder.path("")), "cannot read"),
        (folder.file("empty.js", " \n"), "is empty"),
        (folder.file("binary.js", [0x7f, b'E', b'L', b'F', 0xff, 0xfe]), "is not UTF-8 text: see byte 4"),
        (folder.hole("huge.js", 100 << 20), "is longer than 30720 bytes"),
    ];
    for (file, why) in cases {
        let said = functions(&["simulate", "--json", "--source", &file]).await;
        said.refused("source param is missing or invalid");
        said.refused(why);
    }
    let secrets = [
        (missing, "cannot read the secrets"),
        (folder.file("list.json", "[\"hush\"]"), "secrets param not a string map"),
        (folder.file("number.json", "{\"a\": 1}"), "secrets param not a string map"),
        (folder.file("broken.json", "{\"a\": hush"), "secrets param not a string map"),
        (folder.hole("huge.json", 100 << 20), "longer than 65536 bytes"),
    ];
    for (file, why) in secrets {
        let said = functions(&["simulate", "--json", "--source", &good, "--secrets", &file]).await;
        said.refused(why);
        assert!(!said.stderr.contains("hush"), "{}", said.stderr);
    }
    let long = json!(["a".repeat(30_720)]).to_string();
    functions(&["simulate", "--source", &good, "--args", &long])
        .await
        .refused("request too big (max 30720 bytes)");
}

/// A title, a bell, an erased screen, an overridden order, a forged line.
const HOSTILE: &str = r"'\u001b]0;owned\u0007\u001b[2J\u202eabc\u009b1m\r\nresult    0x00'";

#[tokio::test]
async fn a_scripts_text_does_not_reach_the_terminal_as_it_is() {
    let folder = Folder::new();
    let scripts = [
        format!("console.log({HOSTILE}); return Functions.encodeString({HOSTILE})"),
        format!("throw Error({HOSTILE})"),
    ];
    for script in scripts {
        let file = folder.file("hostile.js", &script);
        let said = functions(&["simulate", "--source", &file, "--returns", "string"]).await;
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        for shown in [&said.stdout, &said.stderr] {
            let active = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!shown.contains(active), "{shown:?}");
        }
        assert!(said.stdout.contains("\\u{1b}]0;owned\\u{7}"), "{}", said.stdout);
        let results = said.stdout.lines().filter(|line| line.starts_with("result ")).count();
        assert!(results <= 1, "no line is forged: {}", said.stdout);
        let json = functions(&["simulate", "--json", "--source", &file, "--returns", "string"]).await;
        let text = if script.starts_with("throw") { &json.json()["error"] } else { &json.json()["decoded"] };
        assert!(text.as_str().unwrap().contains('\u{202e}'), "JSON has the text itself: {text}");
    }
}

#[tokio::test]
async fn with_json_a_failure_is_one_object_on_standard_output() {
    let said = functions(&["simulate", "--json", "--source", "/nonexistent.js"]).await;
    assert_eq!(said.code, Some(1));
    let object = said.json();
    assert_eq!(object["error"]["message"], "source param is missing or invalid");
    assert!(object["error"]["help"].as_str().unwrap().contains("/nonexistent.js"), "{object}");
    let plain = functions(&["simulate", "--source", "/nonexistent.js"]).await;
    assert_eq!((plain.code, plain.stdout.as_str()), (Some(1), ""));
}

#[tokio::test]
async fn a_time_no_block_can_have_is_refused() {
    let folder = Folder::new();
    let file = folder.file("one.js", "return Functions.encodeUint256(1)");
    for time in ["4294967296", "18446744073709551615", "-1"] {
        let said = functions(&["simulate", "--source", &file, &format!("--timestamp={time}")]).await;
        assert_eq!(said.code, Some(2), "{}", said.stderr);
    }
}

#[tokio::test]
async fn what_failed_has_its_reason_in_the_text_too() {
    let folder = Folder::new();
    for (script, why) in [
        ("let a; let a", "SyntaxError: invalid redefinition of lexical identifier"),
        ("return f(", "SyntaxError: "),
        ("Promise.reject({x: 1}); await null", "unhandled rejection: invalid value thrown of type object"),
        ("Promise.reject(Error('quiet')); await null", "unhandled rejection: Error: quiet"),
        (
            "const e = Error('x'); Object.defineProperty(e, 'stack', {get() { throw 1 }}); throw e",
            "reading the thrown error throws",
        ),
        ("const all = []; for (;;) all.push(new Array(1e6).fill(1.5))", "memory limit"),
        ("await new Promise(() => {})", "nothing left to wait for"),
    ] {
        let file = folder.file("script.js", script);
        let said = functions(&["simulate", "--source", &file]).await;
        assert_eq!(said.code, Some(0), "{script}: {said:?}");
        let line = said.stdout.lines().find_map(|line| line.strip_prefix("why       "));
        assert!(line.is_some_and(|line| line.starts_with(why)), "{script}: {said:?}");
    }
    // What goes on chain is not said twice.
    let file = folder.file("script.js", "throw Error('no price')");
    let said = functions(&["simulate", "--source", &file]).await;
    assert!(said.stdout.contains("error     no price\n") && !said.stdout.contains("why  "), "{said:?}");
}

#[tokio::test]
async fn an_error_without_words_is_warned_of() {
    let folder = Folder::new();
    let file = folder.file("script.js", "throw ''");
    let said = functions(&["simulate", "--source", &file]).await;
    assert!(said.stderr.contains("neither result nor error"), "{said:?}");
    assert!(said.stdout.starts_with("error     (empty)\n"), "{said:?}");
    let json = functions(&["simulate", "--json", "--source", &file]).await.json();
    assert_eq!((&json["error"], json["hints"].as_array().map(Vec::len)), (&json!(""), Some(1)), "{json}");
}

#[tokio::test]
async fn a_recording_overwrites_recordings_only() {
    let folder = Folder::new();
    let file = folder.file("one.js", "return Functions.encodeUint256(1)");
    let record = async |place: &str| functions(&["simulate", "--source", &file, "--record", place]).await;
    let new = folder.path("run.json").display().to_string();
    let empty = folder.file("empty.json", "");
    for place in [&new, &new, &empty] {
        assert_eq!(record(place).await.code, Some(0), "{place}");
        assert_eq!(functions(&["replay", place]).await.code, Some(0), "{place}");
    }
    let pipe = folder.path("pipe").display().to_string();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().is_ok_and(|ended| ended.success()));
    let notes = folder.file("notes.txt", "mine");
    let nowhere = folder.path("absent/run.json").display().to_string();
    for (place, words) in [
        (pipe.as_str(), "pipe, device or socket, not a file"),
        ("/dev/null", "pipe, device or socket, not a file"),
        (&notes, "is no recording of this version, so it is not overwritten"),
        (&file, "is no recording of this version, so it is not overwritten"),
        (&folder.path("").display().to_string(), "is a folder"),
        (&nowhere, "there is no folder"),
        ("-", "not written to standard output"),
    ] {
        let said = record(place).await;
        let code = if place == "-" { 2 } else { 1 };
        assert!(said.code == Some(code) && said.stdout.is_empty(), "{place}: {said:?}");
        said.refused(words);
    }
    assert_eq!(std::fs::read_to_string(folder.path("notes.txt")).unwrap(), "mine");
    assert!(std::fs::read_to_string(folder.path("one.js")).unwrap().starts_with("return"));
}
