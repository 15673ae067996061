//! The PostgreSQL server of all journals dies and comes back while requests run, and so may nodes meanwhile.

use chaos_tests::{Dice, Requests};
use test_support::{Network, Postgres, Setup};

#[tokio::test]
async fn nothing_is_lost_and_no_hand_is_needed_when_the_database_dies() {
    let Some(mut server) = Postgres::start().await else { return };
    let mut dice = Dice::of("database", 5);
    let mut network = Network::launch_on(&server, Setup::default()).await;
    network.wait_until_all_ready().await;
    let mut requests = Requests::default();
    for round in 0..dice.rounds() {
        // Requests are at every point of their way when it dies.
        requests.send(&network, 1 + dice.below(3)).await;
        server.kill();
        requests.send(&network, 2).await;
        let dies = (dice.below(2) == 0).then(|| dice.below(network.nodes.len()));
        let is_noticed = dice.below(2) == 0;
        println!("round {round}: noticed {is_noticed}, node {dies:?} dies too");
        if is_noticed {
            for node in 0..network.nodes.len() {
                network.wait_until_not_ready(node, "the journal's database takes no writes").await;
            }
        }
        if let Some(node) = dies {
            network.kill(node).await;
        }
        server.restart().await;
        if let Some(node) = dies {
            // One that begins without its database ends, and says why.
            network.start_node(node);
            network.wait_until_ready(node).await;
        }
        if dice.below(2) == 0 {
            requests.settle(&network).await;
        }
    }
    requests.end_well(&network).await;
}
