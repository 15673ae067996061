//! Several nodes in one process, on loopback.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{collections::BTreeMap, time::Duration};

use oracle_net::{
    Events, Identity, Keypair, Multiaddr, Net, NetConfig, NetError, NetEvent, NetLimits, Peer, PeerId,
    SendError,
};
use tokio::{sync::mpsc, task::JoinSet, time::timeout};

struct Node {
    net: Net,
    events: Events,
}

impl Node {
    /// Waits for an event, ignoring others; a bound against hanging, never a measure.
    async fn wait(&mut self, what: impl Fn(&NetEvent) -> bool) -> NetEvent {
        let found = async {
            loop {
                let event = self.events.recv().await.unwrap();
                if what(&event) {
                    return event;
                }
            }
        };
        timeout(Duration::from_secs(60), found).await.expect("the event comes")
    }

    async fn wait_connected(&mut self, peer: PeerId) {
        self.wait(|event| *event == NetEvent::Connected(peer)).await;
    }

    async fn wait_message(&mut self, from: PeerId) -> Vec<u8> {
        match self
            .wait(|event| matches!(event, NetEvent::Message { from: sender, .. } if *sender == from))
            .await
        {
            NetEvent::Message { bytes, .. } => bytes,
            _ => unreachable!(),
        }
    }
}

fn identity(number: u8) -> Identity {
    Identity::new(Keypair::ed25519_from_bytes([number; 32]).expect("a seed"))
}

fn peer(number: u8, node: Option<&Node>) -> Peer {
    let addresses = node.map(|node| node.net.listening().to_vec()).unwrap_or_default();
    Peer { id: identity(number).peer_id(), addresses }
}

fn config(number: u8, peers: Vec<Peer>, listen: &str) -> NetConfig {
    let listen = vec![listen.parse::<Multiaddr>().unwrap()];
    NetConfig { identity: identity(number), listen, peers, limits: NetLimits::default() }
}

async fn start(number: u8, peers: Vec<Peer>) -> Node {
    start_at(number, peers, "/ip4/127.0.0.1/tcp/0").await
}

