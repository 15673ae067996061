//! Members that change while requests run: four, seven, four.

use chaos_tests::{Dice, Requests};
use functions_offchain_config::Timing;
use test_support::{Network, Setup};

#[tokio::test]
async fn requests_are_answered_once_when_members_change_under_load() {
    let mut dice = Dice::of("rotation", 2);
    let mut network = Network::launch(Setup { secrets: true, ..Setup::default() }).await;
    network.wait_until_all_ready().await;
    let mut requests = Requests::default();
    network.add_nodes(3).await;
    let newcomers = [4, 5, 6];
    for round in 0..dice.rounds() {
        for (members, more) in [(7, true), (4, false)] {
            let killed = dice.below(4);
            println!("round {round}: {members} members, node {killed} is killed");
            requests.send(&network, 3).await;
            network.change_members(members, Timing::default()).await;
            if more {
                newcomers.iter().for_each(|&node| network.start_node(node));
            }
            requests.send(&network, 3).await;
            network.kill(killed).await;
            requests.send(&network, 3).await;
            network.start_node(killed);
            requests.settle(&network).await;
            if more {
                // The keys for secrets are still those of the four.
                network.wait_for_status(killed, "its share", |node| node["secretsKeys"] == "held").await;
                network.wait_for_status(4, "no share", |node| node["secretsKeys"] == "lacking").await;
            }
        }
        for node in newcomers {
            network.kill(node).await;
        }
    }
    requests.end_well(&network).await;
}
