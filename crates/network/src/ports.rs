//! Ports of loopback for programs that are started, killed and started again.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use functions_failure::{Result, WrapErr as _, failure};

/// First port drawn; all lie below the range outgoing connections draw theirs from.
const FIRST: u16 = 20_000;
/// Ports drawn from.
const COUNT: u16 = 12_000;

/// A port nobody uses, held until the listener is dropped. No outgoing connection is ever given it, so that it stays
/// free while the program that had it is dead.
///
/// # Errors
/// When there is none.
pub(crate) fn reserve() -> Result<TcpListener> {
    static DRAWN: AtomicU16 = AtomicU16::new(0);
    // Networks of several processes begin at different places.
    let own = (std::process::id() % u32::from(COUNT)) as u16;
    let mut last = None;
    for _ in 0..COUNT {
        let step = u32::from(own) + u32::from(DRAWN.fetch_add(1, Ordering::Relaxed));
        let port = FIRST + (step % u32::from(COUNT)) as u16;
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == ErrorKind::AddrInUse => last = Some(error),
            Err(error) => return Err(error).wrap_err("cannot listen on 127.0.0.1"),
        }
    }
    let most = FIRST + COUNT - 1;
    Err(failure!(
        help = "end programs that listen on them; `ss -ltn` lists them",
        "all ports of 127.0.0.1 from {FIRST} to {most} are taken: {}",
        last.map(|error| error.to_string()).unwrap_or_default()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserve_gives_ports_below_those_of_outgoing_connections_and_never_one_twice() {
        let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").expect("Linux");
        let lowest: u16 =
            range.split_whitespace().next().and_then(|word| word.parse().ok()).expect("two numbers");
        let held: Vec<TcpListener> = (0..20).map(|_| reserve().expect("a port")).collect();
        let ports: std::collections::BTreeSet<u16> =
            held.iter().map(|listener| listener.local_addr().expect("bound").port()).collect();
        assert_eq!(ports.len(), 20);
        assert!(ports.iter().all(|port| (FIRST..lowest).contains(port)), "{ports:?}, outgoing from {lowest}");
    }
}
