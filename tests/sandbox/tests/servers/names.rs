//! Name servers that change their mind, or answer with the machine itself.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use oracle_runner::{Lookup, LookupAnswer, Resolver, Runner, RunnerConfig};
use sandbox_tests::ALONE;
use sandbox_tests::server::{Attacks, Server, Step};

use crate::common::{config, text};
use crate::{REFUSED, SHORT_MS, SHOW, fetch};

/// Public by its number, and routed nowhere.
const PUBLIC: &str = "2d00::1";

/// Answers for each name, one after the other; the last again and again.
#[derive(Debug)]
struct NameServer {
    answers: HashMap<&'static str, Vec<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Lookup for NameServer {
    fn lookup<'a>(&'a self, name: &'a str) -> LookupAnswer<'a> {
        let mut asked = self.asked.lock().expect("no panic holds it");
        let times = asked.iter().filter(|other| *other == name).count();
        asked.push(name.to_owned());
        let list = self.answers.get(name.trim_end_matches('.'));
        let answer = list.and_then(|list| list.get(times).or(list.last())).cloned();
        Box::pin(async move { answer.ok_or_else(|| std::io::Error::other("no such name")) })
    }
}

/// The names, and what their server answers the first time, the second time, and so on.
const NAMES: [(&str, &[&[&str]]); 8] = [
    ("rebinding.example", &[&[PUBLIC], &["127.0.0.1"]]),
    ("loopback.example", &[&["127.0.0.1"]]),
    ("mixed.example", &[&[PUBLIC, "127.0.0.1"]]),
    ("mapped.example", &[&["::ffff:127.0.0.1"]]),
    ("six.example", &[&["::1"]]),
    ("any.example", &[&["0.0.0.0"]]),
    ("metadata.example", &[&["169.254.169.254"]]),
    ("nowhere.example", &[&[]]),
];

#[tokio::test]
async fn no_name_leads_inside_whatever_its_server_answers() {
    let _alone = ALONE.lock().await;
    let inside = Server::start(|_| Attacks::new()).await;
    let hop = |name: &str| {
        let head = "HTTP/1.1 307 Temporary Redirect\r\ncontent-length: 0\r\nconnection: close";
        vec![Step::Send(format!("{head}\r\nlocation: http://{name}:{}/\r\n\r\n", inside.port).into())]
    };
    let hops = NAMES.iter().map(|(name, _)| (format!("/{name}"), hop(name))).collect();
    let outside = Server::start(|_| hops).await;
    let parse = |list: &[&str]| list.iter().map(|text| text.parse().expect("an address")).collect();
    let names = Arc::new(NameServer {
        answers: NAMES
            .iter()
            .map(|(name, all)| (*name, all.iter().map(|list| parse(list)).collect()))
            .collect(),
        asked: Mutex::default(),
    });
    let resolver = Resolver(Arc::clone(&names) as Arc<dyn Lookup>);
    let allow_http = vec![outside.host()];
    let runner = Runner::start(RunnerConfig { allow_http, resolver, ..config() }).await.expect("it starts");

    for (name, _) in NAMES {
        let direct = [format!("http://{name}:{}/", inside.port), format!("http://{name}.:{}/", inside.port)];
        // Twice: the second query would meet the second answer.
        let again = direct[0].clone();
        let redirected = format!("http://{}/{name}", outside.host());
        for url in direct.into_iter().chain([again, redirected]) {
            let got = text(&fetch(&runner, SHOW, &url, SHORT_MS).await);
            assert!(got == REFUSED || got.contains("time limit"), "{url}: {got}");
        }
    }
    assert_eq!(inside.hits(), 0);
    assert!(!names.asked.lock().expect("no panic holds it").is_empty(), "our resolver was asked");
    runner.shutdown().await;
}
