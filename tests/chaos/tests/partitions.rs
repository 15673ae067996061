//! Links between nodes that are cut or stall while requests run: one node alone, halves that cannot see each other,
//! directions that carry nothing.

use chaos_tests::{Dice, Requests};
use test_support::{Link, Links, Network, Setup};

#[derive(Clone, Copy, Debug)]
enum Split {
    /// One node sees nobody.
    Alone,
    /// Two groups, of which neither need be a quorum.
    Groups,
    /// One node is heard by nobody and hears all.
    Mute,
    /// One node hears nobody and is heard by all.
    Deaf,
    /// Any direction, by chance.
    Torn,
}

fn split(links: &Links, nodes: usize, split: Split, dice: &mut Dice) {
    let all: Vec<usize> = (0..nodes).collect();
    let one = dice.below(nodes);
    let link = dice.one_of(&[Link::Cut, Link::Stalled]);
    match split {
        Split::Alone => links.between(&[one], &all, link),
        Split::Groups => {
            let some = dice.some_of(nodes, nodes / 2);
            let others: Vec<usize> = all.into_iter().filter(|node| !some.contains(node)).collect();
            links.between(&some, &others, link);
        }
        Split::Mute => all.iter().filter(|&&to| to != one).for_each(|&to| links.set(one, to, Link::Stalled)),
        Split::Deaf => {
            all.iter().filter(|&&from| from != one).for_each(|&from| links.set(from, one, Link::Stalled))
        }
        Split::Torn => {
            for from in 0..nodes {
                for to in (0..nodes).filter(|&to| to != from) {
                    if dice.below(2) == 0 {
                        links.set(from, to, dice.one_of(&[Link::Cut, Link::Stalled]));
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn requests_are_answered_once_when_links_heal() {
    const NODES: usize = 4;
    let mut dice = Dice::of("partitions", 8);
    let network = Network::launch(Setup { behind_links: true, ..Setup::default() }).await;
    network.wait_until_all_ready().await;
    let links = network.links.as_ref().expect("asked for");
    let mut requests = Requests::default();
    for round in 0..dice.rounds() {
        let kind = dice.one_of(&[Split::Alone, Split::Groups, Split::Mute, Split::Deaf, Split::Torn]);
        println!("round {round}: {kind:?}");
        requests.send(&network, 1).await;
        split(links, NODES, kind, &mut dice);
        requests.send(&network, 3).await;
        if matches!(kind, Split::Alone | Split::Mute | Split::Deaf) {
            // The other three are enough.
            requests.settle(&network).await;
        }
        links.heal();
    }
    requests.end_well(&network).await;
}
