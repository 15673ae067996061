//! A node that may open 1,024 files, as many systems have it, under strangers' connections: it goes on taking part and
//! answering on its admin port.

use std::{fs, io::Read, net::SocketAddr, process::Command, time::Duration};

use functions_node::lock::FileLock;
use functions_offchain_config::Timing;
use test_support::{Network, until};
use tokio::{io::AsyncWriteExt, net::TcpStream, task::JoinSet};

const SOURCE: &str = "return Functions.encodeUint256(42)";
/// Descriptors the node may have.
const ALLOWED: usize = 1_024;
/// Strangers' connections at a time, to each of its ports.
const STRANGERS: usize = 1_200;

/// Sets how many files this process, and what it starts from now on, may open; what was allowed before.
fn allow(files: u64) -> u64 {
    let mut limits = String::new();
    fs::File::open("/proc/self/limits").expect("Linux").read_to_string(&mut limits).expect("text");
    let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("the limit");
    let before = line.split_whitespace().nth(3).expect("a number").parse().expect("a number");
    let pid = std::process::id().to_string();
    let set = Command::new("prlimit").args(["--pid", &pid, &format!("--nofile={files}:")]).status();
    assert!(set.expect("prlimit runs").success());
    before
}

/// Holds a connection open and sends the beginning of something for ever, connecting again when it is closed.
async fn stranger(address: SocketAddr) {
    let mut pace = tokio::time::interval(Duration::from_secs(3));
    loop {
        pace.tick().await;
        if let Ok(mut stream) = TcpStream::connect(address).await {
            while stream.write_all(b"G").await.is_ok() {
                pace.tick().await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_with_few_descriptors_takes_part_under_a_flood_of_connections() {
    let mut network = Network::start(Timing::default()).await;
    assert!(network.terminate(0).await.success());
    let before = allow(ALLOWED as u64);
    network.start_node(0);
    allow(before);
    network.wait_until_ready(0).await;
    let pid =
        FileLock::holder_of(&network.nodes[0].folder().join("keystore.json")).flatten().expect("it runs");
    let open = || fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs").count();

    // Given strangers on both of its ports,
    let admin = network.nodes[0].admin;
    let net = network.nodes[0]
        .oracle
        .listen
        .replace("/ip4/", "")
        .replace("/tcp/", ":")
        .parse()
        .expect("an address");
    let idle = open();
    let mut strangers = JoinSet::new();
    for _ in 0..STRANGERS {
        strangers.spawn(stranger(admin));
        strangers.spawn(stranger(net));
    }
    until("the strangers to be there", async || match open() {
        many if many > idle + 60 => Ok(()),
        few => Err(format!("{few} descriptors, {idle} before")),
    })
    .await;

    // then requests that cannot be answered without it are answered,
    network.kill(1).await;
    let mut most = 0;
    for _ in 0..3 {
        for (id, block) in network.burst(SOURCE, 5).await {
            let fulfilled = network.wait_for_fulfillment(id, block).await;
            assert_eq!((fulfilled.result_code, fulfilled.error.len()), (0, 0));
            most = most.max(open());
        }
    }
    // and so are questions about it.
    assert!(network.status(0).await["node"]["peerId"].is_string());
    network.wait_until_ready(0).await;
    assert!(most < ALLOWED / 2, "{most} descriptors");
    strangers.shutdown().await;
}
