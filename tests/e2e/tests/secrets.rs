//! Secrets from their owner to the script, with four real nodes: stored through a gateway, opened together, seen by
//! nobody else.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use functions_client::secrets::{For, Gateway, SecretsKeys, StoredRow, Upload, seal};
use functions_client::{Account, Fulfilled};
use functions_network::dev_account;
use functions_tdh2::{Secrets, rand_core::OsRng};
use functions_types::SubscriptionId;
use functions_types::cbor::DonHostedSecrets;
use test_support::{DON, Network, Setup, until};

/// Nothing else on this machine contains it.
const VALUE: &str = "k-7f3c1d90-secret-value";
const SOURCE: &str = "return Functions.encodeUint256(secrets.apiKey.length + Object.keys(secrets).length)";
const NOT_FOUND: &str = "failed to fetch DONHosted secrets: not found";

async fn launch() -> Network {
    let network = Network::launch(Setup { secrets: true, ..Setup::default() }).await;
    for node in 0..4 {
        network.wait_until_ready(node).await;
    }
    network
}

/// What a client seals for requests of `owner`.
async fn sealed(network: &Network, owner: &Account, subscription: Option<SubscriptionId>) -> String {
    let coordinator = network.contracts.addresses.coordinator;
    let keys = SecretsKeys::read(&network.contracts.chain, coordinator).await.expect("the DON has keys");
    let whose = For { chain_id: network.contracts.chain.id(), coordinator, subscription };
    let secrets = Secrets::parse(&format!("{{\"apiKey\":\"{VALUE}\"}}"), 10_240).expect("secrets");
    seal(owner, &secrets, &keys, &whose).expect("sealed")
}

fn gateway(network: &Network, node: usize) -> Gateway {
    let url = network.nodes[node].gateway_url().parse().expect("a URL");
    Gateway::new(url, DON).expect("a client")
}

/// Stores it through a node's gateway; how many members took it.
async fn store(network: &Network, node: usize, owner: &Account, version: u64, payload: String) -> usize {
    let expires = now() + Duration::from_secs(3_600);
    let expiration_ms = u64::try_from(expires.as_millis()).expect("some time");
    let upload = Upload { slot: 0, version, expiration_ms, payload };
    let listing = gateway(network, node).store(owner, &upload).await.expect("an answer");
    assert!(listing.success, "{listing:?}");
    listing.members.iter().filter(|said| said.refusal.is_none()).count()
}

fn now() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970")
}

fn hosted(version: u64) -> DonHostedSecrets {
    DonHostedSecrets { slot_id: 0, version }
}

fn error_of(fulfilled: &Fulfilled) -> String {
    String::from_utf8_lossy(&fulfilled.error).into_owned()
}

/// Files below a folder whose content contains the value.
fn files_with_value(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_with_value(&path, found);
        } else if let Ok(content) = fs::read(&path)
            && content.windows(VALUE.len()).any(|part| part == VALUE.as_bytes())
        {
            found.push(path.display().to_string());
        }
    }
}

#[tokio::test]
async fn a_script_sees_what_its_owner_stored_with_one_node_down_and_nobody_else_does() {
    let mut network = launch().await;
    let payload = sealed(&network, &network.owner, None).await;
    let took = store(&network, 0, &network.owner, 7, payload.clone()).await;
    assert!(took >= 2, "one more than may be faulty have it; the others are asked too");

    let (id, block) = network.request_with(SOURCE, hosted(7)).await;
    let fulfilled = network.wait_for_fulfillment(id, block).await;
    assert_eq!(error_of(&fulfilled), "");
    let expected = u8::try_from(VALUE.len() + 1).expect("short");
    assert_eq!(fulfilled.response.last(), Some(&expected));

    // A script that gives its secret away in an error: the answer is the script's to publish, and stays out of logs.
    let (id, block) =
        network.request_with("throw new Error('no key for ' + typeof secrets.apiKey)", hosted(7)).await;
    assert!(error_of(&network.wait_for_fulfillment(id, block).await).contains("no key for string"));

    network.kill(3).await;
    let (id, block) = network.request_with(SOURCE, hosted(7)).await;
    assert_eq!(network.wait_for_fulfillment(id, block).await.response.last(), Some(&expected));

    // Another version beside it, stored while a node is down, which has it as soon as a request names it.
    let for_one = sealed(&network, &network.owner, Some(network.subscription)).await;
    assert!(store(&network, 1, &network.owner, 8, for_one).await >= 2);
    network.start_node(3);
    network.wait_until_ready(3).await;
    for version in [8, 7] {
        let (id, block) = network.request_with(SOURCE, hosted(version)).await;
        let fulfilled = network.wait_for_fulfillment(id, block).await;
        assert_eq!(fulfilled.response.last(), Some(&expected), "version {version}: {}", error_of(&fulfilled));
    }
    let (id, block) = network.request_with(SOURCE, hosted(9)).await;
    assert_eq!(error_of(&network.wait_for_fulfillment(id, block).await), NOT_FOUND);

    // Whoever copies what is stored cannot have it opened for an own subscription.
    let thief = dev_account(7);
    let own =
        network.contracts.create_subscription(&thief, network.consumer.address()).await.expect("opened");
    let payer = &network.owner;
    network.contracts.fund_subscription(payer, own, test_support::network::FUNDING).await.expect("funded");
    store(&network, 2, &thief, 7, payload).await;
    let (id, block) = network.request_of(own, SOURCE, hosted(7)).await;
    let stolen = error_of(&network.wait_for_fulfillment(id, block).await);
    assert!(stolen.starts_with("threshold decryption of secrets failed"), "{stolen}");

    // What the nodes wrote: logs, journals, transcripts, configuration.
    for node in 0..4 {
        network.terminate(node).await;
    }
    let mut found = Vec::new();
    files_with_value(network.nodes[0].folder().parent().expect("the network's folder"), &mut found);
    assert_eq!(found, Vec::<String>::new(), "the secret stands in files");
}

