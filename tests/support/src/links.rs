//! What lies between the members of a network: links that stall or break on demand, each direction by itself.
//!
//! Every member is announced at a door of ours, which passes on to where it listens. A member dials from the port it
//! listens at, so the door knows who comes; whoever cannot be told is sent away, and comes again.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Bytes passed on at a time.
const CHUNK: usize = 16 * 1024;

/// How a direction of a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Bytes pass.
    Open,
    /// The connection stands and nothing passes, as behind a router that forgot it.
    Stalled,
    /// Connections are reset, those that stand and those that come.
    Cut,
}

/// Directions that are not open, from a member to another.
type Broken = BTreeMap<(usize, usize), Link>;

/// The links. Dropping them closes the doors.
pub struct Links {
    doors: Vec<SocketAddr>,
    broken: watch::Sender<Broken>,
    _tasks: JoinSet<()>,
}

impl Links {
    /// Open links between members that listen at these addresses.
    ///
    /// # Panics
    /// When no socket is free.
    pub async fn start(members: impl Iterator<Item = SocketAddr>) -> Self {
        let members: Vec<SocketAddr> = members.collect();
        let (broken, _) = watch::channel(Broken::new());
        let (mut doors, mut tasks) = (Vec::new(), JoinSet::new());
        for to in 0..members.len() {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            doors.push(listener.local_addr().expect("an address"));
            tasks.spawn(serve(listener, to, members.clone(), broken.subscribe()));
        }
        Self { doors, broken, _tasks: tasks }
    }

    /// Where each member is announced.
    pub fn doors(&self) -> &[SocketAddr] {
        &self.doors
    }

    /// What `from` sends to `to` goes that way from now on.
    pub fn set(&self, from: usize, to: usize, link: Link) {
        self.broken.send_modify(|broken| {
            broken.insert((from, to), link);
        });
    }

    /// Both directions between every one of `some` and every one of `others`.
    pub fn between(&self, some: &[usize], others: &[usize], link: Link) {
        for &a in some {
            for &b in others.iter().filter(|&&b| b != a) {
                self.set(a, b, link);
                self.set(b, a, link);
            }
        }
    }

    /// Everything is open again.
    pub fn heal(&self) {
        self.broken.send_modify(BTreeMap::clear);
    }
}

fn state(broken: &Broken, from: usize, to: usize) -> Link {
    broken.get(&(from, to)).copied().unwrap_or(Link::Open)
}

async fn serve(listener: TcpListener, to: usize, members: Vec<SocketAddr>, broken: watch::Receiver<Broken>) {
    let mut passing = JoinSet::new();
    loop {
        let (incoming, peer) = listener.accept().await.expect("it accepts");
        while passing.try_join_next().is_some() {}
        let from = members.iter().position(|member| member.port() == peer.port());
        let Some(from) = from.filter(|&from| state(&broken.borrow(), from, to) != Link::Cut) else {
            reset(&incoming);
            continue;
        };
        passing.spawn(pass(incoming, members[to], (from, to), broken.clone()));
    }
}

/// An end without the wait that would keep the dialler's port from being used again.
fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}

async fn pass(
    incoming: TcpStream,
    member: SocketAddr,
    (from, to): (usize, usize),
    broken: watch::Receiver<Broken>,
) {
    reset(&incoming);
    let Ok(outgoing) = TcpStream::connect(member).await else { return };
    reset(&outgoing);
    for stream in [&incoming, &outgoing] {
        let _ = stream.set_nodelay(true);
    }
    let (in_read, in_write) = incoming.into_split();
    let (out_read, out_write) = outgoing.into_split();
    let mut watched = broken.clone();
    let is_cut =
        |broken: &Broken| [(from, to), (to, from)].iter().any(|&(a, b)| state(broken, a, b) == Link::Cut);
    tokio::select! {
        () = carry(in_read, out_write, (from, to), broken.clone()) => {}
        () = carry(out_read, in_write, (to, from), broken) => {}
        _ = watched.wait_for(is_cut) => {}
    }
}

async fn carry(
    mut read: OwnedReadHalf,
    mut write: OwnedWriteHalf,
    (from, to): (usize, usize),
    mut broken: watch::Receiver<Broken>,
) {
    let mut chunk = vec![0; CHUNK];
    while let Ok(length @ 1..) = read.read(&mut chunk).await {
        if broken.wait_for(|broken| state(broken, from, to) != Link::Stalled).await.is_err()
            || write.write_all(&chunk[..length]).await.is_err()
        {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpSocket;

    use super::*;

    async fn member() -> (TcpListener, SocketAddr) {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_reuseport(true).expect("the port may be dialled from");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let listener = socket.listen(8).expect("it listens");
        let address = listener.local_addr().expect("an address");
        (listener, address)
    }

    async fn dial(from: SocketAddr, to: SocketAddr) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_reuseport(true).expect("the port listens too");
        socket.bind(from).expect("its own port");
        socket.connect(to).await.expect("the door is open")
    }

    #[tokio::test]
    async fn bytes_wait_where_a_direction_stalls_and_connections_end_where_it_is_cut() {
        let ((_first, at_first), (second, at_second)) = (member().await, member().await);
        let links = Links::start([at_first, at_second].into_iter()).await;
        let mut here = dial(at_first, links.doors()[1]).await;
        let (mut there, _) = second.accept().await.expect("passed on");
        let mut byte = [0];

        // Given a direction that stalls, the other still carries.
        links.set(0, 1, Link::Stalled);
        here.write_all(b"a").await.expect("taken");
        there.write_all(b"b").await.expect("taken");
        here.read_exact(&mut byte).await.expect("it carries");
        assert_eq!(&byte, b"b");
        // When it heals, what waited arrives.
        links.heal();
        there.read_exact(&mut byte).await.expect("it carries again");
        assert_eq!(&byte, b"a");
        // When either direction is cut, the connection ends for both.
        links.set(1, 0, Link::Cut);
        assert!(here.read_exact(&mut byte).await.is_err());
        assert!(there.read_exact(&mut byte).await.is_err());
    }
}
