//! Disks that fill up or take no writes, under one node and under all of them. A node that ends is started again, as by
//! whatever supervises it.

use std::fs;

use chaos_tests::{Dice, Disk, Requests};
use test_support::{Network, Setup, until};

#[derive(Clone, Copy, Debug)]
enum Mischief {
    /// One node has no room.
    Full,
    /// No node has.
    AllFull,
    /// One node is started on a disk that takes no writes.
    ReadOnly,
}

/// Waits until a node's log has all of these.
async fn wait_for_words(network: &Network, node: usize, words: &[&str]) {
    until(&format!("node {node} to say {words:?}"), async || {
        let said = fs::read_to_string(network.nodes[node].log()).expect("its log");
        if words.iter().all(|word| said.contains(word)) { Ok(()) } else { Err(said) }
    })
    .await;
}

/// What a node's last log says, once it has ended.
async fn last_words(network: &mut Network, node: usize) -> String {
    until(&format!("node {node} ends"), async || {
        if network.nodes[node].has_ended() { Ok(()) } else { Err("it runs".to_owned()) }
    })
    .await;
    fs::read_to_string(network.nodes[node].log()).expect("its log")
}

#[tokio::test]
async fn nothing_is_lost_or_said_twice_when_disks_are_full_or_take_no_writes() {
    let mut dice = Dice::of("disks", 5);
    let mut network = Network::launch(Setup { in_files: true, ..Setup::default() }).await;
    network.wait_until_all_ready().await;
    let mut disks = Vec::new();
    for node in 0..network.nodes.len() {
        network.kill(node).await;
        match Disk::below(network.nodes[node].folder()) {
            Ok(disk) => disks.push(disk),
            Err(error) => {
                println!("not tried: file systems cannot be mounted here ({error})");
                return;
            }
        }
        network.start_node(node);
    }
    network.wait_until_all_ready().await;
    let mut requests = Requests::default();
    for round in 0..dice.rounds() {
        let what = dice.one_of(&[Mischief::Full, Mischief::AllFull, Mischief::ReadOnly]);
        let node = dice.below(disks.len());
        let who = if matches!(what, Mischief::AllFull) { (0..disks.len()).collect() } else { vec![node] };
        println!("round {round}: {what:?} {who:?}");
        requests.send(&network, 1).await;
        match what {
            Mischief::Full | Mischief::AllFull => {
                who.iter().for_each(|&node| disks[node].fill());
                requests.send(&network, 2).await;
                for &node in &who {
                    let said = last_words(&mut network, node).await;
                    assert!(said.contains("is full") && said.contains("make room"), "{said}");
                }
                // It is no use to start it before there is room, and it says so: it ends, or is not ready where the
                // disk had room for the little that there is to write.
                network.start_node(node);
                wait_for_words(&network, node, &["is full", "make room"]).await;
                network.kill(node).await;
                who.iter().for_each(|&node| disks[node].free());
            }
            Mischief::ReadOnly => {
                assert!(network.terminate(node).await.success(), "node {node}");
                disks[node].set_writable(false);
                network.start_node(node);
                let said = last_words(&mut network, node).await;
                assert!(said.contains("the file system is read-only"), "{said}");
                requests.send(&network, 2).await;
                disks[node].set_writable(true);
            }
        }
        for node in who {
            network.start_node(node);
        }
        if !matches!(what, Mischief::AllFull) {
            requests.settle(&network).await;
        }
    }
    requests.end_well(&network).await;
    // Nothing has its files open when the disks go.
    for node in 0..disks.len() {
        network.kill(node).await;
    }
}
