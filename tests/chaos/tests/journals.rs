//! Journals that vanish or come back as they were, under nodes that were killed, one node at a time.

use std::fs;
use std::path::{Path, PathBuf};

use chaos_tests::{Dice, Requests};
use test_support::{Network, Setup};

#[derive(Clone, Copy, Debug)]
enum Mischief {
    /// The journal is deleted.
    Lost,
    /// The journal is as it was some requests ago.
    Old,
    /// The file that counts what the keys said is gone.
    Uncounted,
}

/// The files of a node's journal.
fn journal(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).expect("its folder").flatten().map(|file| file.path());
    let is_journal = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("journal.sqlite")
    };
    files.filter(is_journal).collect()
}

fn copy(from: &[PathBuf], to: &Path) {
    for file in from {
        fs::copy(file, to.join(file.file_name().expect("a file"))).expect("copied");
    }
}

#[tokio::test]
async fn nothing_is_said_twice_when_journals_are_lost_or_put_back() {
    let mut dice = Dice::of("journals", 5);
    let mut network = Network::launch(Setup { in_files: true, ..Setup::default() }).await;
    network.wait_until_all_ready().await;
    let mut requests = Requests::default();
    for round in 0..dice.rounds() {
        let node = dice.below(network.nodes.len());
        let what = dice.one_of(&[Mischief::Lost, Mischief::Old, Mischief::Uncounted]);
        println!("round {round}: {what:?} of node {node}");
        let folder = network.nodes[node].folder().to_owned();
        let kept = folder.join("kept");
        fs::create_dir(&kept).expect("a folder");
        network.kill(node).await;
        copy(&journal(&folder), &kept);
        network.start_node(node);
        requests.send(&network, 2).await;
        network.kill(node).await;
        match what {
            Mischief::Lost => network.forget(node).await,
            Mischief::Old => {
                network.forget(node).await;
                copy(&journal(&kept), &folder);
            }
            Mischief::Uncounted => {
                fs::remove_file(folder.join("keystore.json.memory")).expect("it was there")
            }
        }
        network.start_node(node);
        requests.send(&network, 2).await;
        fs::remove_dir_all(&kept).expect("removed");
        // A node that remembers nothing counts as faulty for what was under way, and for what comes within its margin:
        // the next one waits until that is over.
        requests.settle(&network).await;
        // Its margin begins with the time it finds at its start, which may come after the others have answered.
        network.wait_until_ready(node).await;
        network.cheat("evm_increaseTime", (60,)).await;
    }
    requests.end_well(&network).await;
}
