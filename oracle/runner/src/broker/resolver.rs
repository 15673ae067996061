//! Names and their addresses: looked up once, judged, and pinned for the connection.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Host;

use super::address::is_global;
use super::guard::{Blocked, Endpoint, Vetted};
use crate::lookup::Lookup;

/// How long a judged answer is used again.
const PIN_TIME: Duration = Duration::from_secs(10);
/// How long the addresses of the node's own endpoints are remembered.
const OWN_TIME: Duration = Duration::from_secs(60);
/// Names remembered at most.
const PINS_MAX: usize = 4096;

/// Why a name leads nowhere.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreachable {
    #[error(transparent)]
    Blocked(#[from] Blocked),
    #[error("the name cannot be looked up: {0}")]
    Lookup(#[from] std::io::Error),
}

struct Answer {
    addresses: Vec<IpAddr>,
    until: Instant,
}

/// Judged answers. The HTTP client connects to these and never looks a name up itself.
#[derive(Clone)]
pub(crate) struct Pins {
    lookup: Arc<dyn Lookup>,
    names: Arc<Mutex<HashMap<String, Answer>>>,
    own: Arc<Mutex<HashMap<String, Answer>>>,
}

impl Pins {
    pub(crate) fn new(lookup: Arc<dyn Lookup>) -> Self {
        Self { lookup, names: Arc::default(), own: Arc::default() }
    }

    /// Looks up where a URL leads and refuses it as a whole if any address is not public, or if it
    /// is one of the node's own endpoints under another name.
    ///
    /// Over https a foreign name cannot reach an own endpoint: the certificate would not match. So
    /// services that share addresses with many others (content networks) stay reachable.
    pub(crate) async fn judge(&self, target: &Vetted, own: &[Endpoint]) -> Result<(), Unreachable> {
        if target.admitted {
            return Ok(());
        }
        let (addresses, by_name) = match target.url.host() {
            Some(Host::Ipv4(v4)) => (vec![IpAddr::from(v4)], false),
            Some(Host::Ipv6(v6)) => (vec![IpAddr::from(v6)], false),
            Some(Host::Domain(name)) => (self.addresses(name).await?, true),
            None => return Err(Blocked::NotAUrl.into()),
        };
        if by_name && target.url.scheme() == "https" {
            return Ok(());
        }
        let port = target.url.port_or_known_default();
        for (host, _) in own.iter().filter(|(_, own_port)| Some(*own_port) == port) {
            let own_addresses = self.own_addresses(host).await;
            if addresses.iter().any(|address| own_addresses.contains(&canonical(*address))) {
                return Err(Blocked::Own.into());
            }
        }
        Ok(())
    }

    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, Unreachable> {
        if let Some(known) = recall(&self.names, name) {
            return Ok(known);
        }
        let addresses = self.lookup.lookup(name).await?;
        if addresses.is_empty() {
            return Err(std::io::Error::other("it has no address").into());
        }
        if let Some(private) = addresses.iter().find(|address| !is_global(**address)) {
            return Err(Blocked::Address(*private).into());
        }
        remember(&self.names, name, &addresses, PIN_TIME);
        Ok(addresses)
    }

    /// Addresses at which an own endpoint listens; empty where that cannot be found out now.
    async fn own_addresses(&self, host: &str) -> Vec<IpAddr> {
        if let Some(known) = recall(&self.own, host) {
            return known;
        }
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let found = match literal {
            Ok(address) if address.is_unspecified() => interfaces(),
            Ok(address) => vec![address],
            Err(_) => self.lookup.lookup(host).await.unwrap_or_default(),
        };
        let found: Vec<_> = found.into_iter().map(canonical).collect();
        remember(&self.own, host, &found, OWN_TIME);
        found
    }
}

impl Resolve for Pins {
    fn resolve(&self, name: Name) -> Resolving {
        let known = recall(&self.names, name.as_str());
        Box::pin(async move {
            let addresses = known.ok_or("the name was not judged")?;
            let addresses: Addrs = Box::new(addresses.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

fn recall(answers: &Mutex<HashMap<String, Answer>>, name: &str) -> Option<Vec<IpAddr>> {
    let answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
    // A connection may start a little after the judgement: twice the time until it is forgotten.
    answers.get(name).filter(|answer| answer.until > Instant::now()).map(|answer| answer.addresses.clone())
}

fn remember(answers: &Mutex<HashMap<String, Answer>>, name: &str, addresses: &[IpAddr], time: Duration) {
    let now = Instant::now();
    let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
    if answers.len() >= PINS_MAX {
        answers.retain(|_, answer| answer.until > now);
    }
    if answers.len() < PINS_MAX {
        answers.insert(name.to_owned(), Answer { addresses: addresses.to_vec(), until: now + time });
    }
}

/// An IPv4 address in IPv6 clothes is the IPv4 address.
fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// Every address of this machine.
fn interfaces() -> Vec<IpAddr> {
    let Ok(all) = nix::ifaddrs::getifaddrs() else { return Vec::new() };
    all.filter_map(|interface| {
        let address = interface.address?;
        let v4 = address.as_sockaddr_in().map(|address| IpAddr::from(address.ip()));
        v4.or_else(|| address.as_sockaddr_in6().map(|address| IpAddr::from(address.ip())))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::lookup::LookupAnswer;

    /// Answers every look-up with the next of its lists.
    #[derive(Debug)]
    struct Scripted(Vec<Vec<&'static str>>, AtomicUsize);

    impl Lookup for Scripted {
        fn lookup<'a>(&'a self, _: &'a str) -> LookupAnswer<'a> {
            let at = self.1.fetch_add(1, Ordering::SeqCst).min(self.0.len() - 1);
            let list = self.0[at].iter().map(|text| text.parse().expect("an address")).collect();
            Box::pin(async move { Ok(list) })
        }
    }

    fn pins(answers: &[&[&'static str]]) -> Pins {
        let answers = answers.iter().map(|list| list.to_vec()).collect();
        Pins::new(Arc::new(Scripted(answers, AtomicUsize::new(0))))
    }

    fn target(url: &str) -> Vetted {
        Vetted { url: url.parse().expect("a URL"), admitted: false }
    }

    #[tokio::test]
    async fn a_name_is_refused_when_any_of_its_addresses_is_private() {
        for list in [&["1.1.1.1", "127.0.0.1"][..], &["::1"], &["::ffff:10.0.0.1"], &["169.254.169.254"]] {
            let refused = pins(&[list]).judge(&target("https://name.example/"), &[]).await;
            assert!(matches!(refused, Err(Unreachable::Blocked(Blocked::Address(_)))), "{list:?}");
        }
        assert!(pins(&[&[]]).judge(&target("https://name.example/"), &[]).await.is_err());
    }

    #[tokio::test]
    async fn the_connection_goes_to_the_judged_address_and_nowhere_else() {
        let pins = pins(&[&["1.1.1.1"], &["127.0.0.1"]]);
        let connect = |name: &str| pins.resolve(name.parse().expect("a name"));
        assert!(connect("name.example").await.is_err());
        pins.judge(&target("https://name.example/"), &[]).await.expect("public");
        // The second look-up would be answered with a private address; there is none.
        let addresses: Vec<_> = connect("name.example").await.expect("pinned").collect();
        assert_eq!(addresses, ["1.1.1.1:0".parse().expect("an address")]);
        assert!(connect("other.example").await.is_err());
    }

    #[tokio::test]
    async fn own_endpoints_are_refused_under_any_name() {
        let own = [("rpc.example".to_owned(), 8545), ("9.9.9.9".to_owned(), 9100)];
        let judge = async |url: &str| {
            let pins = pins(&[&["9.9.9.9"]]);
            matches!(pins.judge(&target(url), &own).await, Err(Unreachable::Blocked(Blocked::Own)))
        };
        assert!(judge("http://alias.example:8545/").await);
        assert!(judge("http://9.9.9.9:8545/").await);
        assert!(judge("https://9.9.9.9:9100/").await);
        assert!(judge("http://[::ffff:9.9.9.9]:9100/").await);
        assert!(!judge("http://alias.example:8546/").await);
        assert!(!judge("https://alias.example:8545/").await);
    }
}