#[tokio::test]
async fn a_gateway_shows_each_members_own_answer() {
    let network = launch().await;
    let payload = sealed(&network, &network.owner, None).await;
    store(&network, 0, &network.owner, 3, payload.clone()).await;
    // The gateway answered once two had it; the others have it soon, each as its own answer says.
    for node in 0..4 {
        let own = network.nodes[node].oracle.signer;
        until(&format!("node {node} to have the row"), async || {
            let listing =
                gateway(&network, node).list(&network.owner).await.map_err(|err| err.to_string())?;
            let have = |rows: &[StoredRow]| rows.iter().map(|row| (row.slot, row.version)).eq([(0, 3)]);
            let has = listing.members.iter().any(|said| said.member == own && have(&said.rows));
            if listing.success && has { Ok(()) } else { Err(format!("{listing:?}")) }
        })
        .await;
    }
    let listing = gateway(&network, 3).list(&network.owner).await.expect("an answer");
    assert!(listing.success && listing.members.len() >= 2, "{listing:?}");
    for said in &listing.members {
        assert!(network.nodes.iter().any(|node| node.oracle.signer == said.member), "{said:?}");
    }
    let expiration_ms = u64::try_from(now().as_millis()).expect("some time") + 600_000;
    let low = Upload { slot: 0, version: 2, expiration_ms, payload };
    let refused = gateway(&network, 1).store(&network.owner, &low).await.expect("an answer");
    assert!(!refused.success, "{refused:?}");
    assert!(
        refused.members.iter().all(|said| said.refusal.as_deref() == Some("version too low")),
        "{refused:?}"
    );
    let stranger = gateway(&network, 1).list(&dev_account(5)).await.expect("an answer");
    assert!(stranger.success && stranger.members.iter().all(|said| said.rows.is_empty()), "{stranger:?}");
}

/// Answers every request with what `body` holds by then.
fn serve(body: std::sync::Arc<std::sync::OnceLock<String>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4_096]);
            let body = body.get().map_or("", String::as_str);
            let length = body.len();
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        }
    });
    address
}

#[tokio::test]
async fn a_script_sees_what_its_owner_published_at_a_url() {
    let body = std::sync::Arc::new(std::sync::OnceLock::new());
    let server = serve(body.clone());
    let network =
        Network::launch(Setup { secrets: true, script_server: Some(server), ..Setup::default() }).await;
    for node in 0..4 {
        network.wait_until_ready(node).await;
    }
    let coordinator = network.contracts.addresses.coordinator;
    let keys = SecretsKeys::read(&network.contracts.chain, coordinator).await.expect("the DON has keys");
    let urls = |text: &str| keys.don.encrypt(text.as_bytes(), &mut OsRng);
    let url = format!("http://{server}/");
    // Nothing is there yet.
    let (id, block) = network.request_at(SOURCE, urls(&url)).await;
    let fulfilled = network.wait_for_fulfillment(id, block).await;
    assert_eq!(error_of(&fulfilled), "remote secrets could not be fetched");

    let payload = sealed(&network, &network.owner, None).await;
    let hex: String = payload.bytes().map(|byte| format!("{byte:02x}")).collect();
    body.set(format!("{{\"encryptedSecrets\":\"0x{hex}\"}}")).expect("set once");
    // The first URL leads nowhere.
    let (id, block) = network.request_at(SOURCE, urls(&format!("http://127.0.0.1:1/ {url}"))).await;
    let fulfilled = network.wait_for_fulfillment(id, block).await;
    assert_eq!(error_of(&fulfilled), "");
    assert_eq!(fulfilled.response.last(), Some(&u8::try_from(VALUE.len() + 1).expect("short")));
}