async fn start_at(number: u8, peers: Vec<Peer>, listen: &str) -> Node {
    let (net, events) = Net::start(config(number, peers, listen)).await.unwrap();
    Node { net, events }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_node_hears_every_other() {
    let mut nodes: Vec<Node> = Vec::new();
    for me in 0..4_u8 {
        let peers =
            (0..4).filter(|other| *other != me).map(|other| peer(other, nodes.get(usize::from(other))));
        let node = start(me, peers.collect()).await;
        nodes.push(node);
    }
    let (heard, mut hearing) = mpsc::channel(4);
    let talks: JoinSet<()> = nodes.into_iter().map(|node| talk(node, 3, heard.clone())).collect();
    for _ in 0..4 {
        hearing.recv().await.expect("every node hears every other");
    }
    drop(talks);
}

/// Sends two frames to all whenever all are connected: in a crowd a stream may be lost and opened again. Says once that
/// each of the others was heard.
async fn talk(mut node: Node, others: usize, heard: mpsc::Sender<()>) {
    let mut frames = BTreeMap::<PeerId, Vec<usize>>::new();
    let mut heard = Some(heard);
    loop {
        match node.wait(|event| !matches!(event, NetEvent::RoundTrip { .. })).await {
            NetEvent::Connected(_) if node.net.connected().len() == others => {
                node.net.broadcast(vec![1; 100_000]);
                node.net.broadcast(vec![]);
            }
            NetEvent::Message { from, bytes } => {
                let from = frames.entry(from).or_default();
                from.push(bytes.len());
                assert!(from.chunks(2).all(|pair| [100_000, 0].starts_with(pair)), "in order: {from:?}");
                let is_whole = frames.len() == others && frames.values().all(|frames| frames.len() >= 2);
                if let Some(heard) = heard.take_if(|_| is_whole) {
                    heard.send(()).await.expect("the test waits");
                }
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn frames_that_wait_arrive_each_by_itself() {
    let mut one = start(1, vec![peer(2, None)]).await;
    let mut other = start(2, vec![peer(1, Some(&one))]).await;
    other.wait_connected(one.net.peer_id()).await;
    one.wait_connected(other.net.peer_id()).await;
    // One thread: nothing is written before all wait.
    let sent: Vec<Vec<u8>> = (0..120_u8).map(|number| vec![number; usize::from(number) * 11]).collect();
    for frame in &sent {
        one.net.send(&other.net.peer_id(), frame.clone()).unwrap();
    }
    for frame in sent {
        assert_eq!(other.wait_message(one.net.peer_id()).await, frame);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_and_impostors_are_refused() {
    let mut home = start(1, vec![peer(2, None)]).await;
    // Not on the list: it can dial, but never gets a stream.
    let stranger = start(9, vec![peer(1, Some(&home))]).await;
    // Expects oracle 3 where oracle 1 listens: the handshake fails.
    let misled =
        start(4, vec![Peer { id: identity(3).peer_id(), addresses: home.net.listening().to_vec() }]).await;
    let mut friend = start(2, vec![peer(1, Some(&home))]).await;
    friend.wait_connected(home.net.peer_id()).await;
    home.wait_connected(friend.net.peer_id()).await;
    friend.net.send(&home.net.peer_id(), *b"hello").unwrap();
    assert_eq!(home.wait_message(friend.net.peer_id()).await, b"hello");

    assert_eq!(home.net.connected(), [friend.net.peer_id()]);
    assert_eq!(misled.net.connected(), []);
    assert_eq!(stranger.net.send(&friend.net.peer_id(), *b"x"), Err(SendError::UnknownPeer));
    assert_eq!(home.net.send(&stranger.net.peer_id(), *b"x"), Err(SendError::UnknownPeer));
    assert_eq!(misled.net.send(&identity(3).peer_id(), *b"x"), Err(SendError::NotConnected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_frames_are_refused_on_both_sides() {
    let mut small = config(1, vec![peer(2, None)], "/ip4/127.0.0.1/tcp/0");
    small.limits.frame_bytes = 1_000;
    let (net, events) = Net::start(small).await.unwrap();
    let mut small = Node { net, events };
    let mut large = start(2, vec![peer(1, Some(&small))]).await;
    large.wait_connected(small.net.peer_id()).await;
    small.wait_connected(large.net.peer_id()).await;

    assert_eq!(small.net.send(&large.net.peer_id(), vec![0; 1_001]), Err(SendError::TooLong));
    large.net.send(&small.net.peer_id(), vec![1; 1_000]).unwrap();
    assert_eq!(small.wait_message(large.net.peer_id()).await, [1; 1_000]);
    large.net.send(&small.net.peer_id(), vec![2; 1_001]).unwrap();
    let violation = NetEvent::Violation { from: large.net.peer_id(), bytes: 1_001 };
    small.wait(|event| *event == violation).await;
    // The stream was closed; the next one works again.
    large.wait_connected(small.net.peer_id()).await;
    large.net.send(&small.net.peer_id(), *b"short").unwrap();
    assert_eq!(small.wait_message(large.net.peer_id()).await, b"short");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_peer_is_found_again() {
    let mut home = start(1, vec![peer(2, None)]).await;
    for round in 0..3_u8 {
        let mut guest = start(2, vec![peer(1, Some(&home))]).await;
        home.wait_connected(guest.net.peer_id()).await;
        guest.wait_connected(home.net.peer_id()).await;
        guest.net.send(&home.net.peer_id(), [round]).unwrap();
        assert_eq!(home.wait_message(guest.net.peer_id()).await, [round]);
        let id = guest.net.peer_id();
        drop(guest);
        home.wait(|event| *event == NetEvent::Disconnected(id)).await;
        assert_eq!(home.net.send(&id, [round]), Err(SendError::NotConnected));
    }
    // The other way round: the listener restarts at its address, and the peer dials it again.
    let mut guest = start(2, vec![peer(1, Some(&home))]).await;
    guest.wait_connected(home.net.peer_id()).await;
    let (id, address) = (home.net.peer_id(), home.net.listening()[0].to_string());
    drop(home);
    guest.wait(|event| *event == NetEvent::Disconnected(id)).await;
    let mut home = start_at(1, vec![peer(2, None)], &address).await;
    guest.wait_connected(id).await;
    guest.net.send(&id, *b"back").unwrap();
    assert_eq!(home.wait_message(guest.net.peer_id()).await, b"back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_with_one_identity_do_not_take_turns_without_a_pause() {
    let home = start(1, vec![peer(2, None)]).await;
    let twins = [start(2, vec![peer(1, Some(&home))]).await, start(2, vec![peer(1, Some(&home))]).await];
    let id = home.net.peer_id();
    // Each takes the other's place at home, again and again.
    let counters = twins.map(|mut twin| {
        tokio::spawn(async move {
            let mut connected = 0;
            // All of it lives as long as it counts.
            let twin = &mut twin;
            while let Some(event) = twin.events.recv().await {
                connected += u32::from(event == NetEvent::Connected(id));
                if connected == 6 {
                    break;
                }
            }
            connected
        })
    });
    let begun = std::time::Instant::now();
    for counter in counters {
        assert_eq!(timeout(Duration::from_secs(60), counter).await.expect("both are heard").unwrap(), 6);
    }
    // Pauses of 100, 200, 400, 800 and 1,600 ms lie between six connections, however fast the machine is.
    assert!(begun.elapsed() >= Duration::from_millis(3_100), "{:?}", begun.elapsed());
    drop(home);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn start_says_which_address_is_taken() {
    let home = start(1, vec![]).await;
    let address = home.net.listening()[0].to_string();
    let error = Net::start(config(2, vec![], &address)).await.map(drop).unwrap_err();
    assert!(matches!(&error, NetError::Listen { .. }) && error.to_string().contains(&address), "{error}");
    let twice = Net::start(config(2, vec![peer(1, None), peer(1, None)], "/ip4/127.0.0.1/tcp/0")).await;
    assert!(matches!(twice.map(drop), Err(NetError::RepeatedPeer(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_bounds_the_queue() {
    let mut slow = config(1, vec![peer(2, None)], "/ip4/127.0.0.1/tcp/0");
    slow.limits.inbox_bytes = 1 << 18;
    let (net, events) = Net::start(slow).await.unwrap();
    let mut slow = Node { net, events };
    let mut fast = config(2, vec![peer(1, Some(&slow))], "/ip4/127.0.0.1/tcp/0");
    fast.limits.queue_bytes = 8 << 20;
    let (net, events) = Net::start(fast).await.unwrap();
    let mut fast = Node { net, events };
    fast.wait_connected(slow.net.peer_id()).await;
    // Nobody takes events: stream windows and the queue fill up, and sending is refused instead of growing.
    let sent =
        (0..10_000).take_while(|_| fast.net.send(&slow.net.peer_id(), vec![7; 100_000]).is_ok()).count();
    assert!((80..10_000).contains(&sent), "sent {sent}");
    for _ in 0..80 {
        assert_eq!(slow.wait_message(fast.net.peer_id()).await.len(), 100_000);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d2_a_new_stream_does_not_renew_what_a_peer_may_send() {
    let mut strict = config(1, vec![peer(2, None)], "/ip4/127.0.0.1/tcp/0");
    // A second's worth is 200 frames; each new stream counts as 100.
    strict.limits.frames_per_second = 200;
    let (net, events) = Net::start(strict).await.unwrap();
    let mut strict = Node { net, events };
    let begun = std::time::Instant::now();
    let mut heard = 0_u32;
    for life in 0..4 {
        let mut guest = start(2, vec![peer(1, Some(&strict))]).await;
        guest.wait_connected(strict.net.peer_id()).await;
        for _ in 0..150 {
            guest.net.send(&strict.net.peer_id(), [life]).unwrap();
        }
        while strict.wait_message(guest.net.peer_id()).await != [life] {}
        heard += 1;
        for _ in 1..150 {
            strict.wait_message(guest.net.peer_id()).await;
            heard += 1;
        }
    }
    // 4 streams and 600 frames are 1,000; 400 are the burst. A rate for each stream would take no time at all.
    assert_eq!(heard, 600);
    assert!(begun.elapsed() >= Duration::from_millis(2_900), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l1_round_trips_are_told() {
    let mut home = start(1, vec![peer(2, None)]).await;
    let mut guest = start(2, vec![peer(1, Some(&home))]).await;
    for (node, other) in [(&mut home, guest.net.peer_id()), (&mut guest, identity(1).peer_id())] {
        let told = node.wait(|event| matches!(event, NetEvent::RoundTrip { .. })).await;
        assert!(matches!(told, NetEvent::RoundTrip { peer, took } if peer == other && took > Duration::ZERO));
    }
}
