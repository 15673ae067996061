//! A member that floods the others with all it may send: rubbish, and every message it ever got, again and again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chaos_tests::{Dice, Requests};
use functions_node::config::Config;
use functions_node::keys;
use oracle_net::{Identity, Net, NetConfig, NetEvent, NetLimits, Peer};
use test_support::{Network, Setup};

/// The member that floods.
const ROGUE: usize = 3;
/// What a node may need beside what it needed before, in KiB.
const MOST_MORE_KIB: u64 = 96 * 1024;
/// What a node may log in a second, on average.
const MOST_LINES: u128 = 10;

/// Floods as long as it lives.
async fn flood(network: &Network, mut dice: Dice) -> tokio::task::JoinHandle<()> {
    let config = Config::load(&network.nodes[ROGUE].config()).expect("its configuration");
    let keystore = keys::open(&config.keys).expect("its keys");
    let others = network.nodes.iter().take(ROGUE).map(|node| Peer {
        id: node.oracle.peer_id.parse().expect("a peer id"),
        addresses: vec![node.oracle.listen.parse().expect("an address")],
    });
    let settings = NetConfig {
        identity: Identity::new(keystore.network_identity()),
        listen: vec![config.net.listen.parse().expect("an address")],
        peers: others.collect(),
        limits: NetLimits::default(),
    };
    let (net, mut events) = Net::start(settings).await.expect("the mesh starts");
    tokio::spawn(async move {
        let mut heard: Vec<Arc<[u8]>> = vec![vec![0; 64].into()];
        loop {
            while let Some(event) = events.take_waiting() {
                if let NetEvent::Message { bytes, .. } = event {
                    heard.push(bytes.to_vec().into());
                }
            }
            for _ in 0..64 {
                let mut frame = heard[dice.below(heard.len())].to_vec();
                if dice.below(2) == 0 {
                    let at = dice.below(frame.len().max(1));
                    if let Some(byte) = frame.get_mut(at) {
                        *byte ^= 1 << dice.below(8);
                    }
                }
                let _ = net.broadcast(frame);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
}

fn memory_kib(network: &Network, node: usize) -> u64 {
    let id =
        network.nodes[node].process().and_then(functions_network::process::Process::id).expect("it runs");
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.split_whitespace().next().expect("a number").parse().expect("a number")
}

fn lines(network: &Network, node: usize) -> usize {
    let text = std::fs::read_to_string(network.nodes[node].log()).expect("its log");
    text.lines().filter(|line| !line.contains(" DEBUG ")).count()
}

#[tokio::test]
async fn a_flooding_member_costs_the_others_neither_requests_nor_memory_nor_logs() {
    let dice = Dice::of("flood", 6);
    let rounds = dice.rounds();
    let mut network = Network::launch(Setup::default()).await;
    network.wait_until_all_ready().await;
    let mut requests = Requests::default();
    requests.send(&network, 3).await;
    requests.settle(&network).await;
    network.kill(ROGUE).await;
    let before: Vec<(u64, usize)> =
        (0..ROGUE).map(|node| (memory_kib(&network, node), lines(&network, node))).collect();
    let begin = Instant::now();

    let flooding = flood(&network, dice).await;
    for _ in 0..rounds {
        requests.send(&network, 3).await;
        requests.settle(&network).await;
    }
    let seconds = begin.elapsed().as_secs().max(1);
    for (node, (memory, logged)) in before.into_iter().enumerate() {
        let (more, said) =
            (memory_kib(&network, node).saturating_sub(memory), lines(&network, node) - logged);
        println!("node {node}: {more} KiB more, {said} lines in {seconds} s");
        assert!(more <= MOST_MORE_KIB, "node {node} needs {more} KiB more");
        // What an honest request logs is not the rogue's.
        let most = MOST_LINES * u128::from(seconds) + 20 * 3 * rounds as u128;
        assert!(said as u128 <= most, "node {node} logs {said} lines in {seconds} s");
    }
    flooding.abort();
    let _ = flooding.await;
    network.start_node(ROGUE);
    requests.end_well(&network).await;
}
