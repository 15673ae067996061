//! Ports of loopback for programs that are started, killed and started again.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use functions_failure::{Result, WrapErr as _, failure};

/// First port drawn; all lie below the range outgoing connections draw theirs from.
const FIRST: u16 = 20_000;
/// Ports drawn from.
const COUNT: u16 = 12_000;

/// How far apart networks of processes with numbers in a row begin, so that one that starts finds no ports that another
/// has let go of for its nodes. Sixty networks in a row begin further from each other than one has ports.
const APART: u32 = 7_417;

/// A port nobody uses, held until the listener is dropped. No outgoing connection is ever given it, so that it stays
/// free while the program that had it is dead.
///
/// # Errors
/// When there is none.
pub(crate) fn reserve() -> Result<TcpListener> {
    static DRAWN: AtomicU16 = AtomicU16::new(0);
    let own = first_of(std::process::id());
    let mut last = None;
    for _ in 0..COUNT {
        let step = own + u32::from(DRAWN.fetch_add(1, Ordering::Relaxed));
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

/// Where the networks of a process begin, from [`FIRST`].
fn first_of(process: u32) -> u32 {
    let count = u32::from(COUNT);
    process % count * APART % count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_that_start_together_draw_from_different_ports() {
        const PORTS: u32 = 2 * 31;
        for process in [1, 11_990, 4_190_000] {
            for other in process + 1..=process + 60 {
                let (one, other) = (first_of(process), first_of(other));
                let apart = one.abs_diff(other);
                assert!(apart.min(u32::from(COUNT) - apart) >= PORTS, "{process}: {one} and {other}");
            }
        }
    }

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
