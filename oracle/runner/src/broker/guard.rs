//! Which URLs a script may reach, before any name is looked up.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::address::is_global;
use crate::RunnerError;

/// Ports below 1024 a script may connect to.
const LOW_PORTS: [u16; 2] = [80, 443];

/// Why a request was not sent, for the node's log only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Blocked {
    #[error("not a URL")]
    NotAUrl,
    #[error("scheme {0} is not supported")]
    Scheme(String),
    #[error("port {0} is not allowed")]
    Port(u16),
    #[error("address {0} is not public")]
    Address(std::net::IpAddr),
    #[error("this endpoint belongs to the node")]
    Own,
}

/// `HOST:PORT`, the host as the URL parser spells it.
type Endpoint = (String, u16);

/// The rules of one runner.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    allowed: Vec<Endpoint>,
    refused: Vec<Endpoint>,
}

/// A URL that may be requested, unless its name resolves to a refused address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vetted {
    pub(crate) url: Url,
    /// The operator admitted this endpoint: its addresses are not judged.
    pub(crate) admitted: bool,
}

impl Guard {
    pub(crate) fn new(allowed: &[String], refused: &[String]) -> Result<Self, RunnerError> {
        let parse = |list: &[String]| list.iter().map(|text| endpoint(text)).collect::<Result<Vec<_>, _>>();
        Ok(Self { allowed: parse(allowed)?, refused: parse(refused)? })
    }

    /// Parses and judges a URL. Credentials and fragment are dropped.
    pub(crate) fn vet(&self, text: &str) -> Result<Vetted, Blocked> {
        self.vet_url(Url::parse(text).map_err(|_| Blocked::NotAUrl)?)
    }

    /// Judges a parsed URL, as [`Self::vet`] does.
    pub(crate) fn vet_url(&self, mut url: Url) -> Result<Vetted, Blocked> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Blocked::Scheme(url.scheme().to_owned()));
        }
        // Neither can fail: both schemes have a host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_fragment(None);
        let port = url.port_or_known_default().ok_or(Blocked::NotAUrl)?;
        let host = url.host().ok_or(Blocked::NotAUrl)?;
        let address = match host {
            Host::Ipv4(v4) => Some(v4.into()),
            Host::Ipv6(v6) => Some(v6.into()),
            Host::Domain(_) => None,
        };
        let name = host.to_string().trim_end_matches('.').to_owned();
        let is = |(host, known): &Endpoint| *known == port && *host == name;
        if self.refused.iter().any(is) {
            return Err(Blocked::Own);
        }
        if self.allowed.iter().any(is) {
            return Ok(Vetted { url, admitted: true });
        }
        if port < 1024 && !LOW_PORTS.contains(&port) {
            return Err(Blocked::Port(port));
        }
        match address {
            Some(address) if !is_global(address) => Err(Blocked::Address(address)),
            _ => Ok(Vetted { url, admitted: false }),
        }
    }
}

fn endpoint(text: &str) -> Result<Endpoint, RunnerError> {
    let wrong = || RunnerError::Config(format!("{text:?} is not HOST:PORT"));
    if text.contains(['/', '@', '?', '#']) || !text.contains(':') {
        return Err(wrong());
    }
    let url = Url::parse(&format!("http://{text}")).map_err(|_| wrong())?;
    let host = url.host().ok_or_else(wrong)?.to_string();
    let port = url.port_or_known_default().ok_or_else(wrong)?;
    Ok((host.trim_end_matches('.').to_owned(), port))
}

/// Resolves names, and refuses a name as a whole if any of its addresses is not public. The
/// connection goes to the addresses judged here; there is no second look-up.
pub(crate) struct PublicOnly<L = SystemLookup>(pub(crate) Arc<L>);

/// Looks names up.
pub(crate) trait Lookup: Send + Sync + 'static {
    fn lookup(&self, name: String) -> impl Future<Output = std::io::Result<Vec<SocketAddr>>> + Send;
}

/// The system's resolver.
pub(crate) struct SystemLookup;

impl Lookup for SystemLookup {
    async fn lookup(&self, name: String) -> std::io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.collect())
    }
}

impl<L: Lookup> Resolve for PublicOnly<L> {
    fn resolve(&self, name: Name) -> Resolving {
        let lookup = Arc::clone(&self.0);
        Box::pin(async move {
            let addresses = lookup.lookup(name.as_str().to_owned()).await?;
            if let Some(private) = addresses.iter().find(|address| !is_global(address.ip())) {
                return Err(Box::new(Blocked::Address(private.ip())).into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        Guard::new(&["127.0.0.1:8080".into(), "[::1]:81".into()], &["rpc.example:443".into()]).unwrap()
    }

    #[test]
    fn refuses_by_scheme_port_address_and_ownership() {
        let blocked = |text: &str| guard().vet(text).unwrap_err();
        assert_eq!(blocked("not a url"), Blocked::NotAUrl);
        assert_eq!(blocked("/relative"), Blocked::NotAUrl);
        assert_eq!(blocked("ftp://example.com/"), Blocked::Scheme("ftp".into()));
        assert_eq!(blocked("file:///etc/passwd"), Blocked::Scheme("file".into()));
        assert_eq!(blocked("https://example.com:22/"), Blocked::Port(22));
        assert_eq!(blocked("https://rpc.example/"), Blocked::Own);
        assert_eq!(blocked("https://rpc.example./"), Blocked::Own);
        for text in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://169.254.169.254/latest/",
            "http://10.0.0.1:8080/",
            "http://127.0.0.1:8081/",
            "http://user@127.0.0.1/",
        ] {
            assert!(matches!(blocked(text), Blocked::Address(_)), "{text}");
        }
    }

    #[test]
    fn admits_what_the_operator_listed_and_drops_credentials() {
        let vetted = guard().vet("http://me:secret@127.0.0.1:8080/a?b#c").unwrap();
        assert_eq!(vetted.url.as_str(), "http://127.0.0.1:8080/a?b");
        assert!(vetted.admitted);
        assert!(guard().vet("http://[::1]:81/").unwrap().admitted);
        let public = guard().vet("https://example.com:8443/").unwrap();
        assert!(!public.admitted);
    }

    #[test]
    fn configuration_refuses_what_is_not_host_and_port() {
        for text in ["example.com", "http://example.com:80", "a:b", ":80", "a:80/path"] {
            assert!(Guard::new(&[text.into()], &[]).is_err(), "{text}");
        }
    }

    struct Fixed(Vec<SocketAddr>);
    impl Lookup for Fixed {
        async fn lookup(&self, _: String) -> std::io::Result<Vec<SocketAddr>> {
            Ok(self.0.clone())
        }
    }

    #[tokio::test]
    async fn a_name_is_refused_when_any_of_its_addresses_is_private() {
        let resolve = |list: &[&str]| {
            let list = list.iter().map(|text| text.parse().unwrap()).collect();
            PublicOnly(Arc::new(Fixed(list))).resolve("name.example".parse().unwrap())
        };
        assert!(resolve(&["1.1.1.1:0", "127.0.0.1:0"]).await.is_err());
        assert!(resolve(&["[::1]:0"]).await.is_err());
        assert_eq!(resolve(&["1.1.1.1:0"]).await.unwrap().count(), 1);
    }
}
