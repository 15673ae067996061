//! Wall clocks that jump, of running nodes and between two starts: of one node, or of all at once.

use chaos_tests::{Dice, Requests, Wall, faketime};
use test_support::{Network, Setup};

#[tokio::test]
async fn nothing_is_lost_or_billed_twice_when_wall_clocks_jump() {
    let mut dice = Dice::of("clocks", 6);
    let Some(library) = faketime() else {
        println!("not tried: libfaketime is not installed (Debian and Ubuntu: ./scripts/bootstrap faketime)");
        return;
    };
    let mut network = Network::launch(Setup::default()).await;
    let mut walls = Vec::new();
    for node in 0..network.nodes.len() {
        network.kill(node).await;
        let wall = {
            let node = &mut network.nodes[node];
            let wall = Wall::right(node.folder(), &node.told.program, &library);
            node.told.program.clone_from(&wall.program);
            wall
        };
        walls.push(wall);
        network.start_node(node);
    }
    network.wait_until_all_ready().await;
    let mut requests = Requests::default();
    for round in 0..dice.rounds() {
        let many = if dice.below(2) == 0 { 1 } else { walls.len() };
        let who = dice.some_of(walls.len(), many);
        let is_started_anew = dice.below(2) == 0;
        requests.send(&network, 2).await;
        for &node in &who {
            let seconds = dice.one_of(&[-3_600, -600, -20, 0, 20, 600, 3_600]);
            println!("round {round}: {seconds:+} s at node {node}, started anew: {is_started_anew}");
            if is_started_anew {
                network.kill(node).await;
            }
            walls[node].set(seconds);
            if is_started_anew {
                network.start_node(node);
            }
        }
        requests.send(&network, 2).await;
        requests.settle(&network).await;
    }
    requests.end_well(&network).await;
}
