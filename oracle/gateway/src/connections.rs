//! Who holds connections, and who gives one up when there are too many.
//!
//! An address (IPv6: its 64-bit prefix, which is what one client has) that holds its share gives up its own oldest
//! one for a new one. When all together are too many, the address that holds most gives up its oldest. So whoever
//! opens many takes from himself first.

use std::{
    collections::{HashMap, VecDeque},
    net::{IpAddr, Ipv6Addr},
};

use tokio::task::AbortHandle;

/// Connections at a time.
pub(crate) const MAX_CONNECTIONS: usize = 256;
/// Of these, of one address.
pub(crate) const MAX_OF_ONE: usize = 32;

/// The connections that are open, oldest first.
#[derive(Default)]
pub(crate) struct Connections(VecDeque<(IpAddr, AbortHandle)>);

impl Connections {
    /// Makes room for a connection from an address. Whether one was closed for it.
    pub(crate) fn make_room(&mut self, from: IpAddr) -> bool {
        self.0.retain(|(_, task)| !task.is_finished());
        let mut counts: HashMap<IpAddr, usize> = HashMap::new();
        for (client, _) in &self.0 {
            *counts.entry(*client).or_default() += 1;
        }
        let from = client(from);
        let loser = if counts.get(&from).is_some_and(|count| *count >= MAX_OF_ONE) {
            Some(from)
        } else if self.0.len() >= MAX_CONNECTIONS {
            counts.into_iter().max_by_key(|(_, count)| *count).map(|(client, _)| client)
        } else {
            None
        };
        let oldest = loser.and_then(|loser| self.0.iter().position(|(client, _)| *client == loser));
        let closed = oldest.and_then(|at| self.0.remove(at));
        closed.inspect(|(_, task)| task.abort()).is_some()
    }

    /// Remembers the task that serves a connection from an address.
    pub(crate) fn add(&mut self, from: IpAddr, task: AbortHandle) {
        self.0.push_back((client(from), task));
    }
}

/// What one client has of the addresses.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (!0 << 64)).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Opens a connection that lasts; whether another was closed for it.
    fn open(connections: &mut Connections, from: &str) -> (bool, AbortHandle) {
        let from = from.parse().expect("an address");
        let closed = connections.make_room(from);
        let task = tokio::spawn(std::future::pending::<()>()).abort_handle();
        connections.add(from, task.clone());
        (closed, task)
    }

    #[tokio::test]
    async fn one_address_gives_up_its_own_oldest() {
        let mut connections = Connections::default();
        let (_, others) = open(&mut connections, "192.0.2.1");
        let (_, oldest) = open(&mut connections, "2001:db8::1");
        for count in 1..MAX_OF_ONE {
            let (closed, _) = open(&mut connections, &format!("2001:db8::{count:x}"));
            assert!(!closed, "{count}");
        }
        let (closed, _) = open(&mut connections, "2001:db8::ffff");
        tokio::task::yield_now().await;
        assert!(closed && oldest.is_finished() && !others.is_finished());
    }

    #[tokio::test]
    async fn who_holds_most_makes_room_for_who_holds_least() {
        let mut connections = Connections::default();
        let (_, oldest) = open(&mut connections, "198.51.100.1");
        let (_, of_many) = open(&mut connections, "192.0.2.1");
        open(&mut connections, "192.0.2.1");
        for count in 3..MAX_CONNECTIONS {
            let (closed, _) = open(&mut connections, &format!("10.0.{}.{}", count / 256, count % 256));
            assert!(!closed, "{count}");
        }
        let (closed, _) = open(&mut connections, "203.0.113.1");
        tokio::task::yield_now().await;
        assert!(closed && of_many.is_finished() && !oldest.is_finished());
    }
}
