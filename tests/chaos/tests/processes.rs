//! Nodes that are killed, frozen and asked to end while requests run, up to f at a time and now and then half of all.

use chaos_tests::{Dice, Requests};
use test_support::{Network, Setup};

#[derive(Clone, Copy, Debug)]
enum Mischief {
    Kill,
    Freeze,
    End,
}

async fn befall(nodes: usize, faulty: usize, rounds: usize) {
    let mut dice = Dice::of("processes", rounds);
    let mut network = Network::launch(Setup { nodes, ..Setup::default() }).await;
    network.wait_until_all_ready().await;
    let mut requests = Requests::default();
    for round in 0..dice.rounds() {
        let many = if round % 4 == 3 { nodes.div_ceil(2) } else { faulty };
        let (who, what) =
            (dice.some_of(nodes, many), dice.one_of(&[Mischief::Kill, Mischief::Freeze, Mischief::End]));
        println!("round {round}: {what:?} {who:?}");
        requests.send(&network, 2).await;
        for &node in &who {
            match what {
                Mischief::Kill => network.kill(node).await,
                Mischief::Freeze => network.freeze(node),
                Mischief::End => assert!(network.terminate(node).await.success(), "node {node}"),
            }
        }
        requests.send(&network, 2).await;
        for &node in &who {
            match what {
                Mischief::Freeze => network.thaw(node),
                Mischief::Kill | Mischief::End => network.start_node(node),
            }
        }
    }
    requests.end_well(&network).await;
}

#[tokio::test]
async fn four_nodes_lose_nothing_when_processes_die_and_stand_still() {
    befall(4, 1, 8).await;
}

#[tokio::test]
async fn seven_nodes_lose_nothing_when_processes_die_and_stand_still() {
    befall(7, 2, 4).await;
}

#[tokio::test]
async fn thirteen_nodes_lose_nothing_when_processes_die_and_stand_still() {
    befall(13, 4, 2).await;
}
